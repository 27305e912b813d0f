import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Command from "./command.ts"
import * as Provider from "./provider.ts"

/** A file of this text, in a folder of its own. */
const written = (text: string, name = "gateway.toml") =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-config-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    ),
    (folder) => {
      const file = path.join(folder, name)
      writeFileSync(file, text)
      return { folder, file }
    }
  )

const ready = (args: ReadonlyArray<string>, env: { readonly [name: string]: string } = {}) =>
  Effect.gen(function*() {
    const command = yield* Command.start(["serve", ...args], { env })
    const [, url = "", providers = ""] = yield* command.until(/listening on (http:\S+) \(providers: ([\w, -]+)\)\n/)
    return { ...command, url, providers }
  })

const ask = (url: string, body: object, key = "any", route = "/v1/responses") =>
  Effect.promise(async (signal) => {
    const response = await fetch(url + route, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
      signal
    })
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  })

const limits = (url: string, key: string) =>
  Effect.promise(async () => (await fetch(`${url}/v1/limits`, { headers: { authorization: `Bearer ${key}` } })).json())

const request = { model: "gpt-5.5", input: "Hi" }

describe.concurrent("flexinference serve --config", () => {
  it.live("serves what the file says: its address, default, keys and aliases", () =>
    Effect.gen(function*() {
      const { file } = yield* written(`
port = 0
host = "localhost"
default_start_within = "priority"

[[keys]]
name = "team-a"
key = "key-a"

[[aliases]]
name = "fast"
model = "gemini-3.5-flash"
start_within = "default"
`)
      const { url } = yield* ready(["--config", file])
      assert.match(url, /^http:\/\/localhost:\d+$/)
      assert.strictEqual((yield* ask(url, request)).status, 401)
      assert.strictEqual((yield* ask(url, request, "key-a")).body.usage.routing.tier, "priority")
      const aliased = yield* ask(url, { ...request, model: "fast" }, "key-a")
      assert.deepInclude(aliased.body.usage.routing, { provider: "google", tier: "standard" })
    }))

  it.live("lets the environment win over the file, and the flags over both", () =>
    Effect.gen(function*() {
      const { file } = yield* written(`port = 1\ndefault_start_within = "auto"\nmax_body = "1kb"\n`)
      const env = { FLEXINFERENCE_CONFIG: file, FLEXINFERENCE_DEFAULT_START_WITHIN: "priority" }
      const { url } = yield* ready(["--port", "0", "--max-body", "1mb"], env)
      const { body, status } = yield* ask(url, { ...request, input: "x".repeat(10_000) })
      assert.strictEqual(status, 200)
      assert.strictEqual(body.usage.routing.tier, "priority")
    }))

  it.live("calls a server of one's own, in its words for the tiers", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) => {
        call.start()
        call.text("Hello")
        call.end({ input_tokens: 10, output_tokens: 10, total_tokens: 20 })
      })
      const baseUrl = Provider.environment(provider)["OPENAI_BASE_URL"] ?? ""
      const { file } = yield* written(
        `{
  "port": 0,
  "providers": [{
    "name": "acme", "base_url": "${baseUrl}", "key_env": "ACME_KEY",
    "formats": ["responses"], "tiers": { "flex": "economy", "standard": "regular" }
  }],
  "models": [{
    "id": "acme-large", "provider": "acme", "flex": true,
    "prices": { "standard": { "input": 2, "output": 20 }, "flex": { "input": 1, "output": 10 } }
  }]
}`,
        "gateway.json"
      )
      const { providers, url } = yield* ready(["--config", file], { ACME_KEY: "sk-acme" })
      assert.strictEqual(providers, "acme")
      const reply = yield* ask(url, { model: "acme-large", input: "Hi", start_within: "00h-00m-30s" })
      assert.deepInclude(reply.body.usage.routing, { provider: "acme", tier: "economy" })
      assert.strictEqual(reply.body.usage.cost.total_micro_usd, 110)
    }))

  it.live("keeps a budget when it is killed", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make((call) => call.start())
      const { file, folder } = yield* written(`
port = 0
[[keys]]
name = "team-a"
key = "key-a"
daily_budget_microusd = 1_000_000
`)
      const env = { ...Provider.environment(provider), FLEXINFERENCE_STATE: folder }
      const first = yield* ready(["--config", file], env)
      // It never ends: when the process is killed, it may have been billed.
      yield* Effect.forkScoped(
        ask(first.url, { ...request, start_within: "default", max_output_tokens: 1000, stream: true }, "key-a")
      )
      const spent = yield* Effect.repeat(limits(first.url, "key-a"), {
        until: (limits) => limits.daily_budget.spent_micro_usd > 0
      })
      yield* first.kill("SIGKILL")
      const second = yield* ready(["--config", file], env)
      assert.deepStrictEqual((yield* limits(second.url, "key-a")).daily_budget, spent.daily_budget)
    }))

  it.live("takes up changed keys and aliases, and of a file that is wrong none", () =>
    Effect.gen(function*() {
      const keyed = (key: string, more = "") => `port = 0\n[[keys]]\nname = "team"\nkey = "${key}"\n${more}`
      const { file, folder } = yield* written(keyed("first"))
      const { untilError, url } = yield* ready(["--config", file])
      const put = (text: string) =>
        Effect.sync(() => {
          writeFileSync(path.join(folder, "next"), text)
          renameSync(path.join(folder, "next"), file)
        })
      const until = (key: string, status: number, text: string) =>
        Effect.repeat(
          Effect.andThen(
            put(text),
            Effect.delay(ask(url, { ...request, model: "m", start_within: "default" }, key), "200 millis")
          ),
          { until: (reply) => reply.status === status }
        )
      yield* until("second", 200, keyed("second", `[[aliases]]\nname = "m"\nmodel = "gpt-5.5"\n`))
      assert.strictEqual((yield* ask(url, request, "first")).status, 401)
      yield* put(`[[keys]]\nname = "no name"\nkey = "third"\n`)
      yield* untilError(/not taken up.+keys\[0\]\.name \(line 2\) must be a name/)
      assert.strictEqual((yield* ask(url, { ...request, start_within: "default" }, "second")).status, 200)
    }))

  it.live.each<readonly [string, string, RegExp]>([
    [
      "one thing that is wrong in one line",
      `port = "x"`,
      /^error: \S+gateway\.toml: port \(line 1\) must be a port from 0 to 65535\n$/
    ],
    [
      "several in a line each",
      `port = "x"\nspeed = 1\n[[keys]]\nname = "a"\n`,
      /^error: \S+ is wrong in 3 places\n {2}- port .+\n {2}- speed .+\n {2}- keys\[0\] \(line 3\) needs .+\n$/
    ],
    ["a key that is nowhere", `[[providers]]\nname = "groq"`, /\(groq\) has no key: set GROQ_API_KEY\n$/]
  ])("tells %s, with 2", ([, text, expected]) =>
    Effect.gen(function*() {
      const { file } = yield* written(text)
      const { code, stderr, stdout } = yield* Command.run(["serve", "--config", file])
      assert.match(stderr, expected)
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    }))
})
