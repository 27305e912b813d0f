/** A model as data: who serves it, at which tiers, at what price, and until when. */

/** The providers that this version calls by itself. */
export type BuiltInProviderName = "openai" | "google" | "anthropic"

/** Who serves a model directly: the built-in names complete, and a provider of your own has any other. */
export type ProviderName = BuiltInProviderName | (string & {})

/**
 * The tiers by the names used here; `standard` is what OpenAI calls `default`. `fast` is OpenAI's newer name of
 * `priority`: either word asks for it, answers of gpt-6 and later say `fast`, those before say `priority` (calls of
 * 2026-10-06 in LiteLLM's guide to both modes). `ultrafast` and `scale` are tiers of their own.
 */
export type Tier = "flex" | "standard" | "priority" | "fast" | "ultrafast" | "scale" | "auto"

/** The tiers that have a price: `auto` leaves the choice to the provider, which reports what it chose. */
export type PricedTier = Exclude<Tier, "auto">

/** A calendar day such as `2026-08-21`; as an instant it means its first moment in UTC. */
export type Day = `${number}-${number}-${number}`

/** A day, or an instant such as `2026-12-01T08:00:00Z`. */
export type Instant = Day | `${Day}T${string}`

/** List prices in USD per million tokens, which is the same as micro-USD per token. */
export interface Rates {
  readonly input: number
  /** Input read from the prompt cache; charged as `input` where absent. */
  readonly cachedInput?: number | undefined
  /** Input written to the prompt cache; charged as `input` where absent. */
  readonly cacheWriteInput?: number | undefined
  /** Input written to the prompt cache to stay longer (Anthropic: an hour, OpenAI: twelve); unknown where absent. */
  readonly longCacheWriteInput?: number | undefined
  /** Output, reasoning included. */
  readonly output: number
}

/** What a request costs, as a whole, once its input has more than `above` tokens. */
export interface ContextStep {
  readonly above: number
  /** Where absent, there is such a step and its price is not known. */
  readonly rates?: Rates | undefined
}

/** What a tier costs, and from how much input on it costs something else. */
export interface TierPrice {
  readonly base: Rates
  /** In any order: the highest step that the input exceeds counts. */
  readonly steps?: ReadonlyArray<ContextStep> | undefined
}

/** The prices that are known; an absent tier may well be served. */
export type Prices = { readonly [T in PricedTier]?: TierPrice | undefined }

/** A model. */
export interface Model {
  /** The undated name of the model, never a dated snapshot. */
  readonly id: string
  /** Other names the provider serves it by. */
  readonly aliases?: ReadonlyArray<string> | undefined
  readonly provider: ProviderName
  /** Whether it can be raced. */
  readonly flex: boolean
  /** The tiers a request can name. */
  readonly tiers: ReadonlyArray<Exclude<Tier, "flex">>
  readonly prices: Prices
  /** Price lists that take effect later, each replacing the one before it. */
  readonly priceChanges?: ReadonlyArray<{ readonly from: Instant; readonly prices: Prices }> | undefined
  /** Micro-USD per web search of the provider's own tool; unknown where absent. */
  readonly webSearch?: number | undefined
  /** From when on the provider no longer serves it; absent where no such date was announced. */
  readonly retires?: Instant | undefined
  /** The day on which the facts were read. */
  readonly asOf: Day
}
