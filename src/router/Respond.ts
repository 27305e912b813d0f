/** What a caller gets of a committed leg: a stream that is relayed, a body as it came, or a body out of a stream. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { unreported } from "../Dialect.ts"
import * as Embedded from "../dialect/Embedded.ts"
import { afterFlex, type FlexInferenceError } from "../FlexInferenceError.ts"
import type * as Routing from "../Routing.ts"
import * as Json from "../wire/Json.ts"
import type { Headers } from "../Transport.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import type { Frame, FrameChunk } from "../wire/Sse.ts"
import * as Commit from "./Commit.ts"
import { type Committed, isTranslated, type Job, type LegPlan } from "./Job.ts"
import * as Leg from "./Leg.ts"
import * as OpenLeg from "./OpenLeg.ts"
import * as Passage from "./Passage.ts"
import { record } from "./Record.ts"
import * as Relay from "./Relay.ts"
import * as RouterResponse from "./RouterResponse.ts"

/** Carries a request out, in the mode that its caller and its plan ask for. */
export const respond = (job: Job): Effect.Effect<RouterResponse.Answer, FlexInferenceError, Scope.Scope> => {
  if (job.plan.stream) {
    return Effect.map(noted(job, Commit.commit(job, streaming)), (committed) => relay(job, committed))
  }
  return !job.plan.raced
    ? Effect.flatMap(
      Effect.catch(noted(job, Commit.commit(job, OpenLeg.whole)), (error) => inOwnWords(job, error)),
      (committed) => readable(committed, () => body(job, committed))
    )
    : collect(job)
}

/** A leg that is chosen, with a note of it where the request's record is wanted. */
const noted = <A, E, R>(
  { attempt }: Job,
  committed: Effect.Effect<Committed<A>, E, R>
): Effect.Effect<Committed<A>, E, R> =>
  attempt === undefined ? committed : Effect.map(committed, (committed) => {
    attempt.committed(committed)
    return committed
  })

/** What is read of an answer; one that is nested too deeply is its provider's fault. */
const readable = <A>(
  { leg }: Committed<unknown>,
  read: () => Effect.Effect<A, FlexInferenceError>
): Effect.Effect<A, FlexInferenceError> =>
  Effect.catchDefect(Effect.suspend(read), (defect) => Leg.unreadable(leg.route.provider, defect))

const streaming = OpenLeg.streamed("stream")
const collecting = OpenLeg.streamed("collect")

const relay = (job: Job, committed: Committed<Leg.Opened>): RouterResponse.StreamAnswer => {
  let costMicroUsd: number | undefined
  const routing = () => record(job, committed, { ...committed.answer.served(), costMicroUsd })
  const relayed = Relay.stream(committed.answer.frames, {
    ...relayOptions(job, committed.leg),
    keep: job.keep,
    routing: job.plan.includeCost ? routing : undefined
  })
  const frames = committed.leg.route.provider.races
    ? Relay.noting(relayed, job.incoming.surface, (cost) => {
      costMicroUsd = cost
    })
    : relayed
  const { attempt } = job
  const watched = attempt === undefined ? frames : attempt.streamed(frames, routing, committed.answer.isWhole)
  // What a leg has reported by now is the answer's to tell, when it gets there.
  return RouterResponse.stream(watched, record(job, committed, unreported), told(job, committed), Effect.sync(routing))
}

/** A body that reports a failure, where nothing better could be had: native, its caller gets its vendor's own words. */
const inOwnWords = (
  job: Job,
  error: FlexInferenceError
): Effect.Effect<Committed<Leg.Body>, FlexInferenceError> => {
  const { encode, incoming, log, plan } = job
  const answer = Leg.reportOf(error)
  const index = plan.routes.findIndex(({ dialect, provider }) =>
    dialect === incoming.surface && provider.name === error.provider
  )
  const route = plan.routes[index]
  const encoded = route === undefined ? undefined : encode(route)
  if (answer === undefined || route === undefined || encoded?._tag !== "Success") return Effect.fail(error)
  job.attempt?.reported(error)
  return Effect.map(Clock.currentTimeMillis, (at) => ({
    leg: { route, encoded: encoded.success, tier: plan.tier },
    answer,
    reason: index === 0 ? plan.unraced : "chain_advanced",
    fallbackAttempts: index,
    retries: log.legs().length - 1 - index,
    at
  }))
}

const body = (
  job: Job,
  committed: Committed<Leg.Body>
): Effect.Effect<RouterResponse.BodyAnswer, FlexInferenceError> => {
  const { text, value } = committed.answer
  const options = relayOptions(job, committed.leg)
  const routing = record(job, committed, options.upstream.served(value))
  const headers = told(job, committed)
  if (committed.leg.route.provider.races) {
    return Effect.succeed(RouterResponse.body(routing, headers, { text, value: () => value }))
  }
  if (!isTranslated(job, committed.leg)) return Effect.succeed(bodyAnswer(routing, headers, text, value))
  Embedded.remember(text, value)
  return translated(job, routing, value, options)
}

