import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import * as Chat from "../../src/dialect/chat/Rules.ts"
import * as Interactions from "../../src/dialect/interactions/Rules.ts"
import * as Messages from "../../src/dialect/messages/Rules.ts"
import * as Responses from "../../src/dialect/responses/Rules.ts"
import { type Fate, tables, toMarkdown } from "../../src/dialect/Compatibility.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as ForeignSignature from "../../src/dialect/ForeignSignature.ts"
import * as Encoding from "../../src/router/Encode.ts"
import type { Json, JsonObject } from "../../src/wire/Json.ts"
import { type BuiltInName, providers } from "../../src/provider/index.ts"
import { askedIn, builtIn } from "../support/dialects.ts"

/** Where a provider is told of the member, and what. */
type Upstream = { readonly [at: string]: Json }

/** A value of a row's member in an otherwise minimal request of the surface. */
interface Sample extends Readonly<Partial<Record<BuiltInName, Upstream>>> {
  readonly set: JsonObject | ((provider: BuiltInName) => JsonObject)
  /** What the request has besides, and without the member too. */
  readonly base?: JsonObject
  /** The `param` of a refusal. */
  readonly param?: string
  /** Where not those of the table: the model asked for. */
  readonly model?: Partial<Record<BuiltInName, string>>
  /** The router itself answers to the member: it shows in what the answer is made with, not in what is sent. */
  readonly answeredHere?: true | BuiltInName
}

type Samples = { readonly [field: string]: ReadonlyArray<Sample> }

const models = { openai: "gpt-5.5", google: "gemini-2.5-flash", anthropic: "claude-sonnet-4-6" }
/** Models that are told how to sample, and their successors, that are not. */
const sampled = { openai: "gpt-4.1", google: "gemini-2.5-flash", anthropic: "claude-sonnet-4-6" }
const newer = { openai: "gpt-5.5", google: "gemini-3-flash-preview", anthropic: "claude-opus-5" }

const png = "data:image/png;base64,iVBORw0="
const pdf = "data:application/pdf;base64,JVBERi0="
const schema = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false
}
const signed = (provider: BuiltInName, home: BuiltInName | undefined): string =>
  ForeignSignature.encode({ provider, id: provider === "openai" ? "rs_1" : "", value: "c2lnbmVk" }, home)
const dropped = (...members: ReadonlyArray<JsonObject>): ReadonlyArray<Sample> => members.map((set) => ({ set }))
const refused = (...members: ReadonlyArray<readonly [param: string, set: JsonObject]>): ReadonlyArray<Sample> =>
  members.map(([param, set]) => ({ set, param }))
const unknown = dropped({ not_a_member_of_anything: 1 })
const brief = { type: "ephemeral" }
const hour = { type: "ephemeral", ttl: "1h" }
const cacheAsked: ReadonlyArray<Sample> = [
  { set: { prompt_cache_key: "k" }, anthropic: { cache_control: brief } },
  { set: { prompt_cache_retention: "24h" }, anthropic: { cache_control: hour } }
]

