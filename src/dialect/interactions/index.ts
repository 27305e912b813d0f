/**
 * Google's Interactions (`POST /v1beta/interactions`), in its steps schema.
 *
 * Wire facts: vendor documentation and recorded streams. `interaction.created` and `interaction.status_update` come
 * on admission; the first `step.start` is the start. `interaction.completed` carries the usage, the served tier and
 * the status, but no steps, and `event: done` with `[DONE]` follows it.
 */
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import {
  type Dialect,
  type InStreamFailure,
  type Meter,
  type Served,
  type Sign,
  signs,
  unreported
} from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Sse from "../../wire/Sse.ts"
import { bodyFromResponses, eventsFromResponses } from "./AnswerFromResponses.ts"
import { bodyToResponses, eventsToResponses } from "./AnswerToResponses.ts"
import * as Collector from "./Collector.ts"
import { Continuation } from "./Continuation.ts"
import * as ErrorEnvelope from "./ErrorEnvelope.ts"
import { finalOf, typeOf } from "./Event.ts"
import * as Failure from "./Failure.ts"
import { counting } from "./Counting.ts"
import { steps } from "./RequestToResponses.ts"
import * as Listing from "./Listing.ts"
import { fieldOf, requestFromResponses, requestToResponses } from "./Rules.ts"
import * as Usage from "./Usage.ts"

const isSearch = (step: JsonObject): boolean => Json.string(step, "type") === "google_search_call"

const report = (interaction: JsonObject, searchSteps: number): Served => {
  const usage = Json.object(interaction, "usage")
  return {
    usage: usage === undefined ? undefined : Usage.read(usage, searchSteps),
    tier: Json.string(interaction, "service_tier"),
    model: Json.string(interaction, "model")
  }
}

const served = (body: JsonObject): Served => report(body, Json.objects(body, "steps").filter(isSearch).length)

const names = signs({
  names: {
    "interaction.created": "admitted",
    "interaction.status_update": "admitted",
    "interaction.completed": "final",
    // Its name before the steps schema.
    "interaction.complete": "final",
    error: "failed",
    done: "end"
  },
  families: [["step.", "output"], ["content.", "output"]],
  nameOf: typeOf
})

/** The last event has no steps: whether there was an answer, the stream before it tells. */
const failureOf = (event: JsonObject, started: boolean): InStreamFailure | undefined =>
  Failure.failureOf(event) ?? (started ? undefined : Failure.reportedEmpty(finalOf(event) ?? {}))

const sign = (frame: Frame, started: boolean): Sign => {
  if (frame.data === "[DONE]") return "end"
  const sign = names(frame)
  if (sign !== "final" && sign !== "failed") return sign
  // An interaction may end as failed, and an error event may be an empty one, which means nothing and was seen.
  return frame.value === undefined || failureOf(frame.value, started) === undefined
    ? sign === "final" ? "final" : "admitted"
    : "failed"
}

const meter = (): Meter => {
  let searchSteps = 0
  let seen = unreported
  return {
    add: (frame, sign) => {
      if (sign === "final") seen = report(finalOf(frame.value ?? {}) ?? {}, searchSteps)
      else if (sign === "output" && frame.event !== "step.delta" && frame.event !== "step.stop") {
        if (frame.value !== undefined && isSearch(Json.object(frame.value, "step") ?? {})) searchSteps++
      }
    },
    served: () => seen
  }
}

const textOfStep = (step: JsonObject): string => {
  if (Json.string(step, "type") !== "model_output") return ""
  let out = ""
  for (const content of Json.objects(step, "content")) {
    if (Json.string(content, "type") === "text") out += Json.string(content, "text") ?? ""
  }
  return out
}

/** A step may begin with text; what comes after arrives in deltas. */
const textDelta = (event: JsonObject): string | undefined => {
  switch (typeOf(event)) {
    case "step.start": {
      const text = textOfStep(Json.object(event, "step") ?? {})
      return text === "" ? undefined : text
    }
    case "step.delta": {
      const delta = Json.object(event, "delta") ?? {}
      return Json.string(delta, "type") === "text" ? Json.string(delta, "text") : undefined
    }
    default:
      return undefined
  }
}

const frame = (event: JsonObject): Frame => Sse.frame(typeOf(event) || undefined, event)

const errorFrames = (error: FlexInferenceError): ReadonlyArray<Frame> => [
  frame({ event_type: "error", ...ErrorEnvelope.errorBody(error) })
]

export const Interactions: Dialect = {
  name: "interactions",
  paths: ["/v1/interactions", "/v1beta/interactions"],
  key: { header: "x-goog-api-key", searchParam: "key" },
  // `api-revision` named the schema when it changed (vendor documentation).
  protocol: { prefixes: ["x-goog-", "x-gemini-"], names: ["api-revision"] },
  listing: Listing.listing,
  counting,
  collecting: {},
  operation: "generate_content",
  sign,
  whole: "final",
  failureOf: (event) => failureOf(event, false) ?? Failure.unexplained,
  reported: Failure.reportedBy,
  meter,
  served,
  collector: Collector.make,
  usagePath: (event) => finalOf(event) === undefined ? undefined : ["interaction", "usage"],
  frame,
  closing: [{ event: "done", data: "[DONE]", value: undefined }],
  errorBody: ErrorEnvelope.errorBody,
  errorFrames,
  text: (body) => Json.objects(body, "steps").map(textOfStep).join(""),
  textDelta,
  // SDK types of functions; their bound of 128 is newer than the refusals of more than 64 (reported). Ids may be any.
  identifiers: { names: { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, length: 64 }, ids: undefined },
  required: { field: "input", kind: "present" },
  references: {
    previous: "previous_interaction_id",
    conversation: steps,
    said: (body) => Json.array(body, "steps") ?? []
  },
  // Google's guide: turns are linked by `previous_interaction_id`, which adds nothing to the interaction it names.
  lasting: { appends: [], detaches: ["background"] },
  translation: {
    fieldOf,
    requestToResponses,
    requestFromResponses,
    bodyToResponses,
    bodyFromResponses,
    eventsToResponses,
    eventsFromResponses
  },
  continuation: Continuation
}
