/**
 * The service that carries a plan out: it validates a request, plans it, opens the legs, races them, retries, goes
 * down the provider chain, commits to one leg and hands its answer on in the caller's dialect.
 *
 * `Router` speaks text and frames, for whoever stands between a wire and the providers; most programs want
 * `FlexInference`, which speaks typed requests, bodies and events.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Cost from "./Cost.ts"
import type { AnswerContext, DialectName, Frame, Served } from "./dialect/Dialect.ts"
import { dialects } from "./dialect/index.ts"
import { FlexInferenceError } from "./FlexInferenceError.ts"
import * as FlexRace from "./FlexRace.ts"
import * as Continued from "./internal/Continued.ts"
import * as Encoding from "./internal/Encoding.ts"
import * as HostedRouter from "./internal/HostedRouter.ts"
import * as Json from "./internal/Json.ts"
import type { JsonObject } from "./internal/Json.ts"
import * as Leg from "./internal/Leg.ts"
import * as LegLog from "./internal/LegLog.ts"
import { inOwnScope } from "./internal/OwnScope.ts"
import * as Relay from "./internal/Relay.ts"
import * as RetryPolicy from "./internal/RetryPolicy.ts"
import * as Telemetry from "./internal/Telemetry.ts"
import * as ModelCatalog from "./ModelCatalog.ts"
import type { ProviderName, Tier } from "./ModelCatalog.ts"
import type { Connection } from "./provider/Provider.ts"
import * as RouterFields from "./RouterFields.ts"
import * as Routing from "./Routing.ts"
import type { StartWithin } from "./StartWithin.ts"

/** What can be said for all calls, and again for one. */
export interface CallOptions {
  /**
   * Until the first byte of a stream.
   * @default "60 seconds"
   */
  readonly firstByte?: Duration.Input | undefined
  /**
   * Between two chunks of a stream that has started.
   * @default "60 seconds", and "180 seconds" for a flex leg
   */
  readonly idle?: Duration.Input | undefined
  /**
   * For an answer that is read as a whole.
   * @default "600 seconds"
   */
  readonly total?: Duration.Input | undefined
  /**
   * Whether a flex leg that has not started at the deadline stays in the race or is replaced.
   * @default "race"
   */
  readonly onDeadline?: FlexRace.OnDeadline | undefined
  /**
   * What counts as started: the first output, or the provider's first event.
   * @default "output"
   */
  readonly startSignal?: Leg.StartSignal | undefined
  /**
   * Whether an answer that is not streamed is asked for again on standard when its flex leg breaks off.
   * @default true
   */
  readonly recoverBuffered?: boolean | undefined
}

export interface Options extends CallOptions {
  /** The providers that can be called. One that is missing answers `no_byok_key` and its kin. */
  readonly connections: { readonly [name in ProviderName]?: Connection | undefined }
  /** What a request without `start_within` gets; without it such a request is refused. */
  readonly defaultStartWithin?: StartWithin | undefined
  /** Marks every answer as coming from simulated providers. */
  readonly simulated?: boolean | undefined
}

/** An answer, committed. */
export type Answer = StreamAnswer | BodyAnswer

/** A stream in the caller's dialect, closing frames and all. It ends whole, or fails. */
export interface StreamAnswer {
  readonly _tag: "Stream"
  /** The record at the commit. */
  readonly routing: Routing.Routing
  readonly frames: Stream.Stream<Frame, FlexInferenceError>
  /** The record as it stands now: once the stream has ended, with the served tier, usage and cost. */
  readonly report: Effect.Effect<Routing.Routing>
}

/** A whole body in the caller's dialect. */
export interface BodyAnswer {
  readonly _tag: "Body"
  readonly routing: Routing.Routing
  readonly text: string
  readonly value: JsonObject
}

/** See the module's description. */
export class Router extends Context.Service<Router, {
  /**
   * Carries out one request of a surface, given as JSON text. A request that is wrong fails before anything is sent.
   * Closing the scope aborts whatever is still in flight.
   */
  readonly open: (
    surface: DialectName,
    text: string,
    options?: CallOptions
  ) => Effect.Effect<Answer, FlexInferenceError, Scope.Scope>
}>()("effect-flexinference/Router") {}

/** A router that races in this process, on the `HttpClient` of the context. */
export const layer = (options: Options): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  Layer.effect(Router, make(options))

/** The hosted router in place of one of our own: it is asked over HTTP and races over there. */
export const layerHosted = (options: HostedRouter.Options): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  Layer.effect(Router, HostedRouter.make(options))

