/** How a delay is written on the command line and in the environment: `45s`, `4m`, and `0` for none. */
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Notation from "../gateway/config/Notation.ts"

export const { accepted, parse } = Notation.delay

/** A flag whose value is written this way. */
export const flag = (name: string): Flag.Flag<Duration.Duration> =>
  Flag.String(name).pipe(
    Flag.withMetavar("time"),
    Flag.mapEffect((value) =>
      Effect.fromResult(Result.mapError(
        parse(value),
        (expected) => new CliError.InvalidValue({ option: name, value, expected, kind: "flag" })
      ))
    )
  )
