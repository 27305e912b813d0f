import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Latch, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Draining from "../../../src/Draining.ts"
import * as FlexMemory from "../../../src/FlexMemory.ts"
import * as Dashboard from "../../../src/gateway/dashboard/Dashboard.ts"
import { escalated, leg, record, won } from "./records.ts"

const decoder = new TextDecoder()

describe("a dashboard's snapshot", () => {
  it.effect("counts who waits and who is under way", () =>
    Effect.gen(function*() {
      const { log, snapshot } = yield* Dashboard.make({ memory: FlexMemory.make(), simulated: true })
      const clock = yield* Clock.Clock
      const [one, other] = [log.begin?.(clock), log.begin?.(clock)]
      assert.deepInclude(yield* snapshot, { waiting: 2, inFlight: 2, simulated: true })
      one?.started()
      assert.deepInclude(yield* snapshot, { waiting: 1, inFlight: 2 })
      one?.ended()
      other?.ended()
      assert.deepInclude(yield* snapshot, { waiting: 0, inFlight: 0 })
    }))

  it.effect("says what the memory thinks of each model whose flex tier was asked", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      const { log, snapshot } = yield* Dashboard.make({ memory, simulated: false })
      yield* memory.record("openai", "gpt-5.5", { result: "started", after: 2000 })
      yield* memory.record("openai", "gpt-5.5", { result: "refused", after: 100 })
      for (const ended of [won({ model: "gpt-5.5-2026-04-23" }), escalated(), record({ model: "gpt-5.4" })]) {
        yield* log.record(ended)
      }
      const { models } = yield* snapshot
      assert.lengthOf(models, 1)
      assert.deepInclude(models[0], {
        provider: "openai",
        model: "gpt-5.5",
        legs: 2,
        refusalRate: 0.5,
        stallRate: 0,
        median: 2000
      })
    }))

  it.effect("has no model that its catalogue does not know", () =>
    Effect.gen(function*() {
      const { log, snapshot } = yield* Dashboard.make({ memory: FlexMemory.make(), simulated: false })
      yield* log.record(won({ model: "made-up", legs: [leg({ tier: "flex" })] }))
      assert.deepStrictEqual((yield* snapshot).models, [])
    }))

  it.effect("tells what retires within 90 days, the first to go first", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const { snapshot } = yield* Dashboard.make({ memory: FlexMemory.make(), simulated: false })
      const days = (yield* snapshot).retiring.map(({ day }) => day)
      assert.isNotEmpty(days)
      assert.deepStrictEqual(days, days.toSorted())
      for (const day of days) assert.match(day, /^202[67]-\d\d-\d\d$/)
    }))
})

describe("watching a dashboard", () => {
  const watched = Effect.map(
    Dashboard.make({ memory: FlexMemory.make(), simulated: false }),
    ({ watch }) => ({ watch: watch(undefined) ?? Stream.die("too many"), again: watch })
  )

  it.effect("shows it at once, and then every second", () =>
    Effect.gen(function*() {
      const { watch } = yield* watched
      const seen: Array<string> = []
      const first = yield* Latch.make()
      const fiber = yield* Effect.forkChild(Stream.runForEach(watch, (bytes) => {
        seen.push(decoder.decode(bytes))
        return first.open
      }))
      yield* first.await
      assert.match(seen[0] ?? "", /^event: snapshot\ndata: \{"now":0,.*\}\n\n$/)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(seen.map((event) => /"now":(\d+)/.exec(event)?.[1]), ["0", "1000", "2000", "3000"])
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("makes one snapshot for all who watch, and none for nobody", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      let asked = 0
      const { log, watch } = yield* Dashboard.make({
        simulated: false,
        memory: { ...memory, estimate: (...of) => Effect.suspend(() => (asked++, memory.estimate(...of))) }
      })
      yield* log.record(won())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(asked, 0)
      const events = Effect.suspend(() => Stream.runDrain(Stream.take(watch(undefined) ?? Stream.empty, 3)))
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(events))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(asked, 3)
    }))

  it.effect("has a place for so many, and for others when they have left", () =>
    Effect.gen(function*() {
      const { again } = yield* watched
      const places = Array.from({ length: Dashboard.bounds.watchers }, () => again(undefined))
      const fibers = yield* Effect.forEach(places, (events) =>
        Effect.gen(function*() {
          const begun = yield* Latch.make()
          const fiber = yield* Effect.forkChild(Stream.runForEach(events ?? Stream.empty, () => begun.open))
          yield* begun.await
          return fiber
        }))
      assert.isUndefined(again(undefined))
      yield* Fiber.interruptAll(fibers.slice(0, 1))
      assert.isDefined(again(undefined))
      yield* Fiber.interruptAll(fibers)
    }))

  it.effect("ends when its gateway is about to", () =>
    Effect.gen(function*() {
      const { again } = yield* watched
      const draining = yield* Draining.make
      const fiber = yield* Effect.forkChild(Stream.runDrain(again(draining) ?? Stream.die("too many")))
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* draining.begin
      yield* Fiber.join(fiber)
    }))
})
