import Anthropic, {
  AuthenticationError as AnthropicAuthenticationError,
  BadRequestError as AnthropicBadRequestError
} from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI } from "@google/genai"
import { Effect, Redacted } from "effect"
import {
  type ChatCompletionCreateParams,
  FlexInference,
  FlexInferenceError,
  interactionText,
  messageText,
  outputText,
  StreamFailedError
} from "flexinference"
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from "openai"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Running from "./running.ts"

const key = "flex_live_1"
const gateway = { keys: [Redacted.make(key)] }

/** A gateway and a client that only knows its address and its key. */
const serving = <A>(client: (url: string) => A, script?: Script.Script) =>
  Effect.map(
    Running.onSimulator({ gateway, ...(script === undefined ? {} : { script }) }),
    ({ simulator, url }) => ({ simulator, client: client(url) })
  )

const openAI = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
const flex = (url: string) => new FlexInference({ baseURL: `${url}/v1`, apiKey: key })
const anthropic = (url: string) => new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 })
const google = (url: string) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })

/** What a promise rejects with; that it rejects is the test. */
const rejection = (evaluate: () => Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() => evaluate().then(() => assert.fail("it did not reject"), (error: unknown) => error))

const collect = async <A>(events: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const event of events) all.push(event)
  return all
}

const says = Script.always(Behavior.answer({ text: "Hello from afar" }))
const question = { model: "gpt-5.5", input: "Hello", start_within: "default" } as const
const messages = [{ role: "user" as const, content: "Hello" }]
const chat = { model: "gpt-5.5", messages, start_within: "default" } as const
// The client's generated types have names of schemas where the wire has roles.
const flexChat: ChatCompletionCreateParams = JSON.parse(JSON.stringify(chat))
const busy = Script.always(Behavior.refuse({ retryAfter: "7 seconds" }))

describe("the official openai client", () => {
  it.live("gets a response", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI, says)
      const response = yield* Effect.promise(() => client.responses.create(question))
      assert.strictEqual(response.output_text, "Hello from afar")
      assert.strictEqual(response.status, "completed")
    }))

  it.live("streams a response through a race", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI, says)
      const request = { ...question, start_within: "00h-00m-30s" }
      const stream = client.responses.stream(request)
      const response = yield* Effect.promise(() => stream.finalResponse())
      assert.strictEqual(response.output_text, "Hello from afar")
      assert.strictEqual(response.service_tier, "flex")
    }))

  it.live("gets a chat completion", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI, says)
      const completion = yield* Effect.promise(() => client.chat.completions.create(chat))
      assert.strictEqual(completion.choices[0]?.message.content, "Hello from afar")
    }))

  it.live("streams a chat completion", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI, says)
      const stream = client.chat.completions.stream(chat)
      assert.strictEqual(yield* Effect.promise(() => stream.finalContent()), "Hello from afar")
    }))

  it.live("lists the models", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI)
      const models = yield* Effect.promise(() => collect(client.models.list()))
      assert.include(models.map(({ id }) => id), "gpt-5.5")
      assert.strictEqual((yield* Effect.promise(() => client.models.retrieve("o3"))).owned_by, "openai")
    }))

  it.live("raises each error as its own class", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI)
      const invalid = yield* rejection(() => client.responses.create({ model: "gpt-5.5", input: "Hello" }))
      assert.instanceOf(invalid, BadRequestError)
      assert.deepInclude(invalid, {
        status: 400,
        type: "invalid_request_error",
        code: "missing_start_within",
        param: "start_within"
      })
      const missing = yield* rejection(() => client.models.retrieve("nonesuch"))
      assert.instanceOf(missing, NotFoundError)
      assert.strictEqual(missing.code, "model_not_found")
      const stranger = client.withOptions({ apiKey: "flex_live_2" })
      const refused = yield* rejection(() => stranger.responses.create(question))
      assert.instanceOf(refused, AuthenticationError)
      assert.strictEqual(refused.code, "invalid_api_key")
    }))

  it.live("is told by a busy provider when to come back", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI, busy)
      const error = yield* rejection(() => client.responses.create(question))
      assert.instanceOf(error, RateLimitError)
      assert.strictEqual(error.headers.get("retry-after"), "7")
    }))

  it.live("repeats what may succeed, and nothing else", () =>
    Effect.gen(function*() {
      const { client, simulator } = yield* serving(
        openAI,
        Script.inTurn(Behavior.refuse({ retryAfter: "0 seconds" }), Behavior.answer({ text: "Hello again" }))
      )
      const patient = client.withOptions({ maxRetries: 2 })
      const response = yield* Effect.promise(() => patient.responses.create(question))
      assert.strictEqual(response.output_text, "Hello again")
      assert.lengthOf(yield* simulator.ledger, 2)
    }))

  it.live("raises a stream that breaks off", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(openAI, Script.always(Behavior.cut(2)))
      const streams = [
        async () => collect<unknown>(await client.responses.create({ ...question, stream: true })),
        async () => collect<unknown>(await client.chat.completions.create({ ...chat, stream: true }))
      ]
      for (const read of streams) {
        const broken = yield* rejection(read)
        assert.instanceOf(broken, APIError)
        assert.strictEqual(broken.code, "upstream_stream_failed")
      }
    }))

  it.live("aborts the call upstream when it breaks out of a stream", () =>
    Effect.gen(function*() {
      const { client, simulator } = yield* serving(openAI, Script.always(Behavior.stall({ at: 2 })))
      yield* Effect.promise(async () => {
        for await (const _ of await client.responses.create({ ...question, stream: true })) break
      })
      const [entry] = yield* simulator.until((entries) => entries.every(({ outcome }) => outcome !== "open"))
      assert.strictEqual(entry?.outcome, "aborted")
    }))
})

