import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type * as Bet from "../../../src/cli/simulate/Bet.ts"
import * as Learning from "../../../src/cli/simulate/Learning.ts"
import * as Running from "../../../src/cli/simulate/Running.ts"
import * as Verdict from "../../../src/cli/simulate/Verdict.ts"
import * as World from "../../../src/cli/simulate/World.ts"

const stakes: Bet.Stakes = { flexPrice: 0.5, overlap: 0, secondPrice: 0.005, standardMs: 500 }
const window = { name: "10m", startWithin: "00h-10m-00s" } as const

describe("Learning", () => {
  it.effect("costs less than the same window kept to the letter, and no less than whoever knows the distribution", () =>
    Effect.gen(function*() {
      const draws = yield* World.draws({ refused: 0.1, stalled: 0.1, medianMs: 8000, spread: 3 }, 300, 1)
      const options = { model: "gpt-5.5", standardMs: stakes.standardMs }
      const fixed = Running.make(window, options)
      const list = Running.make({ name: "", startWithin: "default" }, options)({ refused: false, startMs: 0 })
      const learning = Running.make(
        Learning.contender({ window, overlap: 0, secondMicroUsd: stakes.secondPrice * list.listMicroUsd }),
        options
      )
      const { references, rows: [kept, learned] } = Verdict.make(
        [
          { name: "kept", fixed: true, measured: draws.map(fixed) },
          { name: "learned", fixed: false, measured: draws.map(learning) }
        ],
        draws,
        stakes,
        600_000
      )
      assert.isBelow(learned?.cost ?? Number.NaN, kept?.cost ?? Number.NaN)
      assert.isAtLeast(learned?.regret ?? Number.NaN, 0)
      assert.isAtMost(references.clairvoyant, references.bestKnown.cost)
    }))
})
