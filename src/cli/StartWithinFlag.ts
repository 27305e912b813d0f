/** A start window as it is written on the command line. */
import * as Effect from "effect/Effect"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Result from "effect/Result"
import * as Notation from "../gateway/config/Notation.ts"
import type * as StartWithin from "../StartWithin.ts"

export const { accepted, parse } = Notation.startWithin

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
