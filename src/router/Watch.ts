/**
 * One timer for one call, set anew as its clocks change. What only moves the end of the wait costs a number, not a
 * fiber: the sleeper wakes at the time it knows, sees that there is more to wait, and sleeps on.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

export interface Watch {
  /** Starts waiting: `expired` is called after this time, unless the wait is set anew, moved or stopped. */
  readonly set: (after: Duration.Duration, expired: () => void) => Effect.Effect<void>
  /** Begins the wait anew. */
  readonly touch: () => void
  readonly stop: () => void
}

export const make: Effect.Effect<Watch> = Clock.clockWith((clock) => Effect.sync(() => on(clock)))

const on = (clock: Clock.Clock): Watch => {
  let after = Infinity
  let deadline = Infinity
  let expired = (): void => {}
  let wakesAt = Infinity
  let sleeper: Fiber.Fiber<void> | undefined

  const sleep: Effect.Effect<void> = Effect.suspend(() => {
    const wait = deadline - clock.currentTimeMillisUnsafe()
    if (wait > 0) {
      wakesAt = deadline
      return Effect.flatMap(clock.sleep(Duration.millis(wait)), () => sleep)
    }
    wakesAt = Infinity
    sleeper = undefined
    expired()
    return Effect.void
  })

  const stop = (): void => {
    deadline = Infinity
    wakesAt = Infinity
    sleeper?.interruptUnsafe()
    sleeper = undefined
  }

  return {
    set: (duration, onExpired) =>
      Effect.suspend(() => {
        after = Duration.toMillis(duration)
        expired = onExpired
        deadline = clock.currentTimeMillisUnsafe() + after
        if (deadline >= wakesAt || deadline === Infinity) return Effect.void
        stop()
        deadline = clock.currentTimeMillisUnsafe() + after
        return Effect.map(Effect.forkDetach(sleep, { startImmediately: true }), (fiber) => {
          if (wakesAt !== Infinity) sleeper = fiber
        })
      }),
    touch: () => {
      deadline = clock.currentTimeMillisUnsafe() + after
    },
    stop
  }
}
