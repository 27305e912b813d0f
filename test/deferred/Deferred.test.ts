import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import { TestClock } from "effect/testing"
import { Deferred, DeferredStore } from "../../src/deferred/index.ts"
import * as Router from "../../src/Router.ts"
import type * as SimulatedBatches from "../../src/simulator/Batches.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"

/** Deferred requests before simulated providers, which take no batches unless a test is about them. */
const on = (script: Script.Script, batches: SimulatedBatches.Options = { refuse: 404 }) =>
  Deferred.layerMemory().pipe(
    Layer.provide(Router.layer({
      openai: { apiKey: Redacted.make("sk-upstream-secret") },
      anthropic: { apiKey: Redacted.make("sk-upstream-secret") }
    })),
    Layer.provideMerge(Simulator.layer({ script, batches }))
  )

const request = { model: "gpt-5.5", input: "Hello", complete_within: "02h-00m-00s" } as const

/** Lets virtual time go by, a minute at a time, until a request is over. */
const carriedOut = (id: string) =>
  Effect.gen(function*() {
    const deferred = yield* Deferred.Deferred
    const awaited = yield* Effect.forkChild(deferred.await(id))
    for (let minute = 0; minute < 200; minute++) {
      if (awaited.pollUnsafe() !== undefined) break
      yield* TestClock.adjust("1 minute")
    }
    return yield* Fiber.join(awaited)
  })

const tiersOf = Effect.flatMap(
  Simulator.Simulator,
  (simulator) => Effect.map(simulator.ledger, (calls) => calls.map(({ tier }) => tier))
)

