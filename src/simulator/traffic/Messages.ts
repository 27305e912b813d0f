/**
 * Anthropic Messages, as recorded in August 2026. No 429, 529 or failure inside a stream was ever recorded: those are
 * built from vendor documentation, and are synthetic.
 */
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
    case "auto":
      return "auto"
    case "standard_only":
      return "standard"
    default:
      return undefined
  }
}

const promptOf = (request: JsonObject): Prompt => {
  const messages = Json.objects(request, "messages")
  const user = messages.findLast((message) => Json.string(message, "role") === "user") ?? {}
  const tools = Json.objects(request, "tools")
  const choice = Json.object(request, "tool_choice") ?? {}
  const name = Json.string(choice, "name")
  const thinking = Json.object(request, "thinking") ?? {}
  const thinks = Json.string(thinking, "type")
  const format = Json.object(Json.object(request, "output_config") ?? {}, "format") ?? {}
  const isSearch = (tool: JsonObject) => Json.string(tool, "type")?.startsWith("web_search") === true
  return {
    text: textOf(user, "content"),
    inputTokens: inputTokens(request["messages"], request["system"], request["tools"]),
    tools: tools.filter((tool) => Json.object(tool, "input_schema") !== undefined).map((tool) => ({
      name: Json.string(tool, "name") ?? "",
      schema: Json.object(tool, "input_schema") ?? {}
    })),
    toolChoice: toolChoiceOf(Json.string(choice, "type"), name),
    afterTool: Json.objects(user, "content").some((part) => Json.string(part, "type") === "tool_result"),
    schema: Json.string(format, "type") === "json_schema" ? Json.object(format, "schema") ?? {} : undefined,
    search: tools.some(isSearch),
    reasoning: thinks === "enabled" || thinks === "adaptive",
    summary: Json.string(thinking, "display") !== "omitted",
    maxTokens: Json.number(request, "max_tokens")
  }
}

const toolChoiceOf = (type: string | undefined, name: string | undefined): Prompt["toolChoice"] => {
  switch (type) {
    case "none":
      return "none"
    case "any":
      return "required"
    case "tool":
      return name === undefined ? "required" : { name }
    default:
      return "auto"
  }
}

const idOf = ({ seed }: Exchange, prefix: string, label: string): string =>
  `${prefix}_01${Ids.opaque(`${seed}/${label}`, Ids.base58, 22)}`

const cipher = ({ seed }: Exchange, label: string): string => `E${Ids.opaque(`${seed}/${label}`, Ids.base62, 175)}`

const stopOf = (answer: Answer): string =>
  answer.stop === "length" ? "max_tokens" : answer.calls.length > 0 ? "tool_use" : "end_turn"

const inputUsage = ({ prompt }: Exchange): JsonObject => ({
  input_tokens: prompt.inputTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0
})

const searchUsage = ({ search }: Answer): JsonObject =>
  search === undefined ? {} : { server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } }

const total = (answer: Answer): number => outputTokens(answer) + reasoningTokens(answer)

const servedUsage = (exchange: Exchange, output: number): JsonObject => ({
  ...inputUsage(exchange),
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: output,
  service_tier: exchange.servedTier === "priority" ? "priority" : "standard",
  inference_geo: "not_available"
})

const thinkingUsage = (answer: Answer): JsonObject =>
  answer.reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens(answer) } }

/** One content block: how it opens, what its deltas add, and how it reads when it is whole. */
interface Block {
  readonly opened: JsonObject
  readonly deltas: ReadonlyArray<JsonObject>
  readonly whole: JsonObject
}

const textBlock = (text: string, citations: ReadonlyArray<JsonObject>): Block => {
  const cited = citations.length > 0 ? { citations: [] } : {}
  return {
    opened: { ...cited, type: "text", text: "" },
    deltas: [
      ...citations.map((citation) => ({ type: "citations_delta", citation })),
      ...tokens(text).map((piece) => ({ type: "text_delta", text: piece }))
    ],
    whole: { ...(citations.length > 0 ? { citations } : {}), type: "text", text }
  }
}

/** Recorded: what a citation belongs to is a block of its own. */
const textBlocks = (exchange: Exchange, text: string): ReadonlyArray<Block> => {
  const { search } = exchange.answer
  const found = search === undefined ? -1 : text.indexOf(search.page.url)
  if (search === undefined || found === -1) return [textBlock(text, [])]
  const { title, url } = search.page
  const citation = {
    type: "web_search_result_location",
    cited_text: title,
    url,
    title,
    encrypted_index: cipher(exchange, "citation")
  }
  const after = text.slice(found + url.length)
  return [
    ...(found > 0 ? [textBlock(text.slice(0, found), [])] : []),
    textBlock(url, [citation]),
    ...(after === "" ? [] : [textBlock(after, [])])
  ]
}

const jsonDeltas = (value: JsonObject): ReadonlyArray<JsonObject> => {
  const pieces = Object.keys(value).length === 0 ? [] : tokens(JSON.stringify(value))
  return ["", ...pieces].map((partial_json) => ({ type: "input_json_delta", partial_json }))
}