const responses: Samples = (() => {
  const user = (...content: ReadonlyArray<Json>): JsonObject => ({ type: "message", role: "user", content })
  const text = { type: "input_text", text: "Hi" }
  const call = { type: "function_call", call_id: "c", name: "f", arguments: "{\"a\":1}" }
  const output = { type: "function_call_output", call_id: "c", output: "done" }
  const fn = { type: "function", name: "f", parameters: schema, strict: false }
  const other = { ...fn, name: "g" }
  const asked = { input: [user(text)] }
  const answered = (item: JsonObject): JsonObject => ({ input: [user(text), item, user(text)] })
  return {
    "`model`, `input`, `stream`": [
      {
        set: { input: "Why?" },
        google: { input: "Why?" },
        anthropic: { "messages.0.content": [{ type: "text", text: "Why?" }] }
      },
      { set: { stream: true }, google: { stream: true }, anthropic: { stream: true } }
    ],
    "`instructions`": [
      {
        set: { instructions: "Be brief." },
        google: { system_instruction: "Be brief." },
        anthropic: { system: "Be brief." }
      }
    ],
    "`system` and `developer` messages": ["system", "developer"].map((role) => ({
      base: { instructions: "Be brief.", ...asked },
      set: { input: [user(text), { role, content: "Be kind." }] },
      google: { system_instruction: "Be brief.\n\nBe kind." },
      anthropic: { system: "Be brief.\n\nBe kind." }
    })),
    "`user` and `assistant` messages, text": [{
      base: asked,
      set: { input: [user(text), { role: "assistant", content: [{ type: "output_text", text: "Yes" }] }, user(text)] },
      google: { "input.1": { type: "model_output", content: [{ type: "text", text: "Yes" }] } },
      anthropic: { "messages.1": { role: "assistant", content: [{ type: "text", text: "Yes" }] } }
    }],
    "`output_text` annotations": [{
      base: answered({ role: "assistant", content: [{ type: "output_text", text: "Yes" }] }),
      set: answered({
        role: "assistant",
        content: [{ type: "output_text", text: "Yes", annotations: [{ type: "url_citation", url: "https://a.test" }] }]
      })
    }],
    "`refusal` parts": [{
      base: asked,
      set: answered({ role: "assistant", content: [{ type: "refusal", refusal: "No" }] }),
      google: { "input.1.content": [{ type: "text", text: "No" }] },
      anthropic: { "messages.1.content": [{ type: "text", text: "No" }] }
    }],
    "`input_image`, data URL": [{
      base: asked,
      set: { input: [user(text, { type: "input_image", image_url: png })] },
      google: { "input.0.content.1": { type: "image", data: "iVBORw0=", mime_type: "image/png" } },
      anthropic: {
        "messages.0.content.1.source": { type: "base64", media_type: "image/png", data: "iVBORw0=" }
      }
    }],
    "`input_image`, address": [{
      base: asked,
      set: { input: [user(text, { type: "input_image", image_url: "https://a.test/a.png" })] },
      google: { "input.0.content.1": { type: "image", uri: "https://a.test/a.png", mime_type: "image/png" } },
      anthropic: { "messages.0.content.1.source": { type: "url", url: "https://a.test/a.png" } }
    }],
    "`input_image.detail`": [{
      base: { input: [user({ type: "input_image", image_url: png })] },
      set: { input: [user({ type: "input_image", image_url: png, detail: "high" })] },
      google: { "input.0.content.0.resolution": "high" }
    }],
    "`input_file`, inline": [{
      base: asked,
      set: { input: [user(text, { type: "input_file", filename: "a.pdf", file_data: pdf })] },
      google: { "input.0.content.1": { type: "document", data: "JVBERi0=", mime_type: "application/pdf" } },
      anthropic: {
        "messages.0.content.1.source": { type: "base64", media_type: "application/pdf", data: "JVBERi0=" }
      }
    }],
    "`input_file`, address": [{
      base: asked,
      set: { input: [user(text, { type: "input_file", file_url: "https://a.test/a.pdf" })] },
      google: { "input.0.content.1.uri": "https://a.test/a.pdf" },
      anthropic: { "messages.0.content.1.source": { type: "url", url: "https://a.test/a.pdf" } }
    }],
    "`file_id`": refused(
      ["input[0].content[0].file_id", { input: [user({ type: "input_image", file_id: "file_1" })] }],
      ["input[0].content[0].file_id", { input: [user({ type: "input_file", file_id: "file_1" })] }]
    ),
    "`input_audio`": [{
      base: asked,
      set: { input: [user(text, { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } })] },
      google: { "input.0.content.1": { type: "audio", data: "AAAA", mime_type: "audio/wav" } },
      param: "input[0].content[1].type"
    }],
    "other content": refused(["input[0].content[0].type", { input: [user({ type: "input_video" })] }]),
    "an `assistant` message at the end": refused(
      ["input[1]", { input: [user(text), { role: "assistant", content: "Once" }] }]
    ),
    "`function_call`, `function_call_output`": [{
      base: asked,
      set: { input: [user(text), call, output] },
      google: {
        "input.1": { type: "function_call", id: "c", name: "f", arguments: { a: 1 } },
        "input.2": { type: "function_result", call_id: "c", name: "f", result: "done" }
      },
      anthropic: {
        "messages.1.content": [{ type: "tool_use", id: "c", name: "f", input: { a: 1 } }],
        "messages.2.content": [{ type: "tool_result", tool_use_id: "c", content: "done" }]
      }
    }],
    "`reasoning` items the target made": [{
      base: asked,
      set: (provider) =>
        answered({ type: "reasoning", id: "rs", summary: [], encrypted_content: signed(provider, "openai") }),
      google: { "input.1": { type: "thought", signature: "c2lnbmVk" } },
      anthropic: { "messages.1.content": [{ type: "thinking", thinking: "", signature: "c2lnbmVk" }] }
    }],
    "`reasoning` items of others": [{
      base: { input: [user(text), user(text)] },
      set: answered({ type: "reasoning", id: "rs", summary: [], encrypted_content: signed("openai", "openai") })
    }],
    "`web_search_call` items": [{
      base: { input: [user(text), user(text)] },
      set: answered({ type: "web_search_call", id: "ws", status: "completed", action: { type: "search", query: "q" } })
    }],
    "`custom_tool_call`, `tool_search_call`, calls in a namespace": [
      {
        base: { input: [user(text)] },
        set: {
          input: [
            user(text),
            { type: "custom_tool_call", call_id: "c", name: "f", input: "x" },
            { type: "custom_tool_call_output", call_id: "c", output: "done" }
          ]
        },
        google: { "input.1.name": "f", "input.2.result": "done" },
        anthropic: { "messages.1.content.0.input": { input: "x" }, "messages.2.content.0.content": "done" }
      },
      {
        base: asked,
        set: { input: [user(text), { ...call, namespace: "n" }, output] },
        google: { "input.1.name": "n__f" },
        anthropic: { "messages.1.content.0.name": "n__f" }
      },
      {
        base: asked,
        set: {
          input: [
            user(text),
            { type: "tool_search_call", call_id: "c", execution: "client", arguments: { a: 1 } },
            { type: "tool_search_output", call_id: "c", execution: "client", tools: [fn] }
          ]
        },
        google: { "input.1.name": "tool_search", "tools.0.name": "f" },
        anthropic: { "messages.1.content.0.name": "tool_search", "tools.0.name": "f" }
      }
    ],
    "`item_reference` to what is not kept, other items": refused(
      ["input[1].type", answered({ type: "compaction", encrypted_content: "x" })],
      ["input[1].type", answered({ type: "item_reference", id: "msg_1" })],
      ["input[1].type", answered({ id: "msg_1" })],
      ["input[1].type", answered({ type: "mcp_call", id: "mcp_1" })]
    ),
    "`prompt_cache_breakpoint`, `cache_control` of parts, items and tools": [
      {
        base: asked,
        set: { input: [user({ ...text, prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } })] },
        anthropic: { "messages.0.content.0.cache_control": hour }
      },
      {
        base: asked,
        set: { input: [user({ ...text, cache_control: brief })] },
        anthropic: { "messages.0.content.0.cache_control": brief }
      },
      {
        base: { input: [user(text), call, output] },
        set: { input: [user(text), { ...call, cache_control: brief }, { ...output, cache_control: hour }] },
        anthropic: {
          "messages.1.content.0.cache_control": brief,
          "messages.2.content.0.cache_control": brief
        }
      },
      {
        base: { tools: [fn] },
        set: { tools: [{ ...fn, cache_control: hour }] },
        anthropic: { "tools.0.cache_control": hour }
      }
    ],
    "`previous_response_id` of the target": [{
      set: { previous_response_id: "resp_google_v1_abc" },
      google: { previous_interaction_id: "v1_abc" },
      param: "previous_response_id"
    }],
    "`previous_response_id` of others that is not kept": refused(["previous_response_id", {
      previous_response_id: "resp_1"
    }]),
    "`conversation`, `prompt`": refused(
      ["conversation", { conversation: "conv_1" }],
      ["prompt", { prompt: { id: "pmpt_1" } }]
    ),
    "`tools[]` `function`": [{
      set: { tools: [fn] },
      google: { tools: [{ type: "function", name: "f", parameters: schema }] },
      anthropic: { tools: [{ name: "f", input_schema: schema }] }
    }],
    "`tools[].strict`": [{
      base: { tools: [fn] },
      set: { tools: [{ ...fn, strict: true }] },
      anthropic: { "tools.0.strict": true }
    }],
    "`tools[]` `web_search`": [{
      set: { tools: [{ type: "web_search" }] },
      google: { tools: [{ type: "google_search" }] },
      anthropic: { tools: [{ type: "web_search_20250305", name: "web_search" }] }
    }],
    "`tools[].filters`, `tools[].user_location`": [
      {
        base: { tools: [{ type: "web_search" }] },
        set: { tools: [{ type: "web_search", filters: { allowed_domains: ["a.test"] } }] },
        param: "tools[0].filters",
        anthropic: { "tools.0.allowed_domains": ["a.test"] }
      },
      {
        base: { tools: [{ type: "web_search" }] },
        set: { tools: [{ type: "web_search", user_location: { type: "approximate", city: "Bern" } }] },
        param: "tools[0].user_location",
        anthropic: { "tools.0.user_location": { type: "approximate", city: "Bern" } }
      }
    ],
    "`tools[].search_context_size`": [{
      base: { tools: [{ type: "web_search" }] },
      set: { tools: [{ type: "web_search", search_context_size: "high" }] }
    }],
    "`tools[]` `namespace`, `custom`, `tool_search`": [
      {
        set: { tools: [{ type: "namespace", name: "n", description: "", tools: [fn] }] },
        google: { "tools.0.name": "n__f" },
        anthropic: { "tools.0.name": "n__f" }
      },
      {
        set: { tools: [{ type: "custom", name: "f" }] },
        google: { "tools.0.name": "f" },
        anthropic: { "tools.0.name": "f" }
      },
      {
        set: { tools: [{ type: "tool_search", execution: "client" }] },
        google: { "tools.0.name": "tool_search" },
        anthropic: { "tools.0.name": "tool_search" }
      }
    ],
    "other tools, such as `mcp` and `code_interpreter`": refused(
      ...["mcp", "file_search", "code_interpreter", "image_generation", "shell", "computer"].map((type) =>
        ["tools[0].type", { tools: [{ type }] }] as const
      )
    ),
    "`tool_choice`: a mode or a function": [
      {
        base: { tools: [fn] },
        set: { tool_choice: "auto" },
        google: { "generation_config.tool_choice": "auto" },
        anthropic: { tool_choice: { type: "auto" } }
      },
      {
        base: { tools: [fn] },
        set: { tool_choice: "none" },
        google: { "generation_config.tool_choice": "none" },
        anthropic: { tool_choice: { type: "none" } }
      },
      {
        base: { tools: [fn] },
        set: { tool_choice: "required" },
        google: { "generation_config.tool_choice": "any" },
        anthropic: { tool_choice: { type: "any" } }
      },
      {
        base: { tools: [fn] },
        set: { tool_choice: { type: "function", name: "f" } },
        google: { "generation_config.tool_choice": { allowed_tools: { mode: "any", tools: ["f"] } } },
        anthropic: { tool_choice: { type: "tool", name: "f" } }
      }
    ],
    "`tool_choice`: `allowed_tools`": [{
      base: { tools: [fn, other] },
      set: { tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "g" }] } },
      google: { "generation_config.tool_choice": { allowed_tools: { mode: "any", tools: ["g"] } } },
      anthropic: { tool_choice: { type: "any" }, tools: [{ name: "g", input_schema: schema }] }
    }],
    "`tool_choice`: another tool, such as `mcp`": [
      { base: { tools: [fn] }, set: { tool_choice: { type: "mcp", server_label: "s" } }, param: "tool_choice.type" }
    ],
    "`parallel_tool_calls: false`": [{
      base: { tools: [fn] },
      set: { parallel_tool_calls: false },
      answeredHere: "google",
      anthropic: { "tool_choice.disable_parallel_tool_use": true }
    }],
    "`max_tool_calls`": [{
      base: { tools: [{ type: "web_search" }] },
      set: { max_tool_calls: 3 },
      anthropic: { "tools.0.max_uses": 3 }
    }],
    "`text.format` `json_schema`": [{
      set: { text: { format: { type: "json_schema", name: "n", schema, strict: true } } },
      google: { response_format: { type: "text", mime_type: "application/json", schema } },
      anthropic: { "output_config.format": { type: "json_schema", schema } }
    }],
    "`text.format` `json_object`": [{
      set: { text: { format: { type: "json_object" } } },
      google: { response_format: { type: "text", mime_type: "application/json" } },
      anthropic: { system: "Answer with one JSON object and nothing else." }
    }],
    "`text.verbosity`": dropped({ text: { verbosity: "low" } }),
    "`reasoning.effort`": [
      {
        set: { reasoning: { effort: "xhigh" } },
        google: { "generation_config.thinking_level": "high" },
        anthropic: { "output_config.effort": "max" }
      },
      {
        set: { reasoning: { effort: "none" } },
        google: { "generation_config.thinking_level": "minimal" },
        anthropic: { thinking: { type: "disabled" } }
      }
    ],
    "`reasoning.summary`": [{
      set: { reasoning: { summary: "detailed" } },
      google: { "generation_config.thinking_summaries": "auto" },
      anthropic: { "thinking.display": "summarized" }
    }],
    "`max_output_tokens`": [{
      set: { max_output_tokens: 7 },
      google: { "generation_config.max_output_tokens": 7 },
      anthropic: { max_tokens: 7 }
    }],
    "`temperature`, `top_p`": [
      { set: { temperature: 0.5 }, google: { "generation_config.temperature": 0.5 }, anthropic: { temperature: 0.5 } },
      { set: { top_p: 0.5 }, google: { "generation_config.top_p": 0.5 }, anthropic: { top_p: 0.5 } }
    ],
    "`temperature`, `top_p` for newer models": dropped({ temperature: 0.5 }, { top_p: 0.5 }),
    "`top_logprobs`, log probabilities in `include`": refused(
      ["top_logprobs", { top_logprobs: 2 }],
      ["include[1]", { include: ["reasoning.encrypted_content", "message.output_text.logprobs"] }]
    ),
    "other `include`": dropped({ include: ["reasoning.encrypted_content", "web_search_call.action.sources"] }),
    "`store`": [{ set: { store: true }, google: { store: true } }],
    "`metadata`": [{ set: { metadata: { team: "a", "Not A Label": "b" } }, google: { labels: { team: "a" } } }],
    "`safety_identifier`": [{ set: { safety_identifier: "u" }, anthropic: { "metadata.user_id": "u" } }],
    "`moderation` that blocks": refused(
      ["moderation", { moderation: { model: "m", policy: { input: { mode: "block" }, output: null } } }],
      ["moderation", { moderation: { model: "m", policy: { output: { mode: "block" } } } }]
    ),
    "`moderation` that only scores": dropped(
      { moderation: { model: "m" } },
      { moderation: { model: "m", policy: { input: { mode: "score" } } } }
    ),
    "`background: true`": refused(["background", { background: true }]),
    "`prompt_cache_key`, `prompt_cache_retention`": cacheAsked,
    "`truncation`, `user`, `stream_options`": dropped(
      { truncation: "auto" },
      { user: "u" },
      { stream_options: { include_obfuscation: false } }
    ),
    "`prompt_cache_options`": [{ set: { prompt_cache_options: { ttl: "12h" } }, anthropic: { cache_control: hour } }],
    "`context_management`, `image`, `access_programs`": dropped(
      { context_management: [{ type: "compaction" }] },
      { image: { context_compression: "auto" } },
      { access_programs: { cyber: "standard" } }
    ),
    "any other member": unknown
  }
})()

