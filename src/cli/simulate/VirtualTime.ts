/**
 * A world whose time passes only when nothing is left to do: an effect that sleeps is awake at once, and the clock says
 * that it was late. Everything in it runs in one go, so the same effect always takes the same course.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"

export interface VirtualTime {
  /**
   * Runs an effect to its end, and throws what it fails with. It may wait for time, and for nothing else outside of
   * itself.
   */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => A
  /** In milliseconds since the beginning. */
  readonly now: () => number
}

interface Sleep {
  readonly at: number
  readonly wake: () => void
}

export const make = (): VirtualTime => {
  let now = 0
  /** What can run now; cancelled tasks are empty. */
  let tasks: Array<(() => void) | undefined> = []
  /** The latest first, so that the next is taken from the end; of those at one time the first to come is the next. */
  const sleeps: Array<Sleep> = []

  const scheduler = new Scheduler.MixedScheduler("async", (task) => {
    const own = tasks
    const index = own.push(task) - 1
    return () => {
      own[index] = undefined
    }
  })

  const sleep = (duration: Duration.Duration): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      const at = now + Duration.toMillis(duration)
      if (at === Number.POSITIVE_INFINITY) return
      const entry: Sleep = { at, wake: () => resume(Effect.void) }
      let low = 0
      let high = sleeps.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((sleeps[middle]?.at ?? 0) > at) low = middle + 1
        else high = middle
      }
      sleeps.splice(low, 0, entry)
      return Effect.sync(() => {
        const index = sleeps.indexOf(entry)
        if (index !== -1) sleeps.splice(index, 1)
      })
    })

  const nanos = (): bigint => BigInt(Math.round(now * 1_000_000))
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep
  }

  /** One turn of what can run, or the next sleeper; nothing where all wait for what will not come. */
  const step = (): boolean => {
    if (tasks.length > 0) {
      const turn = tasks
      tasks = []
      for (let index = 0; index < turn.length; index++) turn[index]?.()
      return true
    }
    const next = sleeps.pop()
    if (next === undefined) return false
    now = Math.max(now, next.at)
    next.wake()
    return true
  }

  return {
    now: () => now,
    run: (effect) => {
      const fiber = Effect.runFork(Effect.provideService(effect, Clock.Clock, clock), { scheduler })
      for (;;) {
        const exit = fiber.pollUnsafe()
        if (exit !== undefined) {
          if (Exit.isSuccess(exit)) return exit.value
          throw Cause.squash(exit.cause)
        }
        if (!step()) throw new Error("an effect in virtual time waits for what is outside of it")
      }
    }
  }
}
