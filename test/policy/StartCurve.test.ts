import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as StartCurve from "../../src/policy/StartCurve.ts"

const started = (after: number, weight = 1): StartCurve.Observation => ({ after, started: true, weight })
const waited = (after: number, weight = 1): StartCurve.Observation => ({ after, started: false, weight })

const seconds = Schema.Literals([0, 1, 2, 3, 5, 8, 13])
const observations = Schema.Array(
  Schema.Struct({ after: seconds, started: Schema.Boolean, weight: Schema.Literals([0.25, 0.5, 1]) })
)

describe("StartCurve", () => {
  it("is the product limit of Kaplan and Meier, on a table that can be followed by hand", () => {
    // Six legs: at 1 s one of 6 starts, at 3 s one of 4, at 5 s one of 2.
    const curve = StartCurve.make([waited(2), started(1), started(5), waited(6), started(3), waited(4)])
    const close = (actual: number, expected: number) => assert.closeTo(actual, expected, 1e-12)
    close(StartCurve.startedBy(curve, 0.9), 0)
    close(StartCurve.startedBy(curve, 1), 1 - 5 / 6)
    close(StartCurve.startedBy(curve, 4.9), 1 - 5 / 6 * 3 / 4)
    close(StartCurve.startedBy(curve, 60), 1 - 5 / 6 * 3 / 4 / 2)
    assert.strictEqual(StartCurve.quantile(curve, 0.3), 3)
    assert.strictEqual(StartCurve.quantile(curve, 0.7), undefined)
  })

  it("counts a leg that was given up in the moment another started among those that were waiting", () => {
    assert.strictEqual(StartCurve.startedBy(StartCurve.make([waited(1), started(1)]), 1), 0.5)
  })

  it("counts legs by their weight", () => {
    assert.strictEqual(StartCurve.startedBy(StartCurve.make([started(1, 0.25), waited(2, 0.75)]), 1), 0.25)
  })

  it.prop(
    "rises from 0 to at most 1, and to the plain share where no leg was given up early",
    [observations],
    ([all]) => {
      const curve = StartCurve.make(all)
      let before = 0
      for (const { after, share } of curve.steps) {
        assert.isAtLeast(share, before)
        assert.isAtMost(share, 1)
        assert.closeTo(StartCurve.startedBy(curve, after), share, 1e-9)
        before = share
      }
      const patient = all.filter((seen) => seen.started || seen.after === 13)
      const total = patient.reduce((sum, { weight }) => sum + weight, 0)
      const early = patient.filter((seen) => seen.started && seen.after <= 5).reduce(
        (sum, { weight }) => sum + weight,
        0
      )
      if (total > 0) assert.closeTo(StartCurve.startedBy(StartCurve.make(patient), 5), early / total, 1e-9)
    }
  )
})
