/**
 * The hosted FlexInference router behind the `Router` interface: it races over there, so a request is checked, sent
 * as it is, and its answer handed on. The wire is the contract's (a), (d) and (g).
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { DialectName, Served } from "../Dialect.ts"
import { dialects } from "../dialect/index.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import { connect, type Connection, type ConnectionOptions } from "../Provider.ts"
import { Hosted } from "../provider/Hosted.ts"
import type * as RequestFields from "../RequestFields.ts"
import type * as Routing from "../Routing.ts"
import { type Answer, type CallOptions, forCall, type Open } from "./Answer.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Decode from "./Decode.ts"
import * as Leg from "./Leg.ts"
import * as Transport from "../Transport.ts"

export interface Options extends CallOptions, ConnectionOptions {}

/** A `Router` whose races are run by the hosted router. */
export const make = (options: Options): Effect.Effect<{ readonly open: Open }, never, HttpClient.HttpClient> =>
  Effect.map(Effect.flatMap(HttpClient.HttpClient, Transport.make), (transport) => {
    const { connection } = connect(Hosted, options)
    return {
      open: (surface, text, callOptions) =>
        open({
          transport,
          connection,
          surface,
          text,
          options: forCall(options, callOptions),
          firstByte: callOptions?.firstByte
        })
    }
  })

const open = ({ connection, firstByte, options, surface, text, transport }: {
  readonly transport: Transport.Transport
  readonly connection: Connection
  readonly surface: DialectName
  readonly text: string
  readonly options: CallOptions
  /** The clock as it was set for this call alone. */
  readonly firstByte: CallOptions["firstByte"]
}): Effect.Effect<Answer, FlexInferenceError, Scope.Scope> =>
  Effect.gen(function*() {
    const receivedAt = yield* Clock.currentTimeMillis
    const dialect = dialects[surface]
    const fields = yield* Effect.fromResult(Decode.validate(dialect, Json.parse(text)))
    const leg: Leg.Options = {
      transport,
      provider: Hosted,
      connection,
      dialect,
      body: text,
      clocks: clocksOf(fields.startWithin, options, firstByte),
      untilStart: undefined,
      // The hosted router sends nothing before it has committed, so its first event is the start.
      startSignal: "accepted"
    }
    const routing = (headers: Leg.Headers, committedAt: number, served: Served): Routing.Routing =>
      routingOf({ fields, headers, served, startedAfter: Duration.millis(committedAt - receivedAt) })
    if (!fields.stream) {
      const body = yield* Leg.readBody(leg)
      const now = yield* Clock.currentTimeMillis
      return {
        _tag: "Body",
        routing: routing(body.headers, now, dialect.served(body.value)),
        text: body.text,
        value: body.value
      }
    }
    const { frames, headers } = yield* Leg.openStream(leg)
    const committedAt = yield* Clock.currentTimeMillis
    const meter = dialect.meter()
    let cost: number | undefined
    const report = () => {
      const record = routing(headers, committedAt, meter.served())
      return { ...record, costMicroUsd: cost ?? record.costMicroUsd }
    }
    return {
      _tag: "Stream",
      routing: report(),
      report: Effect.sync(report),
      frames: Stream.map(frames, (frame) => {
        if (frame.value !== undefined) {
          meter.add(frame.value)
          cost = costOf(frame.value, dialect.usagePath(frame.value)) ?? cost
        }
        return frame
      })
    }
  })

/** A stream says what it cost in the usage it sends, if it was asked to (contract (i)). */
const costOf = (event: JsonObject, path: ReadonlyArray<string> | undefined): number | undefined => {
  const usage = path?.reduce<JsonObject | undefined>(
    (value, name) => value === undefined ? undefined : Json.object(value, name),
    event
  )
  const cost = usage === undefined ? undefined : Json.object(usage, "cost")
  return cost === undefined ? undefined : Json.number(cost, "total_micro_usd")
}

/** The SDK's clocks (contract (g)): a window is waited for with 30 s to spare, unless the call itself set the clock. */
const clocksOf = (
  startWithin: RequestFields.RequestFields["startWithin"],
  options: CallOptions,
  own: CallOptions["firstByte"]
): Leg.Clocks => {
  const base = Duration.fromInputUnsafe(options.firstByte ?? Leg.defaults.firstByte)
  const window = Duration.isDuration(startWithin) ? Duration.sum(startWithin, Leg.defaults.margin) : base
  return {
    firstByte: own === undefined ? Duration.max(base, window) : base,
    idle: Duration.fromInputUnsafe(options.idle ?? Leg.defaults.idle),
    total: Duration.fromInputUnsafe(options.total ?? Leg.defaults.total)
  }
}

/** The number of a header, if it is one. */
const wholeOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined

const routingOf = ({ fields, headers, served, startedAfter }: {
  readonly fields: RequestFields.RequestFields
  readonly headers: Leg.Headers
  readonly served: Served
  readonly startedAfter: Duration.Duration
}): Routing.Routing => {
  const provider = headers["x-flexinference-served-provider"] ?? "unknown"
  return {
    model: served.model ?? fields.model,
    provider,
    requestedProvider: fields.provider?.[0] ?? provider,
    tier: served.tier ?? "unknown",
    tierInferred: served.tier === undefined,
    reason: headers["x-flexinference-routing-reason"] ?? "unknown",
    fallbackAttempts: 0,
    retries: wholeOf(headers["x-flexinference-retries"]) ?? 0,
    mode: headers["x-flexinference-pricing"] === "managed" ? "managed" : "byok",
    window: Duration.isDuration(fields.startWithin) ? fields.startWithin : undefined,
    startedAfter,
    legs: [],
    usage: served.usage,
    costMicroUsd: wholeOf(headers["x-flexinference-cost"]),
    savingMicroUsd: undefined,
    simulated: headers["x-flexinference-simulated"] === "true"
  }
}
