/**
 * A deferred request as it is stored: what was asked, by when, what was tried, and what came of it.
 *
 * **Example** (the parts of a row, for a store of one's own)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Request } from "effect-flexinference/deferred"
 *
 * export const row = Schema.fromJsonString(Request.DeferredRequest)
 * export const parts = [Request.Status, Request.Attempt, Request.Outcome, Request.Failure]
 * ```
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Where a request stands, in the words of a Responses object.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Status = Schema.Literals(["queued", "in_progress", "completed", "failed", "cancelled"])
export type Status = typeof Status.Type

/**
 * How one try of a rung ended: it answered; it refused or failed and the request goes on; it was left for another rung or
 * because its caller canceled; or the process went away in the middle of it, and whether it was paid for is not known.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Outcome = Schema.Literals(["running", "answered", "failed", "left", "unknown"])
export type Outcome = typeof Outcome.Type

/**
 * One try of one rung. Times are epoch milliseconds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Attempt = Schema.Struct({
  rung: Schema.String,
  startedAt: Schema.Number,
  endedAt: Schema.NullOr(Schema.Number),
  outcome: Outcome,
  /** The code of what it failed with. */
  error: Schema.NullOr(Schema.String)
})
export interface Attempt extends Schema.Schema.Type<typeof Attempt> {}

/**
 * Why a request failed in the end.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Failure = Schema.Struct({ code: Schema.String, message: Schema.String })
export interface Failure extends Schema.Schema.Type<typeof Failure> {}

/**
 * A deferred request.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeferredRequest = Schema.Struct({
  /** Ours, unguessable. */
  id: Schema.String,
  /** Whose it is: nobody else can read or cancel it. */
  owner: Schema.String,
  /** The caller's own name of it: a second request of one owner under the same name is the first one. */
  key: Schema.NullOr(Schema.String),
  /** The request in OpenAI's Responses format, without what only says how it is carried. */
  request: Schema.String,
  /** Epoch milliseconds. */
  createdAt: Schema.Number,
  deadline: Schema.Number,
  status: Status,
  attempts: Schema.Array(Attempt),
  /** Until when a rung is not to be taken, by its name, in epoch milliseconds; `null` is for good. */
  notBefore: Schema.Record(Schema.String, Schema.NullOr(Schema.Number)),
  /** The Responses object that answers it. */
  answer: Schema.NullOr(Schema.String),
  failure: Schema.NullOr(Failure),
  /** When it ended, in epoch milliseconds. */
  endedAt: Schema.NullOr(Schema.Number),
  /** List price of what answered it and what standard would have cost more, in micro-USD; `null` is not known. */
  costMicroUsd: Schema.NullOr(Schema.Number),
  savingMicroUsd: Schema.NullOr(Schema.Number),
  /** How many steps it has taken: whoever is told to take another one than the next comes too late. */
  step: Schema.Int,
  /** How often it was changed: who changes it must have read the last change. */
  version: Schema.Int
})
export interface DeferredRequest extends Schema.Schema.Type<typeof DeferredRequest> {}

/**
 * Whether nothing more will happen to it.
 *
 * @internal
 */
export const isOver = ({ status }: Pick<DeferredRequest, "status">): boolean =>
  status !== "queued" && status !== "in_progress"

/**
 * What is under way.
 *
 * @internal
 */
export const running = ({ attempts }: Pick<DeferredRequest, "attempts">): Attempt | undefined => {
  const last = attempts.at(-1)
  return last?.outcome === "running" ? last : undefined
}

/**
 * The request with one more try.
 *
 * @internal
 */
export const begun = (request: DeferredRequest, rung: string, at: number): DeferredRequest => ({
  ...request,
  status: "in_progress",
  attempts: [...request.attempts, { rung, startedAt: at, endedAt: null, outcome: "running", error: null }]
})

/**
 * The request once the try under way has ended.
 *
 * @internal
 */
export const ended = (
  request: DeferredRequest,
  outcome: Exclude<Outcome, "running">,
  at: number | null,
  error: string | null = null
): DeferredRequest => {
  const attempt = running(request)
  return attempt === undefined
    ? request
    : { ...request, attempts: [...request.attempts.slice(0, -1), { ...attempt, endedAt: at, outcome, error }] }
}
