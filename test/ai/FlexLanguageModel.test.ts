import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema, Stream, Tracer } from "effect"
import { AiError, Chat, LanguageModel, Model, Prompt, ResponseIdTracker, Telemetry, Tool, Toolkit } from "effect/ai"
import { FlexLanguageModel, FlexTool } from "../../src/ai/index.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import { GetTime, GetWeather, models, scripted, toolkit } from "./support.ts"

const answering = scripted(Script.always(Behavior.answer({ text: "Hello!" })))

/** The calls that a program makes. */
const calls = <A, E>(
  program: Effect.Effect<A, E, LanguageModel.LanguageModel>,
  model: string = "gpt-5.5",
  settings?: FlexLanguageModel.Settings
) =>
  Effect.gen(function*() {
    yield* Effect.exit(Effect.provide(program, FlexLanguageModel.model(model, settings)))
    return yield* (yield* Simulator.Simulator).ledger
  }).pipe(Effect.provide(answering))

/** The body of the first call. */
const sent = (...args: Parameters<typeof calls>) => Effect.map(calls(...args), ([call]) => call?.body ?? {})

const hi = LanguageModel.generateText({ prompt: "Hi" })
const streamedHi = Stream.runDrain(LanguageModel.streamText({ prompt: "Hi" }))

describe("model", () => {
  it.effect("tells its name and answers", () =>
    Effect.gen(function*() {
      const { content, finishReason, text } = yield* hi
      assert.strictEqual(text, "Hello!")
      assert.strictEqual(finishReason, "stop")
      assert.deepStrictEqual(content.map(({ type }) => type), ["response-metadata", "text", "finish"])
      assert.strictEqual(yield* Model.ModelName, "gpt-5.5")
      assert.strictEqual(yield* Model.ProviderName, "flexinference")
    }).pipe(Effect.provide(FlexLanguageModel.model("gpt-5.5")), Effect.provide(answering)))

  it.effect("can be lifted into a service, as a layer without requirements", () =>
    Effect.gen(function*() {
      const lifted = yield* FlexLanguageModel.model("gpt-5.5").captureRequirements
      assert.strictEqual((yield* Effect.provide(hi, lifted)).text, "Hello!")
    }).pipe(Effect.provide(answering)))

  it.effect("says whether system messages keep their place", () =>
    Effect.gen(function*() {
      const found = yield* Effect.forEach(models, (model) =>
        Effect.flatMap(
          FlexLanguageModel.make({ model }),
          ({ supportsSystemMessagesInHistory }) => supportsSystemMessagesInHistory ?? Effect.succeed(false)
        ))
      assert.deepStrictEqual(found, [true, false, false])
    }).pipe(Effect.provide(answering)))
})

describe("settings", () => {
  it.effect("are the request's fields", () =>
    Effect.gen(function*() {
      const body = yield* sent(hi, "gpt-5.5", {
        reasoning: { effort: "low" },
        max_output_tokens: 100,
        text: { verbosity: "low" },
        call: { extra: { a_field_of_tomorrow: 1 } }
      })
      assert.deepInclude(body, {
        model: "gpt-5.5",
        reasoning: { effort: "low" },
        max_output_tokens: 100,
        text: { verbosity: "low" },
        a_field_of_tomorrow: 1
      })
      assert.doesNotHaveAnyKeys(body, ["call", "startWithin", "strictJsonSchema", "tools", "tool_choice"])
    }))

  it.effect("ask for what the next turn needs where nothing is stored", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* sent(hi, "gpt-5.5", { store: false }))["include"], ["reasoning.encrypted_content"])
      assert.notProperty(yield* sent(hi, "gpt-4.1", { store: false }), "include")
      assert.notProperty(yield* sent(hi), "include")
    }))

  it.effect("of a call come before those of the layer, and inner ones before outer ones", () =>
    Effect.gen(function*() {
      const program = hi.pipe(
        FlexLanguageModel.withConfigOverride({ model: "gpt-5.5-mini", temperature: 1 }),
        FlexLanguageModel.withConfigOverride({ model: "gpt-4.1", top_p: 0.5 })
      )
      const body = yield* sent(program, "gpt-5.5", { temperature: 0, metadata: { a: "b" } })
      assert.deepInclude(body, { model: "gpt-5.5-mini", temperature: 1, top_p: 0.5, metadata: { a: "b" } })
    }))

  it.effect("of a stream are given as a service", () =>
    Effect.gen(function*() {
      const program = Stream.runDrain(
        Stream.provideService(LanguageModel.streamText({ prompt: "Hi" }), FlexLanguageModel.Config, { top_p: 0.5 })
      )
      assert.deepInclude(yield* sent(program), { top_p: 0.5, stream: true })
    }))
})

