/** Interactions for tests: recorded ones, made-up ones as schemas, and whole bodies told as a stream. */
import { Schema } from "effect"
import type { AnswerContext, Transducer } from "../../../src/Dialect.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { recordings } from "../../support/fixtures.ts"

const recorded = recordings("gemini-interactions").filter(({ name }) => !name.startsWith("error-"))

/** Recorded streams. */
export const streams = recorded.flatMap(({ name, sse }) => sse === undefined ? [] : [{ name, sse }])

/** Recorded bodies. */
export const bodies = recorded.flatMap(({ body, name }) => Json.isObject(body) ? [{ name, body }] : [])

export const context = (request: JsonObject = {}): AnswerContext => ({
  id: "seed",
  createdAt: 1_700_000_000,
  model: "asked-model",
  request
})

/** All that a transducer makes of events. */
export const through = (transducer: Transducer, events: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  events.flatMap((event) => transducer.push(event))

/** A text in pieces of `size` UTF-16 units. */
export const pieces = (text: string, size: number): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))

const stepEvents = (step: JsonObject, index: number, size: number): ReadonlyArray<JsonObject> => {
  const { arguments: given, content, signature, summary, ...start } = step
  const deltas: Array<JsonObject> = []
  for (const block of Json.objects({ content: content ?? [] }, "content")) {
    deltas.push(...pieces(Json.string(block, "text") ?? "", size).map((text) => ({ type: "text", text })))
    const annotations = Json.objects(block, "annotations")
    if (annotations.length > 0) deltas.push({ type: "text_annotation_delta", annotations })
  }
  for (const block of Json.objects({ summary: summary ?? [] }, "summary")) {
    deltas.push(
      ...pieces(Json.string(block, "text") ?? "", size).map((text) => ({
        type: "thought_summary",
        content: { type: "text", text }
      }))
    )
  }
  if (given !== undefined) {
    deltas.push(
      ...(start["type"] === "function_call"
        ? pieces(JSON.stringify(given), size).map((text) => ({ type: "arguments_delta", arguments: text }))
        : [{ type: start["type"] ?? null, arguments: given }])
    )
  }
  if (signature !== undefined) deltas.push({ type: "thought_signature", signature })
  const opened: JsonObject = start["type"] === "function_call" ? { ...start, arguments: {}, signature: "" } : start
  return [
    { event_type: "step.start", index, step: opened },
    ...deltas.map((delta) => ({ event_type: "step.delta", index, delta })),
    { event_type: "step.stop", index }
  ]
}

/** A whole body as the stream that would have told it, in deltas of `size` UTF-16 units. */
export const streamOf = (body: JsonObject, size: number): ReadonlyArray<JsonObject> => {
  const { steps: _, ...interaction } = body
  const { id = "", model = "" } = interaction
  return [
    { event_type: "interaction.created", interaction: { id, model, object: "interaction", status: "in_progress" } },
    { event_type: "interaction.status_update", interaction_id: id, status: "in_progress" },
    ...Json.objects(body, "steps").flatMap((step, index) => stepEvents(step, index, size)),
    { event_type: "interaction.completed", interaction }
  ]
}

const Text = Schema.NonEmptyString
const Word = Schema.NonEmptyString
// Without -0, which JSON text does not tell from 0.
const Numbers = Schema.Literals([0, 1, -2.5, 1e21])
const Arguments = Schema.Record(Schema.String, Schema.Union([Schema.String, Numbers, Schema.Boolean]))

/** A step of an answer, with one text at most, as the stream of it can say. */
export const Step = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("model_output"),
    content: Schema.Tuple([Schema.Struct({ type: Schema.Literal("text"), text: Text })])
  }),
  Schema.Struct({
    type: Schema.Literal("thought"),
    summary: Schema.Tuple([Schema.Struct({ type: Schema.Literal("text"), text: Text })]),
    signature: Schema.optionalKey(Word)
  }),
  Schema.Struct({
    type: Schema.Literal("function_call"),
    id: Word,
    name: Word,
    arguments: Arguments,
    signature: Schema.optionalKey(Word)
  }),
  Schema.Struct({
    type: Schema.Literal("google_search_call"),
    id: Word,
    arguments: Schema.Struct({ queries: Schema.Array(Schema.String) })
  })
])

/** An answer as Google gives it. */
export const Body = Schema.Struct({
  id: Word,
  object: Schema.Literal("interaction"),
  model: Schema.Literal("gemini-2.5-flash"),
  status: Schema.Literals(["completed", "requires_action", "incomplete", "budget_exceeded", "requires_continuation"]),
  service_tier: Schema.Literals(["flex", "standard", "priority"]),
  created: Schema.Literal("2026-05-15T18:51:55Z"),
  usage: Schema.Struct({ total_input_tokens: Schema.Literal(7), total_output_tokens: Schema.Literal(19) }),
  steps: Schema.Array(Step)
})
