/** Recorded or simulated streams, taken through the decoder. */
import { Effect, Stream } from "effect"
import type { Dialect } from "../../src/Dialect.ts"
import type { Frame } from "../../src/wire/Sse.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Sse from "../../src/wire/Sse.ts"

const encoder = new TextEncoder()

/** The frames of a text, decoded from chunks of so many bytes. */
export const framesOf = (text: string, chunk = 997): Effect.Effect<ReadonlyArray<Frame>> => {
  const bytes = encoder.encode(text)
  const chunks: Array<Uint8Array> = []
  for (let index = 0; index < bytes.length; index += chunk) chunks.push(bytes.subarray(index, index + chunk))
  return Effect.orDie(Stream.runCollect(Sse.decode(Stream.fromIterable(chunks))))
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
