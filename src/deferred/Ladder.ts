/**
 * Which rung a deferred request stands on, and when it takes the next: a pure function of the time left, of what is
 * known of each rung, and of what was tried.
 *
 * The last rung is the one that keeps the deadline: it is taken when there is just enough time left for it, whatever
 * has happened until then. What is left before that is spent on cheaper rungs, in the order of their prices, each left
 * for the next when that is expected to be cheaper than waiting on: where a dearer rung still has its time, or where the
 * cheaper one is hopeless.
 *
 * **Example** (an hour left: the batch may try, until the standard tier has to begin)
 *
 * ```ts
 * import { Duration } from "effect"
 * import { Ladder, Rung } from "effect-flexinference/deferred"
 *
 * const minute = 60_000
 * const promise = Duration.hours(24)
 * const batch: Rung.Rung = { name: "batch", price: 0.5, promise, estimate: Rung.guess(promise) }
 * const standard: Rung.Rung = { name: "standard", price: 1, promise: undefined, estimate: [[10 * minute, 1]] }
 * const rungs = [batch, standard] as const
 *
 * Ladder.next({ now: 0, deadline: 120 * minute, rungs }) // { _tag: "Start", rung: batch }
 * Ladder.next({ now: minute, deadline: 120 * minute, rungs, running: { rung: "batch", since: 0 } })
 * // { _tag: "Wait", until: 110 * minute }
 * ```
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Order from "effect/Order"
import * as Rung from "./Rung.ts"

/** What the next step depends on. Times are epoch milliseconds. */
export interface Situation {
  readonly now: number
  readonly deadline: number
  /** The rungs that there are; the dearest one keeps the deadline. */
  readonly rungs: Arr.NonEmptyReadonlyArray<Rung.Rung>
  /** What is under way. */
  readonly running?: { readonly rung: string; readonly since: number } | undefined
  /** Rungs that are not to be taken before a time: they refused, failed, expired or were left. `Infinity` is for good. */
  readonly notBefore?: ReadonlyMap<string, number> | undefined
}

/** What to do. */
export type Step =
  /** To begin this rung now. What is under way is replaced: it is canceled as soon as this one was accepted. */
  | { readonly _tag: "Start"; readonly rung: Rung.Rung }
  /** To let be what is under way, or to be idle, and to ask again at this time or when something happens before. */
  | { readonly _tag: "Wait"; readonly until: number }

/** How sure the last rung has to be of keeping the deadline. */
const sure = 0.99

/** A rung that is done in time with no more than this chance is not worth the wait. */
const hopeless = 0.01

/**
 * How long the rung that keeps the deadline needs.
 *
 * @since 0.1.0
 * @category calculations
 */
export const lead = (last: Rung.Rung): number => {
  const within = last.estimate.find(([, chance]) => chance >= sure) ?? last.estimate.at(-1)
  return within?.[0] ?? Duration.toMillis(last.promise ?? Duration.zero)
}

/**
 * When the rung that keeps the deadline has to begin.
 *
 * @since 0.1.0
 * @category calculations
 */
export const lastMoment = (deadline: number, rungs: Situation["rungs"]): number =>
  deadline - lead(Arr.lastNonEmpty(Arr.sort(rungs, byPrice)))

const byPrice = Order.mapInput(Order.Number, ({ price }: Rung.Rung) => price)

/**
 * What to do next.
 *
 * @since 0.1.0
 * @category decisions
 */
export const next = (situation: Situation): Step => {
  const plan = make(situation)
  const { now, running } = situation
  const best = plan.best(now)
  if (running === undefined || plan.position(running.rung) === -1) {
    const idle = plan.idle
    return idle !== undefined && idle.cost < best.cost
      ? { _tag: "Wait", until: idle.until }
      : { _tag: "Start", rung: best.rung }
  }
  // The dearest rung is not left: there is none to leave it for.
  if (plan.position(running.rung) === plan.rungs.length - 1) return { _tag: "Wait", until: situation.deadline }
  const staying = plan.stay(running)
  return staying === undefined || best.cost < staying.cost
    ? { _tag: "Start", rung: best.rung }
    : { _tag: "Wait", until: staying.until }
}

/**
 * What a request is expected to cost from here on, as a share of the standard price.
 *
 * **Example** (what a day is worth)
 *
 * ```ts
 * import { Duration } from "effect"
 * import { Ladder, Rung } from "effect-flexinference/deferred"
 *
 * const minute = 60_000
 * const batch: Rung.Rung = {
 *   name: "batch",
 *   price: 0.5,
 *   promise: Duration.hours(24),
 *   estimate: [[60 * minute, 0.75]]
 * }
 * const standard: Rung.Rung = { name: "standard", price: 1, promise: undefined, estimate: [[10 * minute, 1]] }
 * const rungs = [batch, standard] as const
 *
 * // Three of four requests are done by the batch, the fourth is left to the standard tier.
 * Ladder.expectedPrice({ now: 0, deadline: 120 * minute, rungs }) // => 0.625
 * Ladder.expectedPrice({ now: 0, deadline: 30 * minute, rungs }) // => 1
 * Ladder.lead(standard) // => 10 * minute
 * Ladder.lastMoment(120 * minute, rungs) // => 110 * minute
 * ```
 *
 * @since 0.1.0
 * @category calculations
 */
