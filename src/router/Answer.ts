/** What a router is told, what it answers, and the one function between the two. */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { DialectName } from "../Dialect.ts"
import type { Frame } from "../wire/Sse.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { OnDeadline } from "../FlexRace.ts"
import type * as Providers from "../provider/index.ts"
import type { Routing } from "../Routing.ts"
import type { StartWithin } from "../StartWithin.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { StartSignal } from "./Leg.ts"

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
  readonly onDeadline?: OnDeadline | undefined
  /**
   * What counts as started: the first output, or the provider's first event.
   * @default "output"
   */
  readonly startSignal?: StartSignal | undefined
  /**
   * Whether an answer that is not streamed is asked for again on standard when its flex leg breaks off.
   * @default true
   */
  readonly recoverBuffered?: boolean | undefined
}

/** What holds for one call: what is left open for it, or `undefined`, is as it is for all calls. */
export const forCall = <A extends CallOptions>(options: A, call: CallOptions | undefined): A => ({
  ...options,
  ...Object.fromEntries(Object.entries(call ?? {}).filter(([, value]) => value !== undefined))
})

/** What a router is told beside the keys of the built-in providers. */
export interface Defaults extends CallOptions, Pick<Providers.Options, "providers"> {
  /** What a request without `start_within` gets; without it such a request is refused. */
  readonly defaultStartWithin?: StartWithin | undefined
  /** Marks every answer as coming from simulated providers. */
  readonly simulated?: boolean | undefined
}

/** What a router that races in this process is told. */
export interface Options extends Defaults, Providers.Options {}

/** An answer, committed. */
export type Answer = StreamAnswer | BodyAnswer

/** A stream in the caller's dialect, closing frames and all. It ends whole, or fails. */
export interface StreamAnswer {
  readonly _tag: "Stream"
  /** The record at the commit. */
  readonly routing: Routing
  readonly frames: Stream.Stream<Frame, FlexInferenceError>
  /** The record as it stands now: once the stream has ended, with the served tier, usage and cost. */
  readonly report: Effect.Effect<Routing>
}

/** A whole body in the caller's dialect. */
export interface BodyAnswer {
  readonly _tag: "Body"
  readonly routing: Routing
  readonly text: string
  readonly value: JsonObject
}

/**
 * Carries out one request of a surface, given as JSON text. A request that is wrong fails before anything is sent.
 * Closing the scope aborts whatever is still in flight.
 */
export type Open = (
  surface: DialectName,
  text: string,
  options?: CallOptions
) => Effect.Effect<Answer, FlexInferenceError, Scope.Scope>
