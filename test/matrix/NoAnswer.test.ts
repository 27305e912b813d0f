import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Stream } from "effect"
import type { HttpClientRequest } from "effect/http"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import type { Frame } from "../../src/wire/Sse.ts"
import * as Sse from "../../src/wire/Sse.ts"
import * as Router from "../../src/Router.ts"
import { advance } from "../support/race.ts"
import { layer, type Wire } from "../support/wire.ts"
import { models, providerNames, surfaces, upstreamOf } from "./cells.ts"

/** A 200 that says, in a format's own words, that there is no answer. */
interface Report {
  readonly name: string
  readonly body?: JsonObject
  /** The same as a stream, before and after the events that show that generation has started. */
  readonly events?: ReadonlyArray<JsonObject>
}

const error = { code: "server_error", message: "No." }

const response = (status: string): JsonObject => ({ id: "resp_1", object: "response", status, error, output: [] })
const interaction = (status: string): JsonObject => ({ id: "int_1", object: "interaction", status })

const reports: { readonly [dialect in DialectName]: ReadonlyArray<Report> } = {
  responses: [
    {
      name: "failed",
      body: response("failed"),
      events: [{ type: "error", error }, { type: "response.failed", response: response("failed") }]
    },
    {
      name: "canceled",
      body: { ...response("cancelled"), error: null },
      events: [{ type: "response.completed", response: { ...response("cancelled"), error: null } }]
    },
    { name: "failed, completed by name", events: [{ type: "response.completed", response: response("failed") }] },
    { name: "failed, incomplete by name", events: [{ type: "response.incomplete", response: response("failed") }] },
    { name: "an error alone", body: { error }, events: [{ type: "error", ...error }] },
    { name: "nothing", body: {} }
  ],
  "chat.completions": [
    { name: "an error", body: { error }, events: [{ error }] },
    {
      name: "an error with a number for its code",
      body: { error: { ...error, code: 502 } },
      events: [{ error: { ...error, code: 502 }, choices: [] }]
    },
    {
      name: "an error of the choice",
      body: { choices: [{ index: 0, message: { role: "assistant", content: "" }, finish_reason: "error", error }] },
      events: [{ choices: [{ index: 0, delta: { content: "" }, finish_reason: "error", error }] }]
    },
    { name: "nothing", body: {} }
  ],
  interactions: [
    {
      name: "failed",
      body: { ...interaction("failed"), errors: [error] },
      events: [{ event_type: "interaction.completed", interaction: { ...interaction("failed"), errors: [error] } }]
    },
    {
      name: "failed without a word",
      body: interaction("failed"),
      events: [{ event_type: "interaction.completed", interaction: interaction("failed") }]
    },
    {
      name: "canceled",
      body: interaction("cancelled"),
      events: [{ event_type: "interaction.completed", interaction: interaction("cancelled") }]
    },
    {
      name: "an error alone",
      body: { error: { code: 500, message: "No.", status: "INTERNAL" } },
      events: [{ event_type: "error", error: { code: "api_error", message: "No." } }]
    },
    { name: "nothing", body: {} }
  ],
  messages: [
    {
      name: "an error",
      body: { type: "error", error: { type: "api_error", message: "No." } },
      events: [{ type: "error", error: { type: "api_error", message: "No." } }]
    },
    { name: "nothing", body: {} }
  ]
}

/** What shows in each format that generation has started, with a text that a client sees. */
const beginnings: { readonly [dialect in DialectName]: ReadonlyArray<JsonObject> } = {
  responses: [
    { type: "response.created", response: response("in_progress") },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] }
    },
    { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "Half" }
  ],
  "chat.completions": [{ choices: [{ index: 0, delta: { role: "assistant", content: "Half" }, finish_reason: null }] }],
  interactions: [
    { event_type: "interaction.created", interaction: interaction("in_progress") },
    { event_type: "step.start", index: 0, step: { type: "model_output" } },
    { event_type: "step.delta", index: 0, delta: { type: "text", text: "Half" } }
  ],
  messages: [
    { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", content: [], usage: {} } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Half" } }
  ]
}

const cells = surfaces.flatMap((surface) =>
  providerNames.flatMap((provider) => {
    const upstream = upstreamOf(surface, provider)
    return reports[upstream].map(({ body, events, name }) => {
      const cell = `${surface} to ${provider}: ${name}`
      return { body, events, surface, provider, upstream, cell }
    })
  })
)

const bodies = cells.flatMap(({ body, ...cell }) => body === undefined ? [] : [{ ...cell, body }])
const streams = cells.flatMap(({ events, ...cell }) => events === undefined ? [] : [{ ...cell, events }])

const wireOf = (upstream: DialectName, events: ReadonlyArray<JsonObject>): Wire => ({
  body: [...events.map(dialects[upstream].frame), ...dialects[upstream].closing].map(Sse.encode).join("")
})

/** What a caller met: what was left of the answer, and the error, where it failed. */
const ask = (surface: DialectName, request: JsonObject) =>
  Effect.scoped(Effect.gen(function*() {
    const { open } = yield* Router.Router
    const answer = yield* open(
      surface,
      JSON.stringify({
        start_within: "default",
        ...(surface === "responses" || surface === "interactions"
          ? { input: "Hi" }
          : { messages: [{ role: "user", content: "Hi" }] }),
        ...request
      })
    )
    if (answer._tag === "Body") return { answer, frames: [], error: undefined }
    const frames: Array<Frame> = []
    const exit = yield* Effect.exit(Stream.runForEach(answer.frames, (frame) => Effect.sync(() => frames.push(frame))))
    const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
    return { answer, frames, error }
  }))

