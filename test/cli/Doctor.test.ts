import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Upstream from "../gateway/upstream.ts"
import * as Command from "./command.ts"

const findings = (stdout: string): { readonly [subject: string]: string } =>
  Object.fromEntries(
    JSON.parse(stdout).map((it: { level: string; message: string; subject: string }) => [
      it.subject,
      `${it.level}: ${it.message}`
    ])
  )

describe.concurrent("flexinference doctor", () => {
  it.live("asks each provider that has a key for its models, with that key, and says what came of it", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const provider = yield* Upstream.make((request, response) => {
        asked.push(`${request.method} ${request.url}`)
        const refused = request.headers["x-api-key"] === "sk-refused"
        response.writeHead(refused ? 401 : 200, { "content-type": "application/json" }).end("{}")
      })
      const { code, stderr, stdout } = yield* Command.run(["doctor", "--json", "--retries", "0"], {
        env: {
          OPENAI_API_KEY: "sk-taken",
          OPENAI_BASE_URL: `${provider.url}/v1`,
          ANTHROPIC_API_KEY: "sk-refused",
          ANTHROPIC_BASE_URL: provider.url
        }
      })
      const found = findings(stdout)
      assert.strictEqual(found["openai"], `ok: ${provider.url}/v1 answers and takes the key`)
      assert.strictEqual(
        found["anthropic"],
        `problem: ${provider.url} does not take the key in ANTHROPIC_API_KEY (status 401)`
      )
      assert.match(found["google"] ?? "", /^ok: no key: .*GEMINI_API_KEY/)
      assert.deepStrictEqual(asked, ["GET /v1/models", "GET /v1/models"])
      assert.deepStrictEqual({ code, stderr }, { code: 1, stderr: "error: one thing is broken\n" })
      assert.notMatch(stdout, /sk-/)
    }))

  it.live("ends with 0 where nothing is broken, and asks nobody offline", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* Command.run(["doctor", "--offline"], {
        env: { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" }
      })
      assert.match(stdout, /^ok {4}openai: a key is set, for http:\/\/127\.0\.0\.1:9\/v1$/m)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }))

  it.live("finds a timeout before the window's end, and a gateway that would ask itself", () =>
    Effect.gen(function*() {
      const gateway = yield* Upstream.make((_, response) =>
        response.writeHead(200, { "x-flexinference-request-id": "1" }).end("{}")
      )
      const { code, stdout } = yield* Command.run(["doctor", "--json", "-s", "2m", "--timeout", "00h-01m-00s"], {
        env: { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: `${gateway.url}/v1` }
      })
      const found = findings(stdout)
      assert.match(found["timeout"] ?? "", /^problem: .*1m, before standard is even asked at 2m/)
      assert.match(found["retries"] ?? "", /^problem: .*6 calls/)
      assert.match(found["openai"] ?? "", /^problem: .*Unset OPENAI_BASE_URL/)
      assert.strictEqual(code, 1)
    }))

  it.live("finds a key and an address that are none without asking anybody", () =>
    Effect.gen(function*() {
      const { stdout } = yield* Command.run(["doctor", "--json"], { env: { OPENAI_API_KEY: "two words" } })
      assert.match(findings(stdout)["openai"] ?? "", /^problem: OPENAI_API_KEY holds no key/)
    }))

  it.live("tells everything that is wrong with its flags at once, with 2", () =>
    Effect.gen(function*() {
      const { code, stderr } = yield* Command.run(["doctor", "-s", "soon", "--timeout", "late"])
      assert.match(stderr, /^error: 2 things are wrong\n {2}- --start-within: .*\n {2}- --timeout: .*\n$/)
      assert.strictEqual(code, 2)
    }))
})
