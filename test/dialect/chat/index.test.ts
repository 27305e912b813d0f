import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChatCompletions } from "../../../src/dialect/chat/index.ts"
import * as FlexInferenceError from "../../../src/FlexInferenceError.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import * as Sse from "../../../src/wire/Sse.ts"
import { absent, recordings } from "../../support/fixtures.ts"
import { bodies, collect, events, frames, streams } from "./recorded.ts"
import { failureOf, isStart, progress, served } from "../../support/streams.ts"

const delta = (delta: JsonObject): JsonObject => ({ choices: [{ index: 0, delta, finish_reason: null }] })

describe("ChatCompletions", () => {
  it.each<[string, JsonObject, boolean]>([
    ["a role alone", delta({ role: "assistant" }), false],
    ["a role and an empty text", delta({ role: "assistant", content: "", refusal: null }), false],
    ["no choices", { choices: [], prompt_filter_results: [] }, false],
    ["an empty list of calls", delta({ tool_calls: [] }), false],
    ["an error", { error: { message: "busy" } }, false],
    ["something unknown", { choices: "none" }, false],
    ["text", delta({ content: "P" }), true],
    ["a refusal", delta({ refusal: "I" }), true],
    ["a tool call beside the role", delta({ role: "assistant", content: null, tool_calls: [{ index: 0 }] }), true],
    ["reasoning", delta({ reasoning: "Hm" }), true],
    ["reasoning content", delta({ reasoning_content: "Hm" }), true],
    ["reasoning details", delta({ reasoning_details: [{ type: "reasoning.summary", summary: "" }] }), true],
    ["a finish reason", { choices: [{ index: 0, delta: {}, finish_reason: "length" }] }, true],
    ["text of another choice", { choices: [{ index: 1, delta: { content: "P" } }] }, true]
  ])("decides of a chunk with %s whether generation has started", (_, chunk, started) => {
    assert.strictEqual(isStart(ChatCompletions, chunk), started)
  })

  it("is closed by [DONE] and by nothing else", () => {
    const of = (value: JsonObject) => progress(ChatCompletions)(ChatCompletions.frame(value))
    assert.strictEqual(of(delta({ content: "P" })), "open")
    assert.strictEqual(of({ choices: [], usage: null }), "open")
    assert.strictEqual(of({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null }), "complete")
    assert.strictEqual(of({ choices: [], usage: { prompt_tokens: 1 } }), "complete")
    assert.deepStrictEqual(ChatCompletions.closing.map(progress(ChatCompletions)), ["closed"])
    assert.deepStrictEqual(ChatCompletions.closing.map(Sse.encode), ["data: [DONE]\n\n"])
  })

  it("points at the usage only in a chunk that has one", () => {
    assert.isUndefined(ChatCompletions.usagePath(delta({ content: "P" })))
    assert.isUndefined(ChatCompletions.usagePath({ choices: [], usage: null }))
    assert.deepStrictEqual(ChatCompletions.usagePath({ choices: [], usage: { prompt_tokens: 1 } }), ["usage"])
  })

  it("finds a failure in any chunk whose error is an object", () => {
    assert.deepStrictEqual(
      failureOf(ChatCompletions, { error: { message: "busy", type: "server_error", code: 503, param: null } }),
      { type: "server_error", code: "503", message: "busy", param: null }
    )
    assert.strictEqual(failureOf(ChatCompletions, { error: { code: "flex_unavailable" } })?.code, "flex_unavailable")
    assert.isUndefined(failureOf(ChatCompletions, { error: null, choices: [] }))
    assert.isUndefined(failureOf(ChatCompletions, { error: "text" }))
  })

  it("ends a broken stream with the contract's error frame", () => {
    const error = FlexInferenceError.streamFailed({ provider: "openai", message: "Upstream broke.", started: true })
    const [frame = assert.fail()] = ChatCompletions.errorFrames(error, { first: undefined, last: undefined })
    assert.strictEqual(frame.event, undefined)
    assert.deepStrictEqual(JSON.parse(frame.data), {
      error: {
        message: "Upstream broke.",
        type: "flexinference_error",
        code: "upstream_stream_failed",
        param: null,
        doc_url: null,
        flexinference: {
          code: "upstream_stream_failed",
          class: "upstream",
          origin: "provider",
          status: 502,
          provider: "openai",
          provider_code: null,
          retryable: true,
          doc_url: null
        }
      }
    })
    assert.deepStrictEqual(failureOf(ChatCompletions, frame.value ?? {})?.code, "upstream_stream_failed")
  })

  describe.skipIf(absent)("on recorded traffic", () => {
    it.effect.each(streams("openai-chat"))(
      "reads the stream $name as its body would be read",
      ({ sse }) =>
        Effect.gen(function*() {
          const all = yield* frames(sse)
          assert.strictEqual(all.filter((frame) => progress(ChatCompletions)(frame) === "closed").length, 1)
          assert.strictEqual(
            progress(ChatCompletions)(all.at(-1) ?? { event: undefined, data: "", value: undefined }),
            "closed"
          )

          const chunks = yield* events(sse)
          // The first chunk is a start only where it brings a tool call along.
          const [first = {}] = Json.objects(chunks[0] ?? {}, "choices")
          const calls = Json.array(Json.object(first, "delta") ?? {}, "tool_calls") ?? []
          assert.strictEqual(chunks.findIndex((chunk) => isStart(ChatCompletions, chunk)), calls.length > 0 ? 0 : 1)
          assert.isTrue(chunks.every((chunk) => failureOf(ChatCompletions, chunk) === undefined))

          const body = collect(ChatCompletions.collector(), chunks)
          assert.isDefined(body)
          assert.strictEqual(
            ChatCompletions.text(body ?? {}),
            chunks.map((c) => ChatCompletions.textDelta(c) ?? "").join("")
          )
          assert.deepStrictEqual(served(ChatCompletions, chunks), ChatCompletions.served(body ?? {}))
          assert.strictEqual(served(ChatCompletions, chunks).tier, "default")
          const usages = chunks.filter((chunk) => ChatCompletions.usagePath(chunk) !== undefined)
          assert.strictEqual(usages.length, served(ChatCompletions, chunks).usage === undefined ? 0 : 1)
        })
    )

    it.each(bodies("openai-chat"))("reads text, tier and usage of the body $name", ({ body }) => {
      const { model, usage } = ChatCompletions.served(body)
      assert.isString(ChatCompletions.text(body))
      assert.isString(model)
      const total = Json.number(Json.object(body, "usage") ?? {}, "total_tokens")
      assert.strictEqual((usage?.input ?? 0) + (usage?.output ?? 0), total)
    })

    it("knows what the prompt cache read and wrote", () => {
      const usages = recordings("openai-chat")
        .filter(({ name }) => name.startsWith("prompt-cache"))
        .map(({ body }) => Json.isObject(body) ? ChatCompletions.served(body).usage : undefined)
      assert.deepStrictEqual(usages.map((usage) => [usage?.cachedInput, usage?.cacheWriteInput]), [[0, 4012], [
        4012,
        0
      ]])
    })
  })
})
