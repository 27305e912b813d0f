import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI } from "@google/genai"
import { Effect, Layer, Predicate, Redacted } from "effect"
import OpenAI, { APIError } from "openai"
import * as AnswerStore from "../../src/AnswerStore.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as FlexInference from "../../src/FlexInference.ts"
import type * as Gateway from "../../src/gateway/Gateway.ts"
import { Behavior, type Script, Simulator } from "../../src/simulator/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Running from "./running.ts"

const models = ["gpt-5.5", "gemini-2.5-flash", "claude-opus-4-8"] as const
type Model = typeof models[number]

/** The model says something and calls a tool first, and answers once it has the result. */
const script: Script.Script = (call) =>
  call.prompt.afterTool
    ? Behavior.answer({ text: "It is 12 degrees." })
    : Behavior.answer({ text: "I shall look.", calls: [{ name: "get_weather", arguments: { city: "Zürich" } }] })

const parameters = { type: "object", properties: { city: { type: "string" } } }
const tool = { type: "function" as const, name: "get_weather", parameters }

/** How a first turn is had of the gateway: as a body, as one out of a race, or as a stream. */
const modes = [
  ["whole", { start_within: "default" }],
  ["raced", { start_within: "00h-00m-30s" }],
  ["streamed", { start_within: "default", stream: true }]
] as const
type Mode = typeof modes[number][1]

interface Client {
  readonly ask: (request: JsonObject) => Promise<JsonObject>
}

/** What a body of the client's is on the wire; its generated types have names of schemas where that has words. */
const onTheWire = (value: unknown) => JSON.parse(JSON.stringify(value))

/** An answer as it came, without what a client's helpers add to it. */
const gathered = async (format: "responses" | "interactions", given: unknown): Promise<JsonObject> => {
  if (!Predicate.hasProperty(given, Symbol.asyncIterator)) return onTheWire(given)
  const { add, body } = dialects[format].collector()
  for await (const event of given as AsyncIterable<unknown>) add(onTheWire(event))
  return body() ?? assert.fail("the stream was not whole")
}

const openai = (url: string, apiKey = "any"): Client => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
  return {
    ask: async (request) => gathered("responses", await client.responses.create(onTheWire(request)))
  }
}

const google = (url: string, apiKey = "any"): Client => {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } })
  return {
    ask: async (request) => gathered("interactions", await client.interactions.create(onTheWire(request)))
  }
}

const question = "Weather?"
const idOf = (answer: JsonObject): string => Json.string(answer, "id") ?? assert.fail("it has no id")

const resultOf = (answer: JsonObject): JsonObject => {
  const call = Json.objects(answer, "output").find((item) => Json.string(item, "type") === "function_call")
  return { type: "function_call_output", call_id: call?.["call_id"] ?? "none", output: "12" }
}

const stepResultOf = (answer: JsonObject): JsonObject => {
  const call = Json.objects(answer, "steps").find((step) => Json.string(step, "type") === "function_call")
  return { type: "function_result", call_id: call?.["id"] ?? "none", name: "get_weather", result: "12" }
}

const asked = { type: "message", role: "user", content: question }

/** The second turn by what it refers to, and as it is where it has everything in it. */
const ways = {
  previous_response_id: {
    client: openai,
    own: "gpt-5.5",
    field: "previous_response_id",
    referring: (answer: JsonObject) => ({ previous_response_id: idOf(answer), input: [resultOf(answer)] }),
    full: (answer: JsonObject) => ({ input: [asked, ...Json.objects(answer, "output"), resultOf(answer)] })
  },
  item_reference: {
    client: openai,
    own: "gpt-5.5",
    field: "input[1]",
    referring: (answer: JsonObject) => ({
      input: [
        asked,
        ...Json.objects(answer, "output").map((item) => ({ type: "item_reference", id: idOf(item) })),
        resultOf(answer)
      ]
    }),
    full: (answer: JsonObject) => ({ input: [asked, ...Json.objects(answer, "output"), resultOf(answer)] })
  },
  previous_interaction_id: {
    client: google,
    own: "gemini-2.5-flash",
    field: "previous_interaction_id",
    referring: (answer: JsonObject) => ({ previous_interaction_id: idOf(answer), input: [stepResultOf(answer)] }),
    full: (answer: JsonObject) => ({
      input: [
        { type: "user_input", content: [{ type: "text", text: question }] },
        ...Json.objects(answer, "steps"),
        stepResultOf(answer)
      ]
    })
  }
} as const

const cells = Object.keys(ways).flatMap((way) =>
  models.flatMap((first) =>
    models.flatMap((second) =>
      modes.map(([mode, how]) => ({ way: way as keyof typeof ways, first, second, mode, how }))
    )
  )
)
const isForeign = ({ first, way }: { readonly first: Model; readonly way: keyof typeof ways }) =>
  first !== ways[way].own

