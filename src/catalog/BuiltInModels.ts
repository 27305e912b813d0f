/** The models this version was made with, and their list prices; each carries the day its facts were read. */
import type { Day, Model, Prices, Rates, TierPrice } from "./Model.ts"

/** Prices as price lists write them: input, cached input, output. */
type Triple = readonly [input: number, cachedInput: number | undefined, output: number]

const named = ["standard", "priority", "auto"] as const

/** Rounded to a millionth of a micro-USD: products of decimals are not exact. */
const times = (price: number, factor: number): number => Math.round(price * factor * 1e6) / 1e6

/** `cacheWrite` is the factor on the input price at which cache writes are charged. */
const rates = ([input, cachedInput, output]: Triple, cacheWrite?: number): Rates => ({
  input,
  ...(cachedInput === undefined ? {} : { cachedInput }),
  ...(cacheWrite === undefined ? {} : { cacheWriteInput: times(input, cacheWrite) }),
  output
})

const scaled = ([input, cachedInput, output]: Triple, factor: number): Triple => [
  times(input, factor),
  cachedInput === undefined ? undefined : times(cachedInput, factor),
  times(output, factor)
]

const tierPrice = (base: Triple, long?: Triple, cacheWrite?: number): TierPrice => ({
  base: rates(base, cacheWrite),
  ...(long === undefined ? {} : { long: rates(long, cacheWrite) })
})

/** USD per thousand as micro-USD each. */
const perThousand = (usd: number): number => usd * 1000

/** A model whose id the compiler knows. */
interface ModelOf<Id extends string> extends Model {
  readonly id: Id
}

interface OpenAIPrices {
  readonly standard: Triple
  readonly flex?: Triple
  readonly priority?: Triple
  /** Above 272,000 input tokens. */
  readonly long?: { readonly standard: Triple; readonly flex?: Triple }
  readonly cacheWrite?: number
  readonly asOf?: Day
}

const openai = <const Id extends string>(id: Id, flex: boolean, prices: OpenAIPrices): ModelOf<Id> => {
  const { cacheWrite, long } = prices
  return {
    id,
    provider: "openai",
    flex,
    tiers: named,
    prices: {
      standard: tierPrice(prices.standard, long?.standard, cacheWrite),
      ...(prices.flex === undefined ? {} : { flex: tierPrice(prices.flex, long?.flex, cacheWrite) }),
      ...(prices.priority === undefined ? {} : { priority: tierPrice(prices.priority, undefined, cacheWrite) })
    },
    ...(long === undefined ? {} : { longContextAbove: 272_000 }),
    webSearch: perThousand(10),
    asOf: prices.asOf ?? "2026-08-21"
  }
}

/** gpt-6 doubles its input prices above 272,000 input tokens and takes half as much again for output. */
const gpt6 = <const Id extends string>(
  id: Id,
  [input, cachedInput, output]: readonly [number, number, number]
): ModelOf<Id> =>
  openai(id, false, {
    standard: [input, cachedInput, output],
    long: { standard: [times(input, 2), times(cachedInput, 2), times(output, 1.5)] },
    cacheWrite: 1.25,
    asOf: "2026-09-23"
  })

// Vendor price lists as collected on the `asOf` day. Flex costs what batch costs; a tier without a price had none listed.
// For gpt-5.6-sol a list of 2026-09-23 has 4 / 0.4 / 20 at standard and nothing at the other tiers; the three prices
// here are of one list.
const openaiModels = [
  openai("o3", true, { standard: [2, 0.5, 8], flex: [1, 0.25, 4], priority: [3.5, 0.875, 14] }),
  openai("o3-pro", false, { standard: [20, undefined, 80] }),
  openai("o4-mini", true, { standard: [1.1, 0.275, 4.4], flex: [0.55, 0.138, 2.2], priority: [2, 0.5, 8] }),
  ...(["gpt-5", "gpt-5.1"] as const).map((id) =>
    openai(id, true, { standard: [1.25, 0.125, 10], flex: [0.625, 0.0625, 5], priority: [2.5, 0.25, 20] })
  ),
  openai("gpt-5-mini", true, { standard: [0.25, 0.025, 2], flex: [0.125, 0.0125, 1], priority: [0.45, 0.045, 3.6] }),
  openai("gpt-5-nano", true, { standard: [0.05, 0.005, 0.4], flex: [0.025, 0.0025, 0.2] }),
  openai("gpt-5-pro", false, { standard: [15, undefined, 120] }),
  openai("gpt-5.2", true, { standard: [1.75, 0.175, 14], flex: [0.875, 0.0875, 7], priority: [3.5, 0.35, 28] }),
  openai("gpt-5.2-pro", true, { standard: [21, undefined, 168] }),
  openai("gpt-5.4", true, {
    standard: [2.5, 0.25, 15],
    flex: [1.25, 0.13, 7.5],
    priority: [5, 0.5, 30],
    long: { standard: [5, 0.5, 22.5], flex: [2.5, 0.25, 11.25] }
  }),
  openai("gpt-5.4-mini", true, {
    standard: [0.75, 0.075, 4.5],
    flex: [0.375, 0.0375, 2.25],
    priority: [1.5, 0.15, 9]
  }),
  openai("gpt-5.4-nano", true, { standard: [0.2, 0.02, 1.25], flex: [0.1, 0.01, 0.625] }),
  ...(["gpt-5.4-pro", "gpt-5.5-pro"] as const).map((id) =>
    openai(id, true, { standard: [30, undefined, 180], flex: [15, undefined, 90] })
  ),
  openai("gpt-5.5", true, { standard: [5, 0.5, 30], flex: [2.5, 0.25, 15], priority: [12.5, 1.25, 75] }),
  openai("gpt-5.6-sol", true, {
    standard: [5, 0.5, 30],
    flex: [2.5, 0.25, 15],
    priority: [10, 1, 60],
    cacheWrite: 1.25
  }),
  openai("gpt-5.6-terra", true, {
    standard: [2, 0.2, 12],
    flex: [1, 0.1, 6],
    priority: [4, 0.4, 24],
    cacheWrite: 1.25
  }),
  openai("gpt-5.6-luna", true, {
    standard: [0.2, 0.02, 1.2],
    flex: [0.1, 0.01, 0.6],
    priority: [0.4, 0.04, 2.4],
    cacheWrite: 1.25
  }),
  gpt6("gpt-6-astra", [10, 1, 50]),
  gpt6("gpt-6-sol", [2, 0.2, 10]),
  gpt6("gpt-6-luna", [0.1, 0.01, 0.5]),
  openai("gpt-6.1-terra", true, {
    standard: [1, 0.05, 5],
    flex: [0.5, 0.025, 2.5],
    priority: [2, 0.1, 10],
    cacheWrite: 1.25,
    asOf: "2026-11-22"
  })
]

