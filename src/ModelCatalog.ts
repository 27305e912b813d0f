/**
 * Models as data: who serves them, whether they have a flex tier, what they cost on the price list, and until when they
 * are served.
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
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import { builtInModels } from "./catalog/BuiltInModels.ts"
import type { Day, Instant, Model, Prices, ProviderName } from "./catalog/Model.ts"

export type { ModelId } from "./catalog/BuiltInModels.ts"
export type {
  BuiltInProviderName,
  ContextStep,
  Day,
  Instant,
  Model,
  PricedTier,
  Prices,
  ProviderName,
  Rates,
  Tier,
  TierPrice
} from "./catalog/Model.ts"

/** A set of models. */
export interface ModelCatalog {
  readonly models: ReadonlyMap<string, Model>
  /** The ids of models by their other names. */
  readonly aliases: ReadonlyMap<string, string>
  /** The latest day on which any of the facts was read. */
  readonly asOf: Day
}

/**
 * A catalogue of these models; of two with the same id, or two that claim the same alias, the later counts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (models: Iterable<Model>): ModelCatalog => {
  const byId = new Map<string, Model>()
  for (const model of models) {
    byId.set(model.id, model)
  }
  const aliases = new Map<string, string>()
  let asOf: Day = "1970-01-01"
  for (const model of byId.values()) {
    for (const alias of model.aliases ?? []) aliases.set(alias, model.id)
    if (model.asOf > asOf) asOf = model.asOf
  }
  return { models: byId, aliases, asOf }
}

/**
 * The catalogue with models added or replaced.
 *
 * @since 0.1.0
 * @category constructors
 */
export const extend = (catalog: ModelCatalog, models: Iterable<Model>): ModelCatalog =>
  make([...catalog.models.values(), ...models])

/**
 * The model with exactly this id or alias; an id goes before the same alias of another model.
 *
 * @since 0.1.0
 * @category queries
 */
export const get = ({ aliases, models }: ModelCatalog, id: string): Model | undefined =>
  models.get(id) ?? models.get(aliases.get(id) ?? id)

/**
 * The model behind an id, a dated snapshot counting as its alias: `gpt-5.5-2026-04-23`, `claude-haiku-4-5-20251001`,
 * `gemini-2.5-flash-preview-09-2025`. Prices go by this.
 *
 * **Example** (what is known of a model)
 *
 * ```ts
 * import { ModelCatalog } from "effect-flexinference"
 *
 * const catalog = ModelCatalog.make([{
 *   id: "gpt-7",
 *   provider: "openai",
 *   flex: true,
 *   tiers: ["standard", "priority"],
 *   prices: { standard: { base: { input: 4, output: 20 } } },
 *   retires: "2028-01-01",
 *   asOf: "2027-01-15"
 * }])
 * const model = ModelCatalog.lookup(catalog, "gpt-7-2027-01-10") // a dated name of it
 *
 * model === ModelCatalog.get(catalog, "gpt-7") // => true
 * ModelCatalog.get(catalog, "gpt-7-2027-01-10") // => undefined
 * ModelCatalog.isFlexCapable(catalog, "gpt-7") // => true
 * ModelCatalog.flexAlternative(catalog, "gpt-8")?.id // => "gpt-7"
 * model && ModelCatalog.tiers(model) // => ["default", "priority"]
 * model && ModelCatalog.pricesAt(model, Date.UTC(2027, 5)).standard?.base.input // => 4
 * ModelCatalog.retires(catalog, "gpt-7") // => "2028-01-01"
 * ModelCatalog.retiring(catalog, Date.UTC(2027, 11, 20), "30 days").length // => 1
 * ```
 *
 * @since 0.1.0
 * @category queries
 */
export const lookup = (catalog: ModelCatalog, id: string): Model | undefined => {
  const exact = get(catalog, id)
  if (exact !== undefined) return exact
  for (const name of undatedNames(id)) {
    const model = get(catalog, name)
    if (model !== undefined) return model
  }
  return undefined
}

const snapshot = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|(?<=-preview-)\d{2}-(?:\d{2}|\d{4}))$/

const undatedNames = (id: string): ReadonlyArray<string> => {
  const undated = id.replace(snapshot, "")
  return undated === id ? [] : [undated, undated.replace(/-preview$/, "")]
}

