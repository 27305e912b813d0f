/**
 * The service that remembers how flex has served, and the caches of conversations, so that a policy can tell a bet worth
 * taking from a hopeless wait.
 *
 * Per provider and model it keeps how often flex legs were refused, how often they did not start in time, and after how
 * long they started; per conversation, which tier has its prefix in the cache. `FlexPolicy` decides on that. It also
 * holds the slots: how many flex legs may wait at once.
 *
 * A gateway provides one. A program without one keeps every window to the letter and remembers nothing, whatever its
 * requests met before; with one in the context of its router, or of its calls, it learns.
 *
 * **Example** (a program whose seconds cost something)
 *
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { FlexInference, FlexMemory } from "effect-flexinference"
 *
 * export const layer = FlexInference.layer({
 *   openai: { apiKey: Redacted.make("sk-…") },
 *   secondMicroUsd: 50 // whoever waits here costs 0.18 USD an hour
 * }).pipe(
 *   Layer.provide(FlexMemory.layer({ slots: { total: 200 } })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FlexPolicy from "./FlexPolicy.ts"
import type { ModelCatalog, ProviderName, Tier } from "./ModelCatalog.ts"
import * as Estimate from "./policy/Estimate.ts"
import * as PromptCache from "./policy/PromptCache.ts"
import type { Usage } from "./Usage.ts"

export type { Conversation, RacedTier } from "./policy/PromptCache.ts"

/** A request that has a window. */
export interface Request {
  readonly provider: ProviderName
  /** By its name in the catalogue. */
  readonly model: string
  readonly window: Duration.Duration
  readonly catalog: ModelCatalog
  /** What a second of waiting is worth to its caller, in micro-USD. */
  readonly secondMicroUsd: number | undefined
  /** What its conversation is known by, its owner included; `undefined` of one that is known by nothing. */
  readonly conversation: () => string | undefined
  /** Its length. */
  readonly characters: () => number
}

/** What became of a flex leg, and after how many milliseconds. */
export type LegResult = Pick<Estimate.Outcome, "result" | "after">

/** A request that has been decided upon. */
export interface Entry {
  readonly decision: FlexPolicy.Race | FlexPolicy.Skip
  /** Its flex leg waits no longer, whatever came of it. */
  readonly ended: (leg: LegResult) => Effect.Effect<void>
  /** It was served: at this tier, with this usage. */
  readonly served: (tier: Tier, usage: Usage) => Effect.Effect<void>
  /** It has no flex leg that waits, if it ever had one. Whatever it held for that is given back, once. */
  readonly leave: Effect.Effect<void>
}

/**
 * Remembers, and decides by it.
 *
 * @since 0.1.0
 * @category services
 */
export class FlexMemory extends Context.Service<FlexMemory, {
  /** What is known of a model's flex tier now. */
  readonly estimate: (provider: ProviderName, model: string) => Effect.Effect<Estimate.Estimate>
  /** Adds what came of a flex leg; the router does so itself. */
  readonly record: (provider: ProviderName, model: string, leg: LegResult) => Effect.Effect<void>
  /** Decides what is done with a request, and holds a place for its flex leg until that has ended. */
  readonly enter: (request: Request) => Effect.Effect<Entry>
}>()("effect-flexinference/FlexMemory") {}

/**
 * Where it is kept. What many gateways share implements the same; one that cannot be reached knows nothing and has a free
 * place for everyone, so nothing here fails, and what is only written does not keep a request waiting.
 */
export interface Store {
  /** Adds an outcome. Of each key the last 64 are enough. */
  readonly append: (key: string, outcome: Estimate.Outcome) => Effect.Effect<void>
  /** The latest last. */
  readonly outcomes: (key: string) => Effect.Effect<ReadonlyArray<Estimate.Outcome>>
  /**
   * Takes one of so many places, and tells how to give it back; `undefined` where none is free. What is not given back,
   * because its holder is gone, is free again after the lease.
   */
  readonly take: (
    name: string,
    places: number,
    lease: Duration.Duration
  ) => Effect.Effect<Effect.Effect<void> | undefined>
  readonly conversation: (key: string) => Effect.Effect<PromptCache.Conversation | undefined>
  readonly converse: (key: string, conversation: PromptCache.Conversation) => Effect.Effect<void>
}

/** How much is kept in this process; where there is more, what was not used for longest goes. */
export interface StoreOptions {
  /**
   * @default 1000
   */
  readonly maxModels?: number | undefined
  /**
   * @default 10000
   */
  readonly maxConversations?: number | undefined
}

