import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { Translated } from "../../../src/Dialect.ts"
import { requestFromResponses, requestToResponses } from "../../../src/dialect/messages/Rules.ts"
import * as ForeignSignature from "../../../src/dialect/ForeignSignature.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { absent, recordings } from "../../support/fixtures.ts"

const carried = (translated: Translated<JsonObject>): JsonObject =>
  Result.getOrThrowWith(translated, ({ field, message }) => new Error(`${field}: ${message}`))
const refused = (translated: Translated<JsonObject>): string | undefined =>
  Result.isFailure(translated) ? translated.failure.field : undefined

const toAnthropic = (members: JsonObject): JsonObject =>
  carried(requestFromResponses({ model: "claude-sonnet-4-5", input: "Hi", ...members }))
const toHub = (members: JsonObject): JsonObject =>
  carried(requestToResponses({
    model: "gpt-x",
    max_tokens: 9,
    messages: [{ role: "user", content: "Hi" }],
    ...members
  }))
/** What members a translated request must have; `undefined` means that it must not have one. */
interface Expected {
  readonly [key: string]: Json.Json | undefined
}

const user = (...content: ReadonlyArray<JsonObject>): JsonObject => ({ role: "user", content: [...content] })
const assistant = (...content: ReadonlyArray<JsonObject>): JsonObject => ({ role: "assistant", content: [...content] })
const text = (text: string): JsonObject => ({ type: "text", text })
const parameters = { type: "object", properties: { a: { type: "string" } } }
const hubTool = { type: "function", name: "f", description: "F.", parameters, strict: false }
const tool = { name: "f", description: "F.", input_schema: parameters }

