/**
 * Answers from Responses to Interactions. There is one way only, that of the stream: a body is what the stream of its
 * items collects to, so that the two cannot disagree.
 *
 * Each part of a message becomes a step of its own, since a stream of Interactions has no other way to say that a new
 * part begins; for the same reason a reasoning summary becomes one text. A refusal is text, as Gemini refuses, and its
 * end is that of blocked content.
 */
import type * as Api from "../../api/Interactions.ts"
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as Reader from "../responses/Reader.ts"
import * as Citations from "./Citations.ts"
import * as Collector from "./Collector.ts"
import * as ServiceTier from "./ServiceTier.ts"
import * as Usage from "./Usage.ts"

type Event = Json.Members<Api.InteractionEvent>
type Delta = Json.Members<
  Extract<
    Api.StepDelta,
    { readonly type: "text" | "arguments_delta" | "text_annotation_delta" | "thought_summary" | "thought_signature" }
  >
>

const timestamp = (seconds: number): string | undefined =>
  // Beyond this JavaScript has no date to write.
  Math.abs(seconds) <= 8.64e12 ? new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z") : undefined

const betweenSummaries = "\n\n"

const errorsOf = (end: Reader.End, refusal: string): ReadonlyArray<JsonObject> | undefined => {
  const { failure } = end
  if (failure !== undefined) return [{ code: failure.code ?? "api_error", message: failure.message }]
  if (refusal !== "") return [{ code: "content_blocked", message: refusal }]
  return end.incompleteReason === "content_filter"
    ? [{ code: "content_blocked", message: "The provider's content filter ended the answer." }]
    : undefined
}

const statusOf = (end: Reader.End, refusal: string, called: boolean): string =>
  end.status !== "completed" ? end.status : refusal !== "" ? "incomplete" : called ? "requires_action" : end.status

/** What an interaction says of itself from its first event on. */
const identityOf = (response: JsonObject, context: AnswerContext): { readonly id: string } & JsonObject =>
  ({
    id: Json.string(response, "id") ?? `resp_${context.id}`,
    object: "interaction",
    model: Json.string(response, "model") ?? context.model
  }) satisfies Json.Members<Api.Interaction>

const makeWriter = (context: AnswerContext): Reader.StepWriter => {
  let events: Array<JsonObject> = []
  let index = 0
  let isOpen = false
  let isCustom = false
  let called = false
  let refusal = ""

  const start = (step: JsonObject): void => {
    if (isOpen) return
    isOpen = true
    events.push({ event_type: "step.start", index, step } satisfies Event)
  }

  const grow = (delta: JsonObject): void => {
    events.push({ event_type: "step.delta", index, delta } satisfies Event)
  }

  const stop = (): void => {
    if (!isOpen) return
    isOpen = false
    events.push({ event_type: "step.stop", index } satisfies Event)
    index += 1
  }

  const sign = (signature: string | undefined): void => {
    if (signature !== undefined) grow({ type: "thought_signature", signature } satisfies Delta)
  }

  const begin = (response: JsonObject): void => {
    const interaction = { ...identityOf(response, context), status: "in_progress" }
    events.push(
      { event_type: "interaction.created", interaction } satisfies Event,
      { event_type: "interaction.status_update", interaction_id: interaction.id, status: "in_progress" } satisfies Event
    )
  }

  const text = (piece: string): void => {
    start({ type: "model_output" } satisfies Json.Members<Api.ModelOutput>)
    grow({ type: "text", text: piece } satisfies Delta)
  }

  const thought = (): void => start({ type: "thought" } satisfies Json.Members<Api.Thought>)

  const search = (item: JsonObject): void => {
    const action = Json.object(item, "action") ?? {}
    const query = Json.string(action, "query")
    start(
      {
        type: "google_search_call",
        id: Json.string(item, "id") ?? "",
        arguments: { queries: Json.array(action, "queries") ?? (query === undefined ? [] : [query]) },
        search_type: "web_search"
      } satisfies Json.Members<Api.GoogleSearchCall & { readonly search_type: string }>
    )
    stop()
  }

  /** The interaction without its steps, as the last event of a stream has it. */
  const end = (step: Reader.End): void => {
    const { usage, tier } = step.served
    const created = timestamp(Json.number(step.response, "created_at") ?? context.createdAt)
    const interaction = Json.compact(
      {
        ...identityOf(step.response, context),
        status: statusOf(step, refusal, called),
        errors: errorsOf(step, refusal),
        usage: usage === undefined ? undefined : Usage.write(usage),
        service_tier: tier === undefined ? undefined : ServiceTier.fromResponses(tier),
        created,
        updated: created
      } satisfies Json.Members<Api.Interaction>
    )
    events.push({ event_type: "interaction.completed", interaction } satisfies Event)
  }

  const write = (step: Reader.Step): void => {
    switch (step._tag) {
      case "Begin":
        return begin(step.response)
      case "OpenCall":
        isCustom = step.isCustom
        if (isCustom) return
        called = true
        return start(
          { type: "function_call", id: step.id, name: step.name, arguments: {} } satisfies Json.Members<
            Api.FunctionCall
          >
        )
      case "Text":
        return text(step.text)
      case "Refusal":
        refusal += step.text
        return text(step.text)
      case "ClosePart": {
        const annotations = Citations.fromResponses(step.text, step.annotations)
        if (annotations.length > 0) grow({ type: "text_annotation_delta", annotations } satisfies Delta)
        return stop()
      }
      case "Summary": {
        thought()
        const piece = (step.isNext ? betweenSummaries : "") + step.text
        return grow({ type: "thought_summary", content: { type: "text", text: piece } } satisfies Delta)
      }
      case "Input":
        if (!isCustom) grow({ type: "arguments_delta", arguments: step.text } satisfies Delta)
        return
      case "CloseReasoning": {
        const opaque = step.encrypted === undefined
          ? undefined
          : ForeignSignature.decode(step.encrypted, "openai", step.id)
        thought()
        sign(opaque === undefined ? undefined : ForeignSignature.encode(opaque, "google"))
        return stop()
      }
      case "CloseCall":
        if (step.signature !== undefined && !isCustom) sign(ForeignSignature.rewrap(step.signature, "openai", "google"))
        return stop()
      case "Search":
        return search(step.item)
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

export const bodyFromResponses = (response: JsonObject, context: AnswerContext): JsonObject => {
  const collector = Collector.make()
  for (const event of Reader.events(response, makeWriter(context))) collector.add(event)
  return collector.body() ?? {}
}

export const eventsFromResponses = (context: AnswerContext): Transducer => Reader.transducer(makeWriter(context))
