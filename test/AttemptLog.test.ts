import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Metric, Option, Redacted, Schema, Stream, Tracer } from "effect"
import { PrometheusMetrics } from "effect/observability"
import * as AttemptLog from "../src/AttemptLog.ts"
import * as AttemptMetrics from "../src/AttemptMetrics.ts"
import * as FlexInference from "../src/FlexInference.ts"
import * as Router from "../src/Router.ts"
import { Behavior, Script } from "../src/simulator/index.ts"
import type { Usage } from "../src/Usage.ts"
import { layer as router, type Request, send } from "./support/race.ts"
import * as transport from "./support/transport.ts"

const window = "00h-00m-10s"
const prompt = "canary-prompt: say hello."
const words = "canary-answer here."
/** What `Redacted` guards in every test that sends something here. */
const key = "sk-test"

const flex = Behavior.answer({ startAfter: "3 seconds", pace: "1 second", text: words })
const standard = Behavior.answer({ startAfter: "1 second", text: words })

/** A log that keeps what it is told, and its layer. */
const kept = () => {
  const records: Array<AttemptLog.AttemptRecord> = []
  const layer = AttemptLog.layer({ record: (record) => Effect.sync(() => void records.push(record)) })
  return { records, layer }
}

const usage: Usage = {
  input: 7,
  cachedInput: 0,
  cacheWriteInput: 0,
  longCacheWriteInput: 0,
  output: 5,
  reasoning: 0,
  webSearches: 0
}
const unknown = { usage: null, costMicroUsd: null, listMicroUsd: null }
/** 5 and 30 dollars a million at standard, half of it at flex. */
const atStandard = { usage, costMicroUsd: 185, listMicroUsd: 185 }
const atFlex = { usage, costMicroUsd: 93, listMicroUsd: 185 }

const leg = (tier: string, outcome: AttemptLog.LegOutcome, times: readonly [number, number | null, number]) => ({
  provider: "openai",
  tier,
  openedAtMs: times[0],
  startedAtMs: times[1],
  endedAtMs: times[2],
  outcome,
  ...unknown
})

/** The record of a request that failed before anything was known. */
const nothing: AttemptLog.AttemptRecord = {
  v: 1,
  time: "1970-01-01T00:00:00.000Z",
  level: "info",
  event: "request",
  requestId: null,
  key: null,
  surface: "responses",
  model: "gpt-5.5",
  provider: "openai",
  tier: null,
  reason: null,
  status: 200,
  startWithin: window,
  startedAfterMs: null,
  durationMs: 0,
  ...unknown,
  savingMicroUsd: null,
  retries: 0,
  fallbackAttempts: 0,
  rung: null,
  legs: []
}

interface Row {
  readonly name: string
  readonly script: Script.Script
  readonly body?: object
  readonly request?: Partial<Request>
  /** What differs from `nothing`. */
  readonly record: Partial<AttemptLog.AttemptRecord>
}

const won = { tier: "flex", reason: "flex_won", startedAfterMs: 3000, ...atFlex, savingMicroUsd: 92 }
const served = { tier: "standard", ...atStandard, savingMicroUsd: 0 }
const stream = { stream: true }
const named = { start_within: "default" } as const

