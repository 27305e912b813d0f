import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { AnswerContext } from "../../../src/Dialect.ts"
import { bodyFromResponses, eventsFromResponses } from "../../../src/dialect/messages/FromResponses.ts"
import { Messages } from "../../../src/dialect/messages/index.ts"
import { bodyToResponses, eventsToResponses } from "../../../src/dialect/messages/ToResponses.ts"
import * as ForeignSignature from "../../../src/dialect/ForeignSignature.ts"
import { Responses } from "../../../src/dialect/responses/index.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { absent, recordings } from "../../support/fixtures.ts"
import { collected, eventsOf, pushed, streamOf } from "./streams.ts"
import { failureOf, progress } from "../../support/streams.ts"

const context: AnswerContext = {
  id: "t1",
  createdAt: 1785000000,
  model: "claude-x",
  request: { model: "claude-x", input: "Hello" }
}

const messages = recordings("anthropic-messages").flatMap(({ body, name, sse, status }) =>
  sse !== undefined
    ? [{ name, events: eventsOf(sse) }]
    : status === 200 && Json.isObject(body)
    ? [{ name, events: streamOf(body) }]
    : []
)

const responses = recordings("openai-responses").flatMap(({ name, sse }) => {
  const events = sse === undefined ? [] : eventsOf(sse)
  const starts = events.filter((event) => event["type"] === "response.created").length
  return starts === 1 && !events.some((event) => event["type"] === "response.failed") ? [{ name, events }] : []
})

const typed = (values: ReadonlyArray<JsonObject>, type: string) => values.filter((value) => value["type"] === type)

/** Blocks open and close one after the other, numbered from zero, and every delta is for the open one. */
const assertSequential = (events: ReadonlyArray<JsonObject>): void => {
  let next = 0
  let isOpen = false
  assert.strictEqual(events[0]?.["type"], "message_start")
  assert.deepStrictEqual(events.slice(-2).map((event) => event["type"]), ["message_delta", "message_stop"])
  for (const event of events.slice(1, -2)) {
    assert.strictEqual(event["index"], next)
    switch (event["type"]) {
      case "content_block_start":
        assert.isFalse(isOpen)
        isOpen = true
        break
      case "content_block_delta":
        assert.isTrue(isOpen)
        break
      default:
        assert.strictEqual(event["type"], "content_block_stop")
        assert.isTrue(isOpen)
        isOpen = false
        next += 1
    }
  }
}

/** What a round trip through the hub must keep of an answer. */
const essence = (body: JsonObject) => {
  const blocks = Json.objects(body, "content")
  return {
    text: Messages.text(body),
    calls: typed(blocks, "tool_use").map(({ id, input, name }) => ({ id, input, name })),
    thinking: typed(blocks, "thinking"),
    redacted: typed(blocks, "redacted_thinking"),
    searches: typed(blocks, "server_tool_use").map(({ input, name }) => ({ input, name })),
    cited: blocks.flatMap((block) => Json.objects(block, "citations").map(({ title, url }) => ({ title, url }))),
    served: { ...Messages.served(body), model: undefined },
    stop: body["stop_reason"] === "stop_sequence" ? "end_turn" : body["stop_reason"]
  }
}

