/**
 * The timer of one call, set anew as its clocks change. What only moves the end of a wait costs a number: the alarm rings
 * at the time it knows, and is told that there is more to wait.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Alarm from "./Alarm.ts"

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
  const alarm = Alarm.of(clock)
  let after = Infinity
  let wait = never
  let limit = never

  const waiter = Alarm.waiter(() => {
    const next = limit.until < wait.until ? limit : wait
    if (next.until > clock.currentTimeMillisUnsafe()) return next.until
    if (next.expired() === "again") {
      touch()
      return Math.min(wait.until, limit.until)
    }
    stop()
    return undefined
  })

  const ringBy = (time: number): Effect.Effect<void> =>
    time === Infinity || (waiter.place !== -1 && time >= waiter.at) ? Effect.void : alarm.set(waiter, time)

  const touch = (): void => {
    wait = { until: clock.currentTimeMillisUnsafe() + after, expired: wait.expired }
  }

  const stop = (): void => {
    wait = never
    limit = never
    alarm.unset(waiter)
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
        return ringBy(wait.until)
      }),
    cap: (duration, expired) =>
      Effect.suspend(() => {
        limit = from(duration, expired)
        return ringBy(limit.until)
      }),
    touch,
    stop
  }
}
