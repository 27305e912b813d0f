/** Messages requests as Responses requests, and back: what becomes of each field. */
import * as Result from "effect/Result"
import type { MessageRequest } from "../../api/Messages.ts"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as FieldPath from "../FieldPath.ts"
import { asksForLogprobs, asksToBlock, type HubField, placeOfLogprobs } from "../responses/Rules.ts"
import * as Rules from "../Rules.ts"
import { automatic, bounded } from "./CacheControl.ts"
import * as ClaudeModel from "./ClaudeModel.ts"
import * as FromResponses from "./RequestFromResponses.ts"
import * as ToResponses from "./RequestToResponses.ts"

type Field = Rules.FieldOf<MessageRequest>

const row = (label: string, becomes?: string, verdict?: Rules.Verdict): Rules.Row => ({ label, becomes, verdict })

/** The caller's name of a place in the hub's `input`; of a turn's content, the turn. */
const placeInMessages = (path: string, request: JsonObject): string => {
  const item = FieldPath.inputItem(path)
  const counts = Json.objects(request, "messages").map((turn, index) =>
    Result.getOrElse(ToResponses.turnItems(turn, `messages[${index}]`), () => []).length
  )
  const place = item === undefined ? undefined : FieldPath.locate(item.index, counts)
  return place === undefined ? path.replace(/^input\b/, "messages") : `messages[${place.turn}]`
}

/** A search's filters stand at the tool itself. */
const placeInTools = (path: string, request: JsonObject): string => {
  const match = /^(tools\[(\d+)\])\.filters(?:\.(\w+))?$/.exec(path)
  if (match === null) return path
  const tool = Json.objects(request, "tools")[Number(match[2])] ?? {}
  const filter = match[3] ??
    ["allowed_domains", "blocked_domains"].find((name) => Json.array(tool, name) !== undefined)
  return filter === undefined ? path : `${match[1]}.${filter}`
}

const toolsToHub = (request: JsonObject): Translated<Rules.Output<HubField>> =>
  Result.map(ToResponses.toolsOf(request), (tools) =>
    ({
      tools: tools.length === 0 ? undefined : tools,
      max_tool_calls: Json.number(Json.objects(request, "tools").find(ToResponses.isWebSearch) ?? {}, "max_uses")
    }) satisfies Rules.Output<HubField>)

const stopOf = (request: JsonObject): Json.Json | undefined => {
  const stop = Json.array(request, "stop_sequences") ?? []
  return stop.length === 0 ? undefined : stop
}

const number = (field: Field & HubField) => (request: JsonObject): Rules.Output<HubField> => ({
  [field]: Json.number(request, field)
})

const hub = Rules.rulesTo<HubField>()

