import { assert, describe, it } from "@effect/vitest"
import { Duration, Option, Schema } from "effect"
import * as FlexPolicy from "../src/FlexPolicy.ts"
import * as Estimate from "../src/policy/Estimate.ts"

const minute = 60_000
const now = 1_800_000_000_000

/** What came of flex legs, after how many seconds, so many times. */
type Legs = ReadonlyArray<readonly [result: Estimate.Result, seconds: number, times?: number]>

/** Legs of the last minute, the latest just now. */
const history = (...legs: Legs) => {
  const all = legs.flatMap(([result, seconds, times = 1]) =>
    Array.from({ length: times }, () => ({ result, after: seconds * 1000 }))
  )
  return all.map(({ after, result }, index): Estimate.Outcome => ({
    result,
    after,
    at: now - (all.length - 1 - index) * 100
  }))
}

const flat = (now: number) => ({ now, warm: now, cold: now })

const bet = (outcomes: ReadonlyArray<Estimate.Outcome>, options: Partial<FlexPolicy.Bet> = {}): FlexPolicy.Bet => ({
  window: Duration.seconds(30),
  now,
  estimate: Estimate.make(outcomes, now),
  prices: { flex: flat(0.5), standard: flat(1) },
  turns: 0,
  secondPrice: undefined,
  overlap: 0,
  ...options
})

/** The decision in a few words: the wait in seconds, or why there is none. */
const said = (decision: FlexPolicy.Decision): string =>
  decision._tag === "Skip" ? decision.reason : `${decision._tag} ${Duration.toMillis(decision.wait) / 1000}`

interface Row {
  readonly name: string
  readonly legs: Legs
  readonly bet?: Partial<FlexPolicy.Bet>
  readonly is: string
}

const cold = { flex: { now: 60, warm: 10, cold: 60 }, standard: { now: 20, warm: 20, cold: 120 } }

const rows: ReadonlyArray<Row> = [
  { name: "nothing known", legs: [], is: "Race 30" },
  { name: "nothing known, and a second is worth a tenth", legs: [], bet: { secondPrice: 0.1 }, is: "Race 5" },
  { name: "nothing known, and a second is worth little", legs: [], bet: { secondPrice: 0.01 }, is: "Race 30" },
  { name: "it always starts", legs: [["started", 3, 20]], is: "Race 30" },
  { name: "it starts late in the window", legs: [["started", 29, 20]], is: "Race 30" },
  { name: "half are refused", legs: [["refused", 0.5, 10], ["started", 3, 10]], is: "Race 30" },
  { name: "one was refused", legs: [["refused", 0.5]], is: "Race 30" },
  { name: "five were refused", legs: [["refused", 0.5, 5]], is: "flex_cooling" },
  {
    name: "nine of ten were refused, one just now",
    legs: [["started", 3, 3], ["refused", 0.5, 50]],
    is: "flex_cooling"
  },
  {
    name: "it served well and then refused nine times",
    legs: [["started", 3, 40], ["refused", 0.5, 9]],
    is: "flex_cooling"
  },
  {
    name: "it served well and then refused three times",
    legs: [["started", 3, 40], ["refused", 0.5, 3]],
    is: "Race 30"
  },
  { name: "five stalled for as long", legs: [["stalled", 30, 5]], is: "flex_cooling" },
  { name: "five stalled for longer", legs: [["stalled", 60, 5]], is: "flex_cooling" },
  { name: "many stalled, but for less long", legs: [["stalled", 10, 40]], is: "Race 30" },
  { name: "it starts, but after the window", legs: [["started", 45, 20]], is: "flex_cooling" },
  { name: "all were left by their callers", legs: [["left", 29, 60]], is: "Race 30" },
  {
    name: "it serves again after many failures: others try, one at a time",
    legs: [["refused", 0.5, 60], ["started", 3]],
    is: "Probe 30"
  },
  {
    name: "it serves again and again",
    legs: [["refused", 0.5, 50], ["started", 3, 8]],
    is: "Race 30"
  },
  {
    name: "a second is worth a hundredth, and whoever does not start in 4 s does not start",
    legs: [["stalled", 60, 10], ["started", 2, 5], ["started", 4, 5]],
    bet: { secondPrice: 0.01, window: Duration.seconds(60) },
    is: "Race 4"
  },
  {
    name: "a second is worth a hundredth, and the rest start at 20 s: that is worth it",
    legs: [["started", 2, 5], ["started", 20, 15]],
    bet: { secondPrice: 0.01, window: Duration.seconds(60) },
    is: "Race 20"
  },
  {
    name: "a second is worth a tenth, and it starts at 20 s: no wait is worth it",
    legs: [["started", 20, 15]],
    bet: { secondPrice: 0.1, window: Duration.seconds(60) },
    is: "flex_cooling"
  },
  {
    name: "a beaten leg is charged, and one in four serves",
    legs: [["started", 2, 5], ["stalled", 30, 15]],
    bet: { overlap: 0.5 },
    is: "flex_cooling"
  },
  {
    name: "the prefix is warm on standard and flex is dearer for long",
    legs: [],
    bet: { prices: { ...cold, flex: { ...cold.flex, warm: 19 } }, turns: 3 },
    is: "cache_affinity"
  },
  {
    name: "the prefix is warm on standard, and flex has it back in a few turns",
    legs: [["started", 3, 20]],
    bet: { prices: cold, turns: 3 },
    is: "Race 30"
  },
  {
    name: "the prefix is warm on flex",
    legs: [],
    bet: { prices: { flex: { ...cold.flex, now: 10 }, standard: { ...cold.standard, now: 120 } }, turns: 3 },
    is: "Race 30"
  }
]

