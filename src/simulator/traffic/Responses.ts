/**
 * OpenAI Responses, as recorded in August 2026: the events of every kind of output item, in order and with their keys.
 * The failure inside a stream has the recorded pattern of an exhausted quota; its flex codes are synthetic.
 */
import type { Frame } from "../../wire/Sse.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { type Answer, outputTokens, type Prompt, reasoningTokens, tokens } from "../Answer.ts"
import * as Ids from "./Ids.ts"
import * as OpenAI from "./OpenAI.ts"
import { type Emission, type Exchange, inputTokens, type Moment, seconds, textOf, type Traffic } from "./ProviderSim.ts"

const promptOf = (request: JsonObject): Prompt => {
  const items = Json.objects(request, "input")
  const last = items.at(-1)
  const tools = Json.objects(request, "tools")
  const choice = Json.object(request, "tool_choice")
  const reasoning = Json.object(request, "reasoning") ?? {}
  const effort = Json.string(reasoning, "effort")
  const format = Json.object(Json.object(request, "text") ?? {}, "format") ?? {}
  const name = choice === undefined ? undefined : Json.string(choice, "name")
  return {
    text: Json.string(request, "input") ?? userText(items),
    inputTokens: inputTokens(request["input"], request["instructions"], request["tools"]),
    tools: tools.filter((tool) => Json.string(tool, "type") === "function").map((tool) => ({
      name: Json.string(tool, "name") ?? "",
      schema: Json.object(tool, "parameters") ?? {}
    })),
    toolChoice: name === undefined ? choiceOf(Json.string(request, "tool_choice")) : { name },
    afterTool: last !== undefined && Json.string(last, "type") === "function_call_output",
    schema: schemaOf(format),
    search: tools.some((tool) => Json.string(tool, "type")?.startsWith("web_search") === true),
    reasoning: effort !== undefined && effort !== "none" && effort !== "minimal",
    summary: Json.string(reasoning, "summary") !== undefined,
    maxTokens: Json.number(request, "max_output_tokens")
  }
}

export const choiceOf = (word: string | undefined): "auto" | "none" | "required" =>
  word === "none" || word === "required" ? word : "auto"

const schemaOf = (format: JsonObject): JsonObject | undefined => {
  switch (Json.string(format, "type")) {
    case "json_schema":
      return Json.object(format, "schema") ?? {}
    case "json_object":
      return {}
    default:
      return undefined
  }
}

const userText = (items: ReadonlyArray<JsonObject>): string => {
  const message = items.findLast((item) => Json.string(item, "role") === "user")
  return message === undefined ? "" : textOf(message, "content")
}

/** Prefix, sixteen digits of the response, the item's own second, and twenty-four digits of its own. */
const idOf = (exchange: Exchange, prefix: string, label: string, at: number): string => {
  const shared = Ids.opaque(exchange.seed, Ids.hex, 16)
  const time = seconds(at).toString(16).padStart(10, "0")
  return `${prefix}_${shared}${time}${Ids.opaque(`${exchange.seed}/${label}`, Ids.hex, 24)}`
}

const cipher = (seed: string): string => `gAAAAAB${Ids.opaque(seed, Ids.base64url, 217)}`

// Recorded: the newest models name the phase of a message, the smaller and older ones do not.
const hasPhase = (model: string): boolean => /^gpt-(?:5\.[3-9]|[6-9])/.test(model)

const echo = (tool: JsonObject): JsonObject => {
  switch (Json.string(tool, "type")) {
    case "function":
      return { ...tool, description: tool["description"] ?? null, strict: tool["strict"] ?? true }
    case "web_search":
      return {
        ...tool,
        return_token_budget: "default",
        search_content_types: ["text"],
        search_context_size: tool["search_context_size"] ?? "medium",
        user_location: tool["user_location"] ??
          { type: "approximate", city: null, country: "US", region: null, timezone: null }
      }
    default:
      return tool
  }
}

const modalities = { image_tokens: 0, text_tokens: 0 }

