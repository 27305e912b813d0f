/** The rungs that are a tier of the model's own provider: flex, which is asked for as long as there is time, and standard. */
import * as Duration from "effect/Duration"
import * as ModelCatalog from "../ModelCatalog.ts"
import * as Arr from "effect/Array"
import type * as Rung from "./Rung.ts"

const second = 1_000
const minute = 60 * second

export const flex = "flex"
export const standard = "standard"

/**
 * How long a tier takes, where nothing was seen yet. A standard answer that is not there after ten minutes is given up
 * by the router's own clock.
 */
const guesses: { readonly [tier: string]: Rung.Estimate } = {
  [flex]: [[30 * second, 0.5], [2 * minute, 0.7], [10 * minute, 0.85]],
  [standard]: [[minute, 0.9], [10 * minute, 1]]
}

const rung = (name: string, price: number): Rung.Rung => ({
  name,
  price,
  promise: undefined,
  estimate: guesses[name] ?? []
})

/** What a model's flex tier costs as a share of its standard one, by the output's price; half where there is no list. */
export const flexShare = (catalog: ModelCatalog.ModelCatalog, model: string, at: number): number => {
  const known = ModelCatalog.lookup(catalog, model)
  const prices = known === undefined ? undefined : ModelCatalog.pricesAt(known, at)
  const share = (prices?.flex?.base.output ?? Number.NaN) / (prices?.standard?.base.output ?? Number.NaN)
  return Number.isFinite(share) ? share : 0.5
}

/** What is thought of flex, whose every refusal halves the chance that it serves this request. */
export interface Flex {
  readonly share: number
  readonly refusals: number
}

/** The rungs of a model that has flex, or has none (`undefined`). */
export const rungs = (own: Flex | undefined): Arr.NonEmptyReadonlyArray<Rung.Rung> => {
  const last = rung(standard, 1)
  if (own === undefined) return [last]
  const first = rung(flex, own.share)
  return [{ ...first, estimate: first.estimate.map(([within, chance]) => [within, chance / 2 ** own.refusals]) }, last]
}

/** The longest window that a flex leg may have, and the shortest that is worth a call. */
export const longestWindow = Duration.toMillis(Duration.minutes(10))
export const shortestWindow = Duration.toMillis(Duration.seconds(5))