const chat: Samples = (() => {
  const user = { role: "user", content: "Hi" }
  const parts = (...content: ReadonlyArray<Json>): JsonObject => ({ messages: [{ role: "user", content }] })
  const text = { type: "text", text: "Hi" }
  const answered = (message: JsonObject): JsonObject => ({ messages: [user, message, user] })
  const call = { id: "c", type: "function", function: { name: "f", arguments: "{\"a\":1}" } }
  const fn = (name: string, more: JsonObject = {}): JsonObject => ({
    type: "function",
    function: { name, parameters: schema, ...more }
  })
  const asked = parts(text)
  return {
    "`model`, `messages`, `stream`": [{ set: { stream: true }, google: { stream: true }, anthropic: { stream: true } }],
    "`system` and `developer` messages": ["system", "developer"].map((role) => ({
      set: {
        messages: [{ role: "system", content: "Be brief." }, user, {
          role,
          content: [{ type: "text", text: "Be kind." }]
        }]
      },
      google: { system_instruction: "Be brief.\n\nBe kind." },
      anthropic: { system: "Be brief.\n\nBe kind." }
    })),
    "`user` and `assistant` messages, text": [{
      set: answered({ role: "assistant", content: "Yes" }),
      google: { "input.1": { type: "model_output", content: [{ type: "text", text: "Yes" }] } },
      anthropic: { "messages.1": { role: "assistant", content: [{ type: "text", text: "Yes" }] } }
    }],
    "`messages[].name`": dropped({ messages: [{ ...user, name: "ann" }] }),
    "`refusal` of an assistant": [{
      set: answered({ role: "assistant", content: null, refusal: "No" }),
      google: { "input.1.content": [{ type: "text", text: "No" }] },
      anthropic: { "messages.1.content": [{ type: "text", text: "No" }] }
    }],
    "`image_url`, data URL": [{
      base: asked,
      set: parts(text, { type: "image_url", image_url: { url: png } }),
      google: { "input.0.content.1": { type: "image", data: "iVBORw0=", mime_type: "image/png" } },
      anthropic: {
        "messages.0.content.1.source": { type: "base64", media_type: "image/png", data: "iVBORw0=" }
      }
    }],
    "`image_url`, address": [{
      base: asked,
      set: parts(text, { type: "image_url", image_url: { url: "https://a.test/a.png" } }),
      google: { "input.0.content.1": { type: "image", uri: "https://a.test/a.png", mime_type: "image/png" } },
      anthropic: { "messages.0.content.1.source": { type: "url", url: "https://a.test/a.png" } }
    }],
    "`image_url.detail`": [{
      base: parts({ type: "image_url", image_url: { url: png } }),
      set: parts({ type: "image_url", image_url: { url: png, detail: "low" } }),
      google: { "input.0.content.0.resolution": "low" }
    }],
    "`file`, inline": [{
      base: asked,
      set: parts(text, { type: "file", file: { filename: "a.pdf", file_data: pdf } }),
      google: { "input.0.content.1": { type: "document", data: "JVBERi0=", mime_type: "application/pdf" } },
      anthropic: {
        "messages.0.content.1.source": { type: "base64", media_type: "application/pdf", data: "JVBERi0=" }
      }
    }],
    "`file_id`": refused([
      "messages[0].content[1].file.file_id",
      parts(text, { type: "file", file: { file_id: "f" } })
    ]),
    "`input_audio`": [{
      base: asked,
      set: parts(text, { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } }),
      google: { "input.0.content.1": { type: "audio", data: "AAAA", mime_type: "audio/mp3" } },
      param: "messages[0].content[1].type"
    }],
    "an `assistant` message at the end": refused(
      ["messages[1]", { messages: [user, { role: "assistant", content: "Once" }] }]
    ),
    "`tool_calls`, `tool` messages": [{
      set: {
        messages: [
          user,
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "c", content: "done" }
        ]
      },
      google: {
        "input.1": { type: "function_call", id: "c", name: "f", arguments: { a: 1 } },
        "input.2": { type: "function_result", call_id: "c", name: "f", result: "done" }
      },
      anthropic: {
        "messages.1.content": [{ type: "tool_use", id: "c", name: "f", input: { a: 1 } }],
        "messages.2.content": [{ type: "tool_result", tool_use_id: "c", content: "done" }]
      }
    }],
    "`audio` and `function_call` of an assistant, `function` messages": refused(
      ["messages[1].audio", answered({ role: "assistant", audio: { id: "a" } })],
      ["messages[1].function_call", answered({ role: "assistant", function_call: { name: "f", arguments: "{}" } })],
      ["messages[1].role", answered({ role: "function", name: "f", content: "done" })]
    ),
    "`reasoning_details` the target made": [{
      base: answered({ role: "assistant", content: "Yes" }),
      set: (provider) =>
        answered({
          role: "assistant",
          content: "Yes",
          reasoning_details: [{ type: "reasoning.encrypted", data: signed(provider, undefined) }]
        }),
      google: { "input.1": { type: "thought", signature: "c2lnbmVk" } },
      anthropic: { "messages.1.content.0": { type: "thinking", thinking: "", signature: "c2lnbmVk" } }
    }],
    "`reasoning_details` of others": [{
      base: answered({ role: "assistant", content: "Yes" }),
      set: answered({
        role: "assistant",
        content: "Yes",
        reasoning_details: [{ type: "reasoning.encrypted", data: signed("openai", undefined) }]
      })
    }],
    "`cache_control`, `prompt_cache_breakpoint` of parts, messages and tools": [
      {
        base: asked,
        set: parts({ ...text, prompt_cache_breakpoint: { mode: "explicit" } }),
        anthropic: { "messages.0.content.0.cache_control": brief }
      },
      {
        base: { messages: [{ role: "system", content: "Be brief." }, user] },
        set: { messages: [{ role: "system", content: "Be brief.", cache_control: hour }, user] },
        anthropic: { system: [{ type: "text", text: "Be brief.", cache_control: hour }] }
      },
      {
        base: { tools: [fn("f")] },
        set: { tools: [{ ...fn("f"), cache_control: hour }] },
        anthropic: { "tools.0.cache_control": hour }
      }
    ],
    "`tools[]` `function`": [{
      set: { tools: [fn("f")] },
      google: { tools: [{ type: "function", name: "f", parameters: schema }] },
      anthropic: { tools: [{ name: "f", input_schema: schema }] }
    }],
    "`tools[].function.strict`": [{
      base: { tools: [fn("f")] },
      set: { tools: [fn("f", { strict: true })] },
      anthropic: { "tools.0.strict": true }
    }],
    "`tools[]` `custom`, `functions`, `function_call`": refused(
      ["tools[0].type", { tools: [{ type: "custom", custom: { name: "f" } }] }],
      ["functions", { functions: [{ name: "f" }] }],
      ["function_call", { function_call: "auto" }]
    ),
    "`tool_choice`: a mode or a function": [
      {
        base: { tools: [fn("f")] },
        set: { tool_choice: "required" },
        google: { "generation_config.tool_choice": "any" },
        anthropic: { tool_choice: { type: "any" } }
      },
      {
        base: { tools: [fn("f")] },
        set: { tool_choice: { type: "function", function: { name: "f" } } },
        google: { "generation_config.tool_choice": { allowed_tools: { mode: "any", tools: ["f"] } } },
        anthropic: { tool_choice: { type: "tool", name: "f" } }
      }
    ],
    "`tool_choice`: `allowed_tools`": [{
      base: { tools: [fn("f"), fn("g")] },
      set: {
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "g" } }] }
        }
      },
      google: { "generation_config.tool_choice": { allowed_tools: { mode: "auto", tools: ["g"] } } },
      anthropic: { tool_choice: { type: "auto" }, tools: [{ name: "g", input_schema: schema }] }
    }],
    "`tool_choice`: a `custom` tool": refused(
      ["tool_choice", { tool_choice: { type: "custom", custom: { name: "f" } } }]
    ),
    "`parallel_tool_calls: false`": [{
      base: { tools: [fn("f")] },
      set: { parallel_tool_calls: false },
      answeredHere: "google",
      anthropic: { "tool_choice.disable_parallel_tool_use": true }
    }],
    "`web_search_options`": [{
      set: { web_search_options: {} },
      google: { tools: [{ type: "google_search" }] },
      anthropic: { tools: [{ type: "web_search_20250305", name: "web_search" }] }
    }],
    "`web_search_options.user_location`": [{
      base: { tools: [fn("f")], web_search_options: {} },
      set: { web_search_options: { user_location: { type: "approximate", approximate: { city: "Bern" } } } },
      param: "web_search_options.user_location",
      anthropic: { "tools.1.user_location": { type: "approximate", city: "Bern" } }
    }],
    "`web_search_options.search_context_size`": [
      { base: { web_search_options: {} }, set: { web_search_options: { search_context_size: "low" } } }
    ],
    "`response_format` `json_schema`": [{
      set: { response_format: { type: "json_schema", json_schema: { name: "n", schema, strict: true } } },
      google: { response_format: { type: "text", mime_type: "application/json", schema } },
      anthropic: { "output_config.format": { type: "json_schema", schema } }
    }],
    "`response_format` `json_object`": [{
      set: { response_format: { type: "json_object" } },
      google: { response_format: { type: "text", mime_type: "application/json" } },
      anthropic: { system: "Answer with one JSON object and nothing else." }
    }],
    "`reasoning_effort`": [{
      set: { reasoning_effort: "max" },
      google: { "generation_config.thinking_level": "high" },
      anthropic: { "output_config.effort": "max" }
    }],
    "`reasoning`: `effort`, `max_tokens`, `enabled`, `exclude`": [
      {
        set: { reasoning: { effort: "low" } },
        google: { generation_config: { thinking_level: "low", thinking_summaries: "auto" } },
        anthropic: { "output_config.effort": "low", "thinking.display": "summarized" }
      },
      {
        set: { reasoning: { max_tokens: 5000, exclude: true } },
        google: { generation_config: { thinking_level: "medium" } },
        anthropic: { "output_config.effort": "medium", thinking: { type: "adaptive" } }
      },
      {
        set: { reasoning: { enabled: false } },
        google: { generation_config: { thinking_level: "minimal" } },
        anthropic: { thinking: { type: "disabled" } }
      }
    ],
    "`max_completion_tokens`, `max_tokens`": ["max_completion_tokens", "max_tokens"].map((field) => ({
      set: { [field]: 7 },
      google: { "generation_config.max_output_tokens": 7 },
      anthropic: { max_tokens: 7 }
    })),
    "`temperature`, `top_p`": [
      { set: { temperature: 0.5 }, google: { "generation_config.temperature": 0.5 }, anthropic: { temperature: 0.5 } },
      { set: { top_p: 0.5 }, google: { "generation_config.top_p": 0.5 }, anthropic: { top_p: 0.5 } }
    ],
    "`temperature`, `top_p` for newer models": dropped({ temperature: 0.5 }, { top_p: 0.5 }),
    "`top_k`": [{ set: { top_k: 5 }, anthropic: { top_k: 5 } }],
    "`stop`": [
      {
        set: { stop: "END" },
        google: { "generation_config.stop_sequences": ["END"] },
        anthropic: { stop_sequences: ["END"] }
      },
      {
        set: { stop: ["A", "B"] },
        google: { "generation_config.stop_sequences": ["A", "B"] },
        anthropic: { stop_sequences: ["A", "B"] }
      }
    ],
    "`seed`": [{ set: { seed: 7 }, google: { "generation_config.seed": 7 }, param: "seed" }],
    "`n`, `presence_penalty`, `frequency_penalty`, `logit_bias`, `modalities`, `audio`": refused(
      ["n", { n: 2 }],
      ["presence_penalty", { presence_penalty: 0.5 }],
      ["frequency_penalty", { frequency_penalty: 0.5 }],
      ["logit_bias", { logit_bias: { "50256": -100 } }],
      ["modalities", { modalities: ["text", "audio"] }],
      ["audio", { audio: { voice: "alloy", format: "wav" } }]
    ),
    "`logprobs`, `top_logprobs`": refused(
      ["logprobs", { logprobs: true }],
      ["top_logprobs", { logprobs: true, top_logprobs: 2 }]
    ),
    "`store`": [{ set: { store: true }, google: { store: true } }],
    "`metadata`": [{ set: { metadata: { team: "a" } }, google: { labels: { team: "a" } } }],
    "`safety_identifier`": [{ set: { safety_identifier: "u" }, anthropic: { "metadata.user_id": "u" } }],
    "`moderation` that blocks": refused(
      ["moderation", { moderation: { model: "m", policy: { input: { mode: "block" }, output: null } } }],
      ["moderation", { moderation: { model: "m", policy: { output: { mode: "block" } } } }]
    ),
    "`moderation` that only scores": dropped(
      { moderation: { model: "m" } },
      { moderation: { model: "m", policy: { input: { mode: "score" } } } }
    ),
    "`stream_options.include_usage`": [
      { base: { stream: true }, set: { stream_options: { include_usage: true } }, answeredHere: true }
    ],
    "`verbosity`, `prediction`, `user`": dropped(
      { verbosity: "low" },
      { prediction: { type: "content", content: "Hello" } },
      { user: "u" }
    ),
    "`prompt_cache_key`, `prompt_cache_retention`": cacheAsked,
    "`prompt_cache_options`": [{ set: { prompt_cache_options: { ttl: "30m" } }, anthropic: { cache_control: brief } }],
    "`cache_control`": [{ set: { cache_control: hour }, anthropic: { cache_control: hour } }],
    "any other member": unknown
  }
})()