describe.skipIf(absent)("recorded Messages answers as Responses", () => {
  it.each(messages)("$name reads the same streamed as whole", ({ events }) => {
    const streamed = collected(Responses, pushed(eventsToResponses(context), events))
    assert.deepStrictEqual(streamed, bodyToResponses(collected(Messages, events), context))
  })

  it.each(messages)("$name keeps its text, its calls and its usage", ({ events }) => {
    const body = collected(Messages, events)
    const response = bodyToResponses(body, context)
    assert.strictEqual(Responses.text(response), Messages.text(body))
    assert.deepStrictEqual(
      typed(Json.objects(response, "output"), "function_call").map(({ arguments: text, call_id, name }) => ({
        id: call_id,
        input: JSON.parse(String(text)),
        name
      })),
      essence(body).calls
    )
    assert.deepStrictEqual(Responses.served(response).usage, Messages.served(body).usage)
    assert.strictEqual(response["service_tier"], Messages.served(body).tier === "standard" ? "default" : null)
  })

  it.each(messages)("$name comes back from the hub with all that a Messages client reads", ({ events }) => {
    const body = collected(Messages, events)
    const back = bodyFromResponses(bodyToResponses(body, context), context)
    assert.deepStrictEqual(essence(back), essence(body))
  })

  it.each(messages)("$name is streamed back in order, and gathers to the same body", ({ events }) => {
    const hub = pushed(eventsToResponses(context), events)
    const back = pushed(eventsFromResponses(context), hub)
    assertSequential(back)
    assert.deepStrictEqual(collected(Messages, back), bodyFromResponses(collected(Responses, hub), context))
  })

  it("numbers the events of a response one by one and ends with the terminal event", () => {
    for (const { events } of messages) {
      const hub = pushed(eventsToResponses(context), events)
      assert.deepStrictEqual(hub.map((event) => event["sequence_number"]), hub.map((_, at) => at))
      assert.deepStrictEqual(hub.slice(0, 2).map((event) => event["type"]), [
        "response.created",
        "response.in_progress"
      ])
      assert.strictEqual(progress(Responses)(Responses.frame(hub.at(-1) ?? {})), "closed")
    }
  })

  it("lets a citation cover the block that holds it, in the text of the whole message", () => {
    const events = messages.find(({ name }) => name === "web-search.chunks.txt")?.events ?? []
    const body = collected(Messages, events)
    const cited = Json.objects(body, "content").flatMap((block) =>
      Json.objects(block, "citations").map(({ url }) => ({ url, text: block["text"] }))
    )
    const spans = Json.objects(bodyToResponses(body, context), "output").flatMap((item) =>
      Json.objects(item, "content").flatMap((part) =>
        Json.objects(part, "annotations").map(({ end_index, start_index, url }) => ({
          url,
          text: String(part["text"]).slice(Number(start_index), Number(end_index))
        }))
      )
    )
    assert.isAbove(cited.length, 5)
    assert.deepStrictEqual(spans, cited)
  })
})

describe.skipIf(absent)("recorded Responses answers as Messages", () => {
  it.each(responses)("$name is streamed in order, and gathers to what the whole body becomes", ({ events }) => {
    const out = pushed(eventsFromResponses(context), events)
    assertSequential(out)
    const response = collected(Responses, events)
    const body = collected(Messages, out)
    // OpenAI encrypts a reasoning item anew in the final object; the stream's client has what came with the item.
    const items = typed(events, "response.output_item.done").flatMap((event) => Json.object(event, "item") ?? [])
    assert.deepStrictEqual(body, bodyFromResponses({ ...response, output: items }, context))
    assert.strictEqual(Messages.text(body), Responses.text(response))
    assert.deepStrictEqual(Messages.served(body).usage, Responses.served(response).usage)
  })

  it("streams text as it arrives", () => {
    const events = responses.find(({ name }) => name === "stream-text.exchange.json")?.events ?? []
    const deltas = events.flatMap((event) => Responses.textDelta(event) ?? [])
    const out = pushed(eventsFromResponses(context), events)
    assert.isAbove(deltas.length, 3)
    assert.deepStrictEqual(out.flatMap((event) => Messages.textDelta(event) ?? []), deltas)
  })
})

const usage = { input_tokens: 3, output_tokens: 4 }
const answer = (members: JsonObject): JsonObject => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-x",
  content: [{ type: "text", text: "Hi" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage,
  ...members
})
const response = (members: JsonObject): JsonObject => ({
  id: "resp_1",
  object: "response",
  model: "gpt-x",
  status: "completed",
  output: [],
  ...members
})
const hubMessage = (...content: ReadonlyArray<JsonObject>): JsonObject => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [...content]
})
const hubText = (text: string, annotations: ReadonlyArray<JsonObject> = []): JsonObject => ({
  type: "output_text",
  text,
  annotations: [...annotations]
})

