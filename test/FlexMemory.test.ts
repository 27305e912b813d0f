import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as FlexMemory from "../src/FlexMemory.ts"
import * as FlexPolicy from "../src/FlexPolicy.ts"
import * as ModelCatalog from "../src/ModelCatalog.ts"
import { none } from "../src/Usage.ts"

const request = (options: Partial<FlexMemory.Request> = {}): FlexMemory.Request => ({
  provider: "openai",
  model: "gpt-5.5",
  window: Duration.seconds(30),
  catalog: ModelCatalog.builtIn,
  secondMicroUsd: undefined,
  conversation: () => undefined,
  characters: () => 4000,
  ...options
})

const said = ({ decision }: FlexMemory.Entry): string =>
  decision._tag === "Skip" ? decision.reason : `wait ${Duration.toMillis(decision.wait) / 1000}`

type Memory = FlexMemory.FlexMemory["Service"]

/** Enters with so many requests, whose flex legs are all under way. */
const enterAll = (memory: Memory, count: number, options?: Partial<FlexMemory.Request>) =>
  Effect.all(Array.from({ length: count }, () => memory.enter(request(options))))

const record = (memory: Memory, result: "started" | "refused" | "stalled" | "left", after: number, times = 1) =>
  Effect.repeat(memory.record("openai", "gpt-5.5", { result, after }), { times: times - 1 })