const interactions: Samples = (() => {
  const text = { type: "text", text: "Hi" }
  const user = (...content: ReadonlyArray<Json>): JsonObject => ({ type: "user_input", content })
  const answered = (...steps: ReadonlyArray<JsonObject>): JsonObject => ({ input: [user(text), ...steps, user(text)] })
  const twice = { input: [user(text), user(text)] }
  const asked = { input: [user(text)] }
  const image = (more: JsonObject) => ({ input: [user(text, { type: "image", mime_type: "image/png", ...more })] })
  const call = { type: "function_call", id: "c", name: "f", arguments: { a: 1 } }
  const result = { type: "function_result", call_id: "c", name: "f", result: "done" }
  const fn = (name: string): JsonObject => ({ type: "function", name, parameters: schema })
  const config = (generation_config: JsonObject): JsonObject => ({ generation_config })
  return {
    "`model`, `input`, `stream`": [
      {
        set: { input: "Why?" },
        openai: { input: "Why?" },
        anthropic: { "messages.0.content": [{ type: "text", text: "Why?" }] }
      },
      { set: { stream: true }, openai: { stream: true }, anthropic: { stream: true } }
    ],
    "`system_instruction`": [
      {
        set: { system_instruction: "Be brief." },
        openai: { instructions: "Be brief." },
        anthropic: { system: "Be brief." }
      }
    ],
    "`user_input`, `model_output`, text": [{
      base: asked,
      set: answered({ type: "model_output", content: [{ type: "text", text: "Yes" }] }),
      openai: {
        "input.1": { type: "message", role: "assistant", content: [{ type: "output_text", text: "Yes" }] }
      },
      anthropic: { "messages.1": { role: "assistant", content: [{ type: "text", text: "Yes" }] } }
    }],
    "`image`": [
      {
        base: asked,
        set: image({ data: "iVBORw0=" }),
        openai: { "input.0.content.1.image_url": png },
        anthropic: {
          "messages.0.content.1.source": { type: "base64", media_type: "image/png", data: "iVBORw0=" }
        }
      },
      {
        base: asked,
        set: image({ uri: "https://a.test/a" }),
        openai: { "input.0.content.1.image_url": "https://a.test/a" },
        anthropic: { "messages.0.content.1.source": { type: "url", url: "https://a.test/a" } }
      }
    ],
    "`image.resolution`": [{
      base: image({ data: "iVBORw0=" }),
      set: image({ data: "iVBORw0=", resolution: "ultra_high" }),
      openai: { "input.0.content.1.detail": "high" }
    }],
    "`document`": [{
      base: asked,
      set: { input: [user(text, { type: "document", mime_type: "application/pdf", data: "JVBERi0=" })] },
      openai: { "input.0.content.1.file_data": pdf },
      anthropic: {
        "messages.0.content.1.source": { type: "base64", media_type: "application/pdf", data: "JVBERi0=" }
      }
    }],
    "`audio`, inline WAV or MP3": [{
      base: asked,
      set: { input: [user(text, { type: "audio", data: "AAAA", mime_type: "audio/wav" })] },
      openai: { "messages.0.content.1": { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } } },
      param: "input[0]"
    }],
    "`video`, other `audio`, files stored by Google": refused(
      ["input[0].content[0].mime_type", { input: [user({ type: "audio", data: "AAAA", mime_type: "audio/flac" })] }],
      ["input[1].type", { input: [text, { type: "video", uri: "https://a.test/a.mp4" }] }],
      ["input[0].content[1].uri", image({ uri: "gs://bucket/a.png" })]
    ),
    "`function_call`, `function_result`": [{
      base: asked,
      set: { input: [user(text), call, result] },
      openai: {
        "input.1": { type: "function_call", call_id: "c", name: "f", arguments: "{\"a\":1}" },
        "input.2": { type: "function_call_output", call_id: "c", output: "done" }
      },
      anthropic: {
        "messages.1.content": [{ type: "tool_use", id: "c", name: "f", input: { a: 1 } }],
        "messages.2.content": [{ type: "tool_result", tool_use_id: "c", content: "done" }]
      }
    }],
    "`function_result.is_error`": [{
      base: { input: [user(text), call, result] },
      set: { input: [user(text), call, { ...result, is_error: true }] },
      openai: { "input.2.status": "incomplete" },
      anthropic: { "messages.2.content.0.is_error": true }
    }],
    "`thought` steps the target made": [{
      base: twice,
      set: (provider) => answered({ type: "thought", signature: signed(provider, "google") }),
      openai: { "input.1": { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "c2lnbmVk" } },
      anthropic: { "messages.1.content": [{ type: "thinking", thinking: "", signature: "c2lnbmVk" }] }
    }],
    "`thought` steps of others": [{ base: twice, set: answered({ type: "thought", signature: "c2lnbmVk" }) }],
    "`google_search_call`, `google_search_result`, `url_context_call`, `url_context_result`": [{
      base: twice,
      set: answered(
        { type: "google_search_call", id: "s", arguments: { queries: ["q"] } },
        { type: "google_search_result", call_id: "s", result: [] },
        { type: "url_context_call", id: "u", arguments: { urls: ["https://a.test"] } },
        { type: "url_context_result", call_id: "u", result: [] }
      )
    }],
    "a `model_output` at the end": refused(
      ["input[1]", { input: [user(text), { type: "model_output", content: [{ type: "text", text: "Once" }] }] }]
    ),
    "other steps, such as `code_execution_call`": refused(
      ["input[1].type", answered({ type: "code_execution_call", id: "x" })],
      ["input[1].type", answered({ type: "mcp_server_tool_result", call_id: "x" })]
    ),
    "`tools[]` `function`": [{
      set: { tools: [fn("f")] },
      openai: { tools: [{ type: "function", name: "f", parameters: schema, strict: false }] },
      anthropic: { tools: [{ name: "f", input_schema: schema }] }
    }],
    "`tools[]` `google_search`": [{
      set: { tools: [{ type: "google_search" }] },
      openai: { tools: [{ type: "web_search" }] },
      anthropic: { tools: [{ type: "web_search_20250305", name: "web_search" }] }
    }],
    "`tools[].search_types`": [{
      base: { tools: [{ type: "google_search" }] },
      set: { tools: [{ type: "google_search", search_types: ["web_search"] }] }
    }],
    "`tools[]` `url_context`": [{
      set: { tools: [{ type: "url_context" }] },
      openai: { tools: [{ type: "web_search" }] },
      anthropic: { tools: [{ type: "web_fetch_20250910", name: "web_fetch" }] }
    }],
    "other tools, such as `code_execution` and `mcp_server`": refused(
      ...["code_execution", "file_search", "google_maps", "mcp_server", "computer_use"].map((type) =>
        ["tools[0].type", { tools: [{ type }] }] as const
      )
    ),
    "`tool_choice`: `auto`, `any`, `none`": ([["auto", "auto"], ["any", "required"], ["none", "none"]] as const).map(
      ([google, openai]) => ({
        base: { tools: [fn("f")] },
        set: config({ tool_choice: google }),
        openai: { tool_choice: openai },
        anthropic: { tool_choice: { type: google } }
      })
    ),
    "`tool_choice`: `validated`": [{
      base: { tools: [fn("f")] },
      set: config({ tool_choice: "validated" }),
      openai: { tool_choice: "auto" },
      anthropic: { tool_choice: { type: "auto" } }
    }],
    "`tool_choice`: `allowed_tools`": [{
      base: { tools: [fn("f"), fn("g")] },
      set: config({ tool_choice: { allowed_tools: { mode: "auto", tools: ["g"] } } }),
      openai: { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "g" }] } },
      anthropic: { tool_choice: { type: "auto" }, tools: [{ name: "g", input_schema: schema }] }
    }],
    "`response_format` with a schema": [{
      set: { response_format: { type: "text", mime_type: "application/json", schema } },
      openai: { "text.format": { type: "json_schema", name: "response", schema, strict: false } },
      anthropic: { "output_config.format": { type: "json_schema", schema } }
    }],
    "`response_format` of JSON without one, `response_mime_type`": [
      {
        set: { response_format: { type: "text", mime_type: "application/json" } },
        openai: { "text.format": { type: "json_object" } },
        anthropic: { system: "Answer with one JSON object and nothing else." }
      },
      {
        set: { response_mime_type: "application/json" },
        openai: { "text.format": { type: "json_object" } },
        anthropic: { system: "Answer with one JSON object and nothing else." }
      }
    ],
    "`response_format` and `response_modalities` but text": refused(
      ["response_format.type", { response_format: { type: "image" } }],
      ["response_format[1].type", { response_format: [{ type: "text" }, { type: "audio" }] }],
      ["response_modalities[1]", { response_modalities: ["text", "image"] }]
    ),
    "`max_output_tokens`": [
      { set: config({ max_output_tokens: 70 }), openai: { max_output_tokens: 70 }, anthropic: { max_tokens: 70 } }
    ],
    "`thinking_level`": [{
      set: config({ thinking_level: "low" }),
      openai: { "reasoning.effort": "low" },
      anthropic: { "output_config.effort": "low" }
    }],
    "`thinking_summaries`": [{
      set: config({ thinking_summaries: "auto" }),
      openai: { "reasoning.summary": "auto" },
      anthropic: { "thinking.display": "summarized" }
    }],
    "`temperature`, `top_p`": [
      { set: config({ temperature: 0.5 }), openai: { temperature: 0.5 }, anthropic: { temperature: 0.5 } },
      { set: config({ top_p: 0.5 }), openai: { top_p: 0.5 }, anthropic: { top_p: 0.5 } }
    ],
    "`temperature`, `top_p` for newer models": dropped(config({ temperature: 0.5 }), config({ top_p: 0.5 })),
    "`stop_sequences`": [{
      set: config({ stop_sequences: ["END"] }),
      openai: { stop: ["END"], "messages.0": { role: "user", content: "Hi" } },
      anthropic: { stop_sequences: ["END"] }
    }],
    "`seed`": [{ set: config({ seed: 7 }), openai: { seed: 7 }, param: "generation_config.seed" }],
    "`store`": [{ set: { store: true }, openai: { store: true } }],
    "`labels`": [{ set: { labels: { team: "a" } }, openai: { metadata: { team: "a" } } }],
    "`previous_interaction_id` of the target": [{
      set: { previous_interaction_id: "resp_1" },
      openai: { previous_response_id: "resp_1" },
      param: "previous_interaction_id"
    }],
    "`previous_interaction_id` of others that is not kept": refused(["previous_interaction_id", {
      previous_interaction_id: "v1_abc"
    }]),
    "`agent`, `environment`, `cached_content`, `continuation_token`": refused(
      ["agent", { agent: "deep-research" }],
      ["environment", { environment: "e" }],
      ["cached_content", { cached_content: "cachedContents/1" }],
      ["continuation_token", { continuation_token: "t" }]
    ),
    "`background: true`": refused(["background", { background: true }]),
    "`safety_settings` that block": refused(
      ["safety_settings[1]", {
        safety_settings: [
          { type: "harassment", threshold: "BLOCK_NONE" },
          { type: "hate_speech", threshold: "block_low_and_above" }
        ]
      }]
    ),
    "`safety_settings` that let pass, `webhook_config`, `speech_config` and the like": dropped(
      { safety_settings: [{ type: "harassment", threshold: "block_none" }] },
      { webhook_config: { uri: "https://a.test" } },
      config({ speech_config: { voice: "v" } })
    ),
    "`cache_control`": [{ set: { cache_control: hour }, anthropic: { cache_control: hour } }],
    "`cache_control` of content and tools": [
      {
        base: asked,
        set: { input: [user({ ...text, cache_control: hour })] },
        anthropic: { "messages.0.content.0.cache_control": hour }
      },
      {
        base: { tools: [fn("f")] },
        set: { tools: [{ ...fn("f"), cache_control: brief }] },
        anthropic: { "tools.0.cache_control": brief }
      }
    ],
    "any other member": unknown
  }
})()

