/**
 * Server-sent events, read leniently and relayed as they came.
 *
 * The reader cuts bytes into whole frames and copies nothing that nobody asks for: a chunk of frames keeps the bytes
 * that arrived, a frame is a window on their text, and its JSON is parsed when somebody looks at it, once. What the
 * standard calls an error is no error here: `retry:` and `id:` lines, comments, frames without data and a last frame
 * without its blank line all pass.
 */
import * as Bytes from "./Bytes.ts"
import * as Json from "./Json.ts"
import type { JsonObject } from "./Json.ts"

/** One server-sent event as it travels. */
export interface Frame {
  /** The event's name; `undefined` where it has none. */
  readonly event: string | undefined
  /** The event's data, as it was received. */
  readonly data: string
  /** The data's object, or `undefined` where the data is no JSON object (`[DONE]`). */
  readonly value: JsonObject | undefined
}

/** Whole frames that travel together. */
export interface FrameChunk {
  /** Empty where only comments have come. */
  readonly frames: ReadonlyArray<Frame>
  /** The frames on the wire; of frames that were received, the bytes that came. */
  readonly bytes: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const lf = 0x0a
const cr = 0x0d

/** A frame as it goes over the wire. Line breaks inside an event name would forge a frame, so they are cut. */
export const encode = (frame: Frame): string => {
  const name = frame.event === undefined ? "" : `event: ${frame.event.replace(/[\r\n]/g, "")}\n`
  const { data } = frame
  return `${name}data: ${
    data.includes("\n") || data.includes("\r") ? data.replace(/\r\n|\r|\n/g, "\ndata: ") : data
  }\n\n`
}

/** A comment line: keeps a connection awake, means nothing. */
export const comment = (text: string): string => `: ${text}\n\n`

/** Frames that were made here. */
export const chunk = (frames: ReadonlyArray<Frame>): FrameChunk => new Made(frames)

class Made implements FrameChunk {
  readonly frames: ReadonlyArray<Frame>
  private encoded: Uint8Array | undefined

  constructor(frames: ReadonlyArray<Frame>) {
    this.frames = frames
  }

  get bytes(): Uint8Array {
    return this.encoded ??= encoder.encode(this.frames.map(encode).join(""))
  }
}

/**
 * A frame whose object is known before its text.
 *
 * **Example** (an event as it travels)
 *
 * ```ts
 * import { Dialect } from "effect-flexinference"
 *
 * const { data, event } = Dialect.frame("said.word", { kind: "said.word", text: "Hello" })
 *
 * event // => "said.word"
 * data // => '{"kind":"said.word","text":"Hello"}'
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const frame = (event: string | undefined, value: JsonObject): Frame => new Written(event, value)

class Written implements Frame {
  readonly event: string | undefined
  readonly value: JsonObject
  private text: string | undefined

  constructor(event: string | undefined, value: JsonObject) {
    this.event = event
    this.value = value
  }

  get data(): string {
    return this.text ??= JSON.stringify(this.value)
  }
}

const unread = Symbol()

/** A frame that was received. */
abstract class Received implements Frame {
  abstract readonly event: string | undefined
  abstract readonly data: string
  /** Where the frame ends in the bytes of its chunk, blank line and all. */
  readonly end: number
  private parsed: JsonObject | undefined | typeof unread = unread

  constructor(end: number) {
    this.end = end
  }

  get value(): JsonObject | undefined {
    if (this.parsed === unread) this.parsed = Json.parseObject(this.data)
    return this.parsed
  }
}

/** A frame of any number of lines. */
class General extends Received {
  readonly event: string | undefined
  readonly data: string

  constructor(event: string | undefined, data: string, end: number) {
    super(end)
    this.event = named(event)
    this.data = data
  }
}

/** The common frame, a window on the bytes of its chunk: nothing is cut out of them that nobody asks for. */
class Plain extends Received {
  private readonly chunk: ReceivedChunk
  private readonly nameStart: number
  private readonly nameEnd: number
  private readonly dataEnd: number
  private name: string | undefined | typeof unread = unread
  private text: string | undefined

