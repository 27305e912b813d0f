/**
 * What a conversation costs at each tier. Providers keep a prompt cache per tier, so a prefix that is warm on standard
 * can be dearer cold on flex, for all its half price.
 */
import * as Duration from "effect/Duration"
import * as Cost from "../Cost.ts"
import type { ModelCatalog, ProviderName, Tier } from "../ModelCatalog.ts"
import type { Usage } from "../Usage.ts"
import { none } from "../Usage.ts"

/** The tiers between which a race decides. */
export type RacedTier = "flex" | "standard"

/** What the answers of a conversation have told. */
export interface Conversation {
  /** How many there were. */
  readonly turns: number
  /** What the last of them read and wrote, in tokens. */
  readonly input: number
  readonly output: number
  /** What each tier read last, and when (epoch milliseconds): so much of the prefix can be in its cache. */
  readonly caches: { readonly [T in RacedTier]?: { readonly input: number; readonly at: number } | undefined }
  /** The share of what could be in a cache that was, when last it could be. */
  readonly hits: number
  /** Whether what is read for the first time is charged as written to the cache. */
  readonly writes: boolean
}

/** An answer of a conversation. */
export interface Turn {
  readonly tier: RacedTier
  readonly usage: Usage
  /** Epoch milliseconds. */
  readonly at: number
}

/** How long a prefix stays in a cache after it was last read: providers promise five to ten minutes at least. */
export const cacheLife: Duration.Duration = Duration.minutes(10)

/** Shorter prefixes are not cached. */
const shortest = 1024

/** How much of the conversation can be in a tier's cache. */
const warmth = (conversation: Conversation, tier: RacedTier, now: number, life: number): number => {
  const cache = conversation.caches[tier]
  return cache === undefined || now - cache.at > life || cache.input < shortest ? 0 : cache.input
}

/** The conversation with one answer more. */
export const next = (
  before: Conversation | undefined,
  { at, tier, usage }: Turn,
  life: Duration.Input = cacheLife
): Conversation => {
  const expected = before === undefined
    ? 0
    : Math.min(usage.input, warmth(before, tier, at, Duration.toMillis(life)))
  return {
    turns: (before?.turns ?? 0) + 1,
    input: usage.input,
    output: usage.output,
    caches: { ...before?.caches, [tier]: { input: usage.input, at } },
    hits: expected === 0 ? before?.hits ?? 1 : Math.min(1, usage.cachedInput / expected),
    writes: usage.cacheWriteInput > 0 || (before?.writes ?? false)
  }
}

/** What an answer costs at a tier: as things are, with its whole prefix in the cache, and with nothing of it there. */
export interface TierPrices {
  readonly now: number
  readonly warm: number
  readonly cold: number
}

/** What the next answer costs at either tier, in any one unit. */
export type Prices = { readonly [T in RacedTier]: TierPrices }

/** By which price list. */
export interface PriceList {
  readonly catalog: ModelCatalog
  readonly provider: ProviderName
  readonly model: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a conversation's next answer costs, in micro-USD, taken to be like the last; `undefined` without prices. */
export const prices = (
  conversation: Conversation,
  list: PriceList,
  life: Duration.Input = cacheLife
): Prices | undefined => {
  const { hits, input, output, writes } = conversation
  const cost = (tier: Tier, cachable: number) => {
    const cachedInput = hits * Math.min(cachable, input)
    const cacheWriteInput = writes ? input - cachedInput : 0
    return priced(list, tier, { ...none, input, output, cachedInput, cacheWriteInput })
  }
  const at = (tier: RacedTier): TierPrices | undefined => {
    const warm = cost(tier, input < shortest ? 0 : input)
    const cold = cost(tier, 0)
    const now = cost(tier, warmth(conversation, tier, list.now, Duration.toMillis(life)))
    return warm === undefined || cold === undefined || now === undefined ? undefined : { warm, cold, now }
  }
  return both(at("flex"), at("standard"))
}

/** What is taken to be written where nothing is known, in tokens. */
const typicalOutput = 500

/** What a request costs of which only the length is known, in characters: four of them are about a token. */
export const firstPrices = (characters: number, list: PriceList): Prices | undefined => {
  const usage = { ...none, input: Math.ceil(characters / 4), output: typicalOutput }
  const at = (tier: RacedTier): TierPrices | undefined => {
    const now = priced(list, tier, usage)
    return now === undefined ? undefined : { now, warm: now, cold: now }
  }
  return both(at("flex"), at("standard"))
}

const both = (flex: TierPrices | undefined, standard: TierPrices | undefined): Prices | undefined =>
  flex === undefined || standard === undefined ? undefined : { flex, standard }

const priced = ({ catalog, model, now, provider }: PriceList, tier: Tier, usage: Usage): number | undefined => {
  const cost = Cost.calculate({ catalog, provider, model, tier, usage, at: now })
  return cost._tag === "Priced" ? cost.microUsd : undefined
}