describe("startWithin", () => {
  const tier = (...args: Parameters<typeof calls>) => Effect.map(calls(...args), ([call]) => call?.tier)
  const within = Effect.provideService(FlexLanguageModel.StartWithin, "priority")

  it.effect("is the standard tier by default, and the layer's, the scope's and the call's, the nearest first", () =>
    Effect.gen(function*() {
      const settings = { startWithin: "30 seconds" } as const
      assert.strictEqual(yield* tier(hi), "standard")
      assert.strictEqual(yield* tier(hi, "gpt-5.5", settings), "flex")
      assert.strictEqual(yield* tier(within(hi), "gpt-5.5", settings), "priority")
      const overridden = FlexLanguageModel.withConfigOverride(hi, { startWithin: "auto" })
      assert.strictEqual(yield* tier(within(overridden), "gpt-5.5", settings), "auto")
      assert.strictEqual(yield* tier(within(streamedHi), "gpt-5.5", settings), "priority")
    }))

  it.effect("takes a wire value and a duration in parts", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* tier(hi, "gpt-5.5", { startWithin: "00h-00m-30s" }), "flex")
      assert.strictEqual(yield* tier(hi, "gpt-5.5", { startWithin: { minutes: 2 } }), "flex")
    }))

  it.effect("that is no window fails before anything is sent, and says what to write", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(
        hi,
        FlexLanguageModel.model("gpt-5.5", { startWithin: "1 second" })
      ))
      assert.deepInclude(error.reason, { _tag: "InvalidRequestError", parameter: "startWithin" })
      assert.include(error.message, "from 5 seconds to 10 minutes")
      assert.include(error.message, "Write \"30 seconds\"")
      assert.lengthOf(yield* (yield* Simulator.Simulator).ledger, 0)
    }).pipe(Effect.provide(answering)))

  it.effect("on a model without flex fails with what to use instead", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(
        hi,
        FlexLanguageModel.model("claude-opus-5", { startWithin: "30 seconds" })
      ))
      assert.deepInclude(error.reason, { _tag: "InvalidRequestError", parameter: "start_within" })
    }).pipe(Effect.provide(answering)))
})

describe("tools", () => {
  const handlers = toolkit.toLayer({
    GetWeather: () => Effect.succeed({ degrees: 21 }),
    GetTime: () => Effect.succeed("noon")
  })
  const asking = (toolChoice: LanguageModel.ToolChoice<"GetWeather" | "GetTime">) =>
    Effect.provide(LanguageModel.generateText({ prompt: "Hi", toolkit, toolChoice }), handlers)

  const strict = (name: string, properties: object, description: string) => ({
    type: "function",
    name,
    description,
    strict: true,
    parameters: { type: "object", properties, required: Object.keys(properties), additionalProperties: false }
  })
  const weather = strict("GetWeather", {
    city: { type: "string" },
    unit: { anyOf: [{ type: "string", enum: ["C", "F"] }, { type: "null" }] }
  }, "The weather of a city")
  const time = strict("GetTime", { city: { type: "string" } }, "The time in a city")

  const choices: ReadonlyArray<readonly [LanguageModel.ToolChoice<"GetWeather" | "GetTime">, unknown, object]> = [
    ["auto", "auto", [weather, time]],
    ["none", "none", [weather, time]],
    ["required", "required", [weather, time]],
    [{ tool: "GetTime" }, { type: "function", name: "GetTime" }, [weather, time]],
    [{ oneOf: ["GetTime"] }, "auto", [time]],
    [{ mode: "required", oneOf: ["GetTime"] }, "required", [time]]
  ]

  it.effect.each(choices)(
    "are offered strictly and chosen: %j",
    ([choice, tool_choice, tools]) =>
      Effect.gen(function*() {
        assert.deepInclude(yield* sent(asking(choice)), { tool_choice, tools } as object)
      })
  )

  it.effect("are called by every provider in every way of choosing", () =>
    Effect.forEach(models, (model) =>
      Effect.forEach(choices, ([choice]) =>
        Effect.gen(function*() {
          const [call] = yield* calls(asking(choice), model)
          assert.strictEqual(call?.outcome, "completed", `${model}: ${JSON.stringify(choice)}`)
        }))))

  it.effect("of the provider's own are the only ones offered where they are to be called", () =>
    Effect.gen(function*() {
      const searching = Toolkit.make(GetTime, FlexTool.WebSearch({ search_context_size: "low" }))
      const program = LanguageModel.generateText({
        prompt: "Hi",
        toolkit: searching,
        toolChoice: { tool: "FlexWebSearch" }
      })
      const time = searching.toLayer({ GetTime: () => Effect.succeed("noon") })
      assert.deepInclude(yield* sent(Effect.provide(program, time)), {
        tools: [{ type: "web_search", search_context_size: "low" }],
        tool_choice: "required"
      })
    }))

  it.effect("that no provider runs are refused by name", () =>
    Effect.gen(function*() {
      const Dance = Tool.providerDefined({ id: "acme.dance", customName: "Dance", providerName: "dance" })
      const error = yield* Effect.flip(
        LanguageModel.generateText({ prompt: "Hi", toolkit: Toolkit.make(Dance(undefined)) })
      )
      assert.strictEqual(AiError.isAiError(error) ? error.reason._tag : "", "ToolConfigurationError")
      assert.include(String(error), "acme.dance")
    }).pipe(Effect.provide(FlexLanguageModel.model("gpt-5.5")), Effect.provide(answering)))

  it.effect("may be less strict, one by one or all together", () =>
    Effect.gen(function*() {
      const loose = Toolkit.make(GetWeather.annotate(Tool.Strict, false), GetTime)
      const program = Effect.provide(
        LanguageModel.generateText({ prompt: "Hi", toolkit: loose }),
        loose.toLayer({ GetWeather: () => Effect.succeed({ degrees: 21 }), GetTime: () => Effect.succeed("noon") })
      )
      const strictness = (settings: FlexLanguageModel.Settings) =>
        Effect.map(sent(program, "gpt-5.5", settings), ({ tools }) => JSON.stringify(tools).match(/"strict":\w+/g))
      assert.deepStrictEqual(yield* strictness({}), ["\"strict\":false", "\"strict\":true"])
      assert.deepStrictEqual(yield* strictness({ strictJsonSchema: false }), ["\"strict\":false", "\"strict\":false"])
    }))
})

