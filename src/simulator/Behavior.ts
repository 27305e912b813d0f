/**
 * How a simulated provider treats one call: when it admits it, when it starts to generate, at what pace, what it says,
 * and what goes wrong. A behavior is data; the constructors name the usual ones.
 *
 * **Example** (flex stalls, standard answers)
 *
 * ```ts
 * import { Behavior, Script, Simulator } from "effect-flexinference/testing"
 *
 * export const providers = Simulator.layer({
 *   script: Script.byTier({
 *     flex: Behavior.stall(),
 *     standard: Behavior.answer({ startAfter: "300 millis", pace: "20 millis", text: "Hello!" })
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { JsonObject } from "../wire/Json.ts"
import type { Tier } from "../ModelCatalog.ts"
import type { Overrides } from "./Answer.ts"

/** When a call's answer comes; all durations are zero unless given. */
export interface Timing {
  /** From the call to the headers of a stream. A body that is not streamed comes with its headers, when it is whole. */
  readonly admitAfter?: Duration.Input | undefined
  /** From the call to the first event of output. */
  readonly startAfter?: Duration.Input | undefined
  /** Between two deltas. */
  readonly pace?: Duration.Input | undefined
  /** Comment lines keep a waiting stream awake at this interval; none without it. */
  readonly keepAlive?: Duration.Input | undefined
  /** The body comes byte by byte, at this interval, instead of event by event. */
  readonly drip?: Duration.Input | undefined
}

/** How far an answer gets: its headers, its admission events, or so many deltas of output. */
export type Point = "headers" | "admission" | number

/** A provider's no. What is left out takes the provider's usual value for the status and the tier. */
export interface Refusal {
  readonly status?: number | undefined
  readonly type?: string | undefined
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly param?: string | undefined
  readonly retryAfter?: Duration.Input | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
  /** The whole body, instead of the provider's envelope. */
  readonly body?: JsonObject | undefined
}

/** What goes wrong. */
export type Fault =
  /** The call is answered with an error status. */
  | { readonly _tag: "Refuse"; readonly refusal: Refusal }
  /** The connection cannot be opened. */
  | { readonly _tag: "Unreachable" }
  /** The connection opens and nothing ever comes. */
  | { readonly _tag: "Silent" }
  /** The stream says nothing more from a point on. */
  | { readonly _tag: "Hang"; readonly at: Point }
  /** The stream fails with the provider's own failure event. */
  | { readonly _tag: "Fail"; readonly at: Point; readonly refusal: Refusal }
  /** The connection breaks (`reset`), or the body ends as if it were whole (`end`). */
  | { readonly _tag: "Cut"; readonly at: Point; readonly how: "reset" | "end" }
  /** One event is no JSON; the others follow as if nothing had been. */
  | { readonly _tag: "Garble"; readonly at: Point }

/** What a provider does with a call. */
export interface Behavior {
  readonly timing: Timing
  readonly answer: Overrides
  readonly fault: Fault | undefined
  /** The tier that serves the call, where it is not the one that was asked for. */
  readonly servedTier: Tier | undefined
}

/** What an answer may be told: when it comes, what it says, and who serves it. */
export interface Options extends Timing, Overrides {
  readonly servedTier?: Tier | undefined
}

const make = (options: Options, fault: Fault | undefined): Behavior => {
  const { admitAfter, drip, keepAlive, pace, servedTier, startAfter, ...answer } = options
  return { timing: { admitAfter, startAfter, pace, keepAlive, drip }, answer, fault, servedTier }
}

/**
 * Answers; what `options` does not say follows from the request.
 *
 * **Example** (everything that can go wrong)
 *
 * ```ts
 * import { Behavior, Script } from "effect-flexinference/testing"
 *
 * // Flex misbehaves in one way after the other; the last one stays.
 * export const bad = Script.byTier({
 *   flex: [
 *     Behavior.refuse({ retryAfter: "30 seconds" }), // no capacity
 *     Behavior.refuseTier(), // the model has no such tier
 *     Behavior.refuseInStream(), // no capacity, inside a 200
 *     Behavior.fail(3), // a server error after three deltas
 *     Behavior.cut(3), // the connection breaks after three
 *     Behavior.garble(3), // what comes after three is no JSON
 *     Behavior.stall(), // admitted, and nothing more
 *     Behavior.silent, // not even headers
 *     Behavior.unreachable()
 *   ]
 * })
 *
 * Behavior.answer({ startAfter: "2 seconds", text: "Hello!" }).fault // => undefined
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const answer = (options: Options = {}): Behavior => make(options, undefined)

/**
 * Answers with an error status. Without one it is the provider's refusal for want of capacity: 429, and on Google's
 * flex and Anthropic 503 and 529.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refuse = (refusal: Refusal = {}, options: Options = {}): Behavior =>
  make(options, { _tag: "Refuse", refusal })

/**
 * The 400 of a model that has no such tier.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refuseTier = (options: Options = {}): Behavior =>
  refuse({
    status: 400,
    type: "invalid_request_error",
    message: "Invalid service_tier argument",
    param: "service_tier"
  }, options)

/**
 * Refuses inside a 200 stream, after the events of admission and before any output.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refuseInStream = (refusal: Refusal = {}, options: Options = {}): Behavior =>
  make(options, { _tag: "Fail", at: "admission", refusal })

/**
 * Fails inside the stream after so many deltas, by default with a server error.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fail = (at: Point, refusal: Refusal = {}, options: Options = {}): Behavior =>
  make(options, { _tag: "Fail", at, refusal: { status: 500, ...refusal } })

/**
 * Admits the call and never says anything more; or stops saying anything at a later point.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stall = (options: Options & { readonly at?: Point | undefined } = {}): Behavior => {
  const { at = "admission", ...rest } = options
  return make(rest, { _tag: "Hang", at })
}

/**
 * Takes the call and sends nothing at all, no headers either.
 *
 * @since 0.1.0
 * @category constructors
 */
export const silent: Behavior = make({}, { _tag: "Silent" })

/**
 * Refuses the connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unreachable = (options: Options = {}): Behavior => make(options, { _tag: "Unreachable" })

/**
 * Breaks the connection at a point; `how: "end"` ends the body there as if it were whole.
 *
 * @since 0.1.0
 * @category constructors
 */
export const cut = (at: Point, options: Options & { readonly how?: "reset" | "end" | undefined } = {}): Behavior => {
  const { how = "reset", ...rest } = options
  return make(rest, { _tag: "Cut", at, how })
}

/**
 * Sends one event that is no JSON at a point, and goes on.
 *
 * @since 0.1.0
 * @category constructors
 */
export const garble = (at: Point, options: Options = {}): Behavior => make(options, { _tag: "Garble", at })
