/**
 * Interactions requests as Responses requests, and back: what becomes of each field. Hints that only one side knows,
 * such as `text.verbosity`, are left out.
 */
import * as Result from "effect/Result"
import type { GenerationConfig, InteractionRequest } from "../../api/Interactions.ts"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as FieldPath from "../FieldPath.ts"
import { asksForLogprobs, asksToBlock, type HubField, placeOfLogprobs } from "../responses/Rules.ts"
import * as Rules from "../Rules.ts"
import * as GeminiModel from "./GeminiModel.ts"
import * as FromResponses from "./RequestFromResponses.ts"
import * as ToResponses from "./RequestToResponses.ts"

/**
 * `agent` is no member of a request that names a model, but callers of agents send it; `cache_control` is none of
 * Google's, and says where Claude is to cache the prompt.
 */
type Field = Rules.FieldOf<InteractionRequest> | "agent" | "cache_control"

const row = (label: string, becomes?: string, verdict?: Rules.Verdict): Rules.Row => ({ label, becomes, verdict })

/** The caller's name of a place in the hub's `input`; of a step's content, the step. */
const placeInInput = (path: string, request: JsonObject): string => {
  const item = FieldPath.inputItem(path)
  const place = item === undefined ? undefined : FieldPath.locate(item.index, ToResponses.inputCounts(request))
  return place === undefined ? "input" : `input[${place.turn}]`
}

/** What the hub is told by a generation config. */
const configured = (request: JsonObject): Translated<Rules.Output<HubField>> => {
  const config = Json.object(request, "generation_config") ?? {}
  return Result.map(ToResponses.toolChoice(config), (choice) =>
    ({
      ...ToResponses.thinking(config),
      tool_choice: choice,
      max_output_tokens: Json.number(config, "max_output_tokens"),
      temperature: Json.number(config, "temperature"),
      top_p: Json.number(config, "top_p"),
      stop: Json.array(config, "stop_sequences"),
      seed: Json.number(config, "seed")
    }) satisfies Rules.Output<HubField>)
}

const isOtherThanText = (modality: Json.Json): boolean =>
  typeof modality === "string" && modality.toLowerCase() !== "text"

const otherModality = (modalities: Json.Json): number =>
  Json.isArray(modalities) ? modalities.findIndex(isOtherThanText) : -1

/** Where the first setting stands that blocks more than nothing. */
const filterAt = (settings: Json.Json): number =>
  Json.isArray(settings)
    ? settings.findIndex((setting) =>
      Json.isObject(setting) && !/^(block_none|off)$/i.test(Json.string(setting, "threshold") ?? "off")
    )
    : -1

const hub = Rules.rulesTo<HubField>()

const atGoogle = "has a meaning at Google only. "

