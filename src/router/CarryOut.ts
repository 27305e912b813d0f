/**
 * Carrying a plan out: the legs are opened, raced, retried and replaced along the provider chain until one is committed,
 * and its answer becomes the caller's.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Cost from "../Cost.ts"
import type { AnswerContext, Served } from "../Dialect.ts"
import * as Embedded from "../dialect/Embedded.ts"
import { dialects } from "../dialect/index.ts"
import { FlexInferenceError } from "../FlexInferenceError.ts"
import * as FlexRace from "../FlexRace.ts"
import type { ModelCatalog, Tier } from "../ModelCatalog.ts"
import type { Connection } from "../Provider.ts"
import * as Routing from "../Routing.ts"
import type { Answer, BodyAnswer, Options, StreamAnswer } from "./Answer.ts"
import * as Continued from "./Continued.ts"
import * as Encoding from "./Encode.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import * as Leg from "./Leg.ts"
import type { LegLog } from "./LegLog.ts"
import { inOwnScope } from "../FlexRace.ts"
import * as Relay from "./Relay.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import * as Telemetry from "./Telemetry.ts"
import type { Transport } from "../Transport.ts"

/** One request on its way: everything that is known when the first leg opens. */
interface Job {
  readonly transport: Transport
  readonly catalog: ModelCatalog
  readonly options: Options
  readonly incoming: Encoding.Incoming
  readonly plan: Routing.Plan
  readonly receivedAt: number
  readonly log: LegLog
  readonly context: Omit<AnswerContext, "request">
  /** The request for a route; both legs of a race and every retry send the same. */
  readonly encode: (route: Routing.Route) => Result.Result<Encoding.Encoded, FlexInferenceError>
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

export const carryOut = (request: Omit<Job, "encode">): Effect.Effect<Answer, FlexInferenceError, Scope.Scope> => {
  const { plan } = request
  const job = { ...request, encode: Encoding.once(request.incoming) }
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
    Effect.mapError((error) => {
      if (error._tag === "Rejected") return error.error
      const { flex, standard } = error
      return flex === undefined ? standard : new FlexInferenceError({ reason: standard.reason, flex: flex.reason })
    })
  )
}

/** The settled tier: every route of the chain in turn, each with its retries. */
const settled = <A>(
  job: Job,
  reason: Routing.Reason,
  open: (leg: LegPlan) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
  const { retry, routes, tier } = job.plan
  let calls = 0
  const from = (index: number, route: Routing.Route): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
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
          retries: calls - 1 - index
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
  Effect.map(Effect.fromResult(job.encode(route)), (encoded) => ({ route, encoded, tier }))

const legOptions = (job: Job, leg: LegPlan, body: string, connection: Connection): Leg.Options => {
  const { options, plan, transport } = job
  const raced = leg.tier === "flex" ? plan.window : undefined
  const firstByte = Duration.fromInputUnsafe(options.firstByte ?? Leg.defaults.firstByte)
  return {
    transport,
    provider: leg.route.provider,
    connection,
    dialect: dialects[leg.route.dialect],
    body,
    clocks: {
      firstByte,
      idle: Duration.fromInputUnsafe(options.idle ?? (leg.tier === "flex" ? Leg.defaults.flexIdle : Leg.defaults.idle)),
      total: Duration.fromInputUnsafe(options.total ?? Leg.defaults.total)
    },
    untilStart: raced === undefined ? undefined : Duration.max(firstByte, Duration.sum(raced, Leg.defaults.margin)),
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
    Embedded.remember(text, value)
    const translated = Relay.body(value, options)
    return bodyAnswer(routing, JsonSource.stringify(translated), translated)
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
      return bodyAnswer(routing, JsonSource.stringify(body), body)
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
  const total = Duration.fromInputUnsafe(job.options.total ?? Leg.defaults.total)
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
          ? Effect.fail(Leg.emptyAnswer(leg.route.provider))
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
  const tier = reported ?? provider.tierToWire(leg.tier) ?? leg.tier
  const reckoning = served.usage === undefined ? undefined : {
    catalog,
    provider: provider.name,
    model: plan.model,
    tier: provider.tierFromWire(tier),
    usage: served.usage,
    at: receivedAt
  }
  const cost = reckoning === undefined ? undefined : Cost.calculate(reckoning)
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
