/**
 * Responses answers as Messages. Items are written in their order; the one whose turn it is streams as it arrives,
 * and what comes for a later one waits until it is whole. A whole body goes the same path, so both agree.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import { Responses } from "../responses/index.ts"
import { collector } from "./Collector.ts"
import * as Thinking from "./Thinking.ts"
import * as Usage from "./Usage.ts"
import type { Usage as Counts } from "../../Usage.ts"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

/** Anthropic's word for a tier of the hub; a tier it has no word for keeps its own. */
const tierFromWire = (word: string | undefined): string | undefined => word === "default" ? "standard" : word

const noTokens: Counts = {
  input: 0,
  cachedInput: 0,
  cacheWriteInput: 0,
  longCacheWriteInput: 0,
  output: 0,
  reasoning: 0,
  webSearches: 0
}

/** A url citation as Anthropic's; the hub knows which span it supports, not the words it was taken from. */
const citationOf = (annotation: JsonObject, text: string): JsonObject | undefined =>
  typeOf(annotation) === "url_citation"
    ? {
      type: "web_search_result_location",
      url: Json.string(annotation, "url") ?? "",
      title: Json.string(annotation, "title") ?? null,
      cited_text: text.slice(Json.number(annotation, "start_index") ?? 0, Json.number(annotation, "end_index") ?? 0),
      encrypted_index: ""
    }
    : undefined

/** The two blocks of a search: what was asked, and the sources, where the item names them. */
const searchBlocks = (item: JsonObject): ReadonlyArray<JsonObject> => {
  const action = Json.object(item, "action") ?? {}
  const id = Json.string(item, "id") ?? ""
  const results = Json.objects(action, "sources").flatMap((source) => {
    const url = Json.string(source, "url")
    return url === undefined
      ? []
      : [{ type: "web_search_result", url, title: Json.string(source, "title") ?? "", encrypted_content: "" }]
  })
  return [
    {
      type: "server_tool_use",
      id,
      name: "web_search",
      input: Json.compact({ query: Json.string(action, "query") ?? Json.string(action, "url") })
    },
    { type: "web_search_tool_result", tool_use_id: id, content: results }
  ]
}

const refusalOf = (response: JsonObject): string =>
  Json.objects(response, "output").flatMap((item) => Json.objects(item, "content"))
    .map((part) => typeOf(part) === "refusal" ? Json.string(part, "refusal") ?? "" : "").join("")

const stopReasonOf = (response: JsonObject, refusal: string): string | null => {
  const reason = Json.string(Json.object(response, "incomplete_details") ?? {}, "reason")
  switch (Json.string(response, "status")) {
    case "completed":
      if (refusal !== "") return "refusal"
      return Json.objects(response, "output").some((item) => typeOf(item) === "function_call") ? "tool_use" : "end_turn"
    case "incomplete":
      return reason === "content_filter" ? "refusal" : "max_tokens"
    default:
      return null
  }
}

