/**
 * The field that makes a request deadline-aware.
 *
 * `"default"`, `"priority"` and `"auto"` name a service tier. A duration `"HHh-MMm-SSs"` between 5 seconds and
 * 10 minutes asks for the half-price flex tier, and for the standard tier if flex has not started generating in time.
 *
 * **Example** (from a duration and back)
 *
 * ```ts
 * import { StartWithin } from "effect-flexinference"
 *
 * const window = StartWithin.fromDuration("90 seconds") // "00h-01m-30s"
 * const tier: StartWithin.StartWithin = "priority"
 *
 * StartWithin.toDuration(window) // 90 seconds
 * StartWithin.toDuration(tier) // undefined: a tier has no window
 * ```
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** The values that name a tier instead of a window. */
export const NamedTier = Schema.Literals(["default", "priority", "auto"])
export type NamedTier = typeof NamedTier.Type

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"
type Sixty = `${"0" | "1" | "2" | "3" | "4" | "5"}${Digit}`
type FiveToFiftyNine = Exclude<Sixty, "00" | "01" | "02" | "03" | "04">

/** A window as it is written on the wire, precise at compile time: `"00h-00m-04s"` is a type error. */
export type Window =
  | `00h-00m-${FiveToFiftyNine}s`
  | `00h-0${Exclude<Digit, "0">}m-${Sixty}s`
  | "00h-10m-00s"

/** The shortest and the longest window (contract (b)). */
export const minimum = Duration.seconds(5)
export const maximum = Duration.minutes(10)

// Two ASCII digits a field and no cap on minutes and seconds: `00h-00m-99s` is 99 seconds, as the official SDK has it.
const pattern = /^([0-9]{2})h-([0-9]{2})m-([0-9]{2})s$/

const seconds = (text: string): number | undefined => {
  const match = pattern.exec(text)
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
}

/** Why a value is no `start_within`: not a string, not the grammar, or a window outside the limits. */
export type Flaw = "type" | "malformed" | "range"

/** The window or tier a value stands for, or its flaw. */
export const parse = (value: unknown): Result.Result<NamedTier | Duration.Duration, Flaw> => {
  if (typeof value !== "string") return Result.fail("type")
  if (value === "default" || value === "priority" || value === "auto") return Result.succeed(value)
  const total = seconds(value)
  if (total === undefined) return Result.fail("malformed")
  return total < Duration.toSeconds(minimum) || total > Duration.toSeconds(maximum)
    ? Result.fail("range")
    : Result.succeed(Duration.seconds(total))
}

const isWindow = (value: unknown): value is Window => {
  const parsed = parse(value)
  return Result.isSuccess(parsed) && Duration.isDuration(parsed.success)
}

// The windows that `parse` accepts, in a form that a JSON Schema and a generator of examples can use.
const windows = /^00h-(?:00m-(?:0[5-9]|[1-9][0-9])s|0[1-8]m-[0-9]{2}s|09m-(?:[0-5][0-9]|60)s|10m-00s)$/u

/** Schema of a window. */
export const Window: Schema.Codec<Window, string> = Schema.String.pipe(
  Schema.check(Schema.isPattern(windows, { expected: "a duration \"HHh-MMm-SSs\" from 5 seconds to 10 minutes" })),
  Schema.refine(isWindow)
)

/** Schema of the field: a tier or a window. */
export const StartWithin: Schema.Codec<StartWithin, string> = Schema.Union([NamedTier, Window])
export type StartWithin = NamedTier | Window

/**
 * `StartWithin` by a name that says what to write: of a value that is none, the compiler shows the advice in place of
 * six hundred literals.
 */
export type Write<Advice extends string> = StartWithin | (Advice extends "" ? StartWithin : never)

/** Whether a value is a valid `start_within`. */
export const is = Schema.is(StartWithin)

const two = (value: number): string => String(value).padStart(2, "0")

/**
 * The wire form of a window, from anything Effect takes for a duration. Whole seconds: a fraction is cut.
 *
 * Throws a `RangeError` for a duration that is then outside 5 seconds to 10 minutes; use `fromDurationResult` where the duration
 * is not yours.
 */
export const fromDuration = (input: Duration.Input): Window =>
  Result.getOrThrowWith(
    fromDurationResult(input),
    () =>
      new RangeError(
        `start_within must be from 5 seconds to 10 minutes, not ${Duration.format(Duration.fromInputUnsafe(input))}`
      )
  )

/** The wire form of a window, or the flaw `"range"`. */
export const fromDurationResult = (input: Duration.Input): Result.Result<Window, "range"> => {
  const total = Math.floor(Duration.toSeconds(Duration.fromInputUnsafe(input)))
  const text = `${two(Math.floor(total / 3600))}h-${two(Math.floor(total / 60) % 60)}m-${two(total % 60)}s`
  return isWindow(text) ? Result.succeed(text) : Result.fail("range")
}

/** The window of a value, or `undefined` for a named tier. */
export const toDuration = (value: StartWithin): Duration.Duration | undefined => {
  const total = seconds(value)
  return total === undefined ? undefined : Duration.seconds(total)
}
