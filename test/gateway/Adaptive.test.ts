import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type * as Gateway from "../../src/gateway/Gateway.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Running from "./running.ts"

const asked = (url: string, signal: AbortSignal, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "gpt-5.5", input: "Hi", start_within: "00h-10m-00s" }),
    signal
  })

/** Why a request was served as it was. */
const reason = (url: string) =>
  Effect.promise(async (signal) => {
    const response = await asked(url, signal)
    await response.arrayBuffer()
    return `${response.status} ${response.headers.get("x-flexinference-routing-reason")}`
  })

const on = (flex: Behavior.Behavior, gateway?: Gateway.Options) =>
  Running.onSimulator({ script: Script.byTier({ flex }), ...(gateway === undefined ? {} : { gateway }) })

describe("Gateway and its flex legs", () => {
  it.live("learns that flex is hopeless, and says in a header that it has not waited for it", () =>
    Effect.gen(function*() {
      const { simulator, url } = yield* on(Behavior.refuse())
      const reasons = yield* Effect.forEach(Array.from({ length: 7 }), () => reason(url))
      assert.deepStrictEqual(reasons, [
        ...Array.from({ length: 5 }, () => "200 flex_capacity"),
        ...Array.from({ length: 2 }, () => "200 flex_cooling")
      ])
      const flex = (yield* simulator.ledger).filter(({ tier }) => tier === "flex")
      assert.strictEqual(flex.length, 5)
    }))

  it.live("keeps every window to the letter where it is told to", () =>
    Effect.gen(function*() {
      const { url } = yield* on(Behavior.refuse(), { adaptive: false })
      const reasons = yield* Effect.forEach(Array.from({ length: 12 }), () => reason(url))
      assert.deepStrictEqual(reasons, Array.from({ length: 12 }, () => "200 flex_capacity"))
    }))

  it.live.each([true, false])(
    "lets no more flex legs wait than it has slots for, adaptive: %s",
    (adaptive) =>
      Effect.gen(function*() {
        const { simulator, url } = yield* on(Behavior.stall(), { adaptive, flexSlots: { total: 2 } })
        const waiting = [new AbortController(), new AbortController()]
        const left = waiting.map(({ signal }) => asked(url, signal).catch(() => "left"))
        yield* simulator.until((entries) => entries.filter(({ tier }) => tier === "flex").length === 2)
        assert.strictEqual(yield* reason(url), "200 flex_slots_full")
        // A caller who leaves makes room.
        waiting[0]?.abort()
        yield* simulator.until((entries) => entries.some(({ outcome }) => outcome === "aborted"))
        const third = new AbortController()
        left.push(asked(url, third.signal).catch(() => "left"))
        yield* simulator.until((entries) => entries.filter(({ tier }) => tier === "flex").length === 3)
        for (const caller of [...waiting, third]) caller.abort()
        assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(left)), ["left", "left", "left"])
      })
  )

  it.live("learns from the requests of all its keys", () =>
    Effect.gen(function*() {
      const { url } = yield* on(Behavior.refuse(), { keys: [Redacted.make("first-key"), Redacted.make("second-key")] })
      const ask = (key: string) =>
        Effect.promise(async (signal) => {
          const response = await asked(url, signal, { authorization: `Bearer ${key}` })
          return response.headers.get("x-flexinference-routing-reason")
        })
      yield* Effect.forEach(Array.from({ length: 5 }), () => ask("first-key"))
      assert.strictEqual(yield* ask("second-key"), "flex_cooling")
    }))
})
