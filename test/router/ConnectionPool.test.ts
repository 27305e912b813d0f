import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import { CapacityRefused, FlexInferenceError, unauthenticated } from "../../src/FlexInferenceError.ts"
import type { Connection } from "../../src/Provider.ts"
import * as ConnectionPool from "../../src/router/ConnectionPool.ts"

const named = (name: string): Connection => ({ baseUrl: `https://${name}.example`, apiKey: Redacted.make(name) })
const pooled: Connection = { ...named("a"), others: [named("b"), named("c")] }
const nameOf = ({ apiKey }: Connection) => Redacted.value(apiKey)

const wish = (more: Partial<ConnectionPool.Wish> = {}) => (): ConnectionPool.Wish => ({
  tier: "standard",
  cacheKey: undefined,
  ...more
})

/** A call that goes on until its scope closes; tells which connection it took. */
const begun = (pool: ConnectionPool.ConnectionPool, asked = wish()) =>
  pool.use(pooled, asked, (connection) => Effect.succeed(nameOf(connection)))

const refused = new FlexInferenceError({
  reason: new CapacityRefused({ message: "Busy.", retryAfter: Duration.seconds(30) })
})

/** A call that fails; tells which connection it took. */
const failing = (pool: ConnectionPool.ConnectionPool, error: FlexInferenceError) =>
  Effect.gen(function*() {
    let name = ""
    yield* Effect.flip(pool.use(pooled, wish(), (connection) => {
      name = nameOf(connection)
      return Effect.fail(error)
    }))
    return name
  })

describe("ConnectionPool", () => {
  it.effect("takes the connection with the least to do, as long as calls last", () =>
    Effect.gen(function*() {
      const pool = ConnectionPool.make()
      const scopes = yield* Effect.forEach([1, 2, 3], () => Scope.make())
      const names = yield* Effect.forEach(scopes, (scope) => Scope.provide(begun(pool), scope))
      assert.deepStrictEqual(names, ["a", "b", "c"])
      if (scopes[1] !== undefined) yield* Scope.close(scopes[1], Exit.void)
      assert.strictEqual(yield* begun(pool), "b")
    }).pipe(Effect.scoped))

  it.effect("leaves a connection alone for as long as its provider asks, at the tier that it refused", () =>
    Effect.gen(function*() {
      const pool = ConnectionPool.make()
      const once = (asked = wish()) => Effect.scoped(begun(pool, asked))
      assert.strictEqual(yield* Effect.scoped(failing(pool, refused)), "a")
      assert.strictEqual(yield* once(), "b")
      assert.strictEqual(yield* once(wish({ tier: "flex" })), "a")
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* once(), "a")
    }))

  it.effect("takes another key where one is not accepted, and any where none is left", () =>
    Effect.gen(function*() {
      const pool = ConnectionPool.make()
      const rejected = unauthenticated({ code: "invalid_api_key", message: "No." })
      const tried = yield* Effect.forEach([1, 2, 3], () => Effect.scoped(failing(pool, rejected)))
      assert.deepStrictEqual(tried, ["a", "b", "c"])
      assert.strictEqual(yield* Effect.scoped(begun(pool)), "a")
    }))

  it.effect("keeps calls together that share a prompt cache, and spreads the others", () =>
    Effect.gen(function*() {
      const pool = ConnectionPool.make()
      const taken = new Map<string, Set<string>>()
      for (let turn = 0; turn < 3; turn++) {
        for (let key = 0; key < 60; key++) {
          const cacheKey = `conversation-${key}`
          const name = yield* begun(pool, wish({ cacheKey }))
          taken.set(cacheKey, (taken.get(cacheKey) ?? new Set()).add(name))
        }
      }
      assert.isTrue(Array.from(taken.values()).every((names) => names.size === 1))
      const counts = ["a", "b", "c"].map((name) => Array.from(taken.values()).filter((names) => names.has(name)).length)
      assert.isTrue(counts.every((count) => count >= 5), counts.join(" "))
    }).pipe(Effect.scoped))

  it.effect("is no matter of a connection that has no others", () =>
    Effect.gen(function*() {
      const pool = ConnectionPool.make()
      const own = named("only")
      const asked = () => assert.fail("it was asked what the call is for")
      assert.strictEqual(
        yield* Effect.scoped(pool.use(own, asked, (connection) => Effect.succeed(nameOf(connection)))),
        "only"
      )
    }))
})
