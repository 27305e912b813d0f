import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Histogram from "../../../src/gateway/dashboard/Histogram.ts"

const Times = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: 1_000_000 }))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(200)
)

const of = (times: ReadonlyArray<number>): Histogram.Histogram => {
  const histogram = [...Histogram.empty]
  for (const time of times) Histogram.add(histogram, time)
  return histogram
}

describe("a histogram of times", () => {
  it.prop("tells every quantile to a step, which is a quarter", [Times], ([times]) => {
    const sorted = times.toSorted((one, other) => one - other)
    for (const share of [0.1, 0.5, 0.9, 1]) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
      const told = Histogram.quantile(of(times), share) ?? Number.NaN
      assert.isAtLeast(told, exact / 1.25 - 1e-6)
      assert.isAtMost(told, exact * 1.25 + 1e-6)
    }
  })

  it.prop("counts two as it counts both", [Times, Times], ([one, other]) => {
    assert.deepStrictEqual(Histogram.sum(of(one), of(other)), of([...one, ...other]))
    assert.strictEqual(Histogram.count(of(one)), one.length)
  })

  it("takes the same place for times beyond its scale", () => {
    assert.lengthOf(of([0, -1, 1e12, Number.MAX_VALUE]), Histogram.empty.length)
    assert.strictEqual(Histogram.count(of([0, 1e12])), 2)
  })

  it("knows no time of nothing", () => {
    assert.isNull(Histogram.quantile(Histogram.empty, 0.5))
  })
})
