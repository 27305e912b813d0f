/**
 * Answers from Responses to Interactions. There is one way only, that of the stream: a body is what the stream of its
 * items collects to, so that the two cannot disagree.
 *
 * Each part of a message becomes a step of its own, since a stream of Interactions has no other way to say that a new
 * part begins; for the same reason a reasoning summary becomes one text.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import { Responses } from "../responses/index.ts"
import * as Citations from "./Citations.ts"
import * as Collector from "./Collector.ts"
import * as ServiceTier from "./ServiceTier.ts"
import * as Usage from "./Usage.ts"

type Delta = (text: string) => JsonObject

const textDelta: Delta = (text) => ({ type: "text", text })
const summaryDelta: Delta = (text) => ({ type: "thought_summary", content: { type: "text", text } })
const argumentsDelta: Delta = (text) => ({ type: "arguments_delta", arguments: text })

/** A step as a stream brings it: how it begins, its text in pieces, and what follows once the text is whole. */
interface StreamedStep {
  readonly start: JsonObject
  readonly text: string
  readonly delta: Delta
  readonly tail: ReadonlyArray<JsonObject>
}

const signatureDelta = (signature: string | undefined): ReadonlyArray<JsonObject> =>
  signature === undefined ? [] : [{ type: "thought_signature", signature }]

const outputStart: JsonObject = { type: "model_output" }

/** A message's part; `undefined` where it has nothing to show. */
const outputStep = (part: JsonObject): StreamedStep | undefined => {
  const text = Json.string(part, Json.string(part, "type") === "refusal" ? "refusal" : "text") ?? ""
  if (text === "") return undefined
  const annotations = Citations.fromResponses(text, Json.objects(part, "annotations"))
  const tail = annotations.length === 0 ? [] : [{ type: "text_annotation_delta", annotations }]
  return { start: outputStart, text, delta: textDelta, tail }
}

const thoughtStart: JsonObject = { type: "thought" }
const betweenSummaries = "\n\n"

const thoughtStep = (item: JsonObject): StreamedStep => {
  const encrypted = Json.string(item, "encrypted_content")
  const opaque = encrypted === undefined
    ? undefined
    : ForeignSignature.decode(encrypted, "openai", Json.string(item, "id"))
  return {
    start: thoughtStart,
    text: Json.objects(item, "summary").map((part) => Json.string(part, "text") ?? "").join(betweenSummaries),
    delta: summaryDelta,
    tail: signatureDelta(opaque === undefined ? undefined : ForeignSignature.encode(opaque, "google"))
  }
}

const callStart = (item: JsonObject): JsonObject => ({
  type: "function_call",
  id: Json.string(item, "call_id") ?? Json.string(item, "id") ?? "",
  name: Json.string(item, "name") ?? "",
  arguments: {}
})

const functionCallStep = (item: JsonObject): StreamedStep => {
  const signature = Json.string(item, "signature")
  return {
    start: callStart(item),
    text: Json.string(item, "arguments") ?? "",
    delta: argumentsDelta,
    tail: signatureDelta(signature === undefined ? undefined : ForeignSignature.rewrap(signature, "openai", "google"))
  }
}

const searchStep = (item: JsonObject): StreamedStep => {
  const action = Json.object(item, "action") ?? {}
  const query = Json.string(action, "query")
  return {
    start: {
      type: "google_search_call",
      id: Json.string(item, "id") ?? "",
      arguments: { queries: Json.array(action, "queries") ?? (query === undefined ? [] : [query]) },
      search_type: "web_search"
    },
    text: "",
    delta: textDelta,
    tail: []
  }
}

/** The steps of an item, by the place of their part in it. Items of other kinds have no counterpart. */
const stepsOf = (item: JsonObject): ReadonlyArray<StreamedStep | undefined> => {
  switch (Json.string(item, "type")) {
    case "message":
      return Json.objects(item, "content").map(outputStep)
    case "reasoning":
      return [thoughtStep(item)]
    case "function_call":
      return [functionCallStep(item)]
    case "web_search_call":
      return [searchStep(item)]
    default:
      return []
  }
}

const timestamp = (seconds: number): string | undefined =>
  // Beyond this JavaScript has no date to write.
  Math.abs(seconds) <= 8.64e12 ? new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z") : undefined

const errorsOf = (response: JsonObject): ReadonlyArray<JsonObject> | undefined => {
  const error = Json.object(response, "error")
  if (error !== undefined) {
    return [{ code: Json.string(error, "code") ?? "api_error", message: Json.string(error, "message") ?? "" }]
  }
  return Json.string(Json.object(response, "incomplete_details") ?? {}, "reason") === "content_filter"
    ? [{ code: "content_blocked", message: "The provider's content filter ended the answer." }]
    : undefined
}

const statusOf = (response: JsonObject): string => {
  const status = Json.string(response, "status") ?? "completed"
  return status === "completed" &&
      Json.objects(response, "output").some((item) => Json.string(item, "type") === "function_call")
    ? "requires_action"
    : status
}

/** What an interaction says of itself from its first event on. */
const identityOf = (response: JsonObject, context: AnswerContext): { readonly id: string } & JsonObject => ({
  id: Json.string(response, "id") ?? `resp_${context.id}`,
  object: "interaction",
  model: Json.string(response, "model") ?? context.model
})

/** The interaction without its steps, as the last event of a stream has it. */
const finalOf = (response: JsonObject, context: AnswerContext): JsonObject => {
  const { tier, usage } = Responses.served(response)
  const created = timestamp(Json.number(response, "created_at") ?? context.createdAt)
  return Json.compact({
    ...identityOf(response, context),
    status: statusOf(response),
    errors: errorsOf(response),
    usage: usage === undefined ? undefined : Usage.write(usage),
    service_tier: tier === undefined ? undefined : ServiceTier.fromResponses(tier),
    created,
    updated: created
  })
}

