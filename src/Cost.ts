/**
 * What an answer costs by the price list: usage times the price of the tier that served it, in whole micro-USD.
 *
 * A price that is not known gives `Unpriced` and says why; it is never taken for zero. The list price is not an
 * invoice: discounts, free allowances and the hourly price of stored caches are not in it.
 */
import type { Usage } from "./Usage.ts"
import * as ModelCatalog from "./ModelCatalog.ts"

/** What there is to reckon. */
export interface Reckoning {
  readonly catalog: ModelCatalog.ModelCatalog
  /** Who served the answer; the price list of another provider does not apply. */
  readonly provider: ModelCatalog.ProviderName
  /** As asked for or as reported: a dated snapshot costs what its alias costs. */
  readonly model: string
  /** The tier that served, as the provider reported it; `auto` and `undefined` leave it open. */
  readonly tier: ModelCatalog.Tier | undefined
  readonly usage: Usage
  /** When it was served, in epoch milliseconds: prices change on dates. */
  readonly at: number
}

/** A cost. */
export interface Priced {
  readonly _tag: "Priced"
  /** The whole cost, rounded half up once, at the end. */
  readonly microUsd: number
  /** The list prices that applied, in USD per million tokens. */
  readonly list: ModelCatalog.Rates
}

/** Why there is no cost. */
export type UnpricedReason = "unknown_model" | "unknown_tier" | "no_price_for_tier" | "no_price_for_web_search"

/** No cost is known. */
export interface Unpriced {
  readonly _tag: "Unpriced"
  readonly reason: UnpricedReason
}

export type Cost = Priced | Unpriced

const unpriced = (reason: UnpricedReason): Unpriced => ({ _tag: "Unpriced", reason })

/** Prices are reckoned as whole millionths of a micro-USD, so that sums are exact. */
const scale = 1_000_000

const exact = (count: number, microUsdEach: number): number => Math.max(0, count) * Math.round(microUsdEach * scale)

const roundHalfUp = (total: number): number => {
  const shifted = Math.round(total) + scale / 2
  return (shifted - shifted % scale) / scale
}

/**
 * The cost of an answer. Cached input and cache writes are part of the input and charged at their own prices, reasoning
 * is part of the output, and a long-context price applies to the request as a whole.
 */
export const calculate = ({ at, catalog, model, provider, tier, usage }: Reckoning): Cost => {
  const found = ModelCatalog.lookup(catalog, model)
  if (found === undefined || found.provider !== provider) return unpriced("unknown_model")
  if (tier === undefined || tier === "auto") return unpriced("unknown_tier")
  const price = ModelCatalog.pricesAt(found, at)[tier]
  const long = found.longContextAbove !== undefined && usage.input > found.longContextAbove
  const list = long ? price?.long : price?.base
  if (list === undefined) return unpriced("no_price_for_tier")
  if (usage.webSearches > 0 && found.webSearch === undefined) return unpriced("no_price_for_web_search")
  const total = exact(usage.input - usage.cachedInput - usage.cacheWriteInput, list.input) +
    exact(usage.cachedInput, list.cachedInput ?? list.input) +
    exact(usage.cacheWriteInput, list.cacheWriteInput ?? list.input) +
    exact(usage.output, list.output) +
    exact(usage.webSearches, found.webSearch ?? 0)
  return { _tag: "Priced", microUsd: roundHalfUp(total), list }
}

/**
 * What the standard tier would have cost more, in micro-USD: negative where the tier that served is the dearer one, and
 * `undefined` where either is not priced.
 */
export const saving = (reckoning: Reckoning): number | undefined => {
  const cost = calculate(reckoning)
  const standard = calculate({ ...reckoning, tier: "standard" })
  return cost._tag === "Priced" && standard._tag === "Priced" ? standard.microUsd - cost.microUsd : undefined
}
