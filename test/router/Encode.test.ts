import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { DialectName } from "../../src/Dialect.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Encoding from "../../src/router/Encode.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import type { BuiltInProviderName } from "../../src/ModelCatalog.ts"
import { providers } from "../../src/provider/index.ts"

const encode = (surface: DialectName, provider: BuiltInProviderName, value: JsonObject) =>
  Encoding.encode({ surface: dialects[surface], text: JSON.stringify(value), value }, {
    provider: providers[provider],
    dialect: providers[provider].dialects.find((dialect) => dialect === surface) ?? providers[provider].dialects[0]
  })

const sent = (
  surface: DialectName,
  provider: BuiltInProviderName,
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

  it.each(["stop_sequences", "generation_config"])(
    "refuses OpenAI what its Responses API has no word for: %s",
    (field) => {
      const error = Result.getOrThrow(Result.flip(
        field === "stop_sequences"
          ? encode("messages", "openai", { ...chat, max_tokens: 1, stop_sequences: ["x"] })
          : encode("interactions", "openai", { model: "m", input: "Hi", generation_config: { seed: 1 } })
      ))
      assert.strictEqual(error.code, "untranslatable_field")
    }
  )

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
