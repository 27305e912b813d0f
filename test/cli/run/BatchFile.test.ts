import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as BatchFile from "../../../src/cli/run/BatchFile.ts"

const line = (members: object) =>
  JSON.stringify({
    custom_id: "one",
    method: "POST",
    url: "/v1/responses",
    body: { model: "gpt-5.5", input: "Hello" },
    ...members
  })

const keyOf = (text: string) => Result.getOrThrow(BatchFile.entry(text, 1)).key

describe("a line of a batch file", () => {
  it("is a request under a name", () => {
    const entry = Result.getOrThrow(BatchFile.entry(line({}), 7))
    assert.strictEqual(entry.customId, "one")
    assert.strictEqual(entry.number, 7)
    assert.deepStrictEqual(entry.body, { model: "gpt-5.5", input: "Hello" })
  })

  it("has a key of its name and its request, wherever it stands", () => {
    assert.strictEqual(keyOf(line({})), Result.getOrThrow(BatchFile.entry(line({}), 99)).key)
    assert.strictEqual(keyOf(line({})), keyOf(line({ method: undefined })))
    assert.notStrictEqual(keyOf(line({})), keyOf(line({ custom_id: "two" })))
    assert.notStrictEqual(keyOf(line({})), keyOf(line({ body: { model: "gpt-5.5", input: "Hello!" } })))
  })

  it.each([
    ["[]", "no JSON object"],
    ["{\"custom_id\": ", "no JSON object"],
    [line({ custom_id: undefined }), "custom_id"],
    [line({ custom_id: 1 }), "custom_id"],
    [line({ custom_id: "x".repeat(257) }), "custom_id"],
    [line({ method: "GET" }), "method"],
    [line({ url: "/v1/chat/completions" }), "/v1/responses alone"],
    [line({ url: undefined }), "url"],
    [line({ body: "Hello" }), "body"],
    [line({ body: { complete_within: "02h-00m-00s" } }), "--complete-within"]
  ])("is refused by its number, with what is wrong: %s", (text, word) => {
    const entry = BatchFile.entry(text, 12)
    assert.isTrue(Result.isFailure(entry) && entry.failure.startsWith("line 12: ") && entry.failure.includes(word))
  })
})