/** What the hub is told. */
export const toHub: Rules.Rules<Field, HubField> = {
  model: hub.carried("model", {
    members: (request) => ({ model: Json.string(request, "model") }),
    rows: [row("`model`, `input`, `stream`", "input")]
  }),
  system_instruction: hub.carried("instructions", {
    value: ToResponses.instructions,
    own: () => "system_instruction",
    rows: [row("`system_instruction`", "instructions")]
  }),
  input: hub.carried("input", {
    value: ToResponses.input,
    own: placeInInput,
    rows: [
      row("`user_input`, `model_output`, text", "input"),
      row("`image`", "input:imageData", ["carried", "inline or at an https address"]),
      row("`image.resolution`", "input:resolution"),
      row("`document`", "input:fileData"),
      row("`audio`, inline WAV or MP3", "input:audio"),
      row("`video`, other `audio`, files stored by Google", undefined, "refused"),
      row("`function_call`, `function_result`", "input", ["carried", "a result that is an object: as JSON text"]),
      row("`function_result.is_error`", "input:isError"),
      row("`thought` steps the target made", "input:thoughts", ["carried", "by way of their signature"]),
      row("`thought` steps of others", undefined, "dropped"),
      row(
        "`google_search_call`, `google_search_result`, `url_context_call`, `url_context_result`",
        undefined,
        ["dropped", "the text they led to stays"]
      ),
      row("a `model_output` at the end", "input:begun"),
      row("other steps, such as `code_execution_call`", undefined, "refused")
    ]
  }),
  tools: hub.carried("tools", {
    value: ToResponses.tools,
    rows: [
      row("`tools[]` `function`", "tools:function"),
      row("`tools[]` `google_search`", "tools:search", ["approximated", "the target's own search"]),
      row("`tools[].search_types`", undefined, "dropped"),
      row("`tools[]` `url_context`", "tools:fetch"),
      row("other tools, such as `code_execution` and `mcp_server`", undefined, "refused")
    ]
  }),
  response_format: hub.carried("text.format", {
    value: ToResponses.textFormat,
    own: () => "response_format"
  }),
  response_mime_type: hub.carried("text.format", {
    value: ToResponses.textFormat,
    own: () => "response_mime_type"
  }),
  response_modalities: hub.refused("asks for more than text, and this model can answer with text only.", {
    asks: (value) => otherModality(value) !== -1,
    at: (value) => `[${otherModality(value)}]`
  }),
  generation_config: hub.carried(
    ["tool_choice", "max_output_tokens", "reasoning", "include", "temperature", "top_p", "stop", "seed"],
    {
      attempt: configured,
      own: (path) => `generation_config.${path === "stop" ? "stop_sequences" : path}`,
      rows: [
        row("`tool_choice`: `auto`, `any`, `none`", "tool_choice:mode"),
        row("`tool_choice`: `validated`", "tool_choice:mode", ["approximated", "as `auto`"]),
        row("`tool_choice`: `allowed_tools`", "tool_choice:allowed"),
        row("`response_format` with a schema", "text:schema"),
        row("`response_format` of JSON without one, `response_mime_type`", "text:object"),
        row("`response_format` and `response_modalities` but text", undefined, "refused"),
        row("`max_output_tokens`", "max_output_tokens"),
        row("`thinking_level`", "reasoning:effort"),
        row("`thinking_summaries`", "reasoning:summary", ["approximated", "on or off"]),
        row("`temperature`, `top_p`", "temperature"),
        row("`temperature`, `top_p` for newer models", "temperature:newer"),
        row("`stop_sequences`", "stop"),
        row("`seed`", "seed")
      ]
    }
  ),
  store: hub.carried("store", {
    members: (request) => ({ store: Json.boolean(request, "store") }),
    rows: [row("`store`", "store")]
  }),
  labels: hub.carried("metadata", {
    members: (request) => ({ metadata: Json.object(request, "labels") }),
    rows: [row("`labels`", "metadata", ["carried", "as `metadata`"])]
  }),
  previous_interaction_id: hub.carried("previous_response_id", {
    value: ToResponses.previous,
    rows: [
      row("`previous_interaction_id` of the target", "previous_response_id:own"),
      row("`previous_interaction_id` of others that is not kept", undefined, "refused")
    ]
  }),
  agent: hub.refused("names an agent, which runs at Google only. Name a model instead.", {
    isEssential: true,
    rows: [
      row("`agent`, `environment`, `cached_content`, `continuation_token`", undefined, ["refused", "Google's own"])
    ]
  }),
  environment: hub.refused(`${atGoogle}Leave it out.`),
  cached_content: hub.refused(
    "is stored by Google, where this model cannot read it. Send the content itself.",
    { isEssential: true }
  ),
  continuation_token: hub.refused(
    "continues an answer that stopped in the middle: only the provider that stopped can go on, and this model is another's.",
    { isEssential: true }
  ),
  background: hub.refused("asks for an answer in the background, which has no start that could be waited for.", {
    asks: (value) => value === true,
    rows: [row("`background: true`", undefined, "refused")]
  }),
  safety_settings: hub.refused("asks for a filter that only Google has, and without it what it blocks would pass.", {
    asks: (value) => filterAt(value) !== -1,
    at: (value) => `[${filterAt(value)}]`,
    isEssential: true,
    rows: [
      row("`safety_settings` that block", undefined, "refused"),
      row("`safety_settings` that let pass, `webhook_config`, `speech_config` and the like", undefined, "dropped")
    ]
  }),
  webhook_config: hub.dropped("Nobody calls it: the answer is given here."),
  cache_control: hub.carried("cache_control", {
    rows: [
      row("`cache_control`", "cache_control"),
      row("`cache_control` of content and tools", "input:breakpoints")
    ]
  }),
  stream: hub.carried("stream", { members: (request) => ({ stream: Json.boolean(request, "stream") }) }),
  service_tier: hub.carried("service_tier", { value: ToResponses.serviceTier })
}

