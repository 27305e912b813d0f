/** Which model is asked, and with which window or tier: from the flags, then from the variables, then by default. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as ModelCatalog from "../../ModelCatalog.ts"
import type * as StartWithin from "../../StartWithin.ts"
import * as Notation from "../StartWithinFlag.ts"

export const modelVariable = "FLEXINFERENCE_MODEL"
export const windowVariable = "FLEXINFERENCE_DEFAULT_START_WITHIN"

/** The window of somebody who named none: as long as a person waits who asked a question. */
export const defaultWindow: StartWithin.StartWithin = "00h-00m-30s"

/** What was written, as text. */
export interface Written {
  readonly flag: Option.Option<string>
  readonly variable: Option.Option<string>
}

/** The model; or what to do where there is none. */
export const model = ({ flag, variable }: Written): Result.Result<string, string> => {
  const named = Option.map(Option.orElse(flag, () => variable), (name) => name.trim())
  return Option.isSome(named) && named.value !== ""
    ? Result.succeed(named.value)
    : Result.fail(
      `--model is missing: name one, such as --model gpt-5.5, or set ${modelVariable}; "flexinference models" lists them`
    )
}

/** A window or a tier, and whether somebody asked for it in so many words. */
export interface Wanted {
  readonly startWithin: StartWithin.StartWithin
  readonly explicit: boolean
}

/** What was written for the window; or why it is none. */
export const wanted = ({ flag, variable }: Written): Result.Result<Wanted, string> => {
  if (Option.isSome(flag)) return read("--start-within", flag.value, true)
  return Option.isSome(variable)
    ? read(windowVariable, variable.value, false)
    : Result.succeed({ startWithin: defaultWindow, explicit: false })
}

const read = (name: string, text: string, explicit: boolean): Result.Result<Wanted, string> =>
  Result.mapBoth(Notation.parse(text), {
    onSuccess: (startWithin) => ({ startWithin, explicit }),
    onFailure: (expected) => `${name}: ${JSON.stringify(text)}. Expected: ${expected}`
  })

/**
 * What a model is asked with. A window nobody asked for is a wish: a model without a flex tier is asked at its standard
 * tier. One that was asked for stays, and is refused where it cannot be kept.
 */
export const startWithin = (
  model: string,
  { explicit, startWithin }: Wanted,
  catalog: ModelCatalog.ModelCatalog
): StartWithin.StartWithin =>
  explicit || startWithin === "default" || ModelCatalog.isFlexCapable(catalog, model.slice(model.lastIndexOf("/") + 1))
    ? startWithin
    : "default"