/** A step being written: how long its text is so far. */
interface OpenStep {
  readonly index: number
  length: number
}

/** Writes the events of one interaction. */
const makeWriter = (context: AnswerContext) => {
  let events: Array<JsonObject> = []
  let isOpen = false
  let count = 0

  const emit = (type: string, members: JsonObject): void => {
    events.push({ event_type: type, ...members })
  }

  const open = (response: JsonObject): void => {
    if (isOpen) return
    isOpen = true
    const interaction = { ...identityOf(response, context), status: "in_progress" }
    emit("interaction.created", { interaction })
    emit("interaction.status_update", { interaction_id: interaction.id, status: "in_progress" })
  }

  /** A writer of the steps of one item. */
  const item = () => {
    const steps = new Map<number, OpenStep>()
    const stepAt = (part: number, start: JsonObject): OpenStep => {
      const known = steps.get(part)
      if (known !== undefined) return known
      open({})
      const step = { index: count++, length: 0 }
      steps.set(part, step)
      emit("step.start", { index: step.index, step: start })
      return step
    }
    const append = (part: number, start: JsonObject, delta: Delta, text: string): void => {
      if (text === "") return
      const step = stepAt(part, start)
      step.length += text.length
      emit("step.delta", { index: step.index, delta: delta(text) })
    }
    return {
      append,
      /** Writes what the whole item holds beyond what was written. */
      settle: (whole: JsonObject): void => {
        for (const [part, streamed] of stepsOf(whole).entries()) {
          if (streamed === undefined) continue
          const { index, length } = stepAt(part, streamed.start)
          append(part, streamed.start, streamed.delta, streamed.text.slice(length))
          for (const delta of streamed.tail) emit("step.delta", { index, delta })
          emit("step.stop", { index })
        }
      }
    }
  }

  return {
    open,
    item,
    finish: (response: JsonObject): void => {
      open(response)
      emit("interaction.completed", { interaction: finalOf(response, context) })
    },
    take: (): ReadonlyArray<JsonObject> => {
      const taken = events
      events = []
      return taken
    }
  }
}

export const bodyFromResponses = (response: JsonObject, context: AnswerContext): JsonObject => {
  const writer = makeWriter(context)
  const collector = Collector.make()
  for (const item of Json.objects(response, "output")) writer.item().settle(item)
  writer.finish(response)
  for (const event of writer.take()) collector.add(event)
  return collector.body() ?? {}
}

type ItemWriter = ReturnType<ReturnType<typeof makeWriter>["item"]>

/** The item whose steps are being written. */
interface Current {
  readonly index: number
  /** What the item was when it was added. */
  readonly item: JsonObject
  readonly to: ItemWriter
  /** The part of the summary that was written last. */
  summary: number
}

const writeDelta = (current: Current, event: JsonObject): void => {
  const { item, to } = current
  const delta = Json.string(event, "delta") ?? ""
  switch (Json.string(event, "type")) {
    case "response.output_text.delta":
    case "response.refusal.delta":
      return to.append(Json.number(event, "content_index") ?? 0, outputStart, textDelta, delta)
    case "response.reasoning_summary_text.delta": {
      const part = Json.number(event, "summary_index") ?? 0
      const between = betweenSummaries.repeat(Math.max(0, part - current.summary))
      current.summary = part
      return to.append(0, thoughtStart, summaryDelta, between + delta)
    }
    case "response.function_call_arguments.delta":
      return to.append(0, callStart(item), argumentsDelta, delta)
  }
}

const keyOf = (item: JsonObject, index: number): string | number => Json.string(item, "id") ?? index

export const eventsFromResponses = (context: AnswerContext): Transducer => {
  const writer = makeWriter(context)
  const collector = Responses.collector()
  // By id where an item has one: some backends leave gaps between the indices.
  const settled = new Set<string | number>()
  let current: Current | undefined
  // Steps come one after another, so the events of items that are open beside the current one wait for it.
  const waiting = new Map<number, Array<JsonObject>>()
  let isFinished = false

  const advance = (index: number, event: JsonObject): void => {
    const item = Json.object(event, "item") ?? {}
    current ??= { index, item, to: writer.item(), summary: 0 }
    if (current.index !== index) {
      const queue = waiting.get(index) ?? []
      queue.push(event)
      waiting.set(index, queue)
      return
    }
    writeDelta(current, event)
    if (Json.string(event, "type") !== "response.output_item.done") return
    current.to.settle(item)
    settled.add(keyOf(item, index))
    current = undefined
    const [next] = [...waiting.keys()].toSorted((left, right) => left - right)
    if (next === undefined) return
    const events = waiting.get(next) ?? []
    waiting.delete(next)
    for (const event of events) advance(next, event)
  }

  const finish = (response: JsonObject): void => {
    isFinished = true
    for (const [index, item] of Json.objects(response, "output").entries()) {
      const key = keyOf(item, index)
      if (settled.has(key)) continue
      const begun = current !== undefined && keyOf(current.item, current.index) === key ? current.to : undefined
      const to = begun ?? writer.item()
      to.settle(item)
    }
    writer.finish(response)
  }

  const push = (event: JsonObject): void => {
    collector.add(event)
    const index = Json.number(event, "output_index")
    const body = collector.body()
    if (Json.string(event, "type") === "response.created") writer.open(Json.object(event, "response") ?? {})
    else if (index !== undefined) advance(index, event)
    else if (body !== undefined && !isFinished) finish(body)
  }

  return {
    push: (event) => {
      push(event)
      return writer.take()
    }
  }
}
