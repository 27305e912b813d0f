/**
 * Chat Completions requests as Responses requests, and back: what becomes of each field.
 *
 * What the hub has no member for but other targets can say travels in members of the same name: `stop` (always a
 * list), `seed`, `top_k`, and `stream_options.include_usage`. A value that asks for nothing (`n: 1`, a penalty of 0) is dropped.
 */
import * as Result from "effect/Result"
import type { ChatRequest } from "../../api/ChatCompletions.ts"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as FieldPath from "../FieldPath.ts"
import * as Effort from "../Effort.ts"
import { asksForLogprobs, type HubField, logprobsInclude } from "../responses/Rules.ts"
import { effortOf, format, isSampled, modelOf } from "../responses/ToOpenAI.ts"
import * as HubTools from "../responses/Tools.ts"
import * as Rules from "../Rules.ts"
import * as Conversation from "./Conversation.ts"
import * as Tools from "./Tools.ts"
import { present } from "./Untranslatable.ts"

/** Beside OpenAI's own those of OpenRouter's, whose clients send them to others too. */
type Field = Rules.FieldOf<ChatRequest> | "reasoning" | "top_k" | "cache_control"

const isEmpty = (value: Json.Json): boolean =>
  Json.isArray(value) ? value.length === 0 : Json.isObject(value) && Object.keys(value).length === 0

const isCall = (item: JsonObject): boolean => Json.string(item, "type") === "function_call"

const inMessage: ReadonlyArray<readonly [hub: RegExp, own: string]> = [
  [/^\.output\b/, ".content"],
  [/\.(file_id|file_data)$/, ".file.$1"]
]

/** The caller's name of a place in the hub's `input`. */
const placeInMessages = (path: string, request: JsonObject): string => {
  const { index, rest } = FieldPath.inputItem(path) ?? { index: -1, rest: "" }
  const turns = Result.getOrElse(Conversation.toTurns(request), () => [])
  const place = FieldPath.locate(index, turns.map((items) => items.length))
  if (index === -1 || place === undefined) return path.replace(/^input\b/, "messages")
  const items = turns[place.turn] ?? []
  const call = items[place.item]
  const own = call !== undefined && isCall(call)
    ? `.tool_calls[${items.slice(0, place.item).filter(isCall).length}]${rest.replace(/^\./, ".function.")}`
    : FieldPath.rename(rest, inMessage)
  return `messages[${place.turn}]${own}`
}

/** The search follows the caller's own tools. */
const placeInTools = (path: string, request: JsonObject): string => {
  const [, index = "", rest = ""] = /^tools\[(\d+)\](.*)$/.exec(path) ?? []
  return index !== "" && Number(index) >= Json.objects(request, "tools").length ? `web_search_options${rest}` : path
}

const formatToHub = (request: JsonObject): Translated<Json.Json | undefined> => {
  const format = Json.object(request, "response_format")
  const described = format === undefined ? undefined : Json.object(format, "json_schema")
  return Result.succeed(
    described === undefined
      ? format
      : { type: "json_schema", ...present(described, ["name", "description", "schema", "strict"]) }
  )
}

const stopOf = (request: JsonObject): ReadonlyArray<Json.Json> | undefined => {
  const one = Json.string(request, "stop")
  const stop = one === undefined ? Json.array(request, "stop") ?? [] : [one]
  return stop.length === 0 ? undefined : stop
}

const limitOf = (request: JsonObject): Rules.Output<HubField> => ({
  max_output_tokens: Json.number(request, "max_completion_tokens") ?? Json.number(request, "max_tokens")
})

/** OpenRouter's way to ask for reasoning: a level, a budget, or that there be some at all; shown unless excluded. */
const reasoningToHub = (request: JsonObject): Json.Json | undefined => {
  const asked = Json.object(request, "reasoning") ?? {}
  const budget = Json.number(asked, "max_tokens")
  const enabled = Json.boolean(asked, "enabled")
  const effort = Json.string(asked, "effort") ??
    (budget === undefined ? enabled === undefined ? undefined : enabled ? "medium" : "none" : Effort.ofBudget(budget))
  const summary = Json.string(asked, "summary") ??
    (effort === undefined || effort === "none" || Json.boolean(asked, "exclude") === true ? undefined : "auto")
  const said = Json.compact({ effort, summary })
  return Object.keys(said).length === 0 ? undefined : said
}

