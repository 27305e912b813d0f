/** A model as data: who serves it, at which tiers, at what price. */
/** Who serves a model directly. */
export type ProviderName = "openai" | "google" | "anthropic" | (string & {})

/** The tiers by the names used here; `standard` is what OpenAI calls `default`. */
export type Tier = "flex" | "standard" | "priority" | "auto"

/** The tiers that have a price: `auto` leaves the choice to the provider, which reports what it chose. */
export type PricedTier = Exclude<Tier, "auto">

/** A calendar day such as `2026-08-21`, in UTC. */
export type Day = `${number}-${number}-${number}`

/** List prices in USD per million tokens, which is the same as micro-USD per token. */
export interface Rates {
  readonly input: number
  /** Input read from the prompt cache; charged as `input` where absent. */
  readonly cachedInput?: number | undefined
  /** Input written to the prompt cache; charged as `input` where absent. */
  readonly cacheWriteInput?: number | undefined
  /** Output, reasoning included. */
  readonly output: number
}

/** What a tier costs, and what it costs once the input exceeds the model's `longContextAbove`. */
export interface TierPrice {
  readonly base: Rates
  /** Where the model has such a step and this is absent, no price above it is known. */
  readonly long?: Rates | undefined
}

/** The prices that are known; an absent tier may well be served. */
export type Prices = { readonly [T in PricedTier]?: TierPrice | undefined }

/** A model. */
export interface Model {
  /** The alias of the model family, never a dated snapshot. */
  readonly id: string
  readonly provider: ProviderName
  /** Whether it can be raced. */
  readonly flex: boolean
  /** The tiers a request can name. */
  readonly tiers: ReadonlyArray<Exclude<Tier, "flex">>
  readonly prices: Prices
  /** Price lists that take effect later, each replacing the one before it. */
  readonly priceChanges?: ReadonlyArray<{ readonly from: Day; readonly prices: Prices }> | undefined
  /** Requests with more input tokens than this are charged at the long-context rates as a whole. */
  readonly longContextAbove?: number | undefined
  /** Micro-USD per web search of the provider's own tool; unknown where absent. */
  readonly webSearch?: number | undefined
  /** The day on which the facts were read. */
  readonly asOf: Day
}
