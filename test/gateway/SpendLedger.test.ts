import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as SpendLedger from "../../src/gateway/SpendLedger.ts"

/** A ledger over a file, as a process has it that begins. */
const opened = (path: string) =>
  Effect.map(
    Layer.build(SpendLedger.layerFile(path)),
    (context) => Context.get(context, SpendLedger.SpendLedger)
  )

const inFolder = <A, E>(test: (path: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    return yield* test(`${folder}/state/spend.jsonl`)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const reserve = (ledger: SpendLedger.SpendLedger["Service"], microUsd: number, budget = 1_000) =>
  Effect.flatMap(ledger.reserve("a", microUsd, budget), Effect.fromOption)

describe("SpendLedger", () => {
  it.effect("reserves no more than there is, and gives back what was not spent", () =>
    Effect.gen(function*() {
      const ledger = SpendLedger.make()
      const first = yield* reserve(ledger, 600)
      assert.strictEqual(first.remaining, 400)
      assert.isTrue(Option.isNone(yield* ledger.reserve("a", 401, 1_000)))
      assert.isTrue(Option.isSome(yield* ledger.reserve("b", 401, 1_000)))
      yield* first.settle(100)
      yield* first.settle(0)
      assert.strictEqual(yield* ledger.spent("a"), 100)
      assert.strictEqual((yield* reserve(ledger, 900)).remaining, 0)
    }))

  it.effect("begins anew with the day in UTC, and leaves to yesterday what ends today", () =>
    Effect.gen(function*() {
      const ledger = SpendLedger.make()
      yield* TestClock.setTime(Date.parse("2026-11-25T23:59:59.999Z"))
      const late = yield* reserve(ledger, 1_000)
      assert.isTrue(Option.isNone(yield* ledger.reserve("a", 1, 1_000)))
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* ledger.spent("a"), 0)
      yield* reserve(ledger, 300)
      yield* late.settle(10)
      assert.strictEqual(yield* ledger.spent("a"), 300)
      yield* TestClock.setTime(Date.parse("2026-11-25T12:00:00Z"))
      assert.strictEqual(yield* ledger.spent("a"), 300)
    }))

  it.live("takes up after a process that ended in the middle what that had reserved", () =>
    inFolder((path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* Effect.scoped(Effect.gen(function*() {
          const ledger = yield* opened(path)
          const first = yield* reserve(ledger, 600)
          yield* first.settle(250)
          yield* reserve(ledger, 300)
        }))
        // The last line broke off with the process.
        yield* fs.writeFileString(path, `{"v":1,"day":"2026-`, { flag: "a" })
        const next = yield* opened(path)
        assert.strictEqual(yield* next.spent("a"), 550)
        yield* reserve(next, 50)
        assert.strictEqual(yield* Effect.flatMap(opened(path), (third) => third.spent("a")), 600)
      }).pipe(Effect.scoped)
    ))

  it.live("writes before it gives", () =>
    inFolder((path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const ledger = yield* opened(path)
        yield* reserve(ledger, 600)
        const line = JSON.parse((yield* fs.readFileString(path)).trim().split("\n").at(-1) ?? "")
        assert.deepInclude(line, { v: 1, key: "a", microUsd: 600 })
      }).pipe(Effect.scoped)
    ))

  it.live("stays short however much is spent", () =>
    inFolder((path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const ledger = yield* opened(path)
        for (let n = 0; n < 11_000; n++) {
          const { settle } = yield* reserve(ledger, 2, 1_000_000)
          yield* settle(1)
        }
        assert.isAtMost((yield* fs.readFileString(path)).split("\n").length, 20_010)
        assert.strictEqual(yield* Effect.flatMap(opened(path), (next) => next.spent("a")), 11_000)
      }).pipe(Effect.scoped)
    ))

  it.live("spends nothing that it cannot write down", () =>
    inFolder((path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(path, { recursive: true })
        const ledger = yield* opened(path)
        assert.strictEqual((yield* Effect.flip(ledger.reserve("a", 1, 10)))._tag, "SpendUnrecorded")
      }).pipe(Effect.scoped)
    ))
})
