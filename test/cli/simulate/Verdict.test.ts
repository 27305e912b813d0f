import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Bet from "../../../src/cli/simulate/Bet.ts"
import * as Chart from "../../../src/cli/simulate/Chart.ts"
import * as Running from "../../../src/cli/simulate/Running.ts"
import * as Verdict from "../../../src/cli/simulate/Verdict.ts"
import * as World from "../../../src/cli/simulate/World.ts"

const stakes: Bet.Stakes = { flexPrice: 0.5, overlap: 0.1, secondPrice: 0.01, standardMs: 500 }
const maxMs = 600_000
const windows = [["5s", "00h-00m-05s"], ["30s", "00h-00m-30s"], ["2m", "00h-02m-00s"]] as const

const worlds: ReadonlyArray<readonly [string, World.World]> = [
  ["calm", { refused: 0, stalled: 0, medianMs: 4000, spread: 2 }],
  ["moody", { refused: 0.1, stalled: 0.2, medianMs: 12_000, spread: 3 }],
  ["full", { refused: 0.9, stalled: 0.1, medianMs: 1000, spread: 1 }]
]

const run = (world: World.World) =>
  Effect.map(World.draws(world, 120, 7), (draws) => {
    const results = windows.map(([name, startWithin]) => {
      const ask = Running.make({ name, startWithin }, { model: "gpt-5.5", standardMs: stakes.standardMs })
      return { name, fixed: true, measured: draws.map(ask) }
    })
    return { results, ...Verdict.make(results, draws, stakes, maxMs) }
  })

describe("Verdict", () => {
  it.effect.each(worlds)(
    "saves in a %s world what flex serves for less, without what was paid for twice",
    ([, world]) =>
      Effect.gen(function*() {
        const { results, rows } = yield* run(world)
        for (const [index, row] of rows.entries()) {
          const measured = results[index]?.measured ?? []
          const beaten = measured.filter((went) => went.beaten).length / measured.length
          // The router counts in whole micro-USD, of which a standard answer here has some hundred.
          assert.closeTo(row.saving, (1 - stakes.flexPrice) * row.flexShare - stakes.overlap * beaten, 0.005)
        }
      })
  )

  it.effect.each(worlds)(
    "puts in a %s world who knows all before who knows the distribution before any window",
    ([, world]) =>
      Effect.gen(function*() {
        const { references: { bestFixed, bestKnown, clairvoyant, standard }, rows } = yield* run(world)
        const rounding = 1e-9
        assert.isAtMost(clairvoyant, bestKnown.cost + rounding)
        for (const row of rows) assert.isAtMost(bestKnown.cost, row.cost + rounding, row.name)
        assert.isAtMost(bestKnown.cost, standard + rounding)
        assert.strictEqual(bestFixed?.cost, Math.min(...rows.map(({ cost }) => cost)))
        for (const { captured } of rows) if (captured !== undefined) assert.isAtMost(captured, 1 + rounding)
      })
  )

  it.effect("finds nothing to save where flex only refuses", () =>
    Effect.map(run({ refused: 1, stalled: 0, medianMs: 1000, spread: 1 }), ({ references, rows }) => {
      assert.strictEqual(references.bestKnown.cost, references.standard)
      for (const row of rows) assert.deepInclude(row, { saving: 0, addedMeanMs: 0, captured: undefined, regret: 0 })
    }))

  it("takes quantiles of what was measured", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    assert.strictEqual(Verdict.quantile(values, 0.95), 95)
    assert.strictEqual(Verdict.quantile(values, 0.5), 50)
    assert.strictEqual(Verdict.quantile([], 0.5), 0)
  })
})

