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
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as DurationText from "./wire/DurationText.ts"

/**
 * The values that name a tier instead of a window.
 *
 * @since 0.1.0
 * @category schemas
 */
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

/**
 * The shortest window.
 *
 * @since 0.1.0
 * @category constants
 */
export const minimum = Duration.seconds(5)

/**
 * The longest window.
 *
 * @since 0.1.0
 * @category constants
 */
export const maximum = Duration.minutes(10)

// Two ASCII digits a field and no cap on minutes and seconds: `00h-00m-99s` is 99 seconds, as the official SDK has it.
const pattern = /^([0-9]{2})h-([0-9]{2})m-([0-9]{2})s$/

const seconds = (text: string): number | undefined => {
  const match = pattern.exec(text)
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
}

/** Why a value is no `start_within`: not a string, not the grammar, or a window outside the limits. */
export type Flaw = "type" | "malformed" | "range"

/**
 * The window or tier a value stands for, or its flaw.
 *
 * **Example** (a value that comes from elsewhere)
 *
 * ```ts
 * import { Duration, Result } from "effect"
 * import { StartWithin } from "effect-flexinference"
 *
 * StartWithin.parse("00h-01m-30s") // => Result.succeed(Duration.seconds(90))
 * StartWithin.parse("priority") // => Result.succeed("priority")
 * StartWithin.parse("30s") // => Result.fail("malformed")
 * StartWithin.parse("01h-00m-00s") // => Result.fail("range")
 * StartWithin.is("00h-01m-30s") // => true
 * StartWithin.fromDurationResult("90 seconds") // => Result.succeed("00h-01m-30s")
 * StartWithin.fromDurationResult(Duration.millis(7500)) // => Result.fail("fraction")
 * Duration.toSeconds(StartWithin.minimum) // => 5
 * Duration.toMinutes(StartWithin.maximum) // => 10
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
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

/**
 * Schema of a window.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Window: Schema.Codec<Window, string> = Schema.String.pipe(
  Schema.check(Schema.isPattern(windows, { expected: "a duration \"HHh-MMm-SSs\" from 5 seconds to 10 minutes" })),
  Schema.refine(isWindow)
)

/**
 * Schema of the field: a tier or a window.
 *
 * **Example** (the field in a schema of one's own)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { StartWithin } from "effect-flexinference"
 *
 * const Settings = Schema.Struct({
 *   patience: StartWithin.Window,
 *   fallback: StartWithin.NamedTier,
 *   standing: StartWithin.StartWithin
 * })
 *
 * Schema.is(Settings)({ patience: "00h-01m-00s", fallback: "default", standing: "auto" }) // => true
 * Schema.is(Settings)({ patience: "auto", fallback: "default", standing: "auto" }) // => false
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const StartWithin: Schema.Codec<StartWithin, string> = Schema.Union([NamedTier, Window])
export type StartWithin = NamedTier | Window

/**
 * A window as a program may write it: a duration in whole minutes and seconds. A bare number is none, because nobody can
 * tell whether it counts seconds or milliseconds.
 */
export type DurationInput =
  | Duration.Duration
  | `${bigint} ${"second" | "seconds" | "minute" | "minutes"}`
  | { readonly minutes?: number | undefined; readonly seconds: number }
  | { readonly minutes: number; readonly seconds?: number | undefined }

/** The field as a program may write it: as it stands on the wire, or a window as a duration. */
export type Input = StartWithin | DurationInput

/**
 * `Input` by a name that says what to write: of a value that is none, the compiler shows the advice in place of six
 * hundred literals.
 */
export type Write<Advice extends string> = Input | (Advice extends "" ? Input : never)

/**
 * Whether a value is a valid `start_within`.
 *
 * @since 0.1.0
 * @category guards
 */
export const is = Schema.is(StartWithin)

const two = (value: number): string => String(value).padStart(2, "0")

/** Why a duration is no window: it is outside the limits, or not a whole number of seconds. */
export type DurationFlaw = "range" | "fraction"

/**
 * The wire form of a window. Nothing is rounded: the wire has whole seconds, and so has to have the duration.
 *
 * Throws a `RangeError` for a duration that is no window; use `fromDurationResult` where the duration is not yours.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromDuration = (input: DurationInput): Window =>
  Result.getOrThrowWith(
    fromDurationResult(input),
    () =>
      new RangeError(
        "start_within is a duration in whole seconds from 5 seconds to 10 minutes, such as \"30 seconds\", not " +
          `${Duration.isDuration(input) ? Duration.format(input) : Formatter.format(input)}.`
      )
  )

/**
 * The wire form of a window, or why the duration is none.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromDurationResult = (input: DurationInput): Result.Result<Window, DurationFlaw> => {
  const total = secondsOf(input) ?? NaN
  if (Number.isFinite(total) && !Number.isInteger(total)) return Result.fail("fraction")
  const text = wire(total)
  return isWindow(text) ? Result.succeed(text) : Result.fail("range")
}

/**
 * What a program wrote, as it stands on the wire. What is no window is put so that the check of a request refuses it for
 * what it is.
 *
 * @internal
 */
export const toWire = (value: unknown): unknown => {
  const total = secondsOf(value)
  return total === undefined ? value : wire(Math.min(Math.max(total, 0), 99 * 3600))
}

const text = /^(-?\d+) (second|minute)s?$/

/** The seconds of a duration as a program writes it. What got past the compiler, such as a number, is none. */
const secondsOf = (value: unknown): number | undefined => {
  if (typeof value === "string") {
    const match = text.exec(value)
    return match === null ? undefined : Number(match[1]) * (match[2] === "minute" ? 60 : 1)
  }
  if (typeof value !== "object" || value === null) return undefined
  if (Duration.isDuration(value)) return Duration.toSeconds(value)
  const members = Object.entries(value)
  if (members.length === 0) return undefined
  let total = 0
  for (const [name, part] of members) {
    if (part === undefined) continue
    if (typeof part !== "number" || (name !== "minutes" && name !== "seconds")) return undefined
    total += name === "minutes" ? part * 60 : part
  }
  return total
}

const wire = (total: number): string =>
  `${two(Math.floor(total / 3600))}h-${two(Math.floor(total / 60) % 60)}m-${two(total % 60)}s`

/**
 * What a person writes for it where no JSON is: in flags, variables, configuration and headers. A tier's name, or a
 * window in units or in the wire form.
 *
 * **Example** (one notation)
 *
 * ```ts
 * import { Result } from "effect"
 * import { StartWithin } from "effect-flexinference"
 *
 * StartWithin.read("30s") // Result.succeed("00h-00m-30s")
 * StartWithin.read("1m30s") // Result.succeed("00h-01m-30s")
 * StartWithin.read("priority") // Result.succeed("priority")
 * StartWithin.read("1h") // Result.fail("range")
 *
 * export const window = StartWithin.read("2m").pipe(Result.getOrUndefined)
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const read = (text: string): Result.Result<StartWithin, Flaw> => {
  if (is(text)) return Result.succeed(text)
  const duration = DurationText.parse(text)
  return duration === undefined
    ? Result.fail("malformed")
    : Result.mapError(fromDurationResult(duration), () => "range" as const)
}

/**
 * The window of a value, or `undefined` for a named tier.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toDuration = (value: StartWithin): Duration.Duration | undefined => {
  const total = seconds(value)
  return total === undefined ? undefined : Duration.seconds(total)
}
