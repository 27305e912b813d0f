import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { Redacted } from "effect"
import * as DeferredStore from "../../src/cli/DeferredStore.ts"

const placeIn = (env: { readonly [name: string]: string }, simulated = false) =>
  DeferredStore.variable({ simulated, state: "/home/me/state" }).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
  )

describe("FLEXINFERENCE_STORE", () => {
  it("names a folder, a database, or nothing at all", () => {
    assert.deepStrictEqual(DeferredStore.placeOf("off"), { _tag: "Off" })
    assert.deepStrictEqual(DeferredStore.placeOf("./jobs"), { _tag: "Folder", folder: "./jobs" })
    const place = DeferredStore.placeOf("postgres://flex:secret@db/flex")
    assert.strictEqual(place._tag === "Postgres" && Redacted.value(place.url), "postgres://flex:secret@db/flex")
    assert.notInclude(JSON.stringify(place), "secret")
  })

  it.effect("is a folder among what outlives a gateway where it is not set", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* placeIn({}), { _tag: "Folder", folder: "/home/me/state/deferred" })
    }))

  it.effect("keeps no made-up answers there", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* placeIn({}, true), { _tag: "Memory" })
    }))
})
