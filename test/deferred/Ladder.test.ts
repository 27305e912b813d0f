import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import * as Ladder from "../../src/deferred/Ladder.ts"
import * as Rung from "../../src/deferred/Rung.ts"
import { seeded } from "../support/seeded.ts"

const minute = 60_000
const hour = 60 * minute

const promised = (name: string, price: number, hours: number): Rung.Rung => ({
  name,
  price,
  promise: Duration.hours(hours),
  estimate: Rung.guess(Duration.hours(hours))
})

const batch = promised("batch", 0.5, 24)
const eight = promised("8h", 0.6, 8)
const two = promised("2h", 0.7, 2)
const flex: Rung.Rung = {
  name: "flex",
  price: 0.5,
  promise: undefined,
  estimate: [[minute, 0.6], [10 * minute, 0.85]]
}
const standard: Rung.Rung = {
  name: "standard",
  price: 1,
  promise: undefined,
  estimate: [[minute, 0.9], [10 * minute, 1]]
}
const rungs = [batch, eight, two, standard] as const

const shown = (step: Ladder.Step): string =>
  step._tag === "Start" ? `start ${step.rung.name}` : `wait until ${Math.round(step.until / minute)} min`

describe("Ladder", () => {
  describe("with nothing under way", () => {
    it.each<[left: number, given: ReadonlyArray<Rung.Rung>, first: string]>([
      [7 * 24 * hour, rungs, "batch"],
      [30 * hour, rungs, "batch"],
      [15 * minute, [standard], "standard"],
      [9 * minute, rungs, "standard"],
      [0, rungs, "standard"],
      [-hour, rungs, "standard"],
      [40 * minute, [flex, standard], "flex"],
      [2 * hour, [batch, standard], "batch"]
    ])("and %d ms left it begins with the rung that is expected to be cheapest", (left, given, first) => {
      const [head = standard, ...tail] = given
      const step = Ladder.next({ now: 0, deadline: left, rungs: [head, ...tail] })
      assert.strictEqual(shown(step), `start ${first}`)
    })

    it("passes a rung that refused, until its time has come again", () => {
      const deadline = 30 * hour
      const closed = (until: number) =>
        shown(Ladder.next({ now: 0, deadline, rungs, notBefore: new Map([["batch", until]]) }))
      assert.strictEqual(closed(Infinity), "start 8h")
      assert.strictEqual(closed(10 * minute), "wait until 10 min")
      assert.strictEqual(closed(-1), "start batch")
    })

    it("takes the last rung though it refused, since nothing else can keep the deadline", () => {
      const step = Ladder.next({ now: 0, deadline: 5 * minute, rungs, notBefore: new Map([["standard", Infinity]]) })
      assert.strictEqual(shown(step), "start standard")
    })
  })

  describe("with a rung under way", () => {
    const under = (
      rung: string,
      now: number,
      deadline: number,
      given: typeof rungs | readonly [Rung.Rung, Rung.Rung] = rungs
    ) => shown(Ladder.next({ now, deadline, rungs: given, running: { rung, since: 0 } }))

    it("waits until the last moment at which the next one still has its time", () => {
      assert.strictEqual(under("batch", minute, 2 * hour, [batch, standard]), "wait until 110 min")
      assert.strictEqual(under("2h", minute, 3 * hour, [two, standard]), "wait until 170 min")
    })

    it("leaves it at that moment", () => {
      assert.strictEqual(under("batch", 110 * minute, 2 * hour, [batch, standard]), "start standard")
    })

    it("leaves a batch while a dearer promise still has the better part of its time", () => {
      const deadline = 26 * hour
      const step = Ladder.next({ now: hour, deadline, rungs, running: { rung: "batch", since: 0 } })
      assert.strictEqual(step._tag, "Wait")
      const left = step._tag === "Wait" ? deadline - step.until : 0
      assert.isAtLeast(left, hour)
    })

    it("leaves a rung as soon as it is hopeless", () => {
      assert.strictEqual(under("batch", 25 * hour, 7 * 24 * hour, [batch, standard]), "start standard")
    })

    it("never leaves the last one", () => {
      assert.strictEqual(under("standard", 5 * minute, 6 * minute), "wait until 6 min")
      assert.strictEqual(under("standard", 50 * minute, 6 * minute), "wait until 6 min")
    })
  })

  const Left = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 * 24 * hour }))

  /** Up to four rungs of any price, promise and estimate, and the last one. */
  const made = (seed: number): readonly [...ReadonlyArray<Rung.Rung>, Rung.Rung] => {
    const random = seeded(seed)
    return [
      ...random.some(4, (index): Rung.Rung => {
        const times = random.some(5, () => minute + random.below(24 * hour)).toSorted((one, other) => one - other)
        const shares = times.map(() => random.below(1_001) / 1_000).toSorted((one, other) => one - other)
        return {
          name: `rung ${index}`,
          price: 0.3 + random.below(650) / 1_000,
          estimate: times.map((time, index) => [time, shares[index] ?? 0]),
          promise: random.once(2) ? undefined : Duration.hours(1 + random.below(24))
        }
      }),
      standard
    ]
  }

  const expected = (given: ReadonlyArray<Rung.Rung>, left: number): number => {
    const [head = standard, ...tail] = given
    return Ladder.expectedPrice({ now: 0, deadline: left, rungs: [head, ...tail] })
  }

  it.prop("expects no higher price with more time left", [Schema.Int, Left, Left], ([seed, one, other]) => {
    const given = made(seed)
    assert.isAtMost(expected(given, Math.max(one, other)), expected(given, Math.min(one, other)) + 1e-9)
  })

  it.prop("expects no higher price with one rung more", [Schema.Int, Left], ([seed, left]) => {
    const given = made(seed)
    assert.isAtMost(expected(given, left), expected(given.slice(1), left) + 1e-9)
  })

  it.prop(
    "is on the last rung by the time that one needs, whatever was tried and however it went",
    [Schema.Int, Left],
    ([seed, left]) => {
      const deadline = left + 11 * minute
      const { last, startedAt } = carryOut(made(seed), deadline, () => Infinity, seed)
      assert.strictEqual(last, "standard")
      assert.isAtMost(startedAt, deadline - Ladder.lead(standard))
    }
  )

  /** Carries one request out: when a rung that was begun is done, and in how far it then cost, is the world's to say. */
  const carryOut = (
    given: readonly [...ReadonlyArray<Rung.Rung>, Rung.Rung],
    deadline: number,
    takes: (rung: Rung.Rung) => number,
    seed: number
  ) => {
    const random = seeded(seed)
    const [head = standard, ...tail] = given
    const notBefore = new Map<string, number>()
    let running: { rung: string; since: number } | undefined
    let doneAt = Infinity
    let now = 0
    for (let steps = 0; steps < 1_000; steps++) {
      const step = Ladder.next({ now, deadline, rungs: [head, ...tail], running, notBefore })
      if (step._tag === "Start") {
        running = { rung: step.rung.name, since: now }
        doneAt = now + takes(step.rung)
        if (step.rung === standard) return { last: "standard", startedAt: now, price: standard.price }
        // A rung may refuse at once, and be back later.
        if (takes(step.rung) === Infinity && random.once(2)) {
          notBefore.set(step.rung.name, random.once(2) ? Infinity : now + random.below(hour))
          running = undefined
        }
      } else if (doneAt <= step.until) {
        return {
          last: running?.rung,
          startedAt: doneAt,
          price: given.find(({ name }) => name === running?.rung)?.price ?? 1
        }
      } else {
        assert.isAbove(step.until, now)
        now = step.until
      }
    }
    return assert.fail("never ends")
  }

  it("captures at least nine tenths of the saving that was to be had, once it knows the rungs", () => {
    // Log-normal times about those that a router published: half of the batches within 7 minutes, 90 of 100 in an hour.
    for (const seed of [1, 2]) {
      const random = seeded(seed)
      const uniform = () => (random.below(1_000_000) + 0.5) / 1_000_000
      const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
      const batchTime = () => 7 * minute * Math.exp(1.68 * normal())
      const windowTime = () => 40 * minute * Math.exp(0.5 * normal())
      const learned = (times: ReadonlyArray<number>): Rung.Estimate => {
        const sorted = times.toSorted((one, other) => one - other)
        return Array.from(
          { length: 50 },
          (_, index) => [sorted[Math.floor(sorted.length * (index + 1) / 51)] ?? 0, (index + 1) / 51]
        )
      }
      const known = [
        { ...batch, estimate: learned(Array.from({ length: 2_000 }, batchTime)) },
        { ...two, estimate: learned(Array.from({ length: 2_000 }, windowTime)) },
        standard
      ] as const
      let saved = 0
      let possible = 0
      for (let request = 0; request < 100; request++) {
        const deadline = 15 * minute + random.below(12 * hour)
        const times = new Map([["batch", batchTime()], ["2h", windowTime()], ["standard", minute]])
        const { price } = carryOut(known, deadline, ({ name }) => times.get(name) ?? Infinity, seed)
        saved += 1 - price
        possible += 1 -
          Math.min(...known.filter(({ name }) => (times.get(name) ?? 0) <= deadline).map((rung) => rung.price))
      }
      assert.isAtLeast(saved / possible, 0.9)
    }
  })
})
