/**
 * The timer of one call, set anew as its clocks change. What only moves the end of a wait costs a number, not a fiber:
 * the sleeper wakes at the time it knows, sees that there is more to wait, and sleeps on.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

export interface Watch {
  /**
   * Waits for this long: `expired` is called then, unless the wait is set anew, begun anew or stopped. It may ask for the
   * same wait again.
   */
  readonly set: (after: Duration.Duration, expired: () => "again" | void) => Effect.Effect<void>
  /** Beside the wait: `expired` is called after this long, whatever happens but a stop. */
  readonly cap: (after: Duration.Duration, expired: () => void) => Effect.Effect<void>
  /** Begins the wait anew. */
  readonly touch: () => void
  readonly stop: () => void
}

interface Wait {
  readonly until: number
  readonly expired: () => "again" | void
}

const never: Wait = { until: Infinity, expired: () => {} }

/** A watch by this clock. */
export const on = (clock: Clock.Clock): Watch => {
  let after = Infinity
  let wait = never
  let limit = never
  let wakesAt = Infinity
  let sleeper: Fiber.Fiber<void> | undefined

  const sleep: Effect.Effect<void> = Effect.suspend(() => {
    const next = limit.until < wait.until ? limit : wait
    const left = next.until - clock.currentTimeMillisUnsafe()
    if (left > 0) {
      wakesAt = next.until
      return Effect.flatMap(clock.sleep(Duration.millis(left)), () => sleep)
    }
    if (next.expired() === "again") {
      touch()
      return sleep
    }
    sleeper = undefined
    stop()
    return Effect.void
  })

  const wakeBy = (time: number): Effect.Effect<void> => {
    if (time >= wakesAt) return Effect.void
    sleeper?.interruptUnsafe()
    wakesAt = time
    return Effect.map(Effect.forkDetach(sleep, { startImmediately: true }), (fiber) => {
      if (fiber.pollUnsafe() === undefined) sleeper = fiber
    })
  }

  const touch = (): void => {
    wait = { until: clock.currentTimeMillisUnsafe() + after, expired: wait.expired }
  }

  const stop = (): void => {
    wait = never
    limit = never
    wakesAt = Infinity
    sleeper?.interruptUnsafe()
    sleeper = undefined
  }

  const from = (duration: Duration.Duration, expired: Wait["expired"]): Wait => ({
    until: clock.currentTimeMillisUnsafe() + Duration.toMillis(duration),
    expired
  })

  return {
    set: (duration, expired) =>
      Effect.suspend(() => {
        after = Duration.toMillis(duration)
        wait = from(duration, expired)
        return wakeBy(wait.until)
      }),
    cap: (duration, expired) =>
      Effect.suspend(() => {
        limit = from(duration, expired)
        return wakeBy(limit.until)
      }),
    touch,
    stop
  }
}
