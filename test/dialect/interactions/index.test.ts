import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Interactions } from "../../../src/dialect/interactions/index.ts"
import { errorBlock } from "../../../src/Dialect.ts"
import * as FlexInferenceError from "../../../src/FlexInferenceError.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import * as Sse from "../../../src/wire/Sse.ts"
import { absent } from "../../support/fixtures.ts"
import { collect, eventsOf, failureOf, framesOf, isStart, progress, served } from "../../support/streams.ts"
import { bodies, Body, streamOf, streams } from "./streams.ts"

const typeOf = (event: JsonObject): string => Json.string(event, "event_type") ?? ""

const completed = (interaction: JsonObject): JsonObject => ({ event_type: "interaction.completed", interaction })

const delta = (index: number, delta: JsonObject): JsonObject => ({ event_type: "step.delta", index, delta })

const start = (index: number, step: JsonObject): JsonObject => ({ event_type: "step.start", index, step })

describe.skipIf(absent)("Interactions on recorded traffic", () => {
  it.effect.each(streams)("starts $name at its first step and not on admission", ({ sse }) =>
    Effect.gen(function*() {
      const events = eventsOf(yield* framesOf(sse))
      const first = events.findIndex((event) => isStart(Interactions, event))
      assert.deepStrictEqual(events.slice(0, first + 1).map(typeOf), [
        "interaction.created",
        "interaction.status_update",
        "step.start"
      ])
    }))

  it.effect.each(streams)(
    "is complete at the last event of $name and closed by the frame after it",
    ({ sse }) =>
      Effect.gen(function*() {
        const seen = (yield* framesOf(sse)).map(progress(Interactions))
        assert.deepStrictEqual([...new Set(seen.slice(0, -2))], ["open"])
        assert.deepStrictEqual(seen.slice(-2), ["complete", "closed"])
      })
  )

  it.effect.each(streams)(
    "gathers $name into a body with the same text, report and members",
    ({ name, sse }) =>
      Effect.gen(function*() {
        const events = eventsOf(yield* framesOf(sse))
        const body = collect(Interactions, events) ?? {}
        assert.strictEqual(Interactions.text(body), events.map((event) => Interactions.textDelta(event) ?? "").join(""))
        assert.deepStrictEqual(Interactions.served(body), served(Interactions, events))
        assert.strictEqual(served(Interactions, events).tier, "standard")
        // The recorded body of the same scenario is another run, but has the same members and the same kinds of steps.
        const other = bodies.find((body) => body.name === name.replace(".chunks.txt", ".json"))?.body ?? {}
        assert.sameMembers(Object.keys(body), Object.keys(other))
        const shape = (step: JsonObject) =>
          `${Json.string(step, "type")}: ${Object.keys(step).filter((key) => key !== "search_type").toSorted().join()}`
        assert.deepStrictEqual(Json.objects(body, "steps").map(shape), Json.objects(other, "steps").map(shape))
      })
  )

  it.effect("makes objects of a call's arguments, and reads input and output with tools and thoughts in", () =>
    Effect.gen(function*() {
      const call = eventsOf(yield* framesOf(streams.find(({ name }) => name.startsWith("tool-call-step1"))?.sse ?? ""))
      const body = collect(Interactions, call) ?? {}
      assert.deepStrictEqual(Json.objects(body, "steps").at(-1), {
        id: "61nzpsv4",
        type: "function_call",
        name: "getWeather",
        arguments: { location: "San Francisco" }
      })
      const search = bodies.find(({ name }) => name === "google-search.json")?.body ?? {}
      assert.deepStrictEqual(Interactions.served(search).usage, {
        input: 22 + 129,
        cachedInput: 0,
        cacheWriteInput: 0,
        longCacheWriteInput: 0,
        output: 973 + 249,
        reasoning: 249,
        webSearches: 1
      })
    }))
})

describe("the Interactions collector (synthetic)", () => {
  it.prop("gathers any stream into the body it tells, however it is cut", {
    body: Body
  }, ({ body }) => {
    for (const size of [1, 3, 100]) assert.deepStrictEqual(collect(Interactions, streamOf(body, size)), body)
  })

  it("has no body before the end, and keeps what it does not know harmlessly", () => {
    const events = [
      start(0, { type: "model_output", content: [{ type: "text", text: "So " }] }),
      delta(0, { type: "text", text: "it is." }),
      delta(0, { type: "image", data: "AA==", mime_type: "image/png" }),
      delta(0, { type: "text", text: "There." }),
      start(1, { type: "url_context_call", id: "u" }),
      delta(1, { type: "url_context_call", arguments: { urls: ["a"] } }),
      delta(1, { type: "from_the_future", clue: [1] }),
      { event_type: "from.the.future", index: "x" },
      delta(7, { type: "text", text: "unannounced" })
    ]
    assert.isUndefined(collect(Interactions, events))
    const body = collect(Interactions, [...events, completed({ id: "", status: "completed" })])
    assert.deepStrictEqual(body, {
      status: "completed",
      steps: [
        {
          type: "model_output",
          content: [
            { type: "text", text: "So it is." },
            { type: "image", data: "AA==", mime_type: "image/png" },
            { type: "text", text: "There." }
          ]
        },
        { type: "url_context_call", id: "u", arguments: { urls: ["a"] }, clue: [1] },
        { type: "model_output", content: [{ type: "text", text: "unannounced" }] }
      ]
    })
    assert.strictEqual(Interactions.text(body ?? {}), "So it is.There.unannounced")
    assert.strictEqual(
      events.map((event) => Interactions.textDelta(event) ?? "").join(""),
      "So it is.There.unannounced"
    )
  })

  it("keeps a call's arguments as text where they were cut off", () => {
    const body = collect(Interactions, [
      start(0, { type: "function_call", id: "c", name: "f", arguments: {} }),
      delta(0, { type: "arguments_delta", arguments: "{\"a\": \"b" }),
      completed({ status: "incomplete" })
    ])
    assert.deepStrictEqual(body?.["steps"], [{ type: "function_call", id: "c", name: "f", arguments: "{\"a\": \"b" }])
  })

  it("takes the steps of the last event where no other event told them", () => {
    const steps = [{ type: "model_output", content: [{ type: "text", text: "x" }] }]
    assert.deepStrictEqual(collect(Interactions, [completed({ status: "completed", steps })]), {
      status: "completed",
      steps
    })
  })
})

