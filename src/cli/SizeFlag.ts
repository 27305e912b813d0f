/** How a size is written on the command line and in the environment: `32mb`, `1.5 GB`, `64MiB`. */
import * as ByteSize from "effect/ByteSize"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** What `parse` takes, for whoever wrote something else. */
export const accepted = "a size such as 500kb, 32mb or 64MiB"

const notation = /^(\d+(?:\.\d+)?) ?(?:([kmg])(i?)b|b)$/i

/** The size that is written; otherwise what is accepted. */
export const parse = (text: string): Result.Result<ByteSize.ByteSize, string> => {
  const [, amount, prefix = "", binary = ""] = notation.exec(text) ?? []
  // A thousand has a small letter; what is binary, and every other power, a capital one.
  const power = binary === "" && /k/i.test(prefix) ? "k" : prefix.toUpperCase()
  const size = ByteSize.fromString(`${amount ?? ""}${power}${binary.toLowerCase()}B`)
  return Option.isSome(size) && size.value > 0n ? Result.succeed(size.value) : Result.fail(accepted)
}

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
