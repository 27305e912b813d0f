/**
 * The hosted FlexInference router behind the `Router` interface: it races over there, so a request is checked, sent
 * as it is, and its answer handed on. The wire is the contract's (a), (d) and (g).
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { DialectName, Served } from "../Dialect.ts"
import { dialects } from "../dialect/index.ts"
import {
  Canceled,
  ErrorClass,
  FlexInferenceError,
  InvalidRequest,
  ProviderFailed,
  Refused,
  StreamFailed,
  Unauthenticated,
  Unsupported
} from "../FlexInferenceError.ts"
import type { Connection, ErrorAnswer, Upstream } from "../Provider.ts"
import * as ProviderError from "../provider/Verdict.ts"
import * as RequestFields from "../RequestFields.ts"
import type * as Routing from "../Routing.ts"
import { type CallOptions, forCall } from "./RouterOptions.ts"
import * as RouterResponse from "./RouterResponse.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Decode from "./Decode.ts"
import * as Leg from "./Leg.ts"
import * as Transport from "../Transport.ts"

const paths: { readonly [name in DialectName]: string } = {
  responses: "/responses",
  "chat.completions": "/chat/completions",
  interactions: "/interactions",
  messages: "/messages"
}

const isErrorClass = Schema.is(ErrorClass)

const hosted: Upstream = {
  name: "flexinference",
  title: "The hosted router",
  request: (call, connection) =>
    HttpClientRequest.post(`${connection.baseUrl}${paths[call.dialect]}`).pipe(
      HttpClientRequest.bearerToken(connection.apiKey),
      HttpClientRequest.setHeader("accept", "text/event-stream, application/json"),
      HttpClientRequest.bodyText(call.body, "application/json")
    ),
  errorOf: (answer) => errorOf(answer),
  streamErrorOf: (failure, event, started) => {
    const error = Json.object(event, "error") ?? Json.object(Json.object(event, "response") ?? {}, "error") ?? {}
    return new FlexInferenceError({
      reason: new StreamFailed({
        ...detailsOf(error, 502, failure.message),
        code: failure.code ?? Json.string(blockOf(error), "code") ?? "upstream_stream_failed",
        started,
        event
      })
    })
  }
}

/** The contract's block, which says on every surface what the envelopes say differently. */
const blockOf = (error: JsonObject): JsonObject => Json.object(error, "flexinference") ?? {}

const detailsOf = (error: JsonObject, status: number, message: string) => {
  const block = blockOf(error)
  const said = Json.number(block, "status")
  const errorClass = Json.string(block, "class")
  return {
    message,
    status: said !== undefined && Number.isInteger(said) && said >= 400 && said < 600 ? said : status,
    // Google's envelope has a word in `status` where the others have a `type`.
    type: Json.string(error, "type") ?? Json.string(error, "status") ?? ProviderError.typeOfStatus(status),
    code: Json.string(error, "code") ?? Json.string(block, "code") ?? null,
    param: Json.string(error, "param") ?? null,
    class: isErrorClass(errorClass) ? errorClass : ProviderError.classOfStatus(status),
    origin: Json.string(block, "origin") === "provider" ? "provider" as const : "flexinference" as const,
    provider: Json.string(block, "provider") ?? null,
    providerCode: Json.string(block, "provider_code") ?? null,
    retryable: Json.boolean(block, "retryable") ?? (status === 429 || status >= 500)
  }
}

const errorOf = (answer: ErrorAnswer): FlexInferenceError => {
  const error = (answer.body === undefined ? undefined : Json.object(answer.body, "error")) ?? {}
  const message = ProviderError.messageOf(answer, Json.string(error, "message"), hosted.title)
  const retryAfter = ProviderError.retryAfterOf(answer)
  const details = {
    ...detailsOf(error, answer.status, message),
    ...(retryAfter === undefined ? {} : { retryAfter })
  }
  return new FlexInferenceError({ reason: reasonOf(details, answer.status) })
}

const reasonOf = (
  details: ReturnType<typeof detailsOf> & { readonly retryAfter?: Duration.Duration },
  providerStatus: number
): FlexInferenceError["reason"] => {
  if (details.origin === "provider" && details.class !== "quota") {
    return new ProviderFailed({ ...details, providerStatus })
  }
  switch (details.class) {
    case "validation":
      return new InvalidRequest({
        ...details,
        problems: [{
          field: details.param ?? "",
          code: details.code ?? "invalid_request",
          message: details.message,
          rule: "The hosted router's own.",
          example: ""
        }]
      })
    case "capability":
      return new Unsupported(details)
    case "authentication":
      return new Unauthenticated(details)
    case "quota":
      return new Refused(details)
    case "canceled":
      return new Canceled(details)
    default:
      return new ProviderFailed({ ...details, providerStatus })
  }
}

export interface Options extends CallOptions {
  readonly apiKey: Redacted.Redacted<string>
  readonly baseUrl?: string | undefined
}

/** Where the hosted router lives (contract (a)). */
export const defaultBaseUrl = "https://api.flexinference.com/v1"

type Open = (
  surface: DialectName,
  request: string | JsonObject,
  options?: CallOptions
) => Effect.Effect<RouterResponse.Answer, FlexInferenceError, Scope.Scope>

/** A `Router` whose races are run by the hosted router. */
export const make = (options: Options): Effect.Effect<{ readonly open: Open }, never, Transport.Transport> =>
  Effect.map(Transport.Transport, (transport) => {
    const connection: Connection = {
      apiKey: options.apiKey,
      baseUrl: (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, "")
    }
    return {
      open: (surface, request, callOptions) =>
        open({
          transport,
          connection,
          surface,
          text: typeof request === "string" ? request : JSON.stringify(request),
          options: forCall(options, callOptions),
          firstByte: callOptions?.firstByte
        })
    }
  })

const open = ({ connection, firstByte, options, surface, text, transport }: {
  readonly transport: Transport.Transport["Service"]
  readonly connection: Connection
  readonly surface: DialectName
  readonly text: string
  readonly options: CallOptions
  /** The clock as it was set for this call alone. */
  readonly firstByte: CallOptions["firstByte"]
}): Effect.Effect<RouterResponse.Answer, FlexInferenceError, Scope.Scope> =>
  Effect.gen(function*() {
    const receivedAt = yield* Clock.currentTimeMillis
    const dialect = dialects[surface]
    const fields = yield* Effect.fromResult(Decode.validate(dialect, Json.parse(text)))
    const leg: Leg.Options = {
      transport,
      provider: hosted,
      connection,
      dialect,
      body: text,
      clocks: clocksOf(fields.startWithin, options, firstByte),
      untilStart: undefined,
      // The hosted router sends nothing before it has committed, so its first event is the start.
      startSignal: "accepted"
    }
    const routing = (headers: Transport.Headers, committedAt: number, served: Served): Routing.Routing =>
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
    const { frames, headers, served } = yield* Leg.openStream(leg)
    const committedAt = yield* Clock.currentTimeMillis
    let cost: number | undefined
    const report = () => {
      const record = routing(headers, committedAt, served())
      return { ...record, costMicroUsd: cost ?? record.costMicroUsd }
    }
    const noted = Effect.mapEager(frames, (chunk) => {
      for (const frame of chunk.frames) {
        const sign = dialect.sign(frame, true)
        if ((sign === "final" || sign === "end") && frame.value !== undefined) {
          cost = costOf(frame.value, dialect.usagePath(frame.value)) ?? cost
        }
      }
      return chunk
    })
    return RouterResponse.stream(noted, report(), Effect.sync(report))
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
  readonly headers: Transport.Headers
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