/** Runs what waits between two calls on virtual time. */
const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* advance(1000)
    return yield* Fiber.join(fiber)
  })

describe("a 200 that says that there is no answer", () => {
  it.effect.each(bodies.filter(({ surface, upstream }) => surface !== upstream))(
    "is sent again, and then the caller's error: $cell",
    ({ body, provider, surface }) => {
      const seen: Array<HttpClientRequest.HttpClientRequest> = []
      return Effect.gen(function*() {
        const error = yield* Effect.flip(
          ask(surface, { model: models[provider], retry: { count: 1 } })
        )
        assert.deepInclude(error.reason, { _tag: "ProviderFailed", class: "upstream", provider, retryable: true })
        assert.isAtLeast(error.status, 500)
        assert.isNotEmpty(error.message)
        assert.strictEqual(seen.length, 2)
      }).pipe(Effect.provide(layer([{ body: JSON.stringify(body) }], seen)), patiently)
    }
  )

  it.effect.each(bodies.filter(({ surface, upstream }) => surface === upstream))(
    "comes as it is to the caller who speaks its format, once it came again: $cell",
    ({ body, provider, surface }) => {
      const seen: Array<HttpClientRequest.HttpClientRequest> = []
      const text = `${JSON.stringify(body).slice(0, -1)} }`
      return Effect.gen(function*() {
        const { answer } = yield* ask(surface, { model: models[provider], retry: { count: 1 } })
        assert.strictEqual(answer._tag === "Body" ? answer.text : "", text)
        assert.deepInclude(answer.routing, { provider, reason: "tier_direct", retries: 1 })
        assert.deepStrictEqual(answer.routing.legs.map(({ outcome }) => outcome), ["failed", "failed"])
        assert.strictEqual(seen.length, 2)
      }).pipe(Effect.provide(layer([{ body: text }], seen)), patiently)
    }
  )

  it.effect.each(streams)("is the caller's error in a stream that has not begun: $cell", ({ events, ...cell }) => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    return Effect.gen(function*() {
      const request = { model: models[cell.provider], stream: true, retry: { count: 1 } }
      const error = yield* Effect.flip(ask(cell.surface, request))
      assert.deepInclude(error.reason, { class: "upstream", provider: cell.provider, retryable: true })
      assert.strictEqual(seen.length, 2)
    }).pipe(Effect.provide(layer([wireOf(cell.upstream, events)], seen)), patiently)
  })

  it.effect.each(streams)(
    "ends a stream that has begun in an error: $cell",
    ({ events, ...cell }) =>
      Effect.gen(function*() {
        const dialect = dialects[cell.surface]
        const { error, frames } = yield* ask(cell.surface, { model: models[cell.provider], stream: true })
        assert.deepInclude(error?.reason, { _tag: "StreamFailed", started: true, provider: cell.provider })
        const text = frames.map(({ value }) => value === undefined ? "" : dialect.textDelta(value) ?? "").join("")
        assert.strictEqual(text, "Half")
        for (const frame of frames) assert.notInclude(["final", "end", "failed"], dialect.sign(frame, true))
      }).pipe(Effect.provide(layer([wireOf(cell.upstream, [...beginnings[cell.upstream], ...events])])))
  )

  it.effect("makes the chain go on", () => {
    const answer = { type: "message", content: [{ type: "text", text: "Hi" }], usage: {}, stop_reason: "end_turn" }
    const wires = [{ body: JSON.stringify(interaction("cancelled")) }, { body: JSON.stringify(answer) }]
    return Effect.gen(function*() {
      const { answer } = yield* ask("responses", { model: "anybody's", provider: ["google", "anthropic"] })
      assert.deepInclude(answer.routing, { provider: "anthropic", reason: "chain_advanced", fallbackAttempts: 1 })
    }).pipe(Effect.provide(layer(wires)))
  })

  it.effect("is the request's own fault where it says so, and not sent again", () => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    const body = { ...response("failed"), error: { code: "context_length_exceeded", message: "Too long." } }
    return Effect.gen(function*() {
      const error = yield* Effect.flip(ask("messages", { model: models.openai, retry: { count: 3 } }))
      assert.deepInclude(error.reason, {
        _tag: "ProviderFailed",
        class: "validation",
        status: 400,
        code: "context_length_exceeded",
        retryable: false
      })
      assert.strictEqual(seen.length, 1)
    }).pipe(Effect.provide(layer([{ body: JSON.stringify(body) }], seen)))
  })

  it.effect.each(["queued", "in_progress"])(
    "is one that is not finished, in another format: %s",
    (status) =>
      Effect.gen(function*() {
        for (const [provider, body] of [["openai", response(status)], ["google", interaction(status)]] as const) {
          const error = yield* Effect.flip(ask("messages", { model: models[provider] })).pipe(
            Effect.provide(layer([{ body: JSON.stringify({ ...body, error: null }) }]))
          )
          assert.deepInclude(error.reason, { class: "upstream", provider })
          assert.include(error.message, status)
        }
      })
  )
})