describe("Bet", () => {
  const at = (startMs: number): World.Draw => ({ refused: false, startMs })
  const draws = [at(1000), at(2000), at(3000), at(Number.POSITIVE_INFINITY)]

  it("waits for what is worth its wait, and no longer", () => {
    const best = Bet.best(draws, { ...stakes, overlap: 0 }, maxMs)
    assert.strictEqual(best.waitMs, 2501)
    // Three are served by flex, and the fourth waits in vain.
    assert.closeTo(best.cost, (3 * 0.5 + 0.01 * (1 + 2 + 3) + 1 + 0.01 * 3.001) / 4, 1e-12)
  })

  it("does not ask flex where a second costs more than it saves", () => {
    assert.deepInclude(Bet.best(draws, { ...stakes, secondPrice: 10 }, maxMs), { waitMs: 0 })
  })

  it("waits as long as it may where waiting costs nothing", () => {
    const patient = { ...stakes, overlap: 0, secondPrice: 0 }
    assert.strictEqual(Bet.best(draws, patient, maxMs).cost, Bet.clairvoyant(draws, patient))
  })
})

describe("World", () => {
  it.effect("draws the same for the same seed, and as it is told", () =>
    Effect.gen(function*() {
      const world: World.World = { refused: 0.1, stalled: 0.2, medianMs: 8000, spread: 3 }
      const draws = yield* World.draws(world, 4000, 1)
      assert.deepStrictEqual(yield* World.draws(world, 4000, 1), draws)
      assert.notDeepEqual(yield* World.draws(world, 4000, 2), draws)
      const share = (is: (draw: World.Draw) => boolean) => draws.filter(is).length / draws.length
      assert.closeTo(share(({ refused }) => refused), 0.1, 0.02)
      assert.closeTo(share(({ refused, startMs }) => !refused && startMs === Number.POSITIVE_INFINITY), 0.2, 0.02)
      const started = draws.map(({ startMs }) => startMs).filter(Number.isFinite)
      assert.closeTo(Verdict.quantile(started, 0.5), 8000, 800)
      assert.closeTo(Verdict.quantile(started, 0.84), 24_000, 3000)
    }))

  it.effect("takes for a leg that was cut off the start of one that started later, or none", () =>
    Effect.gen(function*() {
      const at = (startMs: number): World.Draw => ({ refused: false, startMs })
      const refused: World.Draw = { refused: true, startMs: Number.POSITIVE_INFINITY }
      const observed = [at(1000), { censoredMs: 2000 }, at(2000), at(3000), refused, at(9000)]
      const replayed = yield* World.replay(observed, 1)
      assert.deepStrictEqual(replayed.filter((_, index) => index !== 1), [
        at(1000),
        at(2000),
        at(3000),
        refused,
        at(9000)
      ])
      assert.include([3000, 9000], replayed[1]?.startMs)
      assert.deepStrictEqual(yield* World.replay([at(1000), { censoredMs: 5000 }], 1), [
        at(1000),
        at(Number.POSITIVE_INFINITY)
      ])
    }))
})

describe("Chart", () => {
  const row = (name: string, saving: number, addedMeanMs: number): Verdict.Row => ({
    name,
    fixed: true,
    saving,
    addedMeanMs,
    addedP95Ms: 0,
    flexShare: 0,
    cost: 0,
    captured: undefined,
    regret: 0
  })
  const rows = [row("5s", 0.1, 1000), row("1m", 0.4, 9000), row("<2m>", 0.4, 9000)]

  it("plots each row by its letter, and what falls together as one", () => {
    const lines = Chart.plot(rows, 40)
    for (const line of lines) assert.isAtMost(line.length, 40)
    assert.match(lines[1] ?? "", /^ {2}40% ┤ +\*$/)
    assert.strictEqual(lines.filter((line) => /┤.*a/.test(line)).length, 1)
  })

  it.each([[[]], [[row("5s", 0, 0)]], [[row("5s", -0.2, 0)]]])("draws %j without a number that is none", (rows) => {
    assert.notMatch([...Chart.plot(rows, 80), Chart.svg(rows, "")].join("\n"), /NaN|Infinity/)
  })

  it("draws a picture whose texts are escaped", () => {
    const svg = Chart.svg(rows, "A & B")
    assert.match(svg, /^<svg xmlns=[^]*<\/svg>\n$/)
    assert.include(svg, "A &amp; B")
    assert.include(svg, "&lt;2m&gt;")
  })
})
