import { assert, describe, it } from "@effect/vitest"
import { Duration, Result, Schema } from "effect"
import { Prompt, Response, Tool } from "effect/ai"
import { FlexTool } from "../../src/ai/index.ts"
import * as RequestTools from "../../src/ai/RequestTools.ts"
import * as ResponseParts from "../../src/ai/ResponseParts.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Reader from "../../src/dialect/responses/Reader.ts"
import type { Routing } from "../../src/Routing.ts"
import type { Json, JsonObject } from "../../src/wire/Json.ts"
import { oddStream } from "../dialect/responses/oddities.ts"
import { collect } from "../support/streams.ts"
import { GetWeather } from "./support.ts"

const routing: Routing = {
  model: "gpt-5.5",
  provider: "openai",
  requestedProvider: "openai",
  tier: "flex",
  tierInferred: false,
  reason: "flex_won",
  fallbackAttempts: 0,
  retries: 0,
  dropped: [],
  mode: "byok",
  window: Duration.seconds(30),
  startedAfter: Duration.seconds(4),
  legs: [],
  usage: undefined,
  costMicroUsd: 120,
  savingMicroUsd: 120,
  simulated: false
}

const asked: ResponseParts.Asked = {
  tools: [GetWeather],
  transformer: RequestTools.codecTransformer("gpt-5.5", undefined)
}

const response = (output: ReadonlyArray<Json>, more: JsonObject = {}): JsonObject => ({
  id: "resp_1",
  model: "gpt-5.5-2026-04-23",
  created_at: 1_700_000_000,
  status: "completed",
  output,
  ...more
})

const message = (...content: ReadonlyArray<Json>) => ({ type: "message", id: "msg_1", role: "assistant", content })
const call = (text: string, name = "GetWeather") => ({
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name,
  arguments: text
})

/** The parts of a whole answer, and its end. */
const whole = (body: JsonObject, more: Partial<ResponseParts.Asked> = {}) => {
  const reader = ResponseParts.make(ResponseParts.whole, { ...asked, ...more }, routing)
  return { parts: Reader.make().finish(body).flatMap(reader.read), end: reader.finish(routing) }
}

const types = (parts: ReadonlyArray<{ readonly type: string }>) => parts.map(({ type }) => type)

