/** A size as it is written on the command line. */
import type * as ByteSize from "effect/ByteSize"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Notation from "../gateway/config/Notation.ts"

export const { accepted, parse } = Notation.size

/** A flag whose value is written this way. */
export const flag = (name: string): Flag.Flag<ByteSize.ByteSize> =>
  Flag.String(name).pipe(
    Flag.withMetavar("size"),
    Flag.mapEffect((value) =>
      Effect.fromResult(Result.mapError(
        parse(value),
        (expected) => new CliError.InvalidValue({ option: name, value, expected, kind: "flag" })
      ))
    )
  )
