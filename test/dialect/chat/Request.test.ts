import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { Translated } from "../../../src/Dialect.ts"
import * as Request from "../../../src/dialect/chat/Rules.ts"
import * as ForeignSignature from "../../../src/dialect/ForeignSignature.ts"
import { isObject, type JsonObject } from "../../../src/wire/Json.ts"
import { absent, recordings } from "../../support/fixtures.ts"

const hub = (request: JsonObject): JsonObject => Result.getOrThrow(Request.requestToResponses(request))
const user = { role: "user", content: "Hi" }
const messages = [user]

const refusedField = (result: Translated<JsonObject>): string | undefined =>
  Result.isFailure(result) ? result.failure.field : undefined

// Requests in the one form a round trip gives back: every default said, nothing that means nothing.

const Text = Schema.NonEmptyString
const Fn = Schema.Struct({ name: Text, arguments: Schema.String })
const Call = Schema.Struct({
  id: Text,
  type: Schema.Literal("function"),
  function: Fn,
  extra_content: Schema.optionalKey(Schema.Struct({ google: Schema.Struct({ thought_signature: Text }) }))
})
const UserPart = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("image_url"),
    image_url: Schema.Struct({ url: Text, detail: Schema.optionalKey(Schema.Literals(["auto", "low", "high"])) })
  }),
  Schema.Struct({
    type: Schema.Literal("file"),
    file: Schema.Struct({ file_data: Text, filename: Schema.optionalKey(Text) })
  })
])
const Turn = Schema.Struct({
  asked: Schema.Struct({
    role: Schema.Literals(["user", "system", "developer"]),
    content: Schema.Union([Schema.String, Schema.Array(UserPart)])
  }),
  thought: Schema.Array(Schema.Struct({ summary: Schema.Array(Text), encrypted: Schema.optionalKey(Text) })),
  answered: Schema.NullOr(Text),
  called: Schema.Array(Call),
  result: Schema.Union([
    Schema.String,
    Schema.Array(Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }))
  ])
})

const Options = Schema.Struct({
  model: Text,
  store: Schema.Boolean,
  temperature: Schema.optionalKey(Schema.Finite),
  top_p: Schema.optionalKey(Schema.Finite),
  max_completion_tokens: Schema.optionalKey(Schema.Int),
  seed: Schema.optionalKey(Schema.Int),
  stop: Schema.optionalKey(Schema.NonEmptyArray(Text)),
  reasoning_effort: Schema.optionalKey(Schema.Literals(["none", "low", "high"])),
  verbosity: Schema.optionalKey(Schema.Literals(["low", "high"])),
  parallel_tool_calls: Schema.optionalKey(Schema.Boolean),
  metadata: Schema.optionalKey(Schema.Struct({ key: Schema.String })),
  service_tier: Schema.optionalKey(Schema.Literals(["auto", "flex"])),
  user: Schema.optionalKey(Text),
  safety_identifier: Schema.optionalKey(Text),
  prompt_cache_key: Schema.optionalKey(Text),
  response_format: Schema.optionalKey(Schema.Union([
    Schema.Struct({ type: Schema.Literals(["text", "json_object"]) }),
    Schema.Struct({
      type: Schema.Literal("json_schema"),
      json_schema: Schema.Struct({
        name: Text,
        description: Schema.optionalKey(Text),
        schema: Schema.Struct({
          type: Schema.Literal("object"),
          properties: Schema.Struct({}),
          required: Schema.Tuple([]),
          additionalProperties: Schema.Literal(false)
        }),
        strict: Schema.Boolean
      })
    })
  ])),
  tools: Schema.optionalKey(Schema.NonEmptyArray(Schema.Struct({
    type: Schema.Literal("function"),
    function: Schema.Struct({
      name: Text,
      description: Schema.optionalKey(Text),
      parameters: Schema.Struct({
        type: Schema.Literal("object"),
        properties: Schema.Struct({}),
        required: Schema.Array(Text),
        additionalProperties: Schema.Literal(false)
      }),
      strict: Schema.Boolean
    })
  }))),
  tool_choice: Schema.optionalKey(Schema.Union([
    Schema.Literals(["none", "auto", "required"]),
    Schema.Struct({ type: Schema.Literal("function"), function: Schema.Struct({ name: Text }) }),
    Schema.Struct({
      type: Schema.Literal("allowed_tools"),
      allowed_tools: Schema.Struct({
        mode: Schema.Literals(["auto", "required"]),
        tools: Schema.Array(
          Schema.Struct({ type: Schema.Literal("function"), function: Schema.Struct({ name: Text }) })
        )
      })
    })
  ])),
  web_search_options: Schema.optionalKey(Schema.Struct({
    search_context_size: Schema.optionalKey(Schema.Literals(["low", "high"])),
    user_location: Schema.optionalKey(Schema.Struct({
      type: Schema.Literal("approximate"),
      approximate: Schema.Struct({ city: Schema.optionalKey(Text), country: Schema.optionalKey(Text) })
    }))
  }))
})