const rows: ReadonlyArray<Row> = [
  {
    name: "flex that wins, streamed to its end",
    script: Script.byTier({ flex }),
    body: stream,
    record: { ...won, durationMs: 7000, legs: [{ ...leg("flex", "completed", [0, 3000, 7000]), ...atFlex }] }
  },
  {
    name: "flex that wins, collected",
    script: Script.byTier({ flex }),
    record: { ...won, durationMs: 7000, legs: [{ ...leg("flex", "completed", [0, 3000, 7000]), ...atFlex }] }
  },
  {
    name: "a deadline, whose beaten leg has a cost that nobody knows",
    script: Script.byTier({ flex: Behavior.stall(), standard }),
    body: stream,
    record: {
      ...served,
      reason: "flex_deadline",
      startedAfterMs: 11_000,
      durationMs: 11_000,
      legs: [
        leg("flex", "beaten", [0, null, 11_000]),
        { ...leg("standard", "completed", [10_000, 11_000, 11_000]), ...atStandard }
      ]
    }
  },
  {
    name: "a refusal",
    script: Script.byTier({ flex: Behavior.refuse(), standard }),
    body: stream,
    record: {
      ...served,
      reason: "flex_capacity",
      startedAfterMs: 1000,
      durationMs: 1000,
      legs: [
        leg("flex", "refused", [0, null, 0]),
        { ...leg("standard", "completed", [0, 1000, 1000]), ...atStandard }
      ]
    }
  },
  {
    name: "a tier that the provider says it has not",
    script: Script.byTier({ flex: Behavior.refuseTier(), standard }),
    body: stream,
    record: {
      ...served,
      reason: "flex_unsupported",
      startedAfterMs: 1000,
      durationMs: 1000,
      legs: [
        leg("flex", "unsupported", [0, null, 0]),
        { ...leg("standard", "completed", [0, 1000, 1000]), ...atStandard }
      ]
    }
  },
  {
    name: "a flex answer that broke and was made up for",
    script: Script.byTier({ flex: Behavior.cut(1, { startAfter: "2 seconds" }), standard }),
    record: {
      ...served,
      reason: "flex_recovered",
      startedAfterMs: 3000,
      durationMs: 3000,
      legs: [
        leg("flex", "broken", [0, 2000, 2000]),
        { ...leg("standard", "completed", [2000, null, 3000]), ...atStandard }
      ]
    }
  },
  {
    name: "an answer that broke before its caller's eyes",
    script: Script.byTier({ flex: Behavior.cut(1, { startAfter: "2 seconds", pace: "1 second" }) }),
    body: stream,
    record: {
      level: "warn",
      status: 502,
      tier: "flex",
      reason: "flex_won",
      startedAfterMs: 2000,
      durationMs: 3000,
      legs: [leg("flex", "broken", [0, 2000, 3000])]
    }
  },
  {
    name: "a tier by name, streamed",
    script: Script.always(standard),
    body: { ...named, ...stream },
    record: {
      ...served,
      startWithin: "default",
      reason: "tier_direct",
      startedAfterMs: 1000,
      durationMs: 1000,
      legs: [{ ...leg("standard", "completed", [0, 1000, 1000]), ...atStandard }]
    }
  },
  {
    name: "a tier by name, as a body, whose start nobody sees",
    script: Script.always(standard),
    body: named,
    record: {
      ...served,
      startWithin: "default",
      reason: "tier_direct",
      startedAfterMs: 1000,
      durationMs: 1000,
      legs: [{ ...leg("standard", "completed", [0, null, 1000]), ...atStandard }]
    }
  },
  {
    name: "retries",
    script: Script.inTurn(Behavior.refuse(), Behavior.refuse({ status: 500 }), standard),
    body: { ...named, retry: { count: 2, jitter: false } },
    record: {
      ...served,
      startWithin: "default",
      reason: "tier_direct",
      startedAfterMs: 2500,
      durationMs: 2500,
      retries: 2,
      legs: [
        leg("standard", "refused", [0, null, 0]),
        leg("standard", "failed", [500, null, 500]),
        { ...leg("standard", "completed", [1500, null, 2500]), ...atStandard }
      ]
    }
  },
  {
    name: "retries that were all in vain",
    script: Script.always(Behavior.unreachable()),
    body: { ...named, retry: { count: 2, jitter: false } },
    record: {
      level: "warn",
      status: 502,
      startWithin: "default",
      durationMs: 1500,
      retries: 2,
      legs: [0, 500, 1500].map((at) => leg("standard", "unreachable", [at, null, at]))
    }
  },
  {
    name: "a chain that went on to its second route",
    script: Script.byProvider({ openai: Script.always(Behavior.refuse()), anthropic: Script.always(standard) }),
    body: { ...named, model: "nobodys-model", provider: ["openai", "anthropic"] },
    record: {
      model: "nobodys-model",
      provider: "anthropic",
      tier: "standard",
      reason: "chain_advanced",
      startWithin: "default",
      startedAfterMs: 1000,
      durationMs: 1000,
      fallbackAttempts: 1,
      // A model of nobody's has no price.
      usage: { ...usage, input: 20 },
      legs: [
        leg("standard", "refused", [0, null, 0]),
        {
          ...leg("standard", "completed", [0, null, 1000]),
          provider: "anthropic",
          usage: { ...usage, input: 20 }
        }
      ]
    }
  },
  {
    name: "a provider that does not take the key",
    script: Script.always(Behavior.refuse({ status: 401 })),
    body: stream,
    record: { level: "warn", status: 403, legs: [leg("flex", "unauthorized", [0, null, 0])] }
  },
  {
    name: "a request that the provider finds wrong, which is its caller's matter",
    script: Script.always(Behavior.refuse({ status: 400, code: "unsupported_parameter", message: "No foo." })),
    body: stream,
    record: { status: 400, legs: [leg("flex", "rejected", [0, null, 0])] }
  },
  {
    name: "a provider that is silent for too long",
    script: Script.always(Behavior.silent),
    body: { ...named, ...stream },
    record: {
      level: "warn",
      status: 504,
      startWithin: "default",
      durationMs: 60_000,
      legs: [leg("standard", "timed_out", [0, null, 60_000])]
    }
  },
  {
    name: "a request that is wrong, refused before any call",
    script: Script.always(standard),
    body: { start_within: "5m" },
    record: { provider: null, status: 400, startWithin: null }
  },
  {
    name: "a race for a model that has no flex tier, refused before any call",
    script: Script.always(standard),
    body: { model: "claude-opus-4-8" },
    record: { model: "claude-opus-4-8", provider: null, status: 400 }
  },
  {
    name: "a caller that leaves while it waits",
    script: Script.always(Behavior.stall()),
    body: stream,
    request: { interruptAt: 12_000 },
    record: {
      status: 499,
      reason: "canceled",
      durationMs: 12_000,
      legs: [leg("flex", "canceled", [0, null, 12_000]), leg("standard", "canceled", [10_000, null, 12_000])]
    }
  },
  {
    name: "a caller that leaves in the middle, whose answer has a cost that nobody knows",
    script: Script.byTier({ flex }),
    body: stream,
    request: { interruptAt: 5000 },
    record: {
      status: 499,
      tier: "flex",
      reason: "flex_won",
      startedAfterMs: 3000,
      durationMs: 5000,
      legs: [leg("flex", "canceled", [0, 3000, 5000])]
    }
  }
]

