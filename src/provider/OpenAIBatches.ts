/**
 * OpenAI's batches: a file of requests, a batch over it, and files of what came of them.
 *
 * Wire facts: API reference of files and batches (`purpose: "batch"`, one request a line with `custom_id`, `method`, `url`
 * and `body`; at most 50,000 of one model and 200 MB; `completion_window: "24h"`; `metadata`; statuses `validating`,
 * `failed`, `in_progress`, `finalizing`, `completed`, `expired`, `cancelling`, `cancelled`; `output_file_id` and
 * `error_file_id`), and the types of the official client.
 */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Batches from "../Batches.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as Lines from "../wire/Lines.ts"

const paths: { readonly [dialect: string]: string } = {
  responses: "/v1/responses",
  "chat.completions": "/v1/chat/completions"
}

/** The member of a batch's metadata that holds our name of it. */
const nameMember = "flexinference_batch"

// A batch is a tier of its own.
const lineOf = (url: string) => ({ body, id }: Batches.Item): string =>
  `{"custom_id":${JSON.stringify(id)},"method":"POST","url":${JSON.stringify(url)},"body":${
    JsonMembers.edit(body, { remove: ["service_tier", "stream"] })
  }}`

const boundary = "flexinference-batch-of-requests"

/** `multipart/form-data` (RFC 7578) with the file. */
const form = (name: string, lines: ReadonlyArray<string>): string =>
  [
    `--${boundary}`,
    "content-disposition: form-data; name=\"purpose\"",
    "",
    "batch",
    `--${boundary}`,
    `content-disposition: form-data; name="file"; filename="${name}.jsonl"`,
    "content-type: application/jsonl",
    "",
    lines.join("\n"),
    `--${boundary}--`,
    ""
  ].join("\r\n")

const ended: ReadonlySet<string> = new Set(["failed", "completed", "expired", "cancelled"])

const objectOf = (text: string): JsonObject => Json.parseObject(text) ?? {}

const required = (text: string, member: string): Effect.Effect<string, Batches.BatchError> => {
  const value = Json.string(objectOf(text), member)
  return value === undefined
    ? Effect.fail(new Batches.BatchError({ status: undefined, message: `The answer has no ${member}.` }))
    : Effect.succeed(value)
}

/** A line of an output or error file. */
const answerOf = (line: JsonObject): ReadonlyArray<Batches.Answer> => {
  const id = Json.string(line, "custom_id")
  if (id === undefined) return []
  const response = Json.object(line, "response")
  const body = response === undefined ? undefined : Json.object(response, "body")
  if (response !== undefined && body !== undefined) {
    return [{ id, status: Json.number(response, "status_code") ?? 500, body: JSON.stringify(body) }]
  }
  // `batch_expired` and its kin: the request was not carried out.
  return [{
    id,
    status: 503,
    body: JSON.stringify({ error: Json.object(line, "error") ?? { message: "not carried out" } })
  }]
}

export const OpenAIBatches: Batches.Batches = {
  price: 0.5,
  promise: Duration.hours(24),
  maxItems: 50_000,
  maxBytes: Number(ByteSize.megabytes(200)),
  submit: ({ dialect, items, name }, send) =>
    Effect.gen(function*() {
      const endpoint = paths[dialect] ?? "/v1/responses"
      const file = yield* send({
        method: "POST",
        path: "/files",
        contentType: `multipart/form-data; boundary=${boundary}`,
        body: form(name, items.map(lineOf(endpoint)))
      })
      const batch = yield* send({
        method: "POST",
        path: "/batches",
        body: JSON.stringify({
          input_file_id: yield* required(file, "id"),
          endpoint,
          completion_window: "24h",
          metadata: { [nameMember]: name }
        })
      })
      return yield* required(batch, "id")
    }),
  find: (name, send) =>
    Effect.map(send({ method: "GET", path: "/batches?limit=100" }), (text) => {
      const found = Json.objects(objectOf(text), "data").find((batch) =>
        Json.string(Json.object(batch, "metadata") ?? {}, nameMember) === name
      )
      return found === undefined ? undefined : Json.string(found, "id")
    }),
  progress: (id, send) =>
    Effect.map(
      Effect.flatMap(send({ method: "GET", path: `/batches/${id}` }), (text) => required(text, "status")),
      (status) => ended.has(status) ? "ended" : "running"
    ),
  answers: (id, send) =>
    Effect.gen(function*() {
      const batch = objectOf(yield* send({ method: "GET", path: `/batches/${id}` }))
      const files = ["output_file_id", "error_file_id"].flatMap((member) => Json.string(batch, member) ?? [])
      const texts = yield* Effect.forEach(files, (file) => send({ method: "GET", path: `/files/${file}/content` }))
      return texts.flatMap((text) => Lines.objects(text).flatMap(answerOf))
    }),
  cancel: (id, send) => Effect.asVoid(send({ method: "POST", path: `/batches/${id}/cancel`, body: "{}" }))
}
