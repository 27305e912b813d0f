import { assert, describe, it } from "@effect/vitest"
import type { AnswerContext } from "../../src/Dialect.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { collect } from "../support/streams.ts"

const context: AnswerContext = { id: "seed", createdAt: 1_700_000_000, model: "m", request: {} }

// Work that grew with the square of these would run into the limit of the tests.
const many = 20_000

const repeated = (event: JsonObject): ReadonlyArray<JsonObject> => Array.from({ length: many }, () => event)

const step = (type: string, delta: JsonObject): ReadonlyArray<JsonObject> => [
  { event_type: "step.start", index: 0, step: { type } },
  ...repeated({ event_type: "step.delta", index: 0, delta }),
  { event_type: "step.stop", index: 0 },
  { event_type: "interaction.completed", interaction: { status: "completed" } }
]

const block = (content_block: JsonObject, delta: JsonObject): ReadonlyArray<JsonObject> => [
  { type: "message_start", message: {} },
  { type: "content_block_start", index: 0, content_block },
  ...repeated({ type: "content_block_delta", index: 0, delta }),
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: {} },
  { type: "message_stop" }
]

const item = (added: JsonObject, delta: JsonObject): ReadonlyArray<JsonObject> => [
  { type: "response.output_item.added", output_index: 0, item: added },
  ...repeated({ output_index: 0, content_index: 0, ...delta }),
  { type: "response.completed", response: { status: "completed" } }
]

const parts = (count: number): JsonObject => ({
  id: "m",
  type: "message",
  content: Array.from({ length: count }, (_, at) => ({ type: "output_text", text: `${at}`, annotations: [] }))
})

const chat = (delta: JsonObject): ReadonlyArray<JsonObject> => [
  ...repeated({ choices: [{ index: 0, delta }] }),
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }
]

const streams: ReadonlyArray<readonly [name: string, dialect: DialectName, events: ReadonlyArray<JsonObject>]> = [
  ["text", "interactions", step("model_output", { type: "text", text: "ab" })],
  ["images", "interactions", step("model_output", { type: "image", data: "AA" })],
  [
    "citations",
    "interactions",
    step("model_output", {
      type: "text_annotation_delta",
      annotations: [{ type: "url_citation", url: "u", start_index: 0, end_index: 0 }]
    })
  ],
  ["thoughts", "interactions", step("thought", { type: "thought_summary", content: { type: "text", text: "ab" } })],
  ["arguments", "interactions", step("function_call", { type: "arguments_delta", arguments: " " })],
  ["results", "interactions", step("google_search_result", { type: "google_search_result", result: [{}] })],
  ["text", "messages", block({ type: "text", text: "" }, { type: "text_delta", text: "ab" })],
  [
    "arguments",
    "messages",
    block({ type: "tool_use", id: "t", name: "f", input: {} }, {
      type: "input_json_delta",
      partial_json: " "
    })
  ],
  ["text", "responses", item({ id: "m", type: "message" }, { type: "response.output_text.delta", delta: "ab" })],
  ["parts", "responses", [
    ...Array.from({ length: many }, (_, content_index) => ({
      type: "response.output_text.delta",
      output_index: 0,
      content_index,
      delta: `${content_index}`
    })),
    { type: "response.completed", response: { status: "completed", output: [parts(many)] } }
  ]],
  [
    "thoughts",
    "responses",
    item({ id: "r", type: "reasoning" }, {
      type: "response.reasoning_summary_text.delta",
      delta: "ab"
    })
  ],
  [
    "arguments",
    "responses",
    item({ type: "function_call", call_id: "c", name: "f", arguments: "" }, {
      type: "response.function_call_arguments.delta",
      delta: " "
    })
  ],
  ["text", "chat.completions", chat({ content: "ab" })],
  ["calls", "chat.completions", chat({ tool_calls: [{ index: 0, function: { arguments: " " } }] })]
]

describe("the work of a translation", () => {
  it.each(streams)("grows with %s of %s and not with their square", (_, name, events) => {
    const { translation } = dialects[name]
    const toHub = translation?.eventsToResponses(context)
    const hub = toHub === undefined ? events : events.flatMap((event) => toHub.push(event))
    assert.isDefined(collect(dialects[name], events))
    for (const other of Object.values(dialects)) {
      const fromHub = other.translation?.eventsFromResponses(context)
      if (fromHub === undefined || other.name === name) continue
      assert.isDefined(collect(other, hub.flatMap((event) => fromHub.push(event))), other.name)
    }
  })

  it.each(["responses", "messages", "interactions", "chat.completions"] as const)(
    "costs nothing for an index of 3,000,000,000 on %s",
    (name) => {
      const index = 3_000_000_000
      const events: { readonly [name in DialectName]: ReadonlyArray<JsonObject> } = {
        responses: [
          { type: "response.output_item.done", output_index: index, item: parts(1) },
          { type: "response.completed", response: { status: "completed" } }
        ],
        messages: [
          { type: "message_start", message: {} },
          { type: "content_block_start", index, content_block: { type: "text", text: "0" } },
          { type: "content_block_stop", index },
          { type: "message_delta", delta: { stop_reason: "end_turn" } },
          { type: "message_stop" }
        ],
        interactions: [
          { event_type: "step.start", index, step: { type: "model_output" } },
          { event_type: "step.delta", index, delta: { type: "text", text: "0" } },
          { event_type: "interaction.completed", interaction: { status: "completed" } }
        ],
        "chat.completions": [
          { choices: [{ index: 0, delta: { content: "0", tool_calls: [{ index, function: { name: "f" } }] } }] },
          { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }
        ]
      }
      const dialect = dialects[name]
      const body = collect(dialect, events[name]) ?? assert.fail()
      assert.strictEqual(dialect.text(body), "0")
      const transducer = dialect.translation?.eventsToResponses(context)
      const hub = transducer === undefined ? events[name] : events[name].flatMap((event) => transducer.push(event))
      assert.isAtMost(Json.objects(collect(dialects.responses, hub) ?? {}, "output").length, 2)
    }
  )
})
