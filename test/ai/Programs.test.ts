/** One real program for each way of using a language model, on the models of all three providers. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, ExecutionPlan, Fiber, Ref, Schema, Stream } from "effect"
import { Chat, LanguageModel, Model, type Prompt, type Response, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import { FlexLanguageModel, FlexTool } from "../../src/ai/index.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import { models, scripted, settings, toolkit, ways } from "./support.ts"

const handlers = toolkit.toLayer({
  GetWeather: ({ city, unit }) => Effect.succeed({ degrees: city === "Bern" && unit === undefined ? 21 : 0 }),
  GetTime: ({ city }) => Effect.fail({ problem: `no clock in ${city}` })
})

/** A model that thinks, calls both tools, and then answers. */
const twoTurns = Script.inTurn(
  Behavior.answer({
    reasoning: { summary: "Two tools are needed." },
    text: undefined,
    calls: [
      { name: "GetWeather", arguments: { city: "Bern", unit: null } },
      { name: "GetTime", arguments: { city: "Bern" } }
    ]
  }),
  Behavior.answer({ reasoning: { summary: "Done." }, text: "It is 21 degrees." })
)

/** A turn of a conversation in either way, as the parts that it told. */
const turn = (chat: Chat.Chat, way: "whole" | "streamed", prompt: Prompt.RawInput) =>
  way === "whole"
    ? Effect.map(
      chat.generateText({ prompt, toolkit }),
      ({ content }): ReadonlyArray<Response.AnyPart> => content
    )
    : Effect.map(
      Stream.runCollect(chat.streamText({ prompt, toolkit })),
      (parts): ReadonlyArray<Response.AnyPart> => parts
    )

const text = (parts: ReadonlyArray<Response.AnyPart>): string =>
  parts.map((part) => part.type === "text" ? part.text : part.type === "text-delta" ? part.delta : "").join("")

const thought = (parts: ReadonlyArray<Response.AnyPart>): string =>
  parts.map((part) => part.type === "reasoning" ? part.text : part.type === "reasoning-delta" ? part.delta : "").join(
    ""
  )

const results = (parts: ReadonlyArray<Response.AnyPart>) =>
  parts.flatMap((part) => part.type === "tool-result" ? [[part.name, part.isFailure, part.result]] : [])

describe("two tools over two turns in a chat", () => {
  it.effect.each(ways)(
    "are called, answered and gone on from: $model, $way",
    ({ model, way }) =>
      Effect.gen(function*() {
        const chat = yield* Chat.fromPrompt([{ role: "system", content: "Be brief." }])
        const first = yield* turn(chat, way, "How is it in Bern?")
        assert.strictEqual(thought(first), "Two tools are needed.")
        assert.deepStrictEqual(results(first).toSorted(), [
          ["GetTime", true, { problem: "no clock in Bern" }],
          ["GetWeather", false, { degrees: 21 }]
        ])
        const end = first.find((part) => part.type === "finish")
        assert.strictEqual(end?.reason, "tool-calls")
        assert.deepInclude(end?.metadata.flexinference, {
          tier: model.startsWith("claude") ? "standard" : "flex",
          reason: model.startsWith("claude") ? "tier_direct" : "flex_won",
          startedAfterMs: 0
        })
        assert.isAbove(end?.metadata.flexinference?.costMicroUsd ?? 0, 0)
        if (!model.startsWith("claude")) assert.isAbove(end?.metadata.flexinference?.savingMicroUsd ?? 0, 0)
        assert.isAbove(end?.usage.outputTokens.reasoning ?? 0, 0)

        const second = yield* turn(chat, way, [])
        assert.strictEqual(text(second), "It is 21 degrees.")
        assert.strictEqual(second.find((part) => part.type === "finish")?.reason, "stop")

        // What the provider made is sent back as it came: strict simulated providers refuse calls without results.
        const { ledger } = yield* Simulator.Simulator
        const [asked, again] = yield* ledger
        assert.deepStrictEqual([asked?.outcome, again?.outcome], ["completed", "completed"])
        const opaque = { "gpt-5.5": /"encrypted_content":"(?!flex)|"type":"reasoning","id":"rs_/ }[model as string] ??
          /"signature":"(?!flex)/
        assert.match(again?.bodyText ?? "", opaque)
        assert.include(again?.bodyText ?? "", "no clock in Bern")
      }).pipe(
        Effect.provide(FlexLanguageModel.model(model, settings(model))),
        Effect.provide(handlers),
        Effect.provide(scripted(twoTurns))
      )
  )
})

class Person extends Schema.Class<Person>("Person")({
  name: Schema.String,
  age: Schema.Int,
  nickname: Schema.optional(Schema.String),
  born: Schema.DateTimeUtcFromString
}) {}