const textOf = (answer: JsonObject): string => dialects.responses.text(answer) + dialects.interactions.text(answer)

/** Claude has no flex tier, so a race is refused there. */
const on = (model: Model, how: Mode): JsonObject => ({
  ...how,
  ...(model === "claude-opus-4-8" && how.start_within !== "default" ? { start_within: "default" } : {}),
  model,
  tools: [tool]
})

const serving = (gateway?: Gateway.Options) => Running.onSimulator({ script, ...(gateway && { gateway }) })

/** What a promise is rejected with, as the client sees it. */
const refusalOf = (evaluate: () => Promise<unknown>) =>
  Effect.promise(() =>
    evaluate().then(
      () => assert.fail("it was not refused"),
      (error: APIError) => ({ status: error.status, message: error.message, code: error.code, param: error.param })
    )
  )

describe("a translated answer", () => {
  it.live.each(cells.filter(isForeign))(
    "of $first, $mode, is continued by $way on $second, as if all had been sent",
    ({ first, how, second, way }) =>
      Effect.gen(function*() {
        const { client, full, referring } = ways[way]
        const { simulator, url } = yield* serving()
        const { ask } = client(url)
        const answer = yield* Effect.promise(() => ask({ ...on(first, how), input: question }))
        const next = yield* Effect.promise(() => ask({ ...on(second, how), ...referring(answer) }))
        assert.strictEqual(textOf(next), "It is 12 degrees.")
        yield* Effect.promise(() => ask({ ...on(second, how), ...full(answer) }))
        const [, continued, whole] = (yield* simulator.ledger).filter(({ outcome }) => outcome === "completed")
        assert.strictEqual(continued?.bodyText, whole?.bodyText)
      })
  )

  it.live.each(["previous_response_id", "previous_interaction_id"] as const)(
    "that continues another one by %s can be continued, and says what it continues",
    (way) =>
      Effect.gen(function*() {
        const { client, own, referring } = ways[way]
        const { simulator, url } = yield* serving()
        const { ask } = client(url)
        const other = own === "gpt-5.5" ? "gemini-2.5-flash" : "gpt-5.5"
        const how = { start_within: "default" } as const
        const first = yield* Effect.promise(() => ask({ ...on("claude-opus-4-8", how), input: question }))
        const second = yield* Effect.promise(() => ask({ ...on(other, how), ...referring(first) }))
        yield* Effect.promise(() => ask({ ...on("claude-opus-4-8", how), [way]: idOf(second), input: "And then?" }))
        if (way === "previous_response_id") assert.strictEqual(second["previous_response_id"], idOf(first))
        const last = (yield* simulator.ledger).at(-1)
        assert.deepStrictEqual(
          Json.objects(last?.body ?? {}, "messages").map((message) => message["role"]),
          ["user", "assistant", "user", "assistant", "user"]
        )
      })
  )

  it.live.each(Object.keys(ways) as Array<keyof typeof ways>)(
    "is not kept where its caller said `store: false`, so that %s is refused",
    (way) =>
      Effect.gen(function*() {
        const { client, referring } = ways[way]
        const { url } = yield* serving()
        const { ask } = client(url)
        const request = on("claude-opus-4-8", { start_within: "default" })
        const answer = yield* Effect.promise(() => ask({ ...request, input: question, store: false }))
        const refusal = yield* refusalOf(() => ask({ ...request, ...referring(answer) }))
        assert.strictEqual(refusal.status, 404)
      })
  )
})