/** The response object; `final` holds what is only known at the end. */
const responseOf = (
  exchange: Exchange,
  status: "in_progress" | "completed" | "incomplete" | "failed",
  final: {
    readonly completedAt?: number
    readonly output?: ReadonlyArray<JsonObject>
    readonly error?: JsonObject
  } = {}
): JsonObject => {
  const { answer, createdAt, model, request } = exchange
  const done = status === "completed" || status === "incomplete"
  const reasoning = Json.object(request, "reasoning") ?? {}
  const text = Json.object(request, "text") ?? {}
  const format = Json.object(text, "format") ?? { type: "text" }
  const of = (key: string, otherwise: Json.Json): Json.Json => request[key] ?? otherwise
  return {
    id: idOf(exchange, "resp", "response", createdAt),
    object: "response",
    created_at: seconds(createdAt),
    status,
    background: false,
    completed_at: status === "completed" && final.completedAt !== undefined ? seconds(final.completedAt) : null,
    error: final.error ?? null,
    frequency_penalty: 0,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: of("instructions", null),
    max_output_tokens: of("max_output_tokens", null),
    max_tool_calls: of("max_tool_calls", null),
    model,
    moderation: null,
    output: final.output ?? [],
    parallel_tool_calls: of("parallel_tool_calls", true),
    presence_penalty: 0,
    previous_response_id: of("previous_response_id", null),
    prompt_cache_key: of("prompt_cache_key", null),
    prompt_cache_retention: of("prompt_cache_retention", "in_memory"),
    reasoning: {
      context: "current_turn",
      effort: reasoning["effort"] ?? "medium",
      mode: "standard",
      summary: reasoning["summary"] ?? null
    },
    safety_identifier: of("safety_identifier", null),
    service_tier: done ? OpenAI.servedWord(exchange) : OpenAI.requestedWord(exchange),
    store: of("store", true),
    temperature: of("temperature", 1),
    text: {
      format: Json.string(format, "type") === "json_schema" ? { description: null, ...format } : format,
      verbosity: text["verbosity"] ?? "medium"
    },
    tool_choice: of("tool_choice", "auto"),
    tool_usage: {
      image_gen: {
        input_tokens: 0,
        input_tokens_details: modalities,
        output_tokens: 0,
        output_tokens_details: modalities,
        total_tokens: 0
      },
      web_search: { num_requests: done && answer.search !== undefined ? 1 : 0 }
    },
    tools: Json.objects(request, "tools").map(echo),
    top_logprobs: of("top_logprobs", 0),
    top_p: of("top_p", 1),
    truncation: of("truncation", "disabled"),
    usage: done && answer.usage ? usageOf(exchange) : null,
    user: of("user", null),
    metadata: of("metadata", {})
  }
}

const usageOf = ({ answer, prompt }: Exchange): JsonObject => {
  const reasoning = reasoningTokens(answer)
  const output = outputTokens(answer) + reasoning
  return {
    input_tokens: prompt.inputTokens,
    input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt.inputTokens + output
  }
}

const frameOf = (event: JsonObject): Frame => ({
  event: Json.string(event, "type"),
  data: JSON.stringify(event),
  value: event
})

interface Stream {
  readonly emissions: ReadonlyArray<Emission>
  /** The final response object. */
  readonly response: JsonObject
}

