import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { AttemptRecord } from "../../../src/AttemptLog.ts"
import * as Summary from "../../../src/gateway/dashboard/Summary.ts"
import { escalated, leg, record, won } from "./records.ts"

const noon = Date.UTC(2026, 10, 25, 12)

const make = (...records: ReadonlyArray<AttemptRecord>): Summary.Summary => {
  const summary = Summary.make()
  for (const record of records) summary.add(record, noon)
  return summary
}

const add = (numbers: ReadonlyArray<number>): number => numbers.reduce((sum, number) => sum + number, 0)

const outcomesOf = ({ direct, escalated, failed, flex, left, unraced }: Record<Summary.Outcome, number>) => ({
  direct,
  escalated,
  failed,
  flex,
  left,
  unraced
})

describe("what came of a request", () => {
  it.each<readonly [Summary.Outcome, string, AttemptRecord]>([
    ["flex", "flex served within its window", won()],
    ["escalated", "standard served, and flex was asked", escalated()],
    ["escalated", "flex said no", escalated({ reason: "flex_capacity" })],
    [
      "unraced",
      "it had a window, and flex was not asked",
      record({ startWithin: "00h-00m-30s", reason: "flex_cooling" })
    ],
    ["direct", "it named its tier", record({ startWithin: "priority", tier: "priority" })],
    ["failed", "its provider failed", won({ status: 502, tier: null })],
    ["failed", "it was refused before any call", record({ status: 400, startWithin: null, legs: [] })],
    ["left", "its caller left", won({ status: 499 })]
  ])("is %s where %s", (outcome, _, record) => {
    assert.strictEqual(Summary.outcomeOf(record), outcome)
  })
})

/** A request, its key, and how many seconds after the one before it ended. */
const Event = Schema.Struct({
  key: Schema.NullOr(Schema.Literals(["a", "b", "c"])),
  kind: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
  cost: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))),
  after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))
})
const Events = Schema.Array(Event).check(Schema.isMaxLength(150))

const kinds = [won, escalated, record, (of: Partial<AttemptRecord>) => record({ ...of, status: 500 }), (
  of: Partial<AttemptRecord>
) => won({ ...of, status: 499 })]

const history = (events: typeof Events.Type) => {
  const summary = Summary.make()
  let now = noon
  const records = events.map(({ after, cost, key, kind }) => {
    now += after * 1000
    const made = (kinds[kind] ?? record)({
      key,
      costMicroUsd: cost,
      listMicroUsd: cost === null ? null : cost * 2,
      savingMicroUsd: cost
    })
    summary.add(made, now)
    return { record: made, at: now }
  })
  return { records, now, seen: summary.at(now) }
}

describe("a summary", () => {
  it.prop("has the sums of its records, in all, by outcome and by key", [Events], ([events]) => {
    const { records, seen } = history(events)
    assert.strictEqual(seen.total.requests, records.length)
    assert.strictEqual(add(Object.values(outcomesOf(seen.total))), records.length)
    for (const sum of ["costMicroUsd", "listMicroUsd", "savingMicroUsd"] as const) {
      assert.strictEqual(seen.total[sum], add(records.map(({ record }) => record[sum] ?? 0)))
    }
    for (const name of Object.keys(seen.total) as ReadonlyArray<keyof Summary.Totals>) {
      assert.strictEqual(add(seen.keys.map((key) => key[name])), seen.total[name])
    }
    for (const { key, requests } of seen.keys) {
      assert.strictEqual(requests, records.filter(({ record }) => record.key === key).length)
    }
  })

  it.prop("has in its course what ended in the last minutes, and nothing else", [Events], ([events]) => {
    const { now, records, seen } = history(events)
    const begin = (seen.course.times[0] ?? 0) * 1000
    const late = records.filter(({ at }) => at >= begin)
    assert.strictEqual(add(Object.values(seen.course.outcomes).map(add)), late.length)
    assert.isAtLeast(now - begin, (Summary.bounds.steps - 1) * Summary.bounds.stepMillis)
  })

  it.prop("has the last requests, the latest first", [Events], ([events]) => {
    const { records, seen } = history(events)
    assert.deepStrictEqual(
      seen.recent.map(({ endedAt, outcome }) => [endedAt, outcome]),
      records.toReversed().slice(0, Summary.bounds.requests).map(({ at, record }) => [at, Summary.outcomeOf(record)])
    )
  })

  it("begins its day anew at midnight", () => {
    const summary = make(won(), won())
    assert.strictEqual(summary.at(noon).today.flex, 2)
    const tomorrow = Date.UTC(2026, 10, 26)
    assert.strictEqual(summary.at(tomorrow - 1).today.flex, 2)
    assert.strictEqual(summary.at(tomorrow).today.flex, 0)
    summary.add(won(), tomorrow)
    assert.deepInclude(summary.at(tomorrow).today, { requests: 1, savingMicroUsd: 500 })
    assert.strictEqual(summary.at(tomorrow).total.flex, 3)
  })

  it("tells the tiers' starts apart, by what callers waited, and forgets them after a while", () => {
    const summary = make(won(), won(), record(), escalated())
    const { course, starts } = summary.at(noon)
    assert.deepStrictEqual([starts.flex.count, starts.standard.count, starts.priority.count], [2, 2, 0])
    assert.closeTo(starts.flex.median ?? 0, 2200, 550)
    assert.closeTo(course.starts.flex.at(-1) ?? 0, 2200, 550)
    assert.isNull(course.starts.priority.at(-1) ?? null)
    const later = summary.at(noon + 2 * 60_000)
    assert.isNull(later.course.starts.flex.at(-1) ?? null)
    assert.strictEqual(later.starts.flex.count, 2)
    assert.strictEqual(summary.at(noon + 16 * 60_000).starts.flex.count, 0)
  })

  it("does not take the whole of a body for its start", () => {
    const { starts } = make(record({ legs: [leg({ startedAtMs: null })] })).at(noon)
    assert.strictEqual(starts.standard.count, 0)
  })

  it("takes the same place whatever comes", () => {
    const summary = Summary.make()
    const long = "x".repeat(100_000)
    const sizes = [20, 2_000].map((count) => {
      for (let index = 0; index < count; index++) {
        summary.add(
          record({
            key: `${index}${long}`,
            model: long,
            reason: long,
            requestId: long,
            provider: long,
            tier: long,
            surface: long,
            startWithin: long,
            legs: Array.from({ length: 50 }, () => leg({ tier: long }))
          }),
          noon + index * 60_000
        )
      }
      const seen = summary.at(noon)
      assert.isAtMost(seen.keys.length, Summary.bounds.keys + 1)
      assert.isAtMost(seen.recent.length, Summary.bounds.requests)
      return JSON.stringify(seen).length
    })
    assert.isBelow(Math.max(...sizes), 400_000)
    const { keys, total } = summary.at(noon)
    assert.strictEqual(keys.find(({ key }) => key === Summary.otherKeys)?.requests, 1_900)
    assert.strictEqual(add(keys.map(({ requests }) => requests)), total.requests)
  })
})
