/**
 * From a committed leg to the caller: translated where the caller speaks another dialect than the provider, and given
 * its `usage.cost` and `usage.routing`. A native answer goes through untouched but for those.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import type { AnswerContext, Dialect } from "../Dialect.ts"
import * as Identifiers from "../dialect/Identifiers.ts"
import { failureOf, unanswered } from "../dialect/responses/Failure.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Provider } from "../Provider.ts"
import * as Verdict from "../provider/Verdict.ts"
import * as Routing from "../Routing.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as Sse from "../wire/Sse.ts"
import type { Frames } from "./Leg.ts"
import * as Leg from "./Leg.ts"
import type { Secrets } from "./Secrets.ts"

export interface Options {
  readonly provider: Provider
  /** What must not be quoted from a failure that a translation finds. */
  readonly secrets: Secrets
  readonly surface: Dialect
  readonly upstream: Dialect
  /** What a translation needs to know; made where there is one. */
  readonly context: () => AnswerContext
}

/** The frames a streaming caller gets; `routing` is the record once the answer is whole, where its cost was asked for. */
export const stream = (
  frames: Frames,
  options: Options & {
    readonly routing: (() => Routing.Routing) | undefined
    readonly keep?: ((body: JsonObject) => Effect.Effect<void>) | undefined
  }
): Frames => {
  const { keep, routing, surface, upstream } = options
  const own = surface === upstream ? frames : translated(frames, options)
  const relayed = surface === upstream || keep === undefined ? own : keeping(own, surface, keep)
  return routing === undefined
    ? relayed
    : Effect.mapEager(relayed, (chunk) => withRouting(chunk, surface, routing))
}

/** The frames of an answer that is kept before its caller is told that it is whole, and so may continue it. */
const keeping = (frames: Frames, surface: Dialect, keep: (body: JsonObject) => Effect.Effect<void>): Frames => {
  const { add, body, needs } = surface.collector()
  return Effect.flatMap(frames, (chunk) => {
    let whole: JsonObject | undefined
    for (const frame of chunk.frames) {
      const { event, value } = frame
      if (value === undefined || (needs !== undefined && event !== undefined && !needs(event))) continue
      add(value)
      if (surface.sign(frame, true) === surface.whole) whole = body()
    }
    return whole === undefined ? Effect.succeed(chunk) : Effect.as(keep(whole), chunk)
  })
}

/** The frames of a provider that says itself what it cost, in the usage it sends. */
export const noting = (frames: Frames, surface: Dialect, note: (costMicroUsd: number) => void): Frames =>
  Effect.mapEager(frames, (chunk) => {
    for (const frame of chunk.frames) {
      const path = usagePath(frame, surface)
      const usage = path?.reduce<JsonObject>((value, name) => Json.object(value, name) ?? {}, frame.value ?? {})
      const cost = Json.number(Json.object(usage ?? {}, "cost") ?? {}, "total_micro_usd")
      if (cost !== undefined) note(cost)
    }
    return chunk
  })

/** Where the final usage stands in a frame, if it has it. */
const usagePath = (frame: Sse.Frame, surface: Dialect): ReadonlyArray<string> | undefined => {
  const sign = surface.sign(frame, true)
  return (sign === "final" || sign === "end") && frame.value !== undefined ? surface.usagePath(frame.value) : undefined
}

const withRouting = (chunk: Sse.FrameChunk, surface: Dialect, routing: () => Routing.Routing): Sse.FrameChunk => {
  let changed = false
  const frames = chunk.frames.map((frame): Sse.Frame => {
    const path = usagePath(frame, surface)
    if (path === undefined) return frame
    changed = true
    const data = JsonMembers.insertAt(frame.data, path, Routing.usageMembers(routing()))
    return { event: frame.event, data, value: Json.parseObject(data) }
  })
  return changed ? Sse.chunk(frames) : chunk
}

/** The events of the hub that end an answer. */
const terminal: ReadonlySet<string> = new Set(["response.completed", "response.incomplete"])

