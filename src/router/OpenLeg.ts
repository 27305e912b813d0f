/** Opening a leg of a request: its form for the route, its clocks, its entry in the record, its span. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Connection } from "../Provider.ts"
import * as Json from "../wire/Json.ts"
import * as Continued from "./Continued.ts"
import * as Encode from "./Encode.ts"
import * as FlexEntry from "./FlexEntry.ts"
import { isTranslated, type Job, type LegPlan } from "./Job.ts"
import * as Leg from "./Leg.ts"
import * as Passage from "./Passage.ts"
import * as Telemetry from "./Telemetry.ts"

/** Opens one leg, or fails as it does. */
export type Open<A> = (job: Job, leg: LegPlan) => Effect.Effect<A, FlexInferenceError, Scope.Scope>

/** A leg that streams, to a caller who reads a stream or into a body that is collected. */
export const streamed = (mode: "stream" | "collect"): Open<Leg.Opened> => (job, leg) => {
  const opened = asStream(mode, job, leg)
  return job.entry === undefined ? opened : FlexEntry.remember(job.entry, leg, opened)
}

const asStream = (
  mode: "stream" | "collect",
  job: Job,
  leg: LegPlan
): Effect.Effect<Leg.Opened, FlexInferenceError, Scope.Scope> => {
  const form = { tier: leg.tier, mode }
  const open = (body: string) => recorded(job, leg, body, leg.tier, Leg.openStream)
  const first = open(leg.encoded.body(form))
  const { dialect, provider } = leg.route
  const { continuation } = dialect
  return !isTranslated(job, leg) || continuation === undefined
    ? first
    : Effect.flatMap(Effect.scope, (scope) =>
      Effect.map(first, (opened): Leg.Opened => {
        const { frames, isWhole, served } = Continued.stream(
          dialect,
          continuation,
          provider.name,
          leg.encoded.value,
          Leg.parsed(provider, opened.frames),
          (request) =>
            Scope.provide(
              Effect.map(open(Encode.again(request, leg.route, form)), ({ frames }) => Leg.parsed(provider, frames)),
              scope
            )
        )
        return {
          ...opened,
          frames: Effect.catchDefect(frames, (defect) => Leg.unreadable(provider, defect)),
          served,
          isWhole
        }
      }))
}

const body = (name?: string): Open<Leg.Body> => (job, leg) => {
  const answer = asBody(name, job, leg)
  return job.entry === undefined ? answer : FlexEntry.rememberBody(job.entry, leg, answer)
}

const asBody = (
  name: string | undefined,
  job: Job,
  leg: LegPlan
): Effect.Effect<Leg.Body, FlexInferenceError, Scope.Scope> => {
  const form = { tier: leg.tier, mode: "body" } as const
  const read = (body: string) => recorded(job, leg, body, name ?? leg.tier, Leg.readAnswer)
  const first = read(leg.encoded.body(form))
  const { dialect, provider } = leg.route
  return !isTranslated(job, leg) || dialect.continuation === undefined
    ? first
    : Effect.flatMap(first, (first) =>
      Effect.map(
        Continued.body(
          dialect,
          provider.name,
          leg.encoded.value,
          first.value,
          (request) => Effect.map(read(Encode.again(request, leg.route, form)), ({ value }) => value)
        ),
        (value) => ({ ...first, value })
      ))
}

/** A leg that is asked for a body. */
export const whole = body()

/** One that is asked for a body after a race: the tier may have been asked before, for a stream. */
export const recovering = body("recovered")

const recorded = <A>(
  job: Job,
  leg: LegPlan,
  body: string,
  name: string,
  run: (options: Leg.Options) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<A, FlexInferenceError, Scope.Scope> => {
  const { provider } = leg.route
  const streamed = run === Leg.openStream
  const call = job.log.record(
    { provider: provider.name, tier: leg.tier, streamed },
    job.pool.use(
      leg.route.connection,
      () => ({ tier: leg.tier, cacheKey: Json.string(job.incoming.value, "prompt_cache_key") }),
      (connection) => run(legOptions(job, leg, connection, body, name))
    )
  )
  return Telemetry.legSpan(provider, leg.tier, call)
}

const legOptions = (job: Job, leg: LegPlan, connection: Connection, body: string, name: string): Leg.Options => {
  const { options, own, plan, secrets, sent, transport } = job
  const { dialect, provider } = leg.route
  const isFlex = leg.tier === "flex"
  const native = !isTranslated(job, leg)
  const firstByte = clock(options.firstByte, Leg.defaults.firstByte)
  const patience = plan.window === undefined
    ? firstByte
    : Duration.max(firstByte, Duration.sum(plan.window, Leg.defaults.margin))
  return {
    transport,
    provider,
    connection,
    secrets,
    dialect,
    native,
    accountHeaders: options.accountHeaders === true,
    sent: sent === undefined || !native ? undefined : plan.raced ? Passage.ofLeg(sent, name) : sent,
    body,
    clocks: {
      // Whoever races elsewhere says nothing before the window has passed there.
      firstByte: provider.races && own?.firstByte === undefined ? patience : firstByte,
      idle: clock(options.idle, isFlex ? Leg.defaults.flexIdle : Leg.defaults.idle),
      total: clock(options.total, Leg.defaults.total)
    },
    untilStart: isFlex ? patience : undefined,
    startSignal: provider.races ? "accepted" : options.startSignal ?? "output"
  }
}

const clock = (given: Duration.Input | undefined, standard: Duration.Duration): Duration.Duration =>
  given === undefined ? standard : Duration.fromInputUnsafe(given)
