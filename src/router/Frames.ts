/** Streams of frames, transformed chunk by chunk: an answer's events arrive in batches and leave in batches. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { Frame } from "../wire/Sse.ts"

/** Every frame becomes as many frames as `f` makes of it, none included. `f` may keep state; it is called in order. */
export const flatMap = <E, R>(
  frames: Stream.Stream<Frame, E, R>,
  f: (frame: Frame) => ReadonlyArray<Frame>
): Stream.Stream<Frame, E, R> =>
  Stream.transformPull(frames, (pull) => {
    const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Frame>, E> = Effect.flatMap(pull, (chunk) => {
      const out = chunk.flatMap(f)
      return Arr.isReadonlyArrayNonEmpty(out) ? Effect.succeed(out) : next
    })
    return Effect.succeed(next)
  })
