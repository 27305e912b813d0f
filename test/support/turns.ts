/** Turns of the event loop, in each of which every fiber that can run does. A repeated `yieldNow` costs ten times that. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { setImmediate } from "node:timers"

export const turns = (count: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    let left = count
    const turn = () => {
      if (left-- > 0) setImmediate(turn)
      else resume(Effect.void)
    }
    turn()
  })

/**
 * Waits until a count stands still, which is when every buffer on the way is full. It waits turns, not milliseconds: with
 * both ends in this process, what could move has moved by then, however busy the machine is.
 */
export const still = (count: () => number): Effect.Effect<number> =>
  Effect.gen(function*() {
    let last = -1
    while (last !== count()) {
      last = count()
      yield* turns(2_000)
    }
    return last
  })

/** Waits until something is so, for no more turns than anything on this machine takes. */
export const within = (what: string, isSo: () => boolean): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (let left = 5_000; !isSo(); left--) {
      assert.isAbove(left, 0, what)
      yield* turns(1)
    }
  })
