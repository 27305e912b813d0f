/** Sums over attempt records: of all of them, and per day, model and key. */
import type { AttemptRecord } from "../../AttemptLog.ts"

/** Money in micro-USD. */
export interface Sum {
  readonly requests: number
  /** Of them, those that failed or were left by their caller. */
  readonly failed: number
  /** Of them, those that flex served. */
  readonly flex: number
  readonly spent: number
  readonly saved: number
  /** Answers whose price is not known; they are in neither sum. */
  readonly unpriced: number
}

export const none: Sum = { requests: 0, failed: 0, flex: 0, spent: 0, saved: 0, unpriced: 0 }

export const add = (sum: Sum, record: AttemptRecord): Sum => {
  const answered = record.status < 400
  return {
    requests: sum.requests + 1,
    failed: sum.failed + (answered ? 0 : 1),
    flex: sum.flex + (answered && record.tier === "flex" ? 1 : 0),
    spent: sum.spent + (record.costMicroUsd ?? 0),
    saved: sum.saved + (record.savingMicroUsd ?? 0),
    unpriced: sum.unpriced + (answered && record.costMicroUsd === null ? 1 : 0)
  }
}

/** What the sums are grouped by; a group without a name is `–`. */
export interface Sums {
  readonly all: Sum
  readonly days: ReadonlyMap<string, Sum>
  readonly models: ReadonlyMap<string, Sum>
  readonly keys: ReadonlyMap<string, Sum>
}

/** The models and keys of a group are at most so many; what comes after goes together. */
const maxGroups = 10_000

/** Adds up in place: there may be many millions of records. */
export const make = () => {
  let all = none
  const days = new Map<string, Sum>()
  const models = new Map<string, Sum>()
  const keys = new Map<string, Sum>()
  const into = (groups: Map<string, Sum>, name: string, record: AttemptRecord): void => {
    const group = groups.size < maxGroups || groups.has(name) ? name : "others"
    groups.set(group, add(groups.get(group) ?? none, record))
  }
  return {
    add: (record: AttemptRecord): void => {
      all = add(all, record)
      into(days, record.time.slice(0, 10), record)
      into(models, record.model ?? "–", record)
      into(keys, record.key ?? "–", record)
    },
    sums: (): Sums => ({ all, days, models, keys })
  }
}
