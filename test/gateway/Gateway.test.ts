import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Logger, Queue, Redacted, Schema, Scope, Tracer } from "effect"
import { TestClock } from "effect/testing"
import Anthropic from "@anthropic-ai/sdk"
import { GoogleGenAI } from "@google/genai"
import { once } from "node:events"
import { request } from "node:http"
import { connect } from "node:net"
import { CapacityRefused, FlexInferenceError, internal, invalidRequest } from "../../src/FlexInferenceError.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import { still } from "../support/turns.ts"
import * as Running from "./running.ts"
import * as Upstream from "./upstream.ts"

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const call = (url: string, init?: RequestInit & { readonly duplex?: "half" }): Effect.Effect<Reply> =>
  Effect.promise(async (signal) => {
    const response = await fetch(url, { signal, ...init })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const post = (url: string, body: JsonObject | string, headers: { readonly [name: string]: string } = {}) =>
  call(url, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers }
  })

/** What `fetch` would correct, as it is. */
const raw = (url: string, method: string, path: string): Effect.Effect<Pick<Reply, "status" | "text">> =>
  Effect.callback((resume) => {
    request(url, { method, path }, (response) => {
      let text = ""
      response.on("data", (chunk: Buffer) => text += chunk.toString())
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, text })))
    }).end()
  })

const blockOf = (text: string): JsonObject => JSON.parse(text).error.flexinference

const surfaces = [
  { path: "/v1/responses", model: "gpt-5.5", conversation: { input: "Hello" } },
  {
    path: "/v1/chat/completions",
    model: "gpt-5.5",
    conversation: { messages: [{ role: "user", content: "Hello" }] }
  },
  { path: "/v1/interactions", model: "gemini-2.5-flash", conversation: { input: "Hello" } },
  { path: "/v1beta/interactions", model: "gemini-2.5-flash", conversation: { input: "Hello" } },
  {
    path: "/v1/messages",
    model: "claude-opus-4-8",
    conversation: { max_tokens: 100, messages: [{ role: "user", content: "Hello" }] }
  }
]

const problem = { field: "model", code: "missing_model", message: "No.", rule: "Yes.", example: "\"x\"" }

const good = { model: "gpt-5.5", start_within: "default", input: "Hello" }

const streaming = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ ...good, stream: true })
}