/** Builds the router itself, for those who compose it by hand. */
export const make = (options: Options): Effect.Effect<Router["Service"], never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const catalog = yield* ModelCatalog.Current
    const open = (surface: DialectName, text: string, callOptions?: CallOptions) =>
      Effect.gen(function*() {
        const receivedAt = yield* Clock.currentTimeMillis
        const dialect = dialects[surface]
        const value = Json.parse(text)
        const fields = yield* Effect.fromResult(
          RouterFields.validate(dialect, value, { defaultStartWithin: options.defaultStartWithin })
        )
        const plan = yield* Effect.fromResult(Routing.plan(fields, {
          surface: dialect,
          catalog,
          hasKey: (provider) => options.connections[provider] !== undefined
        }))
        yield* Effect.annotateCurrentSpan(Telemetry.requestAttributes(plan))
        const answer = yield* carryOut({
          client,
          catalog,
          options: { ...options, ...callOptions },
          incoming: { surface: dialect, text, value: Json.isObject(value) ? value : {} },
          plan,
          receivedAt,
          log: LegLog.make(receivedAt),
          context: {
            id: yield* randomId,
            createdAt: Math.floor(receivedAt / 1000),
            model: plan.model
          }
        })
        yield* Effect.annotateCurrentSpan(Telemetry.routingAttributes(answer.routing))
        return answer
      }).pipe(Effect.withSpan("flexinference.request", {}, { captureStackTrace: false }))
    return Router.of({ open })
  })

// Only a name for what the source format leaves nameless, so it need not be unguessable.
const randomId = Effect.map(
  Effect.all([Random.nextInt, Random.nextInt]),
  (parts) => parts.map((part) => Math.abs(part).toString(16).padStart(14, "0")).join("")
)

/** The contract's clocks (g). */
const defaults = {
  firstByte: Duration.seconds(60),
  idle: Duration.seconds(60),
  // A recorded flex stream is silent for 69 s between its reasoning and its answer.
  flexIdle: Duration.seconds(180),
  total: Duration.seconds(600),
  /** What a flex leg is given beyond its window, so that late is still better than never. */
  margin: Duration.seconds(30)
}

/** One request on its way: everything that is known when the first leg opens. */
interface Job {
  readonly client: HttpClient.HttpClient
  readonly catalog: ModelCatalog.ModelCatalog
  readonly options: Options
  readonly incoming: Encoding.Incoming
  readonly plan: Routing.Plan
  readonly receivedAt: number
  readonly log: LegLog.LegLog
  readonly context: Omit<AnswerContext, "request">
}

/** One call to one route at one tier. */
interface LegPlan {
  readonly route: Routing.Route
  readonly encoded: Encoding.Encoded
  readonly tier: Tier
}

/** A leg that was chosen, and how it came about. */
interface Committed<A> {
  readonly leg: LegPlan
  readonly answer: A
  readonly reason: Routing.Reason
  readonly fallbackAttempts: number
  readonly retries: number
}

const carryOut = (job: Job): Effect.Effect<Answer, FlexInferenceError, Scope.Scope> => {
  const { plan } = job
  if (plan.stream) return Effect.flatMap(commit(job, "stream", openLeg), (committed) => relayed(job, committed))
  return plan.window === undefined
    ? Effect.flatMap(commit(job, "body", readLeg), (committed) => answered(job, committed))
    : collected(job)
}

/** Chooses the leg that serves: by racing flex against the settled tier, or the settled tier alone. */
const commit = <A>(
  job: Job,
  mode: Encoding.Mode,
  open: (job: Job, leg: LegPlan, mode: Encoding.Mode) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
  const { plan } = job
  if (plan.window === undefined) return settled(job, "tier_direct", (leg) => open(job, leg, mode))
  const [route] = plan.routes
  const flex = Effect.flatMap(
    encode(job, route, "flex"),
    (leg) =>
      Effect.map(open(job, leg, mode), (answer): Committed<A> => ({
        leg,
        answer,
        reason: "flex_won",
        fallbackAttempts: 0,
        retries: 0
      }))
  )
  return FlexRace.make({
    startWithin: plan.window,
    onDeadline: job.options.onDeadline,
    isDefinite: (error: FlexInferenceError) => Routing.escalation(error) === undefined,
    flex,
    standard: (why) =>
      settled(
        job,
        why._tag === "Deadline" ? "flex_deadline" : Routing.escalation(why.error) ?? "flex_upstream_error",
        (leg) => open(job, leg, mode)
      )
  }).pipe(
    Effect.map(({ value }) => value),
    Effect.mapError((error) =>
      error._tag === "Rejected" || error.flex === undefined
        ? error._tag === "Rejected" ? error.error : error.standard
        : new FlexInferenceError({ reason: error.standard.reason, flex: error.flex.reason })
    )
  )
}

