/**
 * Responses answers as Messages: one block after the other, as the steps of the hub's reader come. A whole body goes the
 * same path, so both agree.
 */
import type * as Api from "../../api/Messages.ts"
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as Reader from "../responses/Reader.ts"
import { collector } from "./Collector.ts"
import * as Thinking from "./Thinking.ts"
import * as Usage from "./Usage.ts"
import * as Counts from "../../Usage.ts"

type Event = Json.Members<Api.MessageEvent>
type Delta = Json.Members<Api.ContentBlockDeltaEvent["delta"]>

/** Anthropic's word for a tier of the hub; a tier it has no word for keeps its own. */
const tierFromWire = (word: string | undefined): string | undefined => word === "default" ? "standard" : word

/** A url citation as Anthropic's; the hub knows which span it supports, not the words it was taken from. */
const citationOf = (annotation: JsonObject, text: string): JsonObject | undefined =>
  Json.string(annotation, "type") === "url_citation"
    ? {
      type: "web_search_result_location",
      url: Json.string(annotation, "url") ?? "",
      title: Json.string(annotation, "title") ?? null,
      cited_text: text.slice(Json.number(annotation, "start_index") ?? 0, Json.number(annotation, "end_index") ?? 0),
      encrypted_index: ""
    } satisfies Json.Members<Api.WebSearchCitation>
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

const stopReasonOf = (end: Reader.End, refused: boolean, called: boolean): Api.StopReason | null => {
  switch (end.status) {
    case "completed":
      return refused ? "refusal" : called ? "tool_use" : "end_turn"
    case "incomplete":
      return end.incompleteReason === "content_filter" ? "refusal" : "max_tokens"
    default:
      return null
  }
}

const textBlock = { type: "text", text: "" } as const satisfies Json.Members<Api.TextBlock>
const thinkingBlock = { type: "thinking", thinking: "", signature: "" } as const satisfies Json.Members<
  Api.ThinkingBlock
>

const answer = (context: AnswerContext): Reader.StepWriter => {
  let events: Array<JsonObject> = []
  /** The index of the next content block, or of the open one. */
  let index = 0
  let isOpen = false
  let called = false
  let refusal = ""

  const begin = (response: JsonObject): void => {
    const message = {
      id: `msg_${context.id}`,
      type: "message",
      role: "assistant",
      model: Json.string(response, "model") ?? context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: Usage.usageObject(Counts.none, undefined)
    } as const satisfies Json.Members<Api.Message>
    events.push({ type: "message_start", message } satisfies Event)
  }

  const start = (block: JsonObject): void => {
    if (isOpen) return
    isOpen = true
    events.push({ type: "content_block_start", index, content_block: block } satisfies Event)
  }

  const delta = (members: JsonObject): void => {
    events.push({ type: "content_block_delta", index, delta: members } satisfies Event)
  }

  const stop = (): void => {
    if (!isOpen) return
    isOpen = false
    events.push({ type: "content_block_stop", index } satisfies Event)
    index += 1
  }

  const whole = (block: JsonObject): void => {
    start(block)
    stop()
  }

  const closeReasoning = (id: string | undefined, encrypted: string | undefined): void => {
    const opaque = encrypted === undefined ? undefined : Thinking.opaqueBlock(encrypted, id)
    if (opaque?.type === "redacted_thinking") {
      start(opaque)
    } else if (opaque !== undefined) {
      start(thinkingBlock)
      delta({ type: "signature_delta", signature: opaque.signature } satisfies Delta)
    }
    stop()
  }

  const end = (step: Reader.End): void => {
    if (step.failure !== undefined) {
      const error = { type: "api_error", message: step.failure.message } satisfies Json.Members<Api.ErrorEvent["error"]>
      events.push({ type: "error", error } satisfies Event)
      return
    }
    const reason = stopReasonOf(step, refusal !== "", called)
    const ending = {
      stop_reason: reason,
      stop_sequence: null,
      stop_details: reason === "refusal"
        ? { type: "refusal", category: null, explanation: refusal === "" ? null : refusal }
        : null
    } as const satisfies Json.Members<Api.Message>
    const usage = Usage.usageObject(step.served.usage ?? Counts.none, tierFromWire(step.served.tier))
    events.push(
      { type: "message_delta", delta: ending, usage } satisfies Event,
      { type: "message_stop" } satisfies Event
    )
  }

  /** A call with free text for input: this format has none such. */
  let isCustom = false
  const write = (step: Reader.Step): void => {
    switch (step._tag) {
      case "Begin":
        return begin(step.response)
      case "OpenCall":
        isCustom = step.isCustom
        if (isCustom) return
        called = true
        return start(
          { type: "tool_use", id: step.id, name: step.name, input: {} } satisfies Json.Members<Api.ToolUseBlock>
        )
      case "Text":
        start(textBlock)
        return delta({ type: "text_delta", text: step.text } satisfies Delta)
      case "Refusal":
        refusal += step.text
        return
      case "ClosePart":
        for (const annotation of isOpen ? step.annotations : []) {
          const citation = citationOf(annotation, step.text)
          if (citation !== undefined) delta({ type: "citations_delta", citation } satisfies Delta)
        }
        return stop()
      case "Summary":
        start(thinkingBlock)
        return delta(
          { type: "thinking_delta", thinking: (step.isNext ? Thinking.partSeparator : "") + step.text } satisfies Delta
        )
      case "Input":
        if (!isCustom) delta({ type: "input_json_delta", partial_json: step.text } satisfies Delta)
        return
      case "CloseReasoning":
        return closeReasoning(step.id, step.encrypted)
      case "CloseCall": {
        const signature = step.signature === undefined || isCustom
          ? undefined
          : ForeignSignature.rewrap(step.signature, "openai", "anthropic")
        if (signature !== undefined) delta({ type: "signature_delta", signature } satisfies Delta)
        return stop()
      }
      case "Search":
        return searchBlocks(step.item).forEach(whole)
      case "End":
        return end(step)
      case "OpenMessage":
      case "OpenReasoning":
      case "CloseMessage":
    }
  }

  return {
    write,
    take: () => {
      const taken = events
      events = []
      return taken
    }
  }
}

export const eventsFromResponses = (context: AnswerContext): Transducer => Reader.transducer(answer(context))

/** The message a response becomes; a response that reports a failure becomes Anthropic's report of one. */
export const bodyFromResponses = (response: JsonObject, context: AnswerContext): JsonObject => {
  const gathered = collector()
  const events = Reader.events(response, answer(context))
  for (const event of events) gathered.add(event)
  return gathered.body() ?? events.at(-1) ?? {}
}