describe("an answer's parts", () => {
  it("begin with the answer's id, model, time and route", () => {
    assert.deepInclude(whole(response([])).parts[0], {
      type: "response-metadata",
      id: "resp_1",
      modelId: "gpt-5.5-2026-04-23",
      timestamp: "2023-11-14T22:13:20.000Z"
    })
  })

  it("end with the reason, the tokens and what it cost", () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 20 },
      total_tokens: 150
    }
    const { end } = whole(response([message({ type: "output_text", text: "Hi" })], { usage }))
    assert.deepStrictEqual(Result.getOrThrow(end), {
      type: "finish",
      reason: "stop",
      usage: {
        inputTokens: { total: 100, uncached: 30, cacheRead: 60, cacheWrite: 10 },
        outputTokens: { total: 50, text: 30, reasoning: 20 }
      },
      metadata: {
        flexinference: {
          provider: "openai",
          requestedProvider: "openai",
          tier: "flex",
          tierInferred: false,
          reason: "flex_won",
          windowMs: 30_000,
          startedAfterMs: 4000,
          fallbackAttempts: 0,
          retries: 0,
          dropped: [],
          simulated: false,
          costMicroUsd: 120,
          savingMicroUsd: 120
        }
      }
    })
  })

  it("claim no tokens that nobody counted", () => {
    assert.deepStrictEqual(Result.getOrThrow(whole(response([])).end).usage, { inputTokens: {}, outputTokens: {} })
  })

  const endings: ReadonlyArray<readonly [string, JsonObject, string]> = [
    ["the limit", { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    ["the filter", { status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content-filter"],
    ["another cause", { status: "incomplete", incomplete_details: { reason: "steered" } }, "other"]
  ]
  it.each(endings)("tell that %s cut them off", (_name, more, reason) => {
    assert.strictEqual(Result.getOrThrow(whole(response([], more)).end).reason, reason)
  })

  it.each(["queued", "in_progress", "failed", "cancelled"])("are no answer where its status is %s", (status) => {
    const { end } = whole(response([message({ type: "output_text", text: "Hi" })], { status }))
    assert.deepInclude(Result.isFailure(end) ? end.failure : {}, { _tag: "Failed" })
  })

  it("have a refusal in an empty text, which ends as filtered", () => {
    const { end, parts } = whole(response([message({ type: "refusal", refusal: "I cannot." })]))
    assert.deepStrictEqual(parts.slice(1), [
      { type: "text", text: "", metadata: { flexinference: { refusal: "I cannot." } } }
    ])
    assert.strictEqual(Result.getOrThrow(end).reason, "content-filter")
  })

  it("have sources for what is cited, but for addresses that are none", () => {
    const cite = (url: string) => ({ type: "url_citation", url, title: "A", start_index: 0, end_index: 1 })
    const file = { type: "file_citation", file_id: "file-1", filename: "a.pdf", index: 0 }
    const annotations = [cite("https://a.test/"), cite("not an address"), file]
    const { parts } = whole(response([message({ type: "output_text", text: "Hi", annotations })]))
    assert.deepStrictEqual(types(parts), ["response-metadata", "text", "source", "source"])
    assert.deepInclude(parts[1], { metadata: { flexinference: { annotations } } })
    assert.deepInclude(parts[2], { sourceType: "url", url: "https://a.test/", title: "A" })
    assert.deepInclude(parts[3], { sourceType: "document", title: "a.pdf", fileName: "a.pdf" })
  })

  it("have the pictures that the provider made", () => {
    const image = {
      type: "image_generation_call",
      id: "ig_1",
      status: "completed",
      result: "AQID",
      output_format: "webp"
    }
    assert.deepStrictEqual(whole(response([image])).parts.slice(1), [
      { type: "file", mediaType: "image/webp", data: "AQID" }
    ])
  })

  it("keep a thought that says nothing for its opaque value, and the phase of a text", () => {
    const { parts } = whole(response([
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "cipher" },
      { ...message({ type: "output_text", text: "Hi" }), phase: "final_answer" }
    ]))
    assert.deepStrictEqual(parts.slice(1), [
      { type: "reasoning", text: "", metadata: { flexinference: { itemId: "rs_1", encryptedContent: "cipher" } } },
      { type: "text", text: "Hi", metadata: { flexinference: { phase: "final_answer" } } }
    ])
  })
})

describe("an answer that streams", () => {
  const wholly = Schema.decodeUnknownSync(Schema.Array(Response.Part()))
  const piecemeal = Schema.decodeUnknownSync(Schema.Array(Response.StreamPart()))

  it("says what it says as a whole, however oddly 1,500 streams tell theirs", () => {
    const deferred = { ...asked, toolCallValidation: "deferred" } as const
    for (let seed = 0; seed < 1500; seed++) {
      const events = oddStream(seed)
      const body = collect(dialects.responses, events) ?? assert.fail()
      const reader = ResponseParts.make(ResponseParts.streamed, deferred, routing)
      const { push } = Reader.make()
      const streamed = events.flatMap((event) => push(event).flatMap(reader.read))
      const { end, parts } = whole(body, deferred)
      const conversation = (parts: ReadonlyArray<Response.AnyPart>) => Prompt.fromResponseParts(parts).content
      assert.deepStrictEqual(conversation(piecemeal(streamed)), conversation(wholly(parts)), `seed ${seed}`)
      assert.deepStrictEqual(reader.finish(routing), end, `seed ${seed}`)
    }
  })
})

describe("the provider's own search", () => {
  const item = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } }
  const tools = [FlexTool.WebSearch({})]
  const searched = (provider: string, more: Partial<ResponseParts.Asked>) => {
    const reader = ResponseParts.make(ResponseParts.whole, { ...asked, ...more }, { ...routing, provider })
    return Reader.make().finish(response([item])).flatMap(reader.read).slice(1)
  }

  it("is a call with its result, and keeps its item where the provider wants it back", () => {
    const common = { id: "ws_1", name: "FlexWebSearch", providerExecuted: true }
    const call = { ...common, type: "tool-call", params: { action: item.action } }
    const result = {
      ...common,
      type: "tool-result",
      isFailure: false,
      result: { action: item.action, status: "completed" }
    }
    assert.deepStrictEqual<ReadonlyArray<object>>(searched("openai", { tools }), [
      { ...call, metadata: { flexinference: { item } } },
      result
    ])
    assert.deepStrictEqual<ReadonlyArray<object>>(searched("google", { tools }), [call, result])
  })

  it("is not told where the program has no tool for it", () => {
    assert.deepStrictEqual(searched("openai", {}), [])
  })
})

