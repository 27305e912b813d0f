/** Failures as Responses reports them. */
import type { InStreamFailure } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

export type Failure = InStreamFailure

/** An error object in its parts. */
export const failureOf = (error: JsonObject): Failure => ({
  type: Json.string(error, "type") ?? null,
  code: Json.string(error, "code") ?? null,
  message: Json.string(error, "message") ?? "The provider reported a failure without a message.",
  param: Json.string(error, "param") ?? null
})

/**
 * What went wrong where a whole response is no answer but the report of a failure; `undefined` where it is an answer.
 * Whoever hands a body on must ask: a failure says nothing, and would pass for an empty answer in another format.
 */
export const reported = (response: JsonObject): Failure | undefined => {
  const status = Json.string(response, "status")
  if (status !== "failed" && status !== "cancelled") return undefined
  const error = Json.object(response, "error")
  return error === undefined
    ? { type: null, code: null, message: `The provider reported the answer as ${status}.`, param: null }
    : failureOf(error)
}