describe("Deferred", () => {
  it.effect("answers on flex, if flex answers", () =>
    Effect.gen(function*() {
      const { submit } = yield* Deferred.Deferred
      const queued = yield* submit(request)
      assert.strictEqual(queued.status, "queued")
      assert.strictEqual(queued.response["status"], "queued")
      const done = yield* carriedOut(queued.id)
      assert.strictEqual(done.status, "completed")
      assert.strictEqual(done.response["id"], queued.id)
      assert.deepStrictEqual(done.attempts.map(({ outcome, rung }) => `${rung} ${outcome}`), ["flex answered"])
      assert.isAbove(done.savingMicroUsd ?? 0, 0)
      assert.deepStrictEqual(yield* tiersOf, ["flex"])
    }).pipe(Effect.provide(on(Script.always(Behavior.answer({ text: "Hello!" }))))))

  it.effect("asks flex again while there is time, and standard when there is just enough left for it", () =>
    Effect.gen(function*() {
      const { submit } = yield* Deferred.Deferred
      const { deadline, id } = yield* submit(request)
      const done = yield* carriedOut(id)
      const tried = done.attempts.map(({ outcome, rung }) => `${rung} ${outcome}`)
      assert.strictEqual(tried.at(-1), "standard answered")
      assert.deepStrictEqual(tried.filter((attempt) => attempt === "batch failed").length, 1)
      assert.isAbove(tried.filter((attempt) => attempt === "flex failed").length, 3)
      const standard = done.attempts.at(-1)
      assert.isAtMost(standard?.startedAt ?? Infinity, deadline - 10 * 60_000)
      assert.isAbove(standard?.startedAt ?? 0, deadline - 25 * 60_000)
    }).pipe(
      Effect.provide(on(Script.byTier({ flex: Behavior.refuse(), standard: Behavior.answer({ text: "Hello!" }) })))
    ))

  it.effect("asks standard at once where there is nothing cheaper", () =>
    Effect.gen(function*() {
      const { submit } = yield* Deferred.Deferred
      const { id } = yield* submit({ ...request, model: "claude-opus-4-8" })
      const done = yield* carriedOut(id)
      assert.deepStrictEqual(
        done.attempts.map(({ outcome, rung }) => `${rung} ${outcome}`),
        ["batch failed", "standard answered"]
      )
    }).pipe(Effect.provide(on(Script.always(Behavior.answer({ text: "Hello!" }))))))

  it.effect("fails with what the provider says of a request that is wrong, and asks nobody else", () =>
    Effect.gen(function*() {
      const { submit } = yield* Deferred.Deferred
      const { id } = yield* submit(request)
      const done = yield* carriedOut(id)
      assert.strictEqual(done.status, "failed")
      assert.strictEqual(done.failure?.code, "invalid_value")
      assert.strictEqual(done.response["status"], "failed")
      assert.deepStrictEqual(yield* tiersOf, ["flex"])
    }).pipe(Effect.provide(on(Script.always(Behavior.refuse({ status: 400, code: "invalid_value" }))))))

  it.effect("aborts what is under way when it is canceled", () =>
    Effect.gen(function*() {
      const { cancel, submit } = yield* Deferred.Deferred
      const simulator = yield* Simulator.Simulator
      const { id } = yield* submit(request)
      yield* simulator.until((calls) => calls.length === 1)
      const canceled = yield* cancel(id)
      assert.strictEqual(canceled.status, "cancelled")
      assert.strictEqual(canceled.response["status"], "cancelled")
      yield* simulator.until((calls) => calls[0]?.outcome === "aborted")
      yield* TestClock.adjust("3 hours")
      assert.deepStrictEqual(yield* tiersOf, ["flex"])
      assert.deepStrictEqual((yield* cancel(id)).status, "cancelled")
    }).pipe(Effect.provide(on(Script.always(Behavior.stall())))))

  it.effect("is one request to whoever submits it twice under one key, and two to two owners", () =>
    Effect.gen(function*() {
      const { list, submit } = yield* Deferred.Deferred
      const first = yield* submit(request, { owner: "a", key: "nightly" })
      const again = yield* submit(request, { owner: "a", key: "nightly" })
      const other = yield* submit(request, { owner: "b", key: "nightly" })
      assert.strictEqual(again.id, first.id)
      assert.notStrictEqual(other.id, first.id)
      assert.deepStrictEqual((yield* list({ owner: "a" })).map(({ id }) => id), [first.id])
    }).pipe(Effect.provide(on(Script.always(Behavior.stall())))))

  it.effect("is not known to anybody else, nor once it was removed", () =>
    Effect.gen(function*() {
      const deferred = yield* Deferred.Deferred
      const { id } = yield* deferred.submit(request, { owner: "a" })
      const unknown = yield* Effect.flip(deferred.poll("resp_flexinference_0", "a"))
      for (const asked of [deferred.poll(id, "b"), deferred.cancel(id), deferred.await(id, "b"), deferred.remove(id)]) {
        const refused = yield* Effect.flip(asked)
        assert.strictEqual(refused.status, 404)
        assert.strictEqual(refused.message.replaceAll(id, "resp_flexinference_0"), unknown.message)
      }
      yield* deferred.remove(id, "a")
      assert.strictEqual((yield* Effect.flip(deferred.poll(id, "a"))).status, 404)
    }).pipe(Effect.provide(on(Script.always(Behavior.stall())))))

  it.effect("tells of every change until it is over", () =>
    Effect.gen(function*() {
      const { changes, submit } = yield* Deferred.Deferred
      const { id } = yield* submit(request)
      const told = yield* Effect.forkChild(Stream.runCollect(changes(id)))
      const simulator = yield* Simulator.Simulator
      yield* simulator.until((calls) => calls.length === 1)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        Array.from(yield* Fiber.join(told), ({ status }) => status).slice(-2),
        ["in_progress", "completed"]
      )
    }).pipe(
      Effect.provide(on(Script.always(Behavior.answer({ startAfter: "20 seconds", text: "Hello!" }))))
    ))

  it.effect("tells everything that is wrong with a request at once, and keeps nothing of it", () =>
    Effect.gen(function*() {
      const { list, submit } = yield* Deferred.Deferred
      const error = yield* Effect.flip(submit({
        ...request,
        complete_within: "5m",
        start_within: "00h-00m-30s",
        stream: true,
        store: false
      }))
      assert.strictEqual(error.status, 400)
      assert.deepStrictEqual(
        error.reason._tag === "InvalidRequest" && error.reason.problems.map(({ field }) => field),
        ["complete_within", "start_within", "stream", "store"]
      )
      assert.strictEqual((yield* Effect.flip(submit({ ...request, model: "nobody's" }))).code, "unroutable_model")
      assert.deepStrictEqual(yield* list(), [])
    }).pipe(Effect.provide(on(Script.always(Behavior.stall())))))

  it.effect("carries requests out after as many defects as it has workers", () =>
    Effect.gen(function*() {
      const { submit } = yield* Deferred.Deferred
      const { id } = yield* submit(request)
      const done = yield* carriedOut(id)
      assert.strictEqual(done.status, "completed")
    }).pipe(Effect.provide(
      Deferred.layer({ concurrency: 2 }).pipe(
        Layer.provide(
          Layer.effect(
            DeferredStore.DeferredStore,
            Effect.map(DeferredStore.DeferredStore, (store) => {
              let defects = 2
              return { ...store, replace: (row) => defects-- > 0 ? Effect.die("a defect") : store.replace(row) }
            })
          ).pipe(Layer.provide(DeferredStore.layerMemory))
        ),
        Layer.provide(Layer.provide(PersistedQueue.layer, PersistedQueue.layerStoreMemory)),
        Layer.provide(Router.layer({ openai: { apiKey: Redacted.make("sk-upstream-secret") } })),
        Layer.provideMerge(Simulator.layer({ batches: { refuse: 404 } }))
      )
    )))

  describe("with batches", () => {
    const claude = { ...request, model: "claude-opus-4-8" } as const
    const both = [["OpenAI", "gpt-5.5"], ["Anthropic", "claude-opus-4-8"]] as const
    const refusing = Script.byTier({ flex: Behavior.refuse() })

    it.effect.each(both)("has %s answer in a batch at half the price", ([, model]) =>
      Effect.gen(function*() {
        const { submit } = yield* Deferred.Deferred
        const { batches } = yield* Simulator.Simulator
        const { id } = yield* submit({ ...request, model })
        const done = yield* carriedOut(id)
        assert.strictEqual(done.status, "completed")
        assert.strictEqual(done.attempts.at(-1)?.rung, "batch")
        assert.strictEqual(done.response["id"], id)
        assert.approximately(done.savingMicroUsd ?? 0, done.costMicroUsd ?? -9, 1)
        assert.strictEqual((yield* batches).length, 1)
      }).pipe(Effect.provide(on(refusing, {}))))

    it.effect("hands the requests of many callers over together", () =>
      Effect.gen(function*() {
        const { submit } = yield* Deferred.Deferred
        const { batches } = yield* Simulator.Simulator
        const submitted = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, index) => index),
          (index) => submit({ ...claude, input: `Request ${index}` }, { owner: `owner ${index % 3}` })
        )
        for (const [index, { id }] of submitted.entries()) {
          const deferred = yield* Deferred.Deferred
          const awaited = yield* Effect.forkChild(deferred.await(id, `owner ${index % 3}`))
          for (let minute = 0; minute < 30 && awaited.pollUnsafe() === undefined; minute++) {
            yield* TestClock.adjust("1 minute")
          }
          const { response } = yield* Fiber.join(awaited)
          assert.include(JSON.stringify(response["output"]), `Request ${index}`)
        }
        const [handed, ...more] = yield* batches
        assert.strictEqual(handed?.requests.size, 20)
        assert.isEmpty(more)
      }).pipe(Effect.provide(on(Script.always(Behavior.answer()), {}))))

    it.effect("leaves a batch that takes too long just in time for standard, and cancels it", () =>
      Effect.gen(function*() {
        const { submit } = yield* Deferred.Deferred
        const { batches } = yield* Simulator.Simulator
        const { deadline, id } = yield* submit(claude)
        const done = yield* carriedOut(id)
        assert.deepStrictEqual(
          done.attempts.map(({ outcome, rung }) => `${rung} ${outcome}`),
          ["batch left", "standard answered"]
        )
        assert.isAtMost(done.attempts.at(-1)?.startedAt ?? Infinity, deadline - 10 * 60_000)
        yield* TestClock.adjust("10 minutes")
        assert.isDefined((yield* batches)[0]?.canceledAt)
      }).pipe(Effect.provide(on(Script.always(Behavior.answer()), { after: "Infinity" }))))

    it.effect("takes another rung where a batch expires", () =>
      Effect.gen(function*() {
        const { submit } = yield* Deferred.Deferred
        const { id } = yield* submit(claude)
        const done = yield* carriedOut(id)
        assert.deepStrictEqual(
          done.attempts.map(({ outcome, rung }) => `${rung} ${outcome}`),
          ["batch failed", "standard answered"]
        )
      }).pipe(Effect.provide(on(Script.always(Behavior.answer()), { expire: true, after: "10 minutes" }))))

    it.effect("cancels the batch of a request that is canceled", () =>
      Effect.gen(function*() {
        const { cancel, submit } = yield* Deferred.Deferred
        const { batches } = yield* Simulator.Simulator
        const { id } = yield* submit(claude)
        yield* TestClock.adjust("2 minutes")
        yield* cancel(id)
        yield* TestClock.adjust("10 minutes")
        const [handed] = yield* batches
        assert.isDefined(handed?.canceledAt)
      }).pipe(Effect.provide(on(Script.always(Behavior.answer()), { after: "Infinity" }))))
  })
})
