import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import type { BuiltInName } from "../../src/dialect/index.ts"
import * as Provider from "../../src/Provider.ts"
import * as Router from "../../src/Router.ts"
import type * as Transport from "../../src/Transport.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as OneAnswer from "../support/transport.ts"

const apiKey = Redacted.make("sk-test")

const router = (seen: Array<Transport.Request>, wire: OneAnswer.Wire = {}) =>
  Router.layerTransport({
    openai: { apiKey },
    google: { apiKey },
    anthropic: { apiKey },
    providers: [
      Provider.connect(Provider.make({ name: "acme", baseUrl: "https://acme.test/v1", models: ["acme-"] }), { apiKey })
    ]
  }).pipe(Layer.provide(OneAnswer.layer(seen, wire, "{}")))

const count = (
  surface: BuiltInName,
  request: string | JsonObject,
  options?: Parameters<Router.Router["Service"]["count"]>[2]
) => Effect.flatMap(Router.Router, (router) => router.count(surface, request, options))

const openai = "https://api.openai.com/v1/responses/input_tokens"
const anthropic = "https://api.anthropic.com/v1/messages/count_tokens"
const google = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:countTokens"

describe("Counting", () => {
  describe("in the provider's own format", () => {
    it.effect.each<readonly [BuiltInName, string, string, string, string | undefined]>([
      ["responses", "gpt-5.5", openai, `{"object":"response.input_tokens","input_tokens": 12 }`, undefined],
      ["messages", "claude-opus-4-8", anthropic, `{ "input_tokens": 12,"new":1.0}`, undefined],
      ["interactions", "gemini-2.5-flash", google, `{"totalTokens":12,"promptTokensDetails":[]}`, "gemini-2.5-flash"]
    ])("sends a request on %s for %s as it came and answers what it said", ([surface, model, url, body, inPath]) => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const member = inPath === undefined ? `"model":"${model}", ` : ""
        const sent = `{${member}"unheard_of": 1.0, "contents": [{"parts":[{"text":"Hi"}]}], "big":12345678901234567890}`
        const counted = yield* count(surface, sent, {
          model: inPath,
          caller: { headers: { "anthropic-beta": "b", "openai-beta": "b", "x-goog-api-client": "b", cookie: "b" } }
        })
        assert.strictEqual(counted.text, body)
        assert.deepStrictEqual(counted.headers, { "x-request-id": "req_1" })
        assert.deepStrictEqual(seen.map(({ body, url }) => [url, body]), [[url, sent]])
        assert.lengthOf(Object.values(seen[0]?.headers ?? {}).filter((value) => value === "b"), 1)
      }).pipe(Effect.provide(router(seen, { body, headers: { "x-request-id": "req_1", server: "x" } })))
    })

    it.effect("keeps the router's own fields to itself, and asks for no conversation", () => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        yield* count("responses", `{"model":"gpt-5.5","start_within":"00h-00m-30s","previous_response_id":"resp_1"}`)
        assert.strictEqual(seen[0]?.body, `{"model":"gpt-5.5","previous_response_id":"resp_1"}`)
      }).pipe(Effect.provide(router(seen)))
    })
  })

  describe("in another format", () => {
    const tool = { name: "f", description: "d", input_schema: { type: "object", properties: {} } }
    const messages = {
      system: "Be brief.",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Hi" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }
          ]
        },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "done" }] }
      ],
      tools: [tool]
    }

    it.effect("asks OpenAI no more than a count takes", () => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const counted = yield* count("messages", { model: "gpt-5.5", ...messages })
        assert.deepStrictEqual(counted, {
          text: `{"input_tokens":12}`,
          value: { input_tokens: 12 },
          headers: undefined
        })
        assert.strictEqual(seen[0]?.url, openai)
        const body = JSON.parse(seen[0]?.body ?? "{}")
        assert.sameMembers(Object.keys(body), ["model", "instructions", "input", "tools"])
        assert.strictEqual(body.input[1].arguments, `{"a":1}`)
      }).pipe(Effect.provide(router(seen, { body: `{"input_tokens":12}`, headers: { "x-request-id": "req_1" } })))
    })

    it.effect("asks Claude no more than a count takes", () => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const counted = yield* count("responses", {
          model: "claude-opus-4-8",
          input: "Hi",
          instructions: "Be brief.",
          max_output_tokens: 100
        })
        assert.deepStrictEqual(counted.value, { object: "response.input_tokens", input_tokens: 12 })
        assert.strictEqual(seen[0]?.url, anthropic)
        const body = JSON.parse(seen[0]?.body ?? "{}")
        assert.notProperty(body, "max_tokens")
        assert.notProperty(body, "stream")
        assert.includeMembers(Object.keys(body), ["model", "messages", "system"])
      }).pipe(Effect.provide(router(seen, { body: `{"input_tokens":12}` })))
    })

    it.effect("asks Gemini in the form that its count knows", () => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const counted = yield* count("messages", { model: "gemini-2.5-flash", ...messages })
        assert.deepStrictEqual(counted.value, { input_tokens: 12 })
        assert.strictEqual(seen[0]?.url, google)
        assert.deepStrictEqual(JSON.parse(seen[0]?.body ?? "{}"), {
          generateContentRequest: {
            model: "models/gemini-2.5-flash",
            systemInstruction: { parts: [{ text: "Be brief." }] },
            contents: [
              { role: "user", parts: [{ text: "Hi" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] },
              { role: "model", parts: [{ functionCall: { name: "f", args: { a: 1 } } }] },
              { role: "user", parts: [{ functionResponse: { name: "f", response: { result: "done" } } }] }
            ],
            tools: [{
              functionDeclarations: [{ name: "f", description: "d", parametersJsonSchema: tool.input_schema }]
            }]
          }
        })
      }).pipe(Effect.provide(router(seen, { body: `{"totalTokens":12}` })))
    })

    it.effect.each<readonly [BuiltInName, string, string | undefined]>([
      ["messages", "acme-1", undefined],
      ["interactions", "gpt-5.5", "gpt-5.5"],
      ["chat.completions", "gpt-5.5", undefined]
    ])("refuses on %s what cannot be said for %s", ([surface, model, inPath]) => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const error = yield* Effect.flip(count(surface, { model, messages: [] }, { model: inPath }))
        assert.deepInclude({ code: error.code, status: error.status }, { code: "count_unsupported", status: 400 })
        assert.lengthOf(seen, 0)
      }).pipe(Effect.provide(router(seen)))
    })
  })

  describe("fails", () => {
    it.effect.each<readonly [string, string, string]>([
      ["nonsense", "{", "invalid_body"],
      ["no model", "{\"messages\":[]}", "missing_model"],
      ["a model that nobody serves", "{\"model\":\"nonesuch\",\"messages\":[]}", "unroutable_model"],
      ["a conversation that is none", "{\"model\":\"claude-opus-4-8\",\"messages\":5}", "invalid_messages"]
    ])("at %s before anybody is asked", ([, body, code]) => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const error = yield* Effect.flip(count("messages", body))
        assert.strictEqual(error.code, code)
        assert.lengthOf(seen, 0)
      }).pipe(Effect.provide(router(seen)))
    })

    it.effect("as the provider does", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(count("messages", { model: "claude-opus-4-8", messages: [] }))
        assert.strictEqual(error.status, 404)
        assert.deepStrictEqual(error.headers, { "request-id": "req_1" })
      }).pipe(Effect.provide(router([], { status: 404, headers: { "request-id": "req_1" } }))))

    it.effect("where a translated count holds no number", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          count("messages", { model: "openai/gpt-5.5", messages: [{ role: "user", content: "Hi" }] })
        )
        assert.strictEqual(error.status, 502)
        assert.include(error.message, "count")
      }).pipe(Effect.provide(router([]))))
  })
})
