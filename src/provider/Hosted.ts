/**
 * The hosted FlexInference router as a provider: it speaks every dialect, races over there, and says in the contract's
 * error block what its failures mean. The wire is the contract's (a) and (d).
 */
import * as Schema from "effect/Schema"
import { ErrorClass } from "../FlexInferenceError.ts"
import * as Provider from "../Provider.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

const isErrorClass = Schema.is(ErrorClass)

const blockOf = (error: JsonObject): JsonObject => Json.object(error, "flexinference") ?? {}

const classOf = (status: number): ErrorClass => {
  if (status === 402) return "billing"
  if (status === 429) return "quota"
  return status >= 500 || status === 408 || status === 409 ? "upstream" : "validation"
}

const verdict = (failure: Provider.Failure): Provider.Verdict => {
  const block = blockOf(failure.error)
  const status = failure.status ?? 502
  const stated = Json.number(block, "status")
  const errorClass = Json.string(block, "class")
  const docUrl = Json.string(block, "doc_url")
  return {
    class: isErrorClass(errorClass) ? errorClass : classOf(status),
    origin: Json.string(block, "origin") === "provider" ? "provider" : "flexinference",
    status: stated !== undefined && Number.isInteger(stated) && stated >= 400 && stated < 600 ? stated : status,
    retryable: Json.boolean(block, "retryable") ?? (status === 429 || status >= 500),
    provider: Json.string(block, "provider") ?? null,
    providerCode: Json.string(block, "provider_code") ?? null,
    ...(docUrl === undefined ? {} : { docUrl })
  }
}

export const Hosted = Provider.make({
  name: "flexinference",
  title: "The hosted router",
  dialects: ["responses", "chat.completions", "interactions", "messages"],
  baseUrl: "https://api.flexinference.com/v1",
  headers: () => ({ accept: "text/event-stream, application/json" }),
  envelope: (error) => ({
    // Google's envelope has a word in `status` where the others have a `type`.
    type: Json.string(error, "type") ?? Json.string(error, "status") ?? null,
    code: Json.string(error, "code") ?? Json.string(blockOf(error), "code") ?? null,
    param: Json.string(error, "param") ?? null
  }),
  verdict,
  races: true
})
