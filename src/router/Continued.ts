/**
 * Answers that come in several calls. Some providers stop in the middle and wait to be asked for the rest
 * (`pause_turn`, `requires_continuation`); a caller that speaks another dialect cannot ask, so the router does.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Dialect } from "../Dialect.ts"
import type { Frame } from "../wire/Sse.ts"
import { type FlexInferenceError, streamFailed } from "../FlexInferenceError.ts"
import type { ProviderName } from "../ModelCatalog.ts"
import * as Frames from "./Frames.ts"
import type { JsonObject } from "../wire/Json.ts"

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

/** One stream out of as many calls as its provider asks for. */
export const stream = (
  dialect: Dialect,
  provider: ProviderName,
  request: JsonObject,
  first: Stream.Stream<Frame, FlexInferenceError>,
  open: (
    request: JsonObject
  ) => Effect.Effect<Stream.Stream<Frame, FlexInferenceError>, FlexInferenceError, Scope.Scope>
): Stream.Stream<Frame, FlexInferenceError, Scope.Scope> => {
  const { continuation } = dialect
  if (continuation === undefined) return first
  return Stream.suspend(() => {
    const splice = continuation.splice()
    const go = (
      request: JsonObject,
      frames: Stream.Stream<Frame, FlexInferenceError>,
      calls: number
    ): Stream.Stream<Frame, FlexInferenceError, Scope.Scope> => {
      const collector = dialect.collector()
      const spliced = Frames.flatMap(frames, ({ value }) => {
        if (value === undefined) return []
        collector.add(value)
        return splice.push(value).map(dialect.frame)
      })
      const rest = Stream.suspend(() => {
        const body = collector.body()
        const next = body === undefined ? undefined : continuation.next(request, body)
        if (next === undefined) return Stream.fromIterable(splice.end().map(dialect.frame))
        if (calls >= limit) return Stream.fail(exceeded(provider))
        splice.next()
        return Stream.unwrap(Effect.map(open(next), (frames) => go(next, frames, calls + 1)))
      })
      return Stream.concat(spliced, rest)
    }
    return go(request, first, 1)
  })
}