const stream = (exchange: Exchange): Stream => {
  const { answer, model, pace, request, seed, startedAt } = exchange
  const emissions: Array<Emission> = []
  const output: Array<JsonObject> = []
  let deltas = 0
  const now = () => startedAt + Math.max(0, deltas - 1) * pace
  const emit = (moment: Moment, type: string, members: JsonObject) => {
    emissions.push({ moment, frame: frameOf({ type, ...members, sequence_number: emissions.length }) })
  }
  const delta = (type: string, members: JsonObject, text: string) => {
    deltas++
    const padding = OpenAI.obfuscates(request)
      ? { obfuscation: OpenAI.obfuscation(`${seed}/${emissions.length}`, text) }
      : {}
    emit("delta", type, { ...members, delta: text, ...padding })
  }
  const item = (started: JsonObject, body: (index: number) => JsonObject, listed?: JsonObject) => {
    const output_index = output.length
    emit("output", "response.output_item.added", { item: started, output_index })
    const finished = body(output_index)
    emit("output", "response.output_item.done", { item: finished, output_index })
    output.push(listed ?? finished)
  }

  emit("admission", "response.created", { response: responseOf(exchange, "in_progress") })
  emit("admission", "response.in_progress", { response: responseOf(exchange, "in_progress") })
  if (answer.reasoning !== undefined) {
    const id = idOf(exchange, "rs", "reasoning", now())
    const encrypted = Json.array(request, "include")?.includes("reasoning.encrypted_content") === true
    // Recorded: every mention of the item carries another encryption of the same content.
    const mention = (label: string, summary: JsonObject["summary"]): JsonObject => ({
      id,
      type: "reasoning",
      content: [],
      ...(encrypted ? { encrypted_content: cipher(`${seed}/${label}`) } : {}),
      summary: summary ?? []
    })
    const { summary } = answer.reasoning
    const parts = summary === "" ? [] : [{ type: "summary_text", text: summary }]
    item(mention("added", []), (output_index) => {
      if (summary !== "") {
        const at = { item_id: id, output_index, summary_index: 0 }
        emit("output", "response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } })
        for (const piece of tokens(summary)) delta("response.reasoning_summary_text.delta", at, piece)
        emit("output", "response.reasoning_summary_text.done", { ...at, text: summary })
        emit("output", "response.reasoning_summary_part.done", { ...at, part: { type: "summary_text", text: summary } })
      }
      return mention("done", parts)
    }, mention("listed", parts))
  }
  if (answer.search !== undefined) {
    const { query } = answer.search
    const id = idOf(exchange, "ws", "search", now())
    item({ id, type: "web_search_call", status: "in_progress" }, (output_index) => {
      for (const step of ["in_progress", "searching", "completed"]) {
        emit("output", `response.web_search_call.${step}`, { item_id: id, output_index })
      }
      return {
        id,
        type: "web_search_call",
        status: "completed",
        action: { type: "search", queries: [query], query }
      }
    })
  }
  if (answer.text !== undefined) message(answer, answer.text)
  answer.calls.forEach((call, index) => {
    const id = idOf(exchange, "fc", `call/${index}`, now())
    const given = JSON.stringify(call.arguments)
    const mention = (status: string, text: string): JsonObject => ({
      id,
      type: "function_call",
      status,
      arguments: text,
      call_id: `call_${Ids.opaque(`${seed}/call_id/${index}`, Ids.base62, 24)}`,
      name: call.name
    })
    item(mention("in_progress", ""), (output_index) => {
      for (const piece of tokens(given)) {
        delta("response.function_call_arguments.delta", { item_id: id, output_index }, piece)
      }
      emit("output", "response.function_call_arguments.done", { item_id: id, output_index, arguments: given })
      return mention("completed", given)
    })
  })
  const status = answer.stop === "length" ? "incomplete" : "completed"
  const response = responseOf(exchange, status, { completedAt: now(), output })
  emit("output", `response.${status}`, { response })
  return { emissions, response }

  function message({ search, stop }: Answer, text: string) {
    const id = idOf(exchange, "msg", "message", now())
    const phase = hasPhase(model) ? { phase: "final_answer" } : {}
    const mention = (status: string, content: ReadonlyArray<JsonObject>): JsonObject => ({
      id,
      type: "message",
      status,
      content,
      ...phase,
      role: "assistant"
    })
    const found = search === undefined ? -1 : text.indexOf(search.page.url)
    const annotations = search === undefined || found === -1
      ? []
      : [{
        type: "url_citation",
        end_index: found + search.page.url.length,
        start_index: found,
        title: search.page.title,
        url: search.page.url
      }]
    const part = (text: string, annotations: ReadonlyArray<JsonObject>): JsonObject => ({
      type: "output_text",
      annotations,
      logprobs: [],
      text
    })
    item(mention("in_progress", []), (output_index) => {
      const at = { content_index: 0, item_id: id, output_index }
      emit("output", "response.content_part.added", { ...at, part: part("", []) })
      for (const piece of tokens(text)) delta("response.output_text.delta", { ...at, logprobs: [] }, piece)
      annotations.forEach((annotation, annotation_index) =>
        emit("output", "response.output_text.annotation.added", { annotation, annotation_index, ...at })
      )
      emit("output", "response.output_text.done", { ...at, logprobs: [], text })
      emit("output", "response.content_part.done", { ...at, part: part(text, annotations) })
      return mention(stop === "length" ? "incomplete" : "completed", [part(text, annotations)])
    })
  }
}

// Recorded: a body that is not streamed also says who pays.
const body = (exchange: Exchange): JsonObject => {
  const { background, created_at, id, object, status, ...rest } = stream(exchange).response
  return {
    id: id ?? null,
    object: object ?? null,
    created_at: created_at ?? null,
    status: status ?? null,
    background: background ?? null,
    billing: { payer: "developer" },
    ...rest
  }
}

export const Responses: Traffic = {
  provider: "openai",
  dialect: "responses",
  path: /\/responses$/,
  tierFromWire: OpenAI.tierFromWire,
  promptOf,
  headers: OpenAI.headers,
  events: (exchange) => stream(exchange).emissions,
  body,
  refusal: OpenAI.refusal,
  failure: (exchange, refusal, emitted) => {
    const { code, message, param, type } = OpenAI.envelope(exchange, refusal)
    const sequence_number = emitted.length
    return [
      frameOf({ type: "error", sequence_number, error: { type, code, message, param } }),
      frameOf({
        type: "response.failed",
        sequence_number: sequence_number + 1,
        response: responseOf(exchange, "failed", { error: { code, message } })
      })
    ]
  }
}