const ask = ({ body, request }: Pick<Row, "body" | "request">) =>
  send({ body: { model: "gpt-5.5", input: prompt, start_within: window, ...body }, ...request })

describe("the record of a request", () => {
  for (const row of rows) {
    it.effect(`tells of ${row.name}`, () => {
      const { layer, records } = kept()
      return Effect.gen(function*() {
        yield* Effect.provide(ask(row), layer)
        assert.deepStrictEqual(records, [{ ...nothing, ...row.record }])
        const lines = yield* Effect.forEach(
          records,
          (record) => Schema.encodeEffect(AttemptLog.AttemptRecordLine)(record)
        )
        assert.deepStrictEqual(
          yield* Effect.forEach(lines, (line) => Schema.decodeEffect(AttemptLog.AttemptRecordLine)(line)),
          records
        )
        for (const canary of ["canary", key]) assert.notInclude(lines.join(), canary)
      }).pipe(Effect.provide(router(row.script)), Effect.scoped)
    })
  }
})

const asked = { model: "gpt-5.5", input: prompt, start_within: "default" } as const

describe("the record of an answer that is none", () => {
  const failed = JSON.stringify({ id: "resp_1", status: "failed", error: { code: "server_error", message: "No." } })

  it.effect("is that of a failure, though its caller is handed the provider's 200", () => {
    const { layer, records } = kept()
    return Effect.gen(function*() {
      const { open } = yield* Router.Router
      const answer = yield* Effect.provide(open("responses", JSON.stringify(asked)), layer)
      assert.strictEqual(answer._tag === "Body" ? answer.text.includes("failed") : undefined, true)
      assert.deepInclude(records[0], {
        level: "warn",
        status: 502,
        reason: "tier_direct",
        tier: "standard",
        ...unknown
      })
      assert.deepStrictEqual(records.map(({ legs }) => legs.map(({ outcome }) => outcome)), [["failed"]])
    }).pipe(
      Effect.provide(Layer.provide(
        Router.layerTransport({ openai: { apiKey: Redacted.make(key) } }),
        transport.layer([], { body: failed }, "")
      )),
      Effect.scoped
    )
  })
})