describe("structured output", () => {
  it.effect.each(models.map((model) => ({ model })))(
    "is asked for by schema and decoded: $model",
    ({ model }) =>
      Effect.gen(function*() {
        const json = { name: "Ada", age: 36, nickname: null, born: "1815-12-10T00:00:00.000Z" }
        const { value } = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person }).pipe(
          Effect.provide(FlexLanguageModel.model(model)),
          Effect.provide(scripted(Script.always(Behavior.answer({ text: JSON.stringify(json) }))))
        )
        assert.strictEqual(value.name, "Ada")
        assert.strictEqual(value.nickname, undefined)
        assert.strictEqual(value.born.epochMilliseconds, Date.parse(json.born))
      })
  )

  it.effect("is an object that the simulated providers make up from the schema alone", () =>
    Effect.forEach(models, (model) =>
      Effect.gen(function*() {
        const schema = Schema.Struct({ name: Schema.String, tags: Schema.Array(Schema.Literals(["a", "b"])) })
        const { value } = yield* LanguageModel.generateObject({ prompt: "Who?", schema })
        assert.deepStrictEqual(value, { name: "simulated", tags: ["a"] })
      }).pipe(
        Effect.provide(FlexLanguageModel.model(model)),
        Effect.provide(scripted(Script.always(Behavior.answer())))
      )))
})

describe("an ExecutionPlan", () => {
  const plan = ExecutionPlan.make(
    { provide: FlexLanguageModel.model("gpt-5.5", { startWithin: "30 seconds" }) },
    { provide: FlexLanguageModel.model("claude-opus-5") }
  )
  const script = Script.byProvider({ openai: Script.always(Behavior.stall()) })

  const stalled = <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const fiber = yield* Effect.forkChild(program)
      yield* simulator.until((calls) => calls.some(({ headersAt }) => headersAt !== undefined))
      yield* TestClock.adjust("30 seconds")
      yield* simulator.until((calls) => calls.length === 2)
      yield* TestClock.adjust("5 minutes")
      return yield* Fiber.join(fiber)
    })

  it.effect("takes its second step on a stall", () =>
    Effect.gen(function*() {
      const answered = yield* stalled(
        Effect.gen(function*() {
          const { text } = yield* LanguageModel.generateText({ prompt: "Hi" })
          return { text, model: yield* Model.ModelName, provider: yield* Model.ProviderName }
        }).pipe(Effect.withExecutionPlan(plan))
      )
      assert.deepInclude(answered, { model: "claude-opus-5", provider: "flexinference" })
      assert.include(answered.text, "simulated")
      const { ledger } = yield* Simulator.Simulator
      assert.deepStrictEqual((yield* ledger).map(({ outcome, provider, tier }) => [provider, tier, outcome]), [
        ["openai", "flex", "aborted"],
        ["openai", "standard", "aborted"],
        ["anthropic", "standard", "completed"]
      ])
    }).pipe(Effect.provide(scripted(script))))

  it.effect("takes it in a stream as well", () =>
    Effect.gen(function*() {
      const parts = yield* stalled(
        Stream.runCollect(Stream.withExecutionPlan(LanguageModel.streamText({ prompt: "Hi" }), plan))
      )
      assert.include(text(parts), "simulated")
    }).pipe(Effect.provide(scripted(script))))
})

describe("the provider's own search", () => {
  it.effect.each(ways)(
    "is a call of its own, and what it found is a source: $model, $way",
    ({ model, way }) =>
      Effect.gen(function*() {
        const searching = Toolkit.make(FlexTool.WebSearch({}))
        const page = { title: "Towers", url: "https://example.com/towers" }
        const program = Effect.gen(function*() {
          const parts: ReadonlyArray<Response.AnyPart> = way === "whole"
            ? (yield* LanguageModel.generateText({ prompt: "The tallest?", toolkit: searching })).content
            : yield* Stream.runCollect(LanguageModel.streamText({ prompt: "The tallest?", toolkit: searching }))
          const sources = parts.flatMap((part) => part.type === "source" && part.sourceType === "url" ? [part] : [])
          assert.deepStrictEqual(sources.map(({ title, url }) => [url.href, title]), [[page.url, page.title]])
          assert.include(text(parts), page.url)
          const [call, result] = parts.filter((part) => part.type === "tool-call" || part.type === "tool-result")
          assert.deepInclude(call, { type: "tool-call", name: "FlexWebSearch", providerExecuted: true })
          assert.deepInclude(result, { type: "tool-result", name: "FlexWebSearch", providerExecuted: true })
        })
        yield* program.pipe(
          Effect.provide(FlexLanguageModel.model(model)),
          Effect.provide(scripted(Script.always(
            Behavior.answer({ search: { query: "tallest", page }, text: `See ${page.url} there.` })
          )))
        )
      })
  )
})

describe("a conversation that is stored", () => {
  it.effect("goes on with another provider's model", () =>
    Effect.gen(function*() {
      const chat = yield* Chat.empty
      yield* turn(chat, "whole", "How is it in Bern?").pipe(
        Effect.provide(FlexLanguageModel.model("gemini-3.5-flash", settings("gemini"))),
        Effect.provide(handlers)
      )
      const restored = yield* Chat.fromJson(yield* chat.exportJson)
      const history = yield* Ref.get(restored.history)
      assert.deepStrictEqual(history.content.map(({ role }) => role), ["user", "assistant", "tool"])
      for (const model of models) {
        const copy = yield* Chat.fromPrompt(history)
        const parts = yield* turn(copy, "streamed", []).pipe(
          Effect.provide(FlexLanguageModel.model(model, settings(model))),
          Effect.provide(handlers)
        )
        assert.strictEqual(text(parts), "It is 21 degrees.", model)
      }
    }).pipe(Effect.provide(scripted(twoTurns))))
})
