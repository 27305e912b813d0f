/** What a router answers. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Routing } from "../Routing.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { Frame, FrameChunk } from "../wire/Sse.ts"
import type { Frames } from "./Leg.ts"
import type { Passed } from "./Passage.ts"

/** An answer to which a leg is committed. */
export type Answer = StreamAnswer | BodyAnswer

/** A stream in the caller's dialect, closing frames and all. It ends whole, or fails; it can be read once. */
export interface StreamAnswer {
  readonly _tag: "Stream"
  /** The record at the commit. */
  readonly routing: Routing
  /** What its provider said beside it, by lower-case name, where it was asked in the caller's own format. */
  readonly headers: Passed | undefined
  /** Frame by frame, for whoever reads them. */
  readonly frames: Stream.Stream<Frame, FlexInferenceError>
  /** Chunk by chunk, for whoever hands them on: a chunk knows its bytes. */
  readonly chunks: Stream.Stream<FrameChunk, FlexInferenceError>
  /** The record as it stands now: once the stream has ended, with the served tier, usage and cost. */
  readonly report: Effect.Effect<Routing>
}

/** A whole body in the caller's dialect. */
export interface BodyAnswer {
  readonly _tag: "Body"
  readonly routing: Routing
  readonly headers: Passed | undefined
  readonly text: string
  readonly value: JsonObject
}

/** The answer over the pull that the engine uses itself. */
export const stream = (
  frames: Frames,
  routing: Routing,
  headers: Passed | undefined,
  report: Effect.Effect<Routing>
): StreamAnswer => {
  const each: Pull.Pull<Arr.NonEmptyReadonlyArray<Frame>, FlexInferenceError> = Effect.flatMap(
    frames,
    ({ frames }) => Arr.isReadonlyArrayNonEmpty(frames) ? Effect.succeed(frames) : each
  )
  return {
    _tag: "Stream",
    routing,
    headers,
    frames: Stream.fromPull(Effect.succeed(each)),
    chunks: Stream.fromPull(Effect.succeed(Effect.mapEager(frames, Arr.of<FrameChunk>))),
    report
  }
}

/** The answer as text, and as a value for whoever asks. */
export const body = (
  routing: Routing,
  headers: BodyAnswer["headers"],
  { text, value }: { readonly text: string; readonly value: () => JsonObject }
): BodyAnswer => new WholeBody(routing, headers, text, value)

// A class, because an accessor of an object literal is defined anew for every object.
class WholeBody implements BodyAnswer {
  readonly _tag = "Body"
  readonly routing: Routing
  readonly headers: BodyAnswer["headers"]
  readonly text: string
  private readonly read: () => JsonObject

  constructor(routing: Routing, headers: BodyAnswer["headers"], text: string, read: () => JsonObject) {
    this.routing = routing
    this.headers = headers
    this.text = text
    this.read = read
  }

  get value(): JsonObject {
    return this.read()
  }
}
