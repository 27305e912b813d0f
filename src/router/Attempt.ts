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
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { all as allLogs, AttemptLog, type AttemptRecord, type Progress } from "../AttemptLog.ts"
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
  const log = both(Context.getOrUndefined(fiber.context, AttemptLog) ?? options.log, options.caller?.log)
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

const both = (
  one: AttemptLog["Service"] | undefined,
  other: AttemptLog["Service"] | undefined
): AttemptLog["Service"] | undefined => one === undefined ? other : other === undefined ? one : allLogs([one, other])

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
  let value: Json.Json | undefined
  let fields: RequestFields | undefined
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
        ...(fields === undefined ? askedFor(value) : validFor(fields)),
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
    asked: (asked) => {
      value = asked
    },
    validated: (valid) => {
      fields = valid
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
    if (answer._tag === "Stream") return atEnd(over({ _tag: "Left" }))
    routing = () => answer.routing
    isWhole = () => report === undefined
    return over({ _tag: "Answered", report })
  })
}

type Wanted = Pick<Facts, "model" | "startWithin">

/** What a request that is not valid asked for, as far as it can be read. */
const askedFor = (value: Json.Json | undefined): Wanted => {
  if (!Json.isObject(value)) return { model: undefined, startWithin: undefined }
  const startWithin = Json.string(value, "start_within")
  return {
    model: Json.string(value, "model"),
    startWithin: startWithin !== undefined && StartWithin.is(startWithin) ? startWithin : undefined
  }
}

const validFor = ({ model, startWithin }: RequestFields): Wanted => ({
  model,
  startWithin: Duration.isDuration(startWithin)
    ? Result.getOrUndefined(StartWithin.fromDurationResult(startWithin))
    : startWithin
})

/** `Effect.addFinalizer`, which copies all services of the program to merge two contexts, in the context of its caller. */
const atEnd = (finalizer: Effect.Effect<void>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) =>
    Scope.addFinalizer(Context.get(context, Scope.Scope), Effect.updateContext(finalizer, () => context))
  )

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
