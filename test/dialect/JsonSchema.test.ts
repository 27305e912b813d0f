import { assert, describe, it } from "@effect/vitest"
import * as JsonSchema from "../../src/dialect/JsonSchema.ts"
import type { JsonObject } from "../../src/wire/Json.ts"

const text = { type: "string" }
const object = (properties: JsonObject, required: ReadonlyArray<string> = []): JsonObject => ({
  type: "object",
  properties,
  ...(required.length === 0 ? {} : { required })
})

describe("parameters of a function", () => {
  it.each<{ schema: JsonObject | undefined; expected: JsonObject }>([
    { schema: undefined, expected: object({}) },
    { schema: {}, expected: object({}) },
    { schema: { properties: { a: text } }, expected: object({ a: text }) },
    { schema: { type: ["object", "null"], title: "T" }, expected: { ...object({}), title: "T" } },
    {
      schema: { anyOf: [object({ a: text }, ["a"]), object({ a: { type: "number" }, b: text }, ["a", "b"])] },
      expected: object({ a: { anyOf: [text, { type: "number" }] }, b: text }, ["a"])
    },
    {
      schema: { allOf: [object({ a: text }, ["a"]), object({ b: text }, ["b"])], description: "D" },
      expected: { ...object({ a: text, b: text }, ["a", "b"]), description: "D" }
    },
    {
      schema: { $ref: "#/$defs/T", $defs: { T: object({ a: text }, ["a"]) } },
      expected: { ...object({ a: text }, ["a"]), $defs: { T: object({ a: text }, ["a"]) } }
    }
  ])("$schema are an object: $expected", ({ expected, schema }) => {
    assert.deepStrictEqual(JsonSchema.ofParameters(schema), expected)
  })

  it("end, where a schema is nothing but itself", () => {
    const schema = { $ref: "#", $defs: {} }
    assert.deepStrictEqual(JsonSchema.ofParameters(schema), { ...object({}), $defs: {} })
  })
})

describe("a schema that is fine", () => {
  const fine = {
    ...object({ a: { type: "object", properties: {}, required: [], additionalProperties: false } }, ["a"])
  }
  const schema = { ...fine, additionalProperties: false }

  it("stays the object that it was, which its numbers' spelling goes by", () => {
    assert.strictEqual(JsonSchema.ofParameters(schema), schema)
    assert.strictEqual(JsonSchema.forOpenAI(schema), schema)
    assert.strictEqual(JsonSchema.forClaude(schema), schema)
  })
})

describe("a schema for OpenAI's strict mode", () => {
  it("is closed where the caller left that to the mode", () => {
    const inner = object({ b: text }, ["b"])
    assert.deepStrictEqual(JsonSchema.forOpenAI(object({ a: { anyOf: [inner, { type: "null" }] } }, ["a"])), {
      ...object({ a: { anyOf: [{ ...inner, additionalProperties: false }, { type: "null" }] } }, ["a"]),
      additionalProperties: false
    })
  })

  it.each<[why: string, schema: JsonObject]>([
    ["a property is optional", object({ a: text })],
    ["an object is open", { ...object({ a: text }, ["a"]), additionalProperties: true }],
    ["a keyword is unknown to it", object({ a: { type: "string", maxLength: 3 } }, ["a"])],
    ["the root is a choice", { anyOf: [object({}), object({})] }],
    ["the root is no object", { type: "array", items: text }]
  ])("is none where %s", (_, schema) => {
    assert.strictEqual(JsonSchema.forOpenAI(schema), undefined)
  })
})

describe("a schema for Anthropic's structured outputs", () => {
  it("says in words what bounds a value, and closes every object", () => {
    assert.deepStrictEqual(
      JsonSchema.forClaude(object({
        a: { type: "integer", minimum: 1, description: "A." },
        b: { oneOf: [{ type: "string", format: "date" }, { type: "string", format: "color" }] },
        c: { type: "array", items: object({}), minItems: 1, maxItems: 4 },
        d: { $ref: "#/$defs/d" }
      }, ["a"])),
      undefined
    )
    assert.deepStrictEqual(
      JsonSchema.forClaude({
        ...object({
          a: { type: "integer", minimum: 1, description: "A." },
          b: { oneOf: [{ type: "string", format: "date" }, { type: "string", format: "color" }] },
          c: { type: "array", items: object({}), minItems: 1, maxItems: 4 },
          d: { $ref: "#/$defs/d", description: "Beside a reference." }
        }, ["a"]),
        $defs: { d: text }
      }),
      {
        ...object({
          a: { type: "integer", description: "A.\n\nminimum: 1" },
          b: { anyOf: [{ type: "string", format: "date" }, { type: "string", description: "format: \"color\"" }] },
          c: {
            type: "array",
            items: { ...object({}), additionalProperties: false },
            minItems: 1,
            description: "maxItems: 4"
          },
          d: { $ref: "#/$defs/d" }
        }, ["a"]),
        additionalProperties: false,
        $defs: { d: text }
      }
    )
  })

  it.each<[why: string, schema: JsonObject]>([
    ["it is a map", { type: "object", additionalProperties: text }],
    ["a part may be anything", object({ a: {} })],
    ["it is recursive", { ...object({ a: { $ref: "#" } }) }],
    ["it is recursive in a part", {
      ...object({ a: { $ref: "#/$defs/a" } }),
      $defs: { a: object({ b: { $ref: "#/$defs/b" } }), b: object({ a: { $ref: "#/$defs/a" } }) }
    }],
    ["a reference leads elsewhere", object({ a: { $ref: "https://a.test/schema.json" } })],
    ["a value is listed that is no primitive", object({ a: { enum: [{}] } })]
  ])("is none where %s", (_, schema) => {
    assert.strictEqual(JsonSchema.forClaude(schema), undefined)
  })
})