const blocksOf = (exchange: Exchange): ReadonlyArray<Block> => {
  const { answer } = exchange
  const blocks: Array<Block> = []
  if (answer.reasoning !== undefined) {
    const { summary } = answer.reasoning
    const signature = cipher(exchange, "signature")
    blocks.push({
      opened: { type: "thinking", thinking: "", signature: "" },
      deltas: [
        ...tokens(summary).map((piece) => ({ type: "thinking_delta", thinking: piece })),
        { type: "signature_delta", signature }
      ],
      whole: { type: "thinking", thinking: summary, signature }
    })
  }
  if (answer.search !== undefined) {
    const { page, query } = answer.search
    const id = idOf(exchange, "srvtoolu", "search")
    const call = { type: "server_tool_use", id, name: "web_search" }
    const result = {
      type: "web_search_tool_result",
      tool_use_id: id,
      content: [{
        type: "web_search_result",
        title: page.title,
        url: page.url,
        encrypted_content: cipher(exchange, "result"),
        page_age: null
      }],
      caller: { type: "direct" }
    }
    blocks.push(
      { opened: { ...call, input: {} }, deltas: jsonDeltas({ query }), whole: { ...call, input: { query } } },
      { opened: result, deltas: [], whole: result }
    )
  }
  if (answer.text !== undefined) blocks.push(...textBlocks(exchange, answer.text))
  answer.calls.forEach((call, index) => {
    const use = { type: "tool_use", id: idOf(exchange, "toolu", `call/${index}`), name: call.name }
    const caller = { caller: { type: "direct" } }
    blocks.push({
      opened: { ...use, input: {}, ...caller },
      deltas: jsonDeltas(call.arguments),
      whole: { ...use, input: call.arguments, ...caller }
    })
  })
  return blocks
}

const frameOf = (event: JsonObject): Frame => ({
  event: Json.string(event, "type"),
  data: JSON.stringify(event),
  value: event
})

const messageOf = (exchange: Exchange, members: JsonObject): JsonObject => ({
  model: exchange.model,
  id: idOf(exchange, "msg", "message"),
  type: "message",
  role: "assistant",
  ...members
})

const events = (exchange: Exchange): ReadonlyArray<Emission> => {
  const { answer } = exchange
  const emissions: Array<Emission> = []
  const emit = (moment: Moment, event: JsonObject) => {
    emissions.push({ moment, frame: frameOf(event) })
  }
  emit("admission", {
    type: "message_start",
    message: messageOf(exchange, {
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      ...(answer.usage ? { usage: servedUsage(exchange, 1) } : {})
    })
  })
  blocksOf(exchange).forEach((block, index) => {
    emit("output", { type: "content_block_start", index, content_block: block.opened })
    if (index === 0) emit("output", { type: "ping" })
    for (const delta of block.deltas) emit("delta", { type: "content_block_delta", index, delta })
    emit("output", { type: "content_block_stop", index })
  })
  const usage = {
    ...inputUsage(exchange),
    output_tokens: total(answer),
    ...thinkingUsage(answer),
    ...searchUsage(answer)
  }
  emit("output", {
    type: "message_delta",
    delta: { stop_reason: stopOf(answer), stop_sequence: null, stop_details: null },
    ...(answer.usage ? { usage } : {})
  })
  emit("output", { type: "message_stop" })
  return emissions
}

const body = (exchange: Exchange): JsonObject => {
  const { answer } = exchange
  return messageOf(exchange, {
    content: blocksOf(exchange).map(({ whole }) => whole),
    stop_reason: stopOf(answer),
    stop_sequence: null,
    stop_details: null,
    ...(answer.usage
      ? { usage: { ...servedUsage(exchange, total(answer)), ...thinkingUsage(answer), ...searchUsage(answer) } }
      : {})
  })
}

const limits: { readonly [kind: string]: number } = {
  "input-tokens": 10_000_000,
  "output-tokens": 2_000_000,
  requests: 10_000,
  tokens: 12_000_000
}

const headers = (exchange: Exchange, stream: boolean): Headers => {
  const reset = `${new Date(exchange.createdAt).toISOString().slice(0, 19)}Z`
  return {
    date: new Date(exchange.createdAt).toUTCString(),
    "content-type": stream ? "text/event-stream; charset=utf-8" : "application/json",
    ...Object.fromEntries(
      Object.entries(limits).flatMap(([kind, limit]) => [
        [`anthropic-ratelimit-${kind}-limit`, String(limit)],
        [`anthropic-ratelimit-${kind}-remaining`, String(limit)],
        [`anthropic-ratelimit-${kind}-reset`, reset]
      ])
    ),
    "request-id": requestId(exchange)
  }
}

const requestId = (exchange: Exchange): string => idOf(exchange, "req", "request")

const types: { readonly [status: number]: readonly [type: string, message: string] | undefined } = {
  401: ["authentication_error", "invalid x-api-key"],
  402: ["billing_error", "The credit balance is too low."],
  403: ["permission_error", "The key does not have permission to use this resource."],
  404: ["not_found_error", "The model was not found."],
  413: ["request_too_large", "The request exceeds the maximum size."],
  429: ["rate_limit_error", "This request would exceed the rate limit of the organization."],
  504: ["timeout_error", "The request timed out."],
  529: ["overloaded_error", "Overloaded"]
}

const errorOf = (exchange: Exchange, refusal: Refusal): JsonObject => {
  const status = refusal.status ?? 529
  const [type, message] = types[status] ??
    (status >= 500 ? ["api_error", "Internal server error"] : ["invalid_request_error", "The request is invalid."])
  return {
    type: "error",
    error: { type: refusal.type ?? refusal.code ?? type, message: refusal.message ?? message },
    request_id: requestId(exchange)
  }
}

export const Messages: Traffic = {
  provider: "anthropic",
  dialect: "messages",
  path: /\/messages$/,
  tierFromWire,
  promptOf,
  headers,
  events,
  body,
  refusal: (exchange, refusal) => {
    const status = refusal.status ?? 529
    const final = status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429
    return {
      status,
      headers: {
        ...headers(exchange, false),
        ...(final ? { "x-should-retry": "false" } : {}),
        ...retryAfter(refusal)
      },
      body: refusal.body ?? errorOf(exchange, refusal)
    }
  },
  failure: (exchange, refusal) => [frameOf(errorOf(exchange, refusal))]
}
