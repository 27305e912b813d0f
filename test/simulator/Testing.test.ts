import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import * as FlexInference from "../../src/FlexInference.ts"
import * as Behavior from "../../src/simulator/Behavior.ts"
import * as Script from "../../src/simulator/Script.ts"
import * as Simulator from "../../src/simulator/Simulator.ts"
import * as Testing from "../../src/simulator/Testing.ts"

const request = { model: "gpt-5.5", input: "Hi", start_within: "00h-00m-30s" } as const

const ask = Effect.flatMap(Effect.service(FlexInference.FlexInference), ({ responses }) => responses.create(request))

const reasonOf = Effect.map(ask, ({ usage }) => usage?.routing?.reason)

const failureOf = Effect.map(Effect.flip(ask), ({ reason }) => reason._tag)

const outcomes = Effect.flatMap(
  Effect.service(Simulator.Simulator),
  ({ ledger }) => Effect.map(ledger, (calls) => calls.map(({ outcome, tier }) => `${tier} ${outcome}`))
)

describe("Testing", () => {
  describe("layerTest", () => {
    it.effect("lets flex win, and say what it is told to", () =>
      Effect.gen(function*() {
        const response = yield* ask
        assert.strictEqual(FlexInference.outputText(response), "Hello!")
        assert.strictEqual(response.usage?.routing?.reason, "flex_won")
        assert.deepStrictEqual(yield* outcomes, ["flex completed"])
      }).pipe(Effect.provide(Testing.layerTest({ text: "Hello!" }))))

    it.effect("lets flex stall until the deadline", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(ask)
        yield* Testing.passTime("30 seconds")
        const response = yield* Fiber.join(fiber)
        assert.strictEqual(FlexInference.outputText(response), "Hello!")
        assert.strictEqual(response.usage?.routing?.reason, "flex_deadline")
        assert.deepStrictEqual(yield* outcomes, ["flex aborted", "standard completed"])
      }).pipe(Effect.provide(Testing.layerTest({ flex: "stalls", text: "Hello!" }))))

    it.effect("lets flex refuse", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* reasonOf, "flex_capacity")
        assert.deepStrictEqual(yield* outcomes, ["flex refused", "standard completed"])
      }).pipe(Effect.provide(Testing.layerTest({ flex: "refuses" }))))

    it.effect("lets both fail", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* failureOf, "ProviderFailed")
        assert.deepStrictEqual(yield* outcomes, ["flex refused", "standard refused"])
      }).pipe(Effect.provide(Testing.layerTest({ flex: "fails", standard: "fails" }))))

    it.effect("lets flex break off, which a whole answer is recovered from and a stream fails of", () =>
      Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        assert.strictEqual(yield* reasonOf, "flex_recovered")
        const failed = yield* Effect.flip(Stream.runDrain(flex.responses.stream(request)))
        assert.strictEqual(failed.reason._tag, "StreamFailed")
      }).pipe(Effect.provide(Testing.layerTest({ flex: "breaks" }))))

    it.effect("takes a behavior, or one after the other, in the place of a usual case", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* reasonOf, "flex_capacity")
        assert.strictEqual(yield* reasonOf, "flex_won")
      }).pipe(Effect.provide(Testing.layerTest({ flex: [Behavior.refuseInStream(), Behavior.answer()] }))))

    it.effect("hands the router its options", () =>
      Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        const fiber = yield* Effect.forkChild(flex.responses.create(request))
        yield* Testing.passTime(Duration.seconds(30))
        yield* Fiber.join(fiber)
        const [first, second] = yield* Effect.flatMap(Effect.service(Simulator.Simulator), ({ ledger }) => ledger)
        assert.strictEqual(first?.outcome, "aborted")
        assert.isAtMost(first?.endedAt ?? Infinity, second?.openedAt ?? 0)
      }).pipe(Effect.provide(Testing.layerTest({ flex: "stalls", router: { onDeadline: "replace" } }))))
  })

  it.layer(Testing.layerTest({ flex: [Behavior.stall(), Behavior.answer()] }))(
    "a layer that is shared by a hundred tests",
    (it) => {
      it.effect.each(Array.from({ length: 100 }, (_, index) => index))(
        "behaves in test %d as in the first",
        () =>
          Simulator.isolated(Effect.gen(function*() {
            assert.deepStrictEqual(yield* outcomes, [])
            // The first turn of flex is a stall and the second an answer, in every test.
            const fiber = yield* Effect.forkChild(reasonOf)
            yield* Testing.passTime("30 seconds")
            assert.strictEqual(yield* Fiber.join(fiber), "flex_deadline")
            assert.strictEqual(yield* reasonOf, "flex_won")
            assert.deepStrictEqual(yield* outcomes, ["flex aborted", "standard completed", "flex completed"])
            // What a test sets is its own.
            const simulator = yield* Simulator.Simulator
            yield* simulator.script(Script.always(Behavior.refuse()))
            assert.strictEqual(yield* failureOf, "CapacityRefused")
          }))
      )
    }
  )

  it.effect("keeps tests apart that share a layer side by side", () =>
    Effect.gen(function*() {
      const one = Simulator.isolated(Effect.andThen(Effect.replicateEffect(ask, 3), outcomes))
      const two = Simulator.isolated(Effect.andThen(ask, outcomes))
      const [three, single] = yield* Effect.all([one, two], { concurrency: 2 })
      assert.lengthOf(three, 3)
      assert.lengthOf(single, 1)
      assert.lengthOf(yield* outcomes, 0)
    }).pipe(Effect.provide(Testing.layerTest())))
})