describe("a stop reason (synthetic)", () => {
  const refusal = { type: "refusal", category: null, explanation: "Not this." }
  it.each<{ stop: string; details?: JsonObject; status: string; reason: string | null }>([
    { stop: "end_turn", status: "completed", reason: null },
    { stop: "stop_sequence", status: "completed", reason: null },
    { stop: "tool_use", status: "completed", reason: null },
    { stop: "max_tokens", status: "incomplete", reason: "max_output_tokens" },
    { stop: "model_context_window_exceeded", status: "incomplete", reason: "max_output_tokens" },
    { stop: "pause_turn", status: "incomplete", reason: "max_output_tokens" },
    { stop: "refusal", status: "incomplete", reason: "content_filter" },
    { stop: "refusal", details: refusal, status: "completed", reason: null },
    { stop: "unheard_of", status: "completed", reason: null }
  ])("$stop becomes $status, reason $reason", ({ details, reason, status, stop }) => {
    const body = answer({ stop_reason: stop, ...(details === undefined ? {} : { stop_details: details }) })
    const events = pushed(eventsToResponses(context), streamOf(body))
    const translated = bodyToResponses(body, context)
    assert.deepStrictEqual(collected(Responses, events), translated)
    assert.strictEqual(events.at(-1)?.["type"], `response.${status}`)
    assert.strictEqual(Json.object(translated, "incomplete_details")?.["reason"] ?? null, reason)
  })

  it.each<{ response: JsonObject; stop: string | null }>([
    { response: response({ output: [hubMessage(hubText("Hi"))] }), stop: "end_turn" },
    {
      response: response({ output: [{ type: "function_call", call_id: "c", name: "f", arguments: "{}" }] }),
      stop: "tool_use"
    },
    {
      response: response({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
      stop: "max_tokens"
    },
    {
      response: response({ status: "incomplete", incomplete_details: { reason: "content_filter" } }),
      stop: "refusal"
    },
    { response: response({ output: [hubMessage({ type: "refusal", refusal: "No." })] }), stop: "refusal" }
  ])("is $stop for a hub answer that ended so", ({ response, stop }) => {
    assert.strictEqual(bodyFromResponses(response, context)["stop_reason"], stop)
  })

  it("carries a refusal's words there and back", () => {
    const body = answer({ content: [], stop_reason: "refusal", stop_details: refusal })
    const translated = bodyToResponses(body, context)
    assert.deepStrictEqual(Json.objects(translated, "output").flatMap((item) => Json.objects(item, "content")), [
      { type: "refusal", refusal: "Not this." }
    ])
    assert.deepStrictEqual(bodyFromResponses(translated, context)["stop_details"], refusal)
  })
})

describe("opaque values (synthetic)", () => {
  const roundTrip = (block: JsonObject) =>
    Json.objects(bodyFromResponses(bodyToResponses(answer({ content: [block] }), context), context), "content")

  it("come home bare: a signature as a signature, redacted data as redacted data", () => {
    const thinking = { type: "thinking", thinking: "Hm.\n\nWell.", signature: "c2ln" }
    const redacted = { type: "redacted_thinking", data: "ZGF0YQ==" }
    assert.deepStrictEqual(roundTrip(thinking), [thinking])
    assert.deepStrictEqual(roundTrip(redacted), [redacted])
  })

  it("of other providers reach a Messages client under their maker's name", () => {
    const google = ForeignSignature.encode({ provider: "google", id: "", value: "thought" }, "openai")
    const body = bodyFromResponses(
      response({
        output: [
          { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "own" },
          { id: "rs_2", type: "reasoning", summary: [], encrypted_content: google },
          { id: "rs_3", type: "reasoning", summary: [] },
          { type: "function_call", call_id: "c", name: "f", arguments: "{\"a\":1}", signature: google }
        ]
      }),
      context
    )
    assert.deepStrictEqual(body["content"], [
      {
        type: "thinking",
        thinking: "Hm.",
        signature: ForeignSignature.encode({ provider: "openai", id: "rs_1", value: "own" }, "anthropic")
      },
      { type: "thinking", thinking: "", signature: google },
      { type: "tool_use", id: "c", name: "f", input: { a: 1 }, signature: google }
    ])
  })
})

describe("a translated stream (synthetic)", () => {
  it("tells an error event as a failed response, and a failed response as an error event", () => {
    const hub = pushed(eventsToResponses(context), [
      { type: "message_start", message: { model: "claude-x" } },
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
    ])
    assert.strictEqual(hub.at(-1)?.["type"], "response.failed")
    assert.strictEqual(failureOf(Responses, hub.at(-1) ?? {})?.message, "Overloaded")
    const back = pushed(eventsFromResponses(context), hub)
    assert.strictEqual(failureOf(Messages, back.at(-1) ?? {})?.message, "Overloaded")
  })

  it("writes items in their order where they arrive interleaved, and loses nothing", () => {
    const items = [hubMessage(hubText("First.")), hubMessage(hubText("Second."))]
    const text = (output_index: number, delta: string): JsonObject => ({
      type: "response.output_text.delta",
      output_index,
      content_index: 0,
      delta
    })
    const done = (output_index: number): JsonObject => ({
      type: "response.output_item.done",
      output_index,
      item: items[output_index] ?? {}
    })
    const whole = response({ output: items })
    const out = pushed(eventsFromResponses(context), [
      { type: "response.created", response: response({ status: "in_progress" }) },
      text(1, "Sec"),
      text(0, "Fir"),
      text(0, "st."),
      done(0),
      text(1, "ond."),
      done(1),
      { type: "response.completed", response: whole }
    ])
    assertSequential(out)
    assert.deepStrictEqual(collected(Messages, out), bodyFromResponses(whole, context))
    assert.deepStrictEqual(out.flatMap((event) => Messages.textDelta(event) ?? []), ["Fir", "st.", "Sec", "ond."])
  })

  it("writes an item that was whole before its turn as soon as its turn comes", () => {
    const items = [hubMessage(hubText("First.")), hubMessage(hubText("Second."))]
    const done = (output_index: number): JsonObject => ({
      type: "response.output_item.done",
      output_index,
      item: items[output_index] ?? {}
    })
    const transducer = eventsFromResponses(context)
    assert.deepStrictEqual(pushed(transducer, [done(1)]), [])
    const texts = pushed(transducer, [done(0)]).flatMap((event) => Messages.textDelta(event) ?? [])
    assert.deepStrictEqual(texts, ["First.", "Second."])
  })

  it("tells a call's arguments as they arrive, spelled as the whole body spells them", () => {
    const input = { "a b": "two  \"spaces\" ", c: [1, true] }
    const body = answer({ content: [{ type: "tool_use", id: "t", name: "f", input }], stop_reason: "tool_use" })
    const delta = (partial_json: string): JsonObject => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "input_json_delta", partial_json }
    })
    const told = streamOf(body).filter((event) => event["type"] !== "content_block_delta")
    const spaced = JSON.stringify(input, null, 2)
    const events = [...told.slice(0, 3), delta(""), delta(spaced.slice(0, 9)), delta(spaced.slice(9)), ...told.slice(3)]
    const hub = pushed(eventsToResponses(context), events)
    assert.lengthOf(typed(hub, "response.function_call_arguments.delta"), 2)
    assert.deepStrictEqual(collected(Responses, hub), bodyToResponses(body, context))
  })

  it("names the sources of a search, and the span of a citation, as Messages blocks", () => {
    const annotation = { type: "url_citation", start_index: 4, end_index: 8, title: "T", url: "https://a.test" }
    const body = bodyFromResponses(
      response({
        output: [
          {
            id: "ws_1",
            type: "web_search_call",
            status: "completed",
            action: { type: "search", query: "q", sources: [{ type: "url", url: "https://a.test" }] }
          },
          hubMessage(hubText("The fact.", [annotation]))
        ]
      }),
      context
    )
    assert.deepStrictEqual(body["content"], [
      { type: "server_tool_use", id: "ws_1", name: "web_search", input: { query: "q" } },
      {
        type: "web_search_tool_result",
        tool_use_id: "ws_1",
        content: [{ type: "web_search_result", url: "https://a.test", title: "", encrypted_content: "" }]
      },
      {
        type: "text",
        text: "The fact.",
        citations: [{
          type: "web_search_result_location",
          url: "https://a.test",
          title: "T",
          cited_text: "fact",
          encrypted_index: ""
        }]
      }
    ])
  })
})

