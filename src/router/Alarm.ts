/**
 * One sleeper for all who wait for a time of a clock. Nearly every wait of a router is given up long before its time, and
 * a fiber, a timer and an interruption for each would cost a request more than its bytes do.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { memoize } from "effect/Function"

/** Someone who may wait. */
export interface Waiter {
  /** When it is called, in milliseconds of the clock. */
  at: number
  /** Its place among those who wait; -1 where it does not. */
  place: number
  /** Called at its time, or a little later; says when it is to be called again. */
  readonly ring: () => number | undefined
}

/** A waiter that waits for nothing yet. */
export const waiter = (ring: Waiter["ring"]): Waiter => ({ at: Infinity, place: -1, ring })

export interface Alarm {
  /** Has someone called at a time, instead of the one that was set before. */
  readonly set: (waiter: Waiter, at: number) => Effect.Effect<void>
  readonly unset: (waiter: Waiter) => void
}

/** The alarm of a clock. It sleeps as long as somebody waits, so it keeps no process from its end. */
export const of: (clock: Clock.Clock) => Alarm = memoize((clock) => {
  const waiting = heap()
  let sleeper: Fiber.Fiber<void> | undefined
  let wakesAt = Infinity
  /** While someone is called, whoever comes or goes is seen right after. */
  let isRinging = false

  const sleep: Effect.Effect<void> = Effect.suspend(() => {
    const first = waiting.first()
    if (first === undefined) return Effect.sync(rest)
    const left = first.at - clock.currentTimeMillisUnsafe()
    if (left > 0) {
      wakesAt = first.at
      return Effect.flatMap(clock.sleep(Duration.millis(left)), () => sleep)
    }
    waiting.remove(first)
    isRinging = true
    try {
      const again = first.ring()
      if (again !== undefined) waiting.put(first, again)
    } finally {
      isRinging = false
    }
    return sleep
  })

  const rest = (): void => {
    wakesAt = Infinity
    sleeper = undefined
  }

  return {
    set: (waiter, at) =>
      Effect.suspend(() => {
        waiting.put(waiter, at)
        // One that a defect has ended is as good as none.
        const isAsleep = sleeper !== undefined && sleeper.pollUnsafe() === undefined
        if (isRinging || (isAsleep && at >= wakesAt)) return Effect.void
        sleeper?.interruptUnsafe()
        wakesAt = at
        return Effect.map(Effect.forkDetach(sleep, { startImmediately: true }), (fiber) => {
          if (fiber.pollUnsafe() === undefined) sleeper = fiber
        })
      }),
    unset: (waiter) => {
      waiting.remove(waiter)
      if (waiting.first() !== undefined || isRinging) return
      sleeper?.interruptUnsafe()
      rest()
    }
  }
})

/** Those who wait, as a binary heap: whoever is called next is first, and who goes is taken out at once. */
const heap = () => {
  const waiters: Array<Waiter> = []

  const place = (waiter: Waiter, at: number): void => {
    waiters[at] = waiter
    waiter.place = at
  }

  /** Puts someone at a free place, or as far above or below it as belongs. */
  const sift = (waiter: Waiter, free: number): void => {
    let at = free
    for (let above = waiters[(at - 1) >> 1]; at > 0 && above !== undefined && above.at > waiter.at;) {
      const up = above.place
      place(above, at)
      at = up
      above = waiters[(at - 1) >> 1]
    }
    for (let below = sooner(at); below !== undefined && below.at < waiter.at; below = sooner(at)) {
      const down = below.place
      place(below, at)
      at = down
    }
    place(waiter, at)
  }

  /** Of the two below a place, the one that is called first. */
  const sooner = (at: number): Waiter | undefined => {
    const left = waiters[2 * at + 1]
    const right = waiters[2 * at + 2]
    return left !== undefined && right !== undefined && right.at < left.at ? right : left
  }

  const remove = (waiter: Waiter): void => {
    const free = waiter.place
    if (free === -1) return
    waiter.place = -1
    const last = waiters.pop()
    if (last !== undefined && last !== waiter) sift(last, free)
  }

  return {
    first: (): Waiter | undefined => waiters[0],
    put: (waiter: Waiter, at: number): void => {
      remove(waiter)
      waiter.at = at
      sift(waiter, waiters.length)
    },
    remove
  }
}
