/** How a start window is written on the command line: shorter than on the wire, and the wire's way too. */
import * as Effect from "effect/Effect"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Result from "effect/Result"
import * as StartWithin from "../StartWithin.ts"

/** What `parse` takes, for whoever wrote something else. */
export const accepted = "a window from 5s to 10m, such as 30s, 1m30s, 5m or 00h-00m-30s, " +
  "or one of the tiers default, priority and auto"

/** The field's value for `30s`, `1m30s`, `5m`, `00h-00m-30s` or a tier's name; otherwise what is accepted. */
export const parse = (text: string): Result.Result<StartWithin.StartWithin, string> =>
  Result.mapError(StartWithin.read(text), () => accepted)

/** A flag whose value is written this way. */
export const flag = (name: string): Flag.Flag<StartWithin.StartWithin> =>
  Flag.String(name).pipe(
    Flag.withMetavar("window|tier"),
    Flag.mapEffect((value) =>
      Effect.fromResult(Result.mapError(
        parse(value),
        (expected) => new CliError.InvalidValue({ option: name, value, expected, kind: "flag" })
      ))
    )
  )