describe("a log", () => {
  const whole = Effect.flatMap(FlexInference.FlexInference, ({ responses }) => responses.create(asked))
  const over = (log: Layer.Layer<AttemptLog.AttemptLog>) =>
    Layer.provide(FlexInference.layerRouter, Layer.provide(router(Script.always(Behavior.answer())), log))

  it.effect("hears of every request where it is given to the router's layer", () => {
    const { layer, records } = kept()
    return Effect.gen(function*() {
      yield* whole
      yield* whole
      assert.strictEqual(records.length, 2)
    }).pipe(Effect.provide(over(layer)))
  })

  it.effect("takes the place of the router's where it is given around a call", () => {
    const beside = kept()
    const around = kept()
    return Effect.gen(function*() {
      yield* Effect.provide(whole, around.layer)
      assert.deepStrictEqual([beside.records.length, around.records.length], [0, 1])
    }).pipe(Effect.provide(over(beside.layer)))
  })

  it.effect("hears beside another to which it is added", () => {
    const one = kept()
    const other = kept()
    return Effect.gen(function*() {
      yield* whole
      assert.deepStrictEqual(one.records, other.records)
      assert.strictEqual(one.records.length, 1)
    }).pipe(Effect.provide(over(Layer.provide(one.layer, other.layer))))
  })

  it.effect("that fails takes nothing from the answer", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* whole).object, "response")
    }).pipe(Effect.provide(over(AttemptLog.layer({ record: () => Effect.die(new Error("full")) })))))
})

/** The sum of a counter's series that have these attributes. */
const sum = (snapshot: ReadonlyArray<Metric.Metric.Snapshot>, id: string, attributes: object = {}): number =>
  snapshot.filter((metric) =>
    metric.id === id &&
    Object.entries(attributes).every(([name, value]) => metric.attributes?.[name] === value)
  ).reduce((sum, metric) => sum + (metric.type === "Counter" ? Number(metric.state.count) : 0), 0)

const histogram = (snapshot: ReadonlyArray<Metric.Metric.Snapshot>, id: string) =>
  snapshot.flatMap((metric) => metric.id === id && metric.type === "Histogram" ? [metric.state] : [])

const gauge = (snapshot: ReadonlyArray<Metric.Metric.Snapshot>, id: string) =>
  snapshot.flatMap((metric) => metric.id === id && metric.type === "Gauge" ? [metric.state.value] : [])

