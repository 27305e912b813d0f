import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Running from "./running.ts"
import * as Upstream from "./upstream.ts"

const ask = (url: string, body: object, headers: { readonly [name: string]: string } = {}) =>
  Effect.promise(async (signal) => {
    const response = await fetch(url, {
      signal,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body)
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const get = (url: string) => Effect.promise((signal) => fetch(url, { signal }))

const openAI = { model: "gpt-5.5", start_within: "default", input: "Hello" }
const claude = {
  model: "claude-opus-4-8",
  start_within: "default",
  max_tokens: 9,
  messages: [{ role: "user", content: "Hello" }]
}

describe("Gateway", () => {
  describe("names every request", () => {
    it.live("by a name of its own, one that no other request has", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const ids = new Set<string | null>()
        for (const path of ["/healthz", "/v1/models", "/v1/models/gpt-5.5", "/v1/models/nonesuch", "/nowhere"]) {
          const { headers } = yield* get(url + path)
          assert.strictEqual(headers.get("x-request-id"), headers.get("x-flexinference-request-id"), path)
          ids.add(headers.get("x-request-id"))
        }
        for (const body of [{}, { ...claude, model: "gpt-5.5" }]) {
          const { headers } = yield* ask(`${url}/v1/messages`, body)
          assert.strictEqual(headers.get("x-request-id"), headers.get("x-flexinference-request-id"))
          ids.add(headers.get("x-request-id"))
        }
        assert.strictEqual(ids.size, 7)
        assert.isFalse(ids.has(null))
      }))

    it.live("by the caller's, where that is a name", () =>
      Effect.gen(function*() {
        const { simulator, url } = yield* Running.onSimulator({})
        const taken = yield* ask(`${url}/v1/messages`, claude, { "x-request-id": "trace-1/a:b" })
        assert.strictEqual(taken.headers.get("x-flexinference-request-id"), "trace-1/a:b")
        for (const given of ["", "two words", "x".repeat(129), "<script>"]) {
          const { headers } = yield* ask(`${url}/v1/messages`, claude, { "x-request-id": given })
          assert.match(headers.get("x-flexinference-request-id") ?? "", /^req_\w+$/)
        }
        for (const { headers } of yield* simulator.ledger) assert.notProperty(headers, "x-request-id")
      }))
  })

  describe("hands on what a provider said beside its answer", () => {
    it.live("its name of the request in place of ours, and its rate limits, whole and streamed", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        for (const stream of [false, true]) {
          const { headers } = yield* ask(`${url}/v1/responses`, { ...openAI, stream }, { "x-request-id": "mine" })
          assert.match(headers.get("x-request-id") ?? "", /^req_[0-9a-f]{32}$/)
          assert.strictEqual(headers.get("x-flexinference-request-id"), "mine")
          assert.strictEqual(headers.get("x-ratelimit-limit-requests"), "5000")
          assert.strictEqual(headers.get("openai-version"), "2020-10-01")
          assert.isNotNull(headers.get("openai-processing-ms"))
        }
        const { headers } = yield* ask(`${url}/v1/messages`, claude)
        assert.match(headers.get("request-id") ?? "", /^req_/)
        assert.notStrictEqual(headers.get("request-id"), headers.get("x-request-id"))
        assert.isNotNull(headers.get("anthropic-ratelimit-tokens-remaining"))
      }))

    it.live("beside its refusal as well", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({
          script: Script.always(Behavior.refuse({ status: 429, retryAfter: "3 seconds" }))
        })
        const { headers, status } = yield* ask(`${url}/v1/responses`, openAI, { "x-request-id": "mine" })
        assert.strictEqual(status, 429)
        assert.match(headers.get("x-request-id") ?? "", /^req_[0-9a-f]{32}$/)
        assert.strictEqual(headers.get("x-flexinference-request-id"), "mine")
        assert.strictEqual(headers.get("retry-after"), "3")
        assert.isNotNull(headers.get("x-ratelimit-limit-requests"))
      }))

    it.live("to nobody who asked in another format", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const { headers, status } = yield* ask(`${url}/v1/messages`, { ...claude, model: "gpt-5.5" })
        assert.strictEqual(status, 200)
        for (const name of ["openai-version", "x-ratelimit-limit-requests", "request-id"]) {
          assert.isNull(headers.get(name), name)
        }
      }))
  })

  it.live("hands on what a client said beside its request, and no credential", () =>
    Effect.gen(function*() {
      let seen: { readonly [name: string]: unknown } = {}
      const upstream = yield* Upstream.make((request, response) => {
        seen = request.headers
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
      const url = yield* Running.before(upstream.url)
      yield* ask(`${url}/v1/responses?beta=true`, openAI, {
        "openai-beta": "responses=v1",
        "idempotency-key": "once",
        cookie: "a=b",
        "x-stainless-lang": "js",
        "openai-project": "proj_1"
      })
      assert.deepInclude(seen, { "openai-beta": "responses=v1", "idempotency-key": "once" })
      for (const name of ["cookie", "x-stainless-lang", "openai-project"]) assert.notProperty(seen, name)
    }))

  it.live.each(["00h-00m-30s", "30s"])(
    "takes the window %s from a header where the request names none",
    (window) =>
      Effect.gen(function*() {
        const { simulator, url } = yield* Running.onSimulator({})
        const { start_within: _, ...open } = openAI
        const headers = { "x-flexinference-start-within": window }
        assert.strictEqual((yield* ask(`${url}/v1/responses`, open, headers)).status, 200)
        assert.strictEqual((yield* ask(`${url}/v1/responses`, openAI, headers)).status, 200)
        assert.deepStrictEqual((yield* simulator.ledger).map(({ tier }) => tier), ["flex", "standard"])
      })
  )

  it.effect.each([
    ["2026-11-10T00:00:00Z", "gpt-5", null],
    ["2026-11-12T00:00:00Z", "gpt-5", "2026-12-11"],
    ["2026-11-12T00:00:00Z", "gpt-5-2025-08-07", "2026-12-11"],
    ["2026-11-12T00:00:00Z", "gpt-5.5", null]
  ])("at %s says of an answer of %s that it retires: %s", ([now, model, retires]) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse(String(now)))
      const { url } = yield* Running.onSimulator({ router: { startSignal: "output" } })
      for (const stream of [false, true]) {
        const { headers, status } = yield* ask(`${url}/v1/responses`, { ...openAI, model, stream })
        assert.strictEqual(status, 200)
        assert.strictEqual(headers.get("x-flexinference-retires"), retires)
      }
    }))
})