  constructor(chunk: ReceivedChunk, nameStart: number, nameEnd: number, dataEnd: number) {
    super(dataEnd + 2)
    this.chunk = chunk
    this.nameStart = nameStart
    this.nameEnd = nameEnd
    this.dataEnd = dataEnd
  }

  get event(): string | undefined {
    if (this.name === unread) this.name = named(this.chunk.textOf(this.nameStart, this.nameEnd))
    return this.name
  }

  get data(): string {
    const dataStart = this.nameEnd + (this.nameEnd === this.nameStart ? dataField.length : 1 + dataField.length)
    return this.text ??= this.chunk.textOf(dataStart, this.dataEnd)
  }
}

class ReceivedChunk implements FrameChunk {
  readonly bytes: Uint8Array
  private decoded: string | undefined
  private split: ReadonlyArray<Received> | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /**
   * The bytes as a character each. What makes a frame is ASCII, so frames are found in it at a tenth of what decoding
   * costs, and a place in it is a place in the bytes.
   */
  get raw(): string {
    return this.decoded ??= Bytes.toLatin1(this.bytes)
  }

  /** What stands between two places, which are ends of lines. */
  textOf(start: number, end: number): string {
    const raw = this.raw.slice(start, end)
    return isAscii(raw) ? raw : decoder.decode(this.bytes.subarray(start, end))
  }

  get frames(): ReadonlyArray<Received> {
    return this.split ??= framesOf(this)
  }

