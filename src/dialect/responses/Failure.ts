/** Failures as Responses reports them. */
import type { InStreamFailure } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

export type Failure = InStreamFailure

const untold = (message: string): Failure => ({ type: null, code: null, message, param: null })

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
  const error = Json.object(response, "error")
  if (status !== "failed" && status !== "cancelled") {
    // Some hosts answer 200 with nothing but an error.
    return status === undefined && error !== undefined ? failureOf(error) : undefined
  }
  return error === undefined ? untold(`The provider reported the answer as ${status}.`) : failureOf(error)
}

/** The same of a whole body, which may be no response at all. */
export const reportedBy = (body: JsonObject): Failure | undefined =>
  reported(body) ?? (Json.isGiven(body, "status") || Json.isGiven(body, "output")
    ? undefined
    : untold("The provider sent something that is no answer."))

/** The same of a response that is to be told in another format, where one that is not finished is no answer either. */
export const unanswered = (response: JsonObject): Failure | undefined => {
  const status = Json.string(response, "status")
  return status === "queued" || status === "in_progress"
    ? untold(`The provider sent an answer that is not finished: its status is ${status}.`)
    : reportedBy(response)
}