describe("FlexPolicy", () => {
  it.each(rows)("$name: $is", ({ bet: options, is, legs }) => {
    assert.strictEqual(said(FlexPolicy.decide(bet(history(...legs), options))), is)
  })

  it.each<readonly [name: string, Row["legs"], agoMinutes: number, is: string]>([
    ["a minute after a refusal", [["refused", 0.5, 20]], 1, "Probe 30"],
    ["sooner after a refusal", [["refused", 0.5, 20]], 0.9, "flex_cooling"],
    ["five minutes after a stall", [["stalled", 30, 20]], 5, "Probe 30"],
    ["sooner after a stall", [["stalled", 30, 20]], 4.9, "flex_cooling"],
    ["a minute after a refusal that came after stalls", [["stalled", 30, 20], ["refused", 0.5]], 1, "Probe 30"],
    ["hours after", [["stalled", 30, 20]], 300, "Race 30"]
  ])("lets one request try %s", (_, legs, ago, is) => {
    const later = now + ago * minute
    const estimate = Estimate.make(history(...legs), later)
    assert.strictEqual(said(FlexPolicy.decide(bet([], { now: later, estimate }))), is)
  })

  it("tells rates and quantiles, refusals apart from what was waited for", () => {
    const estimate = Estimate.make(
      history(["refused", 1, 5], ["started", 2, 3], ["started", 8, 1], ["stalled", 30, 1]),
      now
    )
    const close = (actual: number | undefined, expected: number) =>
      assert.closeTo(actual ?? Number.NaN, expected, 0.001)
    close(estimate.refusalRate, 0.5)
    close(estimate.stallRate, 0.2)
    assert.deepStrictEqual(FlexPolicy.startQuantile(estimate, 0.5), Option.some(Duration.seconds(2)))
    assert.deepStrictEqual(FlexPolicy.startQuantile(estimate, 0.75), Option.some(Duration.seconds(8)))
    assert.deepStrictEqual(FlexPolicy.startQuantile(estimate, 0.9), Option.none())
    const nothing = Estimate.make([], now)
    assert.deepStrictEqual([nothing.refusalRate, nothing.stallRate], [undefined, undefined])
  })

  it("lets a leg of half an hour ago count half", () => {
    const outcomes: ReadonlyArray<Estimate.Outcome> = [
      { result: "refused", after: 0, at: now - 30 * minute },
      { result: "started", after: 1000, at: now }
    ]
    assert.closeTo(Estimate.make(outcomes, now).refusalRate ?? 0, 1 / 3, 1e-9)
  })

  const leg = Schema.Struct({
    result: Schema.Literals(["started", "refused", "stalled", "left"]),
    after: Schema.Literals([0, 500, 3000, 10_000, 29_999, 30_000, 90_000]),
    at: Schema.Literals([0, 30_000, 50 * minute, 59 * minute, 60 * minute, 61 * minute])
  })
  const price = Schema.Struct({
    now: Schema.Literals([0, 0.1, 0.5, 1, 9]),
    warm: Schema.Literals([0, 0.5, 1]),
    cold: Schema.Literals([0.5, 1, 9])
  })

  it.prop("never waits longer than the window, whatever is known and whatever it is worth", [
    Schema.Array(leg),
    Schema.Struct({ flex: price, standard: price }),
    Schema.Literals([0, 1, 50]),
    Schema.Literals([0, 0.0001, 0.1, 100]),
    Schema.Literals([0, 0.5, 5])
  ], ([legs, prices, turns, secondPrice, overlap]) => {
    const at = 60 * minute
    const estimate = Estimate.make(legs.toSorted((one, other) => one.at - other.at), at)
    const decision = FlexPolicy.decide({
      window: Duration.seconds(30),
      now: at,
      estimate,
      prices,
      turns,
      secondPrice,
      overlap
    })
    if (decision._tag === "Skip") return
    assert.isAtLeast(Duration.toMillis(decision.wait), 0)
    assert.isAtMost(Duration.toMillis(decision.wait), 30_000)
  })

  it.prop("with nothing known costs at most 2-f times what a clairvoyant pays, whenever flex starts", [
    Schema.Literals([0.05, 0.5, 0.6, 0.95]),
    Schema.Literals([0.001, 0.02, 0.1, 3]),
    Schema.Literals([0, 0.001, 0.1, 0.5, 0.999, 1, 1.001, 1.5, 10, 1e6])
  ], ([flex, secondPrice, share]) => {
    const hedge = (1 - flex) / secondPrice
    // Adversaries start flex around the very moment at which it is given up.
    const starts = share * hedge
    for (const window of [hedge / 3, hedge, 10 * hedge, 600]) {
      const decision = FlexPolicy.decide(
        bet([], {
          window: Duration.millis(window * 1000),
          prices: { flex: flat(flex), standard: flat(1) },
          secondPrice
        })
      )
      assert.strictEqual(decision._tag, "Race")
      if (decision._tag !== "Race") return
      const wait = Duration.toMillis(decision.wait) / 1000
      const cost = starts <= wait ? flex + secondPrice * starts : 1 + secondPrice * wait
      const clairvoyant = starts <= window ? Math.min(1, flex + secondPrice * starts) : 1
      assert.isAtMost(cost / clairvoyant, 2 - flex + 1e-9)
    }
  })
})
