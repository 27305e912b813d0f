/**
 * OpenAI Responses (`POST /v1/responses`): the hub through which all other dialects translate.
 *
 * Wire facts: OpenAI's API reference and recorded streams. `response.created`, `response.queued` and
 * `response.in_progress` come on admission, before any work; the first `response.output_item.added` is the start.
 */
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import {
  type Dialect,
  errorBlock,
  type InStreamFailure,
  type Meter,
  signs,
  type StreamSoFar,
  unreported
} from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Sse from "../../wire/Sse.ts"
import { errorBody } from "../OpenAIError.ts"
import { counting } from "./Counting.ts"
import * as Listing from "./Listing.ts"
import * as Collector from "./Collector.ts"
import { failureOf as describe } from "./Failure.ts"
import { served } from "./Usage.ts"

const typeOf = (event: JsonObject): string => Json.string(event, "type") ?? ""

const sign = signs({
  names: {
    "response.created": "admitted",
    "response.queued": "admitted",
    "response.in_progress": "admitted",
    "response.completed": "end",
    "response.incomplete": "end",
    "response.failed": "failed",
    error: "failed"
  },
  families: [["response.", "output"]],
  nameOf: typeOf
})

const failureOf = (event: JsonObject): InStreamFailure =>
  typeOf(event) === "response.failed"
    ? describe(Json.object(Json.object(event, "response") ?? event, "error") ?? {})
    // The SDK's type is flat, the wire nests the failure under `error`; both occur.
    : describe(Json.object(event, "error") ?? event)

// Only the terminal event's object counts: the first events repeat the tier that was asked for.
const meter = (): Meter => {
  let seen = unreported
  return {
    add: (frame, sign) => {
      const response = sign === "end" ? Json.object(frame.value ?? {}, "response") : undefined
      if (response !== undefined) seen = served(response)
    },
    served: () => seen
  }
}

const isTerminal = (type: string): boolean =>
  type === "response.completed" || type === "response.incomplete" || type === "response.failed"

const text = (response: JsonObject): string => {
  let out = ""
  for (const item of Json.objects(response, "output")) {
    if (Json.string(item, "type") !== "message") continue
    for (const part of Json.objects(item, "content")) {
      if (Json.string(part, "type") === "output_text") out += Json.string(part, "text") ?? ""
    }
  }
  return out
}

/** The failing event a Responses client recognises: `response.failed`, with the contract's block in its error. */
const errorFrame = (error: FlexInferenceError, seen: StreamSoFar): Frame => {
  const native = error.reason._tag === "StreamFailed" ? error.reason.event : undefined
  const response = (native === undefined ? undefined : Json.object(native, "response")) ??
    (seen.first === undefined ? undefined : Json.object(seen.first, "response")) ??
    { id: "resp_failed", object: "response", created_at: 0, model: null, output: [] }
  const sequence = seen.last === undefined ? 0 : (Json.number(seen.last, "sequence_number") ?? -1) + 1
  return frame({
    type: "response.failed",
    sequence_number: sequence,
    response: {
      ...response,
      status: "failed",
      error: { code: error.code ?? "server_error", message: error.message, flexinference: errorBlock(error) }
    }
  })
}

const frame = (event: JsonObject): Frame => Sse.frame(typeOf(event), event)

export const Responses: Dialect = {
  name: "responses",
  paths: ["/v1/responses"],
  key: undefined,
  protocol: { prefixes: ["openai-"] },
  listing: Listing.listing,
  counting,
  collecting: {},
  operation: "chat",
  sign,
  whole: "end",
  failureOf,
  meter,
  served,
  collector: Collector.make,
  bodyIn: "response",
  usagePath: (event) => isTerminal(typeOf(event)) ? ["response", "usage"] : undefined,
  frame,
  closing: [],
  errorBody,
  errorFrame,
  text,
  textDelta: (event) => typeOf(event) === "response.output_text.delta" ? Json.string(event, "delta") : undefined,
  required: { field: "input", kind: "present" },
  translation: undefined,
  continuation: undefined
}
