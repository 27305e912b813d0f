/**
 * Google Interactions, as recorded in May 2026 from gemini-2.5-flash: a thought first, few and large deltas, and the
 * steps of a search after the text. No error, no thought summary and no tier but standard was ever recorded: those are
 * built from vendor documentation, and are synthetic.
 */
import * as Base64Url from "effect/encoding/Base64Url"
import type { Frame } from "../../wire/Sse.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Tier } from "../../ModelCatalog.ts"
import { type Answer, outputTokens, type Prompt, reasoningTokens, tokens } from "../Answer.ts"
import type { Refusal } from "../Behavior.ts"
import * as Ids from "./Ids.ts"
import {
  type Emission,
  type Exchange,
  type Headers,
  inputTokens,
  type Moment,
  retryAfter,
  textOf,
  type Traffic
} from "./ProviderSim.ts"

const tierFromWire = (word: string | undefined): Tier | undefined => {
  switch (word) {
    case undefined:
    case "standard":
      return "standard"
    case "flex":
    case "priority":
      return word
    default:
      return undefined
  }
}

const promptOf = (request: JsonObject): Prompt => {
  const steps = Json.objects(request, "input")
  const last = steps.at(-1)
  const config = Json.object(request, "generation_config") ?? {}
  const tools = Json.objects(request, "tools")
  const format = Json.object(request, "response_format") ?? Json.objects(request, "response_format")[0]
  return {
    text: userText(request, steps),
    inputTokens: inputTokens(request["input"], request["system_instruction"], request["tools"]),
    tools: tools.filter((tool) => Json.string(tool, "type") === "function").map((tool) => ({
      name: Json.string(tool, "name") ?? "",
      schema: Json.object(tool, "parameters") ?? {}
    })),
    toolChoice: toolChoiceOf(config),
    afterTool: last !== undefined && isFunctionResult(last),
    schema: format !== undefined && Json.string(format, "mime_type") === "application/json"
      ? Json.object(format, "schema") ?? {}
      : undefined,
    search: tools.some((tool) => Json.string(tool, "type") === "google_search"),
    // Recorded: a thought comes whether it was asked for or not.
    reasoning: Json.string(config, "thinking_level") !== "minimal",
    summary: Json.string(config, "thinking_summaries") === "auto",
    maxTokens: Json.number(config, "max_output_tokens")
  }
}

const isFunctionResult = (step: JsonObject): boolean =>
  Json.string(step, "type") === "function_result" ||
  Json.objects(step, "content").some((part) => Json.string(part, "type") === "function_result")

const userText = (request: JsonObject, steps: ReadonlyArray<JsonObject>): string => {
  const step = steps.findLast((step) => Json.string(step, "type") === "user_input")
  return step === undefined ? textOf(request, "input") : textOf(step, "content")
}

const toolChoiceOf = (config: JsonObject): Prompt["toolChoice"] => {
  const allowed = Json.object(Json.object(config, "tool_choice") ?? {}, "allowed_tools") ?? {}
  const [name] = Json.array(allowed, "tools") ?? []
  if (Json.string(allowed, "mode") === "any" && typeof name === "string") return { name }
  switch (Json.string(config, "tool_choice")) {
    case "none":
      return "none"
    case "any":
      return "required"
    default:
      return "auto"
  }
}

/** A recorded id is a message of two members, both the same token of 23 characters; what is not stored has no id. */
const idOf = ({ request, seed }: Exchange): string => {
  if (Json.boolean(request, "store") === false) return ""
  const token = Ids.opaque(`${seed}/interaction`, Ids.base64url, 23)
  return `v1_${Base64Url.encode(`\n\u0017${token}\u0012\u0017${token}`)}`
}

const timestamp = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

const statusOf = (answer: Answer): string =>
  answer.calls.length > 0 ? "requires_action" : answer.stop === "length" ? "incomplete" : "completed"

const usageOf = ({ answer, prompt }: Exchange): JsonObject => {
  const output = outputTokens(answer)
  const thought = reasoningTokens(answer)
  const searched = answer.search === undefined ? 0 : 2 * tokens(answer.search.query).length
  const byModality = (count: number) => [{ modality: "text", tokens: count }]
  return {
    total_tokens: prompt.inputTokens + output + thought + searched,
    total_input_tokens: prompt.inputTokens,
    input_tokens_by_modality: byModality(prompt.inputTokens),
    total_cached_tokens: 0,
    total_output_tokens: output,
    total_tool_use_tokens: searched,
    ...(searched > 0 ? { tool_use_tokens_by_modality: byModality(searched) } : {}),
    total_thought_tokens: thought
  }
}

