/** A headless Chromium, spoken to by its DevTools protocol over a pipe: nothing listens, and nothing is installed for it. */
import { Effect, type Scope } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { Readable, Writable } from "node:stream"

const names = ["chromium", "chromium-browser", "google-chrome"]

/** Where this machine has one. */
export const executable: string | undefined = names.find((name) => {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})

type Params = { readonly [name: string]: unknown }

export interface Look {
  readonly width: number
  readonly height: number
  readonly theme: "light" | "dark"
}

export interface Page {
  readonly send: (method: string, params?: Params) => Effect.Effect<unknown>
  /** The value of an expression, of a promise what it comes to. */
  readonly evaluate: (expression: string) => Effect.Effect<unknown>
  /** Goes to an address, with these headers on every request of the page. */
  readonly open: (url: string, headers?: { readonly [name: string]: string }) => Effect.Effect<void>
  readonly look: (look: Look) => Effect.Effect<void>
  /** All of the page as a PNG. */
  readonly screenshot: Effect.Effect<Buffer>
  /** What the page complained of: errors of its script, and what its policy did not allow. */
  readonly complaints: () => ReadonlyArray<string>
}

const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === "object" && stream !== null && "read" in stream
const isWritable = (stream: unknown): stream is Writable =>
  typeof stream === "object" && stream !== null && "write" in stream

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly [name: string]: unknown }
  readonly result?: { readonly [name: string]: unknown }
  readonly error?: { readonly message: string }
}

/** A page of a browser of its own, which ends with the scope. */
export const page = (file: string): Effect.Effect<Page, never, Scope.Scope> =>
  Effect.gen(function*() {
    const profile = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-chromium-"))),
      // Processes of the browser's that are ending may still write there.
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }))
    )
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(file, [
          "--headless=new",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--hide-scrollbars",
          `--user-data-dir=${profile}`,
          "--remote-debugging-pipe",
          "about:blank"
        ], { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] })
      ),
      (child) =>
        Effect.callback<void>((resume) => {
          if (child.exitCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          // With all that it has started.
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
        })
    )
    const [, , , input, output] = child.stdio
    if (!isWritable(input) || !isReadable(output)) return yield* Effect.die("a child without its pipes")
    const waiting = new Map<number, (message: Message) => void>()
    const complaints: Array<string> = []
    let loaded = (): void => {}
    let last = 0
    let text = ""
    input.on("error", () => {})
    output.setEncoding("utf8").on("data", (more: string) => {
      text += more
      const messages = text.split("\0")
      text = messages.pop() ?? ""
      for (const message of messages) heard(JSON.parse(message))
    })
    const heard = (message: Message): void => {
      if (message.id !== undefined) {
        waiting.get(message.id)?.(message)
        waiting.delete(message.id)
      } else if (message.method === "Page.loadEventFired") loaded()
      else if (message.method === "Runtime.exceptionThrown" || message.method === "Log.entryAdded") {
        complaints.push(JSON.stringify(message.params))
      }
    }
    const call = (method: string, params: Params, sessionId?: string) =>
      Effect.callback<NonNullable<Message["result"]>>((resume) => {
        const id = ++last
        waiting.set(id, ({ error, result = {} }) =>
          resume(error === undefined ? Effect.succeed(result) : Effect.die(new Error(`${method}: ${error.message}`))))
        input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
      })

    const { targetId } = yield* call("Target.createTarget", { url: "about:blank" })
    const { sessionId } = yield* call("Target.attachToTarget", { targetId, flatten: true })
    const send = (method: string, params: Params = {}) =>
      call(method, params, String(sessionId))
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      yield* send(`${domain}.enable`)
    }

    const evaluate = (expression: string) =>
      Effect.flatMap(
        send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }),
        ({ exceptionDetails, result }) =>
          exceptionDetails === undefined && typeof result === "object" && result !== null
            ? Effect.succeed("value" in result ? result.value : undefined)
            : Effect.die(new Error(JSON.stringify(exceptionDetails)))
      )
    return {
      send,
      evaluate,
      complaints: () =>
        complaints,
      open: (url, headers = {}) =>
        Effect.gen(function*() {
          yield* send("Network.setExtraHTTPHeaders", { headers })
          const done = new Promise<void>((resolve) => (loaded = resolve))
          yield* send("Page.navigate", { url })
          yield* Effect.promise(() => done)
        }),
      look: ({ height, theme, width }) =>
        Effect.gen(function*() {
          yield* send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] })
          yield* send("Emulation.setDeviceMetricsOverride", {
            width,
            height,
            deviceScaleFactor: 1,
            mobile: width < 600
          })
        }),
      screenshot: Effect.map(
        send("Page.captureScreenshot", { captureBeyondViewport: true }),
        ({ data }) => Buffer.from(String(data), "base64")
      )
    }
  })