describe("an object", () => {
  it.effect("is asked for by name, description and strict schema", () =>
    Effect.gen(function*() {
      const schema = Schema.Struct({ name: Schema.String }).annotate({ description: "Somebody" })
      const body = yield* sent(
        LanguageModel.generateObject({ prompt: "Who?", schema, objectName: "person" }),
        "gpt-5.5",
        { text: { verbosity: "low" } }
      )
      assert.deepStrictEqual(body["text"], {
        verbosity: "low",
        format: {
          type: "json_schema",
          name: "person",
          description: "Somebody",
          strict: true,
          schema: {
            type: "object",
            description: "Somebody",
            properties: { name: { type: "string" } },
            required: ["name"],
            additionalProperties: false
          }
        }
      })
    }))

  it.effect("whose schema the provider cannot keep to is refused before anything is sent", () =>
    Effect.gen(function*() {
      const schema = Schema.Union([Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.String })])
      const error = yield* Effect.flip(LanguageModel.generateObject({ prompt: "Who?", schema }))
      assert.strictEqual(error.reason._tag, "UnsupportedSchemaError")
      assert.lengthOf(yield* (yield* Simulator.Simulator).ledger, 0)
    }).pipe(Effect.provide(FlexLanguageModel.model("gpt-5.5")), Effect.provide(answering)))
})

describe("a recursive object", () => {
  interface Tree {
    readonly label: string
    readonly branches: ReadonlyArray<Tree>
  }
  const Tree = Schema.Struct({
    label: Schema.String,
    branches: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
  }).annotate({ identifier: "Tree" })

  it.effect("is asked of every provider, in words where it cannot be held to it", () =>
    Effect.forEach(models, (model) =>
      Effect.gen(function*() {
        const { value } = yield* LanguageModel.generateObject({ prompt: "A tree.", schema: Tree })
        assert.deepStrictEqual(value, { label: "oak", branches: [{ label: "twig", branches: [] }] })
      }).pipe(
        Effect.provide(FlexLanguageModel.model(model)),
        Effect.provide(scripted(Script.always(
          Behavior.answer({ text: "{\"label\":\"oak\",\"branches\":[{\"label\":\"twig\",\"branches\":[]}]}" })
        )))
      )))
})

describe("a tracked conversation", () => {
  const twoTurns = Effect.gen(function*() {
    const chat = yield* Chat.empty
    yield* chat.generateText({ prompt: "One" })
    yield* chat.generateText({ prompt: "Two" })
  }).pipe(Effect.provideServiceEffect(ResponseIdTracker.ResponseIdTracker, ResponseIdTracker.make))

  const inputs = (...args: Parameters<typeof calls>) =>
    Effect.map(calls(...args), (made) =>
      made.map(({ body }) => [
        body["previous_response_id"] !== undefined,
        JSON.stringify(body).includes("One"),
        JSON.stringify(body).includes("Two")
      ]))

  it.effect("sends what is new, with the id of the answer that it goes on from", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* inputs(twoTurns), [[false, true, false], [true, false, true]])
    }))

  it.effect("sends all of it where nothing is stored, and where the provider stores nothing", () =>
    Effect.gen(function*() {
      const whole = [[false, true, false], [false, true, true]]
      assert.deepStrictEqual(yield* inputs(twoTurns, "gpt-5.5", { store: false }), whole)
      assert.deepStrictEqual(yield* inputs(twoTurns, "claude-opus-5"), whole)
    }))
})

