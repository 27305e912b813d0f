import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Schema, Scope, Stream, Tracer } from "effect"
import { HttpClient } from "effect/http"
import * as FlexInference from "../src/FlexInference.ts"
import * as Json from "../src/wire/Json.ts"
import * as Router from "../src/Router.ts"
import { Behavior, Script, Simulator } from "../src/simulator/index.ts"
import { adapters, advance, layer, send } from "./support/race.ts"

const request = { model: "gpt-5.5", input: "Say hello.", start_within: "default" }
const window = "00h-00m-10s"

const script = Schema.Struct({
  kind: Schema.Literals(["answer", "refuse", "refuseInStream", "stall", "cut", "fail", "unreachable"]),
  start: Schema.Literals([0, 500, 5000, 9500, 10_000, 10_500, 12_000, 30_000]),
  pace: Schema.Literals([0, 500, 2000])
})

describe.each(adapters)("Router over $adapter", ({ layer }) => {
  describe("what it sends", () => {
    it.effect("is the caller's own text, with the router's members cut out and the tier put in", () =>
      Effect.gen(function*() {
        const router = yield* Router.Router
        const simulator = yield* Simulator.Simulator
        const text =
          `{ "model": "gpt-5.5",  "start_within":"priority", "input": "Hi", "max_output_tokens": 12345678901234567890,
          "temperature": 1.0, "include_cost": true, "retry": {"count": 1}, "provider": ["openai"], "cache": true }`
        yield* Effect.scoped(router.open("responses", text))
        const [call] = yield* simulator.ledger
        assert.include(call?.bodyText, "12345678901234567890")
        assert.include(call?.bodyText, "\"temperature\": 1.0")
        assert.deepStrictEqual(Object.keys(call?.body ?? {}).toSorted(), [
          "input",
          "max_output_tokens",
          "model",
          "service_tier",
          "temperature"
        ])
        assert.strictEqual(call?.body["service_tier"], "priority")
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer())))))

    it.effect("a race streams upstream whatever the caller asked, a named tier does what it was asked", () =>
      Effect.gen(function*() {
        const raced = yield* send({ body: { ...request, start_within: window }, watch: 1000 })
        const named = yield* send({ body: request, watch: 1000 })
        const simulator = yield* Simulator.Simulator
        assert.deepStrictEqual((yield* simulator.ledger).map(({ stream }) => stream), [true, false])
        assert.strictEqual(raced.body?._tag, "Body")
        assert.strictEqual(named.body?._tag, "Body")
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer())))))
  })

  describe("what it adds", () => {
    it.effect("to a body is usage.routing and usage.cost", () =>
      Effect.gen(function*() {
        const { body, routing } = yield* send({ body: { ...request, start_within: window }, watch: 1000 })
        const usage = Json.object(body?.value ?? {}, "usage") ?? {}
        assert.deepStrictEqual(usage["routing"], {
          provider: "openai",
          requested_provider: "openai",
          tier: "flex",
          reason: "flex_won",
          fallback_attempts: 0,
          mode: "byok"
        })
        assert.deepStrictEqual(usage["cost"], { total_micro_usd: routing?.costMicroUsd ?? null, currency: "USD" })
        assert.isAbove(routing?.costMicroUsd ?? 0, 0)
        // Flex is half of standard, up to the rounding of the total.
        assert.approximately(routing?.savingMicroUsd ?? 0, routing?.costMicroUsd ?? 0, 1)
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer())))))

    it.effect("to a stream is nothing, unless include_cost asks for it", () =>
      Effect.gen(function*() {
        const plain = yield* send({ body: { ...request, stream: true }, watch: 1000 })
        const priced = yield* send({ body: { ...request, stream: true, include_cost: true }, watch: 1000 })
        const usage = ({ frames }: typeof plain) =>
          Json.object(Json.object(frames.at(-1)?.value ?? {}, "response") ?? {}, "usage") ?? {}
        assert.isFalse(Object.hasOwn(usage(plain), "routing"))
        assert.deepStrictEqual(usage(priced)["cost"], {
          total_micro_usd: priced.report?.costMicroUsd ?? null,
          currency: "USD"
        })
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer())))))

    it.effect("is no cost where there is no price, never zero", () =>
      Effect.gen(function*() {
        const { body } = yield* send({ body: { ...request, model: "gpt-unheard-of" }, watch: 1000 })
        const usage = Json.object(body?.value ?? {}, "usage") ?? {}
        assert.isFalse(Object.hasOwn(usage, "cost"))
        assert.isTrue(Object.hasOwn(usage, "routing"))
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer())))))

    it.effect("is the tier that served, not the one that was asked for", () =>
      Effect.gen(function*() {
        const { routing } = yield* send({ body: { ...request, start_within: "priority" }, watch: 1000 })
        assert.deepInclude(routing, { tier: "default", tierInferred: false })
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer({ servedTier: "standard" }))))))
  })

  describe("retry", () => {
    const refused = Behavior.refuse({ status: 429, code: "rate_limit_exceeded" })
    const retry = (script: Script.Turns, retry: object) =>
      send({ body: { ...request, retry: { jitter: false, ...retry } } }).pipe(
        Effect.provide(layer(Script.byTier({ standard: script })))
      )

    it.effect("waits 0.5 s, doubling, and counts the tries", () =>
      Effect.gen(function*() {
        const { calls, routing } = yield* retry([refused, refused, refused, Behavior.answer()], { count: 3 })
        assert.deepStrictEqual(calls.map(({ openedAt }) => openedAt), [0, 500, 1500, 3500])
        assert.strictEqual(routing?.retries, 3)
      }))

    it.effect("waits 0.5 s more each time with linear backoff", () =>
      Effect.gen(function*() {
        const { calls } = yield* retry([refused, refused, refused, Behavior.answer()], { count: 3, backoff: "linear" })
        assert.deepStrictEqual(calls.map(({ openedAt }) => openedAt), [0, 500, 1500, 3000])
      }))

    it.effect("does as Retry-After says, up to a minute", () =>
      Effect.gen(function*() {
        const { calls } = yield* retry(
          [
            Behavior.refuse({ status: 503, retryAfter: "3 seconds" }),
            Behavior.refuse({ status: 429, retryAfter: "5 minutes" }),
            Behavior.answer()
          ],
          { count: 2 }
        )
        assert.deepStrictEqual(calls.map(({ openedAt }) => openedAt), [0, 3000, 63_000])
      }))

    it.effect("ends with the last error when the tries are used up", () =>
      Effect.gen(function*() {
        const { calls, error } = yield* retry(refused, { count: 2 })
        assert.strictEqual(calls.length, 3)
        assert.strictEqual(error?.reason._tag, "CapacityRefused")
      }))

    it.effect.each(
      [
        ["a 400", Behavior.refuse({ status: 400 })],
        ["a 401", Behavior.refuse({ status: 401 })],
        ["an exhausted balance", Behavior.refuse({ status: 429, code: "insufficient_quota" })],
        ["a time-out", Behavior.silent]
      ] as const
    )("never repeats %s", ([, behavior]) =>
      Effect.gen(function*() {
        const { calls } = yield* retry(behavior, { count: 3 })
        assert.strictEqual(calls.length, 1)
      }))

    it.effect("never repeats the flex leg: the tier switch is the retry", () =>
      Effect.gen(function*() {
        const { calls } = yield* send({ body: { ...request, start_within: window, stream: true, retry: { count: 3 } } })
        assert.deepStrictEqual(calls.map(({ tier }) => tier), ["flex", "standard"])
      }).pipe(Effect.provide(layer(Script.byTier({ flex: Behavior.refuse() })))))
  })

  describe("the provider chain", () => {
    const chain = { ...request, model: "my-model", provider: ["openai", "anthropic"] }

    it.effect("advances when a route cannot answer, and says so", () =>
      Effect.gen(function*() {
        const { routing } = yield* send({ body: chain, watch: 2000 })
        assert.deepInclude(routing, {
          provider: "anthropic",
          requestedProvider: "openai",
          reason: "chain_advanced",
          fallbackAttempts: 1
        })
      }).pipe(Effect.provide(layer(Script.byProvider({ openai: Script.always(Behavior.refuse({ status: 500 })) })))))

    it.effect("counts the retries of every route it tried", () =>
      Effect.gen(function*() {
        const { calls, routing } = yield* send({
          body: { ...chain, retry: { count: 2, jitter: false } },
          watch: 10_000
        })
        assert.strictEqual(calls.length, 4)
        assert.deepInclude(routing, { provider: "anthropic", retries: 2, fallbackAttempts: 1 })
      }).pipe(
        Effect.provide(layer(Script.byProvider({ openai: Script.always(Behavior.refuse({ status: 500 })) })))
      ))

    it.effect("does not advance on a definite answer", () =>
      Effect.gen(function*() {
        const { calls, error } = yield* send({ body: chain, watch: 2000 })
        assert.strictEqual(calls.length, 1)
        assert.strictEqual(error?.status, 400)
      }).pipe(Effect.provide(layer(Script.byProvider({ openai: Script.always(Behavior.refuse({ status: 400 })) })))))
  })

  describe("the clocks", () => {
    const rows = [
      {
        name: "a stream whose first byte does not come",
        behavior: Behavior.silent,
        stream: true,
        clock: "firstByte",
        at: 60_000
      },
      {
        name: "a stream that falls silent",
        behavior: Behavior.stall({ at: 2 }),
        stream: true,
        clock: "idle",
        at: 60_000
      },
      { name: "a body that is never finished", behavior: Behavior.silent, stream: false, clock: "total", at: 600_000 }
    ] as const
    for (const row of rows) {
      it.effect(`end ${row.name} with ${row.clock}, and abort the call`, () =>
        Effect.gen(function*() {
          const { calls, endedAt, error } = yield* send({ body: { ...request, stream: row.stream }, watch: 700_000 })
          assert.deepInclude(error?.reason, {
            _tag: "TimedOut",
            clock: row.clock,
            status: 504,
            code: "upstream_timeout"
          })
          assert.strictEqual(endedAt, row.at)
          assert.deepStrictEqual(calls.map(({ outcome }) => outcome), ["aborted"])
        }).pipe(Effect.provide(layer(Script.always(row.behavior)))))
    }

    it.effect("count a keep-alive comment as a sign of life", () =>
      Effect.gen(function*() {
        const { error, routing } = yield* send({ body: { ...request, stream: true }, watch: 200_000 })
        assert.strictEqual(error, undefined)
        assert.strictEqual(routing?.reason, "tier_direct")
      }).pipe(
        Effect.provide(layer(Script.always(Behavior.answer({ startAfter: "150 seconds", keepAlive: "20 seconds" }))))
      ))

    it.effect("stay as they are for all calls where one call leaves them open", () =>
      Effect.gen(function*() {
        const { endedAt, error } = yield* send({
          body: { ...request, stream: true },
          options: { firstByte: undefined, idle: undefined }
        })
        assert.deepInclude(error?.reason, { _tag: "TimedOut", clock: "firstByte" })
        assert.strictEqual(endedAt, 5000)
      }).pipe(Effect.provide(layer(Script.always(Behavior.silent), { firstByte: "5 seconds" }))))

    it.effect("can be set for one call", () =>
      Effect.gen(function*() {
        const { endedAt } = yield* send({
          body: { ...request, stream: true },
          options: { firstByte: "5 seconds" },
          watch: 20_000
        })
        assert.strictEqual(endedAt, 5000)
      }).pipe(Effect.provide(layer(Script.always(Behavior.silent)))))
  })

  describe("a broken answer", () => {
    it.effect.each(
      [
        ["an event that is not JSON", Behavior.garble(2)],
        ["an end without the terminal event", Behavior.cut(2, { how: "end" })],
        ["a connection that breaks", Behavior.cut(2)],
        ["a failure event", Behavior.fail(2)]
      ] as const
    )("with %s ends in a typed error", ([, behavior]) =>
      Effect.gen(function*() {
        const result = yield* send({ body: { ...request, stream: true }, watch: 2000 }).pipe(
          Effect.provide(layer(Script.always(behavior)))
        )
        assert.deepInclude(result.error?.reason, { _tag: "StreamFailed", started: true, origin: "provider" })
        assert.isAbove(result.frames.length, 0)
      }))

    it.effect("survives a slow drip of single bytes", () =>
      Effect.gen(function*() {
        const { error, frames } = yield* send({ body: { ...request, stream: true }, watch: 30_000 })
        assert.strictEqual(error, undefined)
        assert.strictEqual(frames.at(-1)?.event, "response.completed")
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer({ drip: "1 millis", text: "Hi" }))))))
  })

  describe("a request that is wrong", () => {
    it.effect.each(["", "not json", "[]", "null", "42", "{}", "{\"model\":1}"])(
      "fails before anything is sent: %j",
      (text) =>
        Effect.gen(function*() {
          const router = yield* Router.Router
          const simulator = yield* Simulator.Simulator
          const exit = yield* Effect.exit(Effect.scoped(router.open("responses", text)))
          assert.isTrue(Exit.isFailure(exit))
          assert.deepStrictEqual(yield* simulator.ledger, [])
        }).pipe(Effect.provide(layer(Script.always(Behavior.answer()))))
    )
  })

  it.effect("closing the scope of an answer that is half read aborts its call", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const flex = yield* FlexInference.FlexInference
      const scope = yield* Scope.make()
      const fiber = yield* flex.responses.open({ model: "gpt-5.5", input: "Hi", start_within: window }).pipe(
        Effect.flatMap(({ events }) => Stream.runHead(events)),
        Scope.provide(scope),
        Effect.forkChild({ startImmediately: true })
      )
      yield* advance(2000)
      yield* Fiber.join(fiber)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual((yield* simulator.ledger).map(({ outcome }) => outcome), ["aborted"])
    }).pipe(Effect.provide(FlexInference.layerRouter.pipe(
      Layer.provideMerge(
        layer(Script.always(Behavior.answer({ startAfter: "1 second", pace: "1 minute", text: "one two three" })))
      )
    ))))

  it.effect("closing the scope of an answer that nobody reads aborts its call", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const router = yield* Router.Router
      const scope = yield* Scope.make()
      const fiber = yield* router.open("responses", JSON.stringify({ ...request, stream: true })).pipe(
        Scope.provide(scope),
        Effect.forkChild({ startImmediately: true })
      )
      yield* advance(2000)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual((yield* simulator.ledger).map(({ outcome }) => outcome), ["open"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual((yield* simulator.ledger).map(({ outcome }) => outcome), ["aborted"])
    }).pipe(
      Effect.provide(
        layer(Script.always(Behavior.answer({ startAfter: "1 second", pace: "1 minute", text: "one two three" })))
      )
    ))

  it.effect("takes any HttpClient from the context, and never shows it a key in the open", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.make()
      const seen: Array<string> = []
      const spy = HttpClient.tapRequest(simulator.client, (request) =>
        Effect.sync(() => {
          seen.push(request.url, JSON.stringify(request), String(request))
        }))
      const program = Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        return yield* flex.responses.create({ model: "gpt-5.5", input: "Hi", start_within: "default" })
      })
      const response = yield* program.pipe(
        Effect.provide(
          FlexInference.layer({ openai: { apiKey: Redacted.make("sk-very-secret"), baseUrl: "https://my.host/v1/" } })
        ),
        Effect.provideService(HttpClient.HttpClient, spy)
      )
      assert.isNotEmpty(FlexInference.outputText(response))
      assert.strictEqual(seen[0], "https://my.host/v1/responses")
      assert.notInclude(seen.join("\n"), "sk-very-secret")
    }))

  it.effect.prop(
    "commits at most once, relays one leg in order and leaves nothing running, whatever the two legs do",
    [
      script,
      script,
      Schema.Literals(["race", "replace"]),
      Schema.Boolean
    ],
    ([flex, standard, onDeadline, stream]) => {
      const words = (tier: string) => Array.from({ length: 6 }, (_, index) => `${tier}${index} `).join("")
      const behavior = (tier: string, leg: typeof script.Type): Behavior.Behavior => {
        const timing = { startAfter: leg.start, pace: leg.pace, text: words(tier) }
        switch (leg.kind) {
          case "refuse":
            return Behavior.refuse({}, timing)
          case "refuseInStream":
            return Behavior.refuseInStream({}, timing)
          case "stall":
            return Behavior.stall(timing)
          case "cut":
            return Behavior.cut(2, timing)
          case "fail":
            return Behavior.fail(2, {}, timing)
          case "unreachable":
            return Behavior.unreachable(timing)
          default:
            return Behavior.answer(timing)
        }
      }
      return Effect.gen(function*() {
        const result = yield* send({
          body: { ...request, start_within: window, stream },
          options: { onDeadline, recoverBuffered: false },
          watch: 250_000
        })
        assert.isDefined(result.endedAt, "the caller has its answer or its error")
        const said = result.body === undefined
          ? result.frames.map(({ value }) => value === undefined ? "" : Json.string(value, "delta") ?? "").join("")
          : FlexInference.outputText({ output: Json.objects(result.body.value, "output") })
        const tier = result.routing?.tier === "flex" || result.routing?.reason === "flex_won" ? "flex" : "standard"
        assert.isTrue(
          words(tier).startsWith(said.trimEnd()) || words(tier).startsWith(said),
          `${said} is of ${tier} alone`
        )
        if (result.error === undefined) assert.strictEqual(said, words(tier))
        const numbers = result.frames.map(({ value }) => Json.number(value ?? {}, "sequence_number") ?? -1)
        assert.deepStrictEqual(numbers, numbers.map((_, index) => index))
        assert.isAtMost(result.calls.length, 2)
        assert.isTrue(result.calls.every(({ outcome }) => outcome !== "open"), JSON.stringify(result.calls))
        assert.isTrue(result.calls.every(({ endedAt }) => (endedAt ?? Infinity) <= (result.endedAt ?? 0)))
      }).pipe(
        Effect.provide(
          layer(Script.byTier({ flex: behavior("flex", flex), standard: behavior("standard", standard) }))
        ),
        Effect.scoped
      )
    }
  )
})

