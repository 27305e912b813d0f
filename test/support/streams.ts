/** Recorded or simulated streams, taken through the decoder. */
import { Effect } from "effect"
import type { Dialect, Served } from "../../src/Dialect.ts"
import type { Frame } from "../../src/wire/Sse.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Sse from "../../src/wire/Sse.ts"

const encoder = new TextEncoder()

/** The frames of a text, read from chunks of so many bytes. */
export const framesOf = (text: string, chunk = 997): Effect.Effect<ReadonlyArray<Frame>> =>
  Effect.sync(() => read(text, chunk))

const read = (text: string, chunk: number): ReadonlyArray<Frame> => {
  const reader = Sse.reader()
  const bytes = encoder.encode(text)
  const frames: Array<Frame> = []
  const add = (chunks: ReturnType<Sse.Reader["feed"]>) => {
    if (!("_tag" in chunks)) { for (const chunk of chunks) frames.push(...chunk.frames) }
  }
  for (let index = 0; index < bytes.length; index += chunk) add(reader.feed(bytes.subarray(index, index + chunk)))
  frames.push(...reader.end()?.frames ?? [])
  return frames
}

/** The events among frames. */
export const eventsOf = (frames: ReadonlyArray<Frame>): ReadonlyArray<JsonObject> =>
  frames.flatMap(({ value }) => value === undefined ? [] : [value])

/** What a dialect's collector makes of events. */
export const collect = (dialect: Dialect, events: ReadonlyArray<JsonObject>): JsonObject | undefined => {
  const collector = dialect.collector()
  for (const event of events) collector.add(event)
  return collector.body()
}

/** Whether an event shows that generation has started. */
export const isStart = (dialect: Dialect, event: JsonObject): boolean =>
  ["output", "final", "end"].includes(dialect.sign(dialect.frame(event), false))

/** How far a stream is after a frame: more must come, more may come, or nothing follows. */
export const progress = (dialect: Dialect) => (frame: Frame): "open" | "complete" | "closed" => {
  const sign = dialect.sign(frame, false)
  return sign === "end" || sign === "failed" ? "closed" : sign === dialect.whole ? "complete" : "open"
}

/** What a failing event says; `undefined` of an event that reports no failure. */
export const failureOf = (dialect: Dialect, event: JsonObject) =>
  dialect.sign(dialect.frame(event), false) === "failed" ? dialect.failureOf(event) : undefined

/** What a dialect's meter makes of events, in a stream that has started and whose frames nobody has looked at. */
export const served = (dialect: Dialect, events: ReadonlyArray<JsonObject>): Served => {
  const meter = dialect.meter()
  for (const event of events) {
    const frame = dialect.frame(event)
    meter.add(frame, dialect.sign(frame, true))
  }
  return meter.served()
}
