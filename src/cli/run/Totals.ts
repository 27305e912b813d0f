/** What a file of requests came to. Money is in whole micro-USD, so that the sums are exact. */
import * as Money from "../Money.ts"
import * as Style from "../Style.ts"
import type { Outcome } from "./ResultLine.ts"

export interface Totals {
  readonly answered: number
  readonly failed: number
  /** How many each rung answered. */
  readonly rungs: ReadonlyMap<string, number>
  readonly costMicroUsd: number
  readonly savingMicroUsd: number
  /** Answers whose cost, and whose saving, is not known: they are not in the sum. */
  readonly unpriced: number
  readonly uncompared: number
  readonly unknownTries: number
}

export const none: Totals = {
  answered: 0,
  failed: 0,
  rungs: new Map(),
  costMicroUsd: 0,
  savingMicroUsd: 0,
  unpriced: 0,
  uncompared: 0,
  unknownTries: 0
}

export const add = (totals: Totals, outcome: Outcome): Totals => {
  const { answered, costMicroUsd, rung = "unknown", savingMicroUsd, unknownTries } = outcome
  return {
    answered: totals.answered + (answered ? 1 : 0),
    failed: totals.failed + (answered ? 0 : 1),
    rungs: answered ? new Map(totals.rungs).set(rung, (totals.rungs.get(rung) ?? 0) + 1) : totals.rungs,
    costMicroUsd: totals.costMicroUsd + (costMicroUsd ?? 0),
    savingMicroUsd: totals.savingMicroUsd + (savingMicroUsd ?? 0),
    unpriced: totals.unpriced + (answered && costMicroUsd === undefined ? 1 : 0),
    uncompared: totals.uncompared + (answered && savingMicroUsd === undefined ? 1 : 0),
    unknownTries: totals.unknownTries + unknownTries
  }
}

/** Requests that are over. */
export const over = ({ answered, failed }: Totals): number => answered + failed

/** The sums for a person, a line each. */
export const lines = (totals: Totals, style: Style.Style = Style.none): ReadonlyArray<string> => {
  const { answered, costMicroUsd, failed, rungs, savingMicroUsd, uncompared, unknownTries, unpriced } = totals
  const by = Array.from(rungs, ([rung, count]) => `${rung} ${count}`).toSorted().join(", ")
  const except = (count: number) => count === 0 ? "" : ` and that of ${count} whose price is not known`
  return [
    `answered ${answered}${by === "" ? "" : ` (${by})`}, failed ${failed}`,
    `cost     ${style.bold(Money.dollars(costMicroUsd))}${except(unpriced)}`,
    `saved    ${style.green(Money.dollars(savingMicroUsd))}${except(uncompared)}, against the standard tier`,
    ...(unknownTries === 0
      ? []
      : [`${unknownTries} tries ended with their process; whether they were paid for is not known`])
  ]
}

export const toJson = (totals: Totals): object => ({
  answered: totals.answered,
  failed: totals.failed,
  rungs: Object.fromEntries(totals.rungs),
  cost_micro_usd: totals.costMicroUsd,
  saving_micro_usd: totals.savingMicroUsd,
  unpriced: totals.unpriced,
  uncompared: totals.uncompared,
  unknown_tries: totals.unknownTries
})
