/**
 * A stream of frames as the bytes of a server-sent event stream. It always ends in a way its client understands: with
 * the dialect's own last frame, or with its error frame. In silence a comment keeps the connection awake.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Dialect } from "../Dialect.ts"
import type { Frame } from "../wire/Sse.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Sse from "../wire/Sse.ts"
import * as Fault from "./Fault.ts"

/** How long a stream may be silent before a comment is sent; clients and proxies give up after a minute. */
const silence = Duration.seconds(15)

const encoder = new TextEncoder()

/** The bytes of frames in this dialect. */
export const encode = (
  frames: Stream.Stream<Frame, FlexInferenceError>,
  dialect: Pick<Dialect, "errorFrame">
): Stream.Stream<Uint8Array> =>
  Stream.suspend(() => {
    let first: JsonObject | undefined
    let last: JsonObject | undefined
    const events = Stream.mapArray(frames, (chunk) => {
      let text = ""
      for (const frame of chunk) {
        first ??= frame.value
        last = frame.value ?? last
        text += Sse.encode(frame)
      }
      return [encoder.encode(text)]
    })
    return awake(Stream.catchCause(events, (cause) =>
      Stream.fromEffect(Effect.map(
        Fault.errorOf(cause),
        (error) => encoder.encode(Sse.encode(dialect.errorFrame(error, { first, last })))
      ))))
  })

const comment = encoder.encode(Sse.comment("keep-alive"))

const awake = (events: Stream.Stream<Uint8Array>): Stream.Stream<Uint8Array> =>
  Stream.unwrap(Clock.clockWith((clock) =>
    Effect.sync(() => {
      const period = Duration.toMillis(silence)
      let spokenAt = clock.currentTimeMillisUnsafe()
      const spoken = Stream.mapArray(events, (chunk) => {
        spokenAt = clock.currentTimeMillisUnsafe()
        return chunk
      })
      const untilSilent: Effect.Effect<Uint8Array> = Effect.suspend(() => {
        const now = clock.currentTimeMillisUnsafe()
        if (now - spokenAt < period) return Effect.andThen(Effect.sleep(spokenAt + period - now), untilSilent)
        spokenAt = now
        return Effect.succeed(comment)
      })
      return Stream.merge(spoken, Stream.fromEffectRepeat(untilSilent), { haltStrategy: "left" })
    })
  ))
