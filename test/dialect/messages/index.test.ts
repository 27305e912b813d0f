import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { Messages } from "../../../src/dialect/messages/index.ts"
import { invalidRequest, streamFailed, timedOut, unauthenticated } from "../../../src/FlexInferenceError.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { absent, recordings } from "../../support/fixtures.ts"
import { collected, eventsOf, streamOf } from "./streams.ts"
import { failureOf, isStart, progress, served } from "../../support/streams.ts"

const all = recordings("anthropic-messages")
const streams = all.flatMap(({ name, sse }) => sse === undefined ? [] : [{ name, events: eventsOf(sse) }])
const bodies = all.flatMap(({ body, name, status }) => status === 200 && Json.isObject(body) ? [{ name, body }] : [])
const frame = (event: JsonObject) => Messages.frame(event)

describe.skipIf(absent)("recorded Messages traffic", () => {
  it.each(streams)("$name starts with its first content, and nothing of it came before", ({ events }) => {
    const start = events.findIndex((event) => isStart(Messages, event))
    const type = Json.string(events[start] ?? {}, "type")
    assert.isTrue(type === "content_block_start" || type === "message_delta")
    for (const event of events.slice(0, start)) {
      assert.include(["message_start", "ping"], Json.string(event, "type"))
    }
  })

  it.each(streams)("$name is open until its very last event, and then closed", ({ events }) => {
    const seen = events.map((event) => progress(Messages)(frame(event)))
    assert.deepStrictEqual(seen.slice(0, -1).filter((one) => one !== "open"), [])
    assert.strictEqual(seen.at(-1), "closed")
  })

  it.each(streams)("$name is gathered into the body its deltas add up to", ({ events }) => {
    const body = collected(Messages, events)
    assert.strictEqual(Messages.text(body), events.map((event) => Messages.textDelta(event) ?? "").join(""))
    const starts = events.filter((event) => Json.string(event, "type") === "content_block_start")
    assert.deepStrictEqual(
      Json.objects(body, "content").map((block) => block["type"]),
      starts.map((event) => Json.object(event, "content_block")?.["type"])
    )
    for (const block of Json.objects(body, "content")) {
      if (block["type"] === "tool_use") assert.isDefined(Json.object(block, "input"))
      if (block["type"] === "thinking") assert.isAbove((Json.string(block, "signature") ?? "").length, 0)
    }
    assert.isString(body["stop_reason"])
  })

  it.each(streams)("the meter of $name reads what the gathered body reports", ({ events }) => {
    assert.deepStrictEqual(served(Messages, events), Messages.served(collected(Messages, events)))
  })

  it.each(bodies)("$name comes back whole when it is told as a stream and gathered", ({ body }) => {
    assert.deepStrictEqual(collected(Messages, streamOf(body)), JSON.parse(JSON.stringify(body)))
  })

  it("takes input tokens from the end of a stream whose host knows them only there", () => {
    const events = streams.find(({ name }) => name.startsWith("stream-input-tokens-in-delta"))?.events ?? []
    const usage = Messages.served(collected(Messages, events)).usage
    assert.strictEqual(usage?.input, 61)
    assert.strictEqual(usage?.output, 2)
  })

  it("counts searches, thinking and cached input as recorded", () => {
    const usageOf = (name: string) => {
      const body = bodies.find((one) => one.name === name)?.body
      return body === undefined ? undefined : Messages.served(body).usage
    }
    assert.strictEqual(usageOf("web-search.json")?.webSearches, 2)
    assert.strictEqual(usageOf("thinking-opus5.json")?.reasoning, 139)
    const cached = usageOf("cache.exchange.json#1")
    assert.isAbove(cached?.cachedInput ?? 0, 0)
    assert.isAbove(cached?.input ?? 0, cached?.cachedInput ?? 0)
  })
})