describe("failures inside an Interactions stream (synthetic)", () => {
  it.each<{ name: string; event: JsonObject; code: string | null | undefined }>([
    {
      name: "a word",
      event: { event_type: "error", error: { code: "rate_limit_exceeded", message: "m" } },
      code: "rate_limit_exceeded"
    },
    {
      name: "a number and a word",
      event: { event_type: "error", error: { code: 503, status: "UNAVAILABLE" } },
      code: "UNAVAILABLE"
    },
    { name: "a number", event: { event_type: "error", error: { code: 503 } }, code: "503" },
    { name: "a message alone", event: { event_type: "error", error: { message: "m" } }, code: null },
    { name: "an empty error", event: { event_type: "error", error: {} }, code: undefined },
    { name: "no error", event: { event_type: "error" }, code: undefined },
    {
      name: "a failed end",
      event: completed({ status: "failed", errors: [{ code: "api_error", message: "m" }] }),
      code: "api_error"
    },
    { name: "a failed end without a reason", event: completed({ status: "failed" }), code: null },
    { name: "blocked content", event: completed({ status: "failed", errors: [{ code: "safety" }] }), code: undefined },
    { name: "an incomplete end", event: completed({ status: "incomplete" }), code: undefined },
    {
      name: "an error that is no error event",
      event: { event_type: "step.stop", error: { code: "x" } },
      code: undefined
    }
  ])("are told from $name", ({ code, event }) => {
    assert.strictEqual(failureOf(Interactions, event)?.code, code)
  })
})

describe("Interactions' frames", () => {
  it("carry the event's type as the SSE name, and end with the done frame", () => {
    const event = start(0, { type: "thought" })
    assert.strictEqual(
      Sse.encode(Interactions.frame(event)),
      `event: step.start\ndata: ${JSON.stringify(event)}\n\n`
    )
    assert.strictEqual(Interactions.closing.map(Sse.encode).join(""), "event: done\ndata: [DONE]\n\n")
    assert.deepStrictEqual(Interactions.closing.map(progress(Interactions)), ["closed"])
  })

  it("point at the usage in the last event alone", () => {
    assert.deepStrictEqual(Interactions.usagePath(completed({})), ["interaction", "usage"])
    assert.isUndefined(Interactions.usagePath({ event_type: "interaction.status_update", usage: {} }))
  })

  it("wrap an error as Google's clients expect it, with the status in the code", () => {
    const error = FlexInferenceError.streamFailed({ provider: "openai", message: "Upstream broke.", started: true })
    const flexinference = errorBlock(error)
    const inner = { code: 502, status: "UNAVAILABLE", message: "Upstream broke.", flexinference }
    assert.deepStrictEqual(Interactions.errorBody(error), { error: inner })
    const [frame = assert.fail()] = Interactions.errorFrames(error, { first: undefined, last: undefined })
    assert.strictEqual(frame.event, "error")
    assert.deepStrictEqual(JSON.parse(frame.data), { event_type: "error", error: inner })
    assert.strictEqual(failureOf(Interactions, frame.value ?? {})?.message, "Upstream broke.")
  })

  it.each([
    [400, "INVALID_ARGUMENT"],
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "NOT_FOUND"],
    [413, "INVALID_ARGUMENT"],
    [429, "RESOURCE_EXHAUSTED"],
    [500, "INTERNAL"],
    [503, "UNAVAILABLE"],
    [504, "DEADLINE_EXCEEDED"]
  ])("name the status %i %s", (status, word) => {
    const problem = { field: "model", code: "c", message: "m", rule: "r", example: "e" }
    const error = status < 500
      ? FlexInferenceError.invalidRequest([problem], status)
      : FlexInferenceError.streamFailed({ provider: "google", message: "m", started: false, status })
    const body = Json.object(Interactions.errorBody(error), "error") ?? {}
    assert.deepStrictEqual([body["code"], body["status"]], [status, word])
  })
})
