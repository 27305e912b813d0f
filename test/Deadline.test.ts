import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { Headers, HttpClient, type HttpClientError } from "effect/http"
import { TestClock } from "effect/testing"
import * as Deadline from "../src/Deadline.ts"
import * as FlexInference from "../src/FlexInference.ts"
import * as Router from "../src/Router.ts"
import type { Routing } from "../src/Routing.ts"
import { Simulator, Testing } from "../src/simulator/index.ts"
import * as ClientResponse from "../src/transport/ClientResponse.ts"

const request = { model: "gpt-5.5", input: "Hi", start_within: "2 minutes" } as const

const ask = Effect.map(
  Effect.flatMap(Effect.service(FlexInference.FlexInference), ({ responses }) => responses.open(request)),
  ({ routing }) => routing
).pipe(Effect.scoped)

/** When the standard call was opened, in seconds since the test began, and why. */
const standardAfter = <E, R>(asked: Effect.Effect<Routing, E, R>, wait: Duration.Input) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(asked)
    yield* Testing.passTime(wait)
    const { reason, window } = yield* Fiber.join(fiber)
    const { ledger } = yield* Simulator.Simulator
    const standard = (yield* ledger).find(({ tier }) => tier === "standard")
    return { reason, window: window && Duration.toSeconds(window), at: (standard?.openedAt ?? NaN) / 1000 }
  })

const stalling = Effect.provide(Testing.layerTest({ flex: "stalls" }))

describe("Deadline", () => {
  it.effect("leaves a window as it was asked for where there is none", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* standardAfter(ask, "2 minutes"), { reason: "flex_deadline", window: 120, at: 120 })
    }).pipe(stalling))

  it.effect("gives flex half of what is left, so that standard has the other half", () =>
    Effect.gen(function*() {
      const asked = Deadline.within(ask, "1 minute")
      assert.deepStrictEqual(yield* standardAfter(asked, "30 seconds"), { reason: "flex_deadline", window: 30, at: 30 })
    }).pipe(stalling))

  it.effect("never makes a window longer than it was asked for", () =>
    Effect.gen(function*() {
      const asked = Deadline.within(ask, "1 hour")
      assert.deepStrictEqual(yield* standardAfter(asked, "2 minutes"), {
        reason: "flex_deadline",
        window: 120,
        at: 120
      })
    }).pipe(stalling))

  it.effect("keeps for standard what the options reserve", () =>
    Effect.gen(function*() {
      const asked = Deadline.within(ask, "1 minute")
      assert.deepStrictEqual(yield* standardAfter(asked, "50 seconds"), { reason: "flex_deadline", window: 50, at: 50 })
    }).pipe(Effect.provide(Testing.layerTest({ flex: "stalls", router: { reserve: "10 seconds" } }))))

  it.effect("is shared by all requests that it encloses: the second has what the first has left", () =>
    Effect.gen(function*() {
      const asked = Deadline.within(Effect.andThen(ask, ask), "1 minute")
      const fiber = yield* Effect.forkChild(asked)
      yield* Testing.passTime("30 seconds")
      const { ledger, until } = yield* Simulator.Simulator
      yield* until((calls) => calls.filter(({ tier }) => tier === "flex").length === 2)
      yield* TestClock.adjust("15 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        (yield* ledger).map(({ openedAt, tier }) => [tier, openedAt / 1000]),
        [["flex", 0], ["standard", 30], ["flex", 30], ["standard", 45]]
      )
    }).pipe(stalling))

  it.effect("an inner one cannot outlast an outer one", () =>
    Effect.gen(function*() {
      const asked = ask.pipe(Deadline.within("1 hour"), Deadline.within("20 seconds"))
      assert.deepStrictEqual(yield* standardAfter(asked, "10 seconds"), { reason: "flex_deadline", window: 10, at: 10 })
    }).pipe(stalling))

  it.effect("skips the race where too little is left for one, and the record says so", () =>
    Effect.gen(function*() {
      for (const left of ["9 seconds", "1 second", "0 seconds", "-1 second"] as const) {
        const { reason, tier, window } = yield* Deadline.within(ask, left)
        assert.deepStrictEqual({ reason, tier, window }, {
          reason: "deadline_near",
          tier: "default",
          window: undefined
        })
      }
      const { ledger } = yield* Simulator.Simulator
      assert.deepStrictEqual(new Set((yield* ledger).map(({ tier }) => tier)), new Set(["standard"]))
    }).pipe(stalling))

  it.effect("ends what it encloses only where it is asked to", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(Deadline.timeout(Effect.never, "1 minute")))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimeoutError")
    }))

  describe("as a caller's header", () => {
    const open = (deadline: string) =>
      Effect.flatMap(
        Effect.service(Router.Router),
        (router) =>
          router.open("responses", { ...request, start_within: "00h-02m-00s" }, undefined, {
            headers: Headers.fromInput({ "x-flexinference-deadline": deadline }),
            query: undefined
          })
      ).pipe(Effect.map(({ routing }) => routing), Effect.scoped)

    const instant = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

    it.effect("shortens the window, and so do the retries of its caller, which share it", () =>
      Effect.gen(function*() {
        const deadline = instant(60_000)
        assert.deepStrictEqual(
          yield* standardAfter(open(deadline), "30 seconds"),
          { reason: "flex_deadline", window: 30, at: 30 }
        )
        yield* TestClock.setTime(52_000)
        assert.strictEqual((yield* open(deadline)).reason, "deadline_near")
      }).pipe(stalling))

    it.effect("counts beside an enclosing one: the sooner holds", () =>
      Effect.gen(function*() {
        const asked = Deadline.within(open(instant(60_000)), "20 seconds")
        assert.strictEqual((yield* standardAfter(asked, "10 seconds")).at, 10)
      }).pipe(stalling))

    it.effect.each(["", "60", "60s", "tomorrow", "2027-01-15", "2027-01-15T12:00:30", "2027-13-15T12:00:30Z"])(
      "%o is refused, with what to write instead",
      (deadline) =>
        Effect.gen(function*() {
          const { code, message, param, status } = yield* Effect.flip(open(deadline))
          assert.deepStrictEqual({ code, param, status }, {
            code: "invalid_deadline",
            param: "x-flexinference-deadline",
            status: 400
          })
          assert.include(message, "x-flexinference-deadline: 2027-01-15T12:00:30Z")
        }).pipe(stalling)
    )
  })

  describe("where the hosted router races", () => {
    const sent = (program: typeof ask) =>
      Effect.gen(function*() {
        const bodies: Array<string> = []
        const client = HttpClient.makeWith<
          HttpClientError.HttpClientError,
          never,
          HttpClientError.HttpClientError,
          never
        >(
          Effect.flatMap((request) => {
            if (request.body._tag === "Uint8Array") bodies.push(new TextDecoder().decode(request.body.body))
            return ClientResponse.make({ request, url: request.url, status: 400, headers: {}, stream: Stream.empty })
          }),
          Effect.succeed
        )
        yield* Effect.exit(program).pipe(
          Effect.provide(
            FlexInference.layerHosted({ apiKey: Redacted.make("flex_live_1") }).pipe(
              Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
            )
          )
        )
        return bodies.map((body): unknown => JSON.parse(body).start_within)
      })

    it.effect("the request says what the deadline leaves", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* sent(ask), ["00h-02m-00s"])
        assert.deepStrictEqual(yield* sent(Deadline.within(ask, "1 minute")), ["00h-00m-30s"])
        assert.deepStrictEqual(yield* sent(Deadline.within(ask, "5 seconds")), ["default"])
      }))
  })
})

