import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { fromResponses, toResponses } from "../../../src/dialect/interactions/Citations.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const citation = (start_index: number, end_index: number): JsonObject => ({
  type: "url_citation",
  start_index,
  end_index,
  url: "https://vertexaisearch.cloud.google.com/grounding-api-redirect/A",
  title: "example.com"
})

const span = (text: string, annotation: JsonObject | undefined): string =>
  text.slice(Number(annotation?.["start_index"]), Number(annotation?.["end_index"]))

// Recordings are pure ASCII, so everything beyond it is synthetic: one to four bytes a character.
const Character = Schema.Literals(["a", " ", "é", "ß", "€", "漢", "👍", "👩‍🔬", "́"])
const Texts = Schema.Tuple([Schema.Array(Character), Schema.Array(Character), Schema.Array(Character)])

describe("citations", () => {
  it.prop("keep the very words they stand for, whatever the script", { texts: Texts }, ({ texts }) => {
    const [before, cited, after] = texts.map((characters) => characters.join(""))
    const text = `${before}${cited}${after}`
    const start = encoder.encode(before).length
    const end = start + encoder.encode(cited).length
    const [there] = toResponses(text, [citation(start, end)])
    assert.strictEqual(span(text, there), cited)
    assert.deepStrictEqual(fromResponses(text, [there ?? {}]), [citation(start, end)])
  }, { arbitrary: { runs: 300 } })

  it.prop("never split a character, wherever the offsets fall", {
    texts: Texts,
    start: Schema.Int,
    end: Schema.Int
  }, ({ end, start, texts }) => {
    const text = texts.flat().join("")
    const bytes = encoder.encode(text)
    const [there] = toResponses(text, [citation(start % 40, end % 40)])
    const cited = span(text, there)
    assert.strictEqual(decoder.decode(encoder.encode(cited)), cited)
    assert.isAtLeast(Number(there?.["end_index"]), Number(there?.["start_index"]))
    assert.isAtMost(Number(there?.["end_index"]), text.length)
    // Whatever the offsets point at is within what is cited.
    const pointed = bytes.subarray(Math.max(0, start % 40), Math.max(0, end % 40))
    assert.isAtLeast(encoder.encode(cited).length, Math.min(pointed.length, bytes.length))
  }, { arbitrary: { runs: 300 } })

  it("cover the whole text where they carry no offsets, keep their address, and leave other annotations out", () => {
    const annotations = [{ type: "url_citation", url: "https://e.org" }, { type: "file_citation", file_name: "a.pdf" }]
    assert.deepStrictEqual(toResponses("né", annotations), [
      { type: "url_citation", start_index: 0, end_index: 2, url: "https://e.org", title: "" }
    ])
    assert.deepStrictEqual(fromResponses("né", annotations), [
      { type: "url_citation", start_index: 0, end_index: 3, url: "https://e.org", title: "" }
    ])
  })
})
