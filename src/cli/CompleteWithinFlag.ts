/** A deadline as it is written on the command line: a duration in units, the contract's form, or an instant. */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as CompleteWithin from "../CompleteWithin.ts"
import * as DurationText from "../wire/DurationText.ts"

/** What `parse` takes, in a few words. */
export const accepted =
  "a duration beyond 10m up to 7d, such as 2h or 1d, or an instant that far ahead, such as 2027-01-15T18:00:00Z"

/** The deadline that a text sets for what begins at `now`, both in epoch milliseconds; or what was expected. */
export const parse = (text: string, now: number): Result.Result<number, string> => {
  const duration = DurationText.parse(text)
  const written = duration === undefined
    ? Result.succeed(text)
    : CompleteWithin.fromDuration(duration)
  return Result.mapError(
    Result.flatMap(written, (value) => CompleteWithin.deadline(value, now)),
    () => accepted
  )
}

/**
 * The field that asks for a deadline at `now`. There is none as near as ten minutes: what is submitted when no more is
 * left gets the next one there is.
 */
export const wire = (deadline: number, now: number): string =>
  new Date(Math.max(deadline, now + Duration.toMillis(CompleteWithin.beyond) + 1_000)).toISOString()