/** The settled tier: every route of the chain in turn, each with its retries. */
const settled = <A>(
  job: Job,
  reason: Routing.Reason,
  open: (leg: LegPlan) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
  const { retry, routes, tier } = job.plan
  const from = (index: number, route: Routing.Route): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
    let calls = 0
    const call = Effect.flatMap(encode(job, route, tier), (leg) =>
      Effect.map(
        inOwnScope(Effect.suspend(() => {
          calls++
          return open(leg)
        })),
        (answer): Committed<A> => ({
          leg,
          answer,
          reason: index === 0 ? reason : "chain_advanced",
          fallbackAttempts: index,
          retries: calls - 1
        })
      ))
    const retried = retry === undefined
      ? call
      : Effect.retry(call, { while: Routing.isRetryable, schedule: RetryPolicy.schedule(retry) })
    const next = routes[index + 1]
    return next === undefined ? retried : Effect.catchIf(retried, Routing.advances, () => from(index + 1, next))
  }
  return from(0, routes[0])
}

const encode = (job: Job, route: Routing.Route, tier: Tier): Effect.Effect<LegPlan, FlexInferenceError> =>
  Effect.map(Effect.fromResult(Encoding.encode(job.incoming, route)), (encoded) => ({ route, encoded, tier }))

const legOptions = (job: Job, leg: LegPlan, body: string, connection: Connection): Leg.Options => {
  const { client, options, plan } = job
  const raced = leg.tier === "flex" ? plan.window : undefined
  const firstByte = Duration.fromInputUnsafe(options.firstByte ?? defaults.firstByte)
  return {
    client,
    provider: leg.route.provider,
    connection,
    dialect: dialects[leg.route.dialect],
    body,
    clocks: {
      firstByte,
      idle: Duration.fromInputUnsafe(options.idle ?? (leg.tier === "flex" ? defaults.flexIdle : defaults.idle)),
      total: Duration.fromInputUnsafe(options.total ?? defaults.total)
    },
    untilStart: raced === undefined ? undefined : Duration.max(firstByte, Duration.sum(raced, defaults.margin)),
    startSignal: options.startSignal ?? "output"
  }
}

