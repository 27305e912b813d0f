import { assert, describe, it } from "@effect/vitest"
import { objection } from "../../src/simulator/strict/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"

const version = { "anthropic-version": "2023-06-01" }
const closed = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false }
const optional = { ...closed, required: [] }
const open = { type: "object", properties: { a: closed, b: { type: "object", properties: {} } }, required: ["a", "b"] }
const nested = { ...open, additionalProperties: false }
const long = "c".repeat(65)

const responses = { model: "gpt-5.5", input: "Hi" }
const chat = { model: "gpt-5.5", messages: [{ role: "user", content: "Hi" }] }
const interactions = { model: "gemini-2.5-flash", input: "Hi" }
const messages = { model: "claude-opus-4-8", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] }

const ownFunction = (tool: JsonObject): JsonObject => ({ ...responses, tools: [{ type: "function", ...tool }] })
const chatFunction = (tool: JsonObject): JsonObject => ({ ...chat, tools: [{ type: "function", function: tool }] })
const items = (...input: ReadonlyArray<JsonObject>): JsonObject => ({ ...responses, input })
const called = (call_id: string, name = "f"): JsonObject => ({ type: "function_call", call_id, name, arguments: "{}" })
const output = (call_id: string): JsonObject => ({ type: "function_call_output", call_id, output: "" })
const chatTurns = (...turns: ReadonlyArray<JsonObject>): JsonObject => ({ ...chat, messages: turns })
const chatCall = {
  role: "assistant",
  tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "" } }]
}
const turns = (...turns: ReadonlyArray<JsonObject>): JsonObject => ({ ...messages, messages: turns })
const use = (id: string): JsonObject => ({
  role: "assistant",
  content: [{ type: "tool_use", id, name: "f", input: {} }]
})
const result = (tool_use_id: string): JsonObject => ({ role: "user", content: [{ type: "tool_result", tool_use_id }] })
const tool = (name: string, input_schema?: JsonObject): JsonObject => ({
  ...messages,
  tools: [{ name, ...(input_schema === undefined ? {} : { input_schema }) }]
})
const output_config = (schema: JsonObject) => ({ format: { type: "json_schema", schema } })

const taken: ReadonlyArray<
  readonly [dialect: string, request: JsonObject, headers?: { readonly [n: string]: string }]
> = [
  ["responses", responses],
  ["responses", ownFunction({ name: "f", parameters: closed, strict: true })],
  ["responses", ownFunction({ name: "f", parameters: optional, strict: false })],
  ["responses", items(called("c"), output("c"))],
  ["responses", { ...items(output("c")), previous_response_id: "resp_1" }],
  ["responses", items({ type: "item_reference", id: "fc_1" }, output("c"))],
  ["chat.completions", chat],
  ["chat.completions", { ...chat, model: "gpt-4.1", max_tokens: 9 }],
  ["chat.completions", chatFunction({ name: "f", parameters: closed, strict: true })],
  ["chat.completions", chatTurns(chatCall, { role: "tool", tool_call_id: "c", content: "" })],
  ["interactions", interactions],
  ["responses", { ...responses, reasoning: { effort: "none" }, temperature: 0.2 }],
  ["responses", { ...responses, model: "o3", temperature: 1 }],
  ["responses", { ...responses, model: "someone-elses", temperature: 0.2, reasoning: { effort: "odd" } }],
  ["messages", { ...messages, temperature: 1, output_config: { effort: "xhigh" } }],
  ["messages", { ...messages, model: "claude-sonnet-4-5", temperature: 0.2 }],
  ["messages", messages],
  ["messages", { ...messages, context_management: {} }, {
    "anthropic-beta": "a-2025-01-01,context-management-2025-06-27"
  }],
  ["messages", turns(use("c"), result("c"))],
  ["messages", tool("f", { type: "object" })],
  ["messages", { ...messages, output_config: output_config(optional) }],
  ["someone's", { anything: 1 }]
]

