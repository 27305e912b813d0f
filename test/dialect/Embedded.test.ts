import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { AnswerContext } from "../../src/Dialect.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import * as Embedded from "../../src/dialect/Embedded.ts"
import { dialects } from "../../src/dialect/index.ts"
import { providers } from "../../src/provider/index.ts"
import * as Encoding from "../../src/router/Encode.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as JsonSource from "../../src/wire/JsonSource.ts"
import { type Seeded, seeded } from "../support/seeded.ts"
import { askedIn } from "../support/dialects.ts"

const spellings = ["12345678901234567890", "1.0", "1e999", "-0", "1E2", "0.10", "7", "-1.5e-7", "1.50"] as const

/** A JSON text without white space, as a model may spell it. */
const made = (random: Seeded, depth = 0): string => {
  const { pick, some } = random
  switch (depth > 3 ? 0 : random.below(4)) {
    case 1:
      return JSON.stringify(pick(["a", "1.0", "\\\"1.0\\\"", "é😀", ""]))
    case 2:
      return `[${some(3, () => made(random, depth + 1)).join(",")}]`
    case 3:
      return object(random, depth)
    default:
      return pick(spellings)
  }
}

const object = (random: Seeded, depth = 0): string =>
  `{${random.some(3, (at) => `"k${at}":${made(random, depth + 1)}`).join(",")}}`

/** A conversation of each format with one call, whose arguments are the given text. */
const requests: { readonly [surface in DialectName]: (args: string) => string } = {
  responses: (args) =>
    `{"input":[{"role":"user","content":"Hi"},{"type":"function_call","call_id":"c","name":"f","arguments":${
      JSON.stringify(args)
    }},{"type":"function_call_output","call_id":"c","output":"1.0"}]`,
  "chat.completions": (args) =>
    `{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[{"id":"c","type":"function",` +
    `"function":{"name":"f","arguments":${
      JSON.stringify(args)
    }}}]},{"role":"tool","tool_call_id":"c","content":"1.0"}]`,
  interactions: (args) =>
    `{"input":[{"type":"user_input","content":"Hi"},{"type":"function_call","id":"c","name":"f","arguments": ${args}},` +
    `{"type":"function_result","call_id":"c","name":"f","result":"1.0"}]`,
  messages: (args) =>
    `{"max_tokens":1000,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"tool_use",` +
    `"id":"c","name":"f","input" : ${args}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c",` +
    `"content":"1.0"}]}]`
}

const models = { openai: "gpt-5.5", google: "gemini-2.5-flash", anthropic: "claude-sonnet-4-6" }
const providerNames = ["openai", "google", "anthropic"] as const
const surfaces = ["responses", "chat.completions", "interactions", "messages"] as const

const sent = (surface: DialectName, name: typeof providerNames[number], args: string): string => {
  const provider = providers[name]
  const text = `${requests[surface](args)},"model":"${models[name]}"}`
  const dialect = dialects[askedIn(provider.dialects, surface)]
  const incoming = { surface: dialects[surface], text, value: Json.parseObject(text) ?? assert.fail(text) }
  return Result.getOrThrow(Encoding.encode(incoming, { provider, dialect })).body({ tier: "standard", mode: "body" })
}

const context: AnswerContext = { id: "seed", createdAt: 1_700_000_000, model: "m", request: {} }

/** An answer with one call, as a body and as a stream of each format that holds arguments as an object. */
const answers: {
  readonly [surface in "interactions" | "messages"]: {
    readonly body: (args: string) => string
    readonly events: (args: string) => ReadonlyArray<JsonObject>
  }
} = {
  interactions: {
    body: (args) => `{"steps":[{"type":"function_call","id":"c","name":"f","arguments":${args}}],"status":"completed"}`,
    events: (args) => [
      {
        event_type: "step.start",
        index: 0,
        step: { type: "function_call", id: "c", name: "f", arguments: {} }
      },
      { event_type: "step.delta", index: 0, delta: { type: "arguments_delta", arguments: args } },
      { event_type: "step.stop", index: 0 },
      { event_type: "interaction.completed", interaction: { status: "completed" } }
    ]
  },
  messages: {
    body: (args) =>
      `{"type":"message","content":[{"type":"tool_use","id":"c","name":"f","input":${args}}],"stop_reason":"tool_use"}`,
    events: (args) => [
      { type: "message_start", message: {} },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "tool_use", id: "c", name: "f", input: {} }
      },
      { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: args } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: {} },
      { type: "message_stop" }
    ]
  }
}

