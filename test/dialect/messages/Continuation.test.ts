import { assert, describe, it } from "@effect/vitest"
import { continuation } from "../../../src/dialect/messages/Continuation.ts"
import { Messages } from "../../../src/dialect/messages/index.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { collected, streamOf } from "./streams.ts"

// No recording has a paused turn: everything here is built from the documented shape.

const message = (id: string, stop_reason: string, texts: ReadonlyArray<string>, output_tokens: number): JsonObject => ({
  id,
  type: "message",
  role: "assistant",
  model: "claude-x",
  content: texts.map((text) => ({ type: "text", text })),
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens, server_tool_use: { web_search_requests: 1 }, service_tier: "standard" }
})
const first = message("msg_1", "pause_turn", ["One.", "Two."], 5)
const second = message("msg_2", "pause_turn", ["Three."], 6)
const third = message("msg_3", "end_turn", ["Four."], 7)
const request: JsonObject = { model: "claude-x", max_tokens: 9, messages: [{ role: "user", content: "Go." }] }

describe("a paused turn (synthetic)", () => {
  it("is gone on with by the same request, with the turn at its end", () => {
    assert.deepStrictEqual(continuation.next(request, first), {
      ...request,
      messages: [{ role: "user", content: "Go." }, { role: "assistant", content: first["content"] ?? null }]
    })
  })

  it("that was paused before grows, so that turns alternate", () => {
    const again = continuation.next(continuation.next(request, first) ?? {}, second)
    assert.deepStrictEqual(again?.["messages"], [
      { role: "user", content: "Go." },
      {
        role: "assistant",
        content: ["One.", "Two.", "Three."].map((text) => ({ type: "text", text }))
      }
    ])
  })

  it.each(["end_turn", "tool_use", "max_tokens", "refusal"])("is not what %s says", (stop_reason) => {
    assert.isUndefined(continuation.next(request, { ...first, stop_reason }))
  })

  it("is one body: the first's name, everybody's content and tokens, the last's ending", () => {
    assert.deepStrictEqual(continuation.join(continuation.join(first, second), third), {
      ...message("msg_1", "end_turn", ["One.", "Two.", "Three.", "Four."], 18),
      usage: {
        input_tokens: 30,
        output_tokens: 18,
        server_tool_use: { web_search_requests: 3 },
        service_tier: "standard"
      }
    })
  })

  it("is one stream, which gathers to that body", () => {
    const splice = continuation.splice()
    const events: Array<JsonObject> = []
    const bodies = [first, second, third]
    for (const [index, body] of bodies.entries()) {
      if (index > 0) splice.next()
      for (const event of streamOf(body)) events.push(...splice.push(event))
    }
    events.push(...splice.end())
    const types = events.map((event) => event["type"]).filter((type) =>
      type !== "content_block_delta" && type !== "ping"
    )
    assert.deepStrictEqual(types, [
      "message_start",
      ...Array.from({ length: 4 }, () => ["content_block_start", "content_block_stop"]).flat(),
      "message_delta",
      "message_stop"
    ])
    const starts = events.filter((event) => event["type"] === "content_block_start")
    assert.deepStrictEqual(starts.map((event) => event["index"]), [0, 1, 2, 3])
    assert.deepStrictEqual(
      collected(Messages, events),
      continuation.join(continuation.join(first, second), third)
    )
  })

  it("holds back the ending until it is known to be the last", () => {
    const splice = continuation.splice()
    const pushed = streamOf(first).flatMap(splice.push)
    assert.isFalse(pushed.some((event) => event["type"] === "message_delta" || event["type"] === "message_stop"))
    assert.deepStrictEqual(splice.end().map((event) => event["type"]), ["message_delta", "message_stop"])
  })
})