describe("a failure", () => {
  it.effect("of the provider's is an AiError, before the answer and within it", () =>
    Effect.gen(function*() {
      const met = (
        behavior: Behavior.Behavior,
        program: Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>
      ) =>
        Effect.flip(program).pipe(
          Effect.map((error) => AiError.isAiError(error) ? [error.method, error.reason._tag] : error),
          Effect.provide(FlexLanguageModel.model("gpt-5.5")),
          Effect.provide(scripted(Script.always(behavior)))
        )
      assert.deepStrictEqual(yield* met(Behavior.refuse(), hi), ["generateText", "RateLimitError"])
      assert.deepStrictEqual(yield* met(Behavior.refuse(), streamedHi), ["streamText", "RateLimitError"])
      assert.deepStrictEqual(yield* met(Behavior.fail(2), streamedHi), ["streamText", "InternalProviderError"])
      assert.deepStrictEqual(yield* met(Behavior.cut(2), streamedHi), ["streamText", "NetworkError"])
      assert.deepStrictEqual(yield* met(Behavior.unreachable(), hi), ["generateText", "NetworkError"])
    }))

  it.effect("in a stream comes after all that was said before it", () =>
    Effect.gen(function*() {
      const parts: Array<string> = []
      yield* LanguageModel.streamText({ prompt: "Hi" }).pipe(
        Stream.runForEach((part) => Effect.sync(() => parts.push(part.type))),
        Effect.exit
      )
      assert.deepStrictEqual(parts, ["response-metadata", "text-start", "text-delta", "text-delta"])
    }).pipe(
      Effect.provide(FlexLanguageModel.model("gpt-5.5")),
      Effect.provide(scripted(Script.always(Behavior.fail(2, {}, { text: "One two three four." }))))
    ))
})

describe("a stream", () => {
  it.effect("that is not read on is aborted", () =>
    Effect.gen(function*() {
      const [first] = yield* Stream.runCollect(Stream.take(LanguageModel.streamText({ prompt: "Hi" }), 1))
      assert.strictEqual(first?.type, "response-metadata")
      const calls = yield* (yield* Simulator.Simulator).ledger
      assert.deepStrictEqual(calls.map(({ outcome }) => outcome), ["aborted"])
    }).pipe(
      Effect.provide(FlexLanguageModel.model("gpt-5.5")),
      Effect.provide(scripted(Script.always(Behavior.stall({ at: 2 }))))
    ))
})

describe("a span", () => {
  const span = <A, E>(program: Effect.Effect<A, E, LanguageModel.LanguageModel>) =>
    Effect.gen(function*() {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      yield* program.pipe(
        Effect.provide(FlexLanguageModel.model("gpt-5.5", { temperature: 1, startWithin: "30 seconds" })),
        Effect.provide(answering),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      const found = spans.find(({ name }) => name.startsWith("LanguageModel."))
      return Object.fromEntries(found?.attributes ?? [])
    })

  it.effect.each([["whole", hi], ["streamed", streamedHi]] as const)(
    "tells how an answer was served: %s",
    ([, program]) =>
      Effect.gen(function*() {
        const attributes = yield* span(program)
        assert.deepInclude(attributes, {
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": "openai",
          "gen_ai.request.model": "gpt-5.5",
          "gen_ai.request.temperature": 1,
          "gen_ai.response.finish_reasons": ["stop"],
          "openai.response.service_tier": "flex",
          "flexinference.reason": "flex_won"
        })
        assert.match(String(attributes["gen_ai.response.id"]), /^resp_/)
        assert.isAbove(Number(attributes["gen_ai.usage.output_tokens"]), 0)
        assert.notInclude(JSON.stringify(attributes), "Hello!")
      })
  )

  it.effect("can be transformed by the program, as with any provider", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      yield* hi.pipe(
        Effect.provide(FlexLanguageModel.model("gpt-5.5")),
        Effect.provide(answering),
        Effect.provideService(Telemetry.CurrentSpanTransformer, ({ response }) => {
          seen.push(response.map(({ type }) => type))
        })
      )
      assert.deepStrictEqual(seen, [["response-metadata", "text", "finish"]])
    }))
})

describe("a layer", () => {
  it.effect("without a name for the model is the same service", () =>
    Effect.gen(function*() {
      const { text } = yield* LanguageModel.generateText({ prompt: Prompt.make("Hi") })
      assert.strictEqual(text, "Hello!")
      assert.isTrue(Option.isNone(yield* Effect.serviceOption(Model.ModelName)))
    }).pipe(Effect.provide(Layer.provide(FlexLanguageModel.layer({ model: "gpt-5.5" }), answering))))
})
