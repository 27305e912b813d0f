/** Worlds of flex tiers, made up from a seed, and what a memory makes of them on virtual time. */
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Cost from "../../src/Cost.ts"
import type * as FlexMemory from "../../src/FlexMemory.ts"
import * as ModelCatalog from "../../src/ModelCatalog.ts"
import { none } from "../../src/Usage.ts"
import { seeded } from "./seeded.ts"

/** What a flex leg would do: refuse after so many milliseconds, or start after so many, which may be never. */
export type Leg = { readonly refusedAfter: number } | { readonly startsAfter: number }

/** What flex legs do that are opened at a time in milliseconds; `random` is a number from 0 to below 1. */
export type World = (at: number, random: () => number) => Leg

export const never: Leg = { startsAfter: Number.POSITIVE_INFINITY }
export const refused: Leg = { refusedAfter: 500 }

/** Starts between a fifth and five times of a time, the middle of them there. */
export const around = (millis: number, random: () => number): Leg => ({ startsAfter: millis * 5 ** (2 * random() - 1) })

const randomOf = (seed: number) => {
  const { below } = seeded(seed)
  return () => below(1_000_000) / 1_000_000
}

export interface Load {
  readonly seed: number
  readonly requests: number
  /** Between two requests, on average, in milliseconds. */
  readonly every: number
  readonly window: Duration.Duration
  readonly secondMicroUsd?: number | undefined
}

/** What came of a load. Money is counted in prices of one answer at standard, flex at half. */
export interface Outcome {
  readonly races: number
  readonly flexServed: number
  /** How long their callers waited in all, in seconds. */
  readonly flexSeconds: number
  /** Races in which flex did not serve, and how long their callers waited in all, in seconds. */
  readonly vain: number
  readonly vainSeconds: number
  /** Requests that were not raced and that flex would have served. */
  readonly missed: number
  readonly cost: number
}

const model = "gpt-5.5"
export const request = {
  provider: "openai",
  model,
  catalog: ModelCatalog.builtIn,
  conversation: () => undefined,
  characters: () => 8000
}

/** Sends a load to a world; without a memory every window is kept to the letter. */
export const run = (
  memory: FlexMemory.FlexMemory["Service"] | undefined,
  world: World,
  { every, requests, secondMicroUsd, seed, window }: Load
): Effect.Effect<Outcome> =>
  Effect.gen(function*() {
    const random = randomOf(seed)
    const most = Duration.toMillis(window)
    let at = 0
    const arrivals = Array.from({ length: requests }, () => {
      at += Math.round(2 * every * random())
      return { at, leg: world(at, random) }
    })
    const counts = { races: 0, flexServed: 0, flexSeconds: 0, vain: 0, vainSeconds: 0, missed: 0 }
    // What is still to happen, by time.
    const ends: Array<{ readonly at: number; readonly end: Effect.Effect<void> }> = []
    const until = (time: number) =>
      memory === undefined ? Effect.void : Effect.gen(function*() {
        while (ends.length > 0 && (ends[0]?.at ?? 0) <= time) {
          const next = ends.shift()
          if (next === undefined) continue
          yield* TestClock.setTime(next.at)
          yield* next.end
        }
        yield* TestClock.setTime(time)
      })
    for (const { at, leg } of arrivals) {
      yield* until(at)
      const entry = yield* memory?.enter({ ...request, window, secondMicroUsd }) ?? Effect.succeed(undefined)
      const decision = entry?.decision
      const serves = "startsAfter" in leg && leg.startsAfter <= most
      if (decision?._tag === "Skip") {
        if (serves) counts.missed++
        continue
      }
      counts.races++
      const wait = Duration.toMillis(decision?.wait ?? window)
      const result = "refusedAfter" in leg
        ? { result: "refused" as const, after: leg.refusedAfter }
        : leg.startsAfter <= wait
        ? { result: "started" as const, after: leg.startsAfter }
        : { result: "stalled" as const, after: wait }
      if (result.result === "started") {
        counts.flexServed++
        counts.flexSeconds += result.after / 1000
      } else {
        counts.vain++
        counts.vainSeconds += result.after / 1000
      }
      ends.push({ at: at + result.after, end: entry?.ended(result) ?? Effect.void })
      ends.sort((one, other) => one.at - other.at)
    }
    yield* until(Number.MAX_SAFE_INTEGER)
    return { ...counts, cost: counts.flexServed / 2 + requests - counts.flexServed }
  })

export interface Dialogue {
  readonly seed: number
  readonly turns: number
  /** Between two turns, in milliseconds. */
  readonly every: number
  /** What the first turn reads, what every further one adds, and what each writes, in tokens. */
  readonly prefix: number
  readonly grows: number
  readonly writes: number
  readonly window: Duration.Duration
}

/** How the tier of a turn is chosen. */
export type Choice = "flex" | "standard" | FlexMemory.FlexMemory["Service"]

const cacheLife = 10 * 60_000

/**
 * What a conversation costs in a world, in micro-USD, whose provider keeps a cache per tier. `"flex"` races every turn,
 * `"standard"` none.
 */
export const converse = (
  choice: Choice,
  world: World,
  { every, grows, prefix, seed, turns, window, writes }: Dialogue
): Effect.Effect<{ readonly cost: number; readonly flex: number }> =>
  Effect.gen(function*() {
    const random = randomOf(seed)
    const start = 1_800_000_000_000
    const caches = { flex: { input: 0, at: 0 }, standard: { input: 0, at: 0 } }
    let cost = 0
    let flex = 0
    for (let turn = 0; turn < turns; turn++) {
      const at = start + turn * every
      yield* TestClock.setTime(at)
      const leg = world(turn * every, random)
      const entry = typeof choice === "string"
        ? undefined
        : yield* choice.enter({ ...request, window, secondMicroUsd: undefined, conversation: () => "c" })
      const wait = entry === undefined
        ? choice === "flex" ? Duration.toMillis(window) : -1
        : entry.decision._tag === "Skip"
        ? -1
        : Duration.toMillis(entry.decision.wait)
      const serves = "startsAfter" in leg && leg.startsAfter <= wait
      const tier = serves ? "flex" : "standard"
      if (entry?.decision._tag === "Race") {
        yield* entry.ended(
          "refusedAfter" in leg
            ? { result: "refused", after: leg.refusedAfter }
            : serves
            ? { result: "started", after: leg.startsAfter }
            : { result: "stalled", after: wait }
        )
      }
      const input = prefix + turn * grows
      const cachedInput = at - caches[tier].at <= cacheLife ? caches[tier].input : 0
      const usage = { ...none, input, cachedInput, output: writes }
      caches[tier] = { input, at }
      if (serves) flex++
      const priced = Cost.calculate({ catalog: request.catalog, provider: request.provider, model, tier, usage, at })
      if (priced._tag === "Priced") cost += priced.microUsd
      yield* entry?.served(tier, usage) ?? Effect.void
    }
    return { cost, flex }
  })
