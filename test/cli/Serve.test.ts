import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Command from "./command.ts"
import * as Provider from "./provider.ts"

const serve = ["serve", "--port", "0"]
const readyLine = /^flexinference gateway listening on (http:\/\/127\.0\.0\.1:(\d+)) \(providers: ([a-z, ]+)\)\n/

/** Starts a gateway and waits until it is ready. */
const ready = (args: ReadonlyArray<string>, env: { readonly [name: string]: string } = {}) =>
  Effect.gen(function*() {
    const command = yield* Command.start(args, { env })
    const [, url = "", port = "", providers = ""] = yield* command.until(readyLine)
    return { ...command, url, port, providers }
  })

const ask = (url: string, body: object, headers: Record<string, string> = {}) =>
  Effect.promise((signal) =>
    fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "gpt-5.5", input: "Hi", ...body }),
      signal
    })
  )

const stopping = "Stopping: no new connection is taken, requests under way may finish."

/** What was logged as JSON lines. */
const logOf = (stderr: string): ReadonlyArray<{ readonly [name: string]: unknown }> =>
  stderr.trimEnd().split("\n").map((line) => JSON.parse(line))

const prompt = (call: Provider.Call) => {
  call.start()
  call.text("one two")
  call.end({ input_tokens: 10, output_tokens: 10, total_tokens: 20 })
}

const curl = /^ {2}curl (\S+) .*-d '(.+)'$/
const hasCurl = spawnSync("curl", ["--version"]).error === undefined

/** Runs command lines in a shell; where there is no curl, its request is sent all the same. */
const tryAll = (lines: ReadonlyArray<string>, KEY: string) =>
  Effect.forEach(lines, (line) =>
    Effect.gen(function*() {
      const [, url, body] = curl.exec(line) ?? []
      if (hasCurl || url === undefined || body === undefined) {
        const command = yield* Command.program("sh", ["-c", line], { env: { KEY } })
        return { line, ...(yield* command.ended) }
      }
      const headers = { "content-type": "application/json", authorization: `Bearer ${KEY}` }
      const response = yield* Effect.promise(() => fetch(url, { method: "POST", headers, body }))
      const stdout = yield* Effect.promise(() => response.text())
      return { line, code: response.status === 200 ? 0 : 1, stdout, stderr: "" }
    }), { concurrency: "unbounded" })

