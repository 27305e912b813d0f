/** How windows, sizes and times are written for a gateway: on the command line, in the environment and in its file. */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as StartWithin from "../../StartWithin.ts"
import * as DurationText from "../../wire/DurationText.ts"

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

/** The field's value for `30s`, `1m30s`, `5m`, `00h-00m-30s` or a tier's name: shorter than on the wire, and its way too. */
export const startWithin: Notation<StartWithin.StartWithin> = notation(
  "a window from 5s to 10m, such as 30s, 1m30s, 5m or 00h-00m-30s, or one of the tiers default, priority and auto",
  (text) => Result.getOrUndefined(StartWithin.read(text))
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

/** Longer than any answer is of use, and still exact in milliseconds. */
const maxDays = 999_999

const duration = (text: string): Duration.Duration | undefined => {
  const time = DurationText.parse(text)
  return time === undefined || Duration.isZero(time) || Duration.toDays(time) > maxDays ? undefined : time
}

/** How long something is kept: `30d`, `12h`, `45m`. */
export const retention: Notation<Duration.Duration> = notation("a time such as 45m, 12h or 30d", duration)

/** How long something may take: `90s`, `2m`, `1h`. */
export const time: Notation<Duration.Duration> = notation("a time such as 90s, 2m or 1h", duration)

/** How long something waits before it is done, or `0` for what is not to be done: `45s`, `4m`. */
export const delay: Notation<Duration.Duration> = notation(
  "a time such as 45s or 4m, or 0 to turn it off",
  (text) => text === "0" ? Duration.zero : duration(text)
)