type Turn = typeof Turn.Type

const reasoningDetails = (thoughts: Turn["thought"], turn: number): ReadonlyArray<JsonObject> => {
  let index = 0
  return thoughts.flatMap(({ encrypted, summary }, item): ReadonlyArray<JsonObject> => {
    const id = `rs_${turn}_${item}`
    const details: Array<JsonObject> = []
    for (const text of summary) details.push({ type: "reasoning.summary", summary: text, id, index: index++ })
    if (encrypted !== undefined) {
      const data = ForeignSignature.encode({ provider: "openai", id, value: encrypted }, undefined)
      details.push({ type: "reasoning.encrypted", data, id, index: index++ })
    }
    return details
  })
}

const conversation = (turns: ReadonlyArray<Turn>): ReadonlyArray<JsonObject> =>
  turns.flatMap(({ answered, asked, called, result, thought }, turn) => {
    const details = reasoningDetails(thought, turn)
    const says = answered !== null || called.length > 0 || details.length > 0
    const assistant: JsonObject = {
      role: "assistant",
      content: answered,
      ...(called.length === 0 ? {} : { tool_calls: called }),
      ...(details.length === 0 ? {} : { reasoning_details: details })
    }
    return [
      asked,
      ...(says ? [assistant] : []),
      ...called.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result }))
    ]
  })