describe.concurrent("flexinference serve", () => {
  it.live("prints one line when it is ready, with its address and the providers that have keys, and no more", () =>
    Effect.gen(function*() {
      const gateway = yield* ready(serve, { OPENAI_API_KEY: "sk-a", GOOGLE_API_KEY: "g", ANTHROPIC_API_KEY: "" })
      assert.strictEqual(gateway.providers, "openai, google")
      assert.strictEqual((yield* Effect.promise(() => fetch(`${gateway.url}/healthz`))).status, 200)
      yield* gateway.kill("SIGTERM")
      const ended = yield* gateway.ended
      assert.match(ended.stdout, /^flexinference gateway [^\n]+\n$/)
      assert.strictEqual(ended.code, 0)
      assert.deepStrictEqual(logOf(ended.stderr).map(({ level, message }) => [level, message]), [
        ["info", stopping],
        ["info", "Stopped."]
      ])
    }))

  it.live(
    "says without any key that answers are simulated, and gives three commands that work",
    () =>
      Effect.gen(function*() {
        const gateway = yield* ready(serve)
        assert.strictEqual(gateway.providers, "simulated")
        yield* gateway.until(/every answer is SIMULATED/)
        const [, listing = ""] = yield* gateway.until(/Try:\n((?: {2}.+\n){3})/)
        const commands = listing.trimEnd().split("\n")
        assert.deepStrictEqual(commands.map((line) => /^ {2}(?:\w+=\S+ )*(\w+)/.exec(line)?.[1]), [
          "curl",
          "node",
          "node"
        ])
        for (const { code, line, stderr, stdout } of yield* tryAll(commands, "any")) {
          assert.strictEqual(code, 0, `${line}\n${stderr}`)
          assert.match(stdout, /simulated/)
          if (line.includes(" ask ")) assert.match(stderr, /^\w+ · \w+ · started after .+ · \$0\.\d{6} · simulated\n$/)
        }
      })
  )

  it.live("asks for one of its keys where it has some, also in the commands it gives", () =>
    Effect.gen(function*() {
      const gateway = yield* ready(serve, { FLEXINFERENCE_GATEWAY_KEYS: " first-key ,second-key," })
      const [, listing = ""] = yield* gateway.until(/\$KEY:\n((?: {2}.+\n){3})/)
      assert.notInclude(listing, "first-key")
      const body = { start_within: "priority" }
      assert.strictEqual((yield* ask(gateway.url, body)).status, 401)
      assert.strictEqual((yield* ask(gateway.url, body, { authorization: "Bearer other" })).status, 401)
      assert.strictEqual((yield* ask(gateway.url, body, { authorization: "Bearer second-key" })).status, 200)
      for (const { code, line, stderr, stdout } of yield* tryAll(listing.trimEnd().split("\n"), "first-key")) {
        assert.strictEqual(code, 0, `${line}\n${stderr}`)
        assert.match(stdout, /simulated/)
      }
    }))

  it.live("lets an answer under way finish on SIGTERM, takes no new connection, and exits with 0", () =>
    Effect.gen(function*() {
      let finish = () => {}
      const provider = yield* Provider.make((call) => {
        call.start()
        call.text("one ")
        finish = () => {
          call.text("two")
          call.end()
        }
      })
      const gateway = yield* ready(serve, Provider.environment(provider))
      const response = yield* ask(gateway.url, { start_within: "default", stream: true })
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const chunks: Array<string> = []
      const readUntil = (text: string | undefined) =>
        Effect.promise(async () => {
          for (;;) {
            const read = await reader?.read()
            if (read === undefined || read.done) return
            chunks.push(read.value)
            if (text !== undefined && chunks.join("").includes(text)) return
          }
        })
      yield* readUntil("\"one \"")
      yield* gateway.kill("SIGTERM")
      yield* Effect.promise(() => fetch(`${gateway.url}/healthz`)).pipe(
        Effect.catchDefect(() => Effect.fail("refused")),
        Effect.forever,
        Effect.flip
      )
      finish()
      yield* readUntil(undefined)
      assert.include(chunks.join(""), "response.completed")
      const { code, stderr } = yield* gateway.ended
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(logOf(stderr).map(({ event, message, status }) => [event, status ?? message]), [
        ["log", stopping],
        ["request", 200],
        ["log", "Stopped."]
      ])
    }))

  it.live("ends at once on a second SIGTERM, and says so", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) => {
        call.start()
        call.text("one ")
      })
      const gateway = yield* ready(serve, Provider.environment(provider))
      const response = yield* ask(gateway.url, { start_within: "default", stream: true })
      const again = Effect.promise(() => fetch(`${gateway.url}/healthz`).catch(() => {})).pipe(
        Effect.andThen(gateway.kill("SIGTERM")),
        Effect.forever
      )
      const { code, stderr } = yield* Effect.raceFirst(gateway.ended, again)
      assert.strictEqual(code, 143)
      assert.match(stderr, /^SIGTERM again: ended at once, with whatever was under way\n$/m)
      yield* Effect.promise(() => response.text().catch(() => ""))
    }))

  it.live("exits with 0 on Ctrl-C too", () =>
    Effect.gen(function*() {
      const gateway = yield* ready(serve)
      yield* gateway.kill("SIGINT")
      assert.strictEqual((yield* gateway.ended).code, 0)
    }))

  it.live("logs and keeps a record of every request, and sees that a provider's key is wrong", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-records-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const provider = yield* Provider.make((call) => {
        if (call.tier === "priority") {
          return call.refuse(401, { code: "invalid_api_key", message: "canary-words sk-test" })
        }
        prompt(call)
      })
      const gateway = yield* ready([...serve, "--records", folder], Provider.environment(provider))
      for (const [start_within, status] of [["default", 200], ["priority", 403], ["soon", 400]] as const) {
        const response = yield* ask(gateway.url, { start_within, input: "canary-prompt", stream: true })
        yield* Effect.promise(() => response.text())
        assert.strictEqual(response.status, status)
      }
      yield* gateway.kill("SIGTERM")
      const { stderr } = yield* gateway.ended
      const requests = logOf(stderr).filter(({ event }) => event === "request")
      assert.deepStrictEqual(requests.map(({ level, status }) => [level, status]), [
        ["info", 200],
        ["warn", 403],
        ["info", 400]
      ])
      const kept = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8")).join("")
      assert.deepStrictEqual(logOf(kept), requests)
      for (const canary of ["canary", "sk-test"]) assert.notInclude(stderr, canary)
    }))

  it.live("logs lines for a person where it is told to, and only what is worth a warning", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const gateway = yield* ready([...serve, "--log-format", "pretty"], {
        ...Provider.environment(provider),
        FLEXINFERENCE_LOG_FORMAT: "json"
      })
      yield* Effect.flatMap(
        ask(gateway.url, { start_within: "default", stream: true }, { "x-request-id": "mine" }),
        (response) => Effect.promise(() => response.text())
      )
      yield* gateway.kill("SIGTERM")
      const [line] = (yield* gateway.ended).stderr.split("\n")
      assert.match(
        line ?? "",
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO {2}200 POST responses gpt-5\.5 · openai standard tier_direct · started after [\d.]+ s, took [\d.]+ s · \$0\.\d{6} · loopback · mine$/
      )
    }))

  it.live("prints nothing for a request where nothing is to be logged", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const gateway = yield* ready([...serve, "--log-level", "none"], Provider.environment(provider))
      for (const body of [{ start_within: "30s" }, { start_within: "default" }, { start_within: "00h-00m-30s" }]) {
        yield* Effect.flatMap(ask(gateway.url, body), (response) => Effect.promise(() => response.text()))
      }
      yield* gateway.kill("SIGTERM")
      const { stderr, stdout } = yield* gateway.ended
      assert.strictEqual(stdout.split("\n").length, 2)
      assert.strictEqual(stderr, "")
    }))

  it.live.each<readonly [string, ReadonlyArray<string>, Record<string, string>, number]>([
    ["takes a body of a megabyte", serve, {}, 400],
    ["takes no more than the flag says", [...serve, "--max-body", "1mb"], {}, 413],
    ["takes no more than the environment says", serve, { FLEXINFERENCE_MAX_BODY: "1mb" }, 413],
    ["lets the flag win over the environment", [...serve, "--max-body", "2mb"], { FLEXINFERENCE_MAX_BODY: "1mb" }, 400]
  ])("%s", ([, args, env, status]) =>
    Effect.gen(function*() {
      const gateway = yield* ready(args, { ...env, OPENAI_API_KEY: "sk-a" })
      assert.strictEqual((yield* ask(gateway.url, { input: "x".repeat(1_000_000) })).status, status)
    }))

  it.live.each<readonly [string, ReadonlyArray<string>, Record<string, string>, number, string]>([
    ["refuses a request without start_within", serve, {}, 400, ""],
    ["gives it the flag's value", [...serve, "--default-start-within", "30s"], {}, 200, "flex"],
    ["gives it the environment's value", serve, { FLEXINFERENCE_DEFAULT_START_WITHIN: "30s" }, 200, "flex"],
    [
      "lets the flag's value win over the environment's",
      [...serve, "--default-start-within", "priority"],
      { FLEXINFERENCE_DEFAULT_START_WITHIN: "30s" },
      200,
      "priority"
    ]
  ])("%s", ([, args, env, status, tier]) =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(prompt)
      const gateway = yield* ready(args, { ...Provider.environment(provider), ...env })
      const response = yield* ask(gateway.url, { stream: true })
      assert.strictEqual(response.status, status)
      const text = yield* Effect.promise(() => response.text())
      assert.include(text, status === 200 ? `"service_tier":"${tier}"` : "missing_start_within")
    }))

  it.live.each<readonly [string, ReadonlyArray<string>, Record<string, string>, number, string | null]>([
    ["refuses what a model's provider cannot carry", serve, {}, 400, null],
    ["leaves it out where the flag says so", [...serve, "--drop-unsupported"], {}, 200, "seed"],
    ["leaves it out where the environment says so", serve, { FLEXINFERENCE_DROP_UNSUPPORTED: "true" }, 200, "seed"]
  ])("%s", ([, args, env, status, dropped]) =>
    Effect.gen(function*() {
      const { url } = yield* ready(args, env)
      const response = yield* Effect.promise(() =>
        fetch(`${url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            model: "claude-opus-4-8",
            messages: [{ role: "user", content: "Hi" }],
            start_within: "default",
            seed: 1
          })
        })
      )
      assert.strictEqual(response.status, status)
      assert.strictEqual(response.headers.get("x-flexinference-dropped"), dropped)
    }))

  it.live.each<readonly [string, ReadonlyArray<string>, Record<string, string>, number]>([
    ["learns from flex legs", serve, {}, 5],
    ["waits for flex all the same where the flag says so", [...serve, "--no-adaptive"], {}, 8],
    ["waits for flex all the same where the environment says so", serve, { FLEXINFERENCE_ADAPTIVE: "false" }, 8],
    ["lets the flag win over the environment", [...serve, "--adaptive"], { FLEXINFERENCE_ADAPTIVE: "false" }, 5]
  ])("%s", ([, args, env, tried]) =>
    Effect.gen(function*() {
      const tiers: Array<string> = []
      const provider = yield* Provider.make((call) => {
        tiers.push(call.tier)
        if (call.tier === "flex") call.refuse(429, { code: "resource_unavailable", message: "Busy." })
        else prompt(call)
      })
      const gateway = yield* ready(args, { ...Provider.environment(provider), ...env })
      for (let turn = 0; turn < 8; turn++) {
        const response = yield* ask(gateway.url, { start_within: "00h-00m-30s", stream: true })
        yield* Effect.promise(() => response.text())
        assert.strictEqual(response.status, 200)
      }
      assert.deepStrictEqual(
        {
          flex: tiers.filter((tier) => tier === "flex").length,
          standard: tiers.filter((tier) => tier !== "flex").length
        },
        { flex: tried, standard: 8 }
      )
    }))

  it.live.each(["0.0.0.0", "::", "192.0.2.1", "gateway.example", "127.0.0.1.example", ""])(
    "refuses to serve %j without gateway keys",
    (host) =>
      Effect.gen(function*() {
        const { code, stderr, stdout } = yield* Command.run([...serve, `--host=${host}`])
        assert.strictEqual(stdout, "")
        assert.match(stderr, /^error: .+\n/)
        assert.notMatch(stderr, /\n\s+at /)
        assert.strictEqual(code, 2)
      })
  )

  it.live("serves any address with gateway keys", () =>
    Effect.gen(function*() {
      const command = yield* Command.start([...serve, "--host", "0.0.0.0"], {
        env: { FLEXINFERENCE_GATEWAY_KEYS: "key" }
      })
      yield* command.until(/^flexinference gateway listening on http:\/\/0\.0\.0\.0:\d+ /)
    }))

  it.live("says in one line that its port is in use", () =>
    Effect.gen(function*() {
      const other = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer()
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = other.address()
      const port = address !== null && typeof address === "object" ? address.port : 0
      assert.deepStrictEqual(yield* Command.run(["serve", "--port", String(port)]), {
        code: 1,
        stdout: "",
        stderr:
          `error: port ${port} on 127.0.0.1 is in use: choose another with --port, or any free one with --port 0\n`
      })
    }))

  it.live.each<readonly [string, ReadonlyArray<string>, Record<string, string>, RegExp]>([
    ["a port that is none", ["serve", "--port", "65536"], {}, /^error: Invalid value for flag --port: "65536"/],
    ["a port that is no number", ["serve", "--port", "http"], {}, /^error: Invalid value for flag --port: "http"/],
    [
      "a default it cannot read",
      [...serve, "--default-start-within", "soon"],
      {},
      /^error: Invalid value for flag --default-start-within: "soon"\. Expected: a window from 5s to 10m/
    ],
    [
      "a default in the environment that it cannot read",
      serve,
      { FLEXINFERENCE_DEFAULT_START_WITHIN: "soon" },
      /^error: FLEXINFERENCE_DEFAULT_START_WITHIN is "soon"\. Expected: a window from 5s to 10m, such as .+\n$/
    ],
    [
      "a size that it cannot read",
      [...serve, "--max-body", "big"],
      {},
      /^error: Invalid value for flag --max-body: "big"\. Expected: a size such as 500kb, 32mb or 64MiB/
    ],
    [
      "a size in the environment that it cannot read",
      serve,
      { FLEXINFERENCE_MAX_BODY: "0mb" },
      /^error: FLEXINFERENCE_MAX_BODY is "0mb"\. Expected: a size such as 500kb, 32mb or 64MiB\n$/
    ],
    [
      "a retention in the environment that it cannot read",
      serve,
      { FLEXINFERENCE_RETAIN: "forever" },
      /^error: FLEXINFERENCE_RETAIN is "forever"\. Expected: a time such as 45m, 12h or 30d\n$/
    ],
    [
      "a form of log that there is none",
      [...serve, "--log-format", "xml"],
      {},
      /^error: Invalid value for flag --log-format: "xml"/
    ],
    [
      "a level in the environment that is none",
      serve,
      { FLEXINFERENCE_LOG_LEVEL: "loud" },
      /^error: FLEXINFERENCE_LOG_LEVEL is "loud"\. Expected: debug, info, warn, error, none\n$/
    ],
    [
      "a folder for records that cannot be made",
      [...serve, "--records", "/dev/null/records"],
      {},
      /^error: records cannot be kept in \/dev\/null\/records: /
    ],
    [
      "a protocol of OpenTelemetry's that it does not speak",
      serve,
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
      /^error: OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"\. Expected: http\/protobuf or http\/json\n$/
    ],
    [
      "a delay that it cannot read",
      [...serve, "--early-headers", "soon"],
      {},
      /^error: Invalid value for flag --early-headers: "soon"\. Expected: a time such as 45s or 4m, or 0 to turn it off/
    ],
    [
      "a delay in the environment that it cannot read",
      serve,
      { FLEXINFERENCE_EARLY_BODY: "240" },
      /^error: FLEXINFERENCE_EARLY_BODY is "240"\. Expected: a time such as 45s or 4m, or 0 to turn it off\n$/
    ],
    [
      "a list of keys that holds none",
      serve,
      { FLEXINFERENCE_GATEWAY_KEYS: " , " },
      /^error: FLEXINFERENCE_GATEWAY_KEYS /
    ]
  ])("refuses %s in plain words on stderr, with 2", ([, args, env, expected]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* Command.run(args, { env })
      assert.match(stderr, expected)
      assert.notMatch(stderr, /\n\s+at /)
      assert.strictEqual(stdout, "")
      assert.strictEqual(code, 2)
    }))
})