const translated = (frames: Frames, options: Options): Frames => {
  const { surface, upstream } = options
  const context = options.context()
  const toHub = upstream.translation?.eventsToResponses(context)
  const fromHub = (surface.translation ?? surface.plain)?.eventsFromResponses(context)
  const restored = restoredIn(context, upstream)
  let isOver = false
  let isWhole = false
  let failure: FlexInferenceError | undefined

  const give = (out: Array<Sse.Frame>, event: JsonObject): void => {
    const type = Json.string(event, "type")
    // What reports a failure is none of the answer's events: in another format it would pass for the end of one.
    if (type === "response.failed") {
      const told = options.secrets.object(event)
      const error = Json.object(Json.object(told, "response") ?? {}, "error") ?? {}
      failure = Verdict.streamErrorOf(options.provider, failureOf(error), told, true)
      return
    }
    const before = out.length
    if (fromHub === undefined) out.push(surface.frame(event))
    else for (const own of fromHub.push(event)) out.push(surface.frame(own))
    if (type !== undefined && terminal.has(type)) {
      isWhole ||= out.slice(before).some((frame) => surface.sign(frame, true) === surface.whole)
    }
  }

  const onChunk = (chunk: Sse.FrameChunk): Frames => {
    const out: Array<Sse.Frame> = []
    try {
      for (const frame of chunk.frames) {
        const { value } = frame
        if (value === undefined) {
          failure = Leg.malformedIn(options.provider, frame)
          if (failure !== undefined) break
          continue
        }
        for (const event of toHub === undefined ? [value] : toHub.push(value)) {
          give(out, restored === undefined ? event : restored.event(event))
        }
      }
    } catch (thrown) {
      return Leg.unreadable(options.provider, thrown)
    }
    return out.length === 0 ? pull : Effect.succeed(Sse.chunk(out))
  }

  const onDone = (): Frames => {
    isOver = true
    // The provider has said that its answer ends, and yet nothing could be made of its end.
    if (!isWhole) return Effect.fail(Leg.emptyAnswer(options.provider))
    return surface.closing.length === 0 ? Cause.done() : Effect.succeed(Sse.chunk(surface.closing))
  }

  const pull: Frames = Effect.suspend(() =>
    failure !== undefined
      ? Effect.fail(failure)
      : isOver
      ? Cause.done()
      : Pull.matchEffect(frames, { onSuccess: onChunk, onDone, onFailure: Effect.failCause })
  )
  return pull
}

/** The caller's own names of tools and calls, where its provider was told others. */
const restoredIn = ({ request }: AnswerContext, { identifiers }: Dialect): Identifiers.Restored | undefined =>
  identifiers === undefined ? undefined : Identifiers.restored(request, identifiers)

/** The body a caller gets that did not ask for a stream. */
export const body = (value: JsonObject, options: Options): Result.Result<JsonObject, FlexInferenceError> => {
  const { provider, secrets, surface, upstream } = options
  if (surface === upstream) return Result.succeed(value)
  const context = options.context()
  const told = upstream.translation?.bodyToResponses(value, context) ?? value
  const hub = restoredIn(context, upstream)?.response(told) ?? told
  const failure = unanswered(hub)
  if (failure === undefined) {
    return Result.succeed((surface.translation ?? surface.plain)?.bodyFromResponses(hub, context) ?? hub)
  }
  const quotable = secrets.object(hub)
  return Result.fail(Verdict.bodyErrorOf(provider, unanswered(quotable) ?? failure, quotable))
}

/** A body with what came of its routing in its usage object, as text and as the value it holds. */
export const withUsage = (
  text: string,
  value: JsonObject,
  routing: Routing.Routing
): { readonly text: string; readonly value: () => JsonObject } => {
  const usage = Json.object(value, "usage")
  if (usage === undefined) return { text, value: () => value }
  const members = Routing.usageMembers(routing)
  return {
    text: JsonMembers.insertAt(text, ["usage"], members),
    value: () => ({ ...value, usage: { ...usage, ...members } })
  }
}
