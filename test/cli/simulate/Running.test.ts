import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Bet from "../../../src/cli/simulate/Bet.ts"
import * as Running from "../../../src/cli/simulate/Running.ts"
import * as VirtualTime from "../../../src/cli/simulate/VirtualTime.ts"
import * as World from "../../../src/cli/simulate/World.ts"

const world: World.World = { refused: 0.1, stalled: 0.1, medianMs: 8000, spread: 3 }
const stakes: Bet.Stakes = { flexPrice: 0.5, overlap: 0, secondPrice: 0.01, standardMs: 500 }

describe("VirtualTime", () => {
  it("passes only when nothing is left to do, in the order in which sleepers wake", () => {
    const time = VirtualTime.make()
    const seen: Array<string> = []
    const sleeper = (name: string, duration: `${number} seconds`) =>
      Effect.andThen(Effect.sleep(duration), Effect.sync(() => seen.push(`${name} ${time.now()}`)))
    const all = Effect.all([sleeper("c", "30 seconds"), sleeper("a", "10 seconds"), sleeper("b", "10 seconds")], {
      concurrency: "unbounded"
    })
    time.run(Effect.andThen(all, sleeper("d", "5 seconds")))
    assert.deepStrictEqual(seen, ["a 10000", "b 10000", "c 30000", "d 35000"])
  })

  it("forgets a sleeper that was interrupted, and says of an effect that nothing can wake it", () => {
    const time = VirtualTime.make()
    time.run(Effect.race(Effect.sleep("1 hour"), Effect.sleep("1 second")))
    assert.strictEqual(time.now(), 1000)
    assert.throws(() => time.run(Effect.never), /waits for what is outside/)
    assert.strictEqual(time.now(), 1000)
  })
})

describe("Running", () => {
  it.effect.each([["00h-00m-05s", 5000], ["00h-00m-30s", 30_000], ["default", 0]] as const)(
    "goes at %s exactly as the formula says, request by request",
    ([startWithin, waitMs]) =>
      Effect.gen(function*() {
        const ask = Running.make({ name: "", startWithin }, { model: "gpt-5.5", standardMs: stakes.standardMs })
        for (const draw of yield* World.draws(world, 200, 1)) {
          const { costMicroUsd, listMicroUsd, ...went } = ask(draw)
          assert.deepStrictEqual(went, Bet.outcome(draw, waitMs, stakes), JSON.stringify(draw))
          assert.closeTo(costMicroUsd, listMicroUsd * (went.flex ? stakes.flexPrice : 1), 1)
        }
      })
  )
})
