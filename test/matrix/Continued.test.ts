import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { settle } from "../support/race.ts"
import { eventsOf, progress } from "../support/streams.ts"
import { models } from "./cells.ts"
import { read } from "./reading.ts"
import { ask, type ProviderName, type Scripted, scripted } from "./scripted.ts"
import { requests } from "./requests.ts"

// No recording stops in the middle of an answer: these bodies have the documented shape.

const call = { name: "get_weather", given: { city: "Zürich" } }

const message = (id: string, stop_reason: string, content: ReadonlyArray<JsonObject>): JsonObject => ({
  id,
  type: "message",
  role: "assistant",
  model: models.anthropic,
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5, service_tier: "standard" }
})

const interaction = (token: string, status: string, steps: ReadonlyArray<JsonObject>): JsonObject => ({
  object: "interaction",
  model: models.google,
  status,
  ...(token === "" ? {} : { continuation_token: token }),
  steps,
  usage: { total_input_tokens: 10, total_output_tokens: 5, total_tokens: 15 },
  created: "2026-11-23T12:00:00Z",
  service_tier: "standard"
})

const output = (text: string): JsonObject => ({ type: "model_output", content: [{ type: "text", text }] })

/** A provider that stops twice in the middle of one answer. */
const providers = {
  anthropic: {
    dialect: "messages",
    surfaces: ["responses", "chat.completions", "interactions"],
    answers: [
      message("msg_1", "pause_turn", [{ type: "text", text: "One. " }]),
      message("msg_2", "pause_turn", [{ type: "text", text: "Two. " }]),
      message("msg_3", "tool_use", [
        { type: "text", text: "Three." },
        { type: "tool_use", id: "toolu_1", name: call.name, input: call.given }
      ])
    ]
  },
  google: {
    dialect: "interactions",
    surfaces: ["responses", "chat.completions", "messages"],
    answers: [
      interaction("t1", "requires_continuation", [output("One. ")]),
      interaction("t2", "requires_continuation", [output("Two. ")]),
      interaction("", "requires_action", [
        output("Three."),
        { type: "function_call", id: "call1234", name: call.name, arguments: call.given }
      ])
    ]
  }
} as const

const names = ["anthropic", "google"] as const

const asked = (surface: DialectName, name: ProviderName, provider: Scripted, members: JsonObject) =>
  ask(surface, provider, { ...requests[surface].tool, model: models[name], start_within: "default", ...members })

const streaming = { stream: true, stream_options: { include_usage: true } }

const cells = names.flatMap((name) =>
  providers[name].surfaces.flatMap((surface) => [
    { name, surface, how: "as a body", members: {} },
    { name, surface, how: "streamed", members: streaming },
    ...(name === "google"
      ? [{ name, surface, how: "raced and collected", members: { start_within: "00h-00m-10s" } }]
      : [])
  ])
)

const finishes: { readonly [surface in DialectName]: string } = {
  responses: "completed",
  "chat.completions": "tool_calls",
  interactions: "requires_action",
  messages: "tool_use"
}

/** What stands in the first and in the last event of a stream, and must stand in one alone. */
const marks: { readonly [surface in DialectName]: readonly [begin: string, end: string] } = {
  responses: ["\"type\":\"response.created\"", "\"type\":\"response.completed\""],
  "chat.completions": ["\"role\":\"assistant\"", "\"finish_reason\":\"tool_calls\""],
  interactions: ["\"interaction.created\"", "\"interaction.completed\""],
  messages: ["\"type\":\"message_start\"", "\"type\":\"message_stop\""]
}