/** How many flex legs may wait at once. Where there is no place, the standard tier is asked at once. */
export interface Slots {
  readonly total?: number | undefined
  readonly perProvider?: number | undefined
}

/** What a memory can be told. */
export interface Options {
  /**
   * Whether it learns. Otherwise it only holds the slots, and every window is kept to the letter.
   * @default true
   */
  readonly adaptive?: boolean | undefined
  /**
   * @default FlexPolicy.decide
   */
  readonly policy?: FlexPolicy.FlexPolicy | undefined
  /** A store of one's own, in place of one in this process. */
  readonly store?: Store | undefined
  /** Without it, any number of flex legs may wait. */
  readonly slots?: Slots | undefined
  /**
   * What share of its price a flex leg costs that is beaten by standard: 1 where a provider charges for what is aborted.
   * @default 0
   */
  readonly overlap?: number | undefined
  /**
   * After this time a flex leg of the past counts half. The latest 64 of each model count at all.
   * @default "30 minutes"
   */
  readonly halfLife?: Duration.Input | undefined
  /**
   * How long a prefix is taken to stay in a provider's cache after it was last read.
   * @default "10 minutes"
   */
  readonly cacheLife?: Duration.Input | undefined
}

/**
 * A store in the memory of this process.
 *
 * **Example** (a store that also tells what it is told)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexMemory } from "effect-flexinference"
 *
 * const store = FlexMemory.memoryStore({ maxModels: 100 })
 *
 * export const layer = FlexMemory.layer({
 *   store: {
 *     ...store,
 *     append: (key, outcome) =>
 *       Effect.andThen(Effect.logDebug(`${key}: ${outcome.result} after ${outcome.after} ms`), store.append(key, outcome))
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const memoryStore = (options?: StoreOptions): Store => {
  const outcomes = recent<Array<Estimate.Outcome>>(options?.maxModels ?? 1000)
  const conversations = recent<PromptCache.Conversation>(options?.maxConversations ?? 10_000)
  /** When each place is free again, the earliest first as long as leases are alike. */
  const held = new Map<string, Set<{ readonly until: number }>>()

  const take = (name: string, places: number, until: number, now: number): Effect.Effect<void> | undefined => {
    const holders = held.get(name) ?? new Set()
    for (const holder of holders) {
      if (holder.until > now) break
      holders.delete(holder)
    }
    if (holders.size >= places) return undefined
    const holder = { until }
    held.set(name, holders.add(holder))
    return Effect.sync(() => {
      holders.delete(holder)
      if (holders.size === 0 && held.get(name) === holders) held.delete(name)
    })
  }

  return {
    append: (key, outcome) =>
      Effect.sync(() => {
        const all = outcomes.get(key) ?? []
        all.push(outcome)
        // Seldom, and many at once.
        if (all.length === 2 * Estimate.mostOutcomes) all.splice(0, Estimate.mostOutcomes)
        outcomes.set(key, all)
      }),
    outcomes: (key) => Effect.sync(() => outcomes.get(key) ?? []),
    take: (name, places, lease) =>
      Effect.map(Clock.currentTimeMillis, (now) => take(name, places, now + Duration.toMillis(lease), now)),
    conversation: (key) => Effect.sync(() => conversations.get(key)),
    converse: (key, conversation) => Effect.sync(() => conversations.set(key, conversation))
  }
}

/** A map that forgets what was not set for longest. */
const recent = <A>(most: number) => {
  const entries = new Map<string, A>()
  return {
    get: (key: string): A | undefined => entries.get(key),
    set: (key: string, value: A): void => {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= most) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    }
  }
}

/** A place is held for as long as a flex leg can wait beyond its window, and then some. */
const margin = Duration.minutes(1)

