/**
 * What the records of requests come to: sums over all and by key, the course of the last minutes, and the last requests.
 * It takes the same place whatever comes: what a caller or a configuration can make many of is cut or joined.
 */
import * as Schema from "effect/Schema"
import type { AttemptLeg, AttemptRecord } from "../../AttemptLog.ts"
import * as StartWithin from "../../StartWithin.ts"
import * as Histogram from "./Histogram.ts"

/**
 * What came of a request. Of those with a window: `flex` served it; `escalated`, flex was asked and another tier served;
 * `unraced`, flex was not even asked. `direct`: its tier was named. `failed`: it got no answer. `left`: its caller did not
 * wait for the end.
 */
export type Outcome = "flex" | "escalated" | "unraced" | "direct" | "failed" | "left"

/** The tiers whose starts are told apart. */
export type Tier = "flex" | "standard" | "priority" | "other"

export interface Totals extends Readonly<Record<Outcome, number>> {
  readonly requests: number
  readonly costMicroUsd: number
  /** What the same would have cost at the standard tier. */
  readonly listMicroUsd: number
  /** The difference: negative where tiers were taken that are dearer. */
  readonly savingMicroUsd: number
}

/** A request that is over. */
export interface Request extends
  Pick<
    AttemptRecord,
    | "requestId"
    | "key"
    | "surface"
    | "model"
    | "provider"
    | "tier"
    | "reason"
    | "status"
    | "startWithin"
    | "startedAfterMs"
    | "durationMs"
    | "costMicroUsd"
    | "savingMicroUsd"
  >
{
  /** In epoch milliseconds. */
  readonly endedAt: number
  readonly outcome: Outcome
  readonly legs: ReadonlyArray<Pick<AttemptLeg, "tier" | "outcome">>
}

/** The last minutes, in steps, the earliest first. */
export interface Course {
  readonly stepSeconds: number
  /** When each step began, in epoch seconds; the last is not over. */
  readonly times: ReadonlyArray<number>
  readonly outcomes: Readonly<Record<Outcome, ReadonlyArray<number>>>
  /** The median time to start over the minute that ends with each step, in milliseconds. */
  readonly starts: Readonly<Record<Tier, ReadonlyArray<number | null>>>
}

/** The times to start of all these minutes, in milliseconds. */
export interface Starts {
  readonly count: number
  readonly median: number | null
  readonly slow: number | null
}

export interface Snapshot {
  readonly total: Totals
  /** Since midnight, by UTC. */
  readonly today: Totals
  /** By key, the busiest first. */
  readonly keys: ReadonlyArray<Totals & { readonly key: string | null }>
  readonly course: Course
  readonly starts: Readonly<Record<Tier, Starts>>
  /** The latest first. */
  readonly recent: ReadonlyArray<Request>
}

export interface Summary {
  /** Adds a request that is over at this time, in epoch milliseconds. */
  readonly add: (record: AttemptRecord, at: number) => void
  readonly at: (now: number) => Snapshot
}

/** How much is kept. */
export const bounds = {
  /** Further keys count together. */
  keys: 100,
  requests: 50,
  legs: 8,
  /** Of a word that a caller may have chosen. */
  characters: 128,
  steps: 90,
  stepMillis: 10_000
} as const

/** What further keys are called; no key has such a name. */
export const otherKeys = "(other keys)"

const day = 86_400_000
/** So many steps are a minute. */
const minute = 60_000 / bounds.stepMillis

const eachOutcome = <A>(of: (outcome: Outcome) => A): Record<Outcome, A> => ({
  flex: of("flex"),
  escalated: of("escalated"),
  unraced: of("unraced"),
  direct: of("direct"),
  failed: of("failed"),
  left: of("left")
})

const eachTier = <A>(of: (tier: Tier) => A): Record<Tier, A> => ({
  flex: of("flex"),
  standard: of("standard"),
  priority: of("priority"),
  other: of("other")
})

type Sums = { -readonly [name in keyof Totals]: number }

const nothing = (): Sums => ({
  ...eachOutcome(() => 0),
  requests: 0,
  costMicroUsd: 0,
  listMicroUsd: 0,
  savingMicroUsd: 0
})

const addTo = (sums: Sums, outcome: Outcome, { costMicroUsd, listMicroUsd, savingMicroUsd }: AttemptRecord): void => {
  sums.requests++
  sums[outcome]++
  sums.costMicroUsd += costMicroUsd ?? 0
  sums.listMicroUsd += listMicroUsd ?? 0
  sums.savingMicroUsd += savingMicroUsd ?? 0
}

const isNamed = Schema.is(StartWithin.NamedTier)

/** What came of a request. */
export const outcomeOf = ({ legs, startWithin, status, tier }: AttemptRecord): Outcome => {
  if (status === 499) return "left"
  if (status >= 400) return "failed"
  if (startWithin === null || isNamed(startWithin)) return "direct"
  if (tier === "flex") return "flex"
  return legs.some(({ tier }) => tier === "flex") ? "escalated" : "unraced"
}