describe("Messages", () => {
  it("counts cached and newly cached tokens as input, and output as it is", () => {
    const usage = { input_tokens: 5, cache_read_input_tokens: 70, cache_creation_input_tokens: 200, output_tokens: 9 }
    assert.deepStrictEqual(Messages.served({ model: "claude-x", usage: { ...usage, service_tier: "priority" } }), {
      usage: {
        input: 275,
        cachedInput: 70,
        cacheWriteInput: 200,
        longCacheWriteInput: 0,
        output: 9,
        reasoning: 0,
        webSearches: 0
      },
      tier: "priority",
      model: "claude-x"
    })
  })

  it("tells what was cached for an hour from what was cached for five minutes, streamed too", () => {
    const usage = {
      input_tokens: 5,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 9
    }
    const whole = Messages.served({ model: "claude-x", usage }).usage
    assert.deepInclude(whole, { input: 305, cacheWriteInput: 300, longCacheWriteInput: 200 })
    const streamed = served(Messages, [
      { type: "message_start", message: { model: "claude-x", usage: { ...usage, output_tokens: 1 } } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } },
      { type: "message_stop" }
    ])
    assert.deepStrictEqual(streamed.usage, whole)
  })

  it("reports no usage of a stream that broke off before its final count (synthetic)", () => {
    const start = {
      type: "message_start",
      message: { model: "claude-x", usage: { input_tokens: 5, output_tokens: 1 } }
    }
    assert.deepStrictEqual(served(Messages, [start]), { usage: undefined, tier: undefined, model: "claude-x" })
  })

  it("keeps blocks and members it does not know (synthetic)", () => {
    const start = { id: "msg_1", type: "message", role: "assistant", model: "claude-x", content: [], usage: {}, new: 1 }
    const block = { type: "compaction", inner: { a: [1] } }
    const body = collected(Messages, [
      { type: "message_start", message: start },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta: { type: "unheard_of_delta" } },
      { type: "content_block_stop", index: 0 },
      { type: "unheard_of" },
      { type: "message_delta", delta: { stop_reason: "end_turn", container: { id: "c" } }, usage: {}, later: true },
      { type: "message_stop" }
    ])
    assert.deepStrictEqual(body, {
      ...start,
      content: [block],
      stop_reason: "end_turn",
      container: { id: "c" },
      later: true,
      usage: {}
    })
  })

  it("gathers nothing from a stream without an end", () => {
    const collector = Messages.collector()
    collector.add({ type: "message_start", message: {} })
    collector.add({ type: "message_delta", delta: {}, usage: {} })
    assert.isUndefined(collector.body())
  })

  it("recognises an error event, and no other, as a failure (synthetic)", () => {
    const event = { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_1" }
    assert.deepStrictEqual(failureOf(Messages, event), {
      type: "overloaded_error",
      code: "overloaded_error",
      message: "Overloaded",
      param: null
    })
    assert.isFalse(isStart(Messages, event))
    assert.isUndefined(failureOf(Messages, { type: "message_stop" }))
  })

  it("names the place of the final usage in the one event that carries it", () => {
    assert.deepStrictEqual(Messages.usagePath({ type: "message_delta" }), ["usage"])
    assert.isUndefined(Messages.usagePath({ type: "message_start" }))
  })

  it.each([
    { error: unauthenticated({ code: "invalid_api_key", message: "No." }), type: "authentication_error", status: 401 },
    {
      error: invalidRequest([{ field: "model", code: "missing_model", message: "No.", rule: "", example: "" }]),
      type: "invalid_request_error",
      status: 400
    },
    {
      error: invalidRequest([{ field: "", code: "request_too_large", message: "No.", rule: "", example: "" }], 413),
      type: "request_too_large",
      status: 413
    },
    {
      error: timedOut({ provider: "google", clock: "idle", after: Duration.seconds(1), message: "No." }),
      type: "timeout_error",
      status: 504
    },
    { error: streamFailed({ provider: "openai", message: "No.", started: true }), type: "api_error", status: 502 }
  ])("wraps a $status as $type, with the machine-readable block and nothing else", ({ error, status, type }) => {
    const body = Messages.errorBody(error)
    const inner = Json.object(body, "error") ?? {}
    assert.deepStrictEqual(Object.keys(body), ["type", "error"])
    assert.deepStrictEqual(Object.keys(inner), ["type", "message", "flexinference"])
    assert.strictEqual(body["type"], "error")
    assert.strictEqual(inner["type"], type)
    assert.strictEqual(Json.object(inner, "flexinference")?.["status"], status)
  })

  it("ends a failed stream with an `error` event that holds the error body", () => {
    const error = streamFailed({ provider: "anthropic", message: "Broke.", started: true })
    const [last = assert.fail()] = Messages.errorFrames(error, { first: undefined, last: undefined })
    assert.strictEqual(last.event, "error")
    assert.deepStrictEqual(JSON.parse(last.data), Messages.errorBody(error))
  })
})
