/**
 * Where a citation stands in its text. Interactions counts UTF-8 bytes, Responses counts string indices (UTF-16 code
 * units, what `text.slice` takes); in both the end is exclusive (vendor documentation).
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

/** The character boundaries of a text, in both counts: the n-th character begins at `indices[n]` and `bytes[n]`. */
interface Boundaries {
  readonly indices: ReadonlyArray<number>
  readonly bytes: ReadonlyArray<number>
}

const byteLength = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4

const boundariesOf = (text: string): Boundaries => {
  const indices: Array<number> = []
  const bytes: Array<number> = []
  let index = 0
  let byte = 0
  // A lone surrogate is a character of its own, and three bytes long: it is sent as U+FFFD.
  for (const character of text) {
    indices.push(index)
    bytes.push(byte)
    index += character.length
    byte += byteLength(character.codePointAt(0) ?? 0)
  }
  indices.push(index)
  bytes.push(byte)
  return { indices, bytes }
}

/** The last boundary at or before `offset`. */
const floor = (offsets: ReadonlyArray<number>, offset: number): number => {
  let low = 0
  let high = offsets.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((offsets[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The boundary at or before a start, the one at or after an end; the nearest end of the text beyond it. */
const convert = (
  from: ReadonlyArray<number>,
  to: ReadonlyArray<number>,
  span: { readonly start: number; readonly end: number }
): { readonly start: number; readonly end: number } => {
  const start = floor(from, span.start)
  const before = floor(from, span.end)
  const end = (from[before] ?? 0) < span.end ? Math.min(before + 1, from.length - 1) : before
  return { start: to[start] ?? 0, end: to[Math.max(start, end)] ?? 0 }
}

/**
 * The URL citations among the annotations, their offsets converted. A citation without offsets covers the whole text;
 * annotations of other kinds have no counterpart and are left out.
 */
const translate = (
  text: string,
  annotations: ReadonlyArray<JsonObject>,
  direction: (boundaries: Boundaries) => readonly [from: ReadonlyArray<number>, to: ReadonlyArray<number>]
): ReadonlyArray<JsonObject> => {
  const citations = annotations.filter((annotation) => Json.string(annotation, "type") === "url_citation")
  if (citations.length === 0) return []
  const [from, to] = direction(boundariesOf(text))
  return citations.map((citation) => {
    const { end, start } = convert(from, to, {
      start: Json.number(citation, "start_index") ?? 0,
      end: Json.number(citation, "end_index") ?? Number.POSITIVE_INFINITY
    })
    return {
      type: "url_citation",
      start_index: start,
      end_index: end,
      url: Json.string(citation, "url") ?? "",
      title: Json.string(citation, "title") ?? ""
    }
  })
}

/** Interactions' annotations of a text as Responses has them. */
export const toResponses = (text: string, annotations: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  translate(text, annotations, ({ bytes, indices }) => [bytes, indices])

/** Responses' annotations of a text as Interactions has them. */
export const fromResponses = (text: string, annotations: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  translate(text, annotations, ({ bytes, indices }) => [indices, bytes])
