/** Opening a leg of a request: its form for the route, its clocks, its entry in the record, its span. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { dialects } from "../dialect/index.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Connection } from "../Provider.ts"
import * as Continued from "./Continued.ts"
import * as Encode from "./Encode.ts"
import { isTranslated, type Job, type LegPlan } from "./Job.ts"
import * as Leg from "./Leg.ts"
import * as Telemetry from "./Telemetry.ts"

/** Opens one leg, or fails as it does. */
export type Open<A> = (job: Job, leg: LegPlan) => Effect.Effect<A, FlexInferenceError, Scope.Scope>

/** A leg that streams, to a caller who reads a stream or into a body that is collected. */
export const streamed = (mode: "stream" | "collect"): Open<Leg.Opened> => (job, leg) => {
  const form = { tier: leg.tier, mode }
  const open = (body: string) => recorded(job, leg, body, Leg.openStream)
  const first = open(leg.encoded.body(form))
  const { provider } = leg.route
  const dialect = dialects[leg.route.dialect]
  const { continuation } = dialect
  return !isTranslated(job, leg) || continuation === undefined
    ? first
    : Effect.flatMap(Effect.scope, (scope) =>
      Effect.map(first, (opened): Leg.Opened => ({
        ...opened,
        ...Continued.stream(
          dialect,
          continuation,
          provider.name,
          leg.encoded.value,
          opened.frames,
          (request) =>
            Scope.provide(
              Effect.map(open(Encode.again(request, leg.route, form)), ({ frames }) => frames),
              scope
            )
        )
      })))
}

/** A leg that is asked for a body. */
export const whole: Open<Leg.Body> = (job, leg) => {
  const form = { tier: leg.tier, mode: "body" } as const
  const read = (body: string) => recorded(job, leg, body, Leg.readBody)
  const first = read(leg.encoded.body(form))
  const { dialect, provider } = leg.route
  return !isTranslated(job, leg) || dialects[dialect].continuation === undefined
    ? first
    : Effect.flatMap(first, (first) =>
      Effect.map(
        Continued.body(
          dialects[dialect],
          provider.name,
          leg.encoded.value,
          first.value,
          (request) => Effect.map(read(Encode.again(request, leg.route, form)), ({ value }) => value)
        ),
        (value) => ({ ...first, value })
      ))
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

const legOptions = (job: Job, leg: LegPlan, body: string, connection: Connection): Leg.Options => {
  const { options, plan, transport } = job
  const raced = leg.tier === "flex" ? plan.window : undefined
  const firstByte = clock(options.firstByte, Leg.defaults.firstByte)
  return {
    transport,
    provider: leg.route.provider,
    connection,
    dialect: dialects[leg.route.dialect],
    body,
    clocks: {
      firstByte,
      idle: clock(options.idle, leg.tier === "flex" ? Leg.defaults.flexIdle : Leg.defaults.idle),
      total: clock(options.total, Leg.defaults.total)
    },
    untilStart: raced === undefined ? undefined : Duration.max(firstByte, Duration.sum(raced, Leg.defaults.margin)),
    startSignal: options.startSignal ?? "output"
  }
}

const clock = (given: Duration.Input | undefined, standard: Duration.Duration): Duration.Duration =>
  given === undefined ? standard : Duration.fromInputUnsafe(given)