const string = (field: Field) => (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.succeed(Json.string(request, field))

const nowhere = "cannot be carried to where this model is served. Leave it out."

const row = (label: string, becomes?: string, verdict?: Rules.Verdict, native?: Rules.Fate): Rules.Row => ({
  label,
  becomes,
  verdict,
  native
})

const hub = Rules.rulesTo<HubField>()

/** What the hub is told. */
export const toHub: Rules.Rules<Field, HubField> = {
  model: hub.carried("model", { rows: [row("`model`, `messages`, `stream`", "input")] }),
  messages: hub.carried("input", {
    value: Conversation.toItems,
    own: placeInMessages,
    rows: [
      row("`system` and `developer` messages", "input:system"),
      row("`user` and `assistant` messages, text", "input"),
      row("`messages[].name`", undefined, "dropped"),
      row("`refusal` of an assistant", "input:refusal"),
      row("`image_url`, data URL", "input:imageData"),
      row("`image_url`, address", "input:imageAddress"),
      row("`image_url.detail`", "input:imageDetail"),
      row("`file`, inline", "input:fileData"),
      row("`file_id`", "input:fileId", ["carried", "stored by OpenAI"]),
      row("`input_audio`", "input:audio"),
      row("an `assistant` message at the end", "input:begun"),
      row("`tool_calls`, `tool` messages", "input:calls"),
      row("`audio` and `function_call` of an assistant, `function` messages", undefined, "refused"),
      // OpenAI's own Chat Completions does not know the member, so even there it is not passed on.
      row(
        "`reasoning_details` the target made",
        "input:thoughts",
        ["carried", "signed thoughts, sent back as they came"],
        "dropped"
      ),
      row("`reasoning_details` of others", "input:thoughtsOfOthers", undefined, "dropped"),
      row("`cache_control`, `prompt_cache_breakpoint` of parts, messages and tools", "input:breakpoints")
    ]
  }),
  tools: hub.carried("tools", {
    value: Tools.toHub,
    own: placeInTools,
    rows: [
      row("`tools[]` `function`", "tools:function"),
      row("`tools[].function.strict`", "tools:strict"),
      row("`tools[]` `custom`, `functions`, `function_call`", undefined, "refused")
    ]
  }),
  functions: hub.refused(nowhere, { asks: (value) => !isEmpty(value) }),
  function_call: hub.refused(nowhere),
  tool_choice: hub.carried("tool_choice", {
    value: Tools.choiceToHub,
    rows: [
      row("`tool_choice`: a mode or a function", "tool_choice:mode"),
      row("`tool_choice`: `allowed_tools`", "tool_choice:allowed"),
      row("`tool_choice`: a `custom` tool", undefined, "refused")
    ]
  }),
  parallel_tool_calls: hub.carried("parallel_tool_calls", {
    rows: [row("`parallel_tool_calls: false`", "parallel_tool_calls")]
  }),
  web_search_options: hub.carried("tools", {
    value: Tools.toHub,
    own: placeInTools,
    rows: [
      row("`web_search_options`", "tools:search"),
      row("`web_search_options.user_location`", "tools:filters"),
      row("`web_search_options.search_context_size`", "tools:contextSize")
    ]
  }),
  response_format: hub.carried("text.format", {
    value: formatToHub,
    rows: [
      row("`response_format` `json_schema`", "text:schema", ["carried", "its name and `strict` are dropped"]),
      row("`response_format` `json_object`", "text:object")
    ]
  }),
  reasoning_effort: hub.carried("reasoning.effort", {
    value: string("reasoning_effort"),
    rows: [row("`reasoning_effort`", "reasoning:effort")]
  }),
  // OpenAI's own Chat Completions does not know the member: there it is as untouched as any other.
  reasoning: hub.carried("reasoning", {
    members: (request) => ({ reasoning: reasoningToHub(request) }),
    rows: [row("`reasoning`: `effort`, `max_tokens`, `enabled`, `exclude`", "reasoning:effort")]
  }),
  max_completion_tokens: hub.carried("max_output_tokens", {
    members: limitOf,
    rows: [row("`max_completion_tokens`, `max_tokens`", "max_output_tokens")]
  }),
  max_tokens: hub.carried("max_output_tokens", { members: limitOf }),
  temperature: hub.carried("temperature", {
    rows: [
      row("`temperature`, `top_p`", "temperature"),
      row("`temperature`, `top_p` for newer models", "temperature:newer")
    ]
  }),
  top_p: hub.carried("top_p"),
  top_k: hub.carried("top_k", { rows: [row("`top_k`", "top_k")] }),
  stop: hub.carried("stop", {
    members: (request) => ({ stop: stopOf(request) }),
    rows: [row("`stop`", "stop")]
  }),
  seed: hub.carried("seed", { rows: [row("`seed`", "seed")] }),
  n: hub.refused(nowhere, {
    asks: (value) => value !== 1,
    rows: [
      row("`n`, `presence_penalty`, `frequency_penalty`, `logit_bias`, `modalities`, `audio`", undefined, [
        "refused",
        "where they ask for something: `n: 1` and a penalty of 0 pass"
      ])
    ]
  }),
  presence_penalty: hub.refused(nowhere, { asks: (value) => value !== 0 }),
  frequency_penalty: hub.refused(nowhere, { asks: (value) => value !== 0 }),
  logit_bias: hub.refused(nowhere, { asks: (value) => !isEmpty(value) }),
  modalities: hub.refused(nowhere, {
    asks: (value) => !Json.isArray(value) || value.some((modality) => modality !== "text")
  }),
  audio: hub.refused(nowhere),
  logprobs: hub.carried("include", {
    members: (request) => ({ include: Json.boolean(request, "logprobs") === true ? [logprobsInclude] : undefined }),
    own: () => "logprobs",
    rows: [row("`logprobs`, `top_logprobs`", "top_logprobs")]
  }),
  top_logprobs: hub.carried("top_logprobs", {
    members: (request) => ({
      top_logprobs: Json.boolean(request, "logprobs") === true ? Json.number(request, "top_logprobs") : undefined
    })
  }),
  store: hub.carried("store", {
    always: true,
    // Not stored unless asked here, stored unless told otherwise there.
    members: (request) => ({ store: Json.boolean(request, "store") ?? false }),
    rows: [row("`store`", "store")]
  }),
  metadata: hub.carried("metadata", { rows: [row("`metadata`", "metadata")] }),
  safety_identifier: hub.carried("safety_identifier", { rows: [row("`safety_identifier`", "safety_identifier")] }),
  moderation: hub.carried("moderation", {
    rows: [row("`moderation` that blocks", "moderation"), row("`moderation` that only scores", "moderation:scores")]
  }),
  stream: hub.carried("stream"),
  stream_options: hub.carried("stream_options", {
    rows: [
      row("`stream_options.include_usage`", "stream_options:usage", ["carried", "the router itself sends the usage"])
    ]
  }),
  verbosity: hub.carried("text.verbosity", {
    value: string("verbosity"),
    rows: [
      row("`verbosity`, `prediction`, `user`", "text:verbosity")
    ]
  }),
  prediction: hub.dropped("It only makes the answer come sooner."),
  prompt_cache_key: hub.carried("prompt_cache_key", {
    rows: [row("`prompt_cache_key`, `prompt_cache_retention`", "prompt_cache_key")]
  }),
  prompt_cache_retention: hub.carried("prompt_cache_retention"),
  prompt_cache_options: hub.carried("prompt_cache_options", {
    rows: [row("`prompt_cache_options`", "prompt_cache_options")]
  }),
  cache_control: hub.carried("cache_control", { rows: [row("`cache_control`", "cache_control")] }),
  user: hub.carried("user"),
  service_tier: hub.carried("service_tier")
}

const stored = "refers to what another provider stores. Send the whole conversation in `input`."

const formatFromHub = (request: JsonObject): Translated<Rules.Output<Field>> =>
  Result.map(format(request), (format) => ({
    verbosity: Json.string(Json.object(request, "text") ?? {}, "verbosity"),
    response_format: format !== undefined && Json.string(format, "type") === "json_schema"
      ? { type: "json_schema", json_schema: present(format, ["name", "description", "schema", "strict"]) }
      : format
  }))

const stopFromHub = (request: JsonObject): Translated<Json.Json | undefined> =>
  modelOf(request)?.stop === false
    ? Result.fail({ field: "stop", message: "`stop` is refused by this model." })
    : Result.succeed(stopOf(request))

/** A model of OpenAI's may not be able to do in this format what it does in Responses. */
const toolsFromHub = (request: JsonObject): ReturnType<typeof Tools.fromHub> => {
  const model = modelOf(request)
  const isThinking = Result.getOrElse(effortOf(request), () => undefined) !== "none"
  const first = Json.objects(request, "tools").findIndex((tool) => {
    const type = HubTools.typeOf(tool)
    return type === "function"
      ? model?.callsInChat === false && isThinking
      : type.startsWith("web_search") && model?.searchesInChat === false
  })
  const field = `tools[${first}]`
  return first === -1
    ? Tools.fromHub(request)
    : Result.fail({ field, message: `\`${field}\` is a tool that this model does not use in Chat Completions.` })
}

const logprobsFromHub = (request: JsonObject): Rules.Output<Field> => {
  const isAsked = asksForLogprobs(request["include"] ?? null)
  return isAsked ? { logprobs: true, top_logprobs: Json.number(request, "top_logprobs") } : {}
}

const chat = Rules.rulesTo<Field>()

/** What a provider that speaks Chat Completions is told of the hub's request. */
export const fromHub: Rules.Rules<HubField, Field> = {
  previous_response_id: chat.refused(stored, { isEssential: true }),
  conversation: chat.refused(stored, { isEssential: true }),
  prompt: chat.refused(stored, { isEssential: true }),
  background: chat.refused("is not available where this model is served. Leave it out.", {
    asks: (value) => value === true
  }),
  model: chat.carried("model"),
  instructions: chat.dropped("It is the first of the messages that `input` becomes."),
  input: chat.carried("messages", { always: true, value: Conversation.toMessages }),
  tools: chat.carried(["tools", "web_search_options"], { attempt: toolsFromHub }),
  tool_choice: chat.carried("tool_choice", { value: Tools.choiceFromHub }),
  parallel_tool_calls: chat.carried("parallel_tool_calls"),
  max_tool_calls: chat.dropped("This format has no bound on calls."),
  text: chat.carried(["response_format", "verbosity"], { attempt: formatFromHub }),
  reasoning: chat.carried("reasoning_effort", {
    value: effortOf
  }),
  max_output_tokens: chat.carried("max_completion_tokens", {
    members: (request) => ({ max_completion_tokens: Json.number(request, "max_output_tokens") })
  }),
  temperature: chat.carried("temperature", {
    members: (request) => ({ temperature: isSampled(request) ? request["temperature"] : undefined })
  }),
  top_p: chat.carried("top_p", {
    members: (request) => ({ top_p: isSampled(request) ? request["top_p"] : undefined })
  }),
  top_k: chat.dropped("Not every host of this format knows it."),
  include: chat.carried(["logprobs", "top_logprobs"], { members: logprobsFromHub }),
  top_logprobs: chat.dropped("It goes with the log probabilities that `include` asks for."),
  stop: chat.carried("stop", { value: stopFromHub }),
  seed: chat.carried("seed"),
  store: chat.carried("store", { members: (request) => ({ store: Json.boolean(request, "store") }) }),
  metadata: chat.carried("metadata"),
  safety_identifier: chat.carried("safety_identifier"),
  moderation: chat.carried("moderation"),
  prompt_cache_key: chat.carried("prompt_cache_key"),
  prompt_cache_retention: chat.carried("prompt_cache_retention"),
  prompt_cache_options: chat.carried("prompt_cache_options"),
  cache_control: chat.dropped("It only helps Anthropic's prompt cache."),
  context_management: chat.dropped("It only keeps a long conversation within bounds."),
  image: chat.dropped("It only says how images are compressed."),
  access_programs: chat.dropped("It names programs of one provider."),
  truncation: chat.dropped("It says what becomes of a conversation that is too long."),
  user: chat.carried("user"),
  stream: chat.carried("stream"),
  stream_options: chat.carried("stream_options", {
    always: true,
    // The end of the stream would otherwise not say what was used.
    members: (request) => ({
      stream_options: Json.boolean(request, "stream") === true
        ? { ...Json.object(request, "stream_options"), include_usage: true }
        : undefined
    })
  }),
  service_tier: chat.carried("service_tier")
}

/** A Chat Completions request in the hub's form. */
export const requestToResponses = (request: JsonObject): Translated<JsonObject> => Rules.apply(toHub, request)

/** A request in the hub's form as a Chat Completions request. */
export const requestFromResponses = (request: JsonObject): Translated<JsonObject> => Rules.apply(fromHub, request)

/** The caller's name of a field of its request in the hub's form. */
export const fieldOf = (path: string, request: JsonObject): string => Rules.fieldOf(toHub, path, request)