const interactionOf = (exchange: Exchange): JsonObject => ({
  id: idOf(exchange),
  status: statusOf(exchange.answer),
  ...(exchange.answer.usage ? { usage: usageOf(exchange) } : {}),
  created: timestamp(exchange.createdAt),
  updated: timestamp(exchange.startedAt),
  service_tier: exchange.servedTier === "auto" ? "standard" : exchange.servedTier
})

const signatureOf = ({ seed }: Exchange): string => `C${Ids.opaque(`${seed}/thought`, Ids.base62, 239)}`

const callIdOf = ({ seed }: Exchange, label: string): string => Ids.opaque(`${seed}/${label}`, Ids.base36, 8)

/** The length in UTF-8; half of a surrogate pair counts as the replacement character it is sent as. */
const bytes = (text: string): number =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD")).replace(/%../g, ".").length

/** Recorded: redirect addresses and bare domains for titles. Documented: offsets in UTF-8 bytes, the end exclusive. */
const annotationsOf = ({ search, text = "" }: Answer): ReadonlyArray<JsonObject> => {
  const found = search === undefined ? -1 : text.indexOf(search.page.url)
  if (search === undefined || found === -1) return []
  const start = bytes(text.slice(0, found))
  return [{
    start_index: start,
    end_index: start + bytes(search.page.url),
    url: search.page.url,
    title: search.page.title,
    type: "url_citation"
  }]
}

/** Recorded: a delta holds a sentence or more. */
const portions = (text: string): ReadonlyArray<string> => {
  const pieces = tokens(text)
  return Array.from(
    { length: Math.ceil(pieces.length / 16) },
    (_, index) => pieces.slice(index * 16, index * 16 + 16).join("")
  )
}

const frameOf = (event: JsonObject): Frame => ({
  event: Json.string(event, "event_type"),
  data: JSON.stringify(event),
  value: event
})

const events = (exchange: Exchange): ReadonlyArray<Emission> => {
  const { answer, model } = exchange
  const emissions: Array<Emission> = []
  let index = -1
  const emit = (moment: Moment, event_type: string, members: JsonObject) => {
    emissions.push({ moment, frame: frameOf({ ...members, event_type }) })
  }
  const step = (step: JsonObject, deltas: ReadonlyArray<JsonObject>, moment: Moment = "output") => {
    index++
    emit("output", "step.start", { index, step })
    for (const delta of deltas) emit(moment, "step.delta", { index, delta })
    emit("output", "step.stop", { index })
  }
  const id = idOf(exchange)
  const envelope = { object: "interaction", model }
  emit("admission", "interaction.created", { interaction: { id, status: "in_progress", ...envelope } })
  emit("admission", "interaction.status_update", { interaction_id: id, status: "in_progress" })
  if (answer.reasoning !== undefined) {
    const { summary } = answer.reasoning
    step({ type: "thought" }, [
      ...(summary === "" ? [] : [{ content: { text: summary, type: "text" }, type: "thought_summary" }]),
      { signature: signatureOf(exchange), type: "thought_signature" }
    ])
  }
  if (answer.text !== undefined) {
    const annotations = annotationsOf(answer)
    step({ type: "model_output" }, [
      ...portions(answer.text).map((text) => ({ text, type: "text" })),
      ...(annotations.length > 0 ? [{ annotations, type: "text_annotation_delta" }] : [])
    ], "delta")
  }
  if (answer.search !== undefined) {
    const call_id = callIdOf(exchange, "search")
    step({ id: call_id, signature: "", type: "google_search_call" }, [
      { type: "google_search_call", arguments: { queries: [answer.search.query] } }
    ])
    step({ call_id, signature: "", type: "google_search_result" }, [
      {
        type: "google_search_result",
        result: [{ search_suggestions: suggestions(answer.search.query) }],
        is_error: false
      }
    ])
  }
  answer.calls.forEach((call, at) =>
    step(
      { id: callIdOf(exchange, `call/${at}`), signature: "", type: "function_call", name: call.name, arguments: {} },
      [{ arguments: JSON.stringify(call.arguments), type: "arguments_delta" }],
      "delta"
    )
  )
  emit("output", "interaction.completed", { interaction: { ...interactionOf(exchange), ...envelope } })
  emissions.push({ moment: "output", frame: { event: "done", data: "[DONE]", value: undefined } })
  return emissions
}

