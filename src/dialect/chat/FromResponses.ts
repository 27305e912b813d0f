/**
 * Responses answers as Chat Completions. One writer makes the chunks; a whole body is what its chunks come to when
 * they are collected, so that a streamed and a plain answer say the same.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import { Responses } from "../responses/index.ts"
import * as Annotation from "./Annotation.ts"
import * as Collector from "./Collector.ts"
import * as Reasoning from "./Reasoning.ts"
import { usageObject } from "./Usage.ts"

/** What has been said of one part of an item, so that the whole item only adds what is missing. */
interface Part {
  sent: number
  annotations: number
  /** Where the part begins in the content, which joins the texts of all parts. */
  readonly base: number
}

/** What has been said of one output item. */
interface Item {
  id: string | undefined
  /** Whether the whole item has gone by. */
  settled: boolean
  readonly parts: Map<number, Part>
  /** Which entry of `tool_calls` it is. */
  call: number | undefined
  readonly summaries: Map<number, { sent: number; readonly detail: number }>
}

const callTypes: ReadonlySet<string> = new Set(["function_call", "custom_tool_call"])

const finishReasonOf = (response: JsonObject, called: boolean): string | null => {
  switch (Json.string(response, "status")) {
    case "completed":
      return called ? "tool_calls" : "stop"
    case "incomplete": {
      const details = Json.object(response, "incomplete_details") ?? {}
      return Json.string(details, "reason") === "content_filter" ? "content_filter" : "length"
    }
    default:
      return null
  }
}

const errorOf = (error: JsonObject): JsonObject => ({
  message: Json.string(error, "message") ?? "The provider reported a failure without a message.",
  type: Json.string(error, "type") ?? "server_error",
  code: Json.string(error, "code") ?? null,
  param: Json.string(error, "param") ?? null
})