const messages: Samples = (() => {
  const user = (...content: ReadonlyArray<Json>): JsonObject => ({ role: "user", content })
  const assistant = (...content: ReadonlyArray<Json>): JsonObject => ({ role: "assistant", content })
  const text = { type: "text", text: "Hi" }
  const yes = { type: "text", text: "Yes" }
  const asked = (...content: ReadonlyArray<Json>): JsonObject => ({ messages: [user(text, ...content)] })
  const answered = (...content: ReadonlyArray<Json>): JsonObject => ({
    messages: [user(text), assistant(...content), user(text)]
  })
  const use = { type: "tool_use", id: "c", name: "f", input: { a: 1 } }
  const result = { type: "tool_result", tool_use_id: "c", content: "done" }
  const turns = (block: JsonObject): JsonObject => ({ messages: [user(text), assistant(use), user(block)] })
  const document = (source: JsonObject, more: JsonObject = {}): JsonObject =>
    asked({ type: "document", source, ...more })
  const inline = { type: "base64", media_type: "application/pdf", data: "JVBERi0=" }
  const tool = (more: JsonObject = {}): JsonObject => ({ name: "f", input_schema: schema, ...more })
  const search = (more: JsonObject = {}): JsonObject => ({
    tools: [tool(), { type: "web_search_20250305", name: "web_search", ...more }]
  })
  const config = (output_config: JsonObject): JsonObject => ({ output_config })
  return {
    "`model`, `messages`, `max_tokens`, `stream`": [
      {
        set: { max_tokens: 70 },
        openai: { max_output_tokens: 70 },
        google: { "generation_config.max_output_tokens": 70 }
      },
      { set: { stream: true }, openai: { stream: true }, google: { stream: true } }
    ],
    "`system`": [
      {
        set: { system: "Be brief." },
        openai: { instructions: "Be brief." },
        google: { system_instruction: "Be brief." }
      },
      {
        set: { system: [{ type: "text", text: "Be brief." }, { type: "text", text: "Be kind." }] },
        openai: { instructions: "Be brief.\n\nBe kind." },
        google: { system_instruction: "Be brief.\n\nBe kind." }
      }
    ],
    "`user` and `assistant` turns, text": [{
      set: answered(yes),
      openai: {
        "input.1": {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "Yes", annotations: [] }]
        }
      },
      google: { "input.1": { type: "model_output", content: [{ type: "text", text: "Yes" }] } }
    }],
    "an `assistant` turn at the end": refused(["messages[1]", { messages: [user(text), assistant(yes)] }]),
    "`citations` of a text": [{
      base: answered(yes),
      set: answered({ ...yes, citations: [{ type: "web_search_result_location", url: "https://a.test" }] })
    }],
    "`image`, inline": [{
      base: asked(),
      set: asked({ type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0=" } }),
      openai: { "input.0.content.1.image_url": png },
      google: { "input.0.content.1": { type: "image", data: "iVBORw0=", mime_type: "image/png" } }
    }],
    "`image`, address": [{
      base: asked(),
      set: asked({ type: "image", source: { type: "url", url: "https://a.test/a.png" } }),
      openai: { "input.0.content.1.image_url": "https://a.test/a.png" },
      google: { "input.0.content.1": { type: "image", uri: "https://a.test/a.png", mime_type: "image/png" } }
    }],
    "`document`, inline or address": [
      {
        base: asked(),
        set: document(inline),
        openai: { "input.0.content.1.file_data": pdf },
        google: { "input.0.content.1": { type: "document", data: "JVBERi0=", mime_type: "application/pdf" } }
      },
      {
        base: asked(),
        set: document({ type: "url", url: "https://a.test/a.pdf" }),
        openai: { "input.0.content.1.file_url": "https://a.test/a.pdf" },
        google: { "input.0.content.1.uri": "https://a.test/a.pdf" }
      },
      {
        base: asked(),
        set: document({ type: "text", media_type: "text/plain", data: "Read me" }),
        openai: { "input.0.content.1": { type: "input_text", text: "Read me" } },
        google: { "input.0.content.1": { type: "text", text: "Read me" } }
      }
    ],
    "`document.title`": [{
      base: document(inline),
      set: document(inline, { title: "A" }),
      openai: { "input.0.content.1.filename": "A" }
    }],
    "`document.context`": [{ base: document(inline), set: document(inline, { context: "Of 1999" }) }],
    "`document.citations`": refused(
      ["messages[0].content[1].citations", document(inline, { citations: { enabled: true } })]
    ),
    "`image` and `document` stored by Anthropic": refused(
      ["messages[0].content[1].source", asked({ type: "image", source: { type: "file", file_id: "f" } })],
      ["messages[0].content[1].source", document({ type: "file", file_id: "f" })]
    ),
    "`tool_use`, `tool_result`": [{
      set: turns(result),
      openai: {
        "input.1": { type: "function_call", call_id: "c", name: "f", arguments: "{\"a\":1}" },
        "input.2": { type: "function_call_output", call_id: "c", output: "done" }
      },
      google: {
        "input.1": { type: "function_call", id: "c", name: "f", arguments: { a: 1 } },
        "input.2": { type: "function_result", call_id: "c", name: "f", result: "done" }
      }
    }],
    "`tool_result.is_error`": [{
      base: turns(result),
      set: turns({ ...result, is_error: true }),
      openai: { "input.2.status": "incomplete" },
      google: { "input.2.is_error": true }
    }],
    "`thinking` the target made": [{
      base: answered(yes),
      set: (provider) => answered({ type: "thinking", thinking: "Hm", signature: signed(provider, "anthropic") }, yes),
      openai: {
        "input.1": {
          type: "reasoning",
          id: "rs_1",
          summary: [{ type: "summary_text", text: "Hm" }],
          encrypted_content: "c2lnbmVk"
        }
      },
      google: { "input.1": { type: "thought", signature: "c2lnbmVk", summary: [{ type: "text", text: "Hm" }] } }
    }],
    "`thinking`, `redacted_thinking` of others": [
      { base: answered(yes), set: answered({ type: "thinking", thinking: "Hm", signature: "c2lnbmVk" }, yes) },
      { base: answered(yes), set: answered({ type: "redacted_thinking", data: "c2lnbmVk" }, yes) }
    ],
    "`server_tool_use`, `web_search_tool_result`, `web_fetch_tool_result`": [{
      base: answered(yes),
      set: answered(
        { type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } },
        { type: "web_search_tool_result", tool_use_id: "s", content: [] },
        { type: "server_tool_use", id: "w", name: "web_fetch", input: { url: "https://a.test" } },
        { type: "web_fetch_tool_result", tool_use_id: "w", content: {} },
        yes
      )
    }],
    "`search_result`": [{
      base: asked(),
      set: asked({
        type: "search_result",
        source: "https://a.test",
        title: "A",
        content: [{ type: "text", text: "So." }]
      }),
      openai: { "input.0.content.1": { type: "input_text", text: "A\nhttps://a.test\nSo." } },
      google: { "input.0.content.1": { type: "text", text: "A\nhttps://a.test\nSo." } }
    }],
    "other blocks, such as `code_execution_tool_result`": refused(
      ["messages[0].content[1].type", asked({ type: "container_upload", file_id: "f" })],
      ["messages[1].content[0].type", answered({ type: "code_execution_tool_result", tool_use_id: "s" })]
    ),
    "`tools[]` of the caller": [{
      set: { tools: [tool()] },
      openai: { tools: [{ type: "function", name: "f", parameters: schema, strict: false }] },
      google: { tools: [{ type: "function", name: "f", parameters: schema }] }
    }],
    "`tools[].strict`": [
      { base: { tools: [tool()] }, set: { tools: [tool({ strict: true })] }, openai: { "tools.0.strict": true } }
    ],
    "`tools[]` `web_search_*`": [{
      base: { tools: [tool()] },
      set: search(),
      openai: { "tools.1": { type: "web_search" } },
      google: { "tools.1": { type: "google_search" } }
    }],
    "`tools[]` `web_fetch_*`": [{
      base: { tools: [tool()] },
      set: { tools: [tool(), { type: "web_fetch_20250910", name: "web_fetch" }] },
      openai: { "tools.1": { type: "web_search" } },
      google: { "tools.1": { type: "url_context" } }
    }],
    "`tools[].allowed_domains`, `tools[].user_location`": [
      {
        base: search(),
        set: search({ allowed_domains: ["a.test"] }),
        openai: { "tools.1.filters": { allowed_domains: ["a.test"] } },
        param: "tools[1].allowed_domains"
      },
      {
        base: search(),
        set: search({ user_location: { type: "approximate", city: "Bern" } }),
        openai: { "tools.1.user_location": { type: "approximate", city: "Bern" } },
        param: "tools[1].user_location"
      }
    ],
    "`tools[].blocked_domains`": refused(["tools[1].blocked_domains", search({ blocked_domains: ["a.test"] })]),
    "`tools[].max_uses`": [{ base: search(), set: search({ max_uses: 3 }), openai: { max_tool_calls: 3 } }],
    "other tools, such as `bash_*`, `code_execution_*` and `mcp_toolset`": refused(
      ...["mcp_toolset", "bash_20250124", "text_editor_20250728", "computer_20250124", "code_execution_20250825"].map((
        type
      ) => ["tools[0].type", { tools: [{ type, name: "x" }] }] as const)
    ),
    "`tool_choice`": ([
      [{ type: "auto" }, "auto", "auto"],
      [{ type: "any" }, "required", "any"],
      [{ type: "none" }, "none", "none"],
      [
        { type: "tool", name: "f" },
        { type: "function", name: "f" },
        { allowed_tools: { mode: "any", tools: ["f"] } }
      ]
    ] as const).map(([tool_choice, openai, google]) => ({
      base: { tools: [tool()] },
      set: { tool_choice },
      openai: { tool_choice: openai },
      google: { "generation_config.tool_choice": google }
    })),
    "`tool_choice.disable_parallel_tool_use`": [{
      base: { tools: [tool()], tool_choice: { type: "auto" } },
      set: { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
      openai: { parallel_tool_calls: false },
      answeredHere: "google"
    }],
    "`output_config.format`": [{
      set: config({ format: { type: "json_schema", schema } }),
      openai: { "text.format": { type: "json_schema", name: "response", schema, strict: true } },
      google: { response_format: { type: "text", mime_type: "application/json", schema } }
    }],
    "`output_config.effort`": [{
      set: config({ effort: "max" }),
      openai: { "reasoning.effort": "xhigh" },
      google: { "generation_config.thinking_level": "high" }
    }],
    "`thinking`": [
      {
        set: { thinking: { type: "enabled", budget_tokens: 4096 } },
        openai: { reasoning: { effort: "medium", summary: "auto" } },
        google: { "generation_config.thinking_level": "medium", "generation_config.thinking_summaries": "auto" }
      },
      {
        set: { thinking: { type: "adaptive", display: "omitted" } },
        openai: { reasoning: { effort: "high" } },
        google: { "generation_config.thinking_level": "high" }
      },
      {
        set: { thinking: { type: "disabled" } },
        openai: { reasoning: { effort: "none" } },
        google: { "generation_config.thinking_level": "minimal" }
      }
    ],
    "`stop_sequences`": [{
      set: { stop_sequences: ["END"] },
      openai: { stop: ["END"] },
      google: { "generation_config.stop_sequences": ["END"] }
    }],
    "`temperature`, `top_p`": [
      { set: { temperature: 0.5 }, openai: { temperature: 0.5 }, google: { "generation_config.temperature": 0.5 } },
      { set: { top_p: 0.5 }, openai: { top_p: 0.5 }, google: { "generation_config.top_p": 0.5 } }
    ],
    "`temperature`, `top_p` for newer models": dropped({ temperature: 0.5 }, { top_p: 0.5 }),
    "`top_k`": dropped({ top_k: 5 }),
    "`metadata.user_id`": [{ set: { metadata: { user_id: "u" } }, openai: { safety_identifier: "u" } }],
    "`container`, `mcp_servers`, `inference_geo`": refused(
      ["container", { container: "c" }],
      ["mcp_servers", { mcp_servers: [{ type: "url", url: "https://a.test", name: "s" }] }],
      ["inference_geo", { inference_geo: "us" }]
    ),
    "`cache_control`, `speed`, `diagnostics`": dropped(
      { cache_control: { type: "ephemeral" } },
      { messages: [user({ ...text, cache_control: { type: "ephemeral" } })] },
      { speed: "fast" },
      { diagnostics: { previous_message_id: null } }
    ),
    "any other member": unknown
  }
})()