export const expectedPrice = (situation: Situation): number => {
  const plan = make(situation)
  const { now, running } = situation
  if (running === undefined) return Math.min(plan.best(now).cost, plan.idle?.cost ?? Infinity)
  const rung = plan.rungs[plan.position(running.rung)]
  if (rung !== undefined && rung === Arr.lastNonEmpty(plan.rungs)) return rung.price
  return Math.min(plan.best(now).cost, plan.stay(running)?.cost ?? Infinity)
}

interface Choice {
  readonly cost: number
  readonly rung: Rung.Rung
}

interface Stay {
  readonly cost: number
  readonly until: number
}

/** How the times between now and the last moment are divided: by the time that is left, finely where little is. */
const growth = 1.2
const finest = 15_000

const make = ({ deadline, notBefore, now, rungs: given, running }: Situation) => {
  const rungs = Arr.sort(given, byPrice)
  const last = Arr.lastNonEmpty(rungs)
  const end = lastMoment(deadline, given)
  const leaves = leavingTimes(rungs, end, now)
  const closedAt = (rung: Rung.Rung, time: number): boolean =>
    rung !== last && time < (notBefore?.get(rung.name) ?? -Infinity)
  const position = (name: string): number => rungs.findIndex((rung) => rung.name === name)

  const known = new Map<number, Array<Choice | undefined>>()
  /** The best choice of the rungs from `index` on, for a request that stands on none at `time`. */
  const from = (index: number, time: number): Choice => {
    const rung = rungs[index]
    if (rung === undefined || rung === last || time >= end) return { cost: last.price, rung: last }
    const memo = known.get(time) ?? []
    known.set(time, memo)
    return memo[index] ??= choose(index, rung, time)
  }
  const choose = (index: number, rung: Rung.Rung, time: number): Choice => {
    const without = from(index + 1, time)
    if (closedAt(rung, time)) return without
    const { cost } = cheapest(index, time, (within) => Rung.chance(rung.estimate, within))
    // What is as cheap by waiting longer is begun all the same: it may be done sooner than is thought.
    return cost <= without.cost ? { cost, rung } : without
  }
  /** Until when the rung at `index`, begun or under way at `time`, is best given, and what that is expected to cost. */
  const cheapest = (index: number, time: number, chance: (withinMillis: number) => number): Stay => {
    const { price } = rungs[index] ?? last
    let best: Stay = { cost: Infinity, until: time }
    for (const until of leaves) {
      if (until <= time) continue
      const done = chance(until - time)
      const cost = price * done + (1 - done) * from(index + 1, until).cost
      if (cost <= best.cost) best = { cost, until }
    }
    return best
  }
  const stay = (under: NonNullable<typeof running>): Stay | undefined => {
    const index = position(under.rung)
    const rung = rungs[index]
    if (rung === undefined) return undefined
    const chance = (within: number) => Rung.chanceAfter(rung.estimate, now - under.since, within)
    return now < end && chance(end - now) > hopeless ? cheapest(index, now, chance) : undefined
  }
  /** Waiting for a rung that may be taken again later. */
  const opensAt = rungs.flatMap((rung) => {
    const time = notBefore?.get(rung.name) ?? -Infinity
    return rung !== last && time > now && time < end ? [{ cost: from(0, time).cost, until: time }] : []
  })
  const idle = opensAt.reduce<Stay | undefined>(
    (best, stay) => best === undefined || stay.cost < best.cost ? stay : best,
    undefined
  )
  return {
    rungs,
    position,
    best: (time: number) => from(position(running?.rung ?? "") + 1, time),
    stay,
    idle
  }
}

/**
 * The times at which a rung may be left for the next, by rising time. They count back from the last moment, so that a
 * request that has more time can do whatever one with less can, and among them are those that leave a dearer rung just
 * what its provider promises.
 */
const leavingTimes = (
  rungs: ReadonlyArray<Rung.Rung>,
  lastMoment: number,
  now: number
): ReadonlyArray<number> => {
  const left = new Set<number>([0])
  for (const { promise } of rungs) {
    if (promise === undefined) continue
    for (const other of Array.from(left)) left.add(other + Duration.toMillis(promise))
  }
  for (let time = finest; time < lastMoment - now; time *= growth) left.add(time)
  return Array.from(left, (time) => lastMoment - time).filter((time) => time > now).toSorted((one, other) =>
    one - other
  )
}
