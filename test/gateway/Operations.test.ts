import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Logger, Metric, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import * as AttemptLog from "../../src/AttemptLog.ts"
import * as AttemptMetrics from "../../src/AttemptMetrics.ts"
import * as Exporter from "../../src/cli/Exporter.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as Log from "../../src/gateway/Log.ts"
import * as Router from "../../src/Router.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"

const gatewayKey = "canary-gateway-key"
const providerKey = "canary-provider-key"
const operatorKey = "canary-operator-key"
const prompt = "canary-prompt"
const answer = "canary-answer"

interface Options {
  readonly gateway?: Gateway.Options
  readonly script?: Script.Script
  readonly log?: Layer.Layer<AttemptLog.AttemptLog>
  readonly around?: Layer.Layer<never>
}

/** A gateway whose metrics are its own. */
const running = ({ around = Layer.empty, gateway, log, script }: Options = {}) =>
  Layer.build(
    Gateway.layer({ port: 0, ...gateway }).pipe(
      Layer.provide(Router.layer({
        openai: { apiKey: Redacted.make(providerKey) },
        anthropic: { apiKey: Redacted.make(providerKey) }
      })),
      Layer.provide(Simulator.layer({ seed: 1, script: script ?? Script.always(Behavior.answer({ text: answer })) })),
      Layer.provide(log === undefined ? AttemptMetrics.layer : Layer.provide(AttemptMetrics.layer, log)),
      Layer.provide(around),
      Layer.provide(Layer.sync(Metric.MetricRegistry, () => new Map()))
    )
  ).pipe(
    Effect.flatMap((context) => Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)),
    Effect.orDie
  )