/** The least that each surface takes. */
const minimal: { readonly [surface in DialectName]: JsonObject } = {
  responses: { input: "Hi" },
  "chat.completions": { messages: [{ role: "user", content: "Hi" }] },
  interactions: { input: "Hi" },
  messages: { max_tokens: 1000, messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] }
}

const samples: { readonly [surface in DialectName]: Samples } = {
  responses,
  "chat.completions": chat,
  interactions,
  messages
}

const surfaces = ["responses", "chat.completions", "interactions", "messages"] as const
const providerNames = ["openai", "google", "anthropic"] as const

const encode = (surface: DialectName, provider: BuiltInName, value: JsonObject) => {
  const served = providers[provider]
  return Result.map(
    Encoding.encode({ surface: dialects[surface], text: JSON.stringify(value), value }, {
      provider: served,
      dialect: dialects[askedIn(served.dialects, surface)],
      others: served.dialects.map((name) => dialects[builtIn(name)])
    }),
    ({ body, hub }) => {
      const { service_tier: _, ...sent }: { [name: string]: Json } = JSON.parse(
        body({ tier: "standard", mode: "body" })
      )
      return { sent, hub }
    }
  )
}

const at = (value: unknown, path: string): unknown => {
  let found = value
  for (const key of path.split(".")) {
    found = typeof found === "object" && found !== null ? Object.getOwnPropertyDescriptor(found, key)?.value : undefined
  }
  return found
}

