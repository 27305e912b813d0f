import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as FlexRace from "../src/FlexRace.ts"

type Leg = "flex" | "standard"

interface Element {
  readonly leg: Leg
  readonly index: number
  readonly isOutput: boolean
}

/** A stream of so many elements, one in so many seconds, that starts with one of them and then ends, fails or hangs. */
const Plan = Schema.Struct({
  every: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 })),
  elements: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })),
  startsAt: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })),
  ends: Schema.Literals(["whole", "broken", "never"])
})
type Plan = typeof Plan.Type

const says = (every: number): Plan => ({ every, elements: 3, startsAt: 1, ends: "whole" })
const stalls: Plan = { every: 1, elements: 1, startsAt: 7, ends: "never" }

interface Open {
  readonly leg: Leg
  isOpen: boolean
}

const streamOf = (leg: Leg, { elements, ends, every, startsAt }: Plan, opened: Array<Open>) =>
  Stream.unwrap(Effect.gen(function*() {
    const entry: Open = { leg, isOpen: true }
    opened.push(entry)
    yield* Effect.addFinalizer(() => Effect.sync(() => (entry.isOpen = false)))
    const said: Stream.Stream<Element> = Stream.range(1, elements).pipe(
      Stream.mapEffect((index) =>
        Effect.as(Effect.sleep(every * 1000), { leg, index, isOutput: index >= startsAt } as const)
      )
    )
    const end: Stream.Stream<never, string> = ends === "whole"
      ? Stream.empty
      : ends === "broken"
      ? Stream.fail(`${leg} broke`)
      : Stream.never
    return Stream.concat(elements === 0 ? Stream.empty : said, end)
  }))

/** Hears the race of two streams with a window of 10 s, for as long as five minutes. */
const hear = (flex: Plan, standard: Plan, onDeadline: FlexRace.OnDeadline = "race") =>
  Effect.gen(function*() {
    const opened: Array<Open> = []
    const heard: Array<Element> = []
    const fiber = yield* FlexRace.stream({
      startWithin: "10 seconds",
      onDeadline,
      flex: streamOf("flex", flex, opened),
      standard: () => streamOf("standard", standard, opened),
      started: (element) => element.isOutput,
      isDefinite: () => false
    }).pipe(
      Stream.runForEach((element) => Effect.sync(() => heard.push(element))),
      Effect.exit,
      Effect.forkChild({ startImmediately: true })
    )
    yield* TestClock.adjust("5 minutes")
    const openAtTheEnd = opened.filter(({ isOpen }) => isOpen).map(({ leg }) => leg)
    const ended = fiber.pollUnsafe() !== undefined
    const exit = yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
    return { heard, opened, openAtTheEnd, ended, exit: Exit.isSuccess(exit) ? exit.value : exit }
  })

const legs = (heard: ReadonlyArray<Element>) => heard.map(({ index, leg }) => `${leg} ${index}`)

describe("FlexRace.stream", () => {
  it.effect.each<{ name: string; flex: Plan; standard: Plan; heard: ReadonlyArray<string>; opened: number }>([
    {
      name: "hears flex from its first element if it starts in time, and opens nothing else",
      flex: says(1),
      standard: says(1),
      heard: ["flex 1", "flex 2", "flex 3"],
      opened: 1
    },
    {
      name: "hears standard where flex has not started by the deadline",
      flex: stalls,
      standard: says(1),
      heard: ["standard 1", "standard 2", "standard 3"],
      opened: 2
    },
    {
      name: "hears standard at once where flex ends before it has started",
      flex: { every: 1, elements: 1, startsAt: 7, ends: "whole" },
      standard: says(1),
      heard: ["standard 1", "standard 2", "standard 3"],
      opened: 2
    },
    {
      name: "hears standard at once where flex breaks before it has started",
      flex: { every: 1, elements: 1, startsAt: 7, ends: "broken" },
      standard: says(1),
      heard: ["standard 1", "standard 2", "standard 3"],
      opened: 2
    },
    {
      name: "hears flex where it starts after the deadline and before standard",
      flex: { every: 6, elements: 3, startsAt: 2, ends: "whole" },
      standard: says(8),
      heard: ["flex 1", "flex 2", "flex 3"],
      opened: 2
    }
  ])("$name", ({ flex, heard, opened, standard }) =>
    Effect.gen(function*() {
      const race = yield* hear(flex, standard)
      assert.deepStrictEqual(legs(race.heard), heard)
      assert.lengthOf(race.opened, opened)
      assert.isTrue(Exit.isSuccess(race.exit))
    }))

  it.effect("fails as the winner does once it has started", () =>
    Effect.gen(function*() {
      const { exit, heard, opened } = yield* hear({ ...says(1), ends: "broken" }, says(1))
      assert.deepStrictEqual(exit, Exit.fail("flex broke"))
      assert.deepStrictEqual(legs(heard), ["flex 1", "flex 2", "flex 3"])
      assert.lengthOf(opened, 1)
    }))

  it.effect("tells of both where neither starts", () =>
    Effect.gen(function*() {
      const never: Plan = { every: 1, elements: 2, startsAt: 7, ends: "whole" }
      const { exit, heard } = yield* hear(never, { ...never, ends: "broken" })
      const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : assert.fail("it ended whole")
      assert.deepInclude(error.valueOrUndefined, { _tag: "NoneStarted", standard: "standard broke" })
      assert.deepStrictEqual(heard, [])
    }))

  it.effect.prop(
    "hears exactly one of two streams, from its first element, and leaves the other closed, whatever the schedule",
    [Plan, Plan, Schema.Literals(["race", "replace"])],
    ([flex, standard, onDeadline]) =>
      Effect.gen(function*() {
        const { ended, heard, openAtTheEnd, opened } = yield* hear(flex, standard, onDeadline)
        const winner = heard[0]?.leg
        assert.isTrue(heard.every(({ leg }) => leg === winner))
        assert.deepStrictEqual(heard.map(({ index }) => index), heard.map((_, at) => at + 1))
        const plan = winner === "flex" ? flex : standard
        if (winner !== undefined) {
          assert.isAtLeast(heard.length, Math.max(1, plan.startsAt))
          assert.lengthOf(heard, plan.elements)
          assert.deepStrictEqual(openAtTheEnd, plan.ends === "never" ? [winner] : [])
        }
        if (ended) assert.deepStrictEqual(openAtTheEnd, [])
        assert.isTrue(opened.every(({ isOpen }) => !isOpen))
      })
  )
})
