import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Translation } from "../../../src/Dialect.ts"
import { Interactions } from "../../../src/dialect/interactions/index.ts"
import * as ForeignSignature from "../../../src/dialect/ForeignSignature.ts"
import { Responses } from "../../../src/dialect/responses/index.ts"
import * as Hub from "../../../src/dialect/responses/Writer.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { absent, recordings } from "../../support/fixtures.ts"
import { collect, eventsOf, framesOf, isStart } from "../../support/streams.ts"
import { bodies, Body, context, streamOf, streams, through } from "./streams.ts"

const translation = Interactions.translation ?? assert.fail("Interactions must translate")
const { bodyFromResponses, bodyToResponses, eventsFromResponses, eventsToResponses }: Translation = translation

const members = (value: JsonObject, key: string, types: ReadonlyArray<string>): ReadonlyArray<JsonObject> =>
  Json.objects(value, key).filter((member) => types.includes(Json.string(member, "type") ?? ""))

/** What the calls of an answer are, whichever format it is in; arguments are compared as values. */
const calls = (answer: JsonObject) =>
  [...members(answer, "steps", ["function_call"]), ...members(answer, "output", ["function_call"])].map((call) => [
    Json.string(call, "call_id") ?? Json.string(call, "id"),
    Json.string(call, "name"),
    JSON.stringify(Json.object(call, "arguments") ?? Json.parse(Json.string(call, "arguments") ?? ""))
  ])

const typeOf = (event: JsonObject): string => Json.string(event, "type") ?? ""

