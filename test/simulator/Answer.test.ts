import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Answer from "../../src/simulator/Answer.ts"

const prompt: Answer.Prompt = {
  text: "Hello",
  inputTokens: 10,
  tools: [],
  toolChoice: "auto",
  afterTool: false,
  schema: undefined,
  search: false,
  reasoning: false,
  summary: false,
  maxTokens: undefined
}

const tools: ReadonlyArray<Answer.Tool> = [
  { name: "weather", schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
  { name: "time", schema: {} }
]

describe("tokens", () => {
  it.prop("join to the text again", [Schema.String], ([text]) => {
    assert.strictEqual(Answer.tokens(text).join(""), text)
  })
})

describe("an answer", () => {
  it.each<[string, Partial<Answer.Prompt>, ReadonlyArray<string>]>([
    ["calls no tool that nobody speaks of", { tools }, []],
    ["calls a tool the user names", { tools, text: "What is the time?" }, ["time"]],
    ["answers in text once the tool has answered", { tools, text: "What is the time?", afterTool: true }, []],
    ["calls the first tool where one is required", { tools, toolChoice: "required" }, ["weather"]],
    ["calls the named tool", { tools, toolChoice: { name: "time" } }, ["time"]],
    ["calls none where none is allowed", { tools, text: "What is the time?", toolChoice: "none" }, []]
  ])("%s", (_, given, calls) => {
    const answer = Answer.compose({ ...prompt, ...given }, {})
    assert.deepStrictEqual(answer.calls.map(({ name }) => name), calls)
    assert.strictEqual(answer.text === undefined, calls.length > 0)
  })

  it("gives a call the arguments its schema requires", () => {
    const { calls } = Answer.compose({ ...prompt, tools, toolChoice: "required" }, {})
    assert.deepStrictEqual(calls, [{ name: "weather", arguments: { city: "simulated" } }])
  })

  it("echoes the prompt and says that it is simulated", () => {
    const { text = "" } = Answer.compose({ ...prompt, text: "  Why is\nthe sky blue? " }, {})
    assert.include(text, "“Why is the sky blue?”")
    assert.match(text, /simulated/)
  })

  it("shortens a long prompt between two characters and not within one", () => {
    const { text = "" } = Answer.compose({ ...prompt, text: "🌍".repeat(500) }, {})
    assert.doesNotThrow(() => encodeURIComponent(text))
    assert.include(text, `${"🌍".repeat(120)}…`)
  })

  it("is cut at the token limit and says so", () => {
    const answer = Answer.compose({ ...prompt, maxTokens: 3 }, { text: "one two three four" })
    assert.deepStrictEqual([answer.text, answer.stop], ["one two three", "length"])
  })

  it("lets a script lay down that there is no text", () => {
    const answer = Answer.compose({ ...prompt, reasoning: true }, { text: undefined, reasoning: undefined })
    assert.deepStrictEqual([answer.text, answer.reasoning], [undefined, undefined])
  })
})

/** JSON Schemas and the checks their instances have to pass, by an independent reading of the keywords. */
const schemas: ReadonlyArray<readonly [string, JsonObject, (value: Json.Json) => boolean]> = [
  ["a constant", { const: 7 }, (value) => value === 7],
  ["an enumeration", { enum: ["a", "b"] }, (value) => value === "a" || value === "b"],
  ["a nullable string", { type: ["null", "string"] }, (value) => typeof value === "string"],
  [
    "a bounded integer",
    { type: "integer", minimum: 4, maximum: 9 },
    (value) => Number(value) >= 4 && Number(value) <= 9
  ],
  [
    "an exclusive bound",
    { type: "integer", exclusiveMinimum: 4 },
    (value) => Number.isInteger(value) && Number(value) > 4
  ],
  ["an upper bound below the usual", { type: "number", maximum: -3 }, (value) => Number(value) <= -3],
  [
    "a multiple",
    { type: "integer", minimum: 5, multipleOf: 4 },
    (value) => Number(value) % 4 === 0 && Number(value) >= 5
  ],
  ["a long string", { type: "string", minLength: 30 }, (value) => String(value).length >= 30],
  ["a short string", { type: "string", maxLength: 3 }, (value) => typeof value === "string" && value.length <= 3],
  ["a date", { type: "string", format: "date" }, (value) => /^\d{4}-\d\d-\d\d$/.test(String(value))],
  [
    "an array",
    { type: "array", items: { type: "boolean" }, minItems: 2 },
    (value) => Json.isArray(value) && value.length === 2 && value.every((item) => typeof item === "boolean")
  ],
  ["a union", { anyOf: [{ type: "boolean" }, { type: "string" }] }, (value) => typeof value === "boolean"],
  [
    "a composition",
    { allOf: [{ type: "object" }, { properties: { a: { type: "string" } } }] },
    (value) => Json.isObject(value) && typeof value["a"] === "string"
  ],
  ["a reference", {
    $defs: { point: { type: "object", properties: { x: { type: "number" } }, required: ["x"] } },
    type: "object",
    properties: { at: { $ref: "#/$defs/point" } },
    required: ["at"]
  }, (value) => Json.isObject(value) && typeof Json.object(value, "at")?.["x"] === "number"],
  ["required properties alone", {
    type: "object",
    properties: { a: { type: "string" }, b: { type: "string" } },
    required: ["b"]
  }, (value) => Json.isObject(value) && Object.keys(value).join() === "b"]
]

describe("a JSON answer", () => {
  it.each(schemas)("fits %s", (_, schema, fits) => {
    const value = Answer.instance(schema, schema, 0)
    assert.isTrue(fits(value), JSON.stringify(value))
  })

  it("ends for a schema that refers to itself", () => {
    const schema: JsonObject = { type: "object", properties: { child: { $ref: "#" } }, required: ["child"] }
    assert.isTrue(Json.isObject(Answer.instance(schema, schema, 0)))
  })

  it("is the text of an answer whose caller asked for a schema", () => {
    const { text = "" } = Answer.compose({ ...prompt, schema: { properties: { ok: { type: "boolean" } } } }, {})
    assert.deepStrictEqual(JSON.parse(text), { ok: true })
  })
})
