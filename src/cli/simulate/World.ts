/** How a flex tier behaves towards one request after the other: drawn from a distribution, or taken from records. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { AttemptRecord } from "../../AttemptLog.ts"

/** What flex does with one request; times are in milliseconds since its leg opened. */
export interface Draw {
  /** It says no, at once. */
  readonly refused: boolean
  /** When it would start; never is infinity. */
  readonly startMs: number
}

/** A distribution of starts: lognormal, beside those that are refused or never come. */
export interface World {
  /** Shares of all requests. */
  readonly refused: number
  readonly stalled: number
  readonly medianMs: number
  /** Two in three starts lie between the median divided by this and the median times this. */
  readonly spread: number
}

/** So many draws; the same for the same seed. */
export const draws = (world: World, count: number, seed: number): Effect.Effect<ReadonlyArray<Draw>> =>
  Effect.forEach(Array.from({ length: count }), () => draw(world)).pipe(Random.withSeed(seed))

const draw = ({ medianMs, refused, spread, stalled }: World): Effect.Effect<Draw> =>
  Effect.gen(function*() {
    const luck = yield* Random.next
    const one = yield* Random.next
    const other = yield* Random.next
    // Box and Muller's: two even draws make a normal one.
    const normal = Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other)
    if (luck < refused) return { refused: true, startMs: Number.POSITIVE_INFINITY }
    if (luck < refused + stalled) return { refused: false, startMs: Number.POSITIVE_INFINITY }
    return { refused: false, startMs: Math.max(1, Math.round(medianMs * spread ** normal)) }
  })

/** What a record says of flex: when it started, that it was refused, or until when it had not started. */
export type Observed = Draw | { readonly censoredMs: number }

/** What is known of the flex leg of a request, if it had one. */
export const observed = ({ legs }: AttemptRecord): Observed | undefined => {
  const leg = legs.find(({ tier }) => tier === "flex")
  if (leg === undefined) return undefined
  if (leg.startedAtMs !== null) {
    return { refused: false, startMs: Math.max(1, Math.round(leg.startedAtMs - leg.openedAtMs)) }
  }
  switch (leg.outcome) {
    case "beaten":
    case "canceled":
    case "timed_out":
      return { censoredMs: Math.max(1, Math.round(leg.endedAtMs - leg.openedAtMs)) }
    case "refused":
    case "failed":
    case "unreachable":
      return { refused: true, startMs: Number.POSITIVE_INFINITY }
    default:
      return undefined
  }
}

/**
 * Draws from what was observed. Of a leg that was cut off it is known only that it would have started later: it takes
 * the start of one of those that did, or never, as often as they did (the estimate of Kaplan and Meier, drawn).
 */
export const replay = (observed: ReadonlyArray<Observed>, seed: number): Effect.Effect<ReadonlyArray<Draw>> =>
  Effect.gen(function*() {
    const at = (one: Observed): number => "censoredMs" in one ? one.censoredMs : one.startMs
    const later = observed
      .map((one, index) => ({ one, index }))
      // What started when another was cut off, started before it.
      .toSorted((left, right) =>
        at(right.one) === at(left.one)
          ? Number("censoredMs" in right.one) - Number("censoredMs" in left.one)
          : at(right.one) > at(left.one)
          ? 1
          : -1
      )
    const all: Array<Draw> = []
    const known: Array<number> = []
    for (const { index, one } of later) {
      if (!("censoredMs" in one)) {
        all[index] = one
        if (!one.refused) known.push(one.startMs)
        continue
      }
      const startMs = known.length === 0
        ? Number.POSITIVE_INFINITY
        : known[Math.floor((yield* Random.next) * known.length)] ?? Number.POSITIVE_INFINITY
      all[index] = { refused: false, startMs }
      known.push(startMs)
    }
    return all
  }).pipe(Random.withSeed(seed))
