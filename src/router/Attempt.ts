/**
 * One request as its record has it: what is noted on its way, and the record that is made once it is over for its
 * caller. Where nobody wants the record and nobody traces there is none of this.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import { isString } from "effect/Predicate"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { AttemptLog, type AttemptRecord, type Progress } from "../AttemptLog.ts"
import { type FlexInferenceError, internal } from "../FlexInferenceError.ts"
import type { RequestFields } from "../RequestFields.ts"
import type { Plan, Routing } from "../Routing.ts"
import * as StartWithin from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import { type End, type Facts, recordOf } from "./AttemptFacts.ts"
import type { Committed } from "./Job.ts"
import type { Frames } from "./Leg.ts"
import * as LegLog from "./LegLog.ts"
import type { Answer } from "./RouterResponse.ts"
import * as Telemetry from "./Telemetry.ts"

/** Takes note of a request on its way. */
export interface Attempt {
  /** Its value. */
  readonly asked: (value: Json.Json | undefined) => void
  readonly validated: (fields: RequestFields) => void
  readonly planned: (plan: Plan) => void
  /** The calls that are made for it. */
  readonly log: LegLog.LegLog
  readonly committed: (committed: Committed<unknown>) => void
  /** The body that its caller gets is a provider's own report of this failure. */
  readonly reported: (error: FlexInferenceError) => void
  /** The frames of its answer: at their end it is over. */
  readonly streamed: (frames: Frames, routing: () => Routing, isWhole: () => boolean) => Frames
}

/** Where a request is made, and by whom. */
export interface Options extends Pick<Facts, "catalog" | "providers" | "surface" | "caller"> {
  /** The log beside the router, for whoever has none around its calls. */
  readonly log: AttemptLog["Service"] | undefined
  /** Epoch milliseconds. */
  readonly receivedAt: number
}

type Open<R> = (attempt: Attempt | undefined) => Effect.Effect<Answer, FlexInferenceError, R | Scope.Scope>

/** Told of the record, of how the request ended, and of what came of its answer, where one was committed. */
type Sink = (
  record: AttemptRecord,
  exit: Exit.Exit<void, string>,
  routing: Routing | undefined
) => Effect.Effect<void>

/** Carries a request out, and sees to its record and its span where they are wanted. */
export const watch = <R>(
  fiber: Fiber.Fiber<unknown, unknown>,
  options: Options,
  open: Open<R>
): Effect.Effect<Answer, FlexInferenceError, R | Scope.Scope> => {
  const log = Context.getOrUndefined(fiber.context, AttemptLog) ?? options.log
  if (log === undefined && !Telemetry.isTraced(fiber.context)) return open(undefined)
  const clock = fiber.getRef(Clock.Clock)
  const begin = () => log?.begin?.(clock)
  const sinks: ReadonlyArray<Sink> = log === undefined ? [] : [(record) => log.record(record)]
  if (!Telemetry.isTraced(fiber.context)) return watched(clock, options, open, begin, sinks, constVoid)
  return Effect.flatMap(Effect.makeSpan("flexinference.request"), (span) => {
    const traced: Sink = (record, exit, routing) =>
      Effect.sync(() => {
        Telemetry.annotate(span, Telemetry.recordAttributes(record, routing, exit))
        span.end(clock.currentTimeNanosUnsafe(), exit)
      })
    const annotate = (attributes: Telemetry.Attributes) => Telemetry.annotate(span, attributes)
    return Effect.withParentSpan(watched(clock, options, open, begin, [...sinks, traced], annotate), span, {
      captureStackTrace: false
    })
  })
}

const watched = <R>(
  clock: Clock.Clock,
  options: Options,
  open: Open<R>,
  begin: () => Progress | undefined,
  sinks: ReadonlyArray<Sink>,
  annotate: (attributes: Telemetry.Attributes) => void
): Effect.Effect<Answer, FlexInferenceError, R | Scope.Scope> => {
  let progress: Progress | undefined
  const log = LegLog.make(options.receivedAt, () => progress?.called())
  let model: string | undefined
  let startWithin: StartWithin.StartWithin | undefined
  let plan: Plan | undefined
  let committed: Committed<unknown> | undefined
  let report: FlexInferenceError | undefined
  let routing: (() => Routing) | undefined
  let isWhole = (): boolean => false
  let isOver = false

  const over = (end: End): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (isOver) return Effect.void
      isOver = true
      progress?.ended()
      const whole = isWhole()
      const known = routing?.()
      const record = recordOf({
        catalog: options.catalog,
        providers: options.providers,
        surface: options.surface,
        caller: options.caller,
        receivedAt: options.receivedAt,
        model,
        startWithin,
        plan,
        committed,
        routing: known,
        isWhole: whole,
        legs: log.entries(),
        endedAt: clock.currentTimeMillisUnsafe(),
        // Whoever leaves after the last event has been answered.
        end: end._tag === "Left" && whole ? { _tag: "Answered", report } : end
      })
      const exit = record.status < 400 ? Exit.void : exitOf(end)
      return Effect.forEach(sinks, (sink) => sink(record, exit, known), { discard: true })
    }).pipe(
      // A log that fails is no failure of the request.
      Effect.catchCause((cause) => Effect.logError("The record of a request was lost.", cause))
    )

  const failed = (cause: Cause.Cause<FlexInferenceError>): Effect.Effect<void> =>
    over(
      Cause.hasInterruptsOnly(cause)
        ? { _tag: "Left" }
        : { _tag: "Failed", error: Result.getOrElse(Cause.findError(cause), () => internal(Cause.squash(cause))) }
    )

  const attempt: Attempt = {
    log,
    asked: (value) => {
      if (!Json.isObject(value)) return
      const field = Json.getOwn(value, "start_within")
      model = Json.string(value, "model")
      startWithin = isString(field) && StartWithin.is(field) ? field : undefined
    },
    validated: (fields) => {
      model = fields.model
      startWithin = Duration.isDuration(fields.startWithin)
        ? Result.getOrUndefined(StartWithin.fromDurationResult(fields.startWithin))
        : fields.startWithin
    },
    planned: (planned) => {
      plan = planned
      annotate(Telemetry.requestAttributes(planned))
    },
    committed: (chosen) => {
      if (committed === undefined) progress?.started()
      committed = chosen
    },
    reported: (error) => {
      report = error
    },
    streamed: (frames, report, whole) => {
      routing = report
      isWhole = whole
      return Effect.tapCause(frames, (cause) => {
        const broken = Pull.filterNoDone(cause)
        if (Result.isFailure(broken)) return over({ _tag: "Answered", report: undefined })
        // A reader may be interrupted and read on; one that left is known by its scope.
        return Cause.hasInterruptsOnly(broken.success) ? Effect.void : failed(broken.success)
      })
    }
  }

  // It begins where its end cannot be missed.
  const begun = Effect.suspend(() => {
    progress = begin()
    return open(attempt)
  })
  return Effect.onExit(begun, (exit) => {
    if (Exit.isFailure(exit)) return failed(exit.cause)
    const answer = exit.value
    if (answer._tag === "Stream") return Effect.addFinalizer(() => over({ _tag: "Left" }))
    routing = () => answer.routing
    isWhole = () => report === undefined
    return over({ _tag: "Answered", report })
  })
}

const exitOf = (end: End): Exit.Exit<void, string> =>
  Telemetry.exitOf(
    end._tag === "Left"
      ? Exit.failCause(Cause.interrupt())
      : end._tag === "Failed"
      ? Exit.fail(end.error)
      : end.report === undefined
      ? Exit.void
      : Exit.fail(end.report)
  )
