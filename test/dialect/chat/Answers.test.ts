import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { ChatCompletions } from "../../../src/dialect/chat/index.ts"
import * as FromResponses from "../../../src/dialect/chat/FromResponses.ts"
import * as ToResponses from "../../../src/dialect/chat/ToResponses.ts"
import * as ForeignSignature from "../../../src/dialect/ForeignSignature.ts"
import { Responses } from "../../../src/dialect/responses/index.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { absent } from "../../support/fixtures.ts"
import { bodies, collect, context, events, streams, through } from "./recorded.ts"
import { failureOf } from "../../support/streams.ts"

const asking = context({ stream_options: { include_usage: true } })

/** What a call is, whichever format it is in. */
const callsOfResponse = (response: JsonObject) =>
  Json.objects(response, "output")
    .filter((item) => (Json.string(item, "type") ?? "").endsWith("_call") && Json.string(item, "call_id") !== undefined)
    .map((item) => [
      Json.string(item, "call_id"),
      Json.string(item, "name"),
      Json.string(item, "arguments") ?? Json.string(item, "input")
    ])

const messageOf = (completion: JsonObject): JsonObject =>
  Json.object(Json.objects(completion, "choices")[0] ?? {}, "message") ?? {}

const finishOf = (completion: JsonObject) => Json.string(Json.objects(completion, "choices")[0] ?? {}, "finish_reason")

const callsOfCompletion = (completion: JsonObject) =>
  Json.objects(messageOf(completion), "tool_calls").map((call) => {
    const said = Json.object(call, "function") ?? Json.object(call, "custom") ?? {}
    return [
      Json.string(call, "id"),
      Json.string(said, "name"),
      Json.string(said, "arguments") ?? Json.string(said, "input")
    ]
  })

/** A recorded stream may hold several answers one after another. */
const answers = (all: ReadonlyArray<JsonObject>): ReadonlyArray<ReadonlyArray<JsonObject>> => {
  const out: Array<Array<JsonObject>> = []
  for (const event of all) {
    if (Json.string(event, "type") === "response.created") out.push([])
    out.at(-1)?.push(event)
  }
  return out
}

/** OpenAI encrypts a reasoning item anew in each event that shows it; this response has the value of the item's own. */
const withStreamedEncryption = (response: JsonObject, answer: ReadonlyArray<JsonObject>): JsonObject => {
  const done = answer.filter((event) => Json.string(event, "type") === "response.output_item.done")
  const values = new Map(done.map((event) => {
    const item = Json.object(event, "item") ?? {}
    return [item.id, item.encrypted_content]
  }))
  const output = Json.objects(response, "output").map((item) =>
    Json.compact({ ...item, encrypted_content: values.get(item.id) })
  )
  return { ...response, output }
}

const event = (type: string, members: JsonObject): JsonObject => ({ type, ...members })