/** What the hub is told. */
export const toHub: Rules.Rules<Field, HubField> = {
  container: hub.refused("refers to a container that Anthropic runs."),
  mcp_servers: hub.refused("asks Anthropic to call servers, which no other provider does in this format."),
  inference_geo: hub.refused("is a promise that only Anthropic can keep.", { isEssential: true }),
  model: hub.carried("model", {
    members: (request) => ({ model: Json.string(request, "model") }),
    rows: [row("`model`, `messages`, `max_tokens`, `stream`", "max_output_tokens")]
  }),
  system: hub.carried("instructions", {
    members: (request) => ({ instructions: ToResponses.instructionsOf(request) }),
    rows: [row("`system`", "instructions", ["carried", "blocks: joined"])]
  }),
  messages: hub.carried("input", {
    always: true,
    value: ToResponses.inputOf,
    own: placeInMessages,
    rows: [
      row("`user` and `assistant` turns, text", "input"),
      row("an `assistant` turn at the end", "input:begun"),
      row("`citations` of a text", undefined, "dropped"),
      row("`image`, inline", "input:imageData"),
      row("`image`, address", "input:imageAddress"),
      row("`document`, inline or address", "input:fileAddress", ["carried", "plain text: as text"]),
      row("`document.title`", "input:fileName"),
      row("`document.context`", undefined, "dropped"),
      row("`document.citations`", undefined, "refused"),
      row("`image` and `document` stored by Anthropic", undefined, "refused"),
      row("`tool_use`, `tool_result`", "input"),
      row("`tool_result.is_error`", "input:isError"),
      row("`thinking` the target made", "input:thoughts", ["carried", "by way of its signature"]),
      row("`thinking`, `redacted_thinking` of others", undefined, "dropped"),
      row(
        "`server_tool_use`, `web_search_tool_result`, `web_fetch_tool_result`",
        undefined,
        ["dropped", "the text they led to stays"]
      ),
      row("`search_result`", "input", ["approximated", "as text, with its title and source"]),
      row("other blocks, such as `code_execution_tool_result`", undefined, "refused")
    ]
  }),
  tools: hub.carried(["tools", "max_tool_calls"], {
    attempt: toolsToHub,
    own: placeInTools,
    rows: [
      row("`tools[]` of the caller", "tools:function"),
      row("`tools[].strict`", "tools:strict"),
      row("`tools[]` `web_search_*`", "tools:search", ["approximated", "the target's own search"]),
      row("`tools[]` `web_fetch_*`", "tools:fetch"),
      row("`tools[].allowed_domains`, `tools[].user_location`", "tools:filters"),
      row("`tools[].blocked_domains`", "tools:blockedDomains"),
      row("`tools[].max_uses`", "max_tool_calls", ["approximated", "as `max_tool_calls`"]),
      row("other tools, such as `bash_*`, `code_execution_*` and `mcp_toolset`", undefined, "refused")
    ]
  }),
  tool_choice: hub.carried(["tool_choice", "parallel_tool_calls"], {
    members: (request) => {
      const isSerial = Json.boolean(Json.object(request, "tool_choice") ?? {}, "disable_parallel_tool_use") === true
      return { tool_choice: ToResponses.toolChoiceOf(request), parallel_tool_calls: isSerial ? false : undefined }
    },
    own: (path) => path === "parallel_tool_calls" ? "tool_choice.disable_parallel_tool_use" : path,
    rows: [
      row("`tool_choice`", "tool_choice:mode"),
      row("`tool_choice.disable_parallel_tool_use`", "parallel_tool_calls")
    ]
  }),
  output_config: hub.carried(["text.format", "reasoning"], {
    members: (request) => ({ text: ToResponses.formatOf(request), ...ToResponses.reasoningOf(request) }),
    own: (path) => path.startsWith("text.format") ? path.replace("text.", "output_config.") : "output_config.effort",
    rows: [row("`output_config.format`", "text:schema"), row("`output_config.effort`", "reasoning:effort")]
  }),
  thinking: hub.carried(["reasoning", "include"], {
    members: ToResponses.reasoningOf,
    own: () => "thinking",
    rows: [row("`thinking`", "reasoning", ["approximated", "as an effort; `budget_tokens`: the nearest"])]
  }),
  stop_sequences: hub.carried("stop", {
    members: (request) => ({ stop: stopOf(request) }),
    rows: [row("`stop_sequences`", "stop")]
  }),
  temperature: hub.carried("temperature", {
    members: number("temperature"),
    rows: [
      row("`temperature`, `top_p`", "temperature"),
      row("`temperature`, `top_p` for newer models", "temperature:newer"),
      row("`top_k`", "top_k")
    ]
  }),
  top_p: hub.carried("top_p", { members: number("top_p") }),
  top_k: hub.carried("top_k", { members: number("top_k") }),
  metadata: hub.carried("safety_identifier", {
    members: (request) => ({ safety_identifier: ToResponses.userOf(request) }),
    own: () => "metadata.user_id",
    rows: [
      row("`metadata.user_id`", "safety_identifier", ["carried", "as `safety_identifier`, to 64 characters"]),
      row("`container`, `mcp_servers`, `inference_geo`", undefined, ["refused", "Anthropic's own"])
    ]
  }),
  cache_control: hub.dropped("It only helps Anthropic's prompt cache.", {
    rows: [row("`cache_control`, `speed`, `diagnostics`", undefined, "dropped")]
  }),
  speed: hub.dropped("It only makes the answer come sooner."),
  diagnostics: hub.dropped("It asks about Anthropic's prompt cache."),
  max_tokens: hub.carried("max_output_tokens", {
    members: (request) => ({ max_output_tokens: Json.number(request, "max_tokens") })
  }),
  stream: hub.carried(["stream", "store"], {
    always: true,
    // Messages keeps nothing between calls.
    members: (request) => ({ stream: Json.boolean(request, "stream"), store: false })
  }),
  service_tier: hub.dropped("The router sets it.")
}

