/**
 * The models this version was made with, and their list prices; each carries the day its facts were read.
 *
 * Read from the vendors' pricing and deprecation pages as others quote them, and held against two price lists that are
 * no part of this package (`npm run catalog:check`): pi-ai's, which has the standard tier, and LiteLLM's, which has the
 * others too. Where sources disagree, a comment says so.
 */
import type { Day, Model, PricedTier, Prices, Rates, TierPrice } from "./Model.ts"

/** Prices as price lists write them: input, cached input, output. */
type Triple = readonly [input: number, cachedInput: number | undefined, output: number]

/** A model whose names the compiler knows. */
type Named<Id extends string, Alias extends string = never> = Model & {
  readonly id: Id
  readonly aliases?: ReadonlyArray<Alias>
}

type More<Alias extends string = never> = Partial<Omit<Model, "id" | "aliases">> & {
  readonly aliases?: ReadonlyArray<Alias>
}

/** Rounded to a millionth of a micro-USD: products of decimals are not exact. */
const times = (price: number, factor: number): number => Math.round(price * factor * 1e6) / 1e6

const scaled = ([input, cachedInput, output]: Triple, forInput: number, forOutput = forInput): Triple => [
  times(input, forInput),
  cachedInput === undefined ? undefined : times(cachedInput, forInput),
  times(output, forOutput)
]

/** `write` and `longWrite` are the factors on the input price at which cache writes are charged. */
const rates = ([input, cachedInput, output]: Triple, write?: number, longWrite?: number): Rates => ({
  input,
  ...(cachedInput === undefined ? {} : { cachedInput }),
  ...(write === undefined ? {} : { cacheWriteInput: times(input, write) }),
  ...(longWrite === undefined ? {} : { longCacheWriteInput: times(input, longWrite) }),
  output
})

/** USD per thousand as micro-USD each. */
const perThousand = (usd: number): number => usd * 1000

/** What both price lists were last compared with: pi-ai 1.5.2. */
const compared: Day = "2026-11-10"

interface OpenAIPrices {
  readonly standard: Triple
  readonly flex?: Triple
  /** Of fast mode, which was called priority. */
  readonly fast?: Triple
  readonly ultrafast?: Triple
  /** Whose price above 272,000 input tokens is known; absent where there is no such step. */
  readonly long?: ReadonlyArray<PricedTier>
  /** Factors on the input price; the one for twelve hours is known at standard only. */
  readonly write?: number
  readonly longWrite?: number
}

const openaiPrices = ({ fast, flex, long, longWrite, standard, ultrafast, write }: OpenAIPrices): Prices => {
  const price = (tier: PricedTier, base: Triple | undefined): Prices => {
    if (base === undefined) return {}
    const at = (triple: Triple): Rates => rates(triple, write, tier === "standard" ? longWrite : undefined)
    // Above the step input costs twice as much and output half as much again, for the whole request, times the tier's
    // factor: the list has 0.13 for half of 0.25, and 0.25 for half of twice that.
    const above = at(scaled(scaled(standard, 2, 1.5), base[0] / standard[0]))
    const step = { above: 272_000, ...(long?.includes(tier) === true ? { rates: above } : {}) }
    return { [tier]: { base: at(base), ...(long === undefined ? {} : { steps: [step] }) } }
  }
  return {
    ...price("standard", standard),
    ...price("flex", flex),
    ...price("priority", fast),
    ...price("fast", fast),
    ...price("ultrafast", ultrafast)
  }
}

/** Flex costs what batch costs; a tier without a price had none listed. */
const openai = <const Id extends string, const Alias extends string = never>(
  id: Id,
  flex: boolean,
  prices: OpenAIPrices,
  more: More<Alias> = {}
): Named<Id, Alias> => ({
  id,
  provider: "openai",
  flex,
  tiers: ["standard", "priority", "auto"],
  prices: openaiPrices(prices),
  webSearch: perThousand(10),
  asOf: compared,
  ...more
})

/**
 * From gpt-5.6 on every tier is a multiple of standard, above the long-context step as below: flex half where it
 * exists, fast mode twice. A cache write costs a quarter more than input.
 */
const multiples = (standard: Triple, { flex = true, ...more }: Multiples = {}): OpenAIPrices => ({
  standard,
  ...(flex ? { flex: scaled(standard, 0.5) } : {}),
  fast: scaled(standard, 2),
  long: ["standard", "flex", "priority", "fast", "ultrafast"],
  write: 1.25,
  ...more
})

interface Multiples extends Pick<OpenAIPrices, "ultrafast" | "longWrite"> {
  readonly flex?: boolean
}

const gone = { retires: "2026-12-11" } as const

