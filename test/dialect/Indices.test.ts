import { assert, describe, it } from "@effect/vitest"
import type { AnswerContext } from "../../src/Dialect.ts"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { collect } from "../support/streams.ts"

const context: AnswerContext = { id: "seed", createdAt: 1_700_000_000, model: "m", request: {} }

const hostile = [3_000_000_000, 100_000_000, Number.MAX_SAFE_INTEGER, 1e300, -1, -3_000_000_000, 0.5]

const completed = (output: ReadonlyArray<JsonObject>): JsonObject => ({
  type: "response.completed",
  response: { status: "completed", output }
})

const message = { id: "m", type: "message", role: "assistant", content: [] }
const reasoning = { id: "r", type: "reasoning", summary: [] }

/** Streams in which an index of a provider's stands in every place there is for one. */
const streams = (index: number): ReadonlyArray<readonly [DialectName, ReadonlyArray<JsonObject>]> => [
  ["responses", [
    { type: "response.output_item.added", output_index: index, item: message },
    { type: "response.content_part.added", output_index: index, content_index: index, part: { type: "output_text" } },
    { type: "response.output_text.delta", output_index: index, content_index: index, delta: "x" },
    {
      type: "response.output_text.annotation.added",
      output_index: index,
      content_index: index,
      annotation_index: index,
      annotation: { type: "url_citation", url: "u", title: "t", start_index: index, end_index: index }
    },
    { type: "response.output_text.done", output_index: index, content_index: index, text: "x" },
    { type: "response.output_item.done", output_index: index, item: message },
    { type: "response.output_item.added", output_index: index + 1, item: reasoning },
    { type: "response.reasoning_summary_part.added", output_index: index + 1, summary_index: index, part: {} },
    { type: "response.reasoning_summary_text.delta", output_index: index + 1, summary_index: index, delta: "x" },
    { type: "response.output_item.done", output_index: index + 1, item: reasoning },
    completed([])
  ]],
  ["messages", [
    { type: "message_start", message: {} },
    { type: "content_block_start", index, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index, delta: { type: "text_delta", text: "x" } },
    { type: "content_block_stop", index },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: {} },
    { type: "message_stop" }
  ]],
  ["interactions", [
    { event_type: "step.start", index, step: { type: "model_output" } },
    { event_type: "step.delta", index, delta: { type: "text", text: "x" } },
    {
      event_type: "step.delta",
      index,
      delta: {
        type: "text_annotation_delta",
        annotations: [{ type: "url_citation", url: "u", start_index: index, end_index: index }]
      }
    },
    { event_type: "step.stop", index },
    { event_type: "interaction.completed", interaction: { status: "completed" } }
  ]],
  ["chat.completions", [
    {
      choices: [{
        index,
        delta: {
          content: "x",
          tool_calls: [{ index, id: "c", function: { name: "f", arguments: "{}" } }],
          reasoning_details: [{ type: "reasoning.text", index, text: "x" }]
        }
      }]
    },
    { choices: [{ index, delta: {}, finish_reason: "stop" }] }
  ]]
]

const cells = hostile.flatMap((index) => streams(index).map(([name, events]) => ({ index, name, events })))

const sizeOf = (value: unknown): number => JSON.stringify(value).length

describe("an index that a provider chose", () => {
  it.each(cells)("makes nothing longer: $index in $name", ({ events, name }) => {
    const dialect = dialects[name]
    assert.isBelow(sizeOf(collect(dialect, events) ?? {}), 1000)
    const toHub = dialect.translation?.eventsToResponses(context)
    const hub = toHub === undefined ? events : events.flatMap((event) => toHub.push(event))
    assert.isBelow(sizeOf(hub), 20_000)
    for (const other of Object.values(dialects)) {
      const fromHub = (other.translation ?? other.plain)?.eventsFromResponses(context)
      const own = fromHub === undefined ? hub : hub.flatMap((event) => fromHub.push(event))
      assert.isBelow(sizeOf(own), 20_000, other.name)
      assert.isBelow(sizeOf(collect(other, own) ?? {}), 2000, other.name)
    }
  })
})
