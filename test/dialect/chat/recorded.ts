/** Recorded OpenAI traffic, decoded: bodies, and streams cut into answers. */
import { Effect } from "effect"
import type { AnswerContext, Collector, Transducer } from "../../../src/Dialect.ts"
import type { Frame } from "../../../src/wire/Sse.ts"
import { isObject, type JsonObject } from "../../../src/wire/Json.ts"
import { type Recording, recordings } from "../../support/fixtures.ts"
import { framesOf } from "../../support/streams.ts"

type Folder = "openai-chat" | "openai-responses"

/** The frames of a recorded stream. */
export const frames = (sse: string): Effect.Effect<ReadonlyArray<Frame>> => framesOf(sse)

/** The events of a recorded stream. */
export const events = (sse: string): Effect.Effect<ReadonlyArray<JsonObject>, unknown> =>
  Effect.map(frames(sse), (all) => all.flatMap(({ value }) => value === undefined ? [] : [value]))

/** Recorded streams. */
export const streams = (folder: Folder): ReadonlyArray<Recording & { readonly sse: string }> =>
  recordings(folder).flatMap((recording) => recording.sse === undefined ? [] : [{ ...recording, sse: recording.sse }])

/** Recorded bodies that are no error. */
export const bodies = (folder: Folder): ReadonlyArray<{ readonly name: string; readonly body: JsonObject }> =>
  recordings(folder).flatMap(({ body, name, status }) => status === 200 && isObject(body) ? [{ name, body }] : [])

export const context = (request: JsonObject = {}): AnswerContext => ({
  id: "seed",
  createdAt: 1_700_000_000,
  model: "asked-model",
  request
})

/** All that a transducer makes of events. */
export const through = (transducer: Transducer, input: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  input.flatMap((event) => transducer.push(event))

/** The body a collector makes of events. */
export const collect = (collector: Collector, input: ReadonlyArray<JsonObject>): JsonObject | undefined => {
  for (const event of input) collector.add(event)
  return collector.body()
}
