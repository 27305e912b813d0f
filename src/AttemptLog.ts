/**
 * The service that receives the record of every request: who was asked when, what came of it, what it used and cost.
 *
 * A router tells its `AttemptLog` of each request once, when that is over for its caller: answered to the end, failed,
 * or left. Without one in the context nothing is recorded, and it costs nothing. The gateway writes records as log lines
 * and into files; a program provides one around its calls, or to the router's layer.
 *
 * A record holds no text of a prompt or an answer and no key. What is not known is `null`, never 0: above all what a call
 * had cost that was cut off.
 *
 * **Example** (adding up what was saved)
 *
 * ```ts
 * import { Effect, Ref } from "effect"
 * import { AttemptLog, FlexInference } from "effect-flexinference"
 *
 * export const saved = Effect.gen(function*() {
 *   const sum = yield* Ref.make(0)
 *   const log = AttemptLog.layer({ record: ({ savingMicroUsd }) => Ref.update(sum, (sum) => sum + (savingMicroUsd ?? 0)) })
 *   const flex = yield* FlexInference.FlexInference
 *   yield* flex.responses.create({ model: "gpt-5.5", input: "Why is the sky blue?", start_within: "00h-00m-30s" }).pipe(
 *     Effect.provide(log)
 *   )
 *   return yield* Ref.get(sum)
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Millis = Schema.Finite

/**
 * Token counts, as `Usage` has them: whatever the provider counted.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AttemptUsage = Schema.Struct({
  input: Schema.Finite,
  cachedInput: Schema.Finite,
  cacheWriteInput: Schema.Finite,
  longCacheWriteInput: Schema.Finite,
  output: Schema.Finite,
  reasoning: Schema.Finite,
  webSearches: Schema.Finite
})
export interface AttemptUsage extends Schema.Schema.Type<typeof AttemptUsage> {}

/**
 * How one call ended. `completed`: its whole answer was had. `broken`: it had started, and failed before its end.
 * `beaten`: it was aborted because another call started first or took its place. `canceled`: it was aborted because the
 * caller left. Before any output: `refused` for want of capacity or by a rate limit; `unsupported`, the model has no such
 * tier; `unauthorized`, the provider does not take the key; `rejected`, any other definite no; `timed_out`;
 * `unreachable`, no connection or one that broke; `failed`, the provider's own failure.
 *
 * @since 0.1.0
 * @category schemas
 */
export const LegOutcome = Schema.Literals([
  "completed",
  "broken",
  "beaten",
  "canceled",
  "refused",
  "unsupported",
  "unauthorized",
  "rejected",
  "timed_out",
  "unreachable",
  "failed"
])
export type LegOutcome = typeof LegOutcome.Type

/**
 * One call to one provider; times are in milliseconds since the request came in.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AttemptLeg = Schema.Struct({
  provider: Schema.String,
  /** The tier it was asked for. */
  tier: Schema.String,
  openedAtMs: Millis,
  /** When its first output came; unknown of a body that was not streamed. */
  startedAtMs: Schema.NullOr(Millis),
  endedAtMs: Millis,
  outcome: LegOutcome,
  /** Where the provider reported all of it: not of a call that was cut off. */
  usage: Schema.NullOr(AttemptUsage),
  /** By the price list, at the tier that served. */
  costMicroUsd: Schema.NullOr(Schema.Finite),
  /** What the same would have cost at the standard tier. */
  listMicroUsd: Schema.NullOr(Schema.Finite)
})
export interface AttemptLeg extends Schema.Schema.Type<typeof AttemptLeg> {}

/**
 * How much an operator should mind: `warn` for a provider's failures, `error` for faults of the router.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Level = Schema.Literals(["info", "warn", "error"])
export type Level = typeof Level.Type

/** A time as a record has it: `2026-11-25T08:30:00.000Z`. */
const Time = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, { expected: "a time such as 2026-11-25T08:30:00.000Z" })
)

