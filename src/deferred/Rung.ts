/** One way to have a deferred request done, and what is known of how long it takes. */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"

/** The chance that a rung is done within a time of its start: the steps of a distribution, by rising time. */
export type Estimate = ReadonlyArray<readonly [withinMillis: number, chance: number]>

/** A way to have a request done. */
export interface Rung {
  /** Such as `"batch"`, `"8h"`, `"flex"` or `"standard"`; no two of a ladder share one. */
  readonly name: string
  /** What it costs, as a share of the standard price. */
  readonly price: number
  /** Within what time its provider says that it is done; none where it says nothing. */
  readonly promise: Duration.Duration | undefined
  /** How long it takes: what was seen, or a guess where nothing was. */
  readonly estimate: Estimate
}

/**
 * The chance that a rung is done within so many milliseconds.
 *
 * **Example** (half are done within a minute)
 *
 * ```ts
 * import { Rung } from "effect-flexinference/deferred"
 *
 * const estimate: Rung.Estimate = [[60_000, 0.5], [600_000, 0.75]]
 *
 * Rung.chance(estimate, 59_999) // => 0
 * Rung.chance(estimate, 60_000) // => 0.5
 * // Of those that were not done after a minute, half are done nine minutes later.
 * Rung.chanceAfter(estimate, 60_000, 540_000) // => 0.5
 * ```
 *
 * @since 0.1.0
 * @category calculations
 */
export const chance = (estimate: Estimate, withinMillis: number): number => {
  let known = 0
  for (const [within, share] of estimate) {
    if (within > withinMillis) break
    known = share
  }
  return known
}

/**
 * The same, of a rung that was not done after `elapsedMillis`: the time counts from there on.
 *
 * @since 0.1.0
 * @category calculations
 */
export const chanceAfter = (estimate: Estimate, elapsedMillis: number, withinMillis: number): number => {
  const before = chance(estimate, elapsedMillis)
  return before >= 1 ? 0 : (chance(estimate, elapsedMillis + withinMillis) - before) / (1 - before)
}

/**
 * A guess for a rung nobody has waited for yet. A promise is kept most of the time and rarely early: what providers
 * publish is better than this (one router saw 90 of 100 batches done within an hour), and a guess that is too good
 * would be paid for with the dearest rung.
 *
 * @since 0.1.0
 * @category constructors
 */
export const guess = (promise: Duration.Duration): Estimate => {
  const millis = Duration.toMillis(promise)
  return Arr.map([[1 / 24, 0.3], [1 / 4, 0.7], [1 / 2, 0.85], [1, 0.97]], ([part = 0, share = 0]) => [
    millis * part,
    share
  ])
}
