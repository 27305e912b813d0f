/**
 * Anthropic's message batches: one call with all requests, and a file of results.
 *
 * Wire facts: API reference of message batches (`POST /v1/messages/batches` with `requests` of `custom_id` and `params`, at
 * most 100,000 of them and 256 MB, half the price, ended after 24 hours at the latest; `processing_status` `in_progress`,
 * `canceling`, `ended`; results by line, `succeeded`, `errored`, `canceled` or `expired`), and the types of the official
 * client. It keeps no name of ours, so a batch whose handing over was cut off cannot be found again.
 */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Batches from "../Batches.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as Lines from "../wire/Lines.ts"

const path = "/v1/messages/batches"

const requestOf = ({ body, id }: Batches.Item): string =>
  `{"custom_id":${JSON.stringify(id)},"params":${JsonMembers.edit(body, { remove: ["service_tier", "stream"] })}}`

const required = (text: string, member: string): Effect.Effect<string, Batches.BatchError> => {
  const value = Json.string(Json.parseObject(text) ?? {}, member)
  return value === undefined
    ? Effect.fail(new Batches.BatchError({ status: undefined, message: `The answer has no ${member}.` }))
    : Effect.succeed(value)
}

/** What a call of its own would have been answered with, by the type of its error. */
const statuses: { readonly [type: string]: number } = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  overloaded_error: 529
}

const notCarriedOut = (type: string): string =>
  JSON.stringify({ type: "error", error: { type: "api_error", message: `The request was not carried out: ${type}.` } })

const answerOf = (line: JsonObject): ReadonlyArray<Batches.Answer> => {
  const id = Json.string(line, "custom_id")
  const result = Json.object(line, "result")
  if (id === undefined || result === undefined) return []
  const message = Json.object(result, "message")
  if (message !== undefined) return [{ id, status: 200, body: JSON.stringify(message) }]
  const error = Json.object(result, "error")
  const type = Json.string(Json.object(error ?? {}, "error") ?? {}, "type")
  return [
    error === undefined
      ? { id, status: 503, body: notCarriedOut(Json.string(result, "type") ?? "unknown") }
      : { id, status: statuses[type ?? ""] ?? 500, body: JSON.stringify(error) }
  ]
}

export const AnthropicBatches: Batches.Batches = {
  price: 0.5,
  // SDKs of this vendor take a base URL without the version; one that has it means the same.
  root: (baseUrl) => baseUrl.replace(/\/v1$/, ""),
  promise: Duration.hours(24),
  maxItems: 100_000,
  maxBytes: Number(ByteSize.megabytes(256)),
  submit: ({ items }, send) =>
    Effect.flatMap(
      send({ method: "POST", path, body: `{"requests":[${items.map(requestOf).join(",")}]}` }),
      (text) => required(text, "id")
    ),
  find: () => Effect.undefined,
  progress: (id, send) =>
    Effect.map(
      Effect.flatMap(send({ method: "GET", path: `${path}/${id}` }), (text) => required(text, "processing_status")),
      (status) => status === "ended" ? "ended" : "running"
    ),
  answers: (id, send) =>
    Effect.map(
      send({ method: "GET", path: `${path}/${id}/results` }),
      (text) => Lines.objects(text).flatMap(answerOf)
    ),
  cancel: (id, send) => Effect.asVoid(send({ method: "POST", path: `${path}/${id}/cancel`, body: "{}" }))
}