describe("a Responses request for Anthropic", () => {
  it("joins every instruction into one system prompt, in order", () => {
    const { messages, system } = toAnthropic({
      instructions: "One.",
      input: [
        { role: "system", content: "Two." },
        { role: "user", content: "Hi" },
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Three." }] }
      ]
    })
    assert.strictEqual(system, "One.\n\nTwo.\n\nThree.")
    assert.deepStrictEqual(messages, [user(text("Hi"))])
  })

  it("merges neighbours of one role, calls that were made together, and puts results first in their turn", () => {
    const call = (call_id: string) => ({ type: "function_call", call_id, name: "f", arguments: "{\"a\":\"b\"}" })
    const use = (id: string) => ({ type: "tool_use", id, name: "f", input: { a: "b" } })
    const { messages } = toAnthropic({
      input: [
        { role: "user", content: "One." },
        { role: "user", content: [{ type: "input_text", text: "Two." }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Well." }] },
        call("a"),
        call("b"),
        { role: "user", content: "Three." },
        { type: "function_call_output", call_id: "a", output: "A" },
        { type: "function_call_output", call_id: "b", output: [{ type: "input_text", text: "B" }] }
      ]
    })
    assert.deepStrictEqual(messages, [
      user(text("One."), text("Two.")),
      assistant(text("Well."), use("a"), use("b")),
      user(
        { type: "tool_result", tool_use_id: "a", content: "A" },
        { type: "tool_result", tool_use_id: "b", content: [text("B")] },
        text("Three.")
      )
    ])
  })

  it("carries images and documents, by address and inline", () => {
    const { messages } = toAnthropic({
      input: [{
        role: "user",
        content: [
          { type: "input_image", image_url: "https://a.test/a.png", detail: "high" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA" },
          { type: "input_file", file_url: "https://a.test/a.pdf" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" },
          { type: "input_file", filename: "a.txt", file_data: "data:text/plain;charset=utf-8;base64,w6k=" }
        ]
      }]
    })
    assert.deepStrictEqual(messages, [user(
      { type: "image", source: { type: "url", url: "https://a.test/a.png" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
      { type: "document", source: { type: "url", url: "https://a.test/a.pdf" } },
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: "BBBB" }, title: "a.pdf" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "é" }, title: "a.txt" }
    )])
  })

  it.each<{ model: string; max_tokens: number }>([
    { model: "claude-3-opus-20240229", max_tokens: 4096 },
    { model: "claude-3-5-haiku-20241022", max_tokens: 8192 },
    { model: "claude-3-7-sonnet-latest", max_tokens: 64_000 },
    { model: "claude-opus-4-20250514", max_tokens: 32_000 },
    { model: "claude-opus-4-1-20250805", max_tokens: 32_000 },
    { model: "claude-sonnet-4-0", max_tokens: 64_000 },
    { model: "claude-opus-4-5", max_tokens: 64_000 },
    { model: "claude-sonnet-5-5", max_tokens: 64_000 },
    { model: "claude-mythos-preview", max_tokens: 64_000 }
  ])("without a limit allows $model $max_tokens tokens", ({ max_tokens, model }) => {
    assert.strictEqual(toAnthropic({ model })["max_tokens"], max_tokens)
    assert.strictEqual(toAnthropic({ model, max_output_tokens: 5 })["max_tokens"], 5)
  })

  it.each<{ hub: JsonObject; expected: Expected }>([
    { hub: { tools: [hubTool] }, expected: { tools: [tool] } },
    {
      hub: { tools: [{ type: "function", name: "g", parameters: null, strict: true }] },
      expected: {
        tools: [{
          name: "g",
          input_schema: { type: "object", properties: {}, additionalProperties: false },
          strict: true
        }]
      }
    },
    { hub: { tools: [hubTool], tool_choice: "auto" }, expected: { tool_choice: { type: "auto" } } },
    { hub: { tools: [hubTool], tool_choice: "required" }, expected: { tool_choice: { type: "any" } } },
    { hub: { tools: [hubTool], tool_choice: "none" }, expected: { tool_choice: { type: "none" } } },
    { hub: { tool_choice: "auto" }, expected: { tool_choice: undefined } },
    {
      hub: { tools: [hubTool], tool_choice: { type: "function", name: "f" } },
      expected: { tool_choice: { type: "tool", name: "f" } }
    },
    {
      hub: { tools: [hubTool], parallel_tool_calls: false },
      expected: { tool_choice: { type: "auto", disable_parallel_tool_use: true } }
    },
    {
      hub: { tools: [hubTool], tool_choice: "required", parallel_tool_calls: false },
      expected: { tool_choice: { type: "any", disable_parallel_tool_use: true } }
    },
    {
      hub: {
        tools: [hubTool, { ...hubTool, name: "g" }],
        tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "f" }] }
      },
      expected: { tools: [tool], tool_choice: { type: "any" } }
    },
    {
      hub: {
        max_tool_calls: 3,
        tools: [{
          type: "web_search",
          filters: { allowed_domains: ["a.test"], blocked_domains: ["b.test"] },
          user_location: { country: "FR" },
          search_context_size: "low"
        }]
      },
      expected: {
        tools: [{
          type: "web_search_20250305",
          name: "web_search",
          max_uses: 3,
          allowed_domains: ["a.test"],
          blocked_domains: ["b.test"],
          user_location: { type: "approximate", country: "FR" }
        }]
      }
    },
    {
      hub: { text: { format: { type: "json_schema", name: "n", schema: parameters, strict: true } } },
      expected: {
        output_config: { format: { type: "json_schema", schema: { ...parameters, additionalProperties: false } } }
      }
    },
    { hub: { text: { format: { type: "text" }, verbosity: "low" } }, expected: { output_config: undefined } },
    { hub: { stop: ["a", "b"] }, expected: { stop_sequences: ["a", "b"] } },
    { hub: { stop: "a" }, expected: { stop_sequences: ["a"] } },
    { hub: { safety_identifier: "u" }, expected: { metadata: { user_id: "u" } } },
    { hub: { stream: true }, expected: { stream: true } },
    { hub: { reasoning: { effort: "none" } }, expected: { thinking: { type: "disabled" }, output_config: undefined } },
    {
      hub: { model: "claude-opus-5", reasoning: { effort: "high", summary: "auto" } },
      expected: { output_config: { effort: "high" }, thinking: { type: "adaptive", display: "summarized" } }
    },
    {
      hub: { model: "claude-opus-5", reasoning: { effort: "high" }, tools: [hubTool], tool_choice: "required" },
      expected: { output_config: { effort: "high" }, thinking: undefined }
    },
    { hub: { temperature: 0.5 }, expected: { temperature: 0.5 } },
    { hub: { top_p: 0.5 }, expected: { top_p: 0.5 } },
    { hub: { temperature: 0.5, top_p: 0.5 }, expected: { temperature: 0.5, top_p: undefined } },
    { hub: { model: "claude-opus-4-7", temperature: 0.5, top_p: 0.5 }, expected: { temperature: undefined } },
    {
      hub: { model: "claude-opus-4-6", temperature: 0.5, reasoning: { effort: "low" } },
      expected: { temperature: undefined, thinking: { type: "adaptive" } }
    }
  ])("$hub becomes $expected", ({ expected, hub }) => {
    const request = toAnthropic(hub)
    for (const [key, value] of Object.entries(expected)) assert.deepStrictEqual(request[key], value)
  })

  it("drops what the answer does not depend on", () => {
    const plain = toAnthropic({})
    const dressed = toAnthropic({
      store: true,
      metadata: { a: "b" },
      user: "u",
      truncation: "auto",
      include: ["reasoning.encrypted_content"],
      stream_options: { include_obfuscation: false },
      previous_response_id: null,
      top_logprobs: 0,
      background: false,
      input: [
        { type: "web_search_call", id: "ws_1", status: "completed" },
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "openai's own" },
        { type: "reasoning", id: "rs_2", summary: [{ type: "summary_text", text: "Hm." }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "" }] },
        { type: "message", role: "user", content: "Hi" }
      ]
    })
    assert.deepStrictEqual(dressed, plain)
  })

  it("drops a call's signature, which only its maker reads, and marks an output that is none", () => {
    const { messages } = toAnthropic({
      input: [
        { type: "function_call", call_id: "a", name: "f", arguments: "", signature: "flexinference:google::x" },
        { type: "function_call_output", call_id: "a", output: "Broke.", status: "incomplete" }
      ]
    })
    assert.deepStrictEqual(messages, [
      assistant({ type: "tool_use", id: "a", name: "f", input: {} }),
      user({ type: "tool_result", tool_use_id: "a", content: "Broke.", is_error: true })
    ])
  })

  const part = (part: JsonObject): JsonObject => ({ input: [{ role: "user", content: [part] }] })
  it.each<{ hub: JsonObject; field: string }>([
    { hub: { previous_response_id: "resp_1" }, field: "previous_response_id" },
    { hub: { conversation: "conv_1" }, field: "conversation" },
    { hub: { prompt: { id: "pmpt_1" } }, field: "prompt" },
    { hub: { seed: 1 }, field: "seed" },
    { hub: { background: true }, field: "background" },
    { hub: { top_logprobs: 2 }, field: "top_logprobs" },
    { hub: { include: ["message.output_text.logprobs"] }, field: "include[0]" },
    { hub: { text: { format: { type: "grammar" } } }, field: "text.format.type" },
    { hub: { reasoning: { effort: "colossal" } }, field: "reasoning.effort" },
    { hub: { stop: ["END", "\n\n"] }, field: "stop[1]" },
    {
      hub: part({ type: "input_image", image_url: "data:image/bmp;base64,AAAA" }),
      field: "input[0].content[0].image_url"
    },
    { hub: { tools: [hubTool, { type: "file_search" }] }, field: "tools[1].type" },
    { hub: { tools: [{ type: "custom", name: "c" }] }, field: "tools[0].type" },
    { hub: { tools: [hubTool], tool_choice: { type: "mcp", server_label: "m" } }, field: "tool_choice.type" },
    { hub: { input: [{ type: "item_reference", id: "i" }] }, field: "input[0].type" },
    {
      hub: { input: [{ type: "function_call", call_id: "a", name: "f", arguments: "{" }] },
      field: "input[0].arguments"
    },
    { hub: part({ type: "input_image", file_id: "file_1" }), field: "input[0].content[0].file_id" },
    { hub: part({ type: "input_file", file_id: "file_1" }), field: "input[0].content[0].file_id" },
    {
      hub: part({ type: "input_file", file_data: "data:application/zip;base64,AAAA" }),
      field: "input[0].content[0].file_data"
    },
    { hub: part({ type: "input_audio" }), field: "input[0].content[0].type" },
    {
      hub: { input: [{ role: "system", content: [{ type: "input_image", image_url: "https://a.test" }] }] },
      field: "input[0].content"
    }
  ])("is refused for $field, and the message names it", ({ field, hub }) => {
    const translated = requestFromResponses({ model: "claude-x", input: "Hi", ...hub })
    assert.strictEqual(refused(translated), field)
    assert.include(Result.isFailure(translated) ? translated.failure.message : "", field)
  })
})

