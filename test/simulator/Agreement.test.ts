/**
 * The simulator and the dialects were written apart from one another, both from recorded traffic: what one says the
 * other has to understand.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import { eventsOf, failureOf, framesOf as readFrames, isStart, progress, served } from "../support/streams.ts"

const calls: ReadonlyArray<readonly [DialectName, string, JsonObject]> = [
  ["responses", "https://api.openai.com/v1/responses", { model: "gpt-5.5", input: "Hello" }],
  ["chat.completions", "https://api.openai.com/v1/chat/completions", {
    model: "gpt-5.5",
    messages: [{ role: "user", content: "Hello" }],
    stream_options: { include_usage: true }
  }],
  ["interactions", "https://generativelanguage.googleapis.com/v1beta/interactions", {
    model: "gemini-2.5-flash",
    input: "Hello"
  }],
  ["messages", "https://api.anthropic.com/v1/messages", {
    model: "claude-haiku-4-5",
    max_tokens: 100,
    messages: [{ role: "user", content: "Hello" }]
  }]
]

const page = { title: "A simulated page", url: "https://example.com/simulated" }

const answers: ReadonlyArray<readonly [string, Behavior.Options]> = [
  ["text", { text: "Hello – you 🌍." }],
  ["reasoning and text", { reasoning: { summary: "Thinking." }, text: "Done." }],
  ["hidden reasoning and text", { reasoning: { summary: "" }, text: "Done." }],
  ["a call", { text: undefined, calls: [{ name: "weather", arguments: { city: "Bern", days: [1, 2] } }] }],
  ["two calls after text", {
    text: "Looking.",
    calls: [{ name: "a", arguments: {} }, { name: "b", arguments: { x: "ü" } }]
  }],
  ["a search with a citation", { search: { query: "tallest", page }, text: `Größer: see ${page.url} there.` }],
  ["text that was cut", { text: "One two", stop: "length" }]
]

const cases = calls.flatMap(([name, url, request]) =>
  answers.map(([kind, answer]) => ({ name, url, request, kind, answer }))
)

const execute = (url: string, request: JsonObject, behavior: Behavior.Behavior) =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (client) =>
      client.execute(HttpClientRequest.bodyJsonUnsafe(
        HttpClientRequest.post(url, { headers: { "anthropic-version": "2023-06-01" } }),
        request
      ))
  ).pipe(Effect.provide(Simulator.layer({ seed: "agreement", script: Script.always(behavior) })))

const framesOf = (url: string, request: JsonObject, behavior: Behavior.Behavior) =>
  Effect.flatMap(
    execute(url, { ...request, stream: true }, behavior),
    (response) => Effect.flatMap(response.text, readFrames)
  )

describe("a simulated answer", () => {
  it.effect.each(cases)(
    "is whole, and its stream says what its body says ($name, $kind)",
    (call) =>
      Effect.gen(function*() {
        const dialect = dialects[call.name]
        const frames = yield* framesOf(call.url, call.request, Behavior.answer(call.answer))
        const response = yield* execute(call.url, call.request, Behavior.answer(call.answer))
        const body = Json.parseObject(yield* response.text) ?? {}
        const collector = dialect.collector()
        let text = ""
        for (const { value } of frames) {
          if (value === undefined) continue
          collector.add(value)
          text += dialect.textDelta(value) ?? ""
          assert.isUndefined(failureOf(dialect, value))
        }
        const last = frames.at(-1)
        assert.strictEqual(last === undefined ? "open" : progress(dialect)(last), "closed")
        assert.strictEqual(text, call.answer.text ?? "")
        assert.strictEqual(dialect.text(body), text)
        const collected = collector.body() ?? {}
        assert.strictEqual(dialect.text(collected), text)
        assert.deepStrictEqual(served(dialect, eventsOf(frames)), dialect.served(body))
        assert.deepStrictEqual(shared(collected, body), shared(body, collected))
      })
  )

  it.effect.each(calls)(
    "starts with its first output and not with its admission (%s)",
    ([name, url, request]) =>
      Effect.gen(function*() {
        const dialect = dialects[name]
        for (const [, answer] of answers) {
          const frames = yield* framesOf(url, request, Behavior.answer(answer))
          assert.isTrue(frames.some(({ value }) => value !== undefined && isStart(dialect, value)))
        }
        const stalled = yield* framesOf(url, request, Behavior.cut("admission", { how: "end" }))
        assert.isFalse(stalled.some(({ value }) => value !== undefined && isStart(dialect, value)))
        const text = yield* framesOf(url, request, Behavior.cut(1, { how: "end" }))
        assert.isTrue(text.some(({ value }) => value !== undefined && isStart(dialect, value)))
      })
  )

  it.effect.each(calls)(
    "is a failure the dialect recognises when it is refused in the stream (%s)",
    ([name, url, request]) =>
      Effect.gen(function*() {
        const refusal = { code: "flex_unavailable", message: "No room." }
        const frames = yield* framesOf(url, request, Behavior.refuseInStream(refusal))
        const failures = frames.flatMap(({ value }) => {
          const failure = value === undefined ? undefined : failureOf(dialects[name], value)
          return failure === undefined ? [] : [failure]
        })
        assert.isAbove(failures.length, 0)
        assert.isTrue(failures.every(({ message }) => message === "No room."))
      })
  )
})

/** The members of `value` that `other` has too, as deep as both are objects; opaque strings differ by nature. */
const shared = (value: Json.Json, other: Json.Json): Json.Json => {
  if (Json.isArray(value) && Json.isArray(other)) {
    return value.map((element, index) => shared(element, other[index] ?? null))
  }
  if (!Json.isObject(value) || !Json.isObject(other)) return value
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => Object.hasOwn(other, key)).map(([key, member]) => [
      key,
      shared(member, other[key] ?? null)
    ])
  )
}
