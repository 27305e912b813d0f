/** What a router is told. */
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { Dialect } from "../Dialect.ts"
import type { OnDeadline } from "../FlexRace.ts"
import type * as Providers from "../provider/index.ts"
import type { Input } from "../StartWithin.ts"
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
   * Whether the fallback tier is asked where flex refuses, breaks off or has not started in time. Without it, what flex
   * fails with is what the request fails with.
   * @default true
   */
  readonly fallback?: boolean | undefined
  /**
   * What counts as started: the first output, or the provider's first event.
   * @default "output"
   */
  readonly startSignal?: StartSignal | undefined
  /**
   * What of the time until an enclosing `Deadline` is kept for the standard tier, so that flex has the rest.
   * @default half of it
   */
  readonly reserve?: Duration.Input | undefined
  /**
   * Whether an answer that is not streamed is asked for again on standard when its flex leg breaks off.
   * @default true
   */
  readonly recoverBuffered?: boolean | undefined
  /**
   * Whether a field that the model's provider has no counterpart for is left out, where the request would otherwise be
   * refused. The record names it in `dropped`. The conversation, what it refers to, and filters are never left out.
   * @default false
   */
  readonly dropUnsupported?: boolean | undefined
  /**
   * What a second of waiting for the start is worth to the caller, in micro-USD. Flex is then waited for only as long as
   * it is likely to save more than that costs, where there is a `FlexMemory` in the context.
   * @default 0
   */
  readonly secondMicroUsd?: number | undefined
}

/** What holds for one call: what is left open for it, or `undefined`, is as it is for all calls. */
export const forCall = <A extends CallOptions>(options: A, call: CallOptions | undefined): A =>
  call === undefined
    ? options
    : { ...options, ...Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined)) }

/** What a router is told beside the keys of the built-in providers. */
export interface Defaults extends CallOptions, Pick<Providers.Options, "providers"> {
  /** Formats of one's own beside the built-in ones, or in place of one of the same name. */
  readonly dialects?: ReadonlyArray<Dialect> | undefined
  /** What a request without `start_within` gets; without it such a request is refused. */
  readonly defaultStartWithin?: Input | undefined
  /**
   * Whether callers may say on whose account a request counts (`openai-organization`, `openai-project`) and are told it.
   * @default false
   */
  readonly accountHeaders?: boolean | undefined
  /**
   * What must never be quoted from a provider's failure or headers, beside the keys of the providers: a gateway's own
   * keys. What is shorter than 8 characters is not looked for.
   */
  readonly secrets?: ReadonlyArray<Redacted.Redacted<string>> | undefined
  /** Marks every answer as coming from simulated providers. */
  readonly simulated?: boolean | undefined
}

/** What a router that races in this process is told. */
export interface Options extends Defaults, Providers.Options {}
