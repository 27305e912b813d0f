/**
 * Answers that come in several calls. Some providers stop in the middle and wait to be asked for the rest
 * (`pause_turn`, `requires_continuation`); a caller that speaks another dialect cannot ask, so the router does.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type { Continuation, Dialect, Served } from "../Dialect.ts"
import { type FlexInferenceError, streamFailed } from "../FlexInferenceError.ts"
import type { ProviderName } from "../ModelCatalog.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Sse from "../wire/Sse.ts"
import type { Frames } from "./Leg.ts"

/** More calls than this for one answer is a provider going round in circles. */
const limit = 16

const exceeded = (provider: ProviderName): FlexInferenceError =>
  streamFailed({
    provider,
    started: true,
    message: `${provider} had not finished its answer after ${limit} calls.`
  })

/** A whole body, with every call its provider asks for. */
export const body = <R>(
  dialect: Dialect,
  provider: ProviderName,
  request: JsonObject,
  first: JsonObject,
  call: (request: JsonObject) => Effect.Effect<JsonObject, FlexInferenceError, R>
): Effect.Effect<JsonObject, FlexInferenceError, R> => {
  const { continuation } = dialect
  if (continuation === undefined) return Effect.succeed(first)
  const go = (
    request: JsonObject,
    latest: JsonObject,
    whole: JsonObject,
    calls: number
  ): Effect.Effect<JsonObject, FlexInferenceError, R> => {
    const next = continuation.next(request, latest)
    if (next === undefined) return Effect.succeed(whole)
    if (calls >= limit) return Effect.fail(exceeded(provider))
    return Effect.flatMap(call(next), (more) => go(next, more, continuation.join(whole, more), calls + 1))
  }
  return go(request, first, first, 1)
}

/** One stream out of as many calls as its provider asks for, and what they have reported in all. */
export const stream = (
  dialect: Dialect,
  continuation: Continuation,
  provider: ProviderName,
  request: JsonObject,
  first: Frames,
  open: (request: JsonObject) => Effect.Effect<Frames, FlexInferenceError>
): { readonly frames: Frames; readonly served: () => Served; readonly isWhole: () => boolean } => {
  const splice = continuation.splice()
  const meter = dialect.meter()
  let frames = first
  let collector = dialect.collector()
  let latest = request
  let calls = 1
  let isOver = false

  const give = (events: ReadonlyArray<JsonObject>): Sse.FrameChunk =>
    Sse.chunk(events.map((event) => {
      const frame = dialect.frame(event)
      meter.add(frame, dialect.sign(frame, true))
      return frame
    }))

  const onChunk = (chunk: Sse.FrameChunk): Frames => {
    const out = chunk.frames.flatMap(({ value }) => {
      if (value === undefined) return []
      collector.add(value)
      return splice.push(value)
    })
    return out.length === 0 ? pull : Effect.succeed(give(out))
  }

  const onDone = (): Frames => {
    const body = collector.body()
    const next = body === undefined ? undefined : continuation.next(latest, body)
    if (next === undefined) {
      isOver = true
      const end = splice.end()
      return end.length === 0 ? Cause.done() : Effect.succeed(give(end))
    }
    if (calls >= limit) return Effect.fail(exceeded(provider))
    splice.next()
    calls++
    latest = next
    collector = dialect.collector()
    return Effect.flatMap(open(next), (opened) => {
      frames = opened
      return pull
    })
  }

  const pull: Frames = Effect.suspend(() =>
    isOver ? Cause.done() : Pull.matchEffect(frames, { onSuccess: onChunk, onDone, onFailure: Effect.failCause })
  )
  return { frames: pull, served: meter.served, isWhole: () => isOver }
}