describe("start_within, as a program writes it", () => {
  it.effect.each(
    ["30 seconds", Duration.seconds(30), { seconds: 30 }, "00h-00m-30s"] as const
  )("takes %o for thirty seconds", (start_within) =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const { routing } = yield* flex.responses.open({ ...request, start_within })
      assert.deepStrictEqual(routing.window, Duration.seconds(30))
    }).pipe(Effect.scoped, Effect.provide(Testing.layerTest())))

  it.effect.each(
    [
      [Duration.seconds(4), "outside the limits"],
      [Duration.infinity, "outside the limits"],
      ["11 minutes", "outside the limits"],
      [Duration.millis(5500), "5.5"]
    ] as const
  )("refuses %o, and says what is wrong", ([start_within, wrong]) =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const { code, message } = yield* Effect.flip(flex.responses.create({ ...request, start_within }))
      assert.strictEqual(code, "invalid_start_within")
      assert.include(message, wrong)
    }).pipe(Effect.provide(Testing.layerTest())))

  it.effect("refuses a bare number, whatever got past the compiler", () =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      // @ts-expect-error: thirty of what?
      const asked = flex.responses.create({ ...request, start_within: 30 })
      assert.strictEqual((yield* Effect.flip(asked)).code, "invalid_start_within")
    }).pipe(Effect.provide(Testing.layerTest())))

  it.effect("may be the default of a layer", () =>
    Effect.gen(function*() {
      const router = yield* Router.Router
      const { routing } = yield* router.open("responses", { model: "gpt-5.5", input: "Hi" })
      assert.deepStrictEqual(routing.window, Duration.seconds(30))
    }).pipe(Effect.scoped, Effect.provide(Testing.layerTest({ router: { defaultStartWithin: "30 seconds" } }))))
})