const stored = (what: string, instead: string): string => `refers to a ${what} that is stored with OpenAI; ${instead}.`
const noLogprobs = "asks for log probabilities, which Anthropic does not report."

const limitOf = (request: JsonObject): Rules.Output<Field> => ({
  max_tokens: Json.number(request, "max_output_tokens") ??
    ClaudeModel.of(Json.string(request, "model") ?? "").maxTokens
})

const stopSequences = (request: JsonObject): Translated<Json.Json | undefined> => {
  const one = Json.string(request, "stop")
  const stop = one === undefined ? Json.array(request, "stop") : [one]
  const blank = stop?.findIndex((text) => typeof text === "string" && text.trim() === "") ?? -1
  const field = one === undefined ? `stop[${blank}]` : "stop"
  return blank === -1
    ? Result.succeed(stop)
    : Result.fail({ field, message: `\`${field}\` is white space alone, at which Claude cannot be stopped.` })
}

const userOf = (request: JsonObject): Rules.Output<Field> => {
  const user = Json.string(request, "safety_identifier")
  return { metadata: user === undefined ? undefined : { user_id: user } }
}

/** Claude's cache knows no key: what is the same is found by itself. */
const asWhole: Rules.Verdict = ["approximated", "the whole prompt is cached, for an hour at most"]

const claude = Rules.rulesTo<Field>()

