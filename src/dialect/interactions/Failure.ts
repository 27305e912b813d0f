/**
 * Failures as Interactions reports them: an `error` event inside a stream, or an interaction whose status is `failed`.
 *
 * Interactions' own errors carry a word in `code`; errors of Google's gateway carry the HTTP status there and a word
 * in `status` (recorded traffic). Both occur, so both are read.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { InStreamFailure } from "../../Dialect.ts"
import { finalOf, typeOf } from "./Event.ts"

/** Codes that say the content was blocked (vendor documentation): trying again gives the same. */
const blocked: ReadonlySet<string> = new Set([
  "safety",
  "recitation",
  "language",
  "prohibited_content",
  "spii",
  "blocklist",
  "content_blocked"
])

/** Whether a failure's code says that the content was blocked. */
export const isBlocked = (code: string | null): boolean => code !== null && blocked.has(code.toLowerCase())

/** The machine-readable word of an error object; `null` where there is none. */
export const codeOf = (error: JsonObject): string | null => {
  const word = Json.string(error, "code") ?? Json.string(error, "status")
  if (word !== undefined && word !== "") return word
  const number = Json.number(error, "code")
  return number === undefined ? null : String(number)
}

const describe = (error: JsonObject): InStreamFailure => ({
  type: null,
  code: codeOf(error),
  message: Json.string(error, "message") ?? "The provider reported a failure without a message.",
  param: null
})

/** A failure that says nothing about itself. */
export const unexplained = describe({})

/** What an interaction that did not end well says was wrong; `undefined` where it says nothing. */
export const errorOf = (interaction: JsonObject): InStreamFailure | undefined => {
  const error = Json.objects(interaction, "errors")[0] ?? Json.object(interaction, "error")
  return error === undefined ? undefined : describe(error)
}

/** The failure an event carries. An empty error object in the middle of a stream means nothing and was seen. */
export const failureOf = (event: JsonObject): InStreamFailure | undefined => {
  if (typeOf(event) === "error") {
    const error = Json.object(event, "error")
    return error === undefined || Object.keys(error).length === 0 ? undefined : describe(error)
  }
  const interaction = finalOf(event)
  return interaction === undefined ? undefined : reported(interaction)
}

const canceled: InStreamFailure = { ...unexplained, message: "The interaction was cancelled." }

/** The statuses that say that there is no answer. */
const unanswered: ReadonlySet<string> = new Set(["failed", "cancelled"])

/** What an interaction reports that is no answer; `undefined` of an answer, also of one that was cut. */
export const reported = (interaction: JsonObject): InStreamFailure | undefined => {
  const error = errorOf(interaction)
  const status = Json.string(interaction, "status")
  // Google's gateway sends an error and nothing else.
  if (status === undefined ? error === undefined : !unanswered.has(status)) return undefined
  const failure = error ?? (status === "cancelled" ? canceled : unexplained)
  // Blocked content is an answer that ended early, as it is with the other providers.
  return isBlocked(failure.code) ? undefined : failure
}

/** The same of an interaction without steps: one whose budget was used up before them holds no answer either. */
export const reportedEmpty = (interaction: JsonObject): InStreamFailure | undefined =>
  Json.string(interaction, "status") === "budget_exceeded"
    ? { ...unexplained, code: "budget_exceeded", message: "The budget was used up before any output." }
    : reported(interaction)

/** The same of a whole body. */
export const reportedBy = (body: JsonObject): InStreamFailure | undefined => {
  if (Json.objects(body, "steps").length > 0) return reported(body)
  const failure = reportedEmpty(body)
  const isInteraction = ["id", "status", "steps"].some((name) => Json.isGiven(body, name))
  return failure ?? (isInteraction ? undefined : { ...unexplained, message: noAnswer })
}

const noAnswer = "The provider sent something that is no answer."