  /** The part of the chunk that ends at this place, which is the end of a frame. */
  until(end: number): FrameChunk {
    return new ReceivedChunk(this.bytes.subarray(0, end))
  }
}

const isAscii = (raw: string): boolean => !/[\u0080-\uffff]/.test(raw)

/** Where the first frame of a chunk begins: behind a byte order mark, if it has one. */
const beginningOf = ({ raw }: ReceivedChunk): number => raw.startsWith("\xef\xbb\xbf") ? 3 : 0

/** Goes through the frames of a chunk, and passes those that are alike without making any of them. */
export interface Cursor {
  readonly next: () => Frame | undefined
  /**
   * Passes the frames that begin with this text, name line and all, and are objects; not those that hold one of these
   * words as a member with a value.
   */
  readonly pass: (beginning: string, words: ReadonlyArray<string>) => void
  /** What of the chunk comes before the frame that was given last; `undefined` where nothing does. */
  readonly before: () => FrameChunk | undefined
  /** The chunk up to the frame that was given last. */
  readonly through: () => FrameChunk
}

/** A cursor at the beginning of a chunk. */
export const cursor = (self: FrameChunk): Cursor =>
  self instanceof ReceivedChunk && !self.raw.includes("\r") ? textCursor(self) : listCursor(self)

const listCursor = (self: FrameChunk): Cursor => {
  const { frames } = self
  let at = 0
  const until = (count: number): FrameChunk => {
    const last = frames[count - 1]
    if (count === frames.length) return self
    return self instanceof ReceivedChunk && last instanceof Received
      ? self.until(last.end)
      : chunk(frames.slice(0, count))
  }
  return {
    next: () => frames[at++],
    pass: () => {},
    before: () => at === 1 ? undefined : until(at - 1),
    through: () => until(at)
  }
}

const closeBrace = 0x7d

const textCursor = (self: ReceivedChunk) => {
  const text = self.raw
  let at = beginningOf(self)
  let start = at
  const mentions = new Map<string, number>()

  /** Whether a word stands between two places as a member whose value is not `null`. */
  const tells = (word: string, from: number, to: number): boolean => {
    let found = mentions.get(word) ?? -1
    while (found < from) {
      found = text.indexOf(`"${word}"`, from)
      if (found === -1) found = Infinity
    }
    while (found < to && isNull(found + word.length + 2)) {
      found = text.indexOf(`"${word}"`, found + 1)
      if (found === -1) found = Infinity
    }
    mentions.set(word, found)
    return found < to
  }

  const isNull = (from: number): boolean => {
    let at = from
    while (text[at] === " " || text[at] === ":") at++
    return text.startsWith("null", at)
  }

  return {
    next: (): Received | undefined => {
      while (at < text.length) {
        start = at
        const frame = plain(self, at)
        if (frame !== undefined) {
          at = frame.end
          return frame
        }
        const blank = text.indexOf("\n\n", at)
        const stop = blank === -1 ? text.length : blank
        at = stop + 2
        const other = general(self.textOf(start, stop).split("\n"), at)
        if (other !== undefined) return other
      }
      return undefined
    },
    pass: (beginning: string, words: ReadonlyArray<string>): void => {
      // A slice is compared several times as fast as `startsWith` does.
      while (text.slice(at, at + beginning.length) === beginning) {
        const stop = text.indexOf("\n\n", at + beginning.length)
        if (stop === -1 || text.charCodeAt(stop - 1) !== closeBrace) return
        for (const word of words) {
          if (tells(word, at, stop)) return
        }
        at = stop + 2
      }
    },
    before: (): FrameChunk | undefined => start === 0 ? undefined : self.until(start),
    through: (): FrameChunk => at >= text.length ? self : self.until(at)
  }
}

const blankLine = /(?:\r\n|\n|\r(?!\n)){2,}/g

/** The frames of a chunk, each ended by a blank line. */
const framesOf = (chunk: ReceivedChunk): ReadonlyArray<Received> => {
  const frames: Array<Received> = []
  const { raw } = chunk
  if (raw.includes("\r")) {
    let at = beginningOf(chunk)
    for (const { 0: { length }, index } of raw.matchAll(blankLine)) {
      const frame = general(chunk.textOf(at, index).split(/\r\n|\n|\r/), index + length)
      if (frame !== undefined) frames.push(frame)
      at = index + length
    }
    return frames
  }
  const { next } = textCursor(chunk)
  for (let frame = next(); frame !== undefined; frame = next()) frames.push(frame)
  return frames
}

const eventField = "event: "
const dataField = "data: "

/** `startsWith`, which takes several times as long. */
const isAt = (text: string, at: number, beginning: string): boolean => {
  for (let index = 0; index < beginning.length; index++) {
    if (text.charCodeAt(at + index) !== beginning.charCodeAt(index)) return false
  }
  return true
}

/** The common frame: an event line and a data line, or a data line alone, a space behind each colon. */
const plain = (chunk: ReceivedChunk, start: number): Plain | undefined => {
  const { raw } = chunk
  let data = start
  let nameStart = start
  let nameEnd = start
  if (isAt(raw, start, eventField)) {
    nameStart = start + eventField.length
    nameEnd = raw.indexOf("\n", nameStart)
    data = nameEnd + 1
    // No name is no event's.
    if (nameEnd <= nameStart) return undefined
  }
  if (!isAt(raw, data, dataField)) return undefined
  const end = raw.indexOf("\n", data + dataField.length)
  return end === -1 || raw.charCodeAt(end + 1) !== lf ? undefined : new Plain(chunk, nameStart, nameEnd, end)
}

const named = (event: string | undefined): string | undefined => event === "message" || event === "" ? undefined : event

const general = (lines: ReadonlyArray<string>, end: number): Received | undefined => {
  let event: string | undefined
  let data: string | undefined
  for (const line of lines) {
    const colon = line.indexOf(":")
    if (colon === 0) continue
    const field = (colon === -1 ? line : line.slice(0, colon)).replace(/^\uFEFF/, "")
    if (field !== "event" && field !== "data") continue
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "event") event = value
    else data = data === undefined ? value : `${data}\n${value}`
  }
  return data === undefined ? undefined : new General(event, data, end)
}

/** A frame that is longer than is allowed. */
export interface TooLong {
  readonly _tag: "TooLong"
  readonly limit: number
}

