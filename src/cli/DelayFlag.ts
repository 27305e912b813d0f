/** How a delay is written on the command line and in the environment: `45s`, `4m`, and `0` for none. */
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/** What `parse` takes, for whoever wrote something else. */
export const accepted = "a time such as 45s or 4m, or 0 to turn it off"

const notation = /^(?:0|([1-9]\d{0,4})(s|m))$/

/** The delay that is written; otherwise what is accepted. */
export const parse = (text: string): Result.Result<Duration.Duration, string> => {
  const match = notation.exec(text)
  if (match === null) return Result.fail(accepted)
  const [, amount = "0", unit] = match
  return Result.succeed(unit === "m" ? Duration.minutes(Number(amount)) : Duration.seconds(Number(amount)))
}

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