const answer = (context: AnswerContext) => {
  let events: Array<JsonObject> = []
  let hasBegun = false
  /** The index of the next content block. */
  let blockIndex = 0
  /** The item whose turn it is, and how far it has been written. */
  let turn = 0
  let part = 0
  let summaryIndex = 0
  let open: { readonly start: JsonObject; sent: string } | undefined
  /** Items that are whole and wait for their turn, and items of which something came before their turn. */
  const waiting = new Map<number, JsonObject>()
  const missed = new Set<number>()

  const begin = (response: JsonObject): void => {
    if (hasBegun) return
    hasBegun = true
    events.push({
      type: "message_start",
      message: {
        id: `msg_${context.id}`,
        type: "message",
        role: "assistant",
        model: Json.string(response, "model") ?? context.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        usage: Usage.usageObject(noTokens, undefined)
      }
    })
  }

  const start = (block: JsonObject): { readonly start: JsonObject; sent: string } => {
    if (open === undefined) {
      open = { start: block, sent: "" }
      events.push({ type: "content_block_start", index: blockIndex, content_block: block })
    }
    return open
  }

  const delta = (members: JsonObject): void => {
    events.push({ type: "content_block_delta", index: blockIndex, delta: members })
  }

  const stop = (): void => {
    events.push({ type: "content_block_stop", index: blockIndex })
    blockIndex += 1
    open = undefined
  }

  /** Writes a piece of the block that is open, or opens it. */
  const write = (block: JsonObject, piece: string, asDelta: (piece: string) => JsonObject): void => {
    if (piece === "") return
    start(block).sent += piece
    delta(asDelta(piece))
  }

  /** Writes what is missing of a block's whole text. */
  const complete = (block: JsonObject, whole: string, asDelta: (piece: string) => JsonObject): void => {
    const sent = open?.sent ?? ""
    if (whole.startsWith(sent)) write(block, whole.slice(sent.length), asDelta)
  }

  const textBlock = { type: "text", text: "" }
  const textDelta = (text: string): JsonObject => ({ type: "text_delta", text })
  const thinkingBlock = { type: "thinking", thinking: "", signature: "" }
  const thinkingDelta = (thinking: string): JsonObject => ({ type: "thinking_delta", thinking })
  const inputDelta = (json: string): JsonObject => ({ type: "input_json_delta", partial_json: json })
  const toolBlock = (item: JsonObject): JsonObject => ({
    type: "tool_use",
    id: Json.string(item, "call_id") ?? "",
    name: Json.string(item, "name") ?? "",
    input: {}
  })

  const finishPart = (value: JsonObject): void => {
    part += 1
    if (typeOf(value) !== "output_text") return
    const text = Json.string(value, "text") ?? ""
    complete(textBlock, text, textDelta)
    if (open === undefined) return
    for (const annotation of Json.objects(value, "annotations")) {
      const citation = citationOf(annotation, text)
      if (citation !== undefined) delta({ type: "citations_delta", citation })
    }
    stop()
  }

  const finishItem = (item: JsonObject): void => {
    switch (typeOf(item)) {
      case "message":
        for (const value of Json.objects(item, "content").slice(part)) finishPart(value)
        break
      case "reasoning": {
        const block = Thinking.blockOf(item)
        if (block === undefined) break
        if (typeOf(block) === "thinking") {
          const signature = Json.string(block, "signature") ?? ""
          start(thinkingBlock)
          complete(thinkingBlock, Json.string(block, "thinking") ?? "", thinkingDelta)
          if (signature !== "") delta({ type: "signature_delta", signature })
        } else {
          start(block)
        }
        stop()
        break
      }
      case "function_call": {
        const block = toolBlock(item)
        const signature = Json.string(item, "signature")
        const own = signature === undefined ? undefined : ForeignSignature.rewrap(signature, "openai", "anthropic")
        start(block)
        complete(block, Json.string(item, "arguments") ?? "", inputDelta)
        if (own !== undefined) delta({ type: "signature_delta", signature: own })
        stop()
        break
      }
      case "web_search_call":
        for (const block of searchBlocks(item)) {
          start(block)
          stop()
        }
    }
    turn += 1
    part = 0
    summaryIndex = 0
  }

  /** Whether an event's item can be streamed now; if not, it will be written as a whole. */
  const isItsTurn = (event: JsonObject): boolean => {
    const index = Json.number(event, "output_index") ?? -1
    if (index !== turn) missed.add(index)
    return index === turn && !missed.has(index)
  }

  const isItsPart = (event: JsonObject): boolean =>
    isItsTurn(event) && (Json.number(event, "content_index") ?? 0) === part

  const finish = (response: JsonObject): void => {
    begin(response)
    for (const item of Json.objects(response, "output").slice(turn)) finishItem(item)
    const refusal = refusalOf(response)
    const { tier, usage } = Responses.served(response)
    const stopReason = stopReasonOf(response, refusal)
    events.push({
      type: "message_delta",
      delta: {
        stop_reason: stopReason,
        stop_sequence: null,
        stop_details: stopReason === "refusal"
          ? { type: "refusal", category: null, explanation: refusal === "" ? null : refusal }
          : null
      },
      usage: Usage.usageObject(usage ?? noTokens, tierFromWire(tier))
    }, { type: "message_stop" })
  }

  const add = (event: JsonObject): void => {
    const piece = Json.string(event, "delta") ?? ""
    const type = typeOf(event)
    switch (type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        begin(Json.object(event, "response") ?? {})
        break
      case "response.output_item.added": {
        const item = Json.object(event, "item") ?? {}
        if (typeOf(item) === "function_call" && isItsTurn(event)) start(toolBlock(item))
        break
      }
      case "response.output_text.delta":
        if (isItsPart(event)) write(textBlock, piece, textDelta)
        break
      case "response.content_part.done":
        if (isItsPart(event)) finishPart(Json.object(event, "part") ?? {})
        break
      case "response.reasoning_summary_text.delta":
        if (isItsTurn(event)) {
          const index = Json.number(event, "summary_index") ?? 0
          write(thinkingBlock, Thinking.partSeparator.repeat(Math.max(0, index - summaryIndex)) + piece, thinkingDelta)
          summaryIndex = index
        }
        break
      case "response.function_call_arguments.delta":
        if (isItsTurn(event) && open !== undefined) write(open.start, piece, inputDelta)
        break
      case "response.output_item.done": {
        waiting.set(Json.number(event, "output_index") ?? -1, Json.object(event, "item") ?? {})
        for (let item = waiting.get(turn); item !== undefined; item = waiting.get(turn)) finishItem(item)
        break
      }
      case "response.completed":
      case "response.incomplete":
        finish(Json.object(event, "response") ?? {})
        break
      case "response.failed": {
        const failure = Responses.failureOf(event)
        events.push({ type: "error", error: { type: "api_error", message: failure?.message ?? "" } })
      }
    }
  }

  return {
    add,
    finish,
    take: (): ReadonlyArray<JsonObject> => {
      const taken = events
      events = []
      return taken
    }
  }
}

export const eventsFromResponses = (context: AnswerContext): Transducer => {
  const { add, take } = answer(context)
  return {
    push: (event) => {
      add(event)
      return take()
    }
  }
}

export const bodyFromResponses = (response: JsonObject, context: AnswerContext): JsonObject => {
  const { finish, take } = answer(context)
  const gathered = collector()
  finish(response)
  for (const event of take()) gathered.add(event)
  return gathered.body() ?? {}
}
