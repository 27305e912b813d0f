/** How a command fails: with the lines a person reads on stderr, and the code its process ends with. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Config from "effect/Config"
import * as CliError from "effect/cli/CliError"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Style from "./Style.ts"

/** What processes end with, beside 0; a signal adds its number to 128. */
export const exitCode = {
  /** What was asked for could not be done. */
  failed: 1,
  /** It was asked for in a way that has no meaning: a flag, a variable, an argument. */
  usage: 2
} as const

/** A failure that is told and needs no stack trace. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly message: string
  /** What else there is to say, a line each. */
  readonly details?: ReadonlyArray<string>
  readonly exitCode?: number
}> {}

/** A failure in one line. */
export const make = (message: string): CommandFailed => new CommandFailed({ message })

/** Everything that is wrong with how the command was called, at once. */
export const usage = (problems: Arr.NonEmptyReadonlyArray<string>): CommandFailed =>
  new CommandFailed({
    ...(problems.length === 1
      ? { message: problems[0] }
      : { message: `${problems.length} things are wrong`, details: problems }),
    exitCode: exitCode.usage
  })

/** A variable of the environment that cannot be read. */
export const fromConfig = (error: Config.ConfigError): CommandFailed =>
  usage([Predicate.isTagged(error.cause, "SourceError") ? error.cause.message : error.message])

const oneLine = (text: string): string => text.trim().replace(/\s+/g, " ")

/** A message of the router in the words of the command: what has a flag is called by it. */
const inFlags = (message: string): string =>
  message
    .replaceAll(
      /`?\bstart_within\b`?(?: "([\w-]+)")?/g,
      (_, value: string | undefined) => value === undefined ? "--start-within" : `--start-within ${value}`
    )
    .replaceAll(/`?\btext\.format\b`?/g, "--schema")
    .replaceAll("`instructions`", "--system")
    .replaceAll("`model`", "--model")

/** An error of the router; of a request that is wrong in several places, every place. */
export const fromRouter = (error: FlexInferenceError, advice = ""): CommandFailed => {
  const { flex, reason } = error
  if (reason._tag === "InvalidRequest" && reason.problems.length > 1) {
    return new CommandFailed({
      message: `the request is wrong in ${reason.problems.length} places (code ${reason.code})`,
      details: reason.problems.map(({ code, message }) => `${inFlags(oneLine(message))} (code ${code})`)
    })
  }
  // What both legs met is told once.
  const message = flex?.message === reason.message ? reason.message : error.message
  return make(`${inFlags(oneLine(message))} (code ${error.code ?? error.status})${advice}`)
}

/** The lines for stderr: none where the command was interrupted, or where the parser has said it all. */
export const lines = (cause: Cause.Cause<unknown>, style: Style.Style = Style.none): ReadonlyArray<string> => {
  if (Cause.hasInterruptsOnly(cause)) return []
  const error = Cause.squash(cause)
  const label = style.red("error:")
  if (error instanceof CommandFailed) {
    return Arr.prepend((error.details ?? []).map((detail) => `  - ${detail}`), `${label} ${error.message}`)
  }
  return error instanceof CliError.ShowHelp ? [] : [`${label} internal fault: ${Cause.pretty(cause)}`]
}

/** The code for the process; `undefined` where the runtime knows it: after a signal. */
export const codeOf = (cause: Cause.Cause<unknown>): number | undefined => {
  if (Cause.hasInterruptsOnly(cause)) return undefined
  const error = Cause.squash(cause)
  if (error instanceof CommandFailed) return error.exitCode ?? exitCode.failed
  // Without an error it is help that was asked for.
  if (error instanceof CliError.ShowHelp) return error.errors.length === 0 ? undefined : exitCode.usage
  return exitCode.failed
}
