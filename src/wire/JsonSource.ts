/**
 * JSON inside JSON whose numbers keep their spelling. What a model writes into a call goes through formats that hold it
 * as text and formats that hold it as an object; on the way through an object `1.0` would become 1, a long integer
 * would be rounded and `1e999` would become null. So an object that would not come back as it was is remembered with
 * the text it was read from, by its identity: whoever prints it prints that text. All else stays plain JSON.
 */
import * as Json from "./Json.ts"
import type { JsonObject } from "./Json.ts"

type Composite = JsonObject | ReadonlyArray<Json.Json>

const sources = new WeakMap<Composite, string>()

const quote = 0x22
const minus = 0x2d
const zero = 0x30
const nine = 0x39
const backslash = 0x5c

export const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

/** The index behind the string that opens at `open`; the text's length where it never closes. */
export const stringEnd = (text: string, open: number): number => {
  let at = text.indexOf("\"", open + 1)
  while (at !== -1) {
    let before = at - 1
    while (text.charCodeAt(before) === backslash) before--
    // An odd number of backslashes escapes the quote.
    if ((at - before) % 2 === 1) return at + 1
    at = text.indexOf("\"", at + 1)
  }
  return text.length
}

const number = /-?\d[\d.eE+-]*/y

/** A JSON text without the white space between its tokens, and whether a number in it is spelled as nobody prints it. */
const read = (text: string): { readonly compressed: string; readonly isPlain: boolean } => {
  const parts: Array<string> = []
  let isPlain = true
  let from = 0
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = stringEnd(text, at)
    } else if (isSpace(code)) {
      parts.push(text.slice(from, at))
      while (isSpace(text.charCodeAt(at))) at++
      from = at
    } else if (code !== minus && (code < zero || code > nine)) {
      at++
    } else {
      number.lastIndex = at
      const [spelled] = number.exec(text) ?? []
      if (spelled !== undefined) isPlain &&= JSON.stringify(Number(spelled)) === spelled
      at += spelled?.length ?? 1
    }
  }
  parts.push(text.slice(from))
  return { compressed: parts.join(""), isPlain }
}

/** Whether a JSON text has a number that would be printed otherwise than it is spelled. */
export const isPlain = (text: string): boolean => read(text).isPlain

/** A JSON text's object, whose text is remembered if printing it would spell it otherwise. */
export const parseObject = (text: string): JsonObject | undefined => {
  const value = Json.parseObject(text)
  if (value !== undefined) remember(value, text)
  return value
}

/** Remembers the text of an object or a list, if printing it would spell it otherwise. */
export const remember = (value: Composite, text: string): void => {
  const { compressed, isPlain } = read(text)
  if (!isPlain) sources.set(value, compressed)
}

/** Deeper than this nothing is remembered, and nothing is looked for: the work stays linear in the text. */
export const maxDepth = 8

/** The text of a value, with every object below it that has a text of its own printed as that. */
export const stringify = (value: Json.Json): string => print(value, 0)

const print = (value: Json.Json, depth: number): string => {
  if (typeof value !== "object" || value === null || depth > maxDepth) return JSON.stringify(value)
  const source = sources.get(value)
  if (source !== undefined) return source
  if (Json.isArray(value)) return `[${value.map((element) => print(element, depth + 1)).join(",")}]`
  if (Json.isObject(value)) {
    const printed = Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [`${JSON.stringify(name)}:${print(member, depth + 1)}`]
    )
    return `{${printed.join(",")}}`
  }
  return JSON.stringify(value)
}