const storedByOpenAI = "is stored by OpenAI, where Gemini cannot read it."
const noLogprobs = "asks for log probabilities, which Gemini's Interactions do not report."

/** A member of the generation config, where it is given. */
const config = (name: keyof GenerationConfig, value: Json.Json | undefined): Rules.Output<Field> => ({
  generation_config: value === undefined ? undefined : { [name]: value }
})

const sampling = (name: "temperature" | "top_p") => (request: JsonObject): Rules.Output<Field> =>
  config(name, GeminiModel.of(Json.string(request, "model") ?? "").sampling ? Json.number(request, name) : undefined)

const reasoning = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(FromResponses.thinkingLevel(request), (level) => {
    const asked = Json.object(request, "reasoning") ?? {}
    const isSummarized = Json.isGiven(asked, "summary") || Json.isGiven(asked, "generate_summary")
    const given = Json.compact(
      { thinking_level: level, thinking_summaries: isSummarized ? "auto" : undefined } satisfies Json.Members<
        GenerationConfig
      >
    )
    return Object.keys(given).length === 0 ? undefined : given
  })

const gemini = Rules.rulesTo<Field>()

/** What Gemini is told of the hub's request. */
export const fromHub: Rules.Rules<HubField, Field> = {
  conversation: gemini.refused(`${storedByOpenAI} Send the turns in input.`, { isEssential: true }),
  prompt: gemini.refused(`${storedByOpenAI} Send the prompt itself.`, { isEssential: true }),
  background: gemini.refused("asks for an answer in the background, which has no start that could be waited for.", {
    asks: (value) => value === true
  }),
  top_logprobs: gemini.refused(noLogprobs, { asks: (value) => typeof value === "number" && value > 0 }),
  include: gemini.refused(noLogprobs, {
    asks: asksForLogprobs,
    at: placeOfLogprobs,
    parts: { others: "dropped" }
  }),
  moderation: gemini.refused("is made by OpenAI only, and without it what it blocks would pass.", {
    asks: asksToBlock,
    isEssential: true,
    parts: { scores: "dropped" }
  }),
  // Gemini cannot be kept from making several calls at once, but its answer can be.
  parallel_tool_calls: gemini.carried("tools", {
    members: () => ({}),
    verdict: ["approximated", "of several calls the first is handed on"]
  }),
  model: gemini.carried("model"),
  instructions: gemini.carried("system_instruction", {
    // It stands before what the conversation's own system messages say.
    members: () => ({})
  }),
  input: gemini.carried(["input", "system_instruction"], {
    always: true,
    attempt: FromResponses.conversation,
    parts: {
      system: ["approximated", "joined into the one system prompt"],
      annotations: "dropped",
      refusal: ["approximated", "as text"],
      imageAddress: ["approximated", "media type guessed from the name"],
      imageDetail: ["approximated", "`low` and `high`; others dropped"],
      fileId: "refused",
      audio: ["carried", "WAV and MP3"],
      otherContent: "refused",
      begun: "refused",
      calls: ["carried", "arguments that are no JSON object: refused"],
      thoughtsOfOthers: "dropped",
      search: "dropped",
      fileName: "dropped",
      otherItems: "refused",
      breakpoints: "dropped"
    }
  }),
  tools: gemini.carried("tools", {
    value: FromResponses.tools,
    parts: {
      strict: "dropped",
      search: ["approximated", "the target's own search"],
      fetch: ["approximated", "as `url_context`"],
      filters: "refused",
      blockedDomains: "refused",
      contextSize: "dropped",
      others: "refused"
    }
  }),
  tool_choice: gemini.carried("generation_config", {
    attempt: (request) => Result.map(FromResponses.toolChoice(request), (choice) => config("tool_choice", choice)),
    parts: { others: "refused" }
  }),
  max_tool_calls: gemini.dropped("Gemini has no bound on calls."),
  text: gemini.carried("response_format", {
    value: FromResponses.responseFormat,
    parts: { verbosity: "dropped" }
  }),
  reasoning: gemini.carried("generation_config", {
    value: reasoning,
    parts: { effort: ["approximated", "the nearest level"], summary: ["approximated", "on or off"] }
  }),
  max_output_tokens: gemini.carried("generation_config", {
    members: (request) => config("max_output_tokens", Json.number(request, "max_output_tokens"))
  }),
  temperature: gemini.carried("generation_config", {
    members: sampling("temperature"),
    verdict: ["carried", "to 2.x"],
    parts: { newer: "dropped" }
  }),
  top_p: gemini.carried("generation_config", { members: sampling("top_p") }),
  stop: gemini.carried("generation_config", {
    members: (request) => config("stop_sequences", FromResponses.stopSequences(request))
  }),
  seed: gemini.carried("generation_config", {
    members: (request) => config("seed", Json.number(request, "seed"))
  }),
  top_k: gemini.dropped("Gemini's Interactions have no such bound."),
  previous_response_id: gemini.carried("previous_interaction_id", {
    value: FromResponses.previous,
    parts: { own: ["carried", "if it was stored there"], others: "refused" }
  }),
  // Where the caller does not say, nothing is stored, unless it continues a stored interaction: then Google's own
  // default holds, so that this turn can be continued too.
  store: gemini.carried("store", {
    always: true,
    members: (request) => ({
      store: Json.boolean(request, "store") ?? (Json.isGiven(request, "previous_response_id") ? undefined : false)
    }),
    verdict: ["carried", "false if absent"]
  }),
  metadata: gemini.carried("labels", {
    members: (request) => ({ labels: FromResponses.labels(request) }),
    verdict: ["approximated", "as labels, where they fit"]
  }),
  stream: gemini.carried("stream", { members: (request) => ({ stream: Json.boolean(request, "stream") }) }),
  stream_options: gemini.dropped("Gemini's streams tell the usage anyway.", { parts: { usage: "carried" } }),
  service_tier: gemini.carried("service_tier", { value: FromResponses.serviceTier }),
  safety_identifier: gemini.dropped("It only helps to detect abuse."),
  prompt_cache_key: gemini.dropped("It only helps OpenAI's prompt cache."),
  prompt_cache_retention: gemini.dropped("It only helps OpenAI's prompt cache."),
  prompt_cache_options: gemini.dropped("They only help OpenAI's prompt cache."),
  cache_control: gemini.dropped("Gemini caches by itself."),
  context_management: gemini.dropped("It only keeps a long conversation within bounds."),
  image: gemini.dropped("It only says how images are compressed."),
  access_programs: gemini.dropped("It names programs of OpenAI's."),
  truncation: gemini.dropped("It says what becomes of a conversation that is too long."),
  user: gemini.dropped("It only helps to detect abuse.")
}

export const requestToResponses = (request: JsonObject): Translated<JsonObject> => Rules.apply(toHub, request)

export const requestFromResponses = (request: JsonObject): Translated<JsonObject> => Rules.apply(fromHub, request)

/** The caller's name of a field of its request in the hub's form. */
export const fieldOf = (path: string, request: JsonObject): string => Rules.fieldOf(toHub, path, request)
