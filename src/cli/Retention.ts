/** How long something is kept, as it is written in the environment: `30d`, `12h`, `45m`. */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as DurationText from "../wire/DurationText.ts"

/** What `parse` takes, for whoever wrote something else. */
export const accepted = "a time such as 45m, 12h or 30d"

/** Longer than any answer is of use, and still exact in milliseconds. */
const maxDays = 999_999

/** The time that is written; otherwise what is accepted. */
export const parse = (text: string): Result.Result<Duration.Duration, string> => {
  const time = DurationText.parse(text)
  return time === undefined || Duration.isZero(time) || Duration.toDays(time) > maxDays
    ? Result.fail(accepted)
    : Result.succeed(time)
}