describe("a call", () => {
  const params = (text: string, more: Partial<ResponseParts.Asked> = {}, name?: string) => {
    const { parts } = whole(response([call(text, name)]), more)
    return parts.flatMap((part) => part.type === "tool-call" ? [part.params] : [])
  }

  it("has what is optional left out where the provider had to be shown a null", () => {
    assert.deepStrictEqual(params("{\"city\":\"Bern\",\"unit\":null}"), [{ city: "Bern" }])
  })

  it("leaves what does not fit to the toolkit, and an empty text is no parameters", () => {
    assert.deepStrictEqual(params("{\"town\":\"Bern\"}"), [{ town: "Bern" }])
    assert.deepStrictEqual(params(""), [{}])
  })

  it("to a tool that was not offered is an error, unless its validation is deferred", () => {
    const { end } = whole(response([call("{}", "Unknown")]))
    assert.deepInclude(Result.isFailure(end) && end.failure._tag === "Unusable" ? end.failure.reason : {}, {
      _tag: "ToolNotFoundError",
      toolName: "Unknown",
      availableTools: ["GetWeather"]
    })
    assert.deepStrictEqual(params("{\"a\":null}", { toolCallValidation: "deferred" }, "Unknown"), [{ a: null }])
    assert.deepStrictEqual(params("{\"a\":", { toolCallValidation: "deferred" }, "Unknown"), ["{\"a\":"])
  })

  it("with parameters that are no JSON is an error, and no call at all where the answer was cut off within it", () => {
    const { end } = whole(response([call("{\"city\":")]))
    assert.deepInclude(Result.isFailure(end) && end.failure._tag === "Unusable" ? end.failure.reason : {}, {
      _tag: "ToolParameterValidationError",
      toolName: "GetWeather"
    })
    const cut = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }
    const truncated = whole(response([call("{\"city\":")], cut))
    assert.strictEqual(Result.getOrThrow(truncated.end).reason, "length")
    assert.deepStrictEqual(types(truncated.parts), ["response-metadata"])
  })

  it("of a tool that was given as a JSON schema has the parameters that the model wrote", () => {
    const dynamic = Tool.dynamic("Lookup", { parameters: { type: "object", properties: {} } })
    assert.deepStrictEqual(params("{\"a\":null}", { tools: [dynamic] }, "Lookup"), [{ a: null }])
  })

  it("is told in pieces where it streams", () => {
    const reader = ResponseParts.make(ResponseParts.streamed, asked, routing)
    const { push } = Reader.make()
    const added = { ...call(""), status: "in_progress" }
    const events: ReadonlyArray<JsonObject> = [
      { type: "response.created", response: response([], { status: "in_progress" }) },
      { type: "response.output_item.added", output_index: 0, item: added },
      { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: "{\"city\":" },
      { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: "\"Bern\"}" },
      { type: "response.output_item.done", output_index: 0, item: call("{\"city\":\"Bern\"}") },
      { type: "response.completed", response: response([call("{\"city\":\"Bern\"}")]) }
    ]
    assert.deepStrictEqual(events.flatMap((event) => push(event).flatMap(reader.read)).slice(1), [
      { type: "tool-params-start", id: "call_1", name: "GetWeather" },
      { type: "tool-params-delta", id: "call_1", delta: "{\"city\":" },
      { type: "tool-params-delta", id: "call_1", delta: "\"Bern\"}" },
      { type: "tool-params-end", id: "call_1" },
      { type: "tool-call", id: "call_1", name: "GetWeather", params: { city: "Bern" } }
    ])
    assert.strictEqual(Result.getOrThrow(reader.finish(routing)).reason, "tool-calls")
  })
})