/**
 * The record of one request, in the form in which it is written.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AttemptRecord = Schema.Struct({
  v: Schema.Literal(1),
  /** When the request came in. */
  time: Time,
  level: Level,
  event: Schema.Literal("request"),
  /** The gateway's name for it. */
  requestId: Schema.NullOr(Schema.String),
  /** The name of the key that it came with; never the key. */
  key: Schema.NullOr(Schema.String),
  surface: Schema.String,
  /** As it was asked for, by the name that its provider knows it by. */
  model: Schema.NullOr(Schema.String),
  /** Who served it, or failed last. */
  provider: Schema.NullOr(Schema.String),
  /** The tier that served, in the router's word where it has one. */
  tier: Schema.NullOr(Schema.String),
  /** Why that route was taken; `canceled` where the caller left before there was one, `null` where there was none. */
  reason: Schema.NullOr(Schema.String),
  /** 200, the status of its error, or 499 where the caller left before the end. */
  status: Schema.Int,
  /** The window or tier it was to have. */
  startWithin: Schema.NullOr(Schema.String),
  /** From the request to the start of its answer, or to the whole of a body that was not streamed. */
  startedAfterMs: Schema.NullOr(Millis),
  durationMs: Millis,
  usage: Schema.NullOr(AttemptUsage),
  costMicroUsd: Schema.NullOr(Schema.Finite),
  /** What the same would have cost at the standard tier. */
  listMicroUsd: Schema.NullOr(Schema.Finite),
  /** The difference; negative at a tier that is dearer than standard. */
  savingMicroUsd: Schema.NullOr(Schema.Finite),
  retries: Count,
  fallbackAttempts: Count,
  /** The rung that served a deferred request. */
  rung: Schema.NullOr(Schema.String),
  legs: Schema.Array(AttemptLeg)
})
export interface AttemptRecord extends Schema.Schema.Type<typeof AttemptRecord> {}

/**
 * A record as one line of JSON, both ways.
 *
 * **Example** (a file of records, read again)
 *
 * ```ts
 * import { Option, Schema } from "effect"
 * import { AttemptLog } from "effect-flexinference"
 *
 * const decode = Schema.decodeUnknownOption(AttemptLog.AttemptRecordLine)
 *
 * export const savings = (lines: ReadonlyArray<string>): number =>
 *   lines.flatMap((line) => Option.toArray(decode(line))).reduce((sum, { savingMicroUsd }) => sum + (savingMicroUsd ?? 0), 0)
 *
 * Object.keys(AttemptLog.AttemptRecord.fields).includes("legs") // => true
 * Object.keys(AttemptLog.AttemptLeg.fields).includes("outcome") // => true
 * Object.keys(AttemptLog.AttemptUsage.fields).includes("input") // => true
 * AttemptLog.LegOutcome.literals.length > 0 // => true
 * AttemptLog.Level.literals // => ["info", "warn", "error"]
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const AttemptRecordLine = Schema.fromJsonString(AttemptRecord)

/** What is told of one request while it lasts, each at most once. It runs inside the request, so it only takes note. */
export interface Progress {
  /** Its first call to a provider is sent. */
  readonly called: () => void
  /** Its answer has started. */
  readonly started: () => void
  /** It is over, whatever came of it. */
  readonly ended: () => void
}

/**
 * Receives the records.
 *
 * @since 0.1.0
 * @category services
 */
export class AttemptLog extends Context.Service<AttemptLog, {
  /** The caller's fiber waits for it at the very end of its request, so it must not take long. */
  readonly record: (record: AttemptRecord) => Effect.Effect<void>
  /** Told of every request as it comes in. */
  readonly begin?: ((clock: Clock.Clock) => Progress) | undefined
}>()("effect-flexinference/AttemptLog") {}

/**
 * Several logs as one; each gets every record.
 *
 * **Example** (two logs as one)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { AttemptLog } from "effect-flexinference"
 *
 * export const both = Effect.map(
 *   Effect.service(AttemptLog.AttemptLog),
 *   (log) => AttemptLog.layer(AttemptLog.all([log, log]))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const all = (logs: ReadonlyArray<AttemptLog["Service"]>): AttemptLog["Service"] => {
  const begins = logs.flatMap(({ begin }) => begin ?? [])
  return AttemptLog.of({
    record: (record) => Effect.forEach(logs, (log) => log.record(record), { discard: true }),
    begin: begins.length === 0 ? undefined : (clock) => {
      const told = begins.map((begin) => begin(clock))
      return {
        called: () => told.forEach(({ called }) => called()),
        started: () => told.forEach(({ started }) => started()),
        ended: () => told.forEach(({ ended }) => ended())
      }
    }
  })
}

/**
 * A log beside the one that is in the context, if there is one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEffect = <E, R>(
  log: Effect.Effect<AttemptLog["Service"], E, R>
): Layer.Layer<AttemptLog, E, Exclude<R, Scope.Scope>> =>
  Layer.effect(
    AttemptLog,
    Effect.zipWith(Effect.serviceOption(AttemptLog), log, (other, log) =>
      Option.isNone(other) ? log : all([other.value, log]))
  )

/**
 * Like `layerEffect`, of a log that is there already.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (log: AttemptLog["Service"]): Layer.Layer<AttemptLog> => layerEffect(Effect.succeed(log))
