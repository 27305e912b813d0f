/**
 * From a committed leg to the caller: the answer is metered, translated where the caller speaks another dialect than
 * the provider, and given its `usage.cost` and `usage.routing`. A native answer goes through untouched but for those.
 */
import * as Stream from "effect/Stream"
import type { AnswerContext, Dialect, Meter } from "../Dialect.ts"
import type { Frame } from "../wire/Sse.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Routing from "../Routing.ts"
import * as Frames from "./Frames.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"

export interface Options {
  readonly surface: Dialect
  readonly upstream: Dialect
  readonly context: AnswerContext
}

/** The frames a streaming caller gets. */
export const stream = (
  frames: Stream.Stream<Frame, FlexInferenceError>,
  options: Options & {
    readonly meter: Meter
    /** The record once the answer is whole, where the caller asked for its cost. */
    readonly routing: (() => Routing.Routing) | undefined
  }
): Stream.Stream<Frame, FlexInferenceError> => {
  const { meter, routing, surface, upstream } = options
  const metered = Stream.map(frames, (frame) => {
    if (frame.value !== undefined) meter.add(frame.value)
    return frame
  })
  const translated = surface === upstream ? metered : translate(metered, options)
  return routing === undefined ? translated : Stream.map(translated, (frame) => {
    const path = frame.value === undefined ? undefined : surface.usagePath(frame.value)
    if (path === undefined) return frame
    const data = JsonMembers.insertAt(frame.data, path, Routing.usageMembers(routing()))
    return { event: frame.event, data, value: Json.parseObject(data) }
  })
}

const translate = (
  frames: Stream.Stream<Frame, FlexInferenceError>,
  { context, surface, upstream }: Options
): Stream.Stream<Frame, FlexInferenceError> => {
  const toHub = upstream.translation?.eventsToResponses(context)
  const fromHub = surface.translation?.eventsFromResponses(context)
  const events = Frames.flatMap(frames, ({ value }) => {
    if (value === undefined) return []
    const hub = toHub === undefined ? [value] : toHub.push(value)
    const out = fromHub === undefined ? hub : hub.flatMap((event) => fromHub.push(event))
    return out.map(surface.frame)
  })
  return Stream.concat(events, Stream.fromIterable(surface.closing))
}

/** The body a caller gets that did not ask for a stream. */
export const body = (value: JsonObject, { context, surface, upstream }: Options): JsonObject => {
  if (surface === upstream) return value
  const hub = upstream.translation?.bodyToResponses(value, context) ?? value
  return surface.translation?.bodyFromResponses(hub, context) ?? hub
}

/** A body with what came of its routing in its usage object, as text and as the value it holds. */
export const withUsage = (
  text: string,
  value: JsonObject,
  routing: Routing.Routing
): { readonly text: string; readonly value: JsonObject } => {
  const usage = Json.object(value, "usage")
  if (usage === undefined) return { text, value }
  const members = Routing.usageMembers(routing)
  return {
    text: JsonMembers.insertAt(text, ["usage"], members),
    value: { ...value, usage: { ...usage, ...members } }
  }
}