const suggestions = (query: string): string => `<div class="container">${query.replace(/[<>&]/g, " ")}</div>`

const body = (exchange: Exchange): JsonObject => {
  const { answer } = exchange
  const { id, ...interaction } = interactionOf(exchange)
  const annotations = annotationsOf(answer)
  const steps: Array<JsonObject> = []
  if (answer.reasoning !== undefined) {
    const { summary } = answer.reasoning
    steps.push({
      signature: signatureOf(exchange),
      ...(summary === "" ? {} : { summary: [{ text: summary, type: "text" }] }),
      type: "thought"
    })
  }
  if (answer.text !== undefined) {
    const text = { text: answer.text, ...(annotations.length > 0 ? { annotations } : {}), type: "text" }
    steps.push({ content: [text], type: "model_output" })
  }
  if (answer.search !== undefined) {
    const call_id = callIdOf(exchange, "search")
    const { query } = answer.search
    steps.push(
      { id: call_id, type: "google_search_call", arguments: { queries: [query] }, search_type: "web_search" },
      { call_id, type: "google_search_result", result: [{ search_suggestions: suggestions(query) }], is_error: false }
    )
  }
  answer.calls.forEach((call, at) =>
    steps.push({
      id: callIdOf(exchange, `call/${at}`),
      type: "function_call",
      name: call.name,
      arguments: call.arguments
    })
  )
  return {
    ...(id === "" ? {} : { id: id ?? null }),
    ...interaction,
    steps,
    object: "interaction",
    model: exchange.model
  }
}

const headers = ({ createdAt, startedAt }: Exchange, stream: boolean): Headers => ({
  "content-type": stream ? "text/event-stream" : "application/json; charset=UTF-8",
  date: new Date(createdAt).toUTCString(),
  "server-timing": `gfet4t7; dur=${stream ? 51 : Math.max(1, startedAt - createdAt)}`
})

interface Envelope {
  readonly code: string
  readonly message: string
}

const usual = (status: number, { model, tier }: Exchange): Envelope => {
  switch (status) {
    case 401:
      return { code: "authentication", message: "The request is not authenticated." }
    case 403:
      return { code: "permission_denied", message: "The caller does not have permission." }
    case 404:
      return { code: "model_not_found", message: `The model ${model} was not found.` }
    case 429:
      return { code: "rate_limit_exceeded", message: "Too many requests. Please try again later." }
    case 503:
      return {
        code: "service_unavailable",
        message: tier === "flex"
          ? "There is no flex capacity at the moment. Please try again later."
          : "The service is overloaded. Please try again later."
      }
    case 504:
      return { code: "deadline_exceeded", message: "The deadline expired before the interaction was complete." }
    default:
      return status >= 500
        ? { code: "api_error", message: "An internal error has occurred." }
        : { code: "invalid_request", message: "The request is invalid." }
  }
}

const statusOfRefusal = ({ tier }: Exchange, refusal: Refusal): number =>
  refusal.status ?? (tier === "flex" ? 503 : 429)

const envelopeOf = (exchange: Exchange, refusal: Refusal): Envelope => {
  const known = usual(statusOfRefusal(exchange, refusal), exchange)
  return { code: refusal.code ?? known.code, message: refusal.message ?? known.message }
}

export const Interactions: Traffic = {
  provider: "google",
  dialect: "interactions",
  path: /\/interactions$/,
  tierFromWire,
  promptOf,
  headers,
  events,
  body,
  refusal: (exchange, refusal) => ({
    status: statusOfRefusal(exchange, refusal),
    headers: { ...headers(exchange, false), ...retryAfter(refusal) },
    body: refusal.body ?? { error: { ...envelopeOf(exchange, refusal) } }
  }),
  failure: (exchange, refusal) => [
    frameOf({ error: { ...envelopeOf(exchange, refusal) }, event_type: "error" })
  ]
}
