import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import { type BuiltInName, providers } from "../../src/provider/index.ts"
import * as Encoding from "../../src/router/Encode.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { askedIn } from "../support/dialects.ts"

const encode = (surface: DialectName, provider: BuiltInName, value: JsonObject) => {
  const served = providers[provider]
  return Result.map(
    Encoding.encode({ surface: dialects[surface], text: JSON.stringify(value), value }, {
      provider: served,
      dialect: dialects[askedIn(served.dialects, surface)]
    }),
    ({ value }) => value
  )
}

const models = { openai: "gpt-5.5", google: "gemini-3.5-flash", anthropic: "claude-sonnet-5-5" }
const providerNames = ["openai", "google", "anthropic"] as const
const surfaces = ["responses", "chat.completions", "interactions", "messages"] as const

const foreign = surfaces.flatMap((surface) =>
  providerNames.filter((provider) => !providers[provider].dialects.includes(surface)).map((provider) => ({
    surface,
    provider
  }))
)

type Turn = readonly [role: "user" | "assistant", text: string]

/** A conversation in the words of each surface. */
const say: { readonly [surface in DialectName]: (system: string, turns: ReadonlyArray<Turn>) => JsonObject } = {
  responses: (instructions, turns) => ({ instructions, input: turns.map(([role, content]) => ({ role, content })) }),
  "chat.completions": (system, turns) => ({
    messages: [["system", system], ...turns].flatMap(([role = "", content = ""]) =>
      content === "" && role === "system" ? [] : [{ role, content }]
    )
  }),
  interactions: (system_instruction, turns) => ({
    system_instruction,
    input: turns.map(([role, text]) => ({
      type: role === "user" ? "user_input" : "model_output",
      content: [{ type: "text", text }]
    }))
  }),
  messages: (system, turns) => ({
    max_tokens: 9,
    system,
    messages: turns.map(([role, content]) => ({ role, content }))
  })
}

/** Where the turns stand in a request of the surface. */
const field = (surface: DialectName): string => dialects[surface].required.field

/** All that a provider is told, and by whom. */
const told = (provider: BuiltInName, sent: JsonObject) => {
  const list = provider === "anthropic" ? "messages" : "input"
  const turns = Json.array(sent, list) === undefined
    ? [["user", sent[list]]]
    : Json.objects(sent, list).map((turn) => [
      Json.string(turn, "role") ?? (turn["type"] === "user_input" ? "user" : turn["type"]),
      Json.string(turn, "content") ?? Json.objects(turn, "content").map((part) => part["text"]).join("")
    ])
  return { system: sent["system"] ?? sent["system_instruction"] ?? sent["instructions"], turns }
}

describe("a conversation that is translated", () => {
  it.each(foreign)("from $surface to $provider asks instructions alone as the user's turn", ({ provider, surface }) => {
    const sent = encode(surface, provider, { model: models[provider], ...say[surface]("Tell a joke.", []) })
    assert.deepStrictEqual(told(provider, Result.getOrThrow(sent)), {
      system: undefined,
      turns: [["user", "Tell a joke."]]
    })
  })

  it.each(foreign)("from $surface to $provider is refused where it says nothing", ({ provider, surface }) => {
    for (const turns of [[], [["user", ""]], [["user", " \n"], ["user", ""]]] as const) {
      const sent = encode(surface, provider, { model: models[provider], ...say[surface]("", turns) })
      const { code, message, param } = Result.getOrThrow(Result.flip(sent))
      assert.deepStrictEqual([code, param], ["untranslatable_field", field(surface)])
      assert.include(message, `\`${field(surface)}\``)
    }
  })

  it.each(foreign)(
    "from $surface to $provider is refused where it ends with the assistant",
    ({ provider, surface }) => {
      const turns = [["user", "Hi"], ["assistant", "Once"]] as const
      const sent = encode(surface, provider, { model: models[provider], ...say[surface]("", turns) })
      assert.strictEqual(Result.getOrThrow(Result.flip(sent)).param, `${field(surface)}[1]`)
    }
  )

  it.each(foreign.filter(({ provider }) => provider === "anthropic"))(
    "from $surface is gone on with by a Claude that can, without white space at its end",
    ({ provider, surface }) => {
      const turns = [["user", "Hi"], ["assistant", "Once "]] as const
      const sent = encode(surface, provider, { model: "claude-haiku-4-5", ...say[surface]("", turns) })
      assert.deepStrictEqual(told(provider, Result.getOrThrow(sent)).turns, [["user", "Hi"], ["assistant", "Once"]])
    }
  )

  it("is what is left of it where turns without content are left out", () => {
    const turns = [["user", "Hi"], ["assistant", ""], ["user", "There?"]] as const
    const google = encode("chat.completions", "google", { model: "m", ...say["chat.completions"]("", turns) })
    assert.deepStrictEqual(told("google", Result.getOrThrow(google)).turns, [["user", "Hi"], ["user", "There?"]])
  })
})

describe("what a model cannot be forced to", () => {
  const tools = ["f", "g"].map((name) => ({
    type: "function",
    function: { name, parameters: { type: "object", properties: {} } }
  }))
  const asked = { model: "claude-opus-5-5", messages: [{ role: "user", content: "Hi" }], tools }

  it.each([
    {
      choice: { type: "function", function: { name: "g" } },
      names: ["g"],
      words: "Answer by calling the tool \"g\"."
    },
    { choice: "required", names: ["f", "g"], words: "Answer by calling a tool." }
  ])("is asked for in words: $words", ({ choice, names, words }) => {
    const { system, tool_choice, tools } = Result.getOrThrow(
      encode("chat.completions", "anthropic", { ...asked, tool_choice: choice, parallel_tool_calls: false })
    )
    assert.deepStrictEqual({
      system,
      tool_choice,
      names: Json.objects({ tools: tools ?? [] }, "tools").map((t) => t["name"])
    }, {
      system: words,
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
      names
    })
  })

  it("is asked for in words too where it is a schema beyond what it can be held to", () => {
    const schema = { type: "object", additionalProperties: { type: "number" } }
    const { output_config, system } = Result.getOrThrow(encode("chat.completions", "anthropic", {
      model: "claude-opus-5-5",
      messages: asked.messages,
      response_format: { type: "json_schema", json_schema: { name: "n", schema } }
    }))
    assert.strictEqual(output_config, undefined)
    assert.include(system, JSON.stringify(schema))
  })
})

describe("an image", () => {
  const chat = (image_url: Json.Json): JsonObject => ({
    model: "claude-opus-5-5",
    messages: [{ role: "user", content: [{ type: "image_url", image_url }] }]
  })

  it.each(["https://a.test/a.jpg", "data:image/jpg;base64,AAAA"])("%s may stand where its object belongs", (url) => {
    assert.deepStrictEqual(
      encode("chat.completions", "anthropic", chat(url)),
      encode("chat.completions", "anthropic", chat({ url }))
    )
    const { messages } = Result.getOrThrow(encode("chat.completions", "anthropic", chat(url)))
    assert.notInclude(JSON.stringify(messages), "image/jpg")
  })

  it.each([{}, { url: "" }, ""])("that names nothing is refused: %o", (image) => {
    const refusal = Result.getOrThrow(Result.flip(encode("chat.completions", "anthropic", chat(image))))
    assert.strictEqual(refusal.param, "messages[0].content[0].image_url")
  })
})
