import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as FlexInference from "../src/FlexInference.ts"
import * as FlexMemory from "../src/FlexMemory.ts"
import * as FlexPolicy from "../src/FlexPolicy.ts"
import * as Router from "../src/Router.ts"
import { Behavior, Script, Simulator } from "../src/simulator/index.ts"
import * as Transport from "../src/Transport.ts"
import * as OneAnswer from "./support/transport.ts"
import { advance, layer, list, type Request, type Result, send } from "./support/race.ts"

const request = { model: "gpt-5.5", input: "Say hello.", start_within: "00h-00m-10s", stream: true }
const standard = Behavior.answer({ startAfter: "1 second", text: "Hello from standard." })
const answered = (seconds: number) => Behavior.answer({ startAfter: `${seconds} seconds` })

const serving = (flex: Behavior.Behavior, options?: FlexMemory.Options) =>
  layer(Script.byTier({ flex, standard })).pipe(Layer.provideMerge(FlexMemory.layer(options)))

const ask = (options?: Partial<Request>) => send({ body: request, ...options })

/** The reason, the tiers that were asked, and how long the start took. */
const said = ({ calls, routing }: Result, before: number) => [
  routing?.reason,
  calls.slice(before).map(({ tier }) => tier).join(" "),
  routing === undefined ? undefined : Duration.toMillis(routing.startedAfter)
]

/** The same request, again and again. */
const askAll = (times: number, options?: Partial<Request>) =>
  Effect.gen(function*() {
    const all: Array<ReturnType<typeof said>> = []
    let before = 0
    for (let turn = 0; turn < times; turn++) {
      const result = yield* ask(options)
      all.push(said(result, before))
      before = result.calls.length
    }
    return all
  })

const known = Effect.flatMap(FlexMemory.FlexMemory, (memory) => memory.estimate("openai", "gpt-5.5"))

const resultsOf = Effect.map(known, ({ outcomes }) => outcomes.map(({ after, result }) => [result, after]))

