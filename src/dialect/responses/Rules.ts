/**
 * The rules of the hub. Its requests are those of OpenAI's Responses with four members more, which other formats share;
 * here it says what becomes of them, and what OpenAI is told, since the hub carries more than that API takes.
 */
import * as Result from "effect/Result"
import type { ResponsesRequest } from "../../api/Responses.ts"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as Rules from "../Rules.ts"
import * as ToOpenAI from "./ToOpenAI.ts"

/** The fields of a request in the hub. */
export type HubField = Rules.FieldOf<ResponsesRequest> | "stop" | "seed" | "top_k" | "cache_control"

/** What the hub's request may be asked for, in the hub's words; who asks for nothing is not refused. */
export const asksToBlock = (moderation: Json.Json): boolean =>
  Json.isObject(moderation) &&
  ["input", "output"].some((side) =>
    Json.string(Json.object(Json.object(moderation, "policy") ?? {}, side) ?? {}, "mode") === "block"
  )

/** The place of log probabilities in `include`. */
export const logprobsInclude = "message.output_text.logprobs"
const logprobsAt = (include: Json.Json): number => Json.isArray(include) ? include.indexOf(logprobsInclude) : -1
export const asksForLogprobs = (include: Json.Json): boolean => logprobsAt(include) !== -1
export const placeOfLogprobs = (include: Json.Json): string => `[${logprobsAt(include)}]`

/** The rows of a field's table: each part by its name in `parts`, and what can be said of it. */
const rows = (field: HubField, parts: { readonly [part: string]: string }): ReadonlyArray<Rules.Row> =>
  Object.entries(parts).map(([part, label]) => ({ label, becomes: `${field}:${part}` }))

const row = (label: string, becomes: string, verdict?: Rules.Verdict): ReadonlyArray<Rules.Row> => [
  { label, becomes, verdict }
]

/** What `AgentTools` says in other words before anything is translated. */
const asFunctions = (label: string): Rules.Row => ({ label, verdict: ["approximated", "as functions, and back"] })

const { carried, dropped, refused } = Rules.rulesTo<Rules.FieldOf<ResponsesRequest>>()