const chunkWriter = (context: AnswerContext, includeUsage: boolean) => {
  const chunks: Array<JsonObject> = []
  const items = new Map<number, Item>()
  let created = context.createdAt
  let model = context.model
  let tier: string | null = null
  let started = false
  let finished = false
  let calls = 0
  let details = 0
  let contentLength = 0

  const chunk = (choices: ReadonlyArray<JsonObject>, members: JsonObject = {}): void => {
    chunks.push({
      id: `chatcmpl-${context.id}`,
      object: "chat.completion.chunk",
      created,
      model,
      service_tier: tier,
      choices: [...choices],
      ...(includeUsage ? { usage: null } : {}),
      ...members
    })
  }

  const choice = (delta: JsonObject, finishReason: string | null, logprobs: ReadonlyArray<Json.Json>): JsonObject => ({
    index: 0,
    delta,
    logprobs: logprobs.length === 0 ? null : { content: [...logprobs], refusal: null },
    finish_reason: finishReason
  })

  // OpenAI begins a text with "" and a call with null.
  const start = (content: string | null): void => {
    if (started) return
    started = true
    chunk([choice({ role: "assistant", content, refusal: null }, null, [])])
  }

  const say = (delta: JsonObject, logprobs: ReadonlyArray<Json.Json> = []): void => {
    start(null)
    chunk([choice(delta, null, logprobs)])
  }

  const itemAt = (outputIndex: number): Item => {
    const found = items.get(outputIndex)
    if (found !== undefined) return found
    const made: Item = { id: undefined, settled: false, parts: new Map(), call: undefined, summaries: new Map() }
    items.set(outputIndex, made)
    return made
  }

  const partAt = (outputIndex: number, partIndex: number): Part => {
    const { parts } = itemAt(outputIndex)
    const found = parts.get(partIndex)
    if (found !== undefined) return found
    const made: Part = { sent: 0, annotations: 0, base: contentLength }
    parts.set(partIndex, made)
    return made
  }

  const text = (at: Part, delta: string, logprobs: ReadonlyArray<Json.Json>): void => {
    if (delta === "") return
    at.sent += delta.length
    contentLength += delta.length
    say({ content: delta }, logprobs)
  }

  const refusal = (at: Part, delta: string): void => {
    if (delta === "") return
    at.sent += delta.length
    say({ refusal: delta })
  }

  const annotation = (at: Part, value: JsonObject): void => {
    at.annotations += 1
    say({ annotations: [Annotation.fromHub(value, at.base)] })
  }

  const callInput = (outputIndex: number, delta: string, custom: boolean): void => {
    const { call: index } = itemAt(outputIndex)
    if (index === undefined || delta === "") return
    partAt(outputIndex, 0).sent += delta.length
    say({ tool_calls: [{ index, ...(custom ? { custom: { input: delta } } : { function: { arguments: delta } }) }] })
  }

  const summary = (outputIndex: number, summaryIndex: number, delta: string): void => {
    if (delta === "") return
    const item = itemAt(outputIndex)
    const at = item.summaries.get(summaryIndex) ?? { sent: 0, detail: details++ }
    item.summaries.set(summaryIndex, at)
    at.sent += delta.length
    say({ reasoning_details: [Reasoning.summaryDetail(at.detail, item.id, delta)] })
  }

  const openCall = (item: Item, value: JsonObject, custom: boolean): void => {
    if (item.call !== undefined) return
    item.call = calls++
    const name = Json.string(value, "name") ?? ""
    const call = { index: item.call, id: Json.string(value, "call_id") ?? Json.string(value, "id") ?? "" }
    say({
      tool_calls: [
        custom
          ? { ...call, type: "custom", custom: { name, input: "" } }
          : { ...call, type: "function", function: { name, arguments: "" } }
      ]
    })
  }

  /** Says of an item whatever was not said yet. */
  const settle = (outputIndex: number, value: JsonObject, whole: boolean): void => {
    const item = itemAt(outputIndex)
    if (item.settled) return
    item.settled = whole
    item.id = Json.string(value, "id") ?? item.id
    const type = Json.string(value, "type") ?? ""
    if (type === "message") {
      start("")
      for (const [partIndex, part] of Json.objects(value, "content").entries()) {
        const at = partAt(outputIndex, partIndex)
        if (Json.string(part, "type") === "refusal") {
          refusal(at, (Json.string(part, "refusal") ?? "").slice(at.sent))
          continue
        }
        const logprobs = at.sent === 0 ? Json.array(part, "logprobs") ?? [] : []
        text(at, (Json.string(part, "text") ?? "").slice(at.sent), logprobs)
        for (const found of Json.objects(part, "annotations").slice(at.annotations)) annotation(at, found)
      }
    } else if (callTypes.has(type)) {
      const custom = type === "custom_tool_call"
      openCall(item, value, custom)
      const input = Json.string(value, custom ? "input" : "arguments") ?? ""
      callInput(outputIndex, input.slice(partAt(outputIndex, 0).sent), custom)
      const extra = whole ? Reasoning.extraContent(Json.string(value, "signature")) : undefined
      if (extra !== undefined && item.call !== undefined) {
        say({ tool_calls: [{ index: item.call, extra_content: extra }] })
      }
    } else if (type === "reasoning") {
      for (const [summaryIndex, part] of Json.objects(value, "summary").entries()) {
        const sent = item.summaries.get(summaryIndex)?.sent ?? 0
        summary(outputIndex, summaryIndex, (Json.string(part, "text") ?? "").slice(sent))
      }
      // An item's first event may carry another value than its last, and only the last is valid.
      const encrypted = whole ? Json.string(value, "encrypted_content") : undefined
      const detail = encrypted === undefined ? undefined : Reasoning.encryptedDetail(details, item.id, encrypted)
      if (detail !== undefined) {
        details += 1
        say({ reasoning_details: [detail] })
      }
    }
  }

  const identify = (response: JsonObject): void => {
    created = Json.number(response, "created_at") ?? created
    model = Json.string(response, "model") ?? model
    tier = Json.string(response, "service_tier") ?? null
  }

  const finish = (response: JsonObject): void => {
    identify(response)
    // A backend that sends no item events still has the items in the end.
    if (items.size === 0) {
      for (const [index, item] of Json.objects(response, "output").entries()) settle(index, item, true)
    }
    start("")
    finished = true
    const error = Json.object(response, "error")
    const last = choice({}, finishReasonOf(response, calls > 0), [])
    chunk([last], error === undefined ? {} : { error: errorOf(error) })
    const { usage } = Responses.served(response)
    if (includeUsage && usage !== undefined) chunk([], { usage: usageObject(usage) })
  }

  const fail = (error: JsonObject): void => {
    finished = true
    chunk([choice({}, null, [])], { error: errorOf(error) })
  }

  const push = (event: JsonObject): void => {
    if (finished) return
    const outputIndex = Json.number(event, "output_index") ?? 0
    const contentIndex = Json.number(event, "content_index") ?? 0
    const delta = Json.string(event, "delta") ?? ""
    const type = Json.string(event, "type")
    switch (type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        return identify(Json.object(event, "response") ?? {})
      case "response.output_item.added":
      case "response.output_item.done":
        return settle(outputIndex, Json.object(event, "item") ?? {}, type === "response.output_item.done")
      case "response.output_text.delta":
        return text(partAt(outputIndex, contentIndex), delta, Json.array(event, "logprobs") ?? [])
      case "response.refusal.delta":
        return refusal(partAt(outputIndex, contentIndex), delta)
      case "response.output_text.annotation.added":
        return annotation(partAt(outputIndex, contentIndex), Json.object(event, "annotation") ?? {})
      case "response.function_call_arguments.delta":
        return callInput(outputIndex, delta, false)
      case "response.custom_tool_call_input.delta":
        return callInput(outputIndex, delta, true)
      case "response.reasoning_summary_text.delta":
        return summary(outputIndex, Json.number(event, "summary_index") ?? 0, delta)
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        return finish(Json.object(event, "response") ?? {})
      case "error":
        return fail(Json.object(event, "error") ?? event)
    }
  }

  return { push, finish, take: (): ReadonlyArray<JsonObject> => chunks.splice(0) }
}

/** A response as a completion. */
export const body = (response: JsonObject, context: AnswerContext): JsonObject => {
  const writer = chunkWriter(context, true)
  writer.finish(response)
  const collector = Collector.make()
  for (const chunk of writer.take()) collector.add(chunk)
  return collector.merged()
}

/** Responses events as chunks; the usage chunk comes if the caller's `stream_options.include_usage` asked for it. */
export const events = (context: AnswerContext): Transducer => {
  const options = Json.object(context.request, "stream_options") ?? {}
  const writer = chunkWriter(context, Json.boolean(options, "include_usage") === true)
  return {
    push: (event) => {
      writer.push(event)
      return writer.take()
    }
  }
}