describe("Router with a FlexMemory", () => {
  it.effect("without one, the 101st race is as the first, whatever became of the 100 before it", () =>
    Effect.gen(function*() {
      const all = yield* askAll(101, { watch: 2000 })
      for (const one of all) assert.deepStrictEqual(one, ["flex_capacity", "flex standard", 1000])
    }).pipe(Effect.provide(layer(Script.byTier({ flex: Behavior.refuse(), standard })))))

  it.effect("asks standard at once after refusals, says so, and tries flex again after a minute", () =>
    Effect.gen(function*() {
      const all = yield* askAll(7)
      assert.deepStrictEqual(all.slice(0, 5), all.slice(0, 5).map(() => ["flex_capacity", "flex standard", 1000]))
      assert.deepStrictEqual(all.slice(5), all.slice(5).map(() => ["flex_cooling", "standard", 1000]))
      yield* TestClock.adjust("1 minute")
      const before = (yield* Simulator.Simulator.use(({ ledger }) => ledger)).length
      assert.deepStrictEqual(said(yield* ask(), before), ["flex_capacity", "flex standard", 1000])
    }).pipe(Effect.provide(serving(Behavior.refuse()))))

  it.effect("asks a skipped request in the mode its caller asked in, and says why in a body as in a stream", () =>
    Effect.gen(function*() {
      yield* askAll(5)
      const { body, calls, routing } = yield* ask({ body: { ...request, stream: false, include_cost: true } })
      assert.strictEqual(routing?.reason, "flex_cooling")
      assert.deepInclude(body?.value["usage"], {
        routing: {
          provider: "openai",
          requested_provider: "openai",
          tier: "default",
          reason: "flex_cooling",
          fallback_attempts: 0,
          mode: "byok"
        }
      })
      const simulator = yield* Simulator.Simulator
      assert.strictEqual((yield* simulator.ledger).at(-1)?.stream, false)
      assert.strictEqual(calls.length, 11)
    }).pipe(Effect.provide(serving(Behavior.refuse()))))

  it.effect.each<readonly [name: string, Behavior.Behavior, Partial<Request>, unknown]>([
    ["a start", answered(3), {}, [["started", 3000]]],
    ["a refusal", Behavior.refuse(), {}, [["refused", 0]]],
    ["a refusal in the stream", Behavior.refuseInStream({}, { startAfter: "2 seconds" }), {}, [["refused", 2000]]],
    ["a broken connection", Behavior.unreachable(), {}, [["refused", 0]]],
    ["a stall, for as long as flex was in the race", Behavior.stall(), {}, [["stalled", 11_000]]],
    ["a stall that is replaced", Behavior.stall(), { options: { onDeadline: "replace" } }, [["stalled", 10_000]]],
    ["a start after the deadline", answered(10.5), {}, [["started", 10_500]]],
    ["nothing against flex where the caller leaves", Behavior.stall(), { interruptAt: 4000 }, [["left", 4000]]],
    ["nothing where the request was wrong", Behavior.refuse({ status: 400, code: "bad" }), {}, []]
  ])("remembers %s", ([, flex, options, expected]) =>
    Effect.gen(function*() {
      yield* ask(options)
      assert.deepStrictEqual(yield* resultsOf, expected)
    }).pipe(Effect.provide(serving(flex))))

  it.effect.each<readonly [name: string, wait: Duration.Input, opened: number]>([
    ["after the wait that a policy gives", "4 seconds", 4000],
    ["at the end of the window, where a policy would wait longer", "1 hour", 10_000],
    ["at once, where a policy would not wait", 0, 0]
  ])("opens standard beside flex %s", ([, wait, opened]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(list((yield* ask()).calls), [
        ["flex", 0, opened + 1000, "aborted"],
        ["standard", opened, opened + 1000, "completed"]
      ])
    }).pipe(Effect.provide(serving(Behavior.stall(), { policy: () => FlexPolicy.race(wait) }))))

  it.effect("waits as long as a second is worth it, for the caller who says what it is worth", () =>
    Effect.gen(function*() {
      // 21 tokens that are read and 500 that are written are 15,105 micro-USD, of which flex saves half.
      const paid = yield* ask({ options: { secondMicroUsd: 1500 } })
      assert.strictEqual(paid.calls.find(({ tier }) => tier === "standard")?.openedAt, 5034)
    }).pipe(Effect.provide(serving(Behavior.stall()))))

  it.effect("gives a slot back when its leg has started, has failed, or its caller has left", () =>
    Effect.gen(function*() {
      for (const interruptAt of [undefined, 2000, undefined]) {
        const { error } = yield* ask(interruptAt === undefined ? {} : { interruptAt })
        assert.strictEqual(error, undefined)
      }
      assert.deepStrictEqual((yield* resultsOf).map(([result]) => result), ["started", "left", "started"])
    }).pipe(Effect.provide(serving(answered(3), { slots: { total: 1 } }))))

  it.effect("serves on standard for whom there is no slot, while another waits", () =>
    Effect.gen(function*() {
      const router = yield* Router.Router
      const waiting = yield* Effect.forkScoped(Effect.scoped(router.open("responses", JSON.stringify(request))))
      yield* advance(1000)
      const second = yield* ask()
      assert.strictEqual(second.routing?.reason, "flex_slots_full")
      assert.strictEqual(second.report?.tier, "default")
      assert.isUndefined(waiting.pollUnsafe())
    }).pipe(Effect.scoped, Effect.provide(serving(Behavior.stall(), { slots: { perProvider: 1 } }))))

  it.effect("is found in the context of a call as in that of its router, the router's first", () =>
    Effect.gen(function*() {
      const memory = FlexMemory.make()
      yield* Effect.provideService(ask(), FlexMemory.FlexMemory, memory).pipe(
        Effect.provide(layer(Script.byTier({ flex: answered(3) })))
      )
      assert.strictEqual((yield* memory.estimate("openai", "gpt-5.5")).outcomes.length, 1)
      yield* Effect.provideService(ask(), FlexMemory.FlexMemory, memory).pipe(Effect.provide(serving(answered(3))))
      assert.strictEqual((yield* memory.estimate("openai", "gpt-5.5")).outcomes.length, 1)
    }))
})

