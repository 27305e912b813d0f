/** The language model against recorded traffic: it says what the surface says, whole and streamed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Result, Stream } from "effect"
import { AiError, LanguageModel, type Response } from "effect/ai"
import { FlexLanguageModel } from "../../src/ai/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as FlexInference from "../../src/FlexInference.ts"
import * as Provider from "../../src/Provider.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { read } from "../matrix/reading.ts"
import { absent, type Folder, recordings } from "../support/fixtures.ts"
import { collect } from "../support/streams.ts"
import * as Wire from "../support/transport.ts"

const key = { apiKey: Redacted.make("sk-test") }
const chat = Provider.make({ name: "chat", baseUrl: "https://chat.test/v1", models: ["chat-"] })

const modelOf: { readonly [folder in Folder]: string } = {
  "openai-responses": "gpt-5.5",
  "openai-chat": "chat-model",
  "gemini-interactions": "gemini-3.5-flash",
  "anthropic-messages": "claude-opus-5"
}

const folders: ReadonlyArray<Folder> = [
  "openai-responses",
  "openai-chat",
  "gemini-interactions",
  "anthropic-messages"
]

const rows = folders.flatMap((folder) =>
  recordings(folder).flatMap(({ body, name, sse, status }) => {
    const text = sse ?? (body === undefined ? undefined : JSON.stringify(body))
    const row = {
      name: `${folder}/${name}`,
      model: modelOf[folder],
      text: text ?? "",
      status,
      isStream: sse !== undefined
    }
    return text === undefined ? [] : [row]
  })
)

type Row = (typeof rows)[number]

const serving = ({ isStream, status, text }: Row) =>
  FlexInference.layerTransport({
    openai: key,
    google: key,
    anthropic: key,
    providers: [Provider.connect(chat, key)],
    secrets: []
  }).pipe(Layer.provide(
    Wire.layer([], {
      status,
      body: text,
      headers: { "content-type": isStream ? "text/event-stream" : "application/json" }
    }, "")
  ))

/** What the surface gives. */
const bySurface = ({ isStream, model }: Row) =>
  Effect.gen(function*() {
    const { responses } = yield* FlexInference.FlexInference
    const request = { model, input: "Hi", start_within: "default" } as const
    const value: unknown = isStream
      ? collect(
        dialects.responses,
        (yield* Stream.runCollect(responses.stream(request))).flatMap((event: unknown) =>
          Json.isObject(event) ? [event] : []
        )
      )
      : yield* responses.create(request)
    return Json.isObject(value) ? value : {}
  })

/** What the language model gives; nothing runs the tools that are called. */
const byModel = ({ isStream, model }: Row) => {
  const options = { prompt: "Hi", disableToolCallResolution: true, toolCallValidation: "deferred" } as const
  const parts: Effect.Effect<ReadonlyArray<Response.AnyPart>, unknown, LanguageModel.LanguageModel> = isStream
    ? Stream.runCollect(LanguageModel.streamText(options))
    : Effect.map(LanguageModel.generateText(options), ({ content }) => content)
  return parts.pipe(Effect.provide(FlexLanguageModel.model(model)))
}

const told = (body: JsonObject) => {
  const { calls, citations, reasoning, text } = read("responses", body)
  const { usage } = dialects.responses.served(body)
  return {
    text,
    calls: [
      ...calls,
      ...Json.objects(body, "output").filter((item) => item["type"] === "custom_tool_call").map((item) => ({
        id: Json.string(item, "call_id") ?? "",
        name: Json.string(item, "name") ?? "",
        arguments: item["input"]
      }))
    ],
    sources: citations.flatMap(({ title, url }) => url === "" ? [] : [{ url: new URL(url).href, title }]),
    reasoning,
    usage: usage === undefined ? undefined : [usage.input, usage.cachedInput, usage.output, usage.reasoning]
  }
}

const toldBy = (parts: ReadonlyArray<Response.AnyPart>): ReturnType<typeof told> => {
  const of = <Type extends Response.AnyPart["type"]>(type: Type) =>
    parts.filter((part): part is Extract<Response.AnyPart, { readonly type: Type }> => part.type === type)
  const [end] = of("finish")
  const { inputTokens, outputTokens } = end?.usage ?? { inputTokens: {}, outputTokens: {} }
  return {
    text: [...of("text").map(({ text }) => text), ...of("text-delta").map(({ delta }) => delta)].join(""),
    calls: of("tool-call").map(({ id, name, params }) => ({ id, name, arguments: params })),
    sources: of("source").flatMap((source) =>
      source.sourceType === "url" ? [{ url: source.url.href, title: source.title }] : []
    ),
    reasoning: [...of("reasoning").map(({ text }) => text), ...of("reasoning-delta").map(({ delta }) => delta)].join(
      ""
    ),
    usage: inputTokens.total === undefined
      ? undefined
      : [inputTokens.total, inputTokens.cacheRead ?? 0, outputTokens.total ?? 0, outputTokens.reasoning ?? 0]
  }
}

describe.skipIf(absent)("the language model on recorded traffic", () => {
  it("has recordings of every format, streamed and whole, answers and failures", () => {
    for (const folder of folders) {
      const own = rows.filter(({ name }) => name.startsWith(folder))
      assert.isAtLeast(own.filter(({ isStream }) => isStream).length, 5, folder)
      assert.isAtLeast(own.filter(({ isStream }) => !isStream).length, 5, folder)
    }
  })

  it.effect.each(rows)("says what the surface says: $name", (row) =>
    Effect.gen(function*() {
      const surface = yield* Effect.result(bySurface(row))
      const model = yield* Effect.result(byModel(row))
      const status = Result.isSuccess(surface) ? Json.string(surface.success, "status") : "failed"
      if (Result.isFailure(surface) || (status !== "completed" && status !== "incomplete")) {
        const error: unknown = Result.isFailure(model) ? model.failure : undefined
        assert.isTrue(AiError.isAiError(error) && error.reason._tag !== "InvalidOutputError", `the surface: ${status}`)
        return
      }
      if (Result.isFailure(model)) return yield* Effect.fail(model.failure)
      assert.deepStrictEqual(toldBy(model.success), told(surface.success))
    }).pipe(Effect.provide(serving(row))))
})