describe("the Chat Completions request translation", () => {
  it.prop(
    "gives back through Responses every request of the common subset",
    { options: Options, turns: Schema.Array(Turn) },
    ({ options, turns }) => {
      const request: JsonObject = { ...options, messages: conversation(turns) }
      assert.deepStrictEqual(Result.getOrThrow(Request.requestFromResponses(hub(request))), request)
    }
  )

  it("says what Responses would by default decide otherwise: storing and strictness", () => {
    assert.strictEqual(hub({ messages }).store, false)
    assert.deepStrictEqual(hub({ messages, tools: [{ type: "function", function: { name: "f" } }] }).tools, [
      { type: "function", name: "f", parameters: { type: "object", properties: {} }, strict: false }
    ])
    const back = Request.requestFromResponses({
      input: "Hi",
      tools: [{ type: "function", name: "f", parameters: null }]
    })
    const parameters = { type: "object", properties: {}, required: [], additionalProperties: false }
    assert.deepStrictEqual(Result.getOrThrow(back).tools, [
      { type: "function", function: { name: "f", parameters, strict: true } }
    ])
  })

  it.each<[string, JsonObject, JsonObject]>([
    ["max_tokens", { max_tokens: 5 }, { max_output_tokens: 5 }],
    ["both limits", { max_tokens: 5, max_completion_tokens: 6 }, { max_output_tokens: 6 }],
    ["one stop word", { stop: "END" }, { stop: ["END"] }],
    ["several stop words", { stop: ["A", "B"] }, { stop: ["A", "B"] }],
    ["a seed", { seed: 7 }, { seed: 7 }],
    ["log probabilities", { logprobs: true, top_logprobs: 2 }, {
      include: ["message.output_text.logprobs"],
      top_logprobs: 2
    }],
    ["web search", { web_search_options: { user_location: { type: "approximate", approximate: { city: "B" } } } }, {
      tools: [{ type: "web_search", user_location: { type: "approximate", city: "B" } }]
    }],
    ["a wish for usage", { stream: true, stream_options: { include_usage: true } }, {
      stream: true,
      stream_options: { include_usage: true }
    }],
    ["what asks for nothing", {
      n: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      logit_bias: {},
      modalities: ["text"],
      functions: [],
      logprobs: false,
      stop: []
    }, {}],
    ["nulls", { n: null, audio: null, stop: null, seed: null, logit_bias: null, temperature: null, tools: null }, {}],
    ["what it does not know", { novel: true, prediction: { type: "content" } }, {}]
  ])("carries %s", (_, asked, expected) => {
    const { input: _input, store: _store, ...rest } = hub({ messages, ...asked })
    assert.deepStrictEqual(rest, expected)
  })

  it.each<[string, JsonObject]>([
    ["n", { n: 2 }],
    ["presence_penalty", { presence_penalty: 0.5 }],
    ["frequency_penalty", { frequency_penalty: -1 }],
    ["logit_bias", { logit_bias: { "50256": -100 } }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["audio", { audio: { voice: "alloy" } }],
    ["functions", { functions: [{ name: "f" }] }],
    ["function_call", { function_call: "auto" }],
    ["tools[1].type", { tools: [{ type: "function", function: { name: "f" } }, { type: "custom", custom: {} }] }],
    ["tool_choice", { tool_choice: { type: "custom", custom: { name: "c" } } }],
    ["messages[0].content[1].type", {
      messages: [{ role: "user", content: [{ type: "text", text: "" }, { type: "input_video" }] }]
    }],
    ["messages[1].role", { messages: [user, { role: "function", content: "x" }] }],
    ["messages[0].audio", { messages: [{ role: "assistant", audio: { id: "a" } }] }],
    ["messages[0].function_call", { messages: [{ role: "assistant", function_call: { name: "f" } }] }],
    ["messages[0].tool_calls[0].type", { messages: [{ role: "assistant", tool_calls: [{ type: "custom" }] }] }]
  ])("refuses %s, by name, where dropping it would change the answer", (field, asked) => {
    assert.strictEqual(refusedField(Request.requestToResponses({ messages, ...asked })), field)
  })

  it.each<[string, JsonObject]>([
    ["previous_response_id", { previous_response_id: "resp_1" }],
    ["conversation", { conversation: "conv_1" }],
    ["background", { background: true }],
    ["tools[0].type", { tools: [{ type: "file_search" }] }],
    ["tools[0].filters", { tools: [{ type: "web_search", filters: { allowed_domains: ["a.b"] } }] }],
    ["tool_choice", { tool_choice: { type: "web_search" } }],
    ["input[0].type", { input: [{ type: "item_reference", id: "x" }] }],
    ["input[0].content[0].file_id", { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] }],
    ["input[0].content[0].file_url", { input: [{ role: "user", content: [{ type: "input_file", file_url: "u" }] }] }],
    ["input[0].output[0]", {
      input: [{ type: "function_call_output", call_id: "c", output: [{ type: "input_image", image_url: "u" }] }]
    }]
  ])("refuses %s of a Responses request", (field, asked) => {
    assert.strictEqual(refusedField(Request.requestFromResponses({ input: "Hi", ...asked })), field)
  })

  it("makes one assistant message of reasoning, text and calls, and asks a stream for its usage", () => {
    const request = Result.getOrThrow(Request.requestFromResponses({
      model: "m",
      instructions: "Be brief.",
      stream: true,
      input: [
        user,
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Let me see." }] },
        { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
        { type: "function_call", call_id: "b", name: "g", arguments: "{}" },
        { type: "function_call_output", call_id: "a", output: "1" },
        { type: "function_call_output", call_id: "b", output: "2" },
        { type: "web_search_call", id: "ws_1" }
      ]
    }))
    assert.deepStrictEqual(request, {
      model: "m",
      stream: true,
      messages: [
        { role: "system", content: "Be brief." },
        user,
        {
          role: "assistant",
          content: "Let me see.",
          tool_calls: [
            { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
            { id: "b", type: "function", function: { name: "g", arguments: "{}" } }
          ],
          reasoning_details: [{ type: "reasoning.summary", summary: "Hm", id: "rs_1", index: 0 }]
        },
        { role: "tool", tool_call_id: "a", content: "1" },
        { role: "tool", tool_call_id: "b", content: "2" }
      ],
      stream_options: { include_usage: true }
    })
  })

  it("drops an encrypted detail of a maker it does not know, and keeps its summary", () => {
    const details = [
      { type: "reasoning.summary", summary: "Hm", index: 0 },
      { type: "reasoning.encrypted", data: "stranger", index: 1 }
    ]
    assert.deepStrictEqual(hub({ messages: [{ role: "assistant", content: "", reasoning_details: details }] }).input, [
      { type: "reasoning", summary: [{ type: "summary_text", text: "Hm" }] }
    ])
  })

  describe.skipIf(absent)("on recorded traffic", () => {
    const asked = (folder: "openai-chat" | "openai-responses") =>
      recordings(folder).flatMap(({ name, request }) => isObject(request) ? [{ name, request }] : [])

    const refusedByOpenAI = "error-400-web-search.exchange.json"

    it.each(asked("openai-chat").filter(({ name }) => name !== refusedByOpenAI))(
      "keeps the conversation of $name",
      ({ request }) => {
        const { messages } = Result.getOrThrow(Request.requestFromResponses(hub(request)))
        const size = (value: unknown) => JSON.stringify(value).length
        assert.isAtLeast(size(messages), size(request.messages) / 2)
        assert.deepStrictEqual(hub({ messages: messages ?? [] }).input, hub(request).input)
      }
    )

    it("refuses the search that OpenAI refused", () => {
      const { request = {} } = asked("openai-chat").find(({ name }) => name === refusedByOpenAI) ?? {}
      assert.strictEqual(refusedField(Request.requestFromResponses(hub(request))), "tools[0]")
    })

    it.each(asked("openai-responses"))("translates or refuses, and never throws, on $name", ({ request }) => {
      const result = Request.requestFromResponses(request)
      assert.isTrue(Result.isFailure(result) ? result.failure.field !== "" : Array.isArray(result.success.messages))
    })
  })
})