describe("Chat Completions answers from Responses", () => {
  describe.skipIf(absent)("on recorded traffic", () => {
    it.effect.each(streams("openai-responses"))(
      "come out of the stream $name as out of its body",
      ({ sse }) =>
        Effect.gen(function*() {
          for (const answer of answers(yield* events(sse))) {
            const response = withStreamedEncryption(collect(Responses.collector(), answer) ?? {}, answer)
            const chunks = through(FromResponses.events(asking), answer)
            const whole = FromResponses.body(response, asking)
            if (Json.string(response, "status") === "failed") {
              assert.isDefined(failureOf(ChatCompletions, chunks.at(-1) ?? {}))
              continue
            }
            assert.deepStrictEqual(collect(ChatCompletions.collector(), chunks), whole)
            assert.strictEqual(ChatCompletions.text(whole), Responses.text(response))
            assert.deepStrictEqual(callsOfCompletion(whole), callsOfResponse(response))
          }
        })
    )

    it.each(bodies("openai-responses"))("keep the text, the calls and the usage of $name", ({ body }) => {
      const completion = FromResponses.body(body, asking)
      assert.strictEqual(ChatCompletions.text(completion), Responses.text(body))
      assert.deepStrictEqual(callsOfCompletion(completion), callsOfResponse(body))
      const { tier, usage } = Responses.served(body)
      const served = ChatCompletions.served(completion)
      // This format has no place for the number of searches.
      assert.deepStrictEqual(served.usage, usage === undefined ? undefined : { ...usage, webSearches: 0 })
      assert.strictEqual(served.tier, tier)
      const status = Json.string(body, "status")
      const reason = callsOfResponse(body).length > 0 ? "tool_calls" : "stop"
      assert.strictEqual(finishOf(completion), status === "completed" ? reason : undefined)
    })
  })

  it("begin with the role, say id and name of a call once, and end with finish and usage chunks", () => {
    const item = { id: "fc_1", type: "function_call", call_id: "call_1", name: "f", arguments: "" }
    const chunks = through(FromResponses.events(asking), [
      event("response.created", {
        response: { model: "gpt", created_at: 5, service_tier: "flex", status: "in_progress" }
      }),
      event("response.output_item.added", { output_index: 0, item }),
      event("response.function_call_arguments.delta", { output_index: 0, delta: "{\"a\":" }),
      event("response.function_call_arguments.delta", { output_index: 0, delta: "1}" }),
      event("response.function_call_arguments.done", { output_index: 0, arguments: "{\"a\":1}" }),
      event("response.output_item.done", { output_index: 0, item: { ...item, arguments: "{\"a\":1}" } }),
      event("response.completed", {
        response: {
          model: "gpt",
          created_at: 5,
          service_tier: "flex",
          status: "completed",
          output: [],
          usage: { input_tokens: 2, output_tokens: 3, output_tokens_details: { reasoning_tokens: 1 } }
        }
      })
    ])
    const base = {
      id: "chatcmpl-seed",
      object: "chat.completion.chunk",
      created: 5,
      model: "gpt",
      service_tier: "flex"
    }
    const chunk = (delta: JsonObject, finish_reason: string | null = null) => ({
      ...base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      usage: null
    })
    assert.deepStrictEqual(chunks, [
      chunk({ role: "assistant", content: null, refusal: null }),
      chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "{\"a\":" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      chunk({}, "tool_calls"),
      {
        ...base,
        choices: [],
        usage: {
          prompt_tokens: 2,
          completion_tokens: 3,
          total_tokens: 5,
          prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 1 }
        }
      }
    ])
  })

  it("mention usage only to a caller who asked for it", () => {
    const chunks = through(FromResponses.events(context()), [
      event("response.completed", { response: { status: "completed", output: [], usage: { input_tokens: 2 } } })
    ])
    assert.isTrue(chunks.length > 0 && chunks.every((chunk) => !Object.hasOwn(chunk, "usage")))
  })

  it.each<[string, JsonObject, string]>([
    ["completed", { status: "completed" }, "stop"],
    ["cut at the token limit", { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    ["filtered", { status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter"]
  ])("of a response that was %s finish accordingly", (_, response, reason) => {
    assert.strictEqual(finishOf(FromResponses.body(response, asking)), reason)
  })

  it("join the texts of all messages and move each citation to where its text went", () => {
    const citation = { type: "url_citation", start_index: 1, end_index: 3, title: "T", url: "u" }
    const completion = FromResponses.body({
      status: "completed",
      output: [
        { type: "message", content: [{ type: "output_text", text: "Looking.", annotations: [] }] },
        { type: "web_search_call", status: "completed" },
        { type: "message", content: [{ type: "output_text", text: " Found.", annotations: [citation] }] }
      ]
    }, asking)
    assert.deepStrictEqual(messageOf(completion), {
      role: "assistant",
      content: "Looking. Found.",
      refusal: null,
      annotations: [{ type: "url_citation", url_citation: { start_index: 9, end_index: 11, title: "T", url: "u" } }]
    })
  })

  it("carry a refusal as a refusal", () => {
    const completion = FromResponses.body({
      status: "completed",
      output: [{ type: "message", content: [{ type: "refusal", refusal: "I cannot." }] }]
    }, asking)
    assert.strictEqual(messageOf(completion).refusal, "I cannot.")
    assert.strictEqual(ChatCompletions.text(completion), "")
  })

  it("carry reasoning and signatures so that the echoed message rebuilds the items", () => {
    const google = ForeignSignature.encode({ provider: "google", id: "", value: "sig=" }, "openai")
    const output = [
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "First" }, { type: "summary_text", text: "Then" }],
        encrypted_content: "gAAAA:b"
      },
      { type: "reasoning", id: "rs_2", summary: [], encrypted_content: google },
      { type: "function_call", call_id: "call_1", name: "f", arguments: "{}", signature: google }
    ]
    const message = messageOf(FromResponses.body({ status: "completed", output }, asking))
    assert.deepStrictEqual(Json.objects(message, "tool_calls")[0]?.extra_content, {
      google: { thought_signature: "sig=" }
    })
    assert.isFalse(JSON.stringify(message.reasoning_details).includes("\"gAAAA:b\""), "a bare value has no home here")
    const echoed = ChatCompletions.translation?.requestToResponses({ messages: [message] })
    assert.deepStrictEqual(echoed?._tag === "Success" ? echoed.success.input : undefined, output)
  })

  it("say the text of thoughts once more for clients that read no details, its parts apart", () => {
    const thought = (id: string, ...texts: ReadonlyArray<string>): JsonObject => ({
      type: "reasoning",
      id,
      summary: texts.map((text) => ({ type: "summary_text", text }))
    })
    const response = { id: "r", status: "completed", output: [thought("a", "One.", "Two."), thought("b", "Three.")] }
    const message = messageOf(FromResponses.body(response, asking))
    assert.strictEqual(message["reasoning_content"], "One.\n\nTwo.\n\nThree.")
    assert.deepStrictEqual(
      Json.objects(message, "reasoning_details").map(({ id, index, summary }) => [id, index, summary]),
      [
        ["a", 0, "One."],
        ["a", 1, "Two."],
        ["b", 2, "Three."]
      ]
    )
  })

  it("say what item events left out, and no item twice", () => {
    const item = { id: "m", type: "message", content: [{ type: "output_text", text: "Hello" }] }
    const chunks = through(FromResponses.events(asking), [
      event("response.output_item.added", { output_index: 0, item: { id: "m", type: "message", content: [] } }),
      event("response.output_text.delta", { output_index: 0, content_index: 0, delta: "Hel" }),
      event("response.output_item.done", { output_index: 0, item }),
      event("response.output_item.done", { output_index: 0, item }),
      event("response.completed", { response: { status: "completed", output: [item] } })
    ])
    assert.deepStrictEqual(chunks.map(ChatCompletions.textDelta).filter((text) => text !== undefined), ["Hel", "lo"])
  })

  it("ignore events and items they do not know", () => {
    assert.deepStrictEqual(
      through(FromResponses.events(asking), [
        event("response.something.new", { output_index: 4, delta: "x" }),
        event("response.output_item.added", { output_index: 0, item: { type: "hologram" } }),
        event("response.output_text.delta", {}),
        { no: "type" }
      ]),
      []
    )
  })

  it("end in an error chunk where the response failed", () => {
    const chunks = through(FromResponses.events(asking), [
      event("error", { error: { type: "server_error", code: "flex_unavailable", message: "busy", param: null } }),
      event("response.failed", { response: { status: "failed", error: { code: "server_error", message: "busy" } } })
    ])
    assert.deepStrictEqual(chunks.map((chunk) => failureOf(ChatCompletions, chunk)?.code), ["flex_unavailable"])
  })
})

