/** How windows, sizes and times are written for a gateway: on the command line, in the environment and in its file. */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as StartWithin from "../../StartWithin.ts"

/** A way to write a value: what it is read as, or else what would have been taken. */
export interface Notation<A> {
  readonly accepted: string
  readonly parse: (text: string) => Result.Result<A, string>
}

const notation = <A>(accepted: string, read: (text: string) => A | undefined): Notation<A> => ({
  accepted,
  parse: (text) => {
    const value = read(text)
    return value === undefined ? Result.fail(accepted) : Result.succeed(value)
  }
})

const short = /^(?=.)(?:(\d+)m)?(?:(\d+)s)?$/

/** The field's value for `30s`, `1m30s`, `5m`, `00h-00m-30s` or a tier's name: shorter than on the wire, and its way too. */
export const startWithin: Notation<StartWithin.StartWithin> = notation(
  "a window from 5s to 10m, such as 30s, 1m30s, 5m or 00h-00m-30s, or one of the tiers default, priority and auto",
  (text) => {
    if (StartWithin.is(text)) return text
    const match = short.exec(text)
    if (match === null) return undefined
    const seconds = Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)
    return Result.getOrUndefined(StartWithin.fromDurationResult(Duration.seconds(seconds)))
  }
)

const amount = /^(\d+(?:\.\d+)?) ?(?:([kmg])(i?)b|b)$/i

/** A number of bytes: `32mb`, `1.5 GB`, `64MiB`. */
export const size: Notation<ByteSize.ByteSize> = notation("a size such as 500kb, 32mb or 64MiB", (text) => {
  const [, number, prefix = "", binary = ""] = amount.exec(text) ?? []
  // A thousand has a small letter; what is binary, and every other power, a capital one.
  const power = binary === "" && /k/i.test(prefix) ? "k" : prefix.toUpperCase()
  const size = ByteSize.fromString(`${number ?? ""}${power}${binary.toLowerCase()}B`)
  return Option.isSome(size) && size.value > 0n ? size.value : undefined
})

const units: { readonly [unit: string]: (amount: number) => Duration.Duration } = {
  s: Duration.seconds,
  m: Duration.minutes,
  h: Duration.hours,
  d: Duration.days
}

const timeIn = (letters: string) => (text: string): Duration.Duration | undefined => {
  const [, number = "", unit = ""] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? []
  return letters.includes(unit) ? units[unit]?.(Number(number)) : undefined
}

/** How long something is kept: `30d`, `12h`, `45m`. */
export const retention: Notation<Duration.Duration> = notation("a time such as 45m, 12h or 30d", timeIn("mhd"))

/** How long something may take: `90s`, `2m`, `1h`. */
export const time: Notation<Duration.Duration> = notation("a time such as 90s, 2m or 1h", timeIn("smhd"))
