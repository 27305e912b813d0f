import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as DeferredStore from "../../src/deferred/DeferredStore.ts"
import type { DeferredRequest } from "../../src/deferred/Request.ts"

const request = (id: string, owner: string, key: string | null, createdAt = 0): DeferredRequest => ({
  id,
  owner,
  key,
  request: "{}",
  createdAt,
  deadline: 1,
  status: "queued",
  attempts: [],
  notBefore: {},
  answer: null,
  failure: null,
  endedAt: null,
  costMicroUsd: null,
  savingMicroUsd: null,
  step: 0,
  version: 0
})

describe("a store in memory", () => {
  it.effect("has one request under an owner's key, until that is removed or forgotten", () =>
    Effect.gen(function*() {
      const store = yield* DeferredStore.DeferredStore
      const insert = (...of: Parameters<typeof request>) => Effect.map(store.insert(request(...of)), ({ id }) => id)
      assert.strictEqual(yield* insert("1", "a", "k"), "1")
      assert.strictEqual(yield* insert("2", "a", "k"), "1")
      assert.strictEqual(yield* insert("3", "b", "k"), "3")
      assert.strictEqual(yield* insert("4", "a", null), "4")
      assert.strictEqual(yield* insert("5", "a", null), "5")
      yield* store.remove("1")
      assert.strictEqual(yield* insert("6", "a", "k"), "6")
      yield* store.replace({ ...request("6", "a", "k"), endedAt: 5 })
      yield* store.removeEndedBefore(6)
      assert.strictEqual(yield* insert("7", "a", "k"), "7")
    }).pipe(Effect.provide(DeferredStore.layerMemory)))

  it.effect("lists an owner's requests, or all, the newest first", () =>
    Effect.gen(function*() {
      const store = yield* DeferredStore.DeferredStore
      for (const [id, owner, time] of [["1", "a", 1], ["2", "b", 2], ["3", "a", 3]] as const) {
        yield* store.insert(request(id, owner, null, time))
      }
      const ids = (owner: string | undefined, limit: number) =>
        Effect.map(store.list(owner, limit), (found) => found.map(({ id }) => id))
      assert.deepStrictEqual(yield* ids("a", 10), ["3", "1"])
      assert.deepStrictEqual(yield* ids(undefined, 2), ["3", "2"])
    }).pipe(Effect.provide(DeferredStore.layerMemory)))
})
