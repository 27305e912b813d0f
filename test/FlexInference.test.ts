import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as FlexInference from "../src/FlexInference.ts"
import { Behavior, Script, Simulator } from "../src/simulator/index.ts"

const key = { apiKey: Redacted.make("test") }
const providers = Simulator.layer({ script: Script.always(Behavior.answer({ text: "Hello!" })), strict: false })
const layer = FlexInference.layer({ openai: key, google: key, anthropic: key }).pipe(Layer.provideMerge(providers))

const turn = [{ role: "user", content: "Hi" }] as const

describe("outputText", () => {
  it.effect("reads the answer of every surface", () =>
    Effect.gen(function*() {
      const { chat, interactions, messages, responses } = yield* FlexInference.FlexInference
      const bodies = [
        yield* responses.create({ model: "gpt-5.5", input: "Hi", start_within: "default" }),
        yield* chat.completions.create({ model: "gpt-5.5", messages: turn, start_within: "default" }),
        yield* interactions.create({ model: "gemini-3.5-flash", input: "Hi", start_within: "default" }),
        yield* messages.create({ model: "claude-opus-5", max_tokens: 100, messages: turn, start_within: "default" })
      ]
      assert.deepStrictEqual(bodies.map(FlexInference.outputText), ["Hello!", "Hello!", "Hello!", "Hello!"])
    }).pipe(Effect.provide(layer)))

  it("takes as much of a body as holds its text, and finds none in what holds none", () => {
    const minimal: ReadonlyArray<FlexInference.TextBody> = [
      { output: [{ type: "message", content: [{ type: "output_text", text: "Hi" }] }] },
      { choices: [{ message: { content: "Hi" } }] },
      { steps: [{ type: "model_output", content: [{ type: "text", text: "Hi" }] }] },
      { content: [{ type: "text", text: "Hi" }] }
    ]
    assert.deepStrictEqual(minimal.map(FlexInference.outputText), ["Hi", "Hi", "Hi", "Hi"])
    assert.strictEqual(FlexInference.outputText({ status: "in_progress" }), "")
    assert.strictEqual(FlexInference.outputText({ output: [{ type: "function_call" }] }), "")
  })
})

describe("createWithRouting", () => {
  it.effect("gives the body that create gives, and the record of how it was served", () =>
    Effect.gen(function*() {
      const { responses } = yield* FlexInference.FlexInference
      const request = { model: "gpt-5.5", input: "Hi", start_within: "00h-00m-30s" } as const
      const { body, routing } = yield* responses.createWithRouting(request)
      assert.strictEqual(FlexInference.outputText(body), "Hello!")
      assert.deepInclude(routing, { provider: "openai", tier: "flex", reason: "flex_won", tierInferred: false })
      assert.strictEqual(routing.costMicroUsd, body.usage?.cost?.total_micro_usd)
      assert.isAbove(routing.savingMicroUsd ?? 0, 0)
    }).pipe(Effect.provide(layer)))
})

describe("extra", () => {
  const request = { model: "gpt-5.5", input: "Hi", temperature: 1, start_within: "priority" } as const

  const sent = (extra: FlexInference.CallOptions["extra"]) =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const simulator = yield* Simulator.Simulator
      yield* flex.responses.create(request, { extra })
      const [call] = yield* simulator.ledger
      return call?.body
    }).pipe(Effect.provide(layer))

  it.effect("carries fields that the request's type does not know to the provider", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* sent({ a_field_of_tomorrow: { nested: [1, null] } }), {
        a_field_of_tomorrow: { nested: [1, null] }
      })
    }))

  it.effect("gives way to the request's own fields", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* sent({ temperature: 2, stream: true, input: "Bye" }), {
        input: "Hi",
        temperature: 1,
        stream: false
      })
    }))

  it.effect("says nothing to the router, whatever got past the compiler", () =>
    Effect.gen(function*() {
      const smuggled: Record<string, never> = JSON.parse(
        `{ "service_tier": "flex", "start_within": "default", "model": "gpt-4o", "retry": 7, "provider": 7, "cache": 7 }`
      )
      const body = yield* sent(smuggled)
      assert.deepInclude(body, { model: "gpt-5.5", service_tier: "priority" })
      assert.doesNotHaveAnyKeys(body ?? {}, ["start_within", "retry", "provider", "cache"])
    }))
})
