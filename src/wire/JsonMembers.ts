/**
 * Edits members in the text of a JSON object and leaves every other byte as it was received.
 *
 * Parsing and printing again would turn `1.0` into `1` and round integers beyond 2^53, and it is the caller's own text
 * that goes to the provider. One scan finds where the members lie; nothing is parsed but keys that hold escapes. Text
 * that turns out not to be an object comes back unchanged.
 */
import * as Json from "./Json.ts"
import type { JsonObject } from "./Json.ts"
import { isSpace, stringEnd } from "./JsonSource.ts"

/** What to do with the members of an object; a name that stands in both is set. */
export interface Edits {
  readonly remove?: ReadonlyArray<string> | undefined
  readonly set?: JsonObject | undefined
  /** Names of which only the last member stays, the one that a JSON parser reads. */
  readonly once?: ReadonlyArray<string> | undefined
  /**
   * How values are printed that are set.
   * @default JSON.stringify
   */
  readonly print?: ((value: Json.Json) => string) | undefined
}

/** Where a member lies: from behind the delimiter before it up to the delimiter after it. */
interface Member {
  readonly name: string
  readonly start: number
  readonly value: number
  readonly end: number
  readonly delimiter: number
}

interface Span {
  readonly open: number
  readonly close: number
  readonly members: ReadonlyArray<Member>
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const skipSpace = (text: string, from: number): number => {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** The index behind the value that begins at `start`. */
const valueEnd = (text: string, start: number): number => {
  let depth = 0
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = stringEnd(text, at)
      if (depth === 0) return at
    } else if (code === openBrace || code === openBracket) {
      depth++
      at++
    } else if (code === closeBrace || code === closeBracket) {
      if (depth === 0) return at
      depth--
      at++
      if (depth === 0) return at
    } else if (depth === 0 && (code === comma || isSpace(code))) {
      return at
    } else {
      at++
    }
  }
  return at
}

const nameOf = (raw: string): string => {
  if (!raw.includes("\\")) return raw
  const name = Json.parse(`"${raw}"`)
  return typeof name === "string" ? name : raw
}

/** The object that begins at `from`, or `undefined` where none does. */
const scan = (text: string, from: number): Span | undefined => {
  const open = skipSpace(text, from)
  if (text.charCodeAt(open) !== openBrace) return undefined
  const members: Array<Member> = []
  const first = skipSpace(text, open + 1)
  if (text.charCodeAt(first) === closeBrace) return { open, close: first, members }
  let start = open + 1
  while (start < text.length) {
    const key = skipSpace(text, start)
    if (text.charCodeAt(key) !== quote) return undefined
    const keyEnd = stringEnd(text, key)
    const separator = skipSpace(text, keyEnd)
    if (text.charCodeAt(separator) !== colon) return undefined
    const value = skipSpace(text, separator + 1)
    const end = valueEnd(text, value)
    const delimiter = skipSpace(text, end)
    members.push({ name: nameOf(text.slice(key + 1, keyEnd - 1)), start, value, end, delimiter })
    const code = text.charCodeAt(delimiter)
    if (code === closeBrace) return { open, close: delimiter, members }
    if (code !== comma) return undefined
    start = delimiter + 1
  }
  return undefined
}

/** The members of the object that begins at `from`, with where their values begin and end; none where none does. */
export const members = (
  text: string,
  from: number
): ReadonlyArray<{ readonly name: string; readonly value: number; readonly end: number }> =>
  scan(text, from)?.members ?? []

/** The text of a member's value; of several with one name the last counts. */
export const textOf = (text: string, name: string): string | undefined => {
  const found = scan(text, 0)?.members.findLast((member) => member.name === name)
  return found === undefined ? undefined : text.slice(found.value, found.end)
}

/** Where the elements of the array that begins at `from` begin. */
export const elements = (text: string, from: number): ReadonlyArray<number> => {
  const starts: Array<number> = []
  let at = skipSpace(text, from)
  if (text.charCodeAt(at) !== openBracket) return starts
  do {
    at = skipSpace(text, at + 1)
    if (at >= text.length || text.charCodeAt(at) === closeBracket) return starts
    starts.push(at)
    at = skipSpace(text, valueEnd(text, at))
  } while (text.charCodeAt(at) === comma)
  return starts
}

const none: ReadonlyArray<string> = []
const nothing: JsonObject = {}

const rewrite = (text: string, span: Span, edits: Edits): string => {
  const { once = none, print = JSON.stringify, remove = none, set = nothing } = edits
  const written: Array<string> = []
  const lasts = once.length === 0 ? undefined : new Map<string, Member>()
  if (lasts !== undefined) {
    for (const member of span.members) if (once.includes(member.name)) lasts.set(member.name, member)
  }
  const parts: Array<string> = []
  // Members that stay and follow each other stay one piece of the text.
  let from = -1
  let to = -1
  const keep = (): void => {
    if (from !== -1) parts.push(text.slice(from, to))
    from = -1
  }
  // The space before the closing brace stays there, whatever becomes of the last member.
  let tail = text.slice(span.open + 1, span.close)
  for (const member of span.members) {
    const { name, start, value, end, delimiter } = member
    const last = delimiter === span.close
    if (last) tail = text.slice(end, delimiter)
    const replacement = Object.hasOwn(set, name) ? set[name] : undefined
    if (replacement !== undefined) {
      keep()
      if (written.includes(name)) continue
      written.push(name)
      parts.push(text.slice(start, value) + print(replacement) + (last ? "" : text.slice(end, delimiter)))
    } else if (remove.includes(name) || (lasts?.get(name) ?? member) !== member) {
      keep()
    } else {
      if (from === -1) from = start
      to = last ? end : delimiter
    }
  }
  keep()
  for (const name in set) {
    const value = Object.hasOwn(set, name) ? set[name] : undefined
    if (value !== undefined && !written.includes(name)) parts.push(`${JSON.stringify(name)}:${print(value)}`)
  }
  return `${text.slice(0, span.open + 1)}${parts.join(",")}${tail}${text.slice(span.close)}`
}

/**
 * The text with top-level members removed, replaced in place, or appended. Every occurrence of a name counts, however
 * its key is escaped: of duplicates that are set, the first is replaced and the others go.
 */
export const edit = (text: string, edits: Edits): string => {
  const span = scan(text, 0)
  return span === undefined ? text : rewrite(text, span, edits)
}

/**
 * The text with members added to, or replaced in, the object at `path`; unchanged where the path leads to no object.
 * Where a name on the path occurs more than once, the last counts, as it does for a JSON parser.
 */
export const insertAt = (text: string, path: ReadonlyArray<string>, members: JsonObject): string => {
  let span = scan(text, 0)
  for (const name of path) {
    const member = span?.members.findLast((member) => member.name === name)
    span = member === undefined ? undefined : scan(text, member.value)
  }
  return span === undefined ? text : rewrite(text, span, { set: members })
}