/** Gemini prices flex at half and priority at 1.8 times the standard price, above the long-context step as below. */
const geminiPrices = (base: Triple, long?: Triple): Prices => {
  const at = (factor: number): TierPrice =>
    tierPrice(scaled(base, factor), long === undefined ? undefined : scaled(long, factor))
  return { standard: at(1), flex: at(0.5), priority: at(1.8) }
}

/** The monthly allowance of free searches belongs to an account, so it is left out of the search price. */
const gemini = <const Id extends string>(
  id: Id,
  standard: Triple,
  more: Partial<Omit<Model, "id">> = {}
): ModelOf<Id> => ({
  id,
  provider: "google",
  flex: true,
  tiers: ["standard", "priority"],
  prices: geminiPrices(standard),
  ...(id.startsWith("gemini-3") ? { webSearch: perThousand(14) } : {}),
  asOf: "2026-09-23",
  ...more
})

const geminiModels = [
  gemini("gemini-2.5-pro", [1.25, 0.125, 10], {
    prices: geminiPrices([1.25, 0.125, 10], [2.5, 0.25, 15]),
    longContextAbove: 200_000
  }),
  gemini("gemini-2.5-flash", [0.3, 0.03, 2.5]),
  gemini("gemini-2.5-flash-lite", [0.1, 0.01, 0.4]),
  gemini("gemini-3-flash-preview", [0.5, 0.05, 3]),
  gemini("gemini-3.1-pro-preview", [2, 0.2, 12], {
    prices: geminiPrices([2, 0.2, 12], [4, 0.4, 18]),
    longContextAbove: 200_000
  }),
  gemini("gemini-3.1-flash-lite", [0.25, 0.025, 1.5]),
  gemini("gemini-3.5-flash", [1.5, 0.15, 9]),
  gemini("gemini-3.5-flash-lite", [0.3, 0.03, 2.5]),
  ...(["gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash"] as const).map((id) =>
    gemini(id, [0.75, 0.075, 3.75], {
      priceChanges: [{ from: "2027-01-01", prices: geminiPrices([1.5, 0.15, 7.5]) }]
    })
  )
]

/** Anthropic has no flex tier. Cache writes are priced for the five-minute cache. */
const anthropic = <const Id extends string>(
  id: Id,
  standard: Triple,
  long?: { readonly above: number; readonly standard: Triple }
): ModelOf<Id> => ({
  id,
  provider: "anthropic",
  flex: false,
  tiers: named,
  prices: { standard: tierPrice(standard, long?.standard, 1.25) },
  ...(long === undefined ? {} : { longContextAbove: long.above }),
  webSearch: perThousand(10),
  asOf: "2026-09-23"
})

const anthropicModels = [
  ...(["claude-fable-5-1", "claude-mythos-5-1"] as const).map((id) => anthropic(id, [10, 0.25, 50])),
  anthropic("claude-fable-5", [10, 1, 50]),
  anthropic("claude-opus-5-5", [4, 0.2, 20]),
  ...(["claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-opus-4-5"] as const).map((
    id
  ) => anthropic(id, [5, 0.5, 25])),
  anthropic("claude-sonnet-5-5", [2, 0.1, 10]),
  anthropic("claude-sonnet-5", [2, 0.2, 10]),
  ...(["claude-sonnet-4-6", "claude-sonnet-4-5", "claude-sonnet-4-0"] as const).map((id) =>
    anthropic(id, [3, 0.3, 15])
  ),
  anthropic("claude-haiku-5-5", [0.1, 0.01, 0.5], { above: 100_000, standard: [0.5, 0.05, 2.5] }),
  anthropic("claude-haiku-4-5", [1, 0.1, 5])
]

const models = [...openaiModels, ...geminiModels, ...anthropicModels]

export const builtInModels: ReadonlyArray<Model> = models

/** The ids of the built-in models, for completion. */
export type ModelId = (typeof models)[number]["id"]
