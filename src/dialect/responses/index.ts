/**
 * OpenAI Responses (`POST /v1/responses`): the hub through which all other dialects translate.
 *
 * Wire facts: OpenAI's API reference and recorded streams. `response.created`, `response.queued` and
 * `response.in_progress` come on admission, before any work; the first `response.output_item.added` is the start.
 */
import { type FlexInferenceError, toBlock } from "../../FlexInferenceError.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Dialect, InStreamFailure, Meter, Served, StreamSoFar } from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import { errorBody } from "../OpenAIError.ts"
import * as Collector from "./Collector.ts"
import { failureOf as failureIn } from "./Failure.ts"
import { served } from "./Usage.ts"

const admission: ReadonlySet<string> = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
  "response.failed",
  "error",
  "keepalive"
])

const terminal: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"])

const typeOf = (event: JsonObject): string => Json.string(event, "type") ?? ""

const isStart = (event: JsonObject): boolean => {
  const type = typeOf(event)
  return type.startsWith("response.") && !admission.has(type)
}

const failureOf = (event: JsonObject): InStreamFailure | undefined => {
  switch (typeOf(event)) {
    // The SDK's type is flat, the wire nests the failure under `error`; both occur.
    case "error":
      return failureIn(Json.object(event, "error") ?? event)
    case "response.failed":
      return failureIn(Json.object(Json.object(event, "response") ?? event, "error") ?? {})
    default:
      return undefined
  }
}

const nothing: Served = { usage: undefined, tier: undefined, model: undefined }

// Only the terminal event's object counts: the first events repeat the tier that was asked for.
const meter = (): Meter => {
  let seen = nothing
  return {
    add: (event) => {
      const response = terminal.has(typeOf(event)) ? Json.object(event, "response") : undefined
      if (response !== undefined) seen = served(response)
    },
    served: () => seen
  }
}

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
      error: { code: error.code ?? "server_error", message: error.message, flexinference: toBlock(error) }
    }
  })
}

const frame = (event: JsonObject): Frame => ({ event: typeOf(event), data: JSON.stringify(event), value: event })

export const Responses: Dialect = {
  name: "responses",
  isStart,
  progress: ({ value }) => value !== undefined && terminal.has(typeOf(value)) ? "closed" : "open",
  failureOf,
  meter,
  served,
  collector: Collector.make,
  usagePath: (event) => terminal.has(typeOf(event)) ? ["response", "usage"] : undefined,
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