const same = (one: unknown, other: unknown): boolean => {
  try {
    assert.deepStrictEqual(one, other)
    return true
  } catch {
    return false
  }
}

/** What becomes of a sample: its fate as far as the requests show it, and the `param` of a refusal. */
const verdict = (surface: DialectName, provider: BuiltInName, field: string, sample: Sample) => {
  const isOfSampling = field.includes("`temperature`") || field === "`top_k`"
  const standard = (field.endsWith("for newer models") ? newer : isOfSampling ? sampled : models)[provider]
  const without = { model: sample.model?.[provider] ?? standard, ...minimal[surface], ...sample.base }
  const asked = { ...without, ...(typeof sample.set === "function" ? sample.set(provider) : sample.set) }
  const before = Result.getOrThrow(encode(surface, provider, without))
  const encoded = encode(surface, provider, asked)
  if (Result.isFailure(encoded)) {
    const { code, message, param, status } = encoded.failure
    assert.strictEqual(code, "untranslatable_field")
    assert.strictEqual(status, 400)
    assert.include(message, param ?? "?")
    return { fate: "refused", param, sent: {}, isAnswered: false } as const
  }
  const { hub, sent } = encoded.success
  const isAnswered = sample.answeredHere === true || sample.answeredHere === provider
  const isThere = isAnswered ? !same(hub, before.hub) : !same(sent, before.sent)
  const isNative = providers[provider].dialects.includes(surface)
  const fate = isNative && same(sent, asked) ? "as is" : isThere ? "carried" : "dropped"
  return { fate, param: null, sent, isAnswered } as const
}