const openaiModels = [
  // Deprecations of 2026-06-11, as OpenAI's page and the `shutdown_date` of its model listing of 2026-10-27 have them.
  openai("o3", true, { standard: [2, 0.5, 8], flex: [1, 0.25, 4], fast: [3.5, 0.875, 14] }, gone),
  openai("o3-pro", false, { standard: [20, undefined, 80] }, gone),
  openai("gpt-5", true, { standard: [1.25, 0.125, 10], flex: [0.625, 0.0625, 5], fast: [2.5, 0.25, 20] }, gone),
  openai(
    "gpt-5-mini",
    true,
    { standard: [0.25, 0.025, 2], flex: [0.125, 0.0125, 1], fast: [0.45, 0.045, 3.6] },
    gone
  ),
  openai("gpt-5-nano", true, { standard: [0.05, 0.005, 0.4], flex: [0.025, 0.0025, 0.2] }, gone),
  openai("gpt-5-pro", false, { standard: [15, undefined, 120] }, gone),
  // LiteLLM (2026-07) has no flex price for gpt-5.1 and gpt-5.2; OpenAI's list of 2026-08-21 has.
  openai("gpt-5.1", true, { standard: [1.25, 0.125, 10], flex: [0.625, 0.0625, 5], fast: [2.5, 0.25, 20] }, {
    retires: "2027-04-01"
  }),
  openai("gpt-5.2", true, { standard: [1.75, 0.175, 14], flex: [0.875, 0.0875, 7], fast: [3.5, 0.35, 28] }),
  openai("gpt-5.2-pro", true, { standard: [21, undefined, 168] }),
  openai("gpt-5.3-codex", false, { standard: [1.75, 0.175, 14], fast: [3.5, 0.35, 28] }, { retires: "2027-04-01" }),
  openai("gpt-5.4", true, {
    standard: [2.5, 0.25, 15],
    flex: [1.25, 0.13, 7.5],
    fast: [5, 0.5, 30],
    long: ["standard", "flex"]
  }),
  openai("gpt-5.4-mini", true, { standard: [0.75, 0.075, 4.5], flex: [0.375, 0.0375, 2.25], fast: [1.5, 0.15, 9] }),
  openai("gpt-5.4-nano", true, { standard: [0.2, 0.02, 1.25], flex: [0.1, 0.01, 0.625] }, { retires: "2027-04-01" }),
  // LiteLLM (2026-07) reads cached input at a tenth here; OpenAI's list and pi-ai have no price for it.
  ...(["gpt-5.4-pro", "gpt-5.5-pro"] as const).map((id) =>
    openai(id, true, { standard: [30, undefined, 180], flex: [15, undefined, 90], long: ["standard"] })
  ),
  // Fast is 2.5 times standard by OpenAI's list of 2026-08-21 and its Codex guide, twice by LiteLLM (2026-07).
  openai("gpt-5.5", true, {
    standard: [5, 0.5, 30],
    flex: [2.5, 0.25, 15],
    fast: [12.5, 1.25, 75],
    long: ["standard", "flex"]
  }),
  // A promotion since 2026-08-21, "at least through 2026-11-21" (before it 5 / 0.5 / 30); no end was announced.
  // Its ultrafast preview has no public price.
  openai("gpt-5.6-sol", true, multiples([4, 0.4, 20]), {
    aliases: ["gpt-5.6"],
    tiers: ["standard", "priority", "ultrafast", "auto"],
    asOf: "2026-11-25"
  }),
  openai("gpt-5.6-terra", true, multiples([2, 0.2, 12])),
  openai("gpt-5.6-luna", true, multiples([0.2, 0.02, 1.2])),
  // Two sources have this price (pi-ai, OpenAI's list as quoted in 2026-08), and none has another tier's.
  openai("gpt-5.6-cyber", false, { standard: [12.5, 1.25, 75], write: 1.25 }),
  openai(
    "gpt-6-astra",
    true,
    multiples([10, 1, 50], { ultrafast: [60, 6, 300] }),
    { tiers: ["standard", "priority", "ultrafast", "auto"] }
  ),
  openai("gpt-6-sol", true, multiples([2, 0.2, 10])),
  openai("gpt-6-luna", true, multiples([0.1, 0.01, 0.5])),
  openai(
    "gpt-6.1-sol",
    true,
    multiples([2, 0.1, 10], { ultrafast: [12, 0.6, 60] }),
    { tiers: ["standard", "priority", "ultrafast", "auto"] }
  ),
  openai("gpt-6.1-terra", true, multiples([1, 0.05, 5], { longWrite: 2 })),
  // OpenAI's flex guide: not on these, nor on later models. The price of their ultrafast tier was not found.
  openai("gpt-6.2-astra", false, multiples([8, 0.4, 40], { flex: false }), { asOf: "2026-11-25" }),
  openai("gpt-6.2-sol", false, multiples([2, 0.1, 10], { flex: false }), {
    tiers: ["standard", "priority", "ultrafast", "auto"],
    asOf: "2026-11-25"
  })
]

/** Gemini prices flex at half and priority at 1.8 times the standard price, above a long-context step as below. */
const geminiPrices = (base: Triple, long?: { readonly above: number; readonly standard: Triple }): Prices => {
  const at = (factor: number): TierPrice => ({
    base: rates(scaled(base, factor)),
    ...(long === undefined ? {} : { steps: [{ above: long.above, rates: rates(scaled(long.standard, factor)) }] })
  })
  return { standard: at(1), flex: at(0.5), priority: at(1.8) }
}

