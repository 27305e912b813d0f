/** Streams of Messages events for tests: recorded ones decoded, and whole bodies told as a stream. */
import { Effect } from "effect"
import type { Collector, Dialect, Transducer } from "../../../src/Dialect.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { framesOf } from "../../support/streams.ts"

/** The events behind recorded SSE text. */
export const eventsOf = (sse: string): ReadonlyArray<JsonObject> =>
  Effect.runSync(
    Effect.map(framesOf(sse), (frames) => frames.flatMap(({ value }) => value === undefined ? [] : [value]))
  )

const gather = (collector: Collector, events: ReadonlyArray<JsonObject>): JsonObject => {
  for (const event of events) collector.add(event)
  const body = collector.body()
  if (body === undefined) throw new Error("the stream has no end")
  return body
}

export const collected = (dialect: Dialect, events: ReadonlyArray<JsonObject>): JsonObject =>
  gather(dialect.collector(), events)

export const pushed = (transducer: Transducer, events: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  events.flatMap((event) => transducer.push(event))

/** A text in pieces of `size`, with an empty one in front, as recorded streams have it. */
const pieces = (text: string, size: number): ReadonlyArray<string> => [
  "",
  ...Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))
]

const deltasOf = (
  block: JsonObject,
  size: number
): { readonly start: JsonObject; readonly deltas: Array<JsonObject> } => {
  const citations = Json.objects(block, "citations").map((citation) => ({ type: "citations_delta", citation }))
  const input = Json.object(block, "input")
  switch (Json.string(block, "type")) {
    case "text":
      return {
        start: { ...block, ...(block["citations"] === undefined ? {} : { citations: [] }), text: "" },
        deltas: [
          ...citations,
          ...pieces(Json.string(block, "text") ?? "", size).map((text) => ({ type: "text_delta", text }))
        ]
      }
    case "thinking":
      return {
        start: { ...block, thinking: "", signature: "" },
        deltas: [
          ...pieces(Json.string(block, "thinking") ?? "", size).map((thinking) => ({
            type: "thinking_delta",
            thinking
          })),
          { type: "signature_delta", signature: Json.string(block, "signature") ?? "" }
        ]
      }
    case "tool_use":
    case "server_tool_use":
      return {
        start: { ...block, input: {} },
        deltas: pieces(JSON.stringify(input), size).map((partial_json) => ({ type: "input_json_delta", partial_json }))
      }
    default:
      return { start: block, deltas: [] }
  }
}

/** A whole body as the stream that would have told it. */
export const streamOf = (body: JsonObject, size = 7): ReadonlyArray<JsonObject> => {
  const { content: _, stop_details, stop_reason = null, stop_sequence = null, usage = {}, ...rest } = body
  return [
    {
      type: "message_start",
      message: {
        ...rest,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 }
      }
    },
    { type: "ping" },
    ...Json.objects(body, "content").flatMap((block, index) => {
      const { deltas, start } = deltasOf(block, size)
      const opened: Array<JsonObject> = [{ type: "content_block_start", index, content_block: start }]
      return opened.concat(
        deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index }
      )
    }),
    {
      type: "message_delta",
      delta: { stop_reason, stop_sequence, ...(stop_details === undefined ? {} : { stop_details }) },
      usage
    },
    { type: "message_stop" }
  ]
}