const recorded = <A>(
  job: Job,
  leg: LegPlan,
  body: string,
  run: (options: Leg.Options) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<A, FlexInferenceError, Scope.Scope> => {
  const { name } = leg.route.provider
  const connection = job.options.connections[name]
  return connection === undefined
    ? Effect.die(new Error(`a leg to ${name}, for which the plan had no key`))
    : job.log.record({ provider: name, tier: leg.tier }, run(legOptions(job, leg, body, connection))).pipe(
      Effect.withSpan("flexinference.leg", {
        kind: "client",
        attributes: Telemetry.legAttributes(leg.route.provider, leg.tier)
      }, { captureStackTrace: false })
    )
}

const isTranslated = (job: Job, leg: LegPlan): boolean => leg.route.dialect !== job.incoming.surface.name

const openLeg = (
  job: Job,
  leg: LegPlan,
  mode: Encoding.Mode
): Effect.Effect<Leg.Opened, FlexInferenceError, Scope.Scope> =>
  Effect.gen(function*() {
    const form = { tier: leg.tier, mode }
    const open = (body: string) => recorded(job, leg, body, Leg.openStream)
    const opened = yield* open(leg.encoded.body(form))
    if (!isTranslated(job, leg)) return opened
    const scope = yield* Effect.scope
    const frames = Continued.stream(
      dialects[leg.route.dialect],
      leg.route.provider.name,
      leg.encoded.value,
      opened.frames,
      (request) => Effect.map(open(Encoding.again(request, leg.route, form)), ({ frames }) => frames)
    )
    return { headers: opened.headers, frames: Stream.provideService(frames, Scope.Scope, scope) }
  })

const readLeg = (job: Job, leg: LegPlan): Effect.Effect<Leg.Body, FlexInferenceError, Scope.Scope> =>
  Effect.gen(function*() {
    const form: Encoding.LegForm = { tier: leg.tier, mode: "body" }
    const read = (body: string) => recorded(job, leg, body, Leg.readBody)
    const first = yield* read(leg.encoded.body(form))
    if (!isTranslated(job, leg)) return first
    const value = yield* Continued.body(
      dialects[leg.route.dialect],
      leg.route.provider.name,
      leg.encoded.value,
      first.value,
      (request) => Effect.map(read(Encoding.again(request, leg.route, form)), ({ value }) => value)
    )
    return { ...first, value }
  })

const relayed = (job: Job, committed: Committed<Leg.Opened>): Effect.Effect<StreamAnswer> =>
  Effect.map(Clock.currentTimeMillis, (committedAt) => {
    const upstream = dialects[committed.leg.route.dialect]
    const meter = upstream.meter()
    const routing = () => routingOf(job, committed, committedAt, meter.served())
    return {
      _tag: "Stream",
      routing: routing(),
      report: Effect.sync(routing),
      frames: Relay.stream(committed.answer.frames, {
        ...relayOptions(job, committed.leg),
        meter,
        routing: job.plan.includeCost ? routing : undefined
      })
    }
  })

const answered = (job: Job, committed: Committed<Leg.Body>): Effect.Effect<BodyAnswer> =>
  Effect.map(Clock.currentTimeMillis, (committedAt) => {
    const { text, value } = committed.answer
    const options = relayOptions(job, committed.leg)
    const routing = routingOf(job, committed, committedAt, options.upstream.served(value))
    if (!isTranslated(job, committed.leg)) return bodyAnswer(routing, text, value)
    const translated = Relay.body(value, options)
    return bodyAnswer(routing, JSON.stringify(translated), translated)
  })

/** An answer that is raced as a stream for a caller who wants a body. */
const collected = (job: Job): Effect.Effect<BodyAnswer, FlexInferenceError, Scope.Scope> =>
  Effect.gen(function*() {
    const { committed, committedAt, gathered } = yield* Effect.scoped(Effect.gen(function*() {
      const committed = yield* commit(job, "collect", openLeg)
      const committedAt = yield* Clock.currentTimeMillis
      return { committed, committedAt, gathered: yield* Effect.result(gather(job, committed)) }
    }))
    if (Result.isSuccess(gathered)) {
      const options = relayOptions(job, committed.leg)
      const routing = routingOf(job, committed, committedAt, options.upstream.served(gathered.success))
      const body = Relay.body(gathered.success, options)
      return bodyAnswer(routing, JSON.stringify(body), body)
    }
    const flex = gathered.failure
    if (committed.reason !== "flex_won" || job.options.recoverBuffered === false) return yield* Effect.fail(flex)
    // The caller has seen nothing of the flex answer that broke off, so standard can still give a whole one.
    const again = yield* settled(job, "flex_recovered", (leg) => readLeg(job, leg)).pipe(
      Effect.mapError(({ reason }) => new FlexInferenceError({ reason, flex: flex.reason }))
    )
    return yield* answered(job, again)
  })

/** The body that a stream amounts to. */
const gather = (job: Job, { answer, leg }: Committed<Leg.Opened>): Effect.Effect<JsonObject, FlexInferenceError> => {
  const collector = dialects[leg.route.dialect].collector()
  const total = Duration.fromInputUnsafe(job.options.total ?? defaults.total)
  return Stream.runForEach(answer.frames, ({ value }) =>
    Effect.sync(() => {
      if (value !== undefined) collector.add(value)
    })).pipe(
      Effect.timeoutOrElse({
        duration: total,
        orElse: () => Effect.fail(Leg.timedOutOn(leg.route.provider, "total", total))
      }),
      Effect.flatMap(() => {
        const body = collector.body()
        return body === undefined
          ? Effect.die(new Error("a stream that ended with its terminal event amounts to no body"))
          : Effect.succeed(body)
      })
    )
}

const bodyAnswer = (routing: Routing.Routing, text: string, value: JsonObject): BodyAnswer => ({
  _tag: "Body",
  routing,
  ...Relay.withUsage(text, value, routing)
})

const relayOptions = (job: Job, { encoded, route }: LegPlan): Relay.Options => ({
  surface: job.incoming.surface,
  upstream: dialects[route.dialect],
  context: { ...job.context, request: encoded.hub }
})

/** The record of a committed request, with what the provider has reported so far. */
const routingOf = (
  job: Job,
  { answer: { headers }, fallbackAttempts, leg, reason, retries }: Committed<{ readonly headers: Leg.Headers }>,
  committedAt: number,
  served: Served
): Routing.Routing => {
  const { catalog, options, plan, receivedAt } = job
  const { provider } = leg.route
  const reported = served.tier ?? (provider.tierHeader === undefined ? undefined : headers[provider.tierHeader])
  const tier = reported ?? provider.tierWord(leg.tier) ?? leg.tier
  const reckoning = served.usage === undefined ? undefined : {
    catalog,
    provider: provider.name,
    model: plan.model,
    tier: provider.tierOf(tier),
    usage: served.usage,
    at: receivedAt
  }
  const cost = reckoning === undefined ? undefined : Cost.reckon(reckoning)
  return {
    model: served.model ?? plan.model,
    provider: provider.name,
    requestedProvider: plan.routes[0].provider.name,
    tier,
    tierInferred: reported === undefined,
    reason,
    fallbackAttempts,
    retries,
    mode: "byok",
    window: plan.window,
    startedAfter: Duration.millis(committedAt - receivedAt),
    legs: job.log.legs(),
    usage: served.usage,
    costMicroUsd: cost?._tag === "Priced" ? cost.microUsd : undefined,
    savingMicroUsd: reckoning === undefined ? undefined : Cost.saving(reckoning),
    simulated: options.simulated === true
  }
}
