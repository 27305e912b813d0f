/** Work that is never given up: whatever goes wrong with one piece of it, a defect too, the next is taken. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

export const forever = <A, E, R>(take: Effect.Effect<A, E, R>, complaint: string): Effect.Effect<never, never, R> =>
  take.pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : Effect.andThen(Effect.logWarning(complaint, cause), Effect.sleep("1 second"))
    ),
    Effect.forever
  )
