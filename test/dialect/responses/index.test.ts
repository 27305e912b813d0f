import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Responses } from "../../../src/dialect/responses/index.ts"
import { streamFailed } from "../../../src/FlexInferenceError.ts"
import * as Json from "../../../src/wire/Json.ts"
import { absent, recording, recordings } from "../../support/fixtures.ts"
import { collect, eventsOf, failureOf, framesOf, isStart, progress, served } from "../../support/streams.ts"

const types = (events: ReadonlyArray<Json.JsonObject>) => events.map((event) => Json.string(event, "type"))

const response = { id: "resp_1", object: "response", status: "in_progress", output: [] }

describe("Responses", () => {
  it.each([
    ["response.created", false],
    ["response.queued", false],
    ["response.in_progress", false],
    ["response.failed", false],
    ["error", false],
    ["keepalive", false],
    ["response.output_item.added", true],
    ["response.output_text.delta", true],
    ["response.an_event_of_next_year", true],
    ["response.completed", true],
    ["response.incomplete", true]
  ])("%s shows a start: %s", (type, starts) => {
    assert.strictEqual(isStart(Responses, { type }), starts)
  })

  it.each([
    ["nested, as on the wire", { type: "error", error: { type: "t", code: "c", message: "m", param: "p" } }],
    ["flat, as in the vendor's types", { type: "error", code: "c", message: "m", param: "p" }],
    ["inside response.failed", { type: "response.failed", response: { error: { code: "c", message: "m" } } }]
  ])("recognises a failure %s", (_, event) => {
    assert.deepInclude(failureOf(Responses, event), { code: "c", message: "m" })
  })

  it("rebuilds the output from the item events where the final object lacks it", () => {
    const item = { type: "message", id: "msg_1", content: [{ type: "output_text", text: "Hi" }] }
    const body = collect(Responses, [
      { type: "response.created", response },
      { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response: { id: "resp_1", status: "completed" } }
    ])
    assert.deepStrictEqual(body, { id: "resp_1", status: "completed", output: [item] })
    assert.strictEqual(Responses.text(body ?? {}), "Hi")
  })

  it("ends a failed stream with error and response.failed, numbered on and carrying the contract's block", () => {
    const error = streamFailed({ provider: "openai", message: "It broke.", started: true })
    const [first = assert.fail(), frame = assert.fail(), ...others] = Responses.errorFrames(error, {
      first: { type: "response.created", response },
      last: { type: "response.output_text.delta", sequence_number: 8 }
    })
    const flexinference = {
      code: "upstream_stream_failed",
      class: "upstream",
      origin: "provider",
      status: 502,
      provider: "openai",
      provider_code: null,
      retryable: true,
      doc_url: null
    }
    assert.strictEqual(first.event, "error")
    assert.deepStrictEqual(first.value, {
      type: "error",
      sequence_number: 9,
      error: {
        type: "flexinference_error",
        code: "upstream_stream_failed",
        message: "It broke.",
        param: null,
        flexinference
      }
    })
    assert.strictEqual(frame.event, "response.failed")
    assert.deepInclude(frame.value, { type: "response.failed", sequence_number: 10 })
    assert.deepInclude(Json.object(frame.value ?? {}, "response"), {
      id: "resp_1",
      status: "failed",
      error: { code: "upstream_stream_failed", message: "It broke.", flexinference }
    })
    assert.isEmpty(others)
  })

  describe.skipIf(absent)("on recorded traffic", () => {
    const streams = recordings("openai-responses").filter(({ sse }) => sse !== undefined)
    const bodies = recordings("openai-responses").filter(({ body, status }) => body !== undefined && status === 200)

    it.effect.each(streams)(
      "collects $name to its own terminal response",
      ({ name, sse = "" }) =>
        Effect.gen(function*() {
          // One recording holds several answers one after another; each is a stream of its own.
          const events = eventsOf(yield* framesOf(sse))
          const starts = events.flatMap((event, index) =>
            Json.string(event, "type") === "response.created" ? [index] : []
          )
          for (const [nth, start] of starts.entries()) {
            const answer = events.slice(start, starts[nth + 1])
            const terminal = answer.findLast((event) =>
              progress(Responses)({ event: undefined, data: "", value: event }) === "closed"
            )
            assert.isDefined(terminal, `${name} ends`)
            const response = Json.object(terminal ?? {}, "response") ?? {}
            const items = answer.flatMap((event) =>
              Json.string(event, "type") === "response.output_item.done" ? [Json.object(event, "item") ?? null] : []
            )
            // One recorded backend reports no output at the end although its items have gone by.
            const output = Json.objects(response, "output").length === 0 ? items : response["output"] ?? []
            assert.deepStrictEqual(collect(Responses, answer), { ...response, output })
          }
        })
    )

    it.effect.each(streams)(
      "finds the start of $name at its first output item",
      ({ name, sse = "" }) =>
        Effect.gen(function*() {
          const events = eventsOf(yield* framesOf(sse))
          const start = events.findIndex((event) => isStart(Responses, event))
          if (name === "error-in-stream-quota.chunks.txt") {
            assert.strictEqual(start, -1)
            assert.deepInclude(
              events.map((event) => failureOf(Responses, event)).find((failure) => failure !== undefined),
              {
                code: "insufficient_quota"
              }
            )
          } else {
            assert.strictEqual(types(events)[start], "response.output_item.added")
            assert.isTrue(types(events).slice(0, start).every((type) => /created|queued|in_progress/.test(type ?? "")))
          }
        })
    )

    it.effect("takes the served tier from the final object, not from the first events", () =>
      Effect.gen(function*() {
        const events = eventsOf(yield* framesOf(recording("openai-responses", "stream-text.exchange.json").sse ?? ""))
        assert.strictEqual(served(Responses, events.slice(0, 1)).tier, undefined)
        assert.strictEqual(served(Responses, events).tier, "default")
        assert.isAbove(served(Responses, events).usage?.output ?? 0, 0)
      }))

    it.each(bodies)("reads model, tier and usage of $name", ({ body }) => {
      if (!Json.isObject(body)) throw new Error("no object")
      const { model, tier, usage } = Responses.served(body)
      assert.isString(model)
      assert.strictEqual(tier, Json.string(body, "service_tier"))
      const reported = Json.object(body, "usage")
      assert.strictEqual(usage?.output, reported === undefined ? undefined : Json.number(reported, "output_tokens"))
    })
  })
})

describe("Responses", () => {
  it("tells what was written to the cache for twelve hours from the rest (synthetic)", () => {
    const { usage } = Responses.served({
      model: "gpt-x",
      usage: {
        input_tokens: 900,
        input_tokens_details: {
          cached_tokens: 100,
          cache_write_tokens: 700,
          cache_write_tokens_details: { ttl_30m_tokens: 200, ttl_12h_tokens: 500 }
        },
        output_tokens: 1
      }
    })
    assert.deepInclude(usage, { input: 900, cachedInput: 100, cacheWriteInput: 700, longCacheWriteInput: 500 })
  })
})