describe("a Messages request for another provider", () => {
  it("turns blocks into items, in their order", () => {
    const request = toHub({
      system: [{ ...text("One."), cache_control: { type: "ephemeral" } }, text("Two.")],
      messages: [
        user({ ...text("Look."), cache_control: { type: "ephemeral" } }, {
          type: "image",
          source: { type: "base64", media_type: "image/png", data: "AAAA" }
        }, { type: "document", title: "T", source: { type: "url", url: "https://a.test/a.pdf" } }),
        assistant(
          text("Well."),
          { type: "tool_use", id: "a", name: "f", input: { a: 1 } },
          {
            type: "server_tool_use",
            id: "s",
            name: "web_search",
            input: { query: "q" }
          },
          { type: "web_search_tool_result", tool_use_id: "s", content: [] },
          text("And.")
        ),
        user(
          {
            type: "tool_result",
            tool_use_id: "a",
            content: [text("A"), { type: "image", source: { type: "url", url: "u" } }]
          },
          { type: "tool_result", tool_use_id: "b", content: "Broke.", is_error: true },
          text("Go on.")
        )
      ]
    })
    assert.strictEqual(request["instructions"], "One.\n\nTwo.")
    assert.deepStrictEqual(request["input"], [
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "Look." },
          { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AAAA" },
          { type: "input_file", file_url: "https://a.test/a.pdf" }
        ]
      },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Well.", annotations: [] }] },
      { type: "function_call", call_id: "a", name: "f", arguments: "{\"a\":1}" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "And.", annotations: [] }] },
      {
        type: "function_call_output",
        call_id: "a",
        output: [{ type: "input_text", text: "A" }, { type: "input_image", detail: "auto", image_url: "u" }]
      },
      { type: "function_call_output", call_id: "b", output: "Broke.", status: "incomplete" },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Go on." }] }
    ])
  })

  it("brings opaque values home: to OpenAI its own under their own id, to others theirs under their name", () => {
    const own = ForeignSignature.encode({ provider: "openai", id: "rs_1", value: "own" }, "anthropic")
    const google = ForeignSignature.encode({ provider: "google", id: "", value: "thought" }, "anthropic")
    const { input } = toHub({
      messages: [
        user(text("Hi")),
        assistant(
          { type: "thinking", thinking: "Hm.", signature: own },
          { type: "thinking", thinking: "", signature: google },
          { type: "thinking", thinking: "Nobody signed this.", signature: "" },
          { type: "tool_use", id: "a", name: "f", input: {}, signature: google }
        ),
        user({ type: "tool_result", tool_use_id: "a", content: "A" })
      ]
    })
    assert.deepStrictEqual(Json.objects({ input: input ?? [] }, "input").slice(1, -1), [
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "own" },
      { type: "reasoning", summary: [], encrypted_content: google },
      { type: "function_call", call_id: "a", name: "f", arguments: "{}", signature: google }
    ])
  })

  it.each<{ messages: JsonObject; expected: Expected }>([
    { messages: {}, expected: { store: false, max_output_tokens: 9, reasoning: undefined, include: undefined } },
    { messages: { tools: [tool] }, expected: { tools: [hubTool] } },
    {
      messages: { tools: [{ ...tool, type: "custom", strict: true }] },
      expected: { tools: [{ ...hubTool, strict: true }] }
    },
    { messages: { tools: [tool], tool_choice: { type: "any" } }, expected: { tool_choice: "required" } },
    { messages: { tools: [tool], tool_choice: { type: "none" } }, expected: { tool_choice: "none" } },
    {
      messages: { tools: [tool], tool_choice: { type: "auto", disable_parallel_tool_use: true } },
      expected: { tool_choice: "auto", parallel_tool_calls: false }
    },
    {
      messages: { tools: [tool], tool_choice: { type: "tool", name: "f" } },
      expected: { tool_choice: { type: "function", name: "f" } }
    },
    {
      messages: {
        tools: [{
          type: "web_search_20260318",
          name: "web_search",
          max_uses: 2,
          allowed_domains: ["a.test"],
          user_location: { type: "approximate", city: "Paris" }
        }],
        tool_choice: { type: "tool", name: "web_search" }
      },
      expected: {
        tools: [{
          type: "web_search",
          filters: { allowed_domains: ["a.test"] },
          user_location: { type: "approximate", city: "Paris" }
        }],
        max_tool_calls: 2,
        tool_choice: { type: "web_search" }
      }
    },
    ...([[1024, "low"], [2048, "low"], [2049, "medium"], [8192, "medium"], [8193, "high"]] as const).map((
      [budget_tokens, effort]
    ) => ({
      messages: { thinking: { type: "enabled", budget_tokens } },
      expected: { reasoning: { effort, summary: "auto" }, include: ["reasoning.encrypted_content"] }
    })),
    {
      messages: { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "max" } },
      expected: { reasoning: { effort: "max" }, include: ["reasoning.encrypted_content"] }
    },
    { messages: { thinking: { type: "adaptive" } }, expected: { reasoning: { effort: "high", summary: "auto" } } },
    { messages: { thinking: { type: "disabled" } }, expected: { reasoning: { effort: "none" }, include: undefined } },
    { messages: { output_config: { effort: "low" } }, expected: { reasoning: { effort: "low" } } },
    {
      messages: { output_config: { format: { type: "json_schema", schema: parameters } } },
      expected: { text: { format: { type: "json_schema", name: "response", schema: parameters, strict: true } } }
    },
    { messages: { stop_sequences: ["a"] }, expected: { stop: ["a"] } },
    { messages: { stop_sequences: [] }, expected: { stop: undefined } },
    {
      messages: { temperature: 0.5, top_p: 0.4, stream: true },
      expected: { temperature: 0.5, top_p: 0.4, stream: true }
    },
    { messages: { metadata: { user_id: "u" } }, expected: { safety_identifier: "u" } },
    { messages: { metadata: { user_id: "u".repeat(65) } }, expected: { safety_identifier: undefined } }
  ])("$messages becomes $expected", ({ expected, messages }) => {
    const request = toHub(messages)
    for (const [key, value] of Object.entries(expected)) assert.deepStrictEqual(request[key], value)
  })

  it("drops what the answer does not depend on", () => {
    assert.deepStrictEqual(toHub({ cache_control: { type: "ephemeral" }, speed: "fast", top_k: null }), toHub({}))
  })

  it.each<{ messages: JsonObject; field: string }>([
    { messages: { container: "c" }, field: "container" },
    { messages: { mcp_servers: [] }, field: "mcp_servers" },
    { messages: { inference_geo: "us" }, field: "inference_geo" },
    { messages: { tools: [tool, { type: "bash_20250124", name: "bash" }] }, field: "tools[1].type" },
    {
      messages: { messages: [user({ type: "image", source: { type: "file", file_id: "f" } })] },
      field: "messages[0].content[0].source"
    },
    {
      messages: {
        messages: [user({ type: "document", source: { type: "url", url: "u" }, citations: { enabled: true } })]
      },
      field: "messages[0].content[0].citations"
    },
    { messages: { messages: [user(text("a"), { type: "mcp_tool_result" })] }, field: "messages[0].content[1].type" },
    {
      messages: { messages: [user({ type: "tool_result", tool_use_id: "a", content: [{ type: "tool_reference" }] })] },
      field: "messages[0].content[0].content[0].type"
    },
    {
      messages: { messages: [assistant({ type: "mcp_tool_use" }), user(text("a"))] },
      field: "messages[0].content[0].type"
    }
  ])("is refused for $field, and the message names it", ({ field, messages }) => {
    const translated = requestToResponses({ model: "gpt-x", messages: [user(text("Hi"))], ...messages })
    assert.strictEqual(refused(translated), field)
    assert.include(Result.isFailure(translated) ? translated.failure.message : "", field)
  })
})

