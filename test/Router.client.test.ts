/** The program's own `HttpClient` is the one way out: whatever it does to a call, it does to every one. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Semaphore, Tracer } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as Router from "../src/Router.ts"
import { Behavior, Script, Simulator } from "../src/simulator/index.ts"
import { list, send } from "./support/race.ts"

const key = { apiKey: Redacted.make("sk-test") }

/** The router on simulated providers that are called through what `wrap` makes of their client. */
const over = (script: Script.Script, wrap: (client: HttpClient.HttpClient) => HttpClient.HttpClient) =>
  Layer.unwrap(Effect.map(Simulator.make({ script, seed: "client" }), (simulator) =>
    Router.layer({ openai: key }).pipe(
      Layer.provideMerge(Layer.succeedContext(
        Context.make(Simulator.Simulator, simulator).pipe(Context.add(HttpClient.HttpClient, wrap(simulator.client)))
      ))
    )))

const request = { model: "gpt-5.5", input: "Say hello.", start_within: "00h-00m-10s", stream: true }
const retried = { ...request, retry: { count: 2, jitter: false } }
const standard = Behavior.answer({ startAfter: "1 second" })

/** Flex stalls, standard fails once and is sent again: three calls. */
const threeCalls = Script.byTier({ flex: Behavior.stall(), standard: [Behavior.refuse({ status: 500 }), standard] })

const headersOf = (name: string) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    return (yield* simulator.ledger).map(({ headers, tier }) => [tier, headers[name]])
  })

describe("what a program does to its HttpClient", () => {
  it.effect("to requests, it does to both legs of a race and to every retry", () =>
    Effect.gen(function*() {
      const { error } = yield* send({ body: retried })
      assert.isUndefined(error)
      assert.deepStrictEqual(yield* headersOf("x-tenant"), [
        ["flex", "acme"],
        ["standard", "acme"],
        ["standard", "acme"]
      ])
    }).pipe(Effect.provide(
      over(threeCalls, HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", "acme")))
    )))

  it.effect("to responses, it does to both legs of a race and to every retry", () => {
    const seen: Array<number> = []
    return Effect.gen(function*() {
      const { error } = yield* send({ body: retried })
      assert.isUndefined(error)
      assert.deepStrictEqual(seen, [200, 500, 200])
    }).pipe(Effect.provide(
      over(threeCalls, HttpClient.transformResponse(Effect.tap(({ status }) => Effect.sync(() => seen.push(status)))))
    ))
  })

  it.effect("to a call that is not streamed, it does as well", () =>
    Effect.gen(function*() {
      yield* send({ body: { ...request, start_within: "default", stream: false } })
      assert.deepStrictEqual(yield* headersOf("x-tenant"), [["standard", "acme"]])
    }).pipe(Effect.provide(
      over(Script.always(standard), HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", "acme")))
    )))

  it.effect("traces every call in the span of its leg, and the provider is told of the trace", () => {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    return Effect.gen(function*() {
      yield* Effect.provideService(send({ body: retried }), Tracer.Tracer, tracer)
      const calls = spans.filter(({ name }) => name === "POST")
      const parents = calls.map(({ parent }) =>
        spans.find(({ spanId }) => parent._tag === "Some" && parent.value.spanId === spanId)?.name
      )
      assert.deepStrictEqual(parents, ["flexinference.leg", "flexinference.leg", "flexinference.leg"])
      const told = yield* headersOf("traceparent")
      assert.deepStrictEqual(
        told.map(([, header]) => header?.split("-")[2]),
        calls.map(({ spanId }) => spanId)
      )
    }).pipe(Effect.provide(over(threeCalls, (client) => HttpClient.make((request) => client.execute(request)))))
  })

  /** One call at a time, until its headers have come. */
  const limited = (client: HttpClient.HttpClient) => {
    const limiter = Semaphore.makeUnsafe(1)
    return HttpClient.transform(client, limiter.withPermits(1))
  }

  it.effect("limits both legs of a race: one waits for the other's place", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(list((yield* send({ body: request })).calls), [
        ["flex", 0, 60_000, "aborted"],
        ["standard", 60_000, 61_000, "completed"]
      ])
    }).pipe(Effect.provide(over(Script.byTier({ flex: Behavior.silent, standard }), limited))))

  it.effect("gets its place back from a caller that goes away, whether its call was under way or waited", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(list((yield* send({ body: request, interruptAt: 12_000 })).calls), [[
        "flex",
        0,
        12_000,
        "aborted"
      ]])
      const next = yield* send({ body: { ...request, start_within: "default" } })
      assert.isUndefined(next.error)
    }).pipe(Effect.provide(over(Script.byTier({ flex: Behavior.silent, standard }), limited))))
})