describe("Router with a FlexMemory and a prompt cache", () => {
  const eventStream = { "content-type": "text/event-stream" }

  /** A provider that reads 50,000 tokens, all of them from a cache from the second time on, and refuses flex at first. */
  const provider = (tiers: Array<string>, refusals: number) =>
    Layer.succeed(
      Transport.Transport,
      Transport.make(({ body }) =>
        Effect.sync(() => {
          const tier = /"service_tier":"(\w+)"/.exec(body)?.[1] ?? "none"
          const cached = tiers.includes(tier) ? 49_000 : 0
          tiers.push(tier)
          const usage = {
            input_tokens: 50_000,
            input_tokens_details: { cached_tokens: cached },
            output_tokens: 50,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 50_050
          }
          const response = {
            id: "resp_1",
            object: "response",
            status: "completed",
            service_tier: tier,
            output: [],
            usage
          }
          const isRefused = tier === "flex" && tiers.filter((tier) => tier === "flex").length <= refusals
          const events = [
            { type: "response.created", response: { ...response, status: "in_progress", usage: null } },
            { type: "response.output_item.added", output_index: 0, item: { type: "message", id: "m", content: [] } },
            { type: "response.completed", response }
          ]
          const isStream = body.includes("\"stream\":true")
          const text = isRefused
            ? JSON.stringify({ error: { code: "resource_unavailable", message: "Busy." } })
            : isStream
            ? events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
            : JSON.stringify(response)
          return OneAnswer.answer(isRefused ? 429 : 200, isStream && !isRefused ? eventStream : {}, text)
        })
      )
    )

  const inference = (tiers: Array<string>, refusals: number) =>
    FlexInference.layerTransport({ openai: { apiKey: Redacted.make("sk-test") } }).pipe(
      Layer.provide(provider(tiers, refusals)),
      Layer.provide(FlexMemory.layer({ policy: FlexPolicy.make({ turnsAhead: 0 }) }))
    )

  const first = { role: "user", content: "Read the whole of the code." } as const

  const turn = (count: number, key?: string) => ({
    model: "gpt-5.5",
    start_within: "00h-00m-30s" as const,
    instructions: "You are an agent.",
    input: [first, ...Array.from({ length: count }, (_, index) => ({ role: "user" as const, content: `${index}` }))],
    ...(key === undefined ? {} : { prompt_cache_key: key })
  })

  it.effect("leaves a conversation on the tier that has its prefix, streamed and whole, and says so", () =>
    Effect.gen(function*() {
      const tiers: Array<string> = []
      yield* Effect.gen(function*() {
        const { responses } = yield* FlexInference.FlexInference
        yield* Stream.runDrain(responses.stream(turn(0)))
        const body = yield* responses.create(turn(1))
        assert.strictEqual(body.usage?.routing?.reason, "cache_affinity")
        const opened = yield* responses.open(turn(2))
        assert.strictEqual(opened.routing.reason, "cache_affinity")
        yield* Stream.runDrain(opened.events)
        // Another conversation has no cache anywhere.
        const other = yield* responses.create({ ...turn(0), instructions: "You are another agent." })
        assert.strictEqual(other.usage?.routing?.reason, "flex_won")
      }).pipe(Effect.scoped, Effect.provide(inference(tiers, 1)))
      assert.deepStrictEqual(tiers, ["flex", "default", "default", "default", "flex"])
    }))

  it.effect("knows a conversation by the key that its caller gives the provider's cache", () =>
    Effect.gen(function*() {
      const tiers: Array<string> = []
      yield* Effect.gen(function*() {
        const { responses } = yield* FlexInference.FlexInference
        yield* responses.create({ ...turn(0, "k"), input: "One." })
        const again = yield* responses.create({ ...turn(0, "k"), input: "Two." })
        assert.strictEqual(again.usage?.routing?.reason, "cache_affinity")
        const other = yield* responses.create({ ...turn(0, "other"), input: "Two." })
        assert.strictEqual(other.usage?.routing?.reason, "flex_won")
      }).pipe(Effect.provide(inference(tiers, 1)))
    }))

  it.effect("keeps the conversations of one owner from another", () =>
    Effect.gen(function*() {
      const tiers: Array<string> = []
      yield* Effect.gen(function*() {
        const router = yield* Router.Router
        const ask = (owner: string) =>
          Effect.map(
            Effect.scoped(router.open("responses", JSON.stringify(turn(0, "same")), undefined, { headers: {}, owner })),
            ({ routing }) => routing.reason
          )
        assert.deepStrictEqual(
          [yield* ask("one"), yield* ask("one"), yield* ask("two"), yield* ask("one")],
          ["flex_capacity", "cache_affinity", "flex_won", "cache_affinity"]
        )
      }).pipe(Effect.provide(
        Router.layerTransport({ openai: { apiKey: Redacted.make("sk-test") } }).pipe(
          Layer.provide(provider(tiers, 1)),
          Layer.provide(FlexMemory.layer({ policy: FlexPolicy.make({ turnsAhead: 0 }) }))
        )
      ))
    }))
})
