import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Command from "./command.ts"
import * as Provider from "./provider.ts"

const question = ["ask", "Count.", "--model", "gpt-5.5"]
const usage = { input_tokens: 10, output_tokens: 10, total_tokens: 20 }

/** Answers at once, in three pieces. */
const prompt = (call: Provider.Call) => {
  call.start()
  for (const delta of ["one ", "two ", "three"]) call.text(delta)
  call.end(usage)
}

/** Says what it was asked, and what it was told for all that follows. */
const echo = (call: Provider.Call) => {
  call.start()
  call.text(`heard ${JSON.stringify(call.input)}\n`)
  if (call.instructions !== undefined) call.text(`told ${JSON.stringify(call.instructions)}\n`)
  call.end(usage)
}

const png = Buffer.from("89504e470d0a1a0a00", "hex")

/** A folder with these files, until the test is over. */
const files = (contents: { readonly [name: string]: string | Buffer }) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-ask-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    ),
    (folder) => {
      for (const [name, content] of Object.entries(contents)) writeFileSync(path.join(folder, name), content)
      return folder
    }
  )

describe.concurrent("flexinference ask", () => {
  it.live("puts the answer on stdout and how it was served on stderr", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const ended = yield* Command.run([...question, "--start-within", "30s"], { env: Provider.environment(provider) })
      assert.strictEqual(ended.stdout, "one two three\n")
      assert.match(ended.stderr, /^flex · flex_won · started after \d+\.\d s · \$0\.000175 · saved \$0\.000175\n$/)
      assert.strictEqual(ended.code, 0)
    }))

  it.live.each(["30s", "1m30s", "00h-00m-30s"])(
    "races flex under --start-within %s",
    (window) =>
      Effect.gen(function*() {
        const provider = yield* Provider.make(prompt)
        const ended = yield* Command.run([...question, "-s", window], { env: Provider.environment(provider) })
        assert.match(ended.stderr, /^flex · flex_won /)
      })
  )

  it.live("asks the standard tier when flex refuses, and says why", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) =>
        call.tier === "flex"
          ? call.refuse(429, { message: "Resource Unavailable", code: "resource_unavailable" })
          : prompt(call)
      )
      const ended = yield* Command.run([...question, "-s", "30s"], { env: Provider.environment(provider) })
      assert.strictEqual(ended.stdout, "one two three\n")
      assert.match(ended.stderr, /^default · flex_capacity · started after \d+\.\d s · \$0\.000350\n$/)
    }))

  it.live("asks the standard tier too when flex has not started within the window", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) => call.tier === "flex" ? undefined : prompt(call))
      const ended = yield* Command.run([...question, "-s", "5s"], { env: Provider.environment(provider) })
      assert.strictEqual(ended.stdout, "one two three\n")
      assert.match(ended.stderr, /^default · flex_deadline · started after (?:[5-9]|\d\d+)\.\d s · \$0\.000350\n$/)
    }))

  it.live("prints the answer as it is generated with --stream", () =>
    Effect.gen(function*() {
      let finish = () => {}
      const provider = yield* Provider.make((call) => {
        call.start()
        call.text("one ")
        finish = () => {
          call.text("two\n")
          call.end(usage)
        }
      })
      const command = yield* Command.start([...question, "-s", "default", "--stream"], {
        env: Provider.environment(provider)
      })
      yield* command.until(/^one $/)
      finish()
      const ended = yield* command.ended
      assert.strictEqual(ended.stdout, "one two\n")
      assert.strictEqual(ended.code, 0)
    }))

  it.live("prints nothing of an answer that breaks off, unless it is streamed", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) => {
        call.start()
        call.textThenCut("one ")
      })
      const env = Provider.environment(provider)
      const whole = yield* Command.run([...question, "-s", "default"], { env })
      assert.strictEqual(whole.stdout, "")
      assert.match(whole.stderr, /^error: .+ \(code \w+\)\n$/)
      assert.strictEqual(whole.code, 1)
      const streamed = yield* Command.run([...question, "-s", "default", "--stream"], { env })
      assert.strictEqual(streamed.stdout, "one \n")
      assert.match(streamed.stderr, /^error: .+ \(code \w+\)\n$/)
      assert.strictEqual(streamed.code, 1)
    }))

  it.live.each(
    [
      ["-", ["ask", "-", "--model", "gpt-5.5", "-s", "default"]],
      ["no argument", ["ask", "--model", "gpt-5.5", "-s", "default"]]
    ] as const
  )("reads the prompt from stdin with %s", ([, args]) =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(echo)
      const ended = yield* Command.run(args, { env: Provider.environment(provider), stdin: "Grüße\nan alle" })
      assert.strictEqual(ended.stdout, "heard \"Grüße\\nan alle\"\n")
    }))

  it.live("joins what is piped in to the prompt", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(echo)
      const ended = yield* Command.run([...question, "-s", "default"], {
        env: Provider.environment(provider),
        stdin: "one\ntwo\n"
      })
      assert.strictEqual(ended.stdout, "heard \"Count.\\n\\none\\ntwo\\n\"\n")
    }))

  it.live("reads what is piped in to its end, and says so to whoever left it open", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const command = yield* Command.start([...question, "-s", "default"], {
        env: Provider.environment(provider),
        stdin: { _tag: "Open" }
      })
      yield* command.untilError(/^reading standard input to its end: .*< \/dev\/null/)
      yield* command.endStdin
      assert.strictEqual((yield* command.ended).stdout, "one two three\n")
    }))

  it.live("takes the model and the window from variables, which flags go before", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const env = {
        ...Provider.environment(provider),
        FLEXINFERENCE_MODEL: "gpt-5.5",
        FLEXINFERENCE_DEFAULT_START_WITHIN: "priority"
      }
      assert.match((yield* Command.run(["ask", "Hi"], { env })).stderr, /^priority · tier_direct · /)
      assert.match((yield* Command.run(["ask", "Hi", "-s", "30s"], { env })).stderr, /^flex · flex_won · /)
      assert.match((yield* Command.run(["ask", "Hi", "-m", "none"], { env })).stderr, /^error: --model: .*"none"/)
    }))

  it.live("races a model that has flex and asks another at its standard tier where nobody named a window", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const env = Provider.environment(provider)
      assert.match((yield* Command.run(question, { env })).stderr, /^flex · flex_won · /)
      const other = yield* Command.run(["ask", "Hi", "--model", "gpt-4.1"], { env })
      assert.match(other.stderr, /^default · tier_direct · /)
    }))

  it.live("sends a system prompt, and files before the question about them", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(echo)
      const folder = yield* files({ "notes.md": "# Notes\n", "dot.png": png, "page.pdf": "%PDF-1.7\n" })
      const args = ["notes.md", "dot.png", "page.pdf"].flatMap((name) => ["--file", path.join(folder, name)])
      const ended = yield* Command.run([...question, "-s", "default", "--system", "Be brief.", ...args], {
        env: Provider.environment(provider)
      })
      const [heard, instructions] = [/heard (.*)\n/, /told (.*)\n/].map((pattern) =>
        JSON.parse(pattern.exec(ended.stdout)?.[1] ?? "null")
      )
      assert.strictEqual(instructions, "Be brief.")
      assert.deepStrictEqual(heard, [{
        role: "user",
        content: [
          { type: "input_text", text: "<file name=\"notes.md\">\n# Notes\n</file>" },
          { type: "input_image", image_url: `data:image/png;base64,${png.toString("base64")}` },
          { type: "input_file", filename: "page.pdf", file_data: "data:application/pdf;base64,JVBERi0xLjcK" },
          { type: "input_text", text: "Count." }
        ]
      }])
    }))

  it.live("prints with --json the answer, its usage, how it was served and its cost as one object", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const { code, stderr, stdout } = yield* Command.run([...question, "-s", "30s", "--json"], {
        env: Provider.environment(provider)
      })
      const { routing, ...rest } = JSON.parse(stdout)
      assert.deepStrictEqual(rest, {
        model: "gpt-5.5",
        answer: "one two three",
        incomplete: null,
        usage: { input_tokens: 10, cached_input_tokens: 0, output_tokens: 10, reasoning_tokens: 0 },
        cost: { total_micro_usd: 175, currency: "USD" },
        saving_micro_usd: 175
      })
      assert.deepInclude(routing, { provider: "openai", tier: "flex", reason: "flex_won", window_seconds: 30 })
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }))

  it.live("asks for an answer that keeps a schema, and prints it as JSON", () =>
    Effect.gen(function*() {
      const formats: Array<unknown> = []
      const provider = yield* Provider.make((call) => {
        formats.push(call.format)
        call.start()
        call.text("{\"total\": 1.50}")
        call.end(usage)
      })
      const schema = {
        title: "The total",
        type: "object",
        properties: { total: { type: "number" } },
        required: ["total"],
        additionalProperties: false
      }
      const folder = yield* files({ "schema.json": JSON.stringify(schema) })
      const args = [...question, "-s", "default", "--schema", path.join(folder, "schema.json")]
      const env = Provider.environment(provider)
      assert.strictEqual((yield* Command.run(args, { env })).stdout, "{\"total\": 1.50}\n")
      const { stdout } = yield* Command.run([...args, "--json"], { env })
      assert.deepStrictEqual(JSON.parse(stdout).answer, { total: 1.5 })
      const format = { type: "json_schema", name: "The_total", schema, strict: true }
      assert.deepStrictEqual(formats, [format, format])
    }))

  it.live("says what it could not write to a full disk, once, with 1", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const command = yield* Command.program("/bin/sh", [
        "-c",
        `exec "$0" "$@" > /dev/full`,
        process.execPath,
        Command.script,
        ...question
      ], { env: Provider.environment(provider) })
      const { code, stderr } = yield* command.ended
      assert.match(stderr, /^error: the answer cannot be written: .*ENOSPC.*\n$/)
      assert.strictEqual(code, 1)
    }).pipe(Effect.scoped))

  it.live("shows no countdown, no colour and no spinner where nobody looks", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const { stderr, stdout } = yield* Command.run(question, { env: Provider.environment(provider) })
      assert.notInclude(stdout + stderr, "\x1b")
      assert.notInclude(stdout + stderr, "\r")
    }))

  it.live.each(["openai gpt-5.5", "google gemini-3.5-flash", "anthropic claude-sonnet-4-5"])(
    "answers without any key from a simulated provider, and says so: %s",
    (case_) =>
      Effect.gen(function*() {
        const model = case_.split(" ")[1] ?? ""
        const ended = yield* Command.run(["ask", "Hello?", "--model", model, "--start-within", "default"])
        assert.match(ended.stdout, /simulated/)
        assert.match(
          ended.stderr,
          /^no provider key is set: the answer is simulated\n\S+ · tier_direct · started after \d+\.\d s · .+ · simulated\n$/
        )
        assert.strictEqual(ended.code, 0)
      })
  )

  it.live("says that an answer without text has none", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) => {
        call.start()
        call.end(usage)
      })
      const ended = yield* Command.run([...question, "-s", "default"], { env: Provider.environment(provider) })
      assert.strictEqual(ended.stdout, "")
      assert.match(ended.stderr, /^the answer holds no text\ndefault · /)
    }))

  it.live("aborts the call and exits with 130 on Ctrl-C", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(() => {})
      const command = yield* Command.start([...question, "-s", "30s"], { env: Provider.environment(provider) })
      yield* provider.seen
      yield* command.kill("SIGINT")
      yield* provider.aborted
      assert.deepStrictEqual(yield* command.ended, { code: 130, stdout: "", stderr: "" })
    }))

  it.live("ends quietly, and the call with it, when its reader has had enough", () =>
    Effect.gen(function*() {
      let more = () => {}
      const provider = yield* Provider.make((call) => {
        call.start()
        call.text("one ")
        more = () => void setInterval(() => call.text("more "), 20).unref()
      })
      const command = yield* Command.start([...question, "-s", "default", "--stream"], {
        env: Provider.environment(provider)
      })
      yield* command.until(/^one /)
      yield* command.stopReading
      more()
      yield* provider.aborted
      const { code, stderr } = yield* command.ended
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }))

  it.live.each<readonly [string, number, ReadonlyArray<string>, RegExp, Record<string, string>?]>([
    [
      "a window it cannot read",
      2,
      [...question, "-s", "30x"],
      /^error: --start-within: "30x"\. Expected: a window from 5s to 10m, such as/
    ],
    [
      "a window that is too long",
      2,
      [...question, "-s", "11m"],
      /^error: --start-within: "11m"\. Expected: a window from 5s to 10m/
    ],
    [
      "a variable it cannot read",
      2,
      question,
      /^error: FLEXINFERENCE_DEFAULT_START_WITHIN: "soon"\. Expected/,
      { FLEXINFERENCE_DEFAULT_START_WITHIN: "soon" }
    ],
    [
      "a missing model",
      2,
      ["ask", "Hi"],
      /^error: --model is missing: .*FLEXINFERENCE_MODEL.*flexinference models.*\n$/
    ],
    [
      "an unknown flag",
      2,
      [...question, "--modle", "x"],
      /^error: Unrecognized flag: --modle [^]*Did you mean[^]*--model/
    ],
    ["a second prompt", 2, ["ask", "Hi", "you", "--model", "gpt-5.5"], /^error: .*you/],
    ["an empty prompt", 2, ["ask", " ", "--model", "gpt-5.5"], /^error: the prompt is empty\n$/],
    ["nothing on stdin", 2, ["ask", "--model", "gpt-5.5"], /^error: there is no prompt: .*\n$/],
    ["--stream with --json", 2, [...question, "--json", "--stream"], /^error: --stream and --json: .*\n$/],
    ["a file that is not there", 2, [...question, "-f", "/none"], /^error: --file \/none cannot be read: ENOENT/],
    ["a file that is no text", 2, [...question, "-f", process.execPath], /^error: --file .*larger than 32 MB\n$/],
    [
      "everything that is wrong, at once",
      2,
      ["ask", "Hi", "-s", "1s", "-f", "/none", "--schema", "/none"],
      /^error: 4 things are wrong\n {2}- --model is missing.*\n {2}- --start-within: .*\n {2}- --file .*\n {2}- --schema .*\n$/
    ],
    [
      "a model of nobody's",
      2,
      ["ask", "Hi", "--model", "none", "-s", "30s"],
      /\nerror: --model: no provider is known for "none"\. "flexinference models" .*\(code unroutable_model\)\n$/
    ],
    [
      "a model that was mistyped",
      2,
      ["ask", "Hi", "--model", "gtp-5.5", "-s", "30s"],
      /\nerror: --model: no provider is known for "gtp-5.5"\. Did you mean gpt-5\.5\?/
    ],
    [
      "a window for a model without flex, in the words of the command",
      1,
      ["ask", "Hi", "--model", "gpt-4.1", "-s", "30s"],
      /\nerror: .*Use --start-within default, or .*\(code flex_model_not_capable\)\n$/
    ],
    [
      "a model of a provider without a key",
      1,
      ["ask", "Hi", "--model", "claude-sonnet-4-5", "-s", "default"],
      /^error: .*ANTHROPIC_API_KEY.* \(code no_anthropic_key\)\n$/,
      { OPENAI_API_KEY: "sk-test" }
    ],
    ["no key for --hosted", 2, [...question, "-s", "30s", "--hosted"], /^error: .*FLEXINFERENCE_API_KEY\n$/]
  ])("refuses %s in plain words on stderr, with %d", ([, code, args, expected, env]) =>
    Effect.gen(function*() {
      const ended = yield* Command.run(args, env === undefined ? {} : { env })
      assert.match(ended.stderr, expected)
      assert.notMatch(ended.stderr, /\n\s+at /)
      assert.strictEqual(ended.stdout, "")
      assert.strictEqual(ended.code, code)
    }))

  it.live("says of a model that its provider does not know which one was probably meant", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) =>
        call.refuse(404, { message: "No such model.", type: "invalid_request_error", code: "model_not_found" })
      )
      const { stderr } = yield* Command.run(["ask", "Hi", "--model", "gpt-5.55"], {
        env: Provider.environment(provider)
      })
      assert.match(stderr, /^error: .*\(code model_not_found\) Did you mean gpt-5\.5\b/)
    }))

  it.live("tells a provider's own error with its code", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) =>
        call.refuse(402, { message: "No money\nleft.", type: "billing_error", code: "billing_not_active" })
      )
      const ended = yield* Command.run([...question, "-s", "30s"], { env: Provider.environment(provider) })
      assert.match(ended.stderr, /^error: .*No money left\..*\(code billing_not_active\)\n$/)
      assert.strictEqual(ended.code, 1)
    }))

  it.live("does not show the key, whatever fails", () =>
    Effect.gen(function*() {
      const env = { OPENAI_API_KEY: "sk-secret-value", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }
      const { code, stderr } = yield* Command.run([...question, "-s", "30s"], { env })
      assert.match(stderr, /^error: .+ \(code upstream_unreachable\)\n$/)
      assert.notInclude(stderr, "sk-secret-value")
      assert.strictEqual(code, 1)
    }))
})