/**
 * Whether a window can race this model. Dated snapshots cannot be raced (the contract's rule).
 *
 * @since 0.1.0
 * @category guards
 */
export const isFlexCapable = (catalog: ModelCatalog, id: string): boolean => get(catalog, id)?.flex === true

/**
 * The model to name to whoever asked for a race on one without flex: the undated name of a snapshot, else the likest
 * of the same provider, else of any. One without an announced end goes before one that retires, a shared word of the
 * name (`sol`, `mini`) before a near price, and of equals the one listed last.
 *
 * @since 0.1.0
 * @category queries
 */
export const flexAlternative = (
  catalog: ModelCatalog,
  model: string,
  provider: ProviderName | undefined = lookup(catalog, model)?.provider
): Model | undefined => {
  const asked = lookup(catalog, model)
  if (asked?.flex === true) return asked
  const words = wordsOf(model)
  let best: { readonly model: Model; readonly rank: ReadonlyArray<number> } | undefined
  for (const candidate of catalog.models.values()) {
    if (!candidate.flex) continue
    const rank = [
      candidate.provider === provider ? 0 : 1,
      candidate.retires === undefined ? 0 : 1,
      -wordsOf(candidate.id).filter((word) => words.includes(word)).length,
      priceDistance(asked, candidate)
    ]
    if (best === undefined || !isLess(best.rank, rank)) best = { model: candidate, rank }
  }
  return best?.model
}

const wordsOf = (id: string): ReadonlyArray<string> => id.split("-").filter((word) => /^[a-z]+$/.test(word))

/** How far apart two models are in price, as a ratio, so that twice and half are equally far. */
const priceDistance = (asked: Model | undefined, candidate: Model): number => {
  const from = asked?.prices.standard?.base
  const to = candidate.prices.standard?.base
  if (from === undefined || to === undefined) return from === to ? 0 : Number.POSITIVE_INFINITY
  return Math.abs(Math.log(from.input / to.input)) + Math.abs(Math.log(from.output / to.output))
}

const isLess = (left: ReadonlyArray<number>, right: ReadonlyArray<number>): boolean => {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    if (value !== other) return value < other
  }
  return false
}

/**
 * The named tiers of a model in the words of `start_within`.
 *
 * @since 0.1.0
 * @category queries
 */
export const tiers = (model: Model): ReadonlyArray<"default" | "priority" | "auto"> =>
  model.tiers.flatMap((tier) => {
    if (tier === "standard") return ["default" as const]
    return tier === "priority" || tier === "auto" ? [tier] : []
  })

/**
 * When the facts were read, in epoch seconds: the `created` of every entry of a model listing.
 *
 * @internal
 */
export const created = (catalog: ModelCatalog): number => Date.parse(catalog.asOf) / 1000

/**
 * The prices of a model at a time in epoch milliseconds; a change counts from its very instant.
 *
 * @since 0.1.0
 * @category queries
 */
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

/**
 * When the provider stops serving a model, as announced; a dated snapshot goes with its model.
 *
 * @since 0.1.0
 * @category queries
 */
export const retires = (catalog: ModelCatalog, model: string): Instant | undefined => lookup(catalog, model)?.retires

/**
 * The models that are still served at a time in epoch milliseconds but no longer after `within`, the first to go
 * first.
 *
 * @since 0.1.0
 * @category queries
 */
export const retiring = (
  catalog: ModelCatalog,
  at: number,
  within: Duration.Input = "30 days"
): ReadonlyArray<Model> => {
  const until = at + Duration.toMillis(within)
  const endOf = (model: Model): number =>
    model.retires === undefined ? Number.POSITIVE_INFINITY : Date.parse(model.retires)
  return [...catalog.models.values()]
    .filter((model) => endOf(model) > at && endOf(model) <= until)
    .toSorted((left, right) => endOf(left) - endOf(right))
}

/**
 * The models this version was made with; each carries the day its facts were read.
 *
 * @since 0.1.0
 * @category constants
 */
export const builtIn: ModelCatalog = make(builtInModels)

/**
 * The catalogue in use: the built-in one unless another is provided.
 *
 * @since 0.1.0
 * @category references
 */
export const Current: Context.Reference<ModelCatalog> = Context.Reference("effect-flexinference/ModelCatalog", {
  defaultValue: () => builtIn
})
