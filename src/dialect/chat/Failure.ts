/**
 * Failures as Chat Completions reports them: an `error` object in a chunk or in a body, which hosts that stand before
 * several models put into the choice too, with the finish reason `error` (OpenRouter's documentation of errors).
 */
import type { InStreamFailure } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { failureOf as describe } from "../responses/Failure.ts"

/** Responses, as the official clients' helpers, has one answer, not `n`. */
export const firstChoice = (answer: JsonObject): JsonObject =>
  Json.objects(answer, "choices").find((choice) => (Json.number(choice, "index") ?? 0) === 0) ?? {}

/** What a chunk or a body reports. */
export const reported = (answer: JsonObject): InStreamFailure | undefined => {
  const choice = firstChoice(answer)
  const error = Json.object(answer, "error") ?? Json.object(choice, "error")
  if (error === undefined && Json.string(choice, "finish_reason") !== "error") return undefined
  const { code, ...failure } = describe(error ?? {})
  const number = Json.number(error ?? {}, "code")
  return { ...failure, code: code ?? (number === undefined ? null : String(number)) }
}

/** What a whole body reports, which may be no completion at all. */
export const reportedBy = (body: JsonObject): InStreamFailure | undefined =>
  reported(body) ?? (Json.isGiven(body, "choices")
    ? undefined
    : { ...unexplained, message: "The provider sent something that is no answer." })

/** A failure that says nothing about itself. */
export const unexplained = describe({})
