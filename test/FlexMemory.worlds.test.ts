/** What flex memory saves and what it costs, in worlds made up from a seed. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as FlexMemory from "../src/FlexMemory.ts"
import * as Worlds from "./support/flexWorlds.ts"

const minute = 60_000
const seeds = [1, 2, 3]

const during = (from: number, to: number, then: Worlds.Leg): Worlds.World => (at, random) =>
  at >= from * minute && at < to * minute ? then : Worlds.around(3000, random)

const mixed = (share: number, then: Worlds.Leg): Worlds.World => (_, random) =>
  random() < share ? then : Worlds.around(3000, random)

const load = { requests: 720, every: 5000, window: Duration.seconds(30) }

describe("FlexMemory in seeded worlds", () => {
  /**
   * An hour of 720 requests with windows of 30 s. Beside the seconds that callers waited in vain stands the share of
   * them that is left with a memory, and beside the cost how much is added to it by races that should have been run:
   * both are bounds that hold for three seeds.
   */
  const worlds: ReadonlyArray<{
    readonly name: string
    readonly world: Worlds.World
    readonly vain: number
    readonly cost: number
  }> = [
    { name: "flex always starts", world: mixed(0, Worlds.never), vain: 0, cost: 0 },
    { name: "flex refuses everyone", world: () => Worlds.refused, vain: 0.1, cost: 0 },
    { name: "flex never starts", world: () => Worlds.never, vain: 0.04, cost: 0 },
    { name: "flex never starts for 20 minutes", world: during(20, 40, Worlds.never), vain: 0.06, cost: 0.05 },
    { name: "flex refuses for 20 minutes", world: during(20, 40, Worlds.refused), vain: 0.12, cost: 0.02 },
    { name: "every second leg is refused", world: mixed(0.5, Worlds.refused), vain: 1, cost: 0.01 },
    { name: "every second leg never starts", world: mixed(0.5, Worlds.never), vain: 1, cost: 0.01 },
    { name: "nine of ten legs are refused", world: mixed(0.9, Worlds.refused), vain: 0.6, cost: 0.05 },
    { name: "nine of ten legs never start", world: mixed(0.9, Worlds.never), vain: 0.4, cost: 0.05 }
  ]

  it.effect.each(worlds)(
    "$name: at most $vain of the vain seconds are left, for at most $cost more",
    ({ cost, vain, world }) =>
      Effect.forEach(seeds, (seed) =>
        Effect.gen(function*() {
          const without = yield* Worlds.run(undefined, world, { ...load, seed })
          const made = yield* Worlds.run(FlexMemory.make(), world, { ...load, seed })
          assert.isAtMost(made.vainSeconds, vain * without.vainSeconds)
          assert.isAtMost(made.cost, (1 + cost) * without.cost)
          // It tells of itself what it costs: each race that was not run and should have been is half a price.
          assert.closeTo(made.cost - without.cost, made.missed / 2, 1e-9)
        }), { discard: true })
  )

  it.effect("with a second that is worth something, time and money together cost less than without a memory", () =>
    Effect.forEach(seeds, (seed) =>
      Effect.gen(function*() {
        // Flex starts within 5 s or not before the window has passed; standard costs 20,000 micro-USD.
        const world: Worlds.World = (_, random) => random() < 0.5 ? { startsAfter: 5000 * random() } : Worlds.never
        const secondMicroUsd = 500
        const total = ({ cost, flexSeconds, vainSeconds }: Worlds.Outcome) =>
          cost * 20_000 + secondMicroUsd * (vainSeconds + flexSeconds)
        const without = yield* Worlds.run(undefined, world, { ...load, seed })
        const made = yield* Worlds.run(FlexMemory.make(), world, { ...load, seed, secondMicroUsd })
        assert.isAtMost(total(made), 0.8 * total(without))
      }), { discard: true }))

  const dialogues = [
    { name: "a short prefix", prefix: 2000, grows: 1500, writes: 600 },
    { name: "an agent's tools and instructions", prefix: 20_000, grows: 2000, writes: 500 },
    { name: "a whole code base", prefix: 100_000, grows: 1000, writes: 300 }
  ]
  const lastMinute: Worlds.World = (at, random) => at > 24 * minute ? Worlds.around(3000, random) : Worlds.refused

  /** `but` names what could not be known: where a switch did not pay because it came last, or too late, or was undone. */
  const conversing: ReadonlyArray<{
    readonly name: string
    readonly world: Worlds.World
    readonly but?: { readonly [dialogue: string]: number }
  }> = [
    { name: "flex always starts", world: mixed(0, Worlds.never) },
    { name: "flex refuses everyone", world: () => Worlds.refused },
    { name: "flex never starts", world: () => Worlds.never },
    { name: "flex refuses one turn in ten", world: mixed(0.1, Worlds.refused) },
    { name: "flex refuses every second turn", world: mixed(0.5, Worlds.refused) },
    { name: "flex stalls every second turn", world: mixed(0.5, Worlds.never) },
    {
      name: "flex refuses the first turn",
      world: (at, random) => at === 0 ? Worlds.refused : Worlds.around(3000, random)
    },
    { name: "flex refuses from the tenth minute on", world: during(10, 60, Worlds.refused) },
    { name: "flex refuses in the middle", world: during(10, 15, Worlds.refused) },
    {
      name: "flex refuses the first five turns",
      world: during(0, 2.5, Worlds.refused),
      but: { "a whole code base": 0.25 }
    },
    {
      name: "flex serves in the last minute only",
      world: lastMinute,
      but: { "a whole code base": 0.07 }
    },
    {
      name: "flex serves the first turn only",
      world: (at, random) => at === 0 ? Worlds.around(3000, random) : Worlds.refused,
      but: { "a whole code base": 0.05 }
    },
    {
      name: "flex refuses nine turns of ten",
      world: mixed(0.9, Worlds.refused),
      but: { "a short prefix": 0.08, "an agent's tools and instructions": 0.05, "a whole code base": 0.03 }
    }
  ]
  const rows = conversing.flatMap(({ but, name, world }) =>
    dialogues.map((dialogue) => ({
      title: `${name}, ${dialogue.name}`,
      world,
      dialogue,
      over: but?.[dialogue.name] ?? 0.02
    }))
  )

  it.effect("to race every turn costs more than that where flex comes too late to pay for its cold cache", () =>
    Effect.forEach(dialogues, ({ grows, prefix, writes }) =>
      Effect.gen(function*() {
        const dialogue = { seed: 1, turns: 50, every: 30_000, window: Duration.seconds(30), prefix, grows, writes }
        const flex = yield* Worlds.converse("flex", lastMinute, dialogue)
        const standard = yield* Worlds.converse("standard", lastMinute, dialogue)
        assert.isAbove(flex.cost, 1.05 * standard.cost)
      }), { discard: true }))

  it.effect.each(rows)(
    "$title: a conversation of 50 turns costs at most $over more than the cheaper of always flex and always standard",
    ({ dialogue: { grows, prefix, writes }, over, world }) =>
      Effect.forEach(seeds, (seed) =>
        Effect.gen(function*() {
          const dialogue = { seed, turns: 50, every: 30_000, window: Duration.seconds(30), prefix, grows, writes }
          const [flex, standard] = [
            yield* Worlds.converse("flex", world, dialogue),
            yield* Worlds.converse("standard", world, dialogue)
          ]
          const made = yield* Worlds.converse(FlexMemory.make(), world, dialogue)
          assert.isAtMost(made.cost, (1 + over) * Math.min(flex.cost, standard.cost))
        }), { discard: true })
  )
})
