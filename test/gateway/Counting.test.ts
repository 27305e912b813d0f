import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI } from "@google/genai"
import { Effect, Redacted } from "effect"
import OpenAI from "openai"
import * as Running from "./running.ts"

const clients = (url: string, apiKey = "any") => ({
  openai: new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
  anthropic: new Anthropic({ baseURL: url, apiKey, maxRetries: 0 }),
  google: new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } })
})

const messages = [{ role: "user" as const, content: "How many tokens is this?" }]

describe("Gateway", () => {
  it.live.each(["gpt-5.5", "claude-opus-4-8", "gemini-2.5-flash"])(
    "counts the tokens of %s for OpenAI's and Anthropic's clients",
    (model) =>
      Effect.gen(function*() {
        const { openai, anthropic } = clients((yield* Running.onSimulator({})).url)
        const one = yield* Effect.promise(() => openai.responses.inputTokens.count({ model, input: "How many?" }))
        assert.strictEqual(one.object, "response.input_tokens")
        assert.isAbove(one.input_tokens, 0)
        const other = yield* Effect.promise(() => anthropic.messages.countTokens({ model, messages }))
        assert.isAbove(other.input_tokens, 0)
        const beta = yield* Effect.promise(() => anthropic.beta.messages.countTokens({ model, messages }))
        assert.strictEqual(beta.input_tokens, other.input_tokens)
      })
  )

  it.live("counts the tokens of Gemini for Google's client, and says of other models who does", () =>
    Effect.gen(function*() {
      const { url } = yield* Running.onSimulator({})
      const { google } = clients(url)
      const counted = yield* Effect.promise(() =>
        google.models.countTokens({ model: "gemini-2.5-flash", contents: "How many?" })
      )
      assert.isAbove(counted.totalTokens ?? 0, 0)
      const post = (path: string) =>
        Effect.promise((signal) =>
          fetch(url + path, {
            signal,
            method: "POST",
            headers: { "content-type": "application/json" },
            body: "{\"contents\":[]}"
          }).then(async (response) => ({ status: response.status, text: await response.text() }))
        )
      const other = yield* post("/v1beta/models/gpt-5.5:countTokens")
      assert.strictEqual(other.status, 400)
      assert.include(other.text, "count_unsupported")
      const unknown = yield* post("/v1beta/models/gemini-2.5-flash:generateContent")
      assert.strictEqual(unknown.status, 404)
      assert.include(unknown.text, "POST /v1beta/models/:model:countTokens")
    }))

  it.live("counts for nobody without a key", () =>
    Effect.gen(function*() {
      const gateway = { keys: [Redacted.make("flex_live_1")] }
      const { url } = yield* Running.onSimulator({ gateway })
      const count = (apiKey: string) =>
        Effect.promise(() =>
          clients(url, apiKey).anthropic.messages.countTokens({ model: "claude-opus-4-8", messages }).then(
            () => 200,
            ({ status }: { readonly status: number }) => status
          )
        )
      assert.strictEqual(yield* count("flex_live_1"), 200)
      assert.strictEqual(yield* count("flex_live_2"), 401)
    }))
})