describe.skipIf(absent)("recorded requests", () => {
  const asked = recordings("anthropic-messages").flatMap(({ name, request }) =>
    request === undefined ? [] : [{ name, request }]
  )

  it.each(asked)("$name goes through the hub and comes back with its conversation and its tools", ({ request }) => {
    const hub = requestToResponses(request)
    if (Result.isFailure(hub)) {
      // The one thing recorded that only Claude does: going on with a text that was begun.
      assert.strictEqual(Json.objects(request, "messages").at(-1)?.["role"], "assistant")
      return
    }
    const back = carried(requestFromResponses(hub.success))
    const said = (request: JsonObject) =>
      Json.objects(request, "messages").flatMap((message) => {
        const content = Json.string(message, "content")
        const blocks = content === undefined ? Json.objects(message, "content") : [text(content)]
        return blocks.filter((block) => block["type"] === "text" || block["type"] === "tool_use")
          .map((block) => [message["role"], block["text"] ?? block["input"]])
      })
    assert.deepStrictEqual(said(back), said(request))
    assert.deepStrictEqual(
      Json.objects(back, "tools").map((tool) => [tool["name"], tool["input_schema"]]),
      Json.objects(request, "tools").map((tool) => [tool["name"], tool["input_schema"]])
    )
    assert.strictEqual(back["max_tokens"], request["max_tokens"])
    assert.strictEqual(back["model"], request["model"])
  })
})