const step = (step: JsonObject, index: number, ...deltas: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => [
  { event_type: "step.start", index, step },
  ...deltas.map((delta) => ({ event_type: "step.delta", index, delta })),
  { event_type: "step.stop", index }
]

const completed = (interaction: JsonObject): JsonObject => ({ event_type: "interaction.completed", interaction })

const output = (text: string): JsonObject => ({ type: "model_output", content: [{ type: "text", text }] })

const toResponses = (body: JsonObject): JsonObject => bodyToResponses(body, context())

describe("answers from Interactions to Responses", () => {
  describe.skipIf(absent)("on recorded traffic", () => {
    it.effect.each(streams)("come out of the stream $name as out of its body", ({ sse }) =>
      Effect.gen(function*() {
        const events = eventsOf(yield* framesOf(sse))
        const body = collect(Interactions, events) ?? {}
        const translated = through(eventsToResponses(context()), events)
        assert.deepStrictEqual(collect(Responses, translated), toResponses(body))
        assert.strictEqual(
          translated.map((event) => Responses.textDelta(event) ?? "").join(""),
          Interactions.text(body)
        )
      }))

    it.effect.each(streams)(
      "start with $name and number the events without a gap",
      ({ sse }) =>
        Effect.gen(function*() {
          const transducer = eventsToResponses(context())
          let sequence = 0
          let started = false
          for (const event of eventsOf(yield* framesOf(sse))) {
            started ||= isStart(Interactions, event)
            for (const translated of transducer.push(event)) {
              assert.strictEqual(Json.number(translated, "sequence_number"), sequence++)
              if (!started) assert.isFalse(isStart(Responses, translated))
            }
          }
          assert.isTrue(started)
        })
    )

    it.each(bodies)("keep text, calls, usage, tier and model of $name", ({ body }) => {
      const response = toResponses(body)
      assert.strictEqual(Responses.text(response), Interactions.text(body))
      assert.deepStrictEqual(calls(response), calls(body))
      const report = Interactions.served(body)
      assert.deepStrictEqual(Responses.served(response), { ...report, tier: "default" })
      assert.strictEqual(response["status"], "completed")
      assert.strictEqual(response["created_at"], Date.parse(Json.string(body, "created") ?? "") / 1000)
    })

    it("point a citation at the words that Google's byte offsets point at", () => {
      const body = bodies.find(({ name }) => name === "google-search.json")?.body ?? {}
      const [content] = members(body, "steps", ["model_output"]).flatMap((step) => Json.objects(step, "content"))
      const [part] = members(toResponses(body), "output", ["message"]).flatMap((item) => Json.objects(item, "content"))
      const there = Json.objects(part ?? {}, "annotations")
      assert.strictEqual(there.length, 18)
      assert.deepStrictEqual(
        there.map(({ url }) => url),
        Json.objects(content ?? {}, "annotations").map(({ url }) => url)
      )
      assert.strictEqual(Json.number(there.at(-1) ?? {}, "end_index"), Interactions.text(body).length)
    })
  })

  it.prop("come out of any stream as out of its body, with the same text and calls (synthetic)", {
    body: Body
  }, ({ body }) => {
    const response = toResponses(body)
    for (const size of [1, 4]) {
      const translated = through(eventsToResponses(context()), streamOf(body, size))
      assert.deepStrictEqual(collect(Responses, translated), response)
    }
    assert.strictEqual(Responses.text(response), Interactions.text(body))
    assert.deepStrictEqual(calls(response), calls(body))
  })

  it("tell thoughts, search, cited text and a call as the documented events (synthetic)", () => {
    const events = [
      {
        event_type: "interaction.created",
        interaction: { id: "v1_x", model: "gemini-3.5-flash", status: "in_progress" }
      },
      ...step(
        { type: "thought" },
        0,
        { type: "thought_summary", content: { type: "text", text: "Hm" } },
        { type: "thought_signature", signature: "sig" }
      ),
      ...step({ type: "google_search_call", id: "s" }, 1, {
        type: "google_search_call",
        arguments: { queries: ["a", "b"] }
      }),
      ...step({ type: "google_search_result", call_id: "s" }, 2, { type: "google_search_result", result: [{}] }),
      ...step(
        { type: "model_output" },
        3,
        { type: "text", text: "Grüße, " },
        { type: "text", text: "Köln" },
        {
          type: "text_annotation_delta",
          annotations: [{ type: "url_citation", start_index: 9, end_index: 14, url: "u" }]
        }
      ),
      ...step(
        { type: "function_call", id: "c", name: "f", arguments: {} },
        4,
        { type: "arguments_delta", arguments: "{\"a\":" },
        { type: "arguments_delta", arguments: " 1}" },
        { type: "thought_signature", signature: "call-sig" }
      ),
      completed({ id: "v1_x", model: "gemini-3.5-flash", status: "requires_action", service_tier: "flex" })
    ]
    const translated = through(eventsToResponses(context()), events)
    assert.deepStrictEqual(translated.map(typeOf), [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.web_search_call.in_progress",
      "response.web_search_call.searching",
      "response.web_search_call.completed",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.annotation.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed"
    ])
    const [created] = translated
    assert.strictEqual(Json.object(created ?? {}, "response")?.["id"], "resp_google_v1_x")
    const response = collect(Responses, translated) ?? {}
    assert.strictEqual(response["id"], "resp_google_v1_x")
    assert.strictEqual(response["service_tier"], "flex")
    const [reasoning, search, message, call] = Json.objects(response, "output")
    assert.deepStrictEqual(ForeignSignature.decode(Json.string(reasoning ?? {}, "encrypted_content") ?? "", "openai"), {
      provider: "google",
      id: "",
      value: "sig"
    })
    assert.deepStrictEqual(search?.["action"], { type: "search", query: "a", queries: ["a", "b"] })
    assert.deepStrictEqual(
      Json.objects(Json.objects(message ?? {}, "content")[0] ?? {}, "annotations"),
      [{ type: "url_citation", start_index: 7, end_index: 11, url: "u", title: "" }]
    )
    assert.strictEqual(call?.["arguments"], "{\"a\":1}")
    assert.strictEqual(ForeignSignature.decode(Json.string(call ?? {}, "signature") ?? "", "openai")?.value, "call-sig")
  })

  it.each<{ name: string; body: JsonObject; status: string; reason?: string; code?: string }>([
    { name: "completed", body: { status: "completed" }, status: "completed" },
    { name: "calls to answer", body: { status: "requires_action" }, status: "completed" },
    { name: "a token limit", body: { status: "incomplete" }, status: "incomplete", reason: "max_output_tokens" },
    {
      name: "a budget used up amid output",
      body: { status: "budget_exceeded", steps: [output("x")] },
      status: "incomplete",
      reason: "max_output_tokens"
    },
    {
      name: "a budget used up before output",
      body: { status: "budget_exceeded" },
      status: "failed",
      code: "budget_exceeded"
    },
    {
      name: "blocked content",
      body: { status: "failed", errors: [{ code: "prohibited_content", message: "m" }] },
      status: "incomplete",
      reason: "content_filter"
    },
    {
      name: "another failure",
      body: { status: "failed", errors: [{ code: "api_error", message: "m" }] },
      status: "failed",
      code: "api_error"
    },
    { name: "a cancellation", body: { status: "cancelled" }, status: "failed", code: "server_error" },
    {
      name: "a limit of the call",
      body: { status: "requires_continuation" },
      status: "incomplete",
      reason: "max_output_tokens"
    },
    { name: "no status", body: {}, status: "completed" },
    { name: "a status of the future", body: { status: "satisfied" }, status: "completed" }
  ])("end as $status for $name (synthetic)", ({ body, code, reason, status }) => {
    const response = toResponses(body)
    assert.strictEqual(response["status"], status)
    assert.deepStrictEqual(Json.object(response, "incomplete_details")?.["reason"], reason)
    assert.deepStrictEqual(Json.object(response, "error")?.["code"], code)
  })

  it("leave the item that a limit cut off incomplete, in the stream as in the body (synthetic)", () => {
    const steps = [output("whole"), { type: "function_call", id: "c", name: "f", arguments: "{\"a" }]
    const statuses = (response: JsonObject) => Json.objects(response, "output").map(({ status }) => status)
    const events = [...streamOf({ status: "incomplete", steps: [output("whole")] }, 9)]
    const last = events.pop() ?? {}
    events.push(
      { event_type: "step.start", index: 1, step: { type: "function_call", id: "c", name: "f", arguments: {} } },
      { event_type: "step.delta", index: 1, delta: { type: "arguments_delta", arguments: "{\"a" } },
      last
    )
    assert.deepStrictEqual(statuses(toResponses({ status: "incomplete", steps })), ["completed", "incomplete"])
    assert.deepStrictEqual(
      collect(Responses, through(eventsToResponses(context()), events)),
      toResponses({ status: "incomplete", steps })
    )
  })

  it("hand on the first of several calls where one at a time was asked for, in the stream as in the body", () => {
    const call = (id: string): JsonObject => ({ type: "function_call", id, name: "f", arguments: { id } })
    const body = { status: "requires_action", steps: [call("a"), call("b"), output("Both."), call("c")] }
    const events = [
      ...step(call("a"), 0),
      ...step(call("b"), 1),
      ...step(output("Both."), 2),
      ...step(call("c"), 3),
      completed({ status: "requires_action" })
    ]
    for (const [parallel, ids] of [[false, "a"], [true, "a b c"]] as const) {
      const asked = context({ parallel_tool_calls: parallel })
      const response = bodyToResponses(body, asked)
      assert.strictEqual(calls(response).map(([id]) => id).join(" "), ids)
      assert.strictEqual(Responses.text(response), "Both.")
      assert.deepStrictEqual(collect(Responses, through(eventsToResponses(asked), events)), response)
    }
  })

  it("make an id up where Google stored nothing, and take the caller's model and time where it says none", () => {
    assert.include(toResponses({ status: "completed" }), {
      id: "resp_seed",
      model: "asked-model",
      created_at: 1_700_000_000
    })
  })
})

const Piece = Schema.Union([
  Schema.Struct({ on: Schema.Literal("text"), delta: Schema.String }),
  Schema.Struct({ on: Schema.Literal("refusal"), delta: Schema.String }),
  Schema.Struct({ on: Schema.Literal("citation"), start: Schema.Int, end: Schema.Int }),
  Schema.Struct({ on: Schema.Literal("endText") }),
  Schema.Struct({ on: Schema.Literal("summary"), delta: Schema.String }),
  Schema.Struct({ on: Schema.Literal("endSummary") }),
  Schema.Struct({ on: Schema.Literal("encrypted"), value: Schema.NonEmptyString }),
  Schema.Struct({ on: Schema.Literal("arguments"), delta: Schema.String }),
  Schema.Struct({ on: Schema.Literal("search"), query: Schema.String }),
  Schema.Struct({ on: Schema.Literal("close"), what: Schema.Literals(["message", "reasoning", "call"]) })
])

/** A response written piece by piece, with a message, a reasoning item and a call open at once. */
const write = (pieces: ReadonlyArray<typeof Piece.Type>, ending: Hub.Ending) => {
  const writer = Hub.make(context())
  writer.identify({ id: "resp_abc", createdAt: 1_700_000_001, model: "gpt-5.5", serviceTier: "default" })
  let message: Hub.MessageWriter | undefined
  let reasoning: Hub.ReasoningWriter | undefined
  let call: Hub.FunctionCallWriter | undefined
  const openMessage = () => message ??= writer.message()
  const openReasoning = () => reasoning ??= writer.reasoning()
  for (const piece of pieces) {
    if (piece.on === "text") openMessage().text(piece.delta)
    else if (piece.on === "refusal") openMessage().refusal(piece.delta)
    else if (piece.on === "citation") {
      openMessage().annotation({
        type: "url_citation",
        start_index: Math.abs(piece.start % 9),
        end_index: Math.abs(piece.end % 9),
        url: "u",
        title: "t"
      })
    } else if (piece.on === "endText") message?.endPart()
    else if (piece.on === "summary") openReasoning().summary(piece.delta)
    else if (piece.on === "endSummary") reasoning?.endPart()
    else if (piece.on === "encrypted") openReasoning().encrypted(piece.value)
    else if (piece.on === "arguments") (call ??= writer.functionCall({ callId: "c", name: "f" })).arguments(piece.delta)
    else if (piece.on === "search") writer.webSearchCall().close({ type: "search", query: piece.query })
    else if (piece.what === "message") {
      message?.close()
      message = undefined
    } else if (piece.what === "reasoning") {
      reasoning?.close()
      reasoning = undefined
    } else {
      call?.close()
      call = undefined
    }
  }
  const response = writer.finish(ending)
  return { response, events: writer.take() }
}

const usage = {
  input: 10,
  cachedInput: 4,
  cacheWriteInput: 2,
  longCacheWriteInput: 0,
  output: 7,
  reasoning: 3,
  webSearches: 2
}

describe("answers from Responses to Interactions", () => {
  describe.skipIf(absent)("on recorded traffic", () => {
    const recorded = recordings("openai-responses").flatMap(({ name, sse }) => sse === undefined ? [] : [{ name, sse }])
    /** A recorded stream may hold several answers one after another. */
    const answers = (events: ReadonlyArray<JsonObject>): ReadonlyArray<ReadonlyArray<JsonObject>> => {
      const out: Array<Array<JsonObject>> = []
      for (const event of events) {
        if (typeOf(event) === "response.created") out.push([])
        out.at(-1)?.push(event)
      }
      return out
    }
    /** OpenAI encrypts a reasoning item anew in each event that shows it: the terminal event is taken at its items. */
    const withItems = (events: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
      events.map((event) => {
        const { output: _, ...response } = Json.object(event, "response") ?? {}
        return typeOf(event) === "response.completed" ? { ...event, response } : event
      })

    it.effect.each(recorded)(
      "come out of the stream $name as out of its body, with its text and calls",
      ({ sse }) =>
        Effect.gen(function*() {
          for (const recordedAnswer of answers(eventsOf(yield* framesOf(sse)))) {
            const answer = withItems(recordedAnswer)
            const response = collect(Responses, answer)
            const translated = through(eventsFromResponses(context()), answer)
            if (response === undefined) continue
            const body = bodyFromResponses(response, context())
            assert.deepStrictEqual(collect(Interactions, translated), body)
            assert.strictEqual(Interactions.text(body), Responses.text(response))
            assert.deepStrictEqual(calls(body), calls(response))
            assert.strictEqual(
              translated.map((event) => Interactions.textDelta(event) ?? "").join(""),
              Interactions.text(body)
            )
          }
        })
    )
  })

  it.prop("come out of any stream as out of its body, even where items are open side by side (synthetic)", {
    pieces: Schema.Array(Piece),
    ending: Schema.Literals(["completed", "max_output_tokens", "content_filter"])
  }, ({ ending, pieces }) => {
    const { events, response } = write(
      pieces,
      ending === "completed" ? { status: ending, usage } : { status: "incomplete", incompleteReason: ending, usage }
    )
    const body = bodyFromResponses(response, context())
    assert.deepStrictEqual(collect(Interactions, through(eventsFromResponses(context()), events)), body)
    assert.deepStrictEqual(Interactions.served(body), {
      usage,
      tier: "standard",
      model: "gpt-5.5"
    })
  }, { arbitrary: { runs: 300 } })

  it("tell reasoning, cited text and a call as the documented events (synthetic)", () => {
    const { events } = write([
      { on: "summary", delta: "One." },
      { on: "endSummary" },
      { on: "summary", delta: "Two." },
      { on: "encrypted", value: "gAAA" },
      { on: "close", what: "reasoning" },
      { on: "text", delta: "Grüße, " },
      { on: "text", delta: "Köln" },
      { on: "citation", start: 7, end: 2 },
      { on: "close", what: "message" },
      { on: "arguments", delta: "{\"a\": " },
      { on: "arguments", delta: "1}" }
    ], { status: "completed", usage })
    const translated = through(eventsFromResponses(context()), events)
    assert.deepStrictEqual(
      translated.map((event) => [
        Json.string(event, "event_type"),
        Json.number(event, "index"),
        Json.string(Json.object(event, "delta") ?? Json.object(event, "step") ?? {}, "type")
      ]),
      [
        ["interaction.created", undefined, undefined],
        ["interaction.status_update", undefined, undefined],
        ["step.start", 0, "thought"],
        ["step.delta", 0, "thought_summary"],
        ["step.delta", 0, "thought_summary"],
        ["step.delta", 0, "thought_signature"],
        ["step.stop", 0, undefined],
        ["step.start", 1, "model_output"],
        ["step.delta", 1, "text"],
        ["step.delta", 1, "text"],
        ["step.delta", 1, "text_annotation_delta"],
        ["step.stop", 1, undefined],
        ["step.start", 2, "function_call"],
        ["step.delta", 2, "arguments_delta"],
        ["step.delta", 2, "arguments_delta"],
        ["step.stop", 2, undefined],
        ["interaction.completed", undefined, undefined]
      ]
    )
    const final = Json.object(translated.at(-1) ?? {}, "interaction") ?? {}
    assert.isFalse(Object.hasOwn(final, "steps"))
    assert.include(final, { id: "resp_abc", status: "requires_action", service_tier: "standard", model: "gpt-5.5" })
    assert.strictEqual(final["created"], "2023-11-14T22:13:21Z")
    const body = collect(Interactions, translated) ?? {}
    const [thought, , call] = Json.objects(body, "steps")
    assert.deepStrictEqual(thought?.["summary"], [{ type: "text", text: "One.\n\nTwo." }])
    assert.deepStrictEqual(ForeignSignature.decode(Json.string(thought ?? {}, "signature") ?? "", "google"), {
      provider: "openai",
      id: "rs_seed_0",
      value: "gAAA"
    })
    assert.deepStrictEqual(call, { type: "function_call", id: "c", name: "f", arguments: { a: 1 } })
  })

  it.each<{ name: string; response: JsonObject; status: string; code?: string }>([
    { name: "completed", response: { status: "completed" }, status: "completed" },
    {
      name: "a token limit",
      response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      status: "incomplete"
    },
    {
      name: "a content filter",
      response: { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      status: "incomplete",
      code: "content_blocked"
    },
    {
      name: "a failure",
      response: { status: "failed", error: { code: "server_error", message: "m" } },
      status: "failed",
      code: "server_error"
    }
  ])("end as $status for $name (synthetic)", ({ code, response, status }) => {
    const body = bodyFromResponses({ output: [], ...response }, context())
    assert.strictEqual(body["status"], status)
    assert.deepStrictEqual(Json.objects(body, "errors")[0]?.["code"], code)
    const back = toResponses(body)
    assert.strictEqual(back["status"], response["status"])
    assert.deepStrictEqual(
      Json.object(back, "incomplete_details") ?? null,
      Json.object(response, "incomplete_details") ?? null
    )
  })
})

describe("answers there and back", () => {
  it.prop(
    "keep text, calls, signatures, usage and status of an interaction (synthetic)",
    { body: Body },
    ({ body }) => {
      const back = bodyFromResponses(toResponses(body), context())
      assert.strictEqual(Interactions.text(back), Interactions.text(body))
      assert.deepStrictEqual(calls(back), calls(body))
      const signatures = (value: JsonObject) => Json.objects(value, "steps").map((step) => step["signature"])
      assert.deepStrictEqual(signatures(back), signatures(body))
      assert.deepStrictEqual(Interactions.served(back), Interactions.served(body))
      assert.deepStrictEqual(toResponses(back)["output"], toResponses(body)["output"])
    }
  )
})
