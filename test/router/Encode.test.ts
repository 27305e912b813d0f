import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Encoding from "../../src/router/Encode.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { type BuiltInName, providers } from "../../src/provider/index.ts"
import { askedIn, builtIn } from "../support/dialects.ts"

const encode = (surface: DialectName, provider: BuiltInName, value: JsonObject, dropUnsupported?: boolean) => {
  const spoken = providers[provider].dialects
  return Encoding.encode(
    { surface: dialects[surface], text: JSON.stringify(value), value },
    {
      provider: providers[provider],
      dialect: dialects[askedIn(spoken, surface)],
      others: spoken.map((name) => dialects[builtIn(name)])
    },
    dropUnsupported
  )
}

const sent = (
  surface: DialectName,
  provider: BuiltInName,
  value: JsonObject,
  mode: Encoding.Mode = "body"
): JsonObject => JSON.parse(Result.getOrThrow(encode(surface, provider, value)).body({ tier: "flex", mode }))

const chat = { model: "m", start_within: "default", messages: [{ role: "user", content: "Hi" }] }

describe("Encoding", () => {
  it.each(
    [
      ["body", {}],
      ["stream", { stream: true }],
      ["collect", { stream: true, stream_options: { include_usage: true } }]
    ] as const
  )("in mode %s adds to a chat request no more than %o and the tier", (mode, added) => {
    assert.deepStrictEqual(sent("chat.completions", "openai", chat, mode), {
      model: "m",
      messages: chat.messages,
      service_tier: "flex",
      ...added
    })
  })

  it("asks OpenAI to search where it was to read an address, and chooses that where the reading was chosen", () => {
    const fetch = { type: "web_fetch_20250910", name: "web_fetch" }
    const request = { ...chat, tools: [fetch], tool_choice: { type: "tool", name: "web_fetch" } }
    const { tool_choice, tools } = sent("messages", "openai", request)
    assert.deepStrictEqual({ tool_choice, tools }, {
      tool_choice: { type: "web_search" },
      tools: [{ type: "web_search" }]
    })
    const { tools: both } = sent("messages", "openai", {
      ...chat,
      tools: [fetch, { type: "web_search_20250305", name: "web_search" }]
    })
    assert.deepStrictEqual(both, [{ type: "web_search" }])
  })

  it("leaves the tier out where the provider has no word for it", () => {
    assert.deepStrictEqual(sent("messages", "anthropic", chat), { model: "m", messages: chat.messages })
  })

  it.each(
    [
      ["chat.completions", { ...chat, messages: ["Hi"] }, "messages[0]"],
      [
        "chat.completions",
        { ...chat, messages: [{ role: "user", content: [{ type: "text", text: "Hi" }, 5] }] },
        "messages[0].content[1]"
      ],
      ["messages", { ...chat, messages: [...chat.messages, null] }, "messages[1]"],
      ["messages", { ...chat, system: [7] }, "system[0]"],
      ["interactions", { model: "m", input: [{ type: "text", text: "Hi" }, "there"] }, "input[1]"],
      ["responses", { model: "m", input: "Hi", tools: [[]] }, "tools[0]"]
    ] as const
  )("refuses a %s request that would lose an element on the way", (surface, value, field) => {
    const provider = surface === "messages" || surface === "responses" ? "google" : "anthropic"
    const error = Result.getOrThrow(Result.flip(encode(surface, provider, value)))
    assert.deepInclude({ code: error.code, param: error.param, status: error.status }, {
      code: "invalid_element",
      param: field,
      status: 400
    })
  })

  it("leaves such a request alone on a native path: it is the provider's to judge", () => {
    assert.deepStrictEqual(sent("chat.completions", "openai", { ...chat, messages: ["Hi"] })["messages"], ["Hi"])
  })

  const asksInChat = { model: "gpt-5.5", max_tokens: 9, messages: chat.messages, stop_sequences: ["x"] }

  it.each<{ surface: DialectName; value: JsonObject; path: string; found: JsonObject }>([
    { surface: "messages", value: asksInChat, path: "chat.completions", found: { stop: ["x"] } },
    {
      surface: "interactions",
      value: { model: "gpt-5", input: "Hi", generation_config: { seed: 1 } },
      path: "chat.completions",
      found: { seed: 1 }
    },
    {
      surface: "messages",
      value: { ...asksInChat, stop_sequences: [] },
      path: "responses",
      found: { max_output_tokens: 16 }
    }
  ])(
    "asks a provider in the first of its formats that can say all: $path for $found",
    ({ found, path, surface, value }) => {
      const encoded = Result.getOrThrow(encode(surface, "openai", value))
      assert.strictEqual(encoded.dialect.name, path)
      assert.deepInclude(JSON.parse(encoded.body({ tier: "standard", mode: "body" })), found)
    }
  )

  it.each<{ why: string; value: JsonObject; param: string }>([
    { why: "no model takes it", value: { ...asksInChat, model: "gpt-5" }, param: "stop_sequences" },
    {
      why: "the other format cannot say the rest",
      value: { ...asksInChat, model: "gpt-5.6-sol", tools: [{ name: "f", input_schema: { type: "object" } }] },
      param: "stop_sequences"
    },
    {
      why: "the model cannot do the rest there",
      value: { ...asksInChat, tools: [{ type: "web_search_20250305", name: "web_search" }] },
      param: "stop_sequences"
    }
  ])("refuses what the provider's first format refuses where $why", ({ param, value }) => {
    assert.strictEqual(Result.getOrThrow(Result.flip(encode("messages", "openai", value))).param, param)
  })

  it("leaves out no more than twenty fields, because each of them costs a translation", () => {
    const value = (count: number) => ({
      model: "m",
      input: "Hi",
      tools: Array.from({ length: count }, () => ({ type: "mcp" }))
    })
    assert.lengthOf(Result.getOrThrow(encode("responses", "google", value(20), true)).dropped, 20)
    assert.match(
      Result.getOrThrow(Result.flip(encode("responses", "google", value(21), true))).param ?? "",
      /^tools\[0\]/
    )
  })

  const tool = { type: "function", name: "f", parameters: { type: "object", properties: {} } }

  it.each<
    { surface: DialectName; provider: BuiltInName; value: JsonObject; left: JsonObject; names: ReadonlyArray<string> }
  >([
    {
      surface: "chat.completions",
      provider: "anthropic",
      value: { ...chat, seed: 7, n: 2 },
      left: chat,
      names: ["n", "seed"]
    },
    {
      surface: "interactions",
      provider: "anthropic",
      value: { model: "m", input: "Hi", generation_config: { seed: 7, max_output_tokens: 9 } },
      left: { model: "m", input: "Hi", generation_config: { max_output_tokens: 9 } },
      names: ["generation_config.seed"]
    },
    {
      surface: "responses",
      provider: "google",
      value: {
        model: "m",
        input: "Hi",
        tools: [{ type: "mcp" }, { type: "shell" }, tool, { type: "web_search", filters: { allowed_domains: ["a"] } }]
      },
      left: { model: "m", input: "Hi", tools: [tool, { type: "web_search" }] },
      names: ["tools[0]", "tools[1]", "tools[3].filters"]
    },
    {
      surface: "responses",
      provider: "anthropic",
      value: { model: "m", input: "Hi", tools: [{ type: "code_interpreter" }], tool_choice: "required" },
      left: { model: "m", input: "Hi" },
      names: ["tools[0]"]
    }
  ])(
    "leaves out what $provider cannot be told where the caller would rather have that, and names it: $names",
    ({ left, names, provider, surface, value }) => {
      const encoded = Result.getOrThrow(encode(surface, provider, value, true))
      assert.deepStrictEqual(encoded.dropped, names)
      const whole = Result.getOrThrow(encode(surface, provider, left, true))
      assert.deepStrictEqual(encoded.value, whole.value)
      assert.deepStrictEqual(whole.dropped, [])
    }
  )

  const image = { type: "image", source: { type: "file", file_id: "f" } }

  it.each<{ surface: DialectName; provider: BuiltInName; value: JsonObject; param: string }>([
    {
      surface: "responses",
      provider: "google",
      value: { model: "m", input: "Hi", moderation: { policy: { input: { mode: "block" } } } },
      param: "moderation"
    },
    {
      surface: "interactions",
      provider: "openai",
      value: { model: "m", input: "Hi", safety_settings: [{ type: "harassment", threshold: "block_low_and_above" }] },
      param: "safety_settings[0]"
    },
    {
      surface: "responses",
      provider: "anthropic",
      value: { model: "m", input: "Hi", previous_response_id: "resp_1" },
      param: "previous_response_id"
    },
    {
      surface: "messages",
      provider: "google",
      value: { model: "m", messages: [{ role: "user", content: [image] }] },
      param: "messages[0].content[0].source"
    }
  ])("never leaves out $param: the answer would be unguarded, or one to another question", (sample) => {
    const refusal = Result.flip(encode(sample.surface, sample.provider, sample.value, true))
    assert.strictEqual(Result.getOrThrow(refusal).param, sample.param)
  })

  it.each(
    [
      [
        "responses",
        "openai",
        {
          input: [
            { type: "reasoning", summary: [], encrypted_content: "flexinference:google::x" },
            { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "own" },
            { type: "function_call", call_id: "c", signature: "flexinference:google::x" }
          ]
        },
        {
          input: [{ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "own" }, {
            type: "function_call",
            call_id: "c"
          }]
        }
      ],
      [
        "messages",
        "anthropic",
        {
          messages: [{
            role: "assistant",
            content: [{ type: "thinking", thinking: "t", signature: "flexinference:openai:1:ax" }, {
              type: "text",
              text: "\"flexinference: \""
            }]
          }]
        },
        { messages: [{ role: "assistant", content: [{ type: "text", text: "\"flexinference: \"" }] }] }
      ],
      [
        "interactions",
        "google",
        { input: [{ type: "thought", signature: "flexinference:openai:1:ax" }, { type: "thought", signature: "own" }] },
        { input: [{ type: "thought", signature: "own" }] }
      ]
    ] as const
  )(
    "on a native %s path, drops what other providers have encrypted, and nothing else",
    (surface, provider, value, left) => {
      const { service_tier: _tier, ...rest } = sent(surface, provider, value)
      assert.deepStrictEqual(rest, left)
    }
  )

  it("sends OpenAI no thoughts but its own, and no signatures", () => {
    const thought = (encrypted_content: string) => ({ type: "reasoning", summary: [], encrypted_content })
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" }
    const hub = (signature: string) => ({
      ...chat,
      max_tokens: 1,
      messages: [{
        role: "assistant",
        content: [
          { type: "thinking", thinking: "", signature },
          { type: "tool_use", id: "c", name: "f", input: {}, signature: "flexinference:google::s" }
        ]
      }, { role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: "1" }] }]
    })
    const items = (signature: string) => sent("messages", "openai", hub(signature))["input"]
    assert.deepInclude(items("flexinference:openai:4:rs_1abc"), call)
    assert.deepInclude(
      JSON.stringify(items("flexinference:openai:4:rs_1abc")),
      JSON.stringify(thought("abc").encrypted_content)
    )
    assert.notInclude(JSON.stringify(items("flexinference:google::abc")), "abc")
    assert.notInclude(JSON.stringify(items("of-anthropic-itself")), "of-anthropic-itself")
  })
})