const Text = Schema.String.check(Schema.isPattern(/\S/))
const Part = Schema.Union([
  Schema.Struct({ type: Schema.Literal("input_text"), text: Text }),
  Schema.Struct({
    type: Schema.Literal("input_image"),
    detail: Schema.Literal("auto"),
    image_url: Schema.Literals(["https://a.test/a.png", "data:image/png;base64,AAAA"])
  })
])
const Round = Schema.Struct({
  user: Schema.NonEmptyArray(Part),
  thoughts: Schema.Array(Schema.Struct({ text: Text, signature: Text })),
  said: Schema.NonEmptyArray(Text),
  calls: Schema.Array(Schema.Struct({
    name: Text,
    input: Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Int])),
    output: Schema.Union([Schema.String, Schema.NonEmptyArray(Part)])
  }))
})
const optional = <S extends Schema.Top>(schema: S) => Schema.optionalKey(schema)
const Options = Schema.Struct({
  instructions: optional(Text),
  max_output_tokens: Schema.Int,
  tools: optional(Schema.NonEmptyArray(Schema.Struct({
    type: Schema.Literal("function"),
    name: Text,
    description: optional(Text),
    parameters: Schema.Struct({
      type: Schema.Literal("object"),
      properties: Schema.Struct({}),
      additionalProperties: Schema.Literal(false)
    }),
    strict: Schema.Boolean
  }))),
  stop: optional(Schema.NonEmptyArray(Text)),
  temperature: optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  safety_identifier: optional(Text.check(Schema.isMaxLength(64))),
  stream: optional(Schema.Boolean)
})

