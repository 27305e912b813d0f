/**
 * What an answer costs by the price list: usage times the price of the tier that served it, in whole micro-USD.
 *
 * A price that is not known gives `Unpriced` and says why; it is never taken for zero. The list price is not an
 * invoice: discounts, free allowances and the hourly price of stored caches are not in it.
 *
 * @since 0.1.0
 */
import type { Usage } from "./Usage.ts"
import * as ModelCatalog from "./ModelCatalog.ts"

/** What a cost is calculated from. */
export interface CostInput {
  readonly catalog: ModelCatalog.ModelCatalog
  /** Who served the answer; the price list of another provider does not apply. */
  readonly provider: ModelCatalog.ProviderName
  /** As asked for or as reported: a dated snapshot costs what its alias costs. */
  readonly model: string
  /** The tier that served, as the provider reported it; `auto` and `undefined` leave it open. */
  readonly tier: ModelCatalog.Tier | undefined
  readonly usage: Usage
  /** When it was served, in epoch milliseconds: prices change at instants. */
  readonly at: number
}

/** A cost that is known. */
export interface Priced {
  readonly _tag: "Priced"
  /** The whole cost, rounded half up once, at the end. */
  readonly microUsd: number
  /** The list prices that applied, in USD per million tokens. */
  readonly list: ModelCatalog.Rates
}

/** Why there is no cost. */
export type UnpricedReason =
  | "unknown_model"
  | "unknown_tier"
  | "no_price_for_tier"
  | "no_price_for_cache_write"
  | "no_price_for_web_search"

/** No cost is known. */
export interface Unpriced {
  readonly _tag: "Unpriced"
  readonly reason: UnpricedReason
}

/** What an answer cost, or why nobody knows. */
export type Cost = Priced | Unpriced

const unpriced = (reason: UnpricedReason): Unpriced => ({ _tag: "Unpriced", reason })

/** Prices are counted in whole millionths of a micro-USD, so that sums are exact. */
const scale = 1_000_000

const exact = (count: number, microUsdEach: number): number => Math.max(0, count) * Math.round(microUsdEach * scale)

const roundHalfUp = (total: number): number => {
  const shifted = Math.round(total) + scale / 2
  return (shifted - shifted % scale) / scale
}

/** What a request with this much input is charged at; `undefined` above a step whose price is not known. */
const ratesFor = ({ base, steps = [] }: ModelCatalog.TierPrice, input: number): ModelCatalog.Rates | undefined => {
  let above = Number.NEGATIVE_INFINITY
  let rates: ModelCatalog.Rates | undefined = base
  for (const step of steps) {
    if (input > step.above && step.above > above) {
      above = step.above
      rates = step.rates
    }
  }
  return rates
}

/**
 * The cost of an answer. Cached input and cache writes are part of the input and charged at their own prices, reasoning
 * is part of the output, and a long-context price applies to the request as a whole.
 *
 * **Example** (a million tokens in and out)
 *
 * ```ts
 * import { Cost, ModelCatalog, Usage } from "effect-flexinference"
 *
 * const served = {
 *   catalog: ModelCatalog.builtIn,
 *   provider: "openai",
 *   model: "gpt-5.5",
 *   tier: "flex",
 *   usage: { ...Usage.none, input: 1_000, output: 1_000 },
 *   at: Date.UTC(2026, 10, 25)
 * } as const
 *
 * const cost = Cost.calculate(served)
 *
 * cost._tag === "Priced" && cost.microUsd === Cost.saving(served) // => true
 * Cost.calculate({ ...served, model: "a-model-of-nobody" }) // => { _tag: "Unpriced", reason: "unknown_model" }
 * ```
 *
 * @since 0.1.0
 * @category calculations
 */
export const calculate = ({ at, catalog, model, provider, tier, usage }: CostInput): Cost => {
  const found = ModelCatalog.lookup(catalog, model)
  if (found === undefined || found.provider !== provider) return unpriced("unknown_model")
  if (tier === undefined || tier === "auto") return unpriced("unknown_tier")
  const price = ModelCatalog.pricesAt(found, at)[tier]
  const list = price === undefined ? undefined : ratesFor(price, usage.input)
  if (list === undefined) return unpriced("no_price_for_tier")
  if (usage.longCacheWriteInput > 0 && list.longCacheWriteInput === undefined) {
    return unpriced("no_price_for_cache_write")
  }
  if (usage.webSearches > 0 && found.webSearch === undefined) return unpriced("no_price_for_web_search")
  const total = exact(usage.input - usage.cachedInput - usage.cacheWriteInput, list.input) +
    exact(usage.cachedInput, list.cachedInput ?? list.input) +
    exact(usage.cacheWriteInput - usage.longCacheWriteInput, list.cacheWriteInput ?? list.input) +
    exact(usage.longCacheWriteInput, list.longCacheWriteInput ?? list.input) +
    exact(usage.output, list.output) +
    exact(usage.webSearches, found.webSearch ?? 0)
  return { _tag: "Priced", microUsd: roundHalfUp(total), list }
}

/**
 * What the standard tier would have cost more, in micro-USD: negative where the tier that served is the dearer one, and
 * `undefined` where either is not priced.
 *
 * @since 0.1.0
 * @category calculations
 */
export const saving = (input: CostInput): number | undefined => {
  const cost = calculate(input)
  const standard = calculate({ ...input, tier: "standard" })
  return cost._tag === "Priced" && standard._tag === "Priced" ? standard.microUsd - cost.microUsd : undefined
}
