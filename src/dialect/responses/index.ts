/**
 * OpenAI Responses (`POST /v1/responses`): the hub through which all other dialects translate.
 *
 * Wire facts: OpenAI's API reference and recorded streams. `response.created`, `response.queued` and
 * `response.in_progress` come on admission, before any work; the first `response.output_item.added` is the start.
 */
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import { toBlock } from "../ErrorBlock.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Collector, Dialect, InStreamFailure, Meter, Served, StreamSoFar } from "../../Dialect.ts"
import type { Usage } from "../../Usage.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Sse from "../../wire/Sse.ts"
import { errorBody } from "../OpenAIError.ts"
import * as Signs from "../Signs.ts"

const typeOf = (event: JsonObject): string => Json.string(event, "type") ?? ""

const sign = Signs.make({
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

const describe = (error: JsonObject): InStreamFailure => ({
  type: Json.string(error, "type") ?? null,
  code: Json.string(error, "code") ?? null,
  message: Json.string(error, "message") ?? "The provider reported a failure without a message.",
  param: Json.string(error, "param") ?? null
})

const usageOf = (usage: JsonObject, response: JsonObject): Usage => {
  const input = Json.object(usage, "input_tokens_details") ?? {}
  const output = Json.object(usage, "output_tokens_details") ?? {}
  const search = Json.object(Json.object(response, "tool_usage") ?? {}, "web_search")
  return {
    input: Json.number(usage, "input_tokens") ?? 0,
    cachedInput: Json.number(input, "cached_tokens") ?? 0,
    cacheWriteInput: Json.number(input, "cache_write_tokens") ?? 0,
    longCacheWriteInput: Json.number(Json.object(input, "cache_write_tokens_details") ?? {}, "ttl_12h_tokens") ?? 0,
    output: Json.number(usage, "output_tokens") ?? 0,
    reasoning: Json.number(output, "reasoning_tokens") ?? 0,
    webSearches: search === undefined
      ? Json.objects(response, "output").filter((item) => Json.string(item, "type") === "web_search_call").length
      : Json.number(search, "num_requests") ?? 0
  }
}

const served = (response: JsonObject): Served => {
  const usage = Json.object(response, "usage")
  return {
    usage: usage === undefined ? undefined : usageOf(usage, response),
    tier: Json.string(response, "service_tier"),
    model: Json.string(response, "model")
  }
}

const nothing: Served = { usage: undefined, tier: undefined, model: undefined }

// Only the terminal event's object counts: the first events repeat the tier that was asked for.
const meter = (): Meter => {
  let seen = nothing
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

const collector = (): Collector => {
  // By the provider's own index, which is a key and no length.
  const items = new Map<number, JsonObject>()
  let body: JsonObject | undefined
  return {
    needs: (event) => event.startsWith("response.output_item.") || isTerminal(event),
    add: (event) => {
      const type = typeOf(event)
      const index = Json.number(event, "output_index")
      const item = Json.object(event, "item")
      if (index !== undefined && item !== undefined && type.startsWith("response.output_item.")) {
        items.set(index, item)
      } else if (isTerminal(type)) {
        const response = Json.object(event, "response") ?? {}
        // Some backends leave `output` out of the final object, or empty; the items have all gone by.
        body = Json.objects(response, "output").length === 0
          ? { ...response, output: [...items].toSorted(([a], [b]) => a - b).map(([, item]) => item) }
          : response
      }
    },
    body: () => body
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

const frame = (event: JsonObject): Frame => Sse.frame(typeOf(event), event)

export const Responses: Dialect = {
  name: "responses",
  paths: ["/v1/responses"],
  key: undefined,
  collecting: {},
  operation: "chat",
  sign,
  whole: "end",
  failureOf,
  meter,
  served,
  collector,
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