describe("an answer that its provider gave in the caller's own format", () => {
  it.live.each(cells.filter((cell) => !isForeign(cell) && cell.mode === "whole" && cell.second === cell.first))(
    "is its provider's to continue: $way travels as it came",
    ({ first, how, way }) =>
      Effect.gen(function*() {
        const { client, referring } = ways[way]
        const { simulator, url } = yield* serving()
        const { ask } = client(url)
        const answer = yield* Effect.promise(() => ask({ ...on(first, how), input: question }))
        const second = referring(answer)
        yield* Effect.promise(() => ask({ ...on(first, how), ...second }))
        const { body } = (yield* simulator.ledger).at(-1) ?? assert.fail("nothing was asked")
        assert.deepStrictEqual({ ...body, ...second }, body)
      })
  )

  it.live.each(cells.filter((cell) => !isForeign(cell) && cell.mode === "whole" && cell.second !== cell.first))(
    "cannot be continued by $way on $second, and what to send instead is said",
    ({ first, how, second, way }) =>
      Effect.gen(function*() {
        const { client, field, referring } = ways[way]
        const { simulator, url } = yield* serving()
        const { ask } = client(url)
        const answer = yield* Effect.promise(() => ask({ ...on(first, how), input: question }))
        const refusal = yield* refusalOf(() => ask({ ...on(second, how), ...referring(answer) }))
        assert.strictEqual(refusal.status, 404)
        assert.include(refusal.message, `\`${field}\``)
        assert.match(refusal.message, /Send the whole (?:conversation|item) in `input/)
        assert.lengthOf(yield* simulator.ledger, 1)
      })
  )
})

describe("what is kept", () => {
  const keys = ["key-one", "key-two", "key-three"]

  it.live.each<readonly [string, Gateway.Options["keys"]]>([
    ["its own key's", keys.map((key) => Redacted.make(key))],
    ["its own key's name's", keys.map((key, index) => ({ name: `team-${index}`, key: Redacted.make(key) }))]
  ])("is %s alone: to another it is as unknown as what never was", ([, given]) =>
    Effect.gen(function*() {
      const { url } = yield* serving({ keys: given })
      const request = on("claude-opus-4-8", { start_within: "default" })
      for (const way of Object.values(ways)) {
        const answers = yield* Effect.forEach(keys, (key) =>
          Effect.promise(() => way.client(url, key).ask({ ...request, input: question })))
        for (const [owner, answer] of answers.entries()) {
          // The same reference to something that never was: every id in it is another one of the same length.
          const referring = JSON.stringify(way.referring(answer))
          const unknown = referring.replaceAll(/"((?:resp|msg|fc|rs)_)(\w+)"/g, (_, prefix: string, id: string) =>
            JSON.stringify(prefix + "0".repeat(id.length)))
          for (const [index, key] of keys.entries()) {
            const { ask } = way.client(url, key)
            const refer = (turn: string) => () =>
              ask({ ...request, ...JSON.parse(turn) })
            if (index === owner) {
              assert.strictEqual(textOf(yield* Effect.promise(refer(referring))), "It is 12 degrees.")
              continue
            }
            const foreign = yield* refusalOf(refer(referring))
            const never = yield* refusalOf(refer(unknown))
            assert.strictEqual(foreign.status, 404)
            const idless = (message: string) =>
              message.replaceAll(/\w+_\w{20,}/g, "…")
            assert.deepStrictEqual({ ...foreign, message: idless(foreign.message) }, {
              ...never,
              message: idless(never.message)
            })
          }
        }
      }
    }))

  it.live("is bounded: the oldest goes first", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({ answers: { maxAnswers: 2 } })
      const { ask } = openai(url)
      const request = on("claude-opus-4-8", { start_within: "default" })
      const answers = yield* Effect.forEach([1, 2, 3], () => Effect.promise(() => ask({ ...request, input: question })))
      const [oldest, ...others] = answers.map((answer) => () =>
        ask({ ...request, ...ways.previous_response_id.referring(answer), store: false })
      )
      assert.strictEqual((yield* refusalOf(oldest ?? assert.fail())).status, 404)
      for (const other of others) assert.strictEqual(textOf(yield* Effect.promise(other)), "It is 12 degrees.")
    }))

  it.live("is counted where a request refers to it", () =>
    Effect.gen(function*() {
      const { simulator, url } = yield* serving()
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 })
      const model = "claude-opus-4-8"
      const answer = yield* Effect.promise(() =>
        openai(url).ask({ ...on(model, { start_within: "default" }), input: question })
      )
      const count = (request: JsonObject) =>
        Effect.promise(() => client.responses.inputTokens.count(onTheWire({ model, ...request })))
      const { full, referring } = ways.previous_response_id
      const continued = yield* count(referring(answer))
      assert.deepStrictEqual(continued, yield* count(full(answer)))
      assert.isAbove(continued.input_tokens, (yield* count({ input: [resultOf(answer)] })).input_tokens)
      assert.lengthOf(yield* simulator.ledger, 1)
    }))
})

describe("a program", () => {
  const upstream = FlexInference.layer({ anthropic: { apiKey: Redacted.make("sk-ant") } }).pipe(
    Layer.provide(Simulator.layer())
  )

  const twoTurns = Effect.gen(function*() {
    const { responses } = yield* FlexInference.FlexInference
    const ask = { model: "claude-opus-4-8", start_within: "default" } as const
    const first = yield* responses.create({ ...ask, input: question })
    return yield* responses.create({ ...ask, previous_response_id: first.id, input: "And then?" })
  }).pipe(Effect.provide(upstream))

  it.effect("continues its answers with a store", () =>
    Effect.map(Effect.provide(twoTurns, AnswerStore.layer()), ({ status }) => assert.strictEqual(status, "completed")))

  it.effect("keeps nothing without one, and is told what to send", () =>
    Effect.map(Effect.flip(twoTurns), ({ message, param, status }) => {
      assert.deepStrictEqual([status, param], [400, "previous_response_id"])
      assert.include(message, "send the conversation in `input`")
    }))
})
