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
  type Sign,
  signs,
  type StreamSoFar,
  unreported
} from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Sse from "../../wire/Sse.ts"
import { errorBody } from "../OpenAIError.ts"
import { counting } from "./Counting.ts"
import * as Listing from "./Listing.ts"
import * as AgentAnswers from "./AgentAnswers.ts"
import * as AgentTools from "./AgentTools.ts"
import * as Collector from "./Collector.ts"
import { failureOf as describe, reported, reportedBy } from "./Failure.ts"
import { served } from "./Usage.ts"

const typeOf = (event: JsonObject): string => Json.string(event, "type") ?? ""

const names = signs({
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

const responseOf = (event: JsonObject): JsonObject => Json.object(event, "response") ?? {}

const sign = (frame: Frame): Sign => {
  const sign = names(frame)
  // The event's name is not the last word: its response may say that it failed, or was canceled.
  return sign === "end" && reported(responseOf(frame.value ?? {})) !== undefined ? "failed" : sign
}

const failureOf = (event: JsonObject): InStreamFailure =>
  isTerminal(typeOf(event))
    ? reported(responseOf(event)) ??
      describe(Json.object(responseOf(event), "error") ?? Json.object(event, "error") ?? {})
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

/**
 * How a stream of OpenAI's fails (recorded): an `error` event, by which clients know it, and then `response.failed`. Both
 * carry the contract's block.
 */
const failed = (response: JsonObject, error: FlexInferenceError): JsonObject => ({
  ...response,
  status: "failed",
  error: { code: error.code ?? "server_error", message: error.message, flexinference: errorBlock(error) }
})

/** What is known of a response of which nothing has come. */
const nothing = { id: "resp_failed", object: "response", created_at: 0, model: null, output: [] }

const errorFrames = (error: FlexInferenceError, seen: StreamSoFar): ReadonlyArray<Frame> => {
  const native = error.reason._tag === "StreamFailed" ? error.reason.event : undefined
  const response = (native === undefined ? undefined : Json.object(native, "response")) ??
    (seen.first === undefined ? undefined : Json.object(seen.first, "response")) ??
    nothing
  const sequence = seen.last === undefined ? 0 : (Json.number(seen.last, "sequence_number") ?? -1) + 1
  const code = error.code ?? "server_error"
  const { message, param, type } = error
  const flexinference = errorBlock(error)
  return [
    frame({ type: "error", sequence_number: sequence, error: { type, code, message, param, flexinference } }),
    frame({
      type: "response.failed",
      sequence_number: sequence + 1,
      response: failed(response, error)
    })
  ]
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
  reported: reportedBy,
  meter,
  served,
  collector: Collector.make,
  bodyIn: "response",
  usagePath: (event) => isTerminal(typeOf(event)) ? ["response", "usage"] : undefined,
  frame,
  closing: [],
  errorBody,
  failedBody: (error) => failed(nothing, error),
  errorFrames,
  text,
  textDelta: (event) => typeOf(event) === "response.output_text.delta" ? Json.string(event, "delta") : undefined,
  // SDK types of functions; refusals of `input[].call_id` ("maximum length 64", reported 2026) and of ids in `input`.
  identifiers: {
    names: { pattern: /^[a-zA-Z0-9_-]+$/, length: 64 },
    ids: { pattern: /^[a-zA-Z0-9_-]+$/, length: 64 }
  },
  required: { field: "input", kind: "present" },
  references: {
    previous: "previous_response_id",
    conversation: (request) => {
      const text = Json.string(request, "input")
      return text === undefined
        ? Json.array(request, "input") ?? []
        : [{ type: "message", role: "user", content: text }]
    },
    said: (body) => Json.array(body, "output") ?? [],
    // SDK types: `type` may be left out of a reference, as it may of a message.
    referred: (item) => {
      const type = Json.string(item, "type")
      return type === "item_reference" || (type === undefined && !Json.isGiven(item, "role"))
        ? Json.string(item, "id")
        : undefined
    }
  },
  // OpenAI's reference: items are added to a conversation when the response completes; a background response goes on when
  // its connection closes, every other one ends with it. A stored response of an aborted leg is referred to by nobody.
  lasting: { appends: ["conversation"], detaches: ["background"] },
  translation: undefined,
  plain: {
    fieldOf: AgentTools.fieldOf,
    requestToResponses: AgentTools.requestToResponses,
    bodyFromResponses: AgentAnswers.bodyFromResponses,
    eventsFromResponses: AgentAnswers.eventsFromResponses
  },
  continuation: undefined
}
