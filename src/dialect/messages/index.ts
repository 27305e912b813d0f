/**
 * Anthropic Messages (`POST /v1/messages`).
 *
 * Wire facts: vendor documentation and recorded streams. `message_start` and `ping` come on admission; the first
 * `content_block_start` is the start. An answer without any content, such as a refusal (recorded), starts with its
 * `message_delta`. Usage in `message_delta` is cumulative.
 */
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { type Dialect, errorBlock, type InStreamFailure, type Meter, type Served, signs } from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Sse from "../../wire/Sse.ts"
import * as ClaudeModel from "./ClaudeModel.ts"
import { collector } from "./Collector.ts"
import { continuation } from "./Continuation.ts"
import { counting } from "./Counting.ts"
import * as Listing from "./Listing.ts"
import { fieldOf, requestFromResponses, requestToResponses } from "./Rules.ts"
import { bodyFromResponses, eventsFromResponses } from "./FromResponses.ts"
import { bodyToResponses, eventsToResponses } from "./ToResponses.ts"
import * as Usage from "./Usage.ts"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

const sign = signs({
  names: { message_start: "admitted", ping: "admitted", message_delta: "final", message_stop: "end", error: "failed" },
  families: [["content_block_", "output"]],
  nameOf: typeOf
})

const failureOf = (event: JsonObject): InStreamFailure => {
  const error = Json.object(event, "error") ?? {}
  const type = Json.string(error, "type") ?? null
  return {
    type,
    // Anthropic's word for a failure is its type; it has no code beside it.
    code: type,
    message: Json.string(error, "message") ?? "The provider reported a failure without a message.",
    param: null
  }
}

/** Some hosts report a failure in a body of status 200; what has no content is no message, whatever else it is. */
const reported = (body: JsonObject): InStreamFailure | undefined =>
  typeOf(body) === "error" || !Json.isGiven(body, "content") ? failureOf(body) : undefined

const served = (body: JsonObject): Served => {
  const usage = Json.object(body, "usage")
  return {
    usage: usage === undefined ? undefined : Usage.usageOf(usage),
    tier: usage === undefined ? undefined : Json.string(usage, "service_tier"),
    model: Json.string(body, "model")
  }
}

// The count in `message_start` is a beginning, not a bill: usage is known once `message_delta` has come.
const meter = (): Meter => {
  let model: string | undefined
  let usage: JsonObject = {}
  let isFinal = false
  return {
    add: (frame, sign) => {
      if (sign === "output" || sign === "end") return
      const event = frame.value ?? {}
      if (sign === "admitted" && typeOf(event) === "message_start") {
        const message = Json.object(event, "message") ?? {}
        model = Json.string(message, "model")
        usage = Json.object(message, "usage") ?? {}
      } else if (sign === "final") {
        usage = Usage.merge(usage, Json.object(event, "usage") ?? {})
        isFinal = true
      }
    },
    served: () => ({
      usage: isFinal ? Usage.usageOf(usage) : undefined,
      tier: Json.string(usage, "service_tier"),
      model
    })
  }
}

/** Anthropic's `error.type` for a status. */
const errorTypeOf = (status: number): string => {
  switch (status) {
    case 401:
      return "authentication_error"
    case 402:
      return "billing_error"
    case 403:
      return "permission_error"
    case 404:
      return "not_found_error"
    case 409:
      return "conflict_error"
    case 413:
      return "request_too_large"
    case 429:
      return "rate_limit_error"
    case 504:
      return "timeout_error"
    case 529:
      return "overloaded_error"
    default:
      return status >= 500 ? "api_error" : "invalid_request_error"
  }
}

/** `{ type: "error", error: { type, message, flexinference }, request_id }`, as Anthropic's clients expect it. */
const errorBody = (error: FlexInferenceError): JsonObject =>
  Json.compact({
    type: "error",
    error: Json.compact({
      type: errorTypeOf(error.status),
      message: error.message,
      // A list is another vendor's.
      details: Json.isObject(error.details) ? error.details : undefined,
      flexinference: errorBlock(error)
    }),
    request_id: error.requestId
  })

const frame = (event: JsonObject): Frame => Sse.frame(typeOf(event), event)

const text = (body: JsonObject): string =>
  Json.objects(body, "content")
    .map((block) => typeOf(block) === "text" ? Json.string(block, "text") ?? "" : "").join("")

const textDelta = (event: JsonObject): string | undefined => {
  const delta = typeOf(event) === "content_block_delta" ? Json.object(event, "delta") ?? {} : {}
  return typeOf(delta) === "text_delta" ? Json.string(delta, "text") : undefined
}

export const Messages: Dialect = {
  name: "messages",
  paths: ["/v1/messages"],
  key: { header: "x-api-key" },
  // Betas are named in `anthropic-beta`; the vendor's clients add `?beta=true` for them.
  protocol: { prefixes: ["anthropic-"], query: ["beta"] },
  listing: Listing.listing,
  counting,
  collecting: {},
  operation: "chat",
  sign,
  whole: "end",
  failureOf,
  reported,
  meter,
  served,
  collector,
  usagePath: (event) => typeOf(event) === "message_delta" ? ["usage"] : undefined,
  frame,
  closing: [],
  errorBody,
  errorFrames: (error) => [frame(errorBody(error))],
  text,
  textDelta,
  // Refusals of `tools[].name` ('^[a-zA-Z0-9_-]{1,128}$') and of `tool_use.id` ('^[a-zA-Z0-9_-]+$', without a length).
  identifiers: {
    names: { pattern: /^[a-zA-Z0-9_-]+$/, length: 128 },
    ids: { pattern: /^[a-zA-Z0-9_-]+$/, length: 64 }
  },
  required: { field: "messages", kind: "array" },
  translation: {
    fieldOf,
    requestToResponses,
    requestFromResponses,
    prefill: (model) => ClaudeModel.of(model).prefill,
    bodyToResponses,
    bodyFromResponses,
    eventsToResponses,
    eventsFromResponses
  },
  continuation
}
