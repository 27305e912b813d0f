/** The window of a race, counted down on the terminal while nothing has started. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Output from "./Output.ts"

/** The line for so many milliseconds that are left of the window. */
export const line = (left: number): string =>
  left > 0 ? `waiting for flex … ${Math.ceil(left / 1000)} s` : "flex has not started: standard is asked too"

const erase = "\r\x1b[2K"

/** Redraws the line whenever its number of seconds changes; after the deadline there is nothing more to redraw. */
const draw = (window: Duration.Duration) =>
  Effect.gen(function*() {
    const deadline = (yield* Clock.currentTimeMillis) + Duration.toMillis(window)
    for (;;) {
      const left = deadline - (yield* Clock.currentTimeMillis)
      yield* Output.stderr(erase + line(left))
      if (left <= 0) return
      yield* Effect.sleep(left % 1000 || 1000)
    }
  })

/** Shows the countdown until the effect is over, and leaves the terminal's line empty behind it. */
export const during = (window: Duration.Duration) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.forkChild(draw(window)),
    () => effect,
    (fiber) => Effect.andThen(Fiber.interrupt(fiber), Output.stderr(erase))
  )