describe("Responses answers from Chat Completions", () => {
  describe.skipIf(absent)("on recorded traffic", () => {
    it.effect.each(streams("openai-chat"))(
      "come out of the stream $name as out of its body",
      ({ sse }) =>
        Effect.gen(function*() {
          const chunks = yield* events(sse)
          const completion = collect(ChatCompletions.collector(), chunks) ?? {}
          const written = through(ToResponses.events(context()), chunks)
          const whole = ToResponses.body(completion, context())
          assert.deepStrictEqual(collect(Responses.collector(), written), whole)
          assert.strictEqual(Responses.text(whole), ChatCompletions.text(completion))
          assert.deepStrictEqual(written.map((event) => event.sequence_number), written.map((_, index) => index))
          assert.deepStrictEqual(written.slice(0, 2).map((event) => event.type), [
            "response.created",
            "response.in_progress"
          ])
        })
    )

    it.each(bodies("openai-chat"))("keep the text, the calls and the usage of $name", ({ body }) => {
      const response = ToResponses.body(body, context())
      assert.strictEqual(Responses.text(response), ChatCompletions.text(body))
      assert.deepStrictEqual(callsOfResponse(response), callsOfCompletion(body))
      assert.deepStrictEqual(Responses.served(response), ChatCompletions.served(body))
      assert.strictEqual(Json.string(response, "status"), finishOf(body) === "length" ? "incomplete" : "completed")
    })
  })

  it("give reasoning, citations and signatures their items", () => {
    const google = ForeignSignature.encode({ provider: "google", id: "", value: "sig=" }, "openai")
    const chunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
      created: 5,
      model: "gpt",
      service_tier: "flex",
      choices: [{ index: 0, delta, finish_reason }]
    })
    const nested = { type: "url_citation", url_citation: { start_index: 0, end_index: 1, title: "T", url: "u" } }
    const chunks = [
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning: "Let ", reasoning_details: [{ type: "reasoning.summary", summary: "Let ", index: 0 }] }),
      chunk({ reasoning: "me", reasoning_details: [{ type: "reasoning.summary", summary: "me", index: 0 }] }),
      chunk({ reasoning_details: [{ type: "reasoning.encrypted", data: google, index: 1 }] }),
      chunk({ content: "Hi" }),
      chunk({ annotations: [nested] }),
      chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] }),
      chunk({ tool_calls: [{ index: 0, extra_content: { google: { thought_signature: "sig=" } } }] }),
      chunk({}, "tool_calls")
    ]
    const response = collect(Responses.collector(), through(ToResponses.events(context()), chunks)) ?? {}
    assert.deepStrictEqual(response.output, [
      {
        id: "rs_seed_0",
        type: "reasoning",
        summary: [{ type: "summary_text", text: "Let me" }],
        encrypted_content: google
      },
      {
        id: "msg_seed_1",
        type: "message",
        status: "completed",
        role: "assistant",
        content: [{
          type: "output_text",
          text: "Hi",
          annotations: [{ type: "url_citation", start_index: 0, end_index: 1, title: "T", url: "u" }],
          logprobs: []
        }]
      },
      {
        id: "fc_seed_2",
        type: "function_call",
        status: "completed",
        arguments: "{}",
        call_id: "call_1",
        name: "f",
        signature: google
      }
    ])
    assert.deepStrictEqual(
      response,
      ToResponses.body(collect(ChatCompletions.collector(), chunks) ?? {}, context())
    )
  })

  it.effect.prop(
    "are the same chunks as frames as they are as objects, to the byte",
    [Schema.Array(Schema.String), Schema.String, Schema.Boolean, Schema.Boolean],
    ([texts, model, includesUsage, changes]) =>
      Effect.sync(() => {
        const asked = context({ stream_options: { include_usage: includesUsage } })
        const response = { id: "resp_1", created_at: 7, model: `"content":""${model}`, status: "in_progress" }
        const told = [
          event("response.created", { response }),
          event("response.output_item.added", { output_index: 0, item: { type: "message", id: "msg_1" } }),
          ...texts.flatMap((delta, index) => [
            event("response.output_text.delta", { output_index: 0, item_id: "msg_1", content_index: 0, delta }),
            ...(changes && index === 0
              ? [event("response.in_progress", { response: { ...response, service_tier: "flex" } })]
              : [])
          ]),
          event("response.completed", {
            response: { ...response, status: "completed", output: [], usage: { input_tokens: 1, output_tokens: 2 } }
          })
        ]
        const objects = FromResponses.events(asked)
        const frames = FromResponses.events(asked).frames
        for (const one of told) {
          const chunks = objects.push(one)
          assert.deepStrictEqual(
            frames?.(one).map(({ data, event, value }) => ({ data, event, value })),
            chunks.map((value) => ({ data: JSON.stringify(value), event: undefined, value }))
          )
        }
      })
  )

  it("fail where a chunk says so", () => {
    const written = through(ToResponses.events(context()), [{ error: { code: "flex_unavailable", message: "busy" } }])
    assert.deepStrictEqual(failureOf(Responses, written.at(-1) ?? {}), {
      type: null,
      code: "flex_unavailable",
      message: "busy",
      param: null
    })
  })
})