/** Cuts the bytes of a stream into chunks of whole frames, whatever its chunking. */
export interface Reader {
  /**
   * The frames that are whole with these bytes, none while the first is not. Only a frame that came in pieces is copied:
   * it is a chunk of its own.
   */
  readonly feed: (bytes: Uint8Array) => ReadonlyArray<FrameChunk> | TooLong
  /** The last frame, where it lacks its blank line, with one. */
  readonly end: () => FrameChunk | undefined
}

/** One frame may be this long; a final response object with images stays far below. */
const defaultLimit = 64 * 1024 * 1024

const none: ReadonlyArray<FrameChunk> = []

/** A reader of one stream; no frame may have more than `limit` bytes. */
export const reader = (limit = defaultLimit): Reader => {
  let held: Array<Uint8Array> = []
  let size = 0
  const lines = blankLines()

  const hold = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return
    held.push(bytes)
    size += bytes.length
  }

  const take = (bytes: Uint8Array): FrameChunk => {
    const whole = Bytes.join([...held, bytes])
    held = []
    size = 0
    return new ReceivedChunk(whole)
  }

  return {
    feed: (bytes) => {
      const { first, last } = lines.find(bytes)
      if (last === 0) {
        hold(bytes)
        return size > limit ? { _tag: "TooLong", limit } : none
      }
      const chunks: Array<FrameChunk> = []
      const from = held.length === 0 ? 0 : first
      if (from > 0) chunks.push(take(bytes.subarray(0, from)))
      if (from < last) {
        chunks.push(new ReceivedChunk(from === 0 && last === bytes.length ? bytes : bytes.subarray(from, last)))
      }
      hold(bytes.subarray(last))
      // Frames that came whole are bounded by the chunk that brought them.
      return size > limit ? { _tag: "TooLong", limit } : chunks
    },
    end: () => size === 0 ? undefined : take(encoder.encode("\n\n"))
  }
}

/** Finds the ends of the first and the last blank line in each chunk of a stream; lines end in LF, CR or CRLF. */
const blankLines = () => {
  // Whether the bytes so far end with a line's end, so that another one makes a blank line.
  let atLineStart = true
  let afterCr = false
  // Whether that CR ended a blank line, which the LF of a CRLF still belongs to.
  let crWasBlank = false
  // Whether the last line ended in CRLF, so that a CR that comes last is half of one.
  let isCrlf = false

  const slow = (bytes: Uint8Array): number => {
    let boundary = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === lf && afterCr) {
        afterCr = false
        isCrlf = true
        if (crWasBlank) boundary = at + 1
        continue
      }
      if (afterCr || byte === lf) isCrlf = false
      afterCr = byte === cr
      crWasBlank = afterCr && atLineStart
      if (byte !== lf && byte !== cr) atLineStart = false
      else if (!atLineStart) atLineStart = true
      else if (!(isCrlf && afterCr && at === bytes.length - 1)) boundary = at + 1
    }
    return boundary
  }

  const lastPlain = (bytes: Uint8Array): number => {
    for (let at = bytes.length - 1; at > 0; at--) {
      if (bytes[at] === lf && bytes[at - 1] === lf) return at + 1
    }
    return atLineStart && bytes[0] === lf ? 1 : 0
  }

  const firstPlain = (bytes: Uint8Array): number => {
    if (atLineStart && bytes[0] === lf) return 1
    for (let at = 1; at < bytes.length; at++) {
      if (bytes[at] === lf && bytes[at - 1] === lf) return at + 1
    }
    return 0
  }

  return {
    find: (bytes: Uint8Array): { readonly first: number; readonly last: number } => {
      if (bytes.length === 0) return { first: 0, last: 0 }
      const last = afterCr ? 0 : lastPlain(bytes)
      // Only what no plain blank line has ended can still hold one that a CR ends.
      if (afterCr || bytes.includes(cr, last)) {
        const end = slow(bytes)
        return { first: end, last: end }
      }
      const first = last === 0 ? 0 : firstPlain(bytes)
      atLineStart = bytes[bytes.length - 1] === lf
      return { first, last }
    }
  }
}