/** The monthly allowance of free searches belongs to an account, so it is left out of the search price. */
const gemini = <const Id extends string>(id: Id, prices: Prices, more: More = {}): Named<Id> => ({
  id,
  provider: "google",
  flex: true,
  tiers: ["standard", "priority"],
  prices,
  ...(id.startsWith("gemini-2") ? {} : { webSearch: perThousand(14) }),
  asOf: compared,
  ...more
})

const above200k = (standard: Triple) => ({ above: 200_000, standard })

// Google says until which day a price holds, not in which time zone: read as UTC. The `-latest` names are not here,
// since Google moves them from model to model.
const geminiModels = [
  // From the day they retire, Google answers with gemini-3.8-flash and gemini-3.5-flash-lite, at their prices.
  gemini("gemini-2.5-pro", geminiPrices([1.25, 0.125, 10], above200k([2.5, 0.25, 15])), { retires: "2026-12-01" }),
  gemini("gemini-2.5-flash", geminiPrices([0.3, 0.03, 2.5]), { retires: "2026-12-01" }),
  gemini("gemini-2.5-flash-lite", geminiPrices([0.1, 0.01, 0.4])),
  gemini("gemini-3-flash-preview", geminiPrices([0.5, 0.05, 3])),
  gemini("gemini-3.1-pro-preview", geminiPrices([2, 0.2, 12], above200k([4, 0.4, 18]))),
  gemini("gemini-3.1-flash-lite", geminiPrices([0.25, 0.025, 1.5])),
  gemini("gemini-3.5-flash", geminiPrices([1.5, 0.15, 9])),
  gemini("gemini-3.5-flash-lite", geminiPrices([0.3, 0.03, 2.5])),
  ...(["gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash"] as const).map((id) =>
    gemini(id, geminiPrices([0.75, 0.075, 3.75]), {
      priceChanges: [{ from: "2027-01-01", prices: geminiPrices([1.5, 0.15, 7.5]) }]
    })
  ),
  ...(["gemini-4-argon", "gemini-4-carbon"] as const).map((id) =>
    gemini(id, geminiPrices([2, 0.1, 10]), {
      priceChanges: [{ from: "2026-12-01", prices: geminiPrices([4, 0.2, 20]) }],
      asOf: "2026-11-25"
    })
  ),
  gemini("gemini-4-hydrogen", geminiPrices([1.5, 0.075, 7.5]), { asOf: "2026-11-25" }),
  gemini("gemini-4-neon", geminiPrices([3, 0.15, 15]), { asOf: "2026-11-25" })
]

/** Anthropic has no flex tier. A cache write costs 1.25 times input for five minutes, twice input for an hour. */
const anthropic = <const Id extends string>(
  id: Id,
  standard: Triple,
  { long, ...more }: More & { readonly long?: { readonly above: number; readonly standard: Triple } } = {}
): Named<Id> => ({
  id,
  provider: "anthropic",
  flex: false,
  tiers: ["standard", "priority", "auto"],
  prices: {
    standard: {
      base: rates(standard, 1.25, 2),
      ...(long === undefined ? {} : { steps: [{ above: long.above, rates: rates(long.standard, 1.25, 2) }] })
    }
  },
  webSearch: perThousand(10),
  asOf: compared,
  ...more
})

// LiteLLM (2026-07) has a step at 200,000 tokens for claude-sonnet-4-5, of its long-context beta; pi-ai has none. The
// price of claude-mythos-5-2 was not found.
const anthropicModels = [
  anthropic("claude-fable-5-2", [8, 0.2, 40], { asOf: "2026-11-25" }),
  ...(["claude-fable-5-1", "claude-mythos-5-1"] as const).map((id) => anthropic(id, [10, 0.25, 50])),
  ...(["claude-fable-5", "claude-mythos-5"] as const).map((id) => anthropic(id, [10, 1, 50])),
  anthropic("claude-opus-5-5", [4, 0.2, 20]),
  ...(["claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6"] as const).map((id) =>
    anthropic(id, [5, 0.5, 25])
  ),
  anthropic("claude-opus-4-5", [5, 0.5, 25], { retires: "2027-01-22" }),
  anthropic("claude-sonnet-5-5", [2, 0.1, 10]),
  anthropic("claude-sonnet-5", [2, 0.2, 10]),
  ...(["claude-sonnet-4-6", "claude-sonnet-4-5"] as const).map((id) => anthropic(id, [3, 0.3, 15])),
  anthropic("claude-haiku-5-5", [0.1, 0.01, 0.5], { long: { above: 100_000, standard: [0.5, 0.05, 2.5] } }),
  anthropic("claude-haiku-4-5", [1, 0.1, 5])
]

const models = [...openaiModels, ...geminiModels, ...anthropicModels]

export const builtInModels: ReadonlyArray<Model> = models

/** The names of the built-in models, for completion. */
export type ModelId = (typeof models)[number]["id"] | NonNullable<(typeof models)[number]["aliases"]>[number]
