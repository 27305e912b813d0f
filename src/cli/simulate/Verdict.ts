/** What the contenders brought, beside what could have been brought: pure statistics. */
import * as Bet from "./Bet.ts"
import type { Measured } from "./Running.ts"
import type { Draw } from "./World.ts"

/** One contender's requests, summed up. Money is in the price of one standard answer. */
export interface Row {
  readonly name: string
  /** It waits the same time whatever happens; otherwise it decides by itself. */
  readonly fixed: boolean
  /** How many of a hundred flex served, as a share. */
  readonly flexShare: number
  /** What was saved of what standard alone would have cost, a share; flex legs that were beaten are paid for. */
  readonly saving: number
  /** What starting later than standard alone would have cost, in milliseconds. */
  readonly addedMeanMs: number
  readonly addedP95Ms: number
  /** What a request cost with its waiting. */
  readonly cost: number
  /** How much of what could have been saved was; `undefined` where there was nothing to save. */
  readonly captured: number | undefined
  /** What it cost more than waiting as whoever knows the distribution. */
  readonly regret: number
}

/** What no policy has, and every policy is held against. */
export interface References {
  /** Never asking flex. */
  readonly standard: number
  /** The fixed window of those that were tried that cost least. */
  readonly bestFixed: { readonly name: string; readonly cost: number } | undefined
  /** The one wait that whoever knows the distribution would choose. */
  readonly bestKnown: { readonly waitMs: number; readonly cost: number }
  /** Knowing of every request beforehand whether flex is worth its wait. */
  readonly clairvoyant: number
}

export interface Verdict {
  readonly rows: ReadonlyArray<Row>
  readonly references: References
}

/** The value below which so large a share of the values is. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0
}

export interface Result {
  readonly name: string
  /** It waits the same time whatever happens. */
  readonly fixed: boolean
  readonly measured: ReadonlyArray<Measured>
}

/** `maxMs` is the longest wait that anybody may choose. */
export const make = (
  results: ReadonlyArray<Result>,
  draws: ReadonlyArray<Draw>,
  stakes: Bet.Stakes,
  maxMs: number
): Verdict => {
  const standard = Bet.fixed(draws, 0, stakes)
  const clairvoyant = Bet.clairvoyant(draws, stakes)
  const costs = results.map(({ measured }) => Bet.mean(measured.map((went) => Bet.cost(went, stakes))))
  const [bestFixed] = results
    .map(({ fixed, name }, index) => ({ fixed, name, cost: costs[index] ?? Number.POSITIVE_INFINITY }))
    .filter(({ fixed }) => fixed)
    .toSorted((one, other) => one.cost - other.cost)
  const bestKnown = Bet.best(draws, stakes, maxMs)
  const rows = results.map(({ fixed, measured, name }, index): Row => {
    const cost = costs[index] ?? 0
    const added = measured.map(({ startedMs }) => startedMs - stakes.standardMs)
    const paid = Bet.mean(measured.map(({ costMicroUsd }) => costMicroUsd))
    const list = Bet.mean(measured.map(({ listMicroUsd }) => listMicroUsd))
    return {
      name,
      fixed,
      flexShare: share(measured, ({ flex }) => flex),
      saving: (list === 0 ? 0 : 1 - paid / list) - stakes.overlap * share(measured, ({ beaten }) => beaten),
      addedMeanMs: Bet.mean(added),
      addedP95Ms: quantile(added, 0.95),
      cost,
      captured: standard - clairvoyant > 1e-12 ? (standard - cost) / (standard - clairvoyant) : undefined,
      regret: cost - bestKnown.cost
    }
  })
  return { rows, references: { standard, bestFixed, bestKnown, clairvoyant } }
}

const share = (measured: ReadonlyArray<Measured>, is: (went: Measured) => boolean): number =>
  measured.filter(is).length / Math.max(1, measured.length)
