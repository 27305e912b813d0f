import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChatCompletions } from "../../../src/dialect/chat/index.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { cpuMillis } from "../../support/cpu.ts"
import { absent, recording } from "../../support/fixtures.ts"
import { collect, events } from "./recorded.ts"

const chunk = (delta: JsonObject, rest: JsonObject = {}): JsonObject => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  ...rest
})

const finish = (reason: string, index = 0): JsonObject => ({
  ...chunk({}),
  choices: [{ index, delta: {}, finish_reason: reason }]
})

const collected = (...chunks: ReadonlyArray<JsonObject>) => collect(ChatCompletions.collector(), chunks)

describe("the Chat Completions collector", () => {
  it("has no body until every choice has a finish reason", () => {
    const both = [
      chunk({ content: "a" }),
      { ...chunk({}), choices: [{ index: 1, delta: { content: "b" }, finish_reason: null }] },
      finish("stop")
    ]
    assert.isUndefined(collected(chunk({ role: "assistant", content: "" })))
    assert.isUndefined(collected(...both))
    assert.isDefined(collected(...both, finish("stop", 1)))
  })

  it("joins text, refusals, arguments and log probabilities, and says ids and names once", () => {
    const body = collected(
      chunk({ role: "assistant", content: "", refusal: null }),
      chunk({ content: "Hel" }, {
        choices: [{ index: 0, delta: { content: "Hel" }, logprobs: { content: [{ token: "Hel" }], refusal: null } }]
      }),
      chunk({}, {
        choices: [{ index: 0, delta: { content: "lo" }, logprobs: { content: [{ token: "lo" }], refusal: null } }]
      }),
      chunk({ refusal: "no" }),
      chunk({ refusal: "pe" }),
      chunk({ tool_calls: [{ index: 1, id: "c1", type: "function", function: { name: "g", arguments: "" } }] }),
      chunk({ tool_calls: [{ index: 0, id: "c0", type: "function", function: { name: "f", arguments: "" } }] }),
      chunk({
        tool_calls: [
          { index: 0, function: { arguments: "{\"a\"" } },
          { index: 1, id: "c1", type: "function", function: { name: "g", arguments: "{}" } }
        ]
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ":1}" } }] }),
      finish("tool_calls")
    )
    assert.deepStrictEqual(body?.choices, [{
      index: 0,
      message: {
        role: "assistant",
        content: "Hello",
        refusal: "nope",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "g", arguments: "{}" } },
          { id: "c0", type: "function", function: { name: "f", arguments: "{\"a\":1}" } }
        ]
      },
      logprobs: { content: [{ token: "Hel" }, { token: "lo" }], refusal: null },
      finish_reason: "tool_calls"
    }])
  })

  it("joins reasoning details by index and lists annotations in order", () => {
    const body = collected(
      chunk({ reasoning_details: [{ type: "reasoning.summary", summary: "Let me ", id: "r", index: 0 }] }),
      chunk({ reasoning_details: [{ type: "reasoning.summary", summary: "see.", id: "r", index: 0 }] }),
      chunk({ reasoning_details: [{ type: "reasoning.encrypted", data: "x", id: "r", index: 1 }] }),
      chunk({ annotations: [{ type: "url_citation", url_citation: { url: "a" } }] }),
      chunk({ annotations: [{ type: "url_citation", url_citation: { url: "b" } }] }),
      finish("stop")
    )
    const [choice] = Json.objects(body ?? {}, "choices")
    assert.deepStrictEqual(choice?.message, {
      role: "assistant",
      content: null,
      refusal: null,
      reasoning_details: [
        { type: "reasoning.summary", summary: "Let me see.", id: "r", index: 0 },
        { type: "reasoning.encrypted", data: "x", id: "r", index: 1 }
      ],
      annotations: [
        { type: "url_citation", url_citation: { url: "a" } },
        { type: "url_citation", url_citation: { url: "b" } }
      ]
    })
  })

  it("keeps what it does not know, even a member called __proto__, and drops what only a chunk has", () => {
    const strange: JsonObject = JSON.parse(`{"content":"a","__proto__":{"polluted":true},"novel":{"deep":[1]}}`)
    const body = collected(
      chunk(strange, { obfuscation: "xyz", usage: null }),
      { ...finish("stop"), usage: null },
      { ...chunk({}), choices: [], usage: { prompt_tokens: 3 }, service_tier: "flex", system_fingerprint: "fp" },
      { ...chunk({}), choices: [], moderation: { flagged: false } }
    )
    assert.deepStrictEqual(
      body,
      JSON.parse(
        `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":` +
          `{"role":"assistant","content":"a","refusal":null,"__proto__":{"polluted":true},"novel":{"deep":[1]}},` +
          `"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3},"service_tier":"flex",` +
          `"system_fingerprint":"fp","moderation":{"flagged":false}}`
      )
    )
    assert.isFalse("polluted" in {})
  })

  it("takes 200,000 chunks in time that grows with their number, not with its square", () => {
    const collector = ChatCompletions.collector()
    const one = chunk({ content: "word ", tool_calls: [{ index: 0, function: { arguments: "12345" } }] })
    const spent = cpuMillis(() => {
      for (let index = 0; index < 200_000; index++) collector.add(one)
      collector.add(finish("stop"))
      assert.strictEqual(ChatCompletions.text(collector.body() ?? {}).length, 1_000_000)
    })
    assert.isBelow(spent, 5_000)
  })

  describe.skipIf(absent)("on recorded streams", () => {
    it.effect("merges a streamed tool call into the call the model made", () =>
      Effect.gen(function*() {
        const body = collect(
          ChatCompletions.collector(),
          yield* events(recording("openai-chat", "tool-stream-roundtrip.exchange.json#0").sse ?? "")
        )
        assert.deepStrictEqual(body, {
          id: "chatcmpl-BWlJBDk2xe66hjff60joVYpXi1hh4",
          object: "chat.completion",
          created: 1747148049,
          model: "gpt-4o-mini-2024-07-18",
          choices: [{
            index: 0,
            message: {
              role: "assistant",
              content: null,
              refusal: null,
              tool_calls: [{
                id: "call_1EYWDzueHEp8OsB8jJSEp7WB",
                type: "function",
                function: { name: "multiply", arguments: "{\"a\":1231,\"b\":2331}" }
              }]
            },
            logprobs: null,
            finish_reason: "tool_calls"
          }],
          service_tier: "default",
          system_fingerprint: "fp_dbaca60df0",
          usage: {
            prompt_tokens: 54,
            completion_tokens: 20,
            total_tokens: 74,
            prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
            completion_tokens_details: {
              reasoning_tokens: 0,
              audio_tokens: 0,
              accepted_prediction_tokens: 0,
              rejected_prediction_tokens: 0
            }
          }
        })
      }))

    it.effect("keeps the moderation result that comes after the usage", () =>
      Effect.gen(function*() {
        const sse = recording("openai-chat", "moderation-stream.exchange.json").sse ?? ""
        const body = collect(ChatCompletions.collector(), yield* events(sse)) ?? {}
        assert.strictEqual(ChatCompletions.text(body), "Paris.")
        assert.isObject(body.moderation)
        assert.strictEqual(ChatCompletions.served(body).usage?.output, 11)
      }))
  })
})