describe("the spans", () => {
  it.effect("are one for the request and one for each leg, by OpenTelemetry's names, without a word of the prompt", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      yield* Effect.withTracer(
        send({ body: { ...request, input: "a secret prompt", start_within: window, stream: true }, watch: 20_000 }),
        tracer
      )
      const [asked, ...legs] = spans.filter(({ name }) => name.startsWith("flexinference."))
      assert.deepInclude(Object.fromEntries(asked?.attributes ?? []), {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.5",
        "flexinference.reason": "flex_capacity"
      })
      assert.deepStrictEqual(legs.map(({ attributes }) => attributes.get("openai.request.service_tier")), [
        "flex",
        "default"
      ])
      assert.notInclude(JSON.stringify(spans.map(({ attributes, name }) => [name, Array.from(attributes)])), "secret")
    }).pipe(Effect.provide(layer(Script.byTier({ flex: Behavior.refuse() })))))
})

describe("the record", () => {
  it.effect("lists every call with its times", () =>
    Effect.gen(function*() {
      const { routing } = yield* send({ body: { ...request, start_within: window, stream: true }, watch: 20_000 })
      assert.deepStrictEqual(
        routing?.legs.map(({ openedAfter, outcome, provider, endedAfter, tier }) => ({
          provider,
          tier,
          openedAfter,
          endedAfter,
          outcome
        })),
        [
          { provider: "openai", tier: "flex", openedAfter: 0, endedAfter: 11_000, outcome: "aborted" },
          { provider: "openai", tier: "standard", openedAfter: 10_000, endedAfter: 11_000, outcome: "started" }
        ]
      )
      assert.strictEqual(routing?.costMicroUsd, undefined)
    }).pipe(
      Effect.provide(
        layer(Script.byTier({ flex: Behavior.stall(), standard: Behavior.answer({ startAfter: "1 second" }) }))
      )
    ))
})