const get = (url: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const ask = (url: string, body: object = {}, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "gpt-5.5", input: prompt, start_within: "default", ...body })
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const kept = () => {
  const records: Array<AttemptLog.AttemptRecord> = []
  return { records, layer: AttemptLog.layer({ record: (record) => Effect.sync(() => void records.push(record)) }) }
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`

describe("GET /metrics", () => {
  it.live("shows Prometheus what the gateway did", () =>
    Effect.gen(function*() {
      const url = yield* running()
      yield* ask(url, { stream: true })
      yield* ask(url, { model: "canary-model" })
      const { headers, status, text } = yield* get(`${url}/metrics`)
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
      for (
        const line of [
          "# TYPE flexinference_requests_total counter",
          "flexinference_requests_total{surface=\"responses\",provider=\"openai\",model=\"gpt-5.5\",tier=\"standard\"," +
          "reason=\"tier_direct\",status=\"200\"} 1",
          "flexinference_requests_total{surface=\"responses\",provider=\"none\",model=\"other\",tier=\"none\"," +
          "reason=\"none\",status=\"400\"} 1",
          "# TYPE flexinference_start_seconds histogram",
          "flexinference_start_seconds_count{provider=\"openai\",model=\"gpt-5.5\",tier=\"standard\"} 1",
          "# TYPE flexinference_overhead_seconds histogram",
          "flexinference_overhead_seconds_count 1",
          "# TYPE flexinference_waiting gauge",
          "flexinference_waiting 0",
          "flexinference_in_flight 0",
          "flexinference_legs_total{provider=\"openai\",tier=\"standard\",outcome=\"completed\"} 1"
        ]
      ) assert.include(text.split("\n"), line)
      assert.notInclude(text, "canary")
    }))

  it.live.each<readonly [string, Gateway.Options, Record<string, string>, number, string | null]>([
    ["opens to this machine where there is no key", {}, {}, 200, null],
    ["stays shut to what a proxy hands on", {}, { "x-forwarded-for": "192.0.2.1" }, 403, "operator_only"],
    ["stays shut to a page of another site", {}, { origin: "https://evil.example" }, 403, "foreign_site"],
    [
      "stays shut without the operator's key",
      { operatorKey: Redacted.make(operatorKey) },
      {},
      401,
      "invalid_operator_key"
    ],
    [
      "stays shut to a key of the gateway's",
      { operatorKey: Redacted.make(operatorKey), keys: [Redacted.make(gatewayKey)] },
      { authorization: `Bearer ${gatewayKey}` },
      401,
      "invalid_operator_key"
    ],
    [
      "opens to the operator's key as a token",
      { operatorKey: Redacted.make(operatorKey) },
      { authorization: `Bearer ${operatorKey}` },
      200,
      null
    ],
    [
      "opens to it as a password",
      { operatorKey: Redacted.make(` ${operatorKey}\n`) },
      { authorization: basic("anyone", operatorKey) },
      200,
      null
    ],
    [
      "opens to it as a name without a password",
      { operatorKey: Redacted.make(operatorKey) },
      { authorization: basic(operatorKey, "") },
      200,
      null
    ],
    [
      "stays shut to an empty key where that is the operator's",
      { operatorKey: Redacted.make("") },
      { authorization: basic("", "") },
      401,
      "invalid_operator_key"
    ]
  ])("%s", ([, gateway, headers, status, code]) =>
    Effect.gen(function*() {
      const url = yield* running({ gateway })
      const seen = yield* get(`${url}/metrics`, headers)
      assert.strictEqual(seen.status, status)
      if (code !== null) assert.include(seen.text, `"code":"${code}"`)
      if (status === 401) assert.match(seen.headers.get("www-authenticate") ?? "", /^Basic realm=/)
      assert.notInclude(seen.text, "canary")
    }))
})

describe("GET /readyz", () => {
  it.live("says 200 while the gateway takes requests, and 503 from when it begins to close", () =>
    Effect.gen(function*() {
      const closed = yield* Effect.scoped(Effect.gen(function*() {
        const url = yield* running({ gateway: { unready: "300 millis" } })
        const first = yield* get(`${url}/readyz`)
        assert.strictEqual(first.status, 200)
        const until503 = Effect.repeat(get(`${url}/readyz`), { until: ({ status }) => status === 503 })
        return yield* Effect.forkDetach(
          Effect.tap(until503, () => Effect.map(ask(url), ({ status }) => assert.strictEqual(status, 200)))
        )
      }))
      const { text } = yield* Fiber.join(closed)
      assert.include(text, "draining")
    }))
})

describe("the record of a request to the gateway", () => {
  it.live("has the request's name and its key's, which does not tell the key", () => {
    const { layer, records } = kept()
    return Effect.gen(function*() {
      const url = yield* running({ log: layer, gateway: { keys: [Redacted.make(gatewayKey)] } })
      const { headers } = yield* ask(url, {}, { authorization: `Bearer ${gatewayKey}` })
      assert.strictEqual(records[0]?.requestId, headers.get("x-flexinference-request-id"))
      assert.match(records[0]?.key ?? "", /^key-[\w-]{8}$/)
      assert.notInclude(JSON.stringify(records), "canary")
    })
  })

  it.live("is made for a client that hangs up", () => {
    const { layer, records } = kept()
    return Effect.gen(function*() {
      const url = yield* running({
        log: layer,
        script: Script.always(Behavior.answer({ text: "one two three four", pace: "10 seconds" }))
      })
      const controller = new AbortController()
      yield* Effect.promise(async () => {
        const response = await fetch(`${url}/v1/responses`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model: "gpt-5.5", input: prompt, start_within: "default", stream: true }),
          signal: controller.signal
        })
        await response.body?.getReader().read()
        controller.abort()
      })
      yield* Effect.repeat(get(`${url}/healthz`), { until: () => records.length > 0 })
      const [record] = records
      assert.deepStrictEqual([record?.status, record?.usage, record?.costMicroUsd], [499, null, null])
      assert.deepStrictEqual(record?.legs.map(({ costMicroUsd, outcome }) => [outcome, costMicroUsd]), [[
        "canceled",
        null
      ]])
    })
  })
})

describe("the log", () => {
  const logger = (format: Logger.Logger<unknown, string>) => {
    const lines: Array<string> = []
    return { lines, layer: Logger.layer([Logger.map(format, (line) => void lines.push(line))]) }
  }

  it.live("has a record as it is on a line of JSON, and nothing of health checks", () => {
    const { layer, lines } = logger(Log.json)
    const { layer: log, records } = kept()
    return Effect.gen(function*() {
      const url = yield* running({ log: Layer.provide(Log.layerRecords, log), around: layer })
      yield* get(`${url}/healthz`)
      yield* get(`${url}/readyz`)
      yield* ask(url)
      assert.deepStrictEqual(lines.map((line) => JSON.parse(line)), records)
      assert.strictEqual(records.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("has whatever else is logged beside it, with its level", () => {
    const { layer, lines } = logger(Log.json)
    return Effect.gen(function*() {
      yield* Effect.annotateLogs(Effect.logWarning("The disk is full."), { folder: "records" })
      assert.deepStrictEqual(lines.map((line) => JSON.parse(line)), [{
        time: "1970-01-01T00:00:00.000Z",
        level: "warn",
        event: "log",
        message: "The disk is full.",
        folder: "records"
      }])
    }).pipe(Effect.provide(layer))
  })

  it.live("cannot be written to by the name of a model", () => {
    const { layer, lines } = logger(Log.pretty)
    return Effect.gen(function*() {
      const url = yield* running({ log: Log.layerRecords, around: layer })
      yield* ask(url, { model: "gpt\n2026-01-01 ERROR \u001b[31mgone" })
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /^[ -~·]+$/)
    }).pipe(Effect.provide(layer))
  })
})

/** A collector that keeps what it is sent. */
const collector = Effect.acquireRelease(
  Effect.callback<
    { readonly url: string; readonly received: Array<readonly [string, string]>; readonly close: () => void }
  >((resume) => {
    const received: Array<readonly [string, string]> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        received.push([request.url ?? "", Buffer.concat(chunks).toString()])
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = address !== null && typeof address === "object" ? address.port : 0
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, received, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("the exporter", () => {
  it.live("sends traces and metrics to the collector that the standard variables name, and no word or key with them", () =>
    Effect.gen(function*() {
      const { received, url: endpoint } = yield* collector
      const exporter = Layer.provide(
        Exporter.layer,
        ConfigProvider.layer(ConfigProvider.fromUnknown({
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json"
        }))
      )
      yield* Effect.scoped(Effect.gen(function*() {
        const url = yield* running({
          around: Layer.orDie(exporter),
          gateway: { keys: [Redacted.make(gatewayKey)], operatorKey: Redacted.make(operatorKey) },
          script: Script.byTier({
            flex: Behavior.refuse({ message: `${prompt} ${providerKey}` }),
            standard: Behavior.answer({ text: answer })
          })
        })
        yield* get(`${url}/healthz`)
        yield* get(`${url}/metrics`, { authorization: `Bearer ${operatorKey}` })
        const { status } = yield* ask(
          url,
          { start_within: "00h-00m-05s", stream: true },
          { authorization: `Bearer ${gatewayKey}` }
        )
        assert.strictEqual(status, 200)
        yield* ask(`${url}`, { start_within: "priority", service_tier: "x" }, { "x-api-key": gatewayKey })
      }))
      const sent = (path: string) => received.filter(([to]) => to === path).map(([, body]) => body).join("\n")
      const traces = sent("/v1/traces")
      for (
        const part of [
          "\"flexinference\"",
          "\"flexinference.request\"",
          "\"flexinference.leg\"",
          "\"gen_ai.usage.output_tokens\"",
          "\"flexinference.cost_micro_usd\"",
          "\"flexinference.leg.0.outcome\"",
          "\"refused\"",
          "\"/v1/responses\""
        ]
      ) assert.include(traces, part)
      assert.notInclude(traces, "healthz")
      assert.notInclude(traces, "metrics")
      const metrics = sent("/v1/metrics")
      for (const name of ["requests_total", "start_seconds", "in_flight", "cost_microusd_total", "legs_total"]) {
        assert.include(metrics, `"flexinference_${name}"`)
      }
      assert.notInclude(JSON.stringify(received), "canary")
    }))
})
