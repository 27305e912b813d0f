/** The command in a terminal of its own: what a person sees. Needs tmux. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type Server, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as Command from "./command.ts"

const folder = mkdtempSync(path.join(tmpdir(), "flexinference-terminal-"))
const tmux = (...args: ReadonlyArray<string>): string =>
  spawnSync("tmux", ["-S", path.join(folder, "socket"), ...args], { encoding: "utf8" }).stdout ?? ""

const hasTmux = spawnSync("tmux", ["-V"]).status === 0
if (!hasTmux) process.stderr.write("tmux is not installed: what the command shows on a terminal is not tested\n")

/** Flex says nothing; standard answers in two pieces, the second when it is told to. */
const held: Array<ServerResponse> = []
let finish = () => {}
const provider: Server = createServer((request, response) => {
  let body = ""
  request.setEncoding("utf8").on("data", (text: string) => (body += text)).on("end", () => {
    const { model, service_tier } = JSON.parse(body)
    if (service_tier === "flex" || model === "gpt-5.4") return void held.push(response)
    const answer = { id: "resp_1", object: "response", model, service_tier, status: "in_progress" }
    const place = { item_id: "msg_1", output_index: 0, content_index: 0 }
    const item = { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] }
    const send = (event: { readonly type: string; readonly [member: string]: unknown }) =>
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.writeHead(200, { "content-type": "text/event-stream" })
    send({ type: "response.created", response: answer })
    send({ type: "response.output_item.added", output_index: 0, item })
    send({ type: "response.output_text.delta", ...place, delta: "first " })
    finish = () => {
      send({ type: "response.output_text.delta", ...place, delta: "second" })
      const usage = { input_tokens: 10, output_tokens: 10, total_tokens: 20 }
      send({ type: "response.completed", response: { ...answer, status: "completed", output: [], usage } })
      response.end()
    }
  })
})

/** Looks at the screen until it shows what is waited for. */
const screen = async (session: string, pattern: RegExp, options: ReadonlyArray<string> = []): Promise<string> => {
  for (;;) {
    const text = tmux("capture-pane", "-p", ...options, "-t", session)
    if (pattern.test(text)) return text
    if (text === "") throw new Error(`${session} has ended`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Starts a shell of this size and types the command into it; says with which code it has ended. */
const type = (session: string, columns: number, args: string, environment = ""): void => {
  const address = provider.address()
  const port = address !== null && typeof address === "object" ? address.port : 0
  const env = `OPENAI_API_KEY=sk-test OPENAI_BASE_URL=http://127.0.0.1:${port}/v1 ${environment}`
  const line = `env ${env} ${quoted(process.execPath)} ${quoted(Command.script)} ${args}; echo "ended with $?"`
  tmux(
    "new-session",
    "-d",
    "-s",
    session,
    "-x",
    String(columns),
    "-y",
    "60",
    "sh",
    "-c",
    `trap : INT; ${line}; exec sleep 600`
  )
}

describe.skipIf(!hasTmux)("flexinference on a terminal", () => {
  beforeAll(() => new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve)))
  afterAll(() => {
    tmux("kill-server")
    provider.closeAllConnections()
    provider.close()
    rmSync(folder, { recursive: true })
  })

  it("counts the window down, streams the answer, and leaves nothing of the countdown behind", async () => {
    type("countdown", 100, "ask Hi --model gpt-5.5 -s 5s")
    const [, first = ""] = /(\d) s/.exec(await screen("countdown", /^waiting for flex … [2-5] s/)) ?? []
    await screen("countdown", new RegExp(`^waiting for flex … [1-${Number(first) - 1}] s`))
    assert.notMatch(await screen("countdown", /^first/), /waiting|standard is asked too/)
    finish()
    const text = await screen("countdown", /ended with 0/)
    assert.match(text, /^first second\ndefault · flex_deadline · started after \d\.\d s · .*\nended with 0\n/)
  })

  it("shows a spinner while a tier that was named has not answered", async () => {
    type("spinner", 100, "ask Hi --model gpt-5.4 -s priority")
    const one = await screen("spinner", /^\S waiting for gpt-5\.4 at priority … \d+ s/)
    await screen("spinner", new RegExp(`^[^${one[0]}] waiting for gpt-5\\.4 at priority`))
    await screen("spinner", /… [1-9]\d* s/)
  })

  it("keeps to one line on a narrow terminal", async () => {
    type("narrow", 16, "ask Hi --model gpt-5.5 -s 5m")
    await screen("narrow", /^waiting for fl…\n\n/)
    tmux("resize-window", "-t", "narrow", "-x", "60", "-y", "30")
    const text = await screen("narrow", /^waiting for flex … \d+ s\n/)
    assert.strictEqual(text.trim().split("\n").length, 1)
  })

  it("ends with 130 and an empty line on Ctrl-C", async () => {
    type("interrupt", 100, "ask Hi --model gpt-5.4 -s 5m")
    await screen("interrupt", /waiting for flex … 29\d s/)
    tmux("send-keys", "-t", "interrupt", "C-c")
    assert.match(await screen("interrupt", /ended with/), /^(?:\^C)?\n?ended with 130\n/)
  })

  it("paints an error red, and nothing under NO_COLOR", async () => {
    type("red", 100, "ask Hi -s soon")
    assert.include(await screen("red", /ended with 2/, ["-e"]), "\x1b[31merror:")
    type("plain", 100, "ask Hi -s soon", "NO_COLOR=1")
    assert.notInclude(await screen("plain", /ended with 2/, ["-e"]), "\x1b[")
  })

  it("shows how far a simulation is, and then the table alone", async () => {
    type("progress", 100, "simulate -n 200 --windows 5s,10s")
    await screen("progress", /^simulating [█░]+ +\d+%/)
    assert.match(await screen("progress", /ended with 0/), /^200 requests each/)
  })
})