describe("the metrics", () => {
  const fresh = Layer.sync(Metric.MetricRegistry, () => new Map())

  it.effect("add up to what the records say, and tell nothing else", () => {
    const { layer, records } = kept()
    return Effect.gen(function*() {
      for (const row of rows) {
        const logs = yield* Layer.build(Layer.provide(AttemptMetrics.layer, layer))
        yield* Effect.scoped(Effect.provide(Effect.provideContext(ask(row), logs), router(row.script)))
      }
      const snapshot = yield* Metric.snapshot
      const total = (of: (record: AttemptLog.AttemptRecord) => number | null | undefined) =>
        records.reduce((sum, record) => sum + (of(record) ?? 0), 0)
      assert.strictEqual(records.length, rows.length)
      assert.deepStrictEqual({
        requests: sum(snapshot, "flexinference_requests_total"),
        canceled: sum(snapshot, "flexinference_requests_total", { status: "499" }),
        won: sum(snapshot, "flexinference_requests_total", {
          surface: "responses",
          provider: "openai",
          model: "gpt-5.5",
          tier: "flex",
          reason: "flex_won",
          status: "200"
        }),
        cost: sum(snapshot, "flexinference_cost_microusd_total"),
        saving: sum(snapshot, "flexinference_saving_microusd_total", { provider: "openai", model: "gpt-5.5" }),
        input: sum(snapshot, "flexinference_tokens_total", { kind: "input" }),
        output: sum(snapshot, "flexinference_tokens_total", { kind: "output" }),
        retries: sum(snapshot, "flexinference_retries_total", { provider: "openai" }),
        legs: sum(snapshot, "flexinference_legs_total"),
        beaten: sum(snapshot, "flexinference_legs_total", { provider: "openai", tier: "flex", outcome: "beaten" }),
        capacity: sum(snapshot, "flexinference_refusals_total", { kind: "capacity" }),
        unsupported: sum(snapshot, "flexinference_refusals_total", { kind: "unsupported", model: "gpt-5.5" }),
        unknownModels: sum(snapshot, "flexinference_requests_total", { model: "other" })
      }, {
        requests: records.length,
        canceled: 2,
        won: 2,
        cost: total(({ costMicroUsd }) => costMicroUsd),
        saving: total(({ savingMicroUsd }) => savingMicroUsd),
        input: total(({ usage }) => usage?.input),
        output: total(({ usage }) => usage?.output),
        retries: total(({ retries }) => retries),
        legs: total(({ legs }) => legs.length),
        beaten: 1,
        capacity: total(({ legs }) => legs.filter(({ outcome }) => outcome === "refused").length),
        unsupported: 1,
        unknownModels: 1
      })
      // Not of the recovered one: its standard answer came as a body.
      const starts = records.filter(({ legs, reason }) =>
        reason !== "flex_recovered" && legs.some(({ startedAtMs }) => startedAtMs !== null)
      )
      const states = histogram(snapshot, "flexinference_start_seconds")
      assert.strictEqual(states.reduce((count, state) => count + state.count, 0), starts.length)
      assert.strictEqual(
        states.reduce((sum, state) => sum + state.sum, 0),
        starts.reduce((sum, { startedAfterMs }) => sum + (startedAfterMs ?? 0) / 1000, 0)
      )
      assert.deepStrictEqual(
        histogram(snapshot, "flexinference_overhead_seconds").map(({ count }) => count),
        [records.filter(({ legs }) => legs.length > 0).length]
      )
      assert.deepStrictEqual(gauge(snapshot, "flexinference_waiting"), [0])
      assert.deepStrictEqual(gauge(snapshot, "flexinference_in_flight"), [0])
      const told = JSON.stringify(snapshot, (_, value) => typeof value === "bigint" ? String(value) : value)
      for (const canary of ["canary", "nobodys-model", key]) assert.notInclude(told, canary)
    }).pipe(Effect.provide(fresh), Effect.scoped)
  })

  it.effect("count what waits, and what is under way", () =>
    Effect.gen(function*() {
      const { open } = yield* Router.Router
      const answer = yield* open("responses", JSON.stringify({ ...asked, stream: true }))
      const started = yield* Metric.snapshot
      assert.deepStrictEqual(gauge(started, "flexinference_waiting"), [0])
      assert.deepStrictEqual(gauge(started, "flexinference_in_flight"), [1])
      assert.strictEqual(answer._tag, "Stream")
    }).pipe(
      Effect.scoped,
      Effect.andThen(
        Effect.map(Metric.snapshot, (left) => assert.deepStrictEqual(gauge(left, "flexinference_in_flight"), [0]))
      ),
      Effect.provide(Layer.provide(router(Script.always(Behavior.answer())), AttemptMetrics.layer)),
      Effect.provide(fresh)
    ))
})