/** The hub's request as OpenAI takes it. Its rows are those of the Responses surface. */
export const toOpenAI = {
  model: carried("model", { rows: row("`model`, `input`, `stream`", "input") }),
  instructions: carried("instructions", { rows: row("`instructions`", "instructions") }),
  input: carried("input", {
    value: ToOpenAI.input,
    parts: {
      audio: ["carried", "by Chat Completions, to models that hear"],
      begun: "refused",
      // The nearest that Responses has to a result that is an error.
      isError: ["approximated", "as an incomplete output"],
      breakpoints: "dropped",
      thoughtsOfOthers: "dropped",
      search: "dropped",
      fileName: ["approximated", "as the file's name"],
      resolution: ["approximated", "`low` and `high`"]
    },
    rows: [
      ...rows("input", {
        system: "`system` and `developer` messages",
        text: "`user` and `assistant` messages, text",
        annotations: "`output_text` annotations",
        refusal: "`refusal` parts",
        imageData: "`input_image`, data URL",
        imageAddress: "`input_image`, address",
        imageDetail: "`input_image.detail`",
        fileData: "`input_file`, inline",
        fileAddress: "`input_file`, address"
      }),
      ...row("`file_id`", "input:fileId", ["carried", "stored by OpenAI"]),
      ...row("`input_audio`", "input:audio"),
      ...row("other content", "input:otherContent"),
      ...row("an `assistant` message at the end", "input:begun"),
      ...row("`function_call`, `function_call_output`", "input:calls"),
      ...row("`reasoning` items the target made", "input:thoughts", ["carried", "by way of `encrypted_content`"]),
      ...row("`reasoning` items of others", "input:thoughtsOfOthers"),
      ...row("`web_search_call` items", "input:search", ["carried", "the text they led to stays"]),
      asFunctions("`custom_tool_call`, `tool_search_call`, calls in a namespace"),
      ...row("`item_reference` to what is not kept, other items", "input:otherItems"),
      ...row("`prompt_cache_breakpoint`, `cache_control` of parts, items and tools", "input:breakpoints")
    ]
  }),
  previous_response_id: carried("previous_response_id", {
    parts: { own: ["carried", "if it was stored there"], others: "refused" },
    rows: rows("previous_response_id", {
      own: "`previous_response_id` of the target",
      others: "`previous_response_id` of others that is not kept"
    })
  }),
  conversation: carried("conversation", {
    rows: row("`conversation`, `prompt`", "conversation", ["carried", "stored by OpenAI"])
  }),
  prompt: carried("prompt"),
  tools: carried("tools", {
    value: ToOpenAI.tools,
    parts: {
      strict: ["carried", "where the schema allows it"],
      fetch: ["approximated", "by its search, which opens pages too"],
      blockedDomains: "refused"
    },
    rows: [
      ...rows("tools", {
        function: "`tools[]` `function`",
        strict: "`tools[].strict`",
        search: "`tools[]` `web_search`",
        filters: "`tools[].filters`, `tools[].user_location`",
        contextSize: "`tools[].search_context_size`"
      }),
      asFunctions("`tools[]` `namespace`, `custom`, `tool_search`"),
      ...row("other tools, such as `mcp` and `code_interpreter`", "tools:others")
    ]
  }),
  tool_choice: carried("tool_choice", {
    members: (request) => ({
      tool_choice: Json.string(Json.object(request, "tool_choice") ?? {}, "type") === "web_fetch"
        ? { type: "web_search" }
        : request["tool_choice"]
    }),
    rows: rows("tool_choice", {
      mode: "`tool_choice`: a mode or a function",
      allowed: "`tool_choice`: `allowed_tools`",
      others: "`tool_choice`: another tool, such as `mcp`"
    })
  }),
  parallel_tool_calls: carried("parallel_tool_calls", {
    rows: row("`parallel_tool_calls: false`", "parallel_tool_calls")
  }),
  max_tool_calls: carried("max_tool_calls", { rows: row("`max_tool_calls`", "max_tool_calls") }),
  text: carried("text", {
    value: ToOpenAI.text,
    parts: { schema: ["carried", "strict where it allows that; its root an object"] },
    rows: [
      ...row("`text.format` `json_schema`", "text:schema", ["carried", "its name and `strict` are dropped"]),
      ...row("`text.format` `json_object`", "text:object"),
      ...row("`text.verbosity`", "text:verbosity")
    ]
  }),
  reasoning: carried("reasoning", {
    value: ToOpenAI.reasoning,
    parts: { effort: ["carried", "the nearest level; dropped where the model has none"] },
    rows: rows("reasoning", { effort: "`reasoning.effort`", summary: "`reasoning.summary`" })
  }),
  max_output_tokens: carried("max_output_tokens", {
    members: (request) => ({ max_output_tokens: ToOpenAI.limit(request) }),
    verdict: ["carried", "at least 16"],
    rows: row("`max_output_tokens`", "max_output_tokens")
  }),
  temperature: carried("temperature", {
    members: ToOpenAI.sampling("temperature"),
    verdict: ["carried", "by models that do not reason, or with effort `none`"],
    parts: { newer: "dropped" },
    rows: [
      ...row("`temperature`, `top_p`", "temperature"),
      ...row("`temperature`, `top_p` for newer models", "temperature:newer")
    ]
  }),
  top_p: carried("top_p", { members: ToOpenAI.sampling("top_p") }),
  top_logprobs: carried("top_logprobs", {
    rows: row("`top_logprobs`, log probabilities in `include`", "top_logprobs")
  }),
  include: carried("include", {
    members: (request) => ({ include: ToOpenAI.include(request) }),
    rows: row("other `include`", "include:others")
  }),
  store: carried("store", { rows: row("`store`", "store") }),
  metadata: carried("metadata", { rows: row("`metadata`", "metadata") }),
  safety_identifier: carried("safety_identifier", { rows: row("`safety_identifier`", "safety_identifier") }),
  moderation: carried("moderation", {
    rows: [
      ...row("`moderation` that blocks", "moderation"),
      ...row("`moderation` that only scores", "moderation:scores")
    ]
  }),
  background: carried("background", { rows: row("`background: true`", "background") }),
  prompt_cache_key: carried("prompt_cache_key", {
    rows: row("`prompt_cache_key`, `prompt_cache_retention`", "prompt_cache_key")
  }),
  prompt_cache_retention: carried("prompt_cache_retention"),
  truncation: carried("truncation", { rows: row("`truncation`, `user`, `stream_options`", "truncation") }),
  user: carried("user"),
  prompt_cache_options: carried("prompt_cache_options", {
    rows: row("`prompt_cache_options`", "prompt_cache_options")
  }),
  context_management: carried("context_management", {
    rows: row("`context_management`, `image`, `access_programs`", "context_management")
  }),
  image: carried("image"),
  access_programs: carried("access_programs"),
  stream: carried("stream"),
  stream_options: dropped("The hub's own stream tells what it asks for."),
  service_tier: carried("service_tier"),
  cache_control: dropped("OpenAI caches by itself."),
  stop: refused("has no counterpart: the Responses API has no stop sequences.", {
    elsewhere: ["carried", "by Chat Completions, to models that take it there"]
  }),
  seed: refused("has no counterpart: the Responses API has no seed.", {
    elsewhere: ["carried", "by Chat Completions"]
  }),
  top_k: dropped("OpenAI chooses among all tokens.")
} satisfies Rules.Rules<HubField, Rules.FieldOf<ResponsesRequest>>

/** The request in the hub's form as OpenAI takes it; what only an unknown member says is kept. */
export const requestFromHub = (hub: JsonObject): Translated<JsonObject> =>
  Result.map(Rules.apply(toOpenAI, hub), (request) => ({
    ...Object.fromEntries(Object.entries(hub).filter(([field]) => !Object.hasOwn(toOpenAI, field))),
    ...request
  }))
