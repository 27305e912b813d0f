/** How a command fails: with the lines a person reads on stderr. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import type { FlexInferenceError } from "../FlexInferenceError.ts"

/** A failure that is told and needs no stack trace. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly message: string
  /** What else there is to say, a line each. */
  readonly details?: ReadonlyArray<string>
}> {}

/** A failure in one line. */
export const make = (message: string): CommandFailed => new CommandFailed({ message })

/** A variable of the environment that cannot be read. */
export const fromConfig = (error: Config.ConfigError): CommandFailed =>
  make(Predicate.isTagged(error.cause, "SourceError") ? error.cause.message : error.message)

const oneLine = (text: string): string => text.trim().replace(/\s+/g, " ")

/** An error of the router; of a request that is wrong in several places, every place. */
export const fromRouter = (error: FlexInferenceError): CommandFailed => {
  const { reason } = error
  if (reason._tag === "InvalidRequest" && reason.problems.length > 1) {
    return new CommandFailed({
      message: `the request is wrong in ${reason.problems.length} places (code ${reason.code})`,
      details: reason.problems.map(({ code, message }) => `${oneLine(message)} (code ${code})`)
    })
  }
  return make(`${oneLine(error.message)} (code ${error.code ?? error.status})`)
}

/** The lines for stderr: none where the command was interrupted, or where the parser has said it all. */
export const lines = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  if (Cause.hasInterruptsOnly(cause)) return []
  const error = Cause.squash(cause)
  if (error instanceof CommandFailed) {
    return Arr.prepend((error.details ?? []).map((detail) => `  - ${detail}`), `error: ${error.message}`)
  }
  return Predicate.isTagged(error, "ShowHelp") ? [] : [`error: internal fault: ${Cause.pretty(cause)}`]
}
