/** One line of the terminal that says what is being waited for, drawn over itself until the wait is over. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Output from "./Output.ts"

/** What the line says for so many milliseconds since the beginning, and how long it stays true; forever without. */
export type Frames = (elapsed: number) => { readonly text: string; readonly millis?: number | undefined }

const erase = "\r\x1b[2K"

/** A line that is longer than the terminal is wide would leave a part of itself behind with every frame. */
const fit = (text: string, columns: number): string =>
  text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`

const draw = (frames: Frames, columns: Effect.Effect<number>) =>
  Effect.gen(function*() {
    const start = yield* Clock.currentTimeMillis
    for (;;) {
      const { millis, text } = frames((yield* Clock.currentTimeMillis) - start)
      yield* Output.stderr(erase + fit(text, yield* columns))
      if (millis === undefined) return
      yield* Effect.sleep(millis)
    }
  })

/** Shows the line until the effect is over, and leaves the terminal's line empty behind it. */
export const during =
  (frames: Frames, columns: Effect.Effect<number> = Effect.succeed(Number.POSITIVE_INFINITY)) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Effect.forkChild(draw(frames, columns)),
      () => effect,
      (fiber) => Effect.andThen(Fiber.interrupt(fiber), Output.stderr(erase))
    )