/**
 * Builds the service itself, for those who compose it by hand.
 *
 * **Example** (two routers that learn from each other)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexMemory } from "effect-flexinference"
 *
 * const memory = FlexMemory.make({ slots: { total: 200, perProvider: 100 } })
 *
 * export const learning = Effect.provideService(FlexMemory.FlexMemory, memory)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): FlexMemory["Service"] => {
  const {
    adaptive = true,
    cacheLife,
    halfLife,
    overlap = 0,
    policy = FlexPolicy.decide,
    slots,
    store = memoryStore()
  } = options

  const estimateAt = (key: string, now: number) =>
    Effect.map(store.outcomes(key), (outcomes) => Estimate.make(outcomes, now, halfLife))

  const appended = (key: string, { after, result }: LegResult) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => store.append(key, { result, after, at }))

  const betOf = (
    { catalog, characters, model, provider, secondMicroUsd, window }: Request,
    now: number,
    estimate: Estimate.Estimate,
    conversation: PromptCache.Conversation | undefined
  ): FlexPolicy.Bet => {
    const list = { catalog, provider, model, now }
    const known = conversation === undefined
      ? PromptCache.firstPrices(secondMicroUsd === undefined ? 0 : characters(), list)
      : PromptCache.prices(conversation, list, cacheLife)
    const prices = known ?? unpriced
    return {
      window,
      now,
      estimate,
      prices,
      turns: known === undefined ? 0 : conversation?.turns ?? 0,
      // What has no price cannot be held against one.
      secondPrice: known === undefined ? undefined : secondMicroUsd,
      overlap: overlap * prices.flex.now
    }
  }

  /** Takes one of the places that are limited, for as long as a leg may wait. */
  const take = (name: string, places: number | undefined, window: Duration.Duration) =>
    places === undefined ? Effect.succeed(Effect.void) : store.take(name, places, Duration.sum(window, margin))

  /** A place among all and one of the provider's. */
  const slotFor = ({ provider, window }: Request): Effect.Effect<Effect.Effect<void> | undefined> =>
    slots === undefined
      ? Effect.succeed(Effect.void)
      : Effect.flatMap(take("slots", slots.total, window), (total) =>
        total === undefined
          ? Effect.succeed(undefined)
          : Effect.flatMap(
            take(`slots/${provider}`, slots.perProvider, window),
            (own) => own === undefined ? Effect.as(total, undefined) : Effect.succeed(Effect.andThen(total, own))
          ))

  /** A decision, with a place that is held for it until its leg has ended. */
  const entryOf = (
    decision: Entry["decision"],
    back: Effect.Effect<void>,
    { ended, served }: {
      readonly ended?: Entry["ended"] | undefined
      readonly served?: Entry["served"] | undefined
    }
  ): Entry => {
    let held = true
    const leave = Effect.suspend(() => {
      if (!held) return Effect.void
      held = false
      return back
    })
    return {
      decision,
      leave,
      ended: (leg) => ended === undefined ? leave : Effect.andThen(ended(leg), leave),
      served: served ?? (() => Effect.void)
    }
  }

  const remembering = (name: string): Entry["served"] => (tier, usage) =>
    tier !== "flex" && tier !== "standard"
      ? Effect.void
      : Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Effect.flatMap(store.conversation(name), (before) =>
          store.converse(name, PromptCache.next(before, { tier, usage, at }, cacheLife))))

  const enter = (request: Request): Effect.Effect<Entry> =>
    Effect.gen(function*() {
      const { model, provider, window } = request
      const name = request.conversation()
      const key = keyOf(provider, model)
      const now = yield* Clock.currentTimeMillis
      const estimate = yield* estimateAt(key, now)
      const conversation = name === undefined ? undefined : yield* store.conversation(name)
      const served = name === undefined ? undefined : remembering(name)
      const skipped = (reason: FlexPolicy.SkipReason) => entryOf(FlexPolicy.skip(reason), Effect.void, { served })

      const decision = policy(betOf(request, now, estimate, conversation))
      if (decision._tag === "Skip") return skipped(decision.reason)
      const trial = decision._tag === "Race" ? Effect.void : yield* take(`probe/${key}`, 1, window)
      if (trial === undefined) return skipped("flex_cooling")
      const slot = yield* slotFor(request)
      if (slot === undefined) {
        yield* trial
        return skipped("flex_slots_full")
      }
      const ended = (leg: LegResult) => appended(key, leg)
      return entryOf(FlexPolicy.race(decision.wait), Effect.andThen(slot, trial), { ended, served })
    })

  const enterUnlearned = (request: Request): Effect.Effect<Entry> =>
    Effect.map(slotFor(request), (slot) =>
      slot === undefined
        ? entryOf(FlexPolicy.skip("flex_slots_full"), Effect.void, {})
        : entryOf(FlexPolicy.race(request.window), slot, {}))

  return FlexMemory.of({
    enter: adaptive ? enter : enterUnlearned,
    estimate: (provider, model) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => estimateAt(keyOf(provider, model), now)),
    record: (provider, model, leg) => appended(keyOf(provider, model), leg)
  })
}

/**
 * A memory for a program.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<FlexMemory> => Layer.sync(FlexMemory, () => make(options))

const keyOf = (provider: ProviderName, model: string): string => `${provider}/${model}`

/** What is taken for the prices of a model that has none: flex is half price wherever there is flex. */
const unpriced: FlexPolicy.Prices = {
  flex: { now: 0.5, warm: 0.5, cold: 0.5 },
  standard: { now: 1, warm: 1, cold: 1 }
}