describe("Gateway", () => {
  describe("answers", () => {
    it.live.each(surfaces)(
      "a whole body on $path, and says how it was routed",
      ({ conversation, model, path }) =>
        Effect.gen(function*() {
          const { url } = yield* Running.onSimulator({})
          const reply = yield* post(url + path, { model, start_within: "default", ...conversation })
          assert.strictEqual(reply.status, 200, reply.text)
          assert.strictEqual(reply.headers.get("content-type"), "application/json")
          assert.strictEqual(reply.headers.get("x-flexinference-routing-reason"), "tier_direct")
          assert.strictEqual(reply.headers.get("x-flexinference-pricing"), "byok")
          assert.match(reply.headers.get("x-flexinference-cost") ?? "", /^\d+$/)
          assert.strictEqual(JSON.parse(reply.text).usage.routing.reason, "tier_direct")
        })
    )

    it.live.each(surfaces)("a stream on $path, unbuffered", ({ conversation, model, path }) =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const reply = yield* post(url + path, { model, start_within: "default", stream: true, ...conversation })
        assert.strictEqual(reply.status, 200, reply.text)
        assert.strictEqual(reply.headers.get("content-type"), "text/event-stream; charset=utf-8")
        assert.strictEqual(reply.headers.get("cache-control"), "no-store")
        assert.strictEqual(reply.headers.get("x-accel-buffering"), "no")
        assert.isNull(reply.headers.get("x-flexinference-cost"))
        assert.match(reply.text, /^(?:event: .+\n)?data: \{/)
        assert.isTrue(reply.text.endsWith("\n\n"))
      }))

    it.live("the first event as soon as it comes", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({
          script: Script.always(Behavior.stall({ at: 1 }))
        })
        const first = yield* Effect.promise(async (signal) => {
          const response = await fetch(`${url}/v1/responses`, { signal, ...streaming })
          const reader = response.body?.getReader()
          const chunk = await reader?.read()
          await reader?.cancel()
          return new TextDecoder().decode(chunk?.value)
        })
        assert.match(first, /^event: response\.created\n/)
      }))
  })

  describe("marks", () => {
    it.live("every response of simulated providers", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({ gateway: { simulated: true } })
        for (const path of ["/healthz", "/v1/models", "/nowhere"]) {
          const reply = yield* call(url + path)
          assert.strictEqual(reply.headers.get("x-flexinference-simulated"), "true", path)
        }
        const refused = yield* post(`${url}/v1/responses`, {})
        assert.strictEqual(refused.headers.get("x-flexinference-simulated"), "true")
      }))
  })

  describe("refuses", () => {
    const oversized = JSON.stringify({ ...good, input: "x".repeat(1_000_000) })
    const json = { "content-type": "application/json" }
    const table: ReadonlyArray<
      readonly [what: string, status: number, code: string, init: RequestInit & { readonly duplex?: "half" }]
    > = [
      ["no body", 400, "invalid_body", { headers: json }],
      ["an empty body", 400, "invalid_body", { headers: json, body: "" }],
      ["a body that is not JSON", 400, "invalid_body", { headers: json, body: "{\"model\":" }],
      ["a body that is not UTF-8", 400, "invalid_body", { headers: json, body: Buffer.of(0xff, 0xfe, 0x00) }],
      ["an array", 400, "invalid_body", { headers: json, body: "[]" }],
      ["a string", 400, "invalid_body", { headers: json, body: "\"Hello\"" }],
      ["null", 400, "invalid_body", { headers: json, body: "null" }],
      ["an empty object", 400, "missing_model", { headers: json, body: "{}" }],
      ["an empty object without a content type", 400, "missing_model", { body: Buffer.from("{}") }],
      ["a charset beside the content type as JSON", 400, "missing_model", {
        headers: { "content-type": "application/json; charset=utf-8" },
        body: "{}"
      }],
      ["a web page's body without a content type", 400, "unsupported_media_type", {
        headers: { origin: "http://localhost:5173" },
        body: Buffer.from("{}")
      }],
      ["a web page of another site", 403, "foreign_site", {
        headers: { ...json, origin: "https://example.com" },
        body: JSON.stringify(good)
      }],
      ["text", 400, "unsupported_media_type", { headers: { "content-type": "text/plain" }, body: "{}" }],
      ["a form", 400, "unsupported_media_type", { body: new URLSearchParams({ model: "gpt-5.5" }) }],
      ["a compressed body", 400, "unsupported_media_type", {
        headers: { ...json, "content-encoding": "gzip" },
        body: "{}"
      }],
      ["a body over the limit", 413, "request_too_large", { headers: json, body: oversized }],
      ["a body over the limit that does not say how long it is", 413, "request_too_large", {
        headers: json,
        duplex: "half",
        body: new Blob([oversized]).stream()
      }]
    ]

    it.live.each(table)("%s with %i %s", ([, status, code, init]) =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({ gateway: { maxBody: 1_000_000 } })
        const reply = yield* call(`${url}/v1/responses`, { method: "POST", ...init })
        assert.strictEqual(reply.status, status, reply.text)
        assert.strictEqual(blockOf(reply.text)["code"], code)
        assert.strictEqual(reply.headers.get("x-should-retry"), "false")
      }))

    it.live.each(surfaces)("a request without a model in the envelope of $path", ({ path }) =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const reply = yield* post(url + path, "{}")
        assert.strictEqual(reply.status, 400)
        const body = JSON.parse(reply.text)
        assert.strictEqual(body.error.flexinference.code, "missing_model")
        if (path.endsWith("messages")) assert.deepInclude(body, { type: "error" })
        else if (path.endsWith("interactions")) {
          assert.deepInclude(body.error, { code: 400, status: "INVALID_ARGUMENT" })
        } else assert.deepInclude(body.error, { code: "missing_model", param: "model", type: "invalid_request_error" })
      }))

    it.live("nothing of just the size that is allowed", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({ gateway: { maxBody: "1 MB" } })
        const body = JSON.stringify({ ...good, input: "" })
        const full = body.replace("\"\"", `"${"x".repeat(1_000_000 - body.length)}"`)
        assert.lengthOf(full, 1_000_000)
        assert.strictEqual((yield* post(`${url}/v1/responses`, full)).status, 200)
      }))

    it.live("no body of 32 MB, unless it is told to", () =>
      Effect.gen(function*() {
        const url = yield* Running.onRouter(() => Effect.die("the body came through"))
        const statusOf = (size: number) =>
          Effect.map(post(`${url}/v1/responses`, " ".repeat(size)), ({ status }) => status)
        assert.strictEqual(yield* statusOf(32_000_000), 500)
        assert.strictEqual(yield* statusOf(32_000_001), 413)
      }))

    it.live("what would be more than all bodies together may have, for as long as that is so", () =>
      Effect.gen(function*() {
        const begun = yield* Queue.unbounded<Deferred.Deferred<void>>()
        const url = yield* Running.onRouter(
          () =>
            Effect.gen(function*() {
              const end = yield* Deferred.make<void>()
              yield* Queue.offer(begun, end)
              yield* Deferred.await(end)
              return yield* Effect.fail(invalidRequest([problem]))
            }),
          { maxBody: "1 MB", maxBodies: "1 MB" }
        )
        const large = " ".repeat(600_000)
        const whole = post(`${url}/v1/responses`, large)
        const unsaid = Effect.suspend(() =>
          call(`${url}/v1/responses`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: new Blob([large]).stream(),
            duplex: "half"
          })
        )
        for (const ending of ["an answer", "the caller's leaving"]) {
          const first = yield* Effect.forkChild(whole)
          const end = yield* Queue.take(begun)
          for (const other of [whole, unsaid]) {
            const refused = yield* other
            assert.strictEqual(refused.status, 503)
            assert.strictEqual(refused.headers.get("retry-after"), "1")
            assert.isNull(refused.headers.get("x-should-retry"))
            assert.strictEqual(blockOf(refused.text)["code"], "gateway_busy")
          }
          // A small one still fits.
          const small = yield* Effect.forkChild(post(`${url}/v1/responses`, " ".repeat(300_000)))
          yield* Deferred.succeed(yield* Queue.take(begun), undefined)
          assert.strictEqual((yield* Fiber.join(small)).status, 400)
          yield* ending === "an answer" ? Deferred.succeed(end, undefined) : Fiber.interrupt(first)
          // What was held is let go when the connection is found to be gone, which nothing here tells of.
          const next = yield* Effect.forkChild(Effect.repeat(whole, { until: ({ status }) => status !== 503 }))
          yield* Deferred.succeed(yield* Queue.take(begun), undefined)
          assert.strictEqual((yield* Fiber.join(next)).status, 400)
        }
      }))

    it.live.each(surfaces)(
      "no body of $path with a fault of its own, however deeply it is nested",
      ({ model, path }) =>
        Effect.gen(function*() {
          const { url } = yield* Running.onSimulator({})
          const deep = "[".repeat(200_000) + "]".repeat(200_000)
          const body = `{"model":"${model}","start_within":"default","input":${deep},"messages":${
            deep.slice(100_000, -100_000)
          }}`
          const reply = yield* post(url + path, body)
          assert.isBelow(reply.status, 500, reply.text.slice(0, 500))
        })
    )

    it.effect.prop(
      "every JSON value that is no request, with an error its client can read",
      { path: Schema.Literals(surfaces.map(({ path }) => path)), value: Schema.Json },
      ({ path, value }) =>
        Effect.gen(function*() {
          const { url } = yield* Running.onSimulator({})
          const reply = yield* post(url + path, JSON.stringify(value))
          assert.strictEqual(reply.status, 400)
          assert.strictEqual(blockOf(reply.text)["class"], "validation")
        })
    )
  })

  describe("routes", () => {
    it.live("nothing but its paths", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const paths = [
          "/v1",
          "/v1/embeddings",
          "/v1/messages/msg_1",
          "/v1/models/a/b",
          `/${"x".repeat(5000)}`,
          "/%zz"
        ]
        for (const path of paths) {
          const reply = yield* raw(url, "POST", path)
          assert.strictEqual(reply.status, 404, path)
          assert.strictEqual(JSON.parse(reply.text).error.code, "not_found", path)
        }
      }))

    it.live("no path that is spelled otherwise", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const posts = surfaces.flatMap(({ path }) =>
          [
            `/${path}`,
            path.replace("/v1", "//v1"),
            path.replace("/v1/", "/v1//"),
            path.replaceAll("e", "%65"),
            path.replace("/v1", "/%761"),
            path.toUpperCase(),
            path.replace("/v1", "/V1"),
            `${path};a=b`,
            path.replace("/v1", "/v1;a=b"),
            `/v1/..${path}`
          ].filter((other) => other !== path)
        )
        const gets = ["//v1/models", "/v1/MODELS", "/v1/models;a=b", "/v1/models/gpt-5.5;a=b", "/%68ealthz", "/HEALTHZ"]
        const counts = [
          "/v1beta/models/gemini-2.5-flash:countTokens;a=b",
          "/V1beta/models/gemini-2.5-flash:countTokens"
        ]
        for (const [method, paths] of [["POST", [...posts, ...counts]], ["GET", gets]] as const) {
          for (const path of paths) {
            const reply = yield* raw(url, method, path)
            assert.strictEqual(reply.status, 404, path)
            assert.strictEqual(JSON.parse(reply.text).error.code, "not_found", path)
          }
        }
        assert.strictEqual((yield* raw(url, "POST", "/v1/responses?a=%65;//")).status, 400)
        assert.strictEqual((yield* raw(url, "GET", "/v1/models/gpt-5%2E5")).status, 200)
      }))

    it.live("no method that a path does not take, and names the one it does", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        for (const { path } of surfaces) {
          for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
            const reply = yield* call(url + path, { method })
            assert.strictEqual(reply.status, 405, `${method} ${path}`)
            assert.strictEqual(reply.headers.get("allow"), "POST")
            assert.strictEqual(blockOf(reply.text)["code"], "method_not_allowed")
          }
        }
        for (const path of ["/", "/v1/models", "/v1/models/gpt-5.5", "/v1beta/models", "/healthz"]) {
          const reply = yield* call(url + path, { method: "POST" })
          assert.strictEqual(reply.status, 405, path)
          assert.strictEqual(reply.headers.get("allow"), "GET, HEAD")
        }
        assert.strictEqual((yield* raw(url, "PROPFIND", "/v1/responses")).status, 405)
      }))
  })

  describe("greets", () => {
    it.live.each(["/", "/healthz"])("whoever looks at %s, with and without a body", (path) =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        assert.deepInclude(yield* call(url + path), { status: 200, text: "{\"status\":\"ok\"}" })
        assert.deepInclude(yield* call(url + path, { method: "HEAD" }), { status: 200, text: "" })
      }))

    it.live("a client that would rather have a socket with the advice to do without, at once", () =>
      Effect.gen(function*() {
        const url = new URL(yield* Running.onRouter(() => Effect.die("asked")))
        const ask = (path: string) =>
          Effect.callback<string>((resume) => {
            let text = ""
            const socket = connect(Number(url.port), url.hostname)
            socket.on("data", (chunk) => text += chunk.toString())
            socket.on("close", () => resume(Effect.succeed(text)))
            socket.write(
              `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
                "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
          })
        assert.match(yield* ask("/v1/responses"), /^HTTP\/1\.1 426 Upgrade Required\r\n[^]*"upgrade_not_offered"/)
        assert.match(yield* ask("/nowhere"), /^HTTP\/1\.1 404 /)
      }))
  })

  describe("keys", () => {
    const gateway = { keys: [Redacted.make("flex_live_1")] }

    it.live("are asked for on everything but the health check, before a body is looked at", () =>
      Effect.gen(function*() {
        const { simulator, url } = yield* Running.onSimulator({ gateway })
        for (const { path } of surfaces) {
          const missing = yield* post(url + path, "nonsense")
          assert.strictEqual(missing.status, 401, path)
          assert.strictEqual(missing.headers.get("www-authenticate"), "Bearer")
          assert.strictEqual(blockOf(missing.text)["code"], "missing_api_key")
          const wrong = yield* post(url + path, good, { authorization: "Bearer flex_live_2" })
          assert.strictEqual(wrong.status, 401, path)
          assert.strictEqual(blockOf(wrong.text)["code"], "invalid_api_key")
        }
        assert.strictEqual((yield* call(`${url}/v1/models`)).status, 401)
        assert.strictEqual((yield* call(`${url}/v1/models/gpt-5.5`)).status, 401)
        for (const path of ["/", "/healthz"]) assert.strictEqual((yield* call(url + path)).status, 200)
        assert.lengthOf(yield* simulator.ledger, 0)
      }))

    it.live("open the surfaces by whatever header their clients send", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({ gateway })
        const refusedFor = (path: string, headers: { readonly [name: string]: string }) =>
          Effect.map(post(url + path, {}, headers), ({ text }) => blockOf(text)["code"])
        assert.strictEqual(yield* refusedFor("/v1/responses", { authorization: "Bearer flex_live_1" }), "missing_model")
        assert.strictEqual(yield* refusedFor("/v1/messages", { "x-api-key": "flex_live_1" }), "missing_model")
        assert.strictEqual(
          yield* refusedFor("/v1beta/interactions", { "x-goog-api-key": "flex_live_1" }),
          "missing_model"
        )
        assert.strictEqual(yield* refusedFor("/v1beta/interactions?key=flex_live_1", {}), "missing_model")
        assert.strictEqual(yield* refusedFor("/v1/responses", { "x-api-key": "flex_live_1" }), "missing_api_key")
      }))

    it.live("open the listings in any place where the clients of a format put them", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({ gateway })
        const places: ReadonlyArray<readonly [query: string, headers: { readonly [name: string]: string }]> = [
          ["", { authorization: "Bearer flex_live_1" }],
          ["", { "x-api-key": "flex_live_1" }],
          ["", { "x-goog-api-key": "flex_live_1" }],
          ["?key=flex_live_1", {}]
        ]
        for (const path of ["/v1/models", "/v1/models/gpt-5.5", "/v1beta/models", "/v1beta/models/gpt-5.5"]) {
          for (const [query, headers] of places) {
            assert.strictEqual((yield* call(url + path + query, { headers })).status, 200, path)
          }
          assert.strictEqual((yield* call(url + path, { headers: { "x-api-key": "flex_live_2" } })).status, 401, path)
        }
      }))

    it.live("stay out of every span", () =>
      Effect.gen(function*() {
        const spans: Array<Tracer.Span> = []
        const tracer = Tracer.make({
          span: (options) => {
            const span = new Tracer.NativeSpan(options)
            spans.push(span)
            return span
          }
        })
        const { url } = yield* Effect.provideService(Running.onSimulator({ gateway }), Tracer.Tracer, tracer)
        yield* post(`${url}/v1beta/interactions?key=flex_live_1`, {}, { "x-goog-api-key": "flex_live_1" })
        yield* post(`${url}/v1/messages`, {}, { "authorization": "Bearer flex_live_1", "x-api-key": "flex_live_1" })
        yield* post(`${url}/v1/responses`, good, { authorization: "Bearer flex_live_1" })
        const attributes = JSON.stringify(spans.map((span) => Array.from(span.attributes)))
        assert.include(attributes, "/v1beta/interactions")
        assert.notInclude(attributes, "flex_live_1")
        assert.notInclude(attributes, "sk-upstream-secret")
      }))

    it.live("go no further than the gateway", () =>
      Effect.gen(function*() {
        const { simulator, url } = yield* Running.onSimulator({ gateway })
        yield* post(`${url}/v1/responses`, good, { authorization: "Bearer flex_live_1" })
        const [entry] = yield* simulator.ledger
        assert.notInclude(JSON.stringify(entry), "flex_live_1")
      }))
  })

  describe("models", () => {
    it.live("are listed with what they can do", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const { object, data } = JSON.parse((yield* call(`${url}/v1/models`)).text)
        assert.strictEqual(object, "list")
        assert.isAbove(data.length, 20)
        assert.deepStrictEqual(new Set(data.map(({ created }: { readonly created: number }) => created)).size, 1)
        const one = JSON.parse((yield* call(`${url}/v1/models/gpt-5.5`)).text)
        assert.deepStrictEqual(one, data.find(({ id }: { readonly id: string }) => id === "gpt-5.5"))
        assert.deepInclude(one, { object: "model", owned_by: "openai" })
        assert.deepStrictEqual(one.flexinference, {
          flex_race: true,
          tiers: ["default", "priority", "auto"],
          providers: ["openai"],
          open_source: false
        })
      }))

    it.live("are listed by every name, with the day on which they retire", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const { data } = JSON.parse((yield* call(`${url}/v1/models`)).text)
        for (const [id, retires] of [["gpt-5.6", undefined], ["gpt-5.6-sol", undefined], ["gpt-5", "2026-12-11"]]) {
          const one = JSON.parse((yield* call(`${url}/v1/models/${id}`)).text)
          assert.deepStrictEqual(one, data.find((entry: { readonly id: string }) => entry.id === id))
          assert.deepInclude(one, { id, object: "model" })
          assert.strictEqual(one.flexinference.retires, retires)
        }
      }))

    it.live("are known by a dated name, which cannot be raced", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        for (const id of ["gpt-5.5-2026-04-23", "claude-haiku-4-5-20251001"]) {
          const one = JSON.parse((yield* call(`${url}/v1/models/${id}`)).text)
          assert.deepInclude(one, { id, object: "model" })
          assert.isFalse(one.flexinference.flex_race)
        }
      }))

    it.live("are listed as Anthropic's clients know them, for those that show what they are", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const client = new Anthropic({ baseURL: url, apiKey: "any" })
        const models = yield* Effect.promise(() => client.models.list())
        const ids = models.data.map(({ id }) => id)
        assert.includeMembers(ids, ["claude-opus-4-8", "gpt-5.5", "gpt-5.6"])
        assert.isFalse(models.hasNextPage())
        const one = yield* Effect.promise(() => client.models.retrieve("claude-haiku-4-5-20251001"))
        assert.deepInclude(one, { id: "claude-haiku-4-5-20251001", type: "model" })
        assert.isFalse(Number.isNaN(Date.parse(one.created_at)))
        const unknown = yield* call(`${url}/v1/models/nonesuch`, { headers: { "anthropic-version": "2023-06-01" } })
        assert.strictEqual(unknown.status, 404)
        assert.deepInclude(JSON.parse(unknown.text), { type: "error" })
      }))

    it.live("are listed as Google's clients know them, where they ask", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        const client = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: url } })
        const pager = yield* Effect.promise(() => client.models.list())
        assert.includeMembers(pager.page.map(({ name }) => name), ["models/gemini-2.5-flash", "models/gpt-5.5"])
        const one = yield* Effect.promise(() => client.models.get({ model: "gemini-2.5-flash" }))
        assert.strictEqual(one.name, "models/gemini-2.5-flash")
      }))

    it.live("are not found by a name that nobody has", () =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({})
        for (const id of ["nonesuch", "%3Cscript%3E", "__proto__"]) {
          const reply = yield* call(`${url}/v1/models/${id}`)
          assert.strictEqual(reply.status, 404, id)
          assert.deepInclude(JSON.parse(reply.text).error, { code: "model_not_found", type: "invalid_request_error" })
        }
      }))
  })

  describe("errors", () => {
    it.live("of a fault say no more than that it is one, and the log says the rest", () => {
      const logged: Array<unknown> = []
      const told = Logger.make<unknown, void>(({ message }) => void logged.push([message].flat()[0]))
      return Effect.gen(function*() {
        const defects = [Effect.die(new Error("sk-secret")), Effect.fail(internal(new Error("sk-secret")))]
        for (const defect of defects) {
          const url = yield* Running.onRouter(() => defect)
          const reply = yield* post(`${url}/v1/messages`, good)
          assert.strictEqual(reply.status, 500)
          assert.strictEqual(blockOf(reply.text)["code"], "internal_error")
          assert.notInclude(reply.text, "sk-secret")
          assert.isNull(reply.headers.get("x-should-retry"))
        }
        assert.deepStrictEqual(logged, defects.map(() => "The gateway met an internal fault."))
      }).pipe(Effect.provide(Logger.layer([told])))
    })

    it.live("say when to come back, in whole seconds", () =>
      Effect.gen(function*() {
        const busy = new FlexInferenceError({
          reason: new CapacityRefused({
            message: "Busy.",
            status: 429,
            type: "rate_limit_error",
            code: null,
            param: null,
            class: "quota",
            origin: "provider",
            provider: "openai",
            providerCode: "resource_unavailable",
            retryable: true,
            retryAfter: Duration.millis(1200)
          })
        })
        const url = yield* Running.onRouter(() => Effect.fail(busy))
        const reply = yield* post(`${url}/v1/responses`, good)
        assert.strictEqual(reply.status, 429)
        assert.strictEqual(reply.headers.get("retry-after"), "2")
        assert.isNull(reply.headers.get("x-should-retry"))
      }))

    it.live("that cannot be mended by repetition say so", () =>
      Effect.gen(function*() {
        const url = yield* Running.onRouter(() => Effect.fail(invalidRequest([problem])))
        const reply = yield* post(`${url}/v1/responses`, good)
        assert.strictEqual(reply.headers.get("x-should-retry"), "false")
      }))

    it.live.each(surfaces)(
      "after the start end the stream of $path in its own failure",
      (surface) =>
        Effect.gen(function*() {
          const { url } = yield* Running.onSimulator({ script: Script.always(Behavior.cut(2)) })
          const { conversation, model, path } = surface
          const reply = yield* post(url + path, { model, start_within: "default", stream: true, ...conversation })
          assert.strictEqual(reply.status, 200)
          const data = reply.text.split("\n").findLast((line) => line.startsWith("data: ")) ?? ""
          const last = JSON.parse(data.slice(6))
          const error = last.error ?? last.response.error
          assert.strictEqual(error.flexinference.code, "upstream_stream_failed")
          assert.isTrue(reply.text.endsWith("\n\n"))
        })
    )
  })

  describe("a client that goes away", () => {
    const event = "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\"}\n\n"

    it.live("before an answer aborts the call upstream", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make(() => {})
        const url = yield* Running.before(upstream.url)
        const client = yield* Effect.forkChild(call(`${url}/v1/responses`, streaming))
        yield* upstream.seen
        yield* Fiber.interrupt(client)
        yield* upstream.aborted
      }))

    it.live("in the middle of a stream aborts the call upstream", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          response.write(event)
        })
        const url = yield* Running.before(upstream.url)
        const controller = new AbortController()
        const response = yield* Effect.promise(() =>
          fetch(`${url}/v1/responses`, { ...streaming, signal: controller.signal })
        )
        assert.strictEqual(response.status, 200)
        controller.abort()
        yield* upstream.aborted
      }))

    it.live("without waiting for its body aborts the call upstream", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make(() => {})
        const url = yield* Running.before(upstream.url)
        const client = yield* Effect.forkChild(post(`${url}/v1/responses`, good))
        yield* upstream.seen
        yield* Fiber.interrupt(client)
        yield* upstream.aborted
      }))

    it.effect("during a race aborts both legs", () =>
      Effect.gen(function*() {
        const { simulator, url } = yield* Running.onSimulator({ script: Script.always(Behavior.stall()) })
        const raced = { ...good, start_within: "00h-00m-30s", stream: true }
        const client = yield* Effect.forkChild(post(`${url}/v1/responses`, raced))
        yield* simulator.until((entries) => entries.length === 1)
        yield* TestClock.adjust("30 seconds")
        yield* simulator.until((entries) => entries.length === 2)
        yield* Fiber.interrupt(client)
        const entries = yield* simulator.until((entries) => entries.every(({ outcome }) => outcome !== "open"))
        assert.deepStrictEqual(entries.map(({ outcome, tier }) => [tier, outcome]), [
          ["flex", "aborted"],
          ["standard", "aborted"]
        ])
      }))

    it.live("leaves no call open upstream, however many go and whenever they do", () =>
      Effect.gen(function*() {
        const { simulator, url } = yield* Running.onSimulator({
          script: Script.always(
            Behavior.answer({ startAfter: "10 millis", pace: "5 millis", text: "word ".repeat(1000) })
          )
        })
        const raced = { ...good, start_within: "00h-00m-30s", stream: true }
        const called = simulator.until((entries) => entries.length > 0)
        yield* Effect.forEach(
          Array.from({ length: 100 }, (_, index) => index),
          (millis) => Effect.raceFirst(post(`${url}/v1/responses`, raced), Effect.delay(called, millis)),
          { concurrency: "unbounded" }
        )
        const entries = yield* simulator.until((entries) => entries.every(({ outcome }) => outcome !== "open"))
        assert.deepStrictEqual(new Set(entries.map(({ outcome }) => outcome)), new Set(["aborted"]))
      }))

    it.live("and reads no further holds the provider back instead of filling the memory", () =>
      Effect.gen(function*() {
        const delta = `data: ${JSON.stringify({ type: "response.output_text.delta", delta: "x".repeat(60_000) })}\n\n`
        const written = { bytes: 0 }
        const total = 600 * delta.length
        const upstream = yield* Upstream.make(async (_, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          while (written.bytes < total && !response.destroyed) {
            const more = response.write(delta)
            written.bytes += delta.length
            if (!more) await once(response, "drain")
          }
        })
        const url = new URL(yield* Running.before(upstream.url))
        const socket = connect(Number(url.port), url.hostname)
        socket.pause()
        socket.write(
          `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${streaming.body.length}\r\n\r\n${streaming.body}`
        )
        yield* upstream.seen
        assert.isBelow(yield* still(() => written.bytes), total)
        socket.destroy()
        yield* upstream.aborted
      }))
  })

  describe("bytes", () => {
    it.live("of a native request reach the provider as they were sent, but for the router's own fields", () =>
      Effect.gen(function*() {
        let received = ""
        const upstream = yield* Upstream.make((_, response, body) => {
          received = body
          response.writeHead(200, { "content-type": "application/json" }).end(
            "{\"id\":\"resp_1\",\"object\":\"response\"}"
          )
        })
        const url = yield* Running.before(upstream.url)
        const body =
          `{ "model":"gpt-5.5",  "seed": 12345678901234567890, "temperature": 1.0, "start_within":"default",\n` +
          ` "input":"H\\u00e4 \\ud83d\\ude00", "metadata": {"__proto__": 1e2, "start_within": "kept"} }`
        assert.strictEqual((yield* post(`${url}/v1/responses`, body)).status, 200)
        for (
          const kept of [
            `"seed": 12345678901234567890`,
            `"temperature": 1.0`,
            `"input":"H\\u00e4 \\ud83d\\ude00"`,
            `"metadata": {"__proto__": 1e2, "start_within": "kept"}`
          ]
        ) {
          assert.include(received, kept)
        }
        assert.strictEqual(JSON.parse(received).start_within, undefined)
        assert.strictEqual(JSON.parse(received).service_tier, "default")
      }))

    /** What each format's provider sends, in ways that no writer of ours has. */
    const wires: { readonly [name: string]: ReadonlyArray<string> } = {
      responses: [
        `{"type":"response.created","response":{"id":"resp_1","n":1.0,"big":12345678901234567890}}`,
        `{"type":"response.output_item.added", "output_index":0,"x":"\\u00e4\\u2028ä"}`,
        `{"type":"response.unheard_of","obfuscation":"aB3"}`,
        `{"type":"response.completed","response":{"id":"resp_1","usage":{"input_tokens":1,"output_tokens":1.0}}}`
      ],
      completions: [
        `{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"n":1.0}]}`,
        `{"id":"c", "choices":[{"index":0,"delta":{"content":"\\u00e4ä"}}],"obfuscation":"aB3"}`,
        `{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"big":12345678901234567890}`,
        `{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1.0}}`,
        "[DONE]"
      ],
      interactions: [
        `{"event_type":"interaction.created","interaction":{"id":"i","n":1.0,"big":12345678901234567890}}`,
        `{"event_type":"step.start", "index":0,"step":{"type":"model_output"},"x":"\\u00e4ä"}`,
        `{"event_type":"step.unheard_of","event_id":"aB3"}`,
        `{"event_type":"interaction.completed","interaction":{"status":"completed","usage":{"total_tokens":1.0}}}`,
        "[DONE]"
      ],
      messages: [
        `{"type":"message_start","message":{"id":"msg_1","n":1.0,"big":12345678901234567890}}`,
        `{"type":"ping"}`,
        `{"type":"content_block_start", "index":0,"content_block":{"type":"text","text":"\\u00e4ä"}}`,
        `{"type":"unheard_of","obfuscation":"aB3"}`,
        `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1.0}}`,
        `{"type":"message_stop"}`
      ]
    }

    const nameOf = (data: string): string =>
      data === "[DONE]" ? "done" : JSON.parse(data).type ?? JSON.parse(data).event_type ?? "message"

    /** How a server may end its lines. */
    const manners = [
      ["LF", "\n"],
      ["CRLF", "\r\n"],
      ["CR", "\r"]
    ] as const

    const cells = surfaces.flatMap((surface) =>
      manners.map(([manner, eol]) => {
        const events = wires[surface.path.split("/").at(-1) ?? ""] ?? []
        const sent = events.map((data, index) =>
          `: a comment${eol}${eol}event: ${
            nameOf(data)
          }${eol}id: ${index}${eol}retry: 10${eol}data: ${data}${eol}${eol}`
        )
        return { surface, path: surface.path, manner, sent }
      })
    )

    it.live.each(cells)(
      "of a native stream on $path reach the client as they were sent, comments, ids and all: lines end in $manner",
      ({ path, sent, surface: { conversation, model } }) =>
        Effect.gen(function*() {
          assert.isAbove(sent.length, 3)
          const upstream = yield* Upstream.make((_, response) => {
            response.writeHead(200, { "content-type": "text/event-stream" })
            const bytes = Buffer.from(sent.join(""))
            // Cut anywhere: inside frames, line ends and characters.
            for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7))
            response.end()
          })
          const url = yield* Running.before(upstream.url)
          // Claude has no flex tier to race.
          for (const start_within of model.startsWith("claude") ? ["default"] : ["default", "00h-00m-30s"]) {
            const { text } = yield* post(url + path, { model, start_within, stream: true, ...conversation })
            assert.strictEqual(text, sent.join(""))
          }
        })
    )
  })

  describe("closing", () => {
    it.live("lets a stream come to its end and takes no new requests", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        let more = (): void => {}
        const upstream = yield* Upstream.make((_, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          response.write("data: {\"type\":\"response.output_item.added\"}\n\n")
          more = () => response.end("data: {\"type\":\"response.completed\",\"response\":{}}\n\n")
        })
        // A drain that outlasts the test: it is the stream's end that ends it.
        const url = yield* Scope.provide(Running.before(upstream.url, { drain: "1 hour" }), scope)
        const response = yield* Effect.promise(() => fetch(`${url}/v1/responses`, streaming))
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        const { hostname, port } = new URL(url)
        const refused = Effect.callback<boolean>((resume) => {
          const socket = connect(Number(port), hostname)
          socket.on("connect", () => {
            socket.destroy()
            resume(Effect.succeed(false))
          })
          socket.on("error", () => resume(Effect.succeed(true)))
        })
        yield* Effect.repeat(refused, { until: (refused) => refused })
        more()
        assert.include(yield* Effect.promise(() => response.text()), "response.completed")
        yield* Fiber.join(closing)
      }))

    it.live("cuts what has not ended in time, and its calls upstream", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const upstream = yield* Upstream.make(() => {})
        const url = yield* Scope.provide(Running.before(upstream.url, { drain: "50 millis" }), scope)
        const client = yield* Effect.forkChild(Effect.exit(post(`${url}/v1/responses`, good)))
        yield* upstream.seen
        yield* Scope.close(scope, Exit.void)
        yield* upstream.aborted
        yield* Fiber.interrupt(client)
      }))
  })
})
