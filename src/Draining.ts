/**
 * Whether this process is about to end. Whoever serves requests tells it, and whatever makes them wait listens: a race
 * that waits for flex goes to the standard tier at once, and who asks whether to send new requests here is told no.
 *
 * **Example** (a server of one's own that ends in order)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Draining } from "effect-flexinference"
 *
 * export const layer = Layer.effect(Draining.Draining, Effect.tap(
 *   Draining.make,
 *   (draining) => Effect.addFinalizer(() => draining.begin)
 * ))
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** What is known of the end of this process. */
export interface State {
  readonly isBegun: () => boolean
  /** Completes when it begins: what is under way may still be finished. */
  readonly begun: Effect.Effect<void>
  /** Calls back when the time for that is up. Gives what takes the call back. */
  readonly onUp: (listener: () => void) => () => void
}

/** For whoever decides about it. */
export interface Control extends State {
  readonly begin: Effect.Effect<void>
  /** What is still under way ends now, as well as it can. */
  readonly end: Effect.Effect<void>
}

/**
 * The end of the process that serves a request. Without one, nothing is known of it.
 *
 * @since 0.1.0
 * @category references
 */
export const Draining: Context.Reference<State | undefined> = Context.Reference<State | undefined>(
  "effect-flexinference/Draining",
  { defaultValue: () => undefined }
)

/**
 * For whoever serves requests: neither has begun.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Control> = Effect.sync(() => {
  const begun = Latch.makeUnsafe(false)
  const listeners = new Set<() => void>()
  let isBegun = false
  return {
    isBegun: () => isBegun,
    begun: begun.await,
    onUp: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    begin: Effect.sync(() => {
      isBegun = true
      begun.openUnsafe()
    }),
    end: Effect.sync(() => {
      for (const listener of Array.from(listeners)) listener()
    })
  }
})
