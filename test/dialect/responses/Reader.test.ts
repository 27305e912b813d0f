import { assert, describe, it } from "@effect/vitest"
import type { AnswerContext, Dialect } from "../../../src/Dialect.ts"
import { dialects } from "../../../src/dialect/index.ts"
import * as Reader from "../../../src/dialect/responses/Reader.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { collect } from "../../support/streams.ts"
import { oddStream } from "./oddities.ts"

const context: AnswerContext = {
  id: "seed",
  createdAt: 1_700_000_000,
  model: "gpt-5.5",
  request: { stream_options: { include_usage: true } }
}

const surfaces = [dialects["chat.completions"], dialects.interactions, dialects.messages]

const streamed = (surface: Dialect, events: ReadonlyArray<JsonObject>): JsonObject | undefined => {
  const transducer = surface.translation?.eventsFromResponses(context) ?? assert.fail()
  return collect(surface, events.flatMap((event) => transducer.push(event)))
}

const whole = (surface: Dialect, response: JsonObject): JsonObject | undefined =>
  surface.translation?.bodyFromResponses(response, context)

const stepsOf = (events: ReadonlyArray<JsonObject>): ReadonlyArray<Reader.Step> => {
  const reader = Reader.make()
  return events.flatMap((event) => reader.push(event))
}

const event = (type: string, members: JsonObject): JsonObject => ({ type: `response.${type}`, ...members })
const call = { id: "fc", type: "function_call", call_id: "c", name: "f", arguments: "{\"a\":1}" }
const message = (...content: ReadonlyArray<JsonObject>): JsonObject => ({ id: "m", type: "message", content })
const text = (text: string): JsonObject => ({ type: "output_text", text, annotations: [] })
const completed = (output?: ReadonlyArray<JsonObject>): JsonObject =>
  event("completed", { response: Json.compact({ status: "completed", output }) })

describe("an answer of Responses", () => {
  for (const surface of surfaces) {
    it(`reads the same streamed as collected on ${surface.name}, however oddly 1,500 streams tell theirs`, () => {
      for (let seed = 0; seed < 1500; seed++) {
        const events = oddStream(seed)
        const response = collect(dialects.responses, events) ?? assert.fail()
        assert.deepStrictEqual(streamed(surface, events), whole(surface, response), `seed ${seed}`)
      }
    })

    it(`keeps a call and a refusal on ${surface.name} where the terminal event brings no output`, () => {
      const refusal = message({ type: "refusal", refusal: "No." })
      const done = (item: JsonObject, output_index: number) => event("output_item.done", { item, output_index })
      for (const output of [undefined, []]) {
        for (const items of [[call], [refusal]]) {
          const events = [...items.map(done), completed(output)]
          assert.deepStrictEqual(streamed(surface, events), whole(surface, { status: "completed", output: items }))
        }
      }
    })

    it(`says everything once on ${surface.name} where only the terminal event tells of an earlier item`, () => {
      const thought = { id: "rs", type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] }
      const answer = message(text("Hi"))
      const events = [
        event("output_item.added", { output_index: 1, item: message() }),
        event("output_text.delta", { output_index: 1, content_index: 0, delta: "Hi" }),
        completed([thought, answer])
      ]
      const body = streamed(surface, events) ?? assert.fail()
      assert.strictEqual(surface.text(body), "Hi")
      // Chat Completions say thoughts in two members, for two kinds of clients.
      const said = JSON.stringify(body, (key, value) => key === "reasoning_content" ? undefined : value)
      assert.strictEqual(said.split("Hm.").length, 2)
    })
  }

  it("ends as a call, and as a refusal, on Messages where the terminal event brings no output", () => {
    const stop = (item: JsonObject) =>
      streamed(dialects.messages, [event("output_item.done", { output_index: 0, item }), completed()])?.["stop_reason"]
    assert.strictEqual(stop(call), "tool_use")
    assert.strictEqual(stop(message({ type: "refusal", refusal: "No." })), "refusal")
  })

  it("says no text twice where parts and items are named otherwise in the end", () => {
    const events = [
      event("output_item.added", { output_index: 4, item: message() }),
      event("output_text.delta", { output_index: 4, item_id: "m", content_index: 2, delta: "Hi " }),
      event("output_text.delta", { output_index: 4, item_id: "m", content_index: 2, delta: "you" }),
      completed([{ ...message(text("Hi you"), text("!")), id: "other" }])
    ]
    const said = stepsOf(events).flatMap((step) => step._tag === "Text" ? [step.text] : [])
    assert.deepStrictEqual(said, ["Hi ", "you", "!"])
  })

  it("loses no part of which nothing went by, and repeats none that did", () => {
    const events = [
      event("output_text.delta", { output_index: 0, content_index: 1, delta: "Two" }),
      event("output_item.done", { output_index: 0, item: message(text("One"), text("Two"), text("Three")) }),
      completed()
    ]
    const said = stepsOf(events).flatMap((step) => step._tag === "ClosePart" ? [step.text] : [])
    assert.deepStrictEqual(said, ["Two", "One", "Three"])
  })

  it("stands where the whole contradicts what was streamed", () => {
    const events = [
      event("output_text.delta", { output_index: 0, content_index: 0, delta: "Yes" }),
      event("output_item.done", { output_index: 0, item: message(text("Nope, never")) }),
      completed()
    ]
    assert.deepStrictEqual(stepsOf(events).flatMap((step) => step._tag === "Text" ? [step.text] : []), ["Yes"])
  })

  it("costs nothing for an index beyond all bounds, in any place that has one", () => {
    const big = 3_000_000_000
    const events = [
      event("output_text.delta", { output_index: big, content_index: big, delta: "a" }),
      event("output_item.done", { output_index: big, item: message(text("a")) }),
      event("reasoning_summary_text.delta", { output_index: big + 1, summary_index: 0, delta: "b" }),
      event("reasoning_summary_text.delta", { output_index: big + 1, summary_index: big, delta: "c" }),
      completed()
    ]
    for (const surface of surfaces) assert.isDefined(streamed(surface, events))
    const body = collect(dialects.responses, events) ?? {}
    assert.deepStrictEqual(Json.objects(body, "output"), [message(text("a"))])
  })

  it("is a failure where it has more items than any answer", () => {
    const items = Array.from(
      { length: 10_001 },
      (_, output_index) => event("output_item.done", { output_index, item: { ...call, id: `fc_${output_index}` } })
    )
    const end = stepsOf(items).at(-1)
    assert.strictEqual(end?._tag, "End")
    assert.include(end?._tag === "End" ? end.failure?.message : "", "more than 10000 items")
  })

  it("tells an item that has no steps of its own whole, in its place, and the phase of a message", () => {
    const image = { id: "ig", type: "image_generation_call", status: "completed", result: "AQID" }
    const output = [image, { ...message(text("Here.")), phase: "final_answer" }]
    const added = { id: "ig", type: "image_generation_call", status: "in_progress" }
    const streams = [
      [completed(output)],
      [
        event("output_item.added", { output_index: 0, item: added }),
        event("output_item.done", { output_index: 0, item: image }),
        completed(output)
      ]
    ]
    for (const events of streams) {
      const told = stepsOf(events).filter(({ _tag }) => _tag === "Item" || _tag === "OpenMessage")
      assert.deepStrictEqual(told, [{ _tag: "Item", item: image }, { _tag: "OpenMessage", phase: "final_answer" }])
    }
  })
})