const tierOf = (tier: string | null): Tier =>
  tier === "flex" || tier === "standard" || tier === "priority" ? tier : "other"

/** How a leg ends whose answer its caller was given, or some of it. */
const serves: ReadonlySet<AttemptLeg["outcome"]> = new Set(["completed", "broken", "canceled"])

/** When the answer of a request started that was streamed from its provider. */
const startOf = ({ legs, startedAfterMs }: AttemptRecord): number | null => {
  const serving = legs.findLast(({ outcome }) => serves.has(outcome))
  return serving === undefined || serving.startedAtMs === null ? null : startedAfterMs
}

const cut = <Word extends string | null>(word: Word): Word | string =>
  word === null || word.length <= bounds.characters ? word : `${word.slice(0, bounds.characters - 1)}…`

const requestOf = (record: AttemptRecord, outcome: Outcome, endedAt: number): Request => ({
  endedAt,
  requestId: cut(record.requestId),
  key: cut(record.key),
  surface: cut(record.surface),
  model: cut(record.model),
  provider: cut(record.provider),
  tier: cut(record.tier),
  reason: cut(record.reason),
  status: record.status,
  startWithin: cut(record.startWithin),
  startedAfterMs: record.startedAfterMs,
  durationMs: record.durationMs,
  costMicroUsd: record.costMicroUsd,
  savingMicroUsd: record.savingMicroUsd,
  outcome,
  legs: record.legs.slice(0, bounds.legs).map(({ outcome, tier }) => ({ tier: cut(tier), outcome }))
})

/** What fell into one step. */
interface Step {
  readonly number: number
  readonly outcomes: Record<Outcome, number>
  readonly starts: Partial<Record<Tier, Array<number>>>
}

/** One that nothing was added to. */
export const make = (): Summary => {
  const total = nothing()
  let today = nothing()
  let date = Number.NEGATIVE_INFINITY
  const keys = new Map<string | null, Sums>()
  const recent: Array<Request> = []
  /** The steps of the last minutes, each at its number's remainder. */
  const steps: Array<Step | undefined> = []

  const sumsOf = (name: string | null): Sums => {
    const known = keys.get(name)
    if (known !== undefined) return known
    if (keys.size >= bounds.keys && name !== otherKeys) return sumsOf(otherKeys)
    const sums = nothing()
    keys.set(name, sums)
    return sums
  }

  const stepAt = (at: number): Step => {
    const number = Math.floor(at / bounds.stepMillis)
    const place = number % bounds.steps
    const known = steps[place]
    if (known?.number === number) return known
    const step: Step = { number, outcomes: eachOutcome(() => 0), starts: {} }
    steps[place] = step
    return step
  }

  const turnTo = (at: number): void => {
    if (Math.floor(at / day) <= date) return
    date = Math.floor(at / day)
    today = nothing()
  }

  return {
    add: (record, at) => {
      turnTo(at)
      const outcome = outcomeOf(record)
      addTo(total, outcome, record)
      addTo(today, outcome, record)
      addTo(sumsOf(cut(record.key)), outcome, record)
      const step = stepAt(at)
      step.outcomes[outcome]++
      const start = startOf(record)
      if (start !== null) Histogram.add(step.starts[tierOf(record.tier)] ??= [...Histogram.empty], start)
      recent.push(requestOf(record, outcome, at))
      if (recent.length > bounds.requests) recent.shift()
    },
    at: (now) => {
      turnTo(now)
      const last = Math.floor(now / bounds.stepMillis)
      const numbers = Array.from({ length: bounds.steps }, (_, index) => last - bounds.steps + 1 + index)
      const shown = numbers.map((number) => {
        const step = steps[number % bounds.steps]
        return step?.number === number ? step : undefined
      })
      const startsOf = (tier: Tier, from: number, until: number) =>
        shown.slice(Math.max(0, from), until).reduce<Histogram.Histogram>(
          (sum, step) => step?.starts[tier] === undefined ? sum : Histogram.sum(sum, step.starts[tier]),
          Histogram.empty
        )
      return {
        total: { ...total },
        today: { ...today },
        keys: Array.from(keys, ([key, sums]) => ({ key, ...sums }))
          .toSorted((one, other) => other.requests - one.requests),
        course: {
          stepSeconds: bounds.stepMillis / 1000,
          times: numbers.map((number) => number * bounds.stepMillis / 1000),
          outcomes: eachOutcome((outcome) => shown.map((step) => step?.outcomes[outcome] ?? 0)),
          starts: eachTier(
            (tier) => shown.map((_, index) => Histogram.quantile(startsOf(tier, index + 1 - minute, index + 1), 0.5))
          )
        },
        starts: eachTier((tier) => {
          const all = startsOf(tier, 0, shown.length)
          return {
            count: Histogram.count(all),
            median: Histogram.quantile(all, 0.5),
            slow: Histogram.quantile(all, 0.9)
          }
        }),
        recent: recent.toReversed()
      }
    }
  }
}