describe("an answer that its provider gives in three calls", () => {
  it.effect.each(cells)(
    "reaches a $surface caller of $name whole, $how",
    ({ members, name, surface }) =>
      Effect.gen(function*() {
        const provider = scripted(name, providers[name].answers)
        const { answered, frames } = asked(surface, name, provider, members)
        const { body, routing } = yield* answered
        const reading = read(surface, body)
        assert.strictEqual(reading.text, "One. Two. Three.")
        assert.deepStrictEqual(reading.calls.map(({ arguments: given, name }) => ({ name, given })), [call])
        assert.strictEqual(reading.finish, finishes[surface])
        // All calls are paid for, so all of them count.
        assert.deepInclude(dialects[surface].served(body).usage, { input: 30, output: 15 })
        assert.deepInclude(routing.usage, { input: 30, output: 15 })
        assert.lengthOf(routing.legs, 3)
        assert.lengthOf(provider.sent, 3)
        const told = eventsOf(frames).map((event) => JSON.stringify(event))
        for (const mark of frames.length === 0 ? [] : marks[surface]) {
          assert.lengthOf(told.filter((event) => event.includes(mark)), 1, mark)
        }
      })
  )

  it.effect.each(names.map((name) => ({ name })))(
    "is the same streamed and as a body from $name",
    ({ name }) =>
      Effect.forEach(providers[name].surfaces, (surface) =>
        Effect.gen(function*() {
          const whole = yield* asked(surface, name, scripted(name, providers[name].answers), {}).answered
          const streamed = yield* asked(surface, name, scripted(name, providers[name].answers), streaming).answered
          const told = (body: JsonObject) => ({ ...read(surface, body), usage: dialects[surface].served(body).usage })
          assert.deepStrictEqual(told(streamed.body), told(whole.body))
        }))
  )

  it.effect("is asked for with the turn so far (pause_turn)", () =>
    Effect.gen(function*() {
      const provider = scripted("anthropic", providers.anthropic.answers)
      yield* asked("responses", "anthropic", provider, streaming).answered
      const [first = {}, , third = {}] = provider.sent
      const turn = { role: "assistant", content: [{ type: "text", text: "One. " }, { type: "text", text: "Two. " }] }
      assert.deepStrictEqual(third, { ...first, messages: [...Json.objects(first, "messages"), turn] })
    }))

  it.effect("is asked for with the token of the call before (requires_continuation)", () =>
    Effect.gen(function*() {
      const provider = scripted("google", providers.google.answers)
      yield* asked("messages", "google", provider, {}).answered
      const [first = {}] = provider.sent
      assert.deepStrictEqual(provider.sent, [
        first,
        { ...first, continuation_token: "t1" },
        { ...first, continuation_token: "t2" }
      ])
    }))

  it.effect.each(names.map((name) => ({ name })))(
    "is the caller's own matter where it speaks $name's format",
    ({ name }) =>
      Effect.gen(function*() {
        const { answers, dialect } = providers[name]
        for (const members of [{}, { stream: true }]) {
          const provider = scripted(name, answers)
          const { body } = yield* asked(dialect, name, provider, members).answered
          assert.lengthOf(provider.sent, 1)
          assert.strictEqual(read(dialect, body).text, "One. ")
          assert.strictEqual(read(dialect, body).finish, name === "google" ? "requires_continuation" : "pause_turn")
        }
      })
  )

  describe.each(names)("of %s", (name) => {
    const [first] = providers[name].answers

    it.effect("fails if a later call does, and a stream has said what came before", () =>
      Effect.gen(function*() {
        const whole = yield* Effect.flip(
          asked("responses", name, scripted(name, [first, { status: 500 }]), {}).answered
        )
        assert.strictEqual(whole.status, 500)
        const { answered, frames } = asked("responses", name, scripted(name, [first, { status: 500 }]), streaming)
        const error = yield* Effect.flip(answered)
        assert.strictEqual(error.status, 500)
        assert.include(JSON.stringify(eventsOf(frames)), "One")
        assert.isFalse(frames.some((frame) => progress(dialects.responses)(frame) !== "open"))
      }))

    it.effect("is given up after sixteen calls", () =>
      Effect.gen(function*() {
        for (const members of [{}, streaming]) {
          const provider = scripted(name, [first])
          const error = yield* Effect.flip(asked("responses", name, provider, members).answered)
          assert.strictEqual(error.reason._tag, "StreamFailed")
          assert.lengthOf(provider.sent, 16)
        }
      }))

    it.effect("aborts the call that is under way when the caller goes away", () =>
      Effect.gen(function*() {
        const provider = scripted(name, [first, "hang"])
        const fiber = yield* Effect.forkChild(asked("responses", name, provider, streaming).answered)
        yield* settle
        assert.lengthOf(provider.sent, 2)
        assert.strictEqual(provider.aborted(), 0)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(provider.aborted(), 1)
      }))
  })
})