/** What Anthropic is told of the hub's request. */
export const fromHub: Rules.Rules<HubField, Field> = {
  previous_response_id: claude.refused(stored("response", "send the conversation in `input`"), { isEssential: true }),
  conversation: claude.refused(stored("conversation", "send it in `input`"), { isEssential: true }),
  prompt: claude.refused(stored("prompt", "send its text in `instructions` or `input`"), { isEssential: true }),
  seed: claude.refused("has no counterpart in Anthropic's API."),
  background: claude.refused("is not offered by Anthropic's API; send the request without it.", {
    asks: (value) => value === true
  }),
  top_logprobs: claude.refused(noLogprobs, { asks: (value) => typeof value === "number" && value > 0 }),
  include: claude.refused(noLogprobs, {
    asks: asksForLogprobs,
    at: placeOfLogprobs,
    parts: { others: "dropped" }
  }),
  moderation: claude.refused("is made by OpenAI only, and without it what it blocks would pass.", {
    asks: asksToBlock,
    isEssential: true,
    parts: { scores: "dropped" }
  }),
  model: claude.carried("model", {
    always: true,
    members: (request) => ({ model: Json.string(request, "model") ?? "" })
  }),
  max_output_tokens: claude.carried("max_tokens", {
    always: true,
    members: limitOf,
    verdict: ["carried", "the model's maximum if absent"]
  }),
  instructions: claude.carried("system", {
    // It stands before what the conversation's own system messages say.
    members: () => ({})
  }),
  input: claude.carried(["messages", "system"], {
    always: true,
    attempt: FromResponses.conversation,
    parts: {
      system: ["approximated", "joined into the one system prompt"],
      annotations: "dropped",
      refusal: ["approximated", "as text"],
      imageDetail: "dropped",
      fileData: ["carried", "PDF and text; others refused"],
      fileId: "refused",
      audio: "refused",
      otherContent: "refused",
      begun: ["refused", "to 4.5 it is carried"],
      calls: ["carried", "arguments that are no JSON object: refused"],
      thoughtsOfOthers: "dropped",
      search: "dropped",
      resolution: "dropped",
      otherItems: "refused"
    }
  }),
  tools: claude.carried(["tools", "tool_choice"], {
    attempt: FromResponses.toolsAndChoice,
    parts: {
      strict: ["carried", "where the schema allows it"],
      search: ["approximated", "the target's own search"],
      contextSize: "dropped",
      others: "refused"
    }
  }),
  tool_choice: claude.carried(["tools", "tool_choice"], {
    attempt: FromResponses.toolsAndChoice,
    verdict: ["carried", "a forced tool: in words where the model cannot be forced"],
    parts: { allowed: ["approximated", "these tools alone are offered"], others: "refused" }
  }),
  parallel_tool_calls: claude.carried("tool_choice.disable_parallel_tool_use", { members: () => ({}) }),
  max_tool_calls: claude.carried("tools", { members: () => ({}), verdict: ["approximated", "bounds web searches"] }),
  reasoning: claude.carried(["thinking", "output_config"], {
    attempt: FromResponses.thinkingAndEffort,
    parts: {
      effort: ["carried", "the nearest level; dropped where the model has none"],
      summary: ["approximated", "on or off"]
    }
  }),
  text: claude.carried("output_config", {
    attempt: FromResponses.formatAsConfig,
    parts: {
      schema: ["carried", "in words where it is recursive or a map"],
      object: ["approximated", "asked for in the system prompt"],
      verbosity: "dropped"
    }
  }),
  stop: claude.carried("stop_sequences", { value: stopSequences }),
  temperature: claude.carried("temperature", {
    attempt: FromResponses.sampling,
    verdict: ["carried", "to 4.6, not both, at most 1"],
    parts: { newer: "dropped" }
  }),
  top_p: claude.carried("top_p", { attempt: FromResponses.sampling }),
  top_k: claude.carried("top_k", { attempt: FromResponses.sampling }),
  safety_identifier: claude.carried("metadata", { members: userOf }),
  stream: claude.carried("stream", { members: (request) => ({ stream: Json.boolean(request, "stream") }) }),
  stream_options: claude.dropped("Claude's streams tell the usage anyway.", { parts: { usage: "carried" } }),
  store: claude.dropped("Messages keeps nothing between calls."),
  metadata: claude.dropped("It only labels what is stored."),
  prompt_cache_key: claude.carried("cache_control", { members: automatic, verdict: asWhole }),
  prompt_cache_retention: claude.carried("cache_control", { members: automatic, verdict: asWhole }),
  prompt_cache_options: claude.carried("cache_control", { members: automatic, verdict: asWhole }),
  cache_control: claude.carried("cache_control", { members: automatic }),
  context_management: claude.dropped("It only keeps a long conversation within bounds."),
  image: claude.dropped("It only says how images are compressed."),
  access_programs: claude.dropped("It names programs of OpenAI's."),
  truncation: claude.dropped("It says what becomes of a conversation that is too long."),
  user: claude.dropped("It only helps to detect abuse."),
  service_tier: claude.dropped("The router sets it.")
}

export const requestToResponses = (request: JsonObject): Translated<JsonObject> => Rules.apply(toHub, request)

export const requestFromResponses = (request: JsonObject): Translated<JsonObject> =>
  Result.map(Rules.apply(fromHub, request), bounded)

/** The caller's name of a field of its request in the hub's form. */
export const fieldOf = (path: string, request: JsonObject): string => Rules.fieldOf(toHub, path, request)
