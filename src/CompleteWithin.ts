/**
 * The field that makes a request deferred: by when its answer has to be there, where that is later than a window of
 * `start_within` reaches. Either how long it may take, `"HHh-MMm-SSs"` with hours of two or three digits, beyond
 * 10 minutes and up to 7 days; or the instant itself, as RFC 3339 writes it.
 *
 * **Example** (the instant that either form means)
 *
 * ```ts
 * import { Result } from "effect"
 * import { CompleteWithin } from "effect-flexinference"
 *
 * const now = Date.parse("2027-01-15T08:00:00Z")
 *
 * CompleteWithin.deadline("02h-30m-00s", now) // Result.succeed(Date.parse("2027-01-15T10:30:00Z"))
 * CompleteWithin.deadline("2027-01-15T18:00:00+01:00", now) // Result.succeed(Date.parse("2027-01-15T17:00:00Z"))
 * CompleteWithin.deadline("00h-05m-00s", now) // Result.fail("range"): that is what start_within is for
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"

/**
 * What the shortest deadline is beyond.
 *
 * @since 0.1.0
 * @category constants
 */
export const beyond = Duration.minutes(10)

/**
 * The longest deadline.
 *
 * @since 0.1.0
 * @category constants
 */
export const maximum = Duration.days(7)

/** Why a value is no `complete_within`: not a string, in neither form, or not within the limits. */
export type Flaw = "type" | "malformed" | "range"

const durationPattern = /^([0-9]{2,3})h-([0-9]{2})m-([0-9]{2})s$/

// RFC 3339, section 5.6: a full date, a full time, and an offset that is never left out.
const instantPattern =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/

/**
 * The deadline that a value sets for a request that came at `now`, both in epoch milliseconds, or the value's flaw.
 *
 * @since 0.1.0
 * @category conversions
 */
export const deadline = (value: unknown, now: number): Result.Result<number, Flaw> => {
  if (typeof value !== "string") return Result.fail("type")
  const duration = durationPattern.exec(value)
  const at = duration !== null
    ? now + (Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3])) * 1000
    : instantPattern.test(value)
    ? Date.parse(value)
    : Number.NaN
  if (Number.isNaN(at)) return Result.fail("malformed")
  const left = at - now
  return left > Duration.toMillis(beyond) && left <= Duration.toMillis(maximum)
    ? Result.succeed(at)
    : Result.fail("range")
}

const two = (value: number): string => String(value).padStart(2, "0")

/**
 * The wire form of a duration, in whole seconds, or the flaw `"range"`. A fraction of a second is no such duration.
 *
 * **Example** (from the shortest to the longest)
 *
 * ```ts
 * import { Duration, Result } from "effect"
 * import { CompleteWithin } from "effect-flexinference"
 *
 * CompleteWithin.fromDuration(Duration.hours(2)) // => Result.succeed("02h-00m-00s")
 * CompleteWithin.fromDuration(CompleteWithin.maximum) // => Result.succeed("168h-00m-00s")
 * CompleteWithin.fromDuration(CompleteWithin.beyond) // => Result.fail("range")
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromDuration = (duration: Duration.Duration): Result.Result<string, "range"> => {
  const seconds = Duration.toSeconds(duration)
  return Number.isInteger(seconds) && seconds > Duration.toSeconds(beyond) && seconds <= Duration.toSeconds(maximum)
    ? Result.succeed(`${two(Math.floor(seconds / 3600))}h-${two(Math.floor(seconds / 60) % 60)}m-${two(seconds % 60)}s`)
    : Result.fail("range")
}