/** An answer that is raced as a stream for a caller who wants a body. */
const collect = (job: Job): Effect.Effect<RouterResponse.BodyAnswer, FlexInferenceError, Scope.Scope> =>
  Effect.scoped(
    Effect.flatMap(noted(job, Commit.commit(job, collecting)), (committed) =>
      Effect.map(
        Effect.result(readable(committed, () => gather(committed))),
        (gathered) => ({ committed, gathered })
      ))
  ).pipe(
    Effect.flatMap(({ committed, gathered }) => {
      if (Result.isSuccess(gathered)) {
        const { text, value } = gathered.success
        const options = relayOptions(job, committed.leg)
        return readable(committed, () => {
          const routing = record(job, committed, options.upstream.served(value))
          return isTranslated(job, committed.leg)
            ? translated(job, routing, value, options)
            : Effect.succeed(bodyAnswer(routing, told(job, committed), text ?? JSON.stringify(value), value))
        })
      }
      const flex = gathered.failure
      if (committed.reason !== "flex_won" || job.options.recoverBuffered === false || !flex.retryable) {
        return Effect.fail(flex)
      }
      // The caller has seen nothing of the flex answer that broke off, so standard can still give a whole one.
      return noted(job, Commit.fallback(job, "flex_recovered", OpenLeg.recovering)).pipe(
        Effect.mapError((error) => afterFlex(error, flex)),
        Effect.flatMap((again) => readable(again, () => body(job, again)))
      )
    })
  )

interface Gathered {
  readonly value: JsonObject
  /** The body as it was received, where it was received as a whole. */
  readonly text: string | undefined
}

/** The body that a stream amounts to. */
const gather = ({ answer, leg }: Committed<Leg.Opened>): Effect.Effect<Gathered, FlexInferenceError> => {
  const { dialect, provider } = leg.route
  const { add, body, needs } = dialect.collector()
  let last: Frame | undefined
  const onChunk = ({ frames }: FrameChunk): Effect.Effect<Gathered, FlexInferenceError> => {
    for (const frame of frames) {
      if (needs !== undefined && frame.event !== undefined && !needs(frame.event)) continue
      if (frame.value === undefined) {
        const malformed = Leg.malformedIn(provider, frame)
        if (malformed === undefined) continue
        return Effect.fail(malformed)
      }
      add(frame.value)
      last = frame
    }
    return read
  }
  const onDone = (): Effect.Effect<Gathered, FlexInferenceError> => {
    const value = body()
    if (value === undefined) return Effect.fail(Leg.emptyAnswer(provider))
    const isWhole = dialect.bodyIn !== undefined && Json.object(last?.value ?? {}, dialect.bodyIn) === value
    return Effect.succeed({ value, text: isWhole ? JsonMembers.textOf(last?.data ?? "", dialect.bodyIn) : undefined })
  }
  const read: Effect.Effect<Gathered, FlexInferenceError> = Effect.suspend(() =>
    Pull.matchEffect(answer.frames, { onSuccess: onChunk, onDone, onFailure: Effect.failCause })
  )
  return Effect.andThen(answer.bounded, read)
}

/** A body in the caller's format; beside it nothing of what the provider said is passed on. */
const translated = (
  { keep }: Job,
  routing: Routing.Routing,
  value: JsonObject,
  options: Relay.Options
): Effect.Effect<RouterResponse.BodyAnswer, FlexInferenceError> =>
  Effect.fromResult(Relay.body(value, options)).pipe(
    Effect.tap((body) => keep === undefined ? Effect.void : keep(body)),
    Effect.map((body) => bodyAnswer(routing, undefined, JsonSource.stringify(body), body))
  )

/** What the provider said beside the answer, for a caller of its own format. */
const told = (job: Job, { answer: { headers }, leg }: Committed<{ readonly headers: Headers }>) =>
  isTranslated(job, leg)
    ? undefined
    : Passage.answer(leg.route.dialect.protocol, headers, job.options.accountHeaders === true)

const bodyAnswer = (
  routing: Routing.Routing,
  headers: Passage.Passed | undefined,
  text: string,
  value: JsonObject
): RouterResponse.BodyAnswer => RouterResponse.body(routing, headers, Relay.withUsage(text, value, routing))

const relayOptions = (job: Job, { encoded, route }: LegPlan): Relay.Options => {
  const { incoming, newId, plan, receivedAt, secrets } = job
  return {
    provider: route.provider,
    secrets,
    surface: incoming.surface,
    upstream: route.dialect,
    context: () => ({
      id: newId(),
      createdAt: Math.floor(receivedAt / 1000),
      model: plan.model,
      request: encoded.hub
    })
  }
}