describe("the official flexinference client", () => {
  it.live("gets answers on all four surfaces", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(flex, says)
      const response = yield* Effect.promise(() => client.responses.create(question))
      assert.strictEqual(outputText(response), "Hello from afar")
      const completion = yield* Effect.promise(() => client.chat.completions.create({ ...flexChat, stream: false }))
      assert.strictEqual(outputText(completion), "Hello from afar")
      const interaction = yield* Effect.promise(() =>
        client.interactions.create({ model: "gemini-2.5-flash", input: "Hello", start_within: "default" })
      )
      assert.strictEqual(interactionText(interaction), "Hello from afar")
      const message = yield* Effect.promise(() =>
        client.messages.create({
          model: "claude-opus-4-8",
          max_tokens: 100,
          messages,
          start_within: "default"
        })
      )
      assert.strictEqual(messageText(message), "Hello from afar")
    }))

  it.live("streams on all four surfaces", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(flex, says)
      const raced = { start_within: "00h-00m-30s", stream: true } as const
      const streams = [
        () => client.responses.create({ ...question, ...raced }),
        () => client.chat.completions.create({ ...flexChat, ...raced }),
        () => client.interactions.create({ model: "gemini-2.5-flash", input: "Hello", ...raced }),
        () =>
          client.messages.create({
            model: "claude-opus-4-8",
            max_tokens: 100,
            messages,
            start_within: "default",
            stream: true
          })
      ]
      for (const open of streams) {
        const events = yield* Effect.promise(async () => collect<unknown>(await open()))
        assert.isAbove(events.length, 2)
        assert.match(JSON.stringify(events), /Hello/)
      }
    }))

  it.live("reads every field of an error", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(flex)
      const raced = { model: "claude-opus-4-8", input: "Hello", start_within: "00h-00m-30s" } as const
      const error = yield* rejection(() => client.responses.create(raced))
      assert.instanceOf(error, FlexInferenceError)
      assert.deepInclude(error, {
        status: 400,
        type: "invalid_request_error",
        code: "flex_unsupported_for_anthropic",
        param: "start_within",
        docUrl: "https://flexinference.mintlify.app/errors#flex_unsupported_for_anthropic",
        errorClass: "capability",
        origin: "flexinference",
        // The client reads the block's null as "not set".
        provider: undefined,
        providerCode: undefined,
        retryable: false
      })
    }))

  it.live("raises a stream that breaks off", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(flex, Script.always(Behavior.cut(2)))
      const streams = [
        () => client.responses.create({ ...question, stream: true }),
        () => client.chat.completions.create({ ...flexChat, stream: true }),
        () =>
          client.interactions.create({
            model: "gemini-2.5-flash",
            input: "Hello",
            start_within: "default",
            stream: true
          }),
        () =>
          client.messages.create({
            model: "claude-opus-4-8",
            max_tokens: 100,
            messages,
            start_within: "default",
            stream: true
          })
      ]
      for (const open of streams) {
        const error = yield* rejection(async () => collect<unknown>(await open()))
        assert.instanceOf(error, StreamFailedError)
        assert.deepInclude(error, {
          status: 502,
          code: "upstream_stream_failed",
          errorClass: "upstream",
          origin: "provider",
          retryable: true
        })
      }
    }))
})

describe("the official Anthropic client", () => {
  const request = { max_tokens: 100, messages, start_within: "default" }

  it.live.each(["claude-opus-4-8", "gpt-5.5", "gemini-2.5-flash"])(
    "gets a message of %s",
    (model) =>
      Effect.gen(function*() {
        const { client } = yield* serving(anthropic, says)
        const message = yield* Effect.promise(() => client.messages.create({ ...request, model }))
        // A model that thinks says so in a block of its own.
        const text = message.content.map((block) => block.type === "text" ? block.text : "").join("")
        assert.strictEqual(text, "Hello from afar")
      })
  )

  it.live.each(["claude-opus-4-8", "gpt-5.5", "gemini-2.5-flash"])(
    "streams a message of %s",
    (model) =>
      Effect.gen(function*() {
        const { client } = yield* serving(anthropic, says)
        const stream = client.messages.stream({ ...request, model })
        assert.strictEqual(yield* Effect.promise(() => stream.finalText()), "Hello from afar")
      })
  )

  it.live("raises errors as its own classes", () =>
    Effect.gen(function*() {
      const { client } = yield* serving(anthropic)
      const invalid = yield* rejection(() => client.messages.create({ ...request, model: "" }))
      assert.instanceOf(invalid, AnthropicBadRequestError)
      const stranger = client.withOptions({ apiKey: "sk-ant-none" })
      const refused = yield* rejection(() => stranger.messages.create({ ...request, model: "claude-opus-4-8" }))
      assert.instanceOf(refused, AnthropicAuthenticationError)
    }))
})

describe("the official Google client", () => {
  const request = { input: "Hello", start_within: "default" }

  it.live.each(["gemini-2.5-flash", "gpt-5.5", "claude-opus-4-8"])(
    "gets an interaction of %s",
    (model) =>
      Effect.gen(function*() {
        const { client } = yield* serving(google, says)
        const interaction = yield* Effect.promise(() => client.interactions.create({ ...request, model }))
        assert.match(JSON.stringify(interaction), /Hello from afar/)
      })
  )

  it.live.each(["gemini-2.5-flash", "gpt-5.5", "claude-opus-4-8"])(
    "streams an interaction of %s",
    (model) =>
      Effect.gen(function*() {
        const { client } = yield* serving(google, says)
        const events = yield* Effect.promise(async () =>
          collect(await client.interactions.create({ ...request, model, stream: true }))
        )
        assert.strictEqual(events.at(-1)?.event_type, "interaction.completed")
      })
  )
})