const argumentsOf = (hub: JsonObject): string | undefined =>
  Json.string(Json.objects(hub, "output").find(({ type }) => type === "function_call") ?? {}, "arguments")

describe("numbers in what a call is made with", () => {
  for (const surface of surfaces) {
    for (const provider of providerNames) {
      it(`keep their spelling in history that ${surface} sends to ${provider}`, () => {
        for (let seed = 0; seed < 300; seed++) {
          const args = object(seeded(seed))
          const text = sent(surface, provider, args)
          assert.isTrue(text.includes(args) || text.includes(JSON.stringify(args).slice(1, -1)), `${args} in ${text}`)
        }
      })
    }
  }

  for (const name of ["interactions", "messages"] as const) {
    const { translation, collector } = dialects[name]
    const { bodyFromResponses, bodyToResponses, eventsToResponses } = translation ?? assert.fail()
    const { body, events } = answers[name]

    it(`keep their spelling in an answer of ${name}, whole and streamed, there and back`, () => {
      for (let seed = 0; seed < 300; seed++) {
        const args = object(seeded(seed))
        const text = body(args)
        const value = Json.parseObject(text) ?? assert.fail(text)
        Embedded.remember(text, value)
        const hub = bodyToResponses(value, context)
        assert.strictEqual(argumentsOf(hub), args)
        assert.include(JsonSource.stringify(bodyFromResponses(hub, context)), args)
        const transducer = eventsToResponses(context)
        const written = events(args).flatMap((event) => transducer.push(event)).at(-1) ?? {}
        assert.strictEqual(argumentsOf(Json.object(written, "response") ?? {}), args)
        const gathered = collector()
        for (const event of events(args)) gathered.add(event)
        assert.include(JsonSource.stringify(gathered.body() ?? {}), args)
      }
    })
  }

  it("keep their spelling beside a stranger's signature, which a native path takes out", () => {
    const text = `{"model":"gemini-2.5-flash","input":[{"type":"thought","signature":"flexinference:openai:0::x"},` +
      `{"type":"function_call","id":"c","name":"f","arguments":{"a":1.0}}]}`
    const value = Json.parseObject(text) ?? assert.fail()
    const { google } = providers
    const incoming = { surface: dialects.interactions, text, value }
    const body = Result.getOrThrow(Encoding.encode(incoming, { provider: google, dialect: dialects.interactions }))
      .body({ tier: "standard", mode: "body" })
    assert.include(body, `"arguments":{"a":1.0}`)
    assert.notInclude(body, "flexinference:openai")
  })

  it("keep their spelling in schemas and in what a function gave back", () => {
    const text = `{"model":"gpt-5.5","input":[{"type":"user_input","content":"Hi"},{"type":"function_call","id":"c",` +
      `"name":"f","arguments":{}},{"type":"function_result","call_id":"c","result":[1.0, 2]}],` +
      `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"maximum":1e999}}}}]}`
    const { openai } = providers
    const incoming = { surface: dialects.interactions, text, value: Json.parseObject(text) ?? assert.fail() }
    const body = Result.getOrThrow(Encoding.encode(incoming, { provider: openai, dialect: dialects.responses }))
      .body({ tier: "standard", mode: "body" })
    assert.include(body, `"output":"[1.0,2]"`)
    assert.include(body, `{"maximum":1e999}`)
  })

  it("are those of the last of two members of one name", () => {
    const text = `{"content":[{"type":"tool_use","input":{"a":1.0},"input":{"a":2}}]}`
    const value = Json.parseObject(text) ?? assert.fail()
    Embedded.remember(text, value)
    assert.strictEqual(JsonSource.stringify(value), `{"content":[{"type":"tool_use","input":{"a":2}}]}`)
  })
})
