import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Draining from "../../src/Draining.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import { turns } from "../support/turns.ts"
import * as Running from "./running.ts"

const surfaces = [
  { path: "/v1/responses", conversation: { input: "Hello" } },
  { path: "/v1/chat/completions", conversation: { messages: [{ role: "user", content: "Hello" }] } },
  { path: "/v1/interactions", conversation: { input: "Hello" } },
  { path: "/v1/messages", conversation: { max_tokens: 100, messages: [{ role: "user", content: "Hello" }] } }
]

const post = (url: string, body: object) =>
  Effect.promise((signal) =>
    fetch(url, {
      method: "POST",
      body: JSON.stringify({ model: "gpt-5.5", ...body }),
      headers: { "content-type": "application/json" },
      signal
    })
  )

/** A gateway that can be told to end. */
const ending = (script: Script.Script) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const running = yield* Scope.provide(
      Running.onSimulator({ script, gateway: { drain: "20 seconds" }, router: { firstByte: "10 minutes" } }),
      scope
    )
    const close = Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
    return { ...running, close }
  })

const asked = ({ simulator }: Effect.Success<ReturnType<typeof ending>>, count: number) =>
  simulator.until((calls) => calls.filter(({ headersAt }) => headersAt !== undefined).length === count)

describe("a gateway that ends", () => {
  it.effect.each([true, false])(
    "lets no race wait for flex any longer, streamed %s",
    (stream) =>
      Effect.gen(function*() {
        const gateway = yield* ending(Script.byTier({
          flex: Behavior.stall(),
          standard: Behavior.answer({ text: "Zebra" })
        }))
        const response = yield* Effect.forkChild(
          post(`${gateway.url}/v1/responses`, { input: "Hello", start_within: "00h-10m-00s", stream })
        )
        yield* asked(gateway, 1)
        const closing = yield* gateway.close
        yield* asked(gateway, 2)
        yield* TestClock.adjust("10 seconds")
        const { headers, status } = yield* Fiber.join(response)
        assert.deepStrictEqual([status, headers.get("x-flexinference-routing-reason")], [200, "draining"])
        yield* Fiber.join(closing)
        assert.deepStrictEqual((yield* gateway.simulator.ledger).map(({ tier }) => tier), ["flex", "standard"])
      })
  )

  it.effect.each(surfaces)(
    "tells whoever still waits when the time is up: $path",
    ({ conversation, path }) =>
      Effect.gen(function*() {
        const gateway = yield* ending(Script.always(Behavior.stall()))
        const response = yield* Effect.forkChild(
          post(`${gateway.url}${path}`, { ...conversation, start_within: "default", stream: true })
        )
        yield* asked(gateway, 1)
        const closing = yield* gateway.close
        yield* turns(20)
        yield* TestClock.adjust("20 seconds")
        const answer = yield* Fiber.join(response)
        const { headers, status } = answer
        const json = yield* Effect.promise(() => answer.json())
        assert.deepStrictEqual([status, headers.get("retry-after"), headers.get("x-should-retry")], [503, "1", null])
        const { code, origin, retryable } = json.error.flexinference
        assert.deepStrictEqual({ code, origin, retryable }, {
          code: "gateway_draining",
          origin: "flexinference",
          retryable: true
        })
        yield* Fiber.join(closing)
        assert.deepStrictEqual((yield* gateway.simulator.ledger).map(({ outcome }) => outcome), ["aborted"])
      })
  )

  it.effect.each(surfaces)(
    "ends a stream with its surface's error when the time is up: $path",
    ({ conversation, path }) =>
      Effect.gen(function*() {
        const gateway = yield* ending(Script.always(Behavior.stall({ at: 3, text: "word ".repeat(20) })))
        const response = yield* post(`${gateway.url}${path}`, {
          ...conversation,
          start_within: "default",
          stream: true
        })
        const text = yield* Effect.forkChild(Effect.promise(() => response.text()))
        const closing = yield* gateway.close
        yield* turns(20)
        yield* TestClock.adjust("20 seconds")
        const data = (yield* Fiber.join(text)).split("\n").findLast((line) => line.startsWith("data: {")) ?? ""
        assert.include(data, "gateway_draining")
        yield* Fiber.join(closing)
      })
  )

  it.effect("says so to whoever listens, first of all", () =>
    Effect.gen(function*() {
      const draining = yield* Draining.make
      const heard = yield* Effect.forkChild(draining.begun, { startImmediately: true })
      assert.deepStrictEqual([draining.isBegun(), heard.pollUnsafe()], [false, undefined])
      yield* draining.begin
      yield* Fiber.join(heard)
      assert.isTrue(draining.isBegun())
      assert.isUndefined(Context.get(Context.empty(), Draining.Draining))
    }))
})
