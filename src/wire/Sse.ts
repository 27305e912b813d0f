/**
 * Server-sent events, read leniently and relayed as they came.
 *
 * The reader cuts bytes into whole frames and copies nothing that nobody asks for: a chunk of frames keeps the bytes
 * that arrived, a frame is a window on their text, and its JSON is parsed when somebody looks at it, once. What the
 * standard calls an error is no error here: `retry:` and `id:` lines, comments, frames without data and a last frame
 * without its blank line all pass.
 */
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

/** A frame whose object is known before its text. */
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

class Received implements Frame {
  readonly event: string | undefined
  readonly data: string
  /** Where the frame ends in the text of its chunk, blank line and all. */
  readonly end: number
  private parsed: JsonObject | undefined | typeof unread = unread

  constructor(event: string | undefined, data: string, end: number) {
    this.event = event
    this.data = data
    this.end = end
  }

  get value(): JsonObject | undefined {
    if (this.parsed === unread) this.parsed = Json.parseObject(this.data)
    return this.parsed
  }
}

class ReceivedChunk implements FrameChunk {
  readonly bytes: Uint8Array
  private read: { readonly text: string; readonly frames: ReadonlyArray<Received> } | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get frames(): ReadonlyArray<Received> {
    return this.reading.frames
  }

  private get reading() {
    if (this.read === undefined) {
      const text = decoder.decode(this.bytes)
      this.read = { text, frames: split(text) }
    }
    return this.read
  }

  take(count: number): FrameChunk {
    const { frames, text } = this.reading
    const head = encoder.encode(text.slice(0, frames[count - 1]?.end ?? 0))
    // Bytes that are no UTF-8 have become others in the text, and only what is made anew is sure to be whole.
    const isExact = text.length === this.bytes.length || encoder.encode(text).length === this.bytes.length
    return isExact ? new ReceivedChunk(this.bytes.subarray(0, head.length)) : chunk(frames.slice(0, count))
  }
}

/** The first frames of a chunk. */
export const take = (self: FrameChunk, count: number): FrameChunk =>
  self instanceof ReceivedChunk ? self.take(count) : chunk(self.frames.slice(0, count))

const blankLine = /(?:\r\n|\n|\r(?!\n)){2,}/g

/** The frames of a text that is whole frames, each ended by a blank line. */
const split = (text: string): ReadonlyArray<Received> => {
  const frames: Array<Received> = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  if (text.includes("\r")) {
    for (const { 0: { length }, index } of text.matchAll(blankLine)) {
      add(frames, text.slice(at, index).split(/\r\n|\n|\r/), index + length)
      at = index + length
    }
    return frames
  }
  while (at < text.length) {
    const blank = text.indexOf("\n\n", at)
    const stop = blank === -1 ? text.length : blank
    if (!addPlain(frames, text, at, stop)) add(frames, text.slice(at, stop).split("\n"), stop + 2)
    at = stop + 2
  }
  return frames
}

/** The common frame: an event line and a data line, or a data line alone, a space behind each colon. */
const addPlain = (frames: Array<Received>, text: string, start: number, stop: number): boolean => {
  let at = start
  let event: string | undefined
  if (text.startsWith("event: ", at)) {
    const eol = text.indexOf("\n", at)
    if (eol === -1 || eol >= stop) return false
    event = text.slice(at + 7, eol)
    at = eol + 1
  }
  if (!text.startsWith("data: ", at)) return false
  const eol = text.indexOf("\n", at)
  if (eol !== -1 && eol < stop) return false
  frames.push(new Received(named(event), text.slice(at + 6, stop), stop + 2))
  return true
}

const named = (event: string | undefined): string | undefined => event === "message" || event === "" ? undefined : event

const add = (frames: Array<Received>, lines: ReadonlyArray<string>, end: number): void => {
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
  if (data !== undefined) frames.push(new Received(named(event), data, end))
}

/** A frame that is longer than is allowed. */
export interface TooLong {
  readonly _tag: "TooLong"
  readonly limit: number
}

/** Cuts the bytes of a stream into chunks of whole frames, whatever its chunking. */
export interface Reader {
  /** The frames that are whole with these bytes; `undefined` while the first is not. */
  readonly feed: (bytes: Uint8Array) => FrameChunk | TooLong | undefined
  /** The last frame, where it lacks its blank line, with one. */
  readonly end: () => FrameChunk | undefined
}

/** One frame may be this long; a final response object with images stays far below. */
const defaultLimit = 64 * 1024 * 1024

/** A reader of one stream; no frame may have more than `limit` bytes. */
export const reader = (limit = defaultLimit): Reader => {
  let held: Array<Uint8Array> = []
  let size = 0
  const lines = blankLines()

  const take = (bytes: Uint8Array): Uint8Array => {
    if (held.length === 0) return bytes
    held.push(bytes)
    const whole = join(held, size + bytes.length)
    held = []
    size = 0
    return whole
  }

  return {
    feed: (bytes) => {
      const boundary = lines.last(bytes)
      const rest = boundary === 0 ? bytes : bytes.subarray(boundary)
      const whole = boundary === 0 ? undefined : take(bytes.subarray(0, boundary))
      if (rest.length > 0) {
        held.push(rest)
        size += rest.length
      }
      // Frames that came whole are bounded by the chunk that brought them.
      if (size > limit) return { _tag: "TooLong", limit }
      return whole === undefined ? undefined : new ReceivedChunk(whole)
    },
    end: () => size === 0 ? undefined : new ReceivedChunk(take(encoder.encode("\n\n")))
  }
}

const join = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Finds the end of the last blank line in each chunk of a stream; lines end in LF, CR or CRLF. */
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

  return {
    last: (bytes: Uint8Array): number => {
      if (bytes.length === 0) return 0
      const boundary = afterCr ? 0 : lastPlain(bytes)
      // Only what no plain blank line has ended can still hold one that a CR ends.
      if (afterCr || bytes.includes(cr, boundary)) return slow(bytes)
      atLineStart = bytes[bytes.length - 1] === lf
      return boundary
    }
  }
}