const refused: ReadonlyArray<readonly [dialect: string, says: RegExp, request: JsonObject, beta?: string]> = [
  ["responses", /Unknown parameter: 'a'/, { ...responses, a: 1 }],
  ["responses", /tools\[0\]\.name'.*pattern/, ownFunction({ name: "a.b" })],
  ["responses", /tools\[0\]\.name'.*maximum length 64/, ownFunction({ name: long })],
  ["responses", /context=\(\), 'additionalProperties'/, ownFunction({ name: "f", parameters: open, strict: true })],
  ["responses", /\('properties', 'b'\), 'additionalP/, ownFunction({ name: "f", parameters: nested, strict: true })],
  ["responses", /Missing 'a'/, ownFunction({ name: "f", parameters: optional, strict: true })],
  ["responses", /response_format 'x'.*Missing 'a'/, {
    ...responses,
    text: { format: { type: "json_schema", name: "x", schema: optional, strict: true } }
  }],
  ["responses", /input\[0\]\.call_id'.*too long/, items(called(long), output(long))],
  ["responses", /input\[0\]\.name'.*pattern/, items(called("c", "a:b"), output("c"))],
  ["responses", /No tool output found for function call c/, items(called("c"))],
  ["responses", /No tool call found.*call_id c/, items(output("c"))],
  ["chat.completions", /Unknown parameter: 'a'/, { ...chat, a: 1 }],
  ["chat.completions", /max_completion_tokens/, { ...chat, max_tokens: 9 }],
  ["chat.completions", /tools\[0\]\.function\.name'.*pattern/, chatFunction({ name: "a.b" })],
  ["chat.completions", /Missing 'a'/, chatFunction({ name: "f", parameters: optional, strict: true })],
  ["chat.completions", /response_format 'x'.*Missing 'a'/, {
    ...chat,
    response_format: { type: "json_schema", json_schema: { name: "x", schema: optional, strict: true } }
  }],
  ["chat.completions", /role 'tool' must be a response/, chatTurns({ role: "tool", tool_call_id: "c", content: "" })],
  ["chat.completions", /did not have response messages: c/, chatTurns(chatCall)],
  ["chat.completions", /did not have response messages: c/, chatTurns(chatCall, { role: "user", content: "Hi" })],
  ["responses", /'minimal' is not supported with the 'gpt-5\.5' model/, {
    ...responses,
    reasoning: { effort: "minimal" }
  }],
  ["responses", /'temperature' is not supported/, { ...responses, model: "o3", temperature: 0.2 }],
  ["chat.completions", /'top_p' is not supported/, { ...chat, reasoning_effort: "high", top_p: 0.2 }],
  ["chat.completions", /'reasoning_effort' is not supported/, { ...chat, model: "gpt-4.1", reasoning_effort: "high" }],
  ["messages", /`temperature` is deprecated/, { ...messages, temperature: 0.2 }],
  ["messages", /does not support the effort parameter/, {
    ...messages,
    model: "claude-sonnet-4-5",
    output_config: { effort: "low" }
  }],
  ["messages", /'xhigh'\. Supported levels: high, low, max, medium\.$/, {
    ...messages,
    model: "claude-opus-4-6",
    output_config: { effort: "xhigh" }
  }],
  ["interactions", /Unknown parameter 'a'/, { ...interactions, a: 1 }],
  ["interactions", /input is empty/, { ...interactions, input: [] }],
  ["interactions", /tools\[0\]\.name/, { ...interactions, tools: [{ type: "function", name: "a b" }] }],
  ["messages", /^a: Extra inputs are not permitted/, { ...messages, a: 1 }],
  ["messages", /^context_management: Extra inputs/, { ...messages, context_management: {} }],
  ["messages", /Unexpected value\(s\) `nothing`/, messages, "context-management-2025-06-27,nothing"],
  ["messages", /max_tokens: Field required/, { model: "claude-opus-4-8", messages: messages.messages }],
  ["messages", /at least one message/, turns()],
  ["messages", /non-empty content/, turns({ role: "user", content: [] }, { role: "user", content: "Hi" })],
  ["messages", /text content blocks must be non-empty/, turns({ role: "user", content: [{ type: "text", text: "" }] })],
  ["messages", /should match pattern/, turns(use("a.b"), result("a.b"))],
  ["messages", /without `tool_result` blocks immediately after: c/, turns(use("c"))],
  ["messages", /unexpected `tool_use_id`.*: c/, turns(result("c"))],
  ["messages", /tools\.0\.custom\.name/, tool("a.b", { type: "object" })],
  ["messages", /input_schema: Field required/, tool("f")],
  ["messages", /input_schema\.type: Field required/, tool("f", {})],
  ["messages", /explicitly set to false/, { ...messages, output_config: output_config(open) }]
]

describe("a strict provider", () => {
  it.each(taken.map(([dialect, request, headers]) => ({ dialect, request, headers })))(
    "takes what is in order ($dialect, $request)",
    ({ dialect, headers, request }) => {
      assert.isUndefined(objection(dialect, request, { ...version, ...headers }))
    }
  )

  it.each(refused.map(([dialect, says, request, beta]) => ({ dialect, says, request, beta })))(
    "refuses in its own words ($dialect, $says)",
    ({ beta, dialect, request, says }) => {
      const found = objection(dialect, request, {
        ...version,
        ...(beta === undefined ? {} : { "anthropic-beta": beta })
      })
      assert.strictEqual(found?.status, 400)
      assert.match(found?.message ?? "", says)
    }
  )

  it("wants the version of Anthropic's interface", () => {
    assert.match(objection("messages", messages, {})?.message ?? "", /anthropic-version: header is required/)
  })
})
