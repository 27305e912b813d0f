/**
 * Models as data: who serves them, whether they have a flex tier, and what they cost on the price list.
 *
 * Vendors change models and prices often, so nothing here is more than a dated default: build a catalogue of your own
 * with `make`, add to the built-in one with `extend`, and provide it as `Current`. A model that is missing is still
 * served at a named tier; it only cannot be raced or priced.
 *
 * **Example** (adding a model)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { ModelCatalog } from "effect-flexinference"
 *
 * const catalog = ModelCatalog.extend(ModelCatalog.builtIn, [{
 *   id: "gpt-7",
 *   provider: "openai",
 *   flex: true,
 *   tiers: ["standard", "priority", "auto"],
 *   prices: { standard: { base: { input: 4, output: 20 } }, flex: { base: { input: 2, output: 10 } } },
 *   asOf: "2027-01-15"
 * }])
 *
 * export const withCatalog = Effect.provideService(ModelCatalog.Current, catalog)
 * ```
 */
import * as Context from "effect/Context"
import { builtInModels } from "./catalog/BuiltInModels.ts"
import type { Day, Model, Prices, ProviderName } from "./catalog/Model.ts"

export type { ModelId } from "./catalog/BuiltInModels.ts"
export type { Day, Model, PricedTier, Prices, ProviderName, Rates, Tier, TierPrice } from "./catalog/Model.ts"

/** A set of models. */
export interface ModelCatalog {
  readonly models: ReadonlyMap<string, Model>
  /** The latest day on which any of the facts was read. */
  readonly asOf: Day
}

/** A catalogue of these models; of two with the same id the later counts. */
export const make = (models: Iterable<Model>): ModelCatalog => {
  const byId = new Map<string, Model>()
  let asOf: Day = "1970-01-01"
  for (const model of models) {
    byId.set(model.id, model)
    if (model.asOf > asOf) asOf = model.asOf
  }
  return { models: byId, asOf }
}

/** The catalogue with models added or replaced. */
export const extend = (catalog: ModelCatalog, models: Iterable<Model>): ModelCatalog =>
  make([...catalog.models.values(), ...models])

/** The model with exactly this id. */
export const get = (catalog: ModelCatalog, id: string): Model | undefined => catalog.models.get(id)

/**
 * The model behind an id, a dated snapshot counting as its alias: `gpt-5.5-2026-04-23`, `claude-haiku-4-5-20251001`,
 * `gemini-2.5-flash-preview-09-2025`. Prices go by this.
 */
export const lookup = (catalog: ModelCatalog, id: string): Model | undefined => {
  for (const alias of aliases(id)) {
    const model = get(catalog, alias)
    if (model !== undefined) return model
  }
  return undefined
}

const snapshot = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|(?<=-preview-)\d{2}-(?:\d{2}|\d{4}))$/

// A first `claude-*-4` answers to the alias `claude-*-4-0`.
const aliases = (id: string): ReadonlyArray<string> => {
  const undated = id.replace(snapshot, "")
  return undated === id ? [id] : [id, undated, undated.replace(/-preview$/, ""), `${undated}-0`]
}

/** Whether a window can race this model. Only aliases can be raced, not dated snapshots (the contract's rule). */
export const isFlexCapable = (catalog: ModelCatalog, id: string): boolean => get(catalog, id)?.flex === true

/** Who serves a model, judged by how its id begins; for models the catalogue does not know. */
export const providerOf = (id: string): ProviderName | undefined => {
  if (/^(?:gpt-|chatgpt-|codex-|o\d)/.test(id)) return "openai"
  if (id.startsWith("gemini-")) return "google"
  return id.startsWith("claude-") ? "anthropic" : undefined
}

/** The named tiers of a model in the words of `start_within`. */
export const tiers = (model: Model): ReadonlyArray<"default" | "priority" | "auto"> =>
  model.tiers.map((tier) => tier === "standard" ? "default" : tier)

/** When the facts were read, in epoch seconds: the `created` of every entry of a model listing. */
export const created = (catalog: ModelCatalog): number => Date.parse(catalog.asOf) / 1000

/** The prices of a model at a time in epoch milliseconds. */
export const pricesAt = (model: Model, at: number): Prices => {
  let prices = model.prices
  let since = Number.NEGATIVE_INFINITY
  for (const change of model.priceChanges ?? []) {
    const from = Date.parse(change.from)
    if (from <= at && from > since) {
      prices = change.prices
      since = from
    }
  }
  return prices
}

/** The models this version was made with; each carries the day its facts were read. */
export const builtIn: ModelCatalog = make(builtInModels)

/** The catalogue in use: the built-in one unless another is provided. */
export const Current: Context.Reference<ModelCatalog> = Context.Reference("effect-flexinference/ModelCatalog", {
  defaultValue: () => builtIn
})