const Text = Schema.Union([Schema.String, Schema.Literals(["\"quoted\" \\ ", "é😀\n", " two  spaces "])])
const Input = Schema.Record(Schema.String, Schema.Union([Text, Schema.Int, Schema.Boolean, Schema.Array(Text)]))
const Block = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Text }),
  Schema.Struct({
    type: Schema.Literal("text"),
    text: Text,
    citations: Schema.Array(Schema.Struct({
      type: Schema.Literal("web_search_result_location"),
      url: Text,
      title: Text,
      cited_text: Text,
      encrypted_index: Text
    }))
  }),
  Schema.Struct({ type: Schema.Literal("thinking"), thinking: Text, signature: Text }),
  Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Text }),
  Schema.Struct({ type: Schema.Literal("tool_use"), id: Text, name: Text, input: Input }),
  Schema.Struct({
    type: Schema.Literal("server_tool_use"),
    id: Text,
    name: Schema.Literal("web_search"),
    input: Schema.Struct({ query: Text })
  }),
  Schema.Struct({ type: Schema.Literal("unheard_of"), data: Text })
])
const Stop = Schema.Literals(["end_turn", "max_tokens", "tool_use", "refusal", "pause_turn"])

describe("any answer", () => {
  it.prop(
    "reads the same streamed as whole, there and back, however it is cut into deltas",
    { blocks: Schema.Array(Block), stop: Stop, size: Schema.Int },
    ({ blocks, size, stop }) => {
      const body = answer({ content: JSON.parse(JSON.stringify(blocks)), stop_reason: stop })
      const events = streamOf(body, 1 + Math.abs(size) % 20)
      const hub = pushed(eventsToResponses(context), events)
      const back = pushed(eventsFromResponses(context), hub)
      assert.deepStrictEqual(collected(Messages, events)["content"], body["content"])
      assert.deepStrictEqual(collected(Responses, hub), bodyToResponses(body, context))
      assertSequential(back)
      assert.deepStrictEqual(collected(Messages, back), bodyFromResponses(collected(Responses, hub), context))
    },
    { arbitrary: { runs: 300 } }
  )
})