describe("FlexMemory", () => {
  it.effect("keeps the window to the letter while it knows nothing", () =>
    Effect.gen(function*() {
      assert.strictEqual(said(yield* FlexMemory.make().enter(request())), "wait 30")
    }))

  it.effect("lets one request at a time try a minute after refusals, and all of them once that serves again", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      yield* record(memory, "refused", 400, 6)
      assert.deepStrictEqual((yield* enterAll(memory, 2)).map(said), ["flex_cooling", "flex_cooling"])
      yield* TestClock.adjust("1 minute")
      const [first, second] = yield* enterAll(memory, 2)
      assert.deepStrictEqual([first, second].map((entry) => entry && said(entry)), ["wait 30", "flex_cooling"])
      yield* first?.ended({ result: "refused", after: 400 }) ?? Effect.void
      assert.strictEqual(said(yield* memory.enter(request())), "flex_cooling")
      yield* TestClock.adjust("1 minute")
      const again = yield* memory.enter(request())
      assert.strictEqual(said(again), "wait 30")
      yield* again.ended({ result: "started", after: 3000 })
      assert.deepStrictEqual((yield* enterAll(memory, 2)).map(said), ["wait 30", "wait 30"])
    }))

  it.effect("gives the place of one who tried back when that one leaves without an outcome, and only once", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      yield* record(memory, "refused", 400, 6)
      yield* TestClock.adjust("1 minute")
      const trial = yield* memory.enter(request())
      yield* trial.leave
      const next = yield* memory.enter(request())
      assert.strictEqual(said(next), "wait 30")
      yield* trial.leave
      assert.strictEqual(said(yield* memory.enter(request())), "flex_cooling")
    }))

  it.effect("gives the place of one who is gone back after its window", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      yield* record(memory, "refused", 400, 6)
      yield* TestClock.adjust("1 minute")
      yield* memory.enter(request())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(said(yield* memory.enter(request())), "flex_cooling")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(said(yield* memory.enter(request())), "wait 30")
    }))

  it.effect("keeps what it knows of one model from another, and of one provider from another", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      yield* record(memory, "refused", 400, 6)
      assert.strictEqual(said(yield* memory.enter(request())), "flex_cooling")
      assert.strictEqual(said(yield* memory.enter(request({ model: "gpt-5.4" }))), "wait 30")
      assert.strictEqual(said(yield* memory.enter(request({ provider: "acme" }))), "wait 30")
    }))

  it.effect("holds no more flex legs than there are slots, in all and for each provider", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make({ slots: { total: 3, perProvider: 2 } })
      const [first] = yield* enterAll(memory, 2)
      assert.strictEqual(said(yield* memory.enter(request())), "flex_slots_full")
      assert.strictEqual(said(yield* memory.enter(request({ provider: "google" }))), "wait 30")
      assert.strictEqual(said(yield* memory.enter(request({ provider: "google" }))), "flex_slots_full")
      yield* first?.ended({ result: "started", after: 100 }) ?? Effect.void
      yield* first?.leave ?? Effect.void
      assert.deepStrictEqual((yield* enterAll(memory, 2)).map(said), ["wait 30", "flex_slots_full"])
    }))

  it.effect("has no one try for whom there is no slot", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make({ slots: { total: 1 } })
      yield* record(memory, "refused", 400, 6)
      yield* TestClock.adjust("1 minute")
      const other = yield* memory.enter(request({ model: "gpt-5.4" }))
      assert.strictEqual(said(yield* memory.enter(request())), "flex_slots_full")
      yield* other.leave
      assert.strictEqual(said(yield* memory.enter(request())), "wait 30")
    }))

  it.effect("holds the slots and learns nothing where it is told not to", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make({ adaptive: false, slots: { total: 1 } })
      for (let turn = 0; turn < 100; turn++) {
        const entry = yield* memory.enter(request())
        assert.strictEqual(said(entry), "wait 30")
        yield* entry.ended({ result: "refused", after: 400 })
      }
      yield* memory.enter(request())
      assert.strictEqual(said(yield* memory.enter(request())), "flex_slots_full")
    }))

  it.effect("does as a policy of one's own says", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make({
        policy: ({ estimate }) => estimate.refused > 0 ? FlexPolicy.skip("told_so") : FlexPolicy.race("2 seconds")
      })
      assert.strictEqual(said(yield* memory.enter(request())), "wait 2")
      yield* record(memory, "refused", 400)
      assert.strictEqual(said(yield* memory.enter(request())), "told_so")
    }))

  it.effect("waits for as long as a caller's seconds are worth it, by the list price of what was asked", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      // About 1,000 tokens to read and 500 to write, at 5 and 30 USD a million: 20,000 micro-USD, of which flex saves half.
      assert.strictEqual(said(yield* memory.enter(request({ secondMicroUsd: 1000 }))), "wait 10")
      assert.strictEqual(said(yield* memory.enter(request({ secondMicroUsd: 1 }))), "wait 30")
      assert.strictEqual(said(yield* memory.enter(request({ secondMicroUsd: 1000, model: "unpriced" }))), "wait 30")
    }))

  const long = { ...none, input: 100_000, output: 300 }
  const mine = { conversation: () => "mine" }

  it.effect("keeps a conversation where its cache is, unless flex would pay in the turns to come", () =>
    Effect.gen(function*() {
      // A policy that looks no further than this turn shows what the memory knows.
      const memory = FlexMemory.make({ policy: FlexPolicy.make({ turnsAhead: 0 }) })
      yield* (yield* memory.enter(request(mine))).served("standard", long)
      assert.strictEqual(said(yield* memory.enter(request(mine))), "cache_affinity")
      assert.strictEqual(said(yield* memory.enter(request({ conversation: () => "another" }))), "wait 30")
      yield* TestClock.adjust("11 minutes")
      assert.strictEqual(said(yield* memory.enter(request(mine))), "wait 30")
    }))

  it.effect("holds no cache for warm that has shown to be cold, and none for a short prefix", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make({ policy: FlexPolicy.make({ turnsAhead: 0 }) })
      const entry = yield* memory.enter(request(mine))
      yield* entry.served("standard", long)
      yield* entry.served("standard", { ...long, cachedInput: 0 })
      assert.strictEqual(said(yield* memory.enter(request(mine))), "wait 30")
      yield* entry.served("standard", { ...long, cachedInput: 99_000 })
      assert.strictEqual(said(yield* memory.enter(request(mine))), "cache_affinity")
      const short = request({ conversation: () => "short" })
      yield* (yield* memory.enter(short)).served("standard", { ...none, input: 1000, output: 10 })
      assert.strictEqual(said(yield* memory.enter(short)), "wait 30")
    }))

  it.effect("remembers a bounded number of models, conversations and legs", () =>
    Effect.gen(function*() {
      const store = FlexMemory.memoryStore({ maxModels: 2, maxConversations: 2 })
      const memory = FlexMemory.make({ store, policy: FlexPolicy.make({ turnsAhead: 0 }) })
      yield* record(memory, "started", 1000, 500)
      const kept = (yield* store.outcomes("openai/gpt-5.5")).length
      assert.isTrue(kept >= 64 && kept <= 128, String(kept))
      for (const model of ["b", "c"]) yield* memory.record("openai", model, { result: "started", after: 1 })
      assert.deepStrictEqual(yield* store.outcomes("openai/gpt-5.5"), [])
      for (const name of ["a", "b", "a", "c"]) {
        yield* (yield* memory.enter(request({ conversation: () => name }))).served("standard", long)
      }
      const held = yield* Effect.forEach(["a", "b", "c"], (name) => store.conversation(name))
      assert.deepStrictEqual(held.map((conversation) => conversation?.turns), [2, undefined, 1])
    }))

  it.effect("shares what is known, and who tries, between memories on one store", () =>
    Effect.gen(function*() {
      const store = FlexMemory.memoryStore()
      const [one, other] = [FlexMemory.make({ store }), FlexMemory.make({ store })]
      yield* record(one, "refused", 400, 6)
      assert.strictEqual(said(yield* other.enter(request())), "flex_cooling")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(said(yield* one.enter(request())), "wait 30")
      assert.strictEqual(said(yield* other.enter(request())), "flex_cooling")
    }))

  it.effect("tells what it knows", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      yield* record(memory, "refused", 400, 3)
      yield* record(memory, "started", 2000, 9)
      const estimate = yield* memory.estimate("openai", "gpt-5.5")
      assert.strictEqual(estimate.refusalRate, 0.25)
      assert.strictEqual(estimate.stallRate, 0)
      assert.strictEqual((yield* memory.estimate("openai", "gpt-5.4")).refusalRate, undefined)
    }))
})