describe("a program", () => {
  it.effect("collects records, and exports what they add up to", () => {
    const { layer, records } = kept()
    const program = Effect.gen(function*() {
      const { responses } = yield* FlexInference.FlexInference
      yield* responses.create(asked)
      yield* Stream.runDrain(responses.stream(asked))
      return yield* PrometheusMetrics.format()
    })
    return Effect.gen(function*() {
      const text = yield* program
      assert.deepStrictEqual(records.map(({ provider, status }) => [provider, status]), [["openai", 200], [
        "openai",
        200
      ]])
      const cost = records.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? Number.NaN), 0)
      assert.include(
        text,
        `flexinference_cost_microusd_total{provider="openai",model="gpt-5.5",tier="standard"} ${cost}\n`
      )
    }).pipe(
      Effect.provide(
        FlexInference.layerRouter.pipe(
          Layer.provide(router(Script.always(Behavior.answer()))),
          Layer.provide(Layer.provide(AttemptMetrics.layer, layer))
        )
      ),
      Effect.provide(Layer.sync(Metric.MetricRegistry, () => new Map()))
    )
  })
})

describe("the spans", () => {
  const spansOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    return Effect.as(
      Effect.withTracer(effect, tracer),
      spans
    ).pipe(Effect.map((spans) => spans.filter(({ name }) => name.startsWith("flexinference."))))
  }

  it.effect("carry tokens, cost, saving and the outcome of every leg, until the answer has ended", () =>
    Effect.gen(function*() {
      const [request, ...legs] = yield* spansOf(ask({ body: stream }))
      assert.deepInclude(Object.fromEntries(request?.attributes ?? []), {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.5",
        "openai.response.service_tier": "default",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 5,
        "flexinference.reason": "flex_capacity",
        "flexinference.cost_micro_usd": 185,
        "flexinference.saving_micro_usd": 0,
        "flexinference.leg.0.tier": "flex",
        "flexinference.leg.0.outcome": "refused",
        "flexinference.leg.1.tier": "standard",
        "flexinference.leg.1.outcome": "completed"
      })
      assert.deepStrictEqual(
        legs.map(({ attributes }) => [attributes.get("flexinference.leg.outcome"), attributes.has("error.type")]),
        [["failed", true], ["started", false]]
      )
      assert.isTrue([request, ...legs].every((span) => span?.status._tag === "Ended"))
      const status = request?.status
      assert.strictEqual(status?._tag === "Ended" ? status.endTime - status.startTime : undefined, 1_000_000_000n)
    }).pipe(Effect.provide(router(Script.byTier({ flex: Behavior.refuse(), standard }))), Effect.scoped))

  it.effect("of a failure have its code and not a word that its provider said", () =>
    Effect.gen(function*() {
      const spans = yield* spansOf(ask({}))
      for (const { status } of spans) {
        const failure = status._tag === "Ended" && Exit.isFailure(status.exit)
          ? Option.getOrUndefined(Cause.findErrorOption(status.exit.cause))
          : undefined
        assert.strictEqual(failure, "bad_prompt")
      }
      assert.strictEqual(spans.length, 2)
      assert.isTrue(spans.every(({ attributes }) => attributes.get("error.type") === "bad_prompt"))
    }).pipe(
      Effect.provide(router(Script.always(Behavior.refuse({ status: 400, code: "bad_prompt", message: prompt })))),
      Effect.scoped
    ))
})
