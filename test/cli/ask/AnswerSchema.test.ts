import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as AnswerSchema from "../../../src/cli/ask/AnswerSchema.ts"

const closed = {
  type: "object",
  properties: { name: { type: "string" } },
  required: ["name"],
  additionalProperties: false
}

const format = (schema: object) => Result.getOrThrow(AnswerSchema.format(JSON.stringify(schema)))

describe("AnswerSchema", () => {
  it("asks strictly for what can be asked for strictly", () => {
    assert.deepStrictEqual(format(closed), { type: "json_schema", name: "answer", schema: closed, strict: true })
  })

  it.each([
    ["an object that is open", { type: "object", properties: { name: { type: "string" } }, required: ["name"] }],
    ["a property that may be absent", { ...closed, required: [] }],
    ["a list", { type: "array", items: closed }]
  ])("asks for %s without, and leaves it as it is", (_, schema) => {
    assert.deepInclude(format(schema), { schema, strict: false })
  })

  it.each([["Total of the invoice", "Total_of_the_invoice"], ["…", "answer"], ["x".repeat(99), "x".repeat(64)]])(
    "makes of the title %s a name that providers take",
    (title, name) => assert.deepInclude(format({ ...closed, title }), { name })
  )

  it.each(["", "{", "[]", "\"text\""])("says of %o that it is no schema", (text) => {
    assert.match(Result.getOrThrow(Result.flip(AnswerSchema.format(text))), /a JSON Schema was expected$/)
  })
})
