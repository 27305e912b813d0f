/** What a router is told. */
import type * as Duration from "effect/Duration"
import type { OnDeadline } from "../FlexRace.ts"
import type { ProviderName } from "../ModelCatalog.ts"
import type { Connection } from "../Provider.ts"
import type { StartWithin } from "../StartWithin.ts"
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
export const forCall = <A extends CallOptions>(options: A, call: CallOptions | undefined): A =>
  call === undefined
    ? options
    : { ...options, ...Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined)) }

export interface Options extends CallOptions {
  /** The providers that can be called. One that is missing answers `no_byok_key` and its kin. */
  readonly connections: { readonly [name in ProviderName]?: Connection | undefined }
  /** What a request without `start_within` gets; without it such a request is refused. */
  readonly defaultStartWithin?: StartWithin | undefined
  /** Marks every answer as coming from simulated providers. */
  readonly simulated?: boolean | undefined
}