const itemsOf = (round: typeof Round.Type, index: number): ReadonlyArray<JsonObject> => {
  const message = (role: string, content: Json.Json) => ({ type: "message", role, content })
  const id = (call: number) => `call_${index}_${call}`
  return [
    message("user", [...round.user]),
    ...round.thoughts.map(({ signature, text }) => ({
      type: "reasoning",
      summary: [{ type: "summary_text", text }],
      encrypted_content: ForeignSignature.encode({ provider: "anthropic", id: "", value: signature }, "openai")
    })),
    message("assistant", round.said.map((text) => ({ type: "output_text", text, annotations: [] }))),
    ...round.calls.map(({ input, name }, call) => ({
      type: "function_call",
      call_id: id(call),
      name,
      arguments: JSON.stringify(input)
    })),
    ...round.calls.map(({ output }, call) => ({ type: "function_call_output", call_id: id(call), output }))
  ]
}

describe("any request within what both formats have", () => {
  it.prop(
    "survives the way to Messages and back, and Messages' form of it survives the way to the hub and back",
    { rounds: Schema.Array(Round), options: Options },
    ({ options, rounds }) => {
      const hub: JsonObject = JSON.parse(JSON.stringify({
        model: "claude-sonnet-4-5",
        ...options,
        input: [
          ...rounds.flatMap(itemsOf),
          { type: "message", role: "user", content: [{ type: "input_text", text: "Go." }] }
        ],
        store: false
      }))
      const messages = carried(requestFromResponses(hub))
      assert.deepStrictEqual(carried(requestToResponses(messages)), hub)
      const turns = Json.objects(messages, "messages").map((turn) => turn["role"])
      assert.isTrue(turns.every((role, index) => role === (index % 2 === 0 ? "user" : "assistant")))
      assert.deepStrictEqual(carried(requestFromResponses(carried(requestToResponses(messages)))), messages)
    },
    { arbitrary: { runs: 300 } }
  )
})
