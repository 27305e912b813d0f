/** How long something is kept, as it is written in the environment: `30d`, `12h`, `45m`. */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"

/** What `parse` takes, for whoever wrote something else. */
export const accepted = "a time such as 45m, 12h or 30d"

const units: { readonly [unit: string]: (amount: number) => Duration.Duration } = {
  m: Duration.minutes,
  h: Duration.hours,
  d: Duration.days
}

/** The time that is written; otherwise what is accepted. */
export const parse = (text: string): Result.Result<Duration.Duration, string> => {
  const [, amount = "", unit = ""] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  const time = units[unit]?.(Number(amount))
  return time === undefined ? Result.fail(accepted) : Result.succeed(time)
}