/** The fate a request can show: whether a member came across whole is a matter of meaning. */
const visible = (fate: Fate): Fate => fate === "approximated" ? "carried" : fate

describe("the compatibility table", () => {
  for (const surface of surfaces) {
    const { rows } = tables[surface]

    it(`has a sample for every row of ${surface}, and a row for every sample`, () => {
      assert.deepStrictEqual(rows.map((row) => row.field), Object.keys(samples[surface]))
      for (const list of Object.values(samples[surface])) assert.isNotEmpty(list)
    })

    for (const provider of providerNames) {
      it(`says what really becomes of each field from ${surface} to ${provider}`, () => {
        for (const { field, [provider]: fate } of rows) {
          for (const sample of samples[surface][field] ?? []) {
            const found = verdict(surface, provider, field, sample)
            const shown = `${field}: ${JSON.stringify(sample.set)}`
            assert.strictEqual(found.fate, visible(fate), `${shown} gave ${JSON.stringify(found)}`)
            if (found.fate === "refused") assert.strictEqual(found.param, sample.param, shown)
            if (found.fate !== "carried" || found.isAnswered) continue
            const expected = Object.entries(sample[provider] ?? {})
            assert.isNotEmpty(expected, `say what of ${shown} reaches ${provider}`)
            for (const [path, value] of expected) {
              assert.deepStrictEqual(at(found.sent, path), value, `${shown} at ${path}`)
            }
          }
        }
      })
    }
  }
})

describe("the rules of a surface", () => {
  it.each(
    [
      ["responses", Responses.toOpenAI],
      ["chat.completions", Chat.toHub],
      ["interactions", Interactions.toHub],
      ["messages", Messages.toHub]
    ] as const
  )("have a row of the table for every field of %s", (surface, rules) => {
    const labels = tables[surface].rows.map(({ field }) => field).join(" ")
    // The router sets the tier; what a generation config holds has rows of its own; three members are the hub's alone.
    const silent = ["service_tier", "generation_config", "response_mime_type", "response_modalities"]
    const own = surface === "responses" ? [...silent, "stop", "seed", "top_k"] : silent
    for (const field of Object.keys(rules)) {
      if (!own.includes(field)) assert.match(labels, new RegExp(`\\b${field}\\b`), field)
    }
  })

  it("say in a refusal what they say of the field", () => {
    const refusal = encode("messages", "openai", { model: "gpt-5.5", ...minimal.messages, container: "c" })
    const { because } = Messages.toHub.container._tag === "Refused" ? Messages.toHub.container : assert.fail()
    assert.include(Result.getOrThrow(Result.flip(refusal)).message, `\`container\` ${because}`)
  })
})

describe("the name of a refused field", () => {
  const user = { role: "user", content: "Hi" }
  const call = (args: string): JsonObject => ({ id: "c", type: "function", function: { name: "f", arguments: args } })
  const image = { type: "image_url", image_url: { url: "ftp://a.test/a.png" } }
  const input = { type: "user_input", content: [{ type: "text", text: "Hi" }] }

  it.each<{ surface: DialectName; provider: BuiltInName; request: JsonObject; param: string }>([
    {
      surface: "chat.completions",
      provider: "google",
      request: { messages: [user, { role: "assistant", content: "Yes" }, { role: "user", content: [image] }] },
      param: "messages[2].content[0].image_url"
    },
    {
      surface: "chat.completions",
      provider: "anthropic",
      request: {
        messages: [
          user,
          { role: "assistant", content: "Yes", tool_calls: [call("{}"), call("[")] },
          { role: "tool", tool_call_id: "c", content: "done" }
        ]
      },
      param: "messages[1].tool_calls[1].function.arguments"
    },
    {
      surface: "chat.completions",
      provider: "google",
      request: {
        messages: [
          user,
          { role: "assistant", tool_calls: [call("{}")] },
          { role: "tool", tool_call_id: "c", content: [image] }
        ]
      },
      param: "messages[2].content[0].image_url"
    },
    {
      surface: "messages",
      provider: "google",
      request: {
        messages: [
          user,
          {
            role: "assistant",
            content: [{ type: "text", text: "Yes" }, { type: "tool_use", id: "c", name: "f", input: {} }]
          },
          { role: "user", content: [{ type: "image", source: { type: "url", url: "ftp://a.test/a.png" } }] }
        ]
      },
      param: "messages[2]"
    },
    {
      surface: "interactions",
      provider: "anthropic",
      request: {
        input: [
          input,
          { type: "thought", signature: "c2lnbmVk" },
          { type: "function_call", id: "c", name: "f", arguments: "[" },
          input
        ]
      },
      param: "input[2]"
    },
    {
      surface: "interactions",
      provider: "anthropic",
      request: {
        input: [{ type: "text", text: "Hi" }, { type: "document", data: "AAAA", mime_type: "application/zip" }]
      },
      param: "input"
    }
  ])("is the caller's own: $surface to $provider, $param", ({ param, provider, request, surface }) => {
    const failure = Result.getOrThrow(
      Result.flip(encode(surface, provider, { model: models[provider], ...minimal[surface], ...request }))
    )
    assert.strictEqual(failure.param, param)
    assert.include(failure.message, `\`${param}\``)
  })
})

describe("COMPATIBILITY.md", () => {
  it("is the tables as they are in the code", () => {
    const file = path.resolve(import.meta.dirname, "..", "..", "src", "dialect", "COMPATIBILITY.md")
    const text = readFileSync(file, "utf8")
    const tables = toMarkdown().trim()
    // What stands before the tables is no table.
    const page = `${text.slice(0, text.indexOf("*as is*"))}${tables}\n`
    if (process.env["UPDATE_COMPATIBILITY"] === "1") writeFileSync(file, page)
    assert.isTrue(
      text.includes("*as is*") && text === page,
      "src/dialect/COMPATIBILITY.md shows other tables than src/dialect/Compatibility.ts. Refresh it with\n" +
        "UPDATE_COMPATIBILITY=1 npm test -- test/dialect/Compatibility"
    )
  })
})
