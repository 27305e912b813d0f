/**
 * Server-sent events, decoded leniently. The parser is Effect's own; what differs from `Sse.decode` is that a
 * `retry:` line is skipped instead of ending the stream, and that the event's data stays the text that was received.
 */
import * as Arr from "effect/Array"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import * as Json from "./Json.ts"
import type { JsonObject } from "./Json.ts"

/**
 * One server-sent event as it travels. `data` is the text exactly as it was received, which is what a native path
 * hands on; `value` is its parsed object, or `undefined` where the data is no JSON object (`[DONE]`).
 */
export interface Frame {
  /** The SSE event name; `undefined` where the dialect sends none. */
  readonly event: string | undefined
  readonly data: string
  readonly value: JsonObject | undefined
}

/** One event may be this long; a final response object with images stays far below. */
const maxEventSize = 64 * 1024 * 1024

const decodeChannel = <IE, Done>(): Channel.Channel<
  Arr.NonEmptyReadonlyArray<Frame>,
  IE | Sse.SseError,
  Done,
  Arr.NonEmptyReadonlyArray<string>,
  IE,
  Done
> =>
  Channel.fromTransform((upstream) =>
    Effect.sync(() => {
      let frames: Array<Frame> = []
      const parser = Sse.makeParser((event) => {
        if (event._tag === "Event") {
          frames.push({
            event: event.event === "message" ? undefined : event.event,
            data: event.data,
            value: Json.parseObject(event.data)
          })
        }
      }, { maxEventSize })
      const pump = Effect.flatMap(upstream, (chunks) => {
        for (const chunk of chunks) {
          const error = parser.feed(chunk)
          if (error !== undefined) return Effect.fail(error)
        }
        return Effect.void
      })
      return Effect.suspend(function loop(): Pull.Pull<Arr.NonEmptyReadonlyArray<Frame>, IE | Sse.SseError, Done> {
        if (Arr.isArrayNonEmpty(frames)) {
          const out = frames
          frames = []
          return Effect.succeed(out)
        }
        return Effect.flatMap(pump, loop)
      })
    })
  )

/** The frames of a byte stream, whatever its chunking. Comments and `retry:` lines are skipped. */
export const decode = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Frame, E | Sse.SseError, R> =>
  bytes.pipe(Stream.decodeText(), Stream.pipeThroughChannel(decodeChannel()))

/** A frame as it goes over the wire. Line breaks inside an event name would forge a frame, so they are cut. */
export const encode = (frame: Frame): string => {
  const name = frame.event === undefined ? "" : `event: ${frame.event.replace(/[\r\n]/g, "")}\n`
  return `${name}data: ${frame.data.replace(/\r\n|\r|\n/g, "\ndata: ")}\n\n`
}

/** A comment line: keeps a connection awake, means nothing. */
export const comment = (text: string): string => `: ${text}\n\n`
