import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
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
      const provider = yield* Provider.make((call) => {
        call.start()
        call.text(`heard ${JSON.stringify(call.input)}`)
        call.end(usage)
      })
      const ended = yield* Command.run(args, { env: Provider.environment(provider), stdin: "Grüße\nan alle" })
      assert.strictEqual(ended.stdout, "heard \"Grüße\\nan alle\"\n")
    }))

  it.live("does not wait for stdin when the prompt is an argument", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const command = yield* Command.start([...question, "-s", "default"], {
        env: Provider.environment(provider),
        stdin: { _tag: "Open" }
      })
      assert.strictEqual((yield* command.ended).stdout, "one two three\n")
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

  it.live.each<readonly [string, ReadonlyArray<string>, RegExp, Record<string, string>?]>([
    [
      "a window it cannot read",
      [...question, "-s", "30x"],
      /start-within: "30x"\. Expected: a window from 5s to 10m, such as/
    ],
    [
      "a window that is too long",
      [...question, "-s", "11m"],
      /start-within: "11m"\. Expected: a window from 5s to 10m/
    ],
    ["a missing window", question, /^error: Missing required flag: --start-within\n/],
    ["a missing model", ["ask", "Hi", "-s", "30s"], /^error: Missing required flag: --model\n/],
    ["an unknown flag", [...question, "-s", "30s", "--tier", "flex"], /^error: Unrecognized flag: --tier/],
    ["a second prompt", ["ask", "Hi", "you", "--model", "gpt-5.5", "-s", "30s"], /^error: .*you/],
    ["an empty prompt", ["ask", " ", "--model", "gpt-5.5", "-s", "30s"], /^error: the prompt is empty\n$/],
    ["nothing on stdin", ["ask", "--model", "gpt-5.5", "-s", "30s"], /^error: the prompt is empty\n$/],
    [
      "a model of nobody's",
      ["ask", "Hi", "--model", "none", "-s", "30s"],
      /\nerror: No provider is known for the model "none".+ \(code unroutable_model\)\n$/
    ],
    [
      "a model of a provider without a key",
      ["ask", "Hi", "--model", "claude-sonnet-4-5", "-s", "default"],
      /^error: .*ANTHROPIC_API_KEY.* \(code no_anthropic_key\)\n$/,
      { OPENAI_API_KEY: "sk-test" }
    ],
    ["no key for --hosted", [...question, "-s", "30s", "--hosted"], /^error: .*FLEXINFERENCE_API_KEY\n$/]
  ])("refuses %s in plain words on stderr, with 1", ([, args, expected, env]) =>
    Effect.gen(function*() {
      const ended = yield* Command.run(args, env === undefined ? {} : { env })
      assert.match(ended.stderr, expected)
      assert.notMatch(ended.stderr, /\n\s+at /)
      assert.strictEqual(ended.stdout, "")
      assert.strictEqual(ended.code, 1)
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
