import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Effects from "effect/encoding/Sse"
import * as Sse from "../../src/wire/Sse.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Everything a reader makes of bytes that come in pieces of these sizes, over and over. */
const read = (bytes: Uint8Array, sizes: ReadonlyArray<number>) => {
  const reader = Sse.reader()
  const frames: Array<{ readonly event: string | undefined; readonly data: string }> = []
  const out: Array<Uint8Array> = []
  const passed: Array<string> = []
  const add = (chunk: Sse.FrameChunk | undefined) => {
    if (chunk === undefined) return
    const cursor = Sse.cursor(chunk)
    for (let frame = cursor.next(); frame !== undefined; frame = cursor.next()) passed.push(frame.data)
    frames.push(...chunk.frames.map(({ data, event }) => ({ event, data })))
    out.push(chunk.bytes)
  }
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
    const read = reader.feed(bytes.subarray(at, at + size))
    if ("_tag" in read) assert.fail("a frame was too long")
    else read.forEach(add)
    at += size
  }
  add(reader.end())
  assert.deepStrictEqual(passed, frames.map(({ data }) => data))
  return { frames, bytes: Buffer.concat(out) }
}

/** What Effect's own parser makes of a text, of which `retry:` lines are no part. */
const expected = (text: string) => {
  const frames: Array<{ readonly event: string | undefined; readonly data: string }> = []
  const parser = Effects.makeParser((event) => {
    if (event._tag === "Event") {
      frames.push({ event: event.event === "message" ? undefined : event.event, data: event.data })
    }
  })
  parser.feed(text)
  return frames
}

const Text = Schema.Literals(["", "a", "ä€😀", "{\"type\":\"x\"}", " spaced", "a: b", "data: x", "\uFEFF"])
const Line = Schema.Union([
  Schema.TemplateLiteral(["data: ", Text]),
  Schema.TemplateLiteral(["data:", Text]),
  Schema.TemplateLiteral(["event: ", Text]),
  Schema.TemplateLiteral(["id: ", Schema.Literals(["1", "2"])]),
  Schema.TemplateLiteral([": ", Text]),
  Schema.Literals(["data", "event", "other: x", "nonsense"])
])
const Stream = Schema.Struct({
  bom: Schema.Boolean,
  frames: Schema.Array(
    Schema.Struct({
      lines: Schema.Array(Line),
      ends: Schema.Literals(["\n", "\r\n", "\r"]),
      blanks: Schema.Literals([1, 2])
    })
  ),
  sizes: Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))
})

const textOf = ({ bom, frames }: typeof Stream.Type) =>
  (bom ? "\uFEFF" : "") +
  frames.map(({ blanks, ends, lines }) => lines.map((line) => line + ends).join("") + ends.repeat(blanks)).join("")

describe("a reader", () => {
  it.prop(
    "finds the same frames as Effect's parser, however the bytes are split, and hands on every byte",
    { stream: Stream },
    ({ stream }) => {
      const text = textOf(stream)
      const bytes = encoder.encode(text)
      const { bytes: out, frames } = read(bytes, stream.sizes)
      assert.deepStrictEqual(frames, expected(text))
      // What is left at the end is given the blank line it lacks.
      assert.include([text, `${text}\n\n`], decoder.decode(out))
    },
    { arbitrary: { runs: 10_000 } }
  )

  const plain = "event: a\ndata: {\"ä\":1}\n\n: note\n\ndata: [DONE]\n\n"

  it("gives a last frame its blank line", () => {
    const { bytes, frames } = read(encoder.encode("data: 1\n\ndata: 2"), [3])
    assert.deepStrictEqual(frames.map(({ data }) => data), ["1", "2"])
    assert.strictEqual(bytes.toString(), "data: 1\n\ndata: 2\n\n")
  })

  it("does not tear the last line end of a frame in two, of which the end of a stream would lose the half", () => {
    const reader = Sse.reader()
    assert.deepStrictEqual(reader.feed(encoder.encode("data: [DONE]\r\n\r")), [])
    const read = reader.feed(encoder.encode("\n"))
    if ("_tag" in read) return assert.fail("a frame was too long")
    assert.deepStrictEqual(read.map(({ bytes }) => decoder.decode(bytes)), ["data: [DONE]\r\n\r\n"])
    assert.deepStrictEqual(read.flatMap(({ frames }) => frames.map(({ data }) => data)), ["[DONE]"])
  })

  it("skips a retry line, and reads what comes after it", () => {
    const { frames } = read(encoder.encode(`retry: 100\n\nretry: 5\n${plain}`), [7])
    assert.deepStrictEqual(frames.map(({ data }) => data), ["{\"ä\":1}", "[DONE]"])
  })

  const chunkOf = (text: string): Sse.FrameChunk => {
    const read = Sse.reader().feed(encoder.encode(text))
    return "_tag" in read ? assert.fail("a frame was too long") : read[0] ?? assert.fail("a chunk was to be read")
  }

  it("takes a chunk apart byte for byte, whatever stands between the frames", () => {
    const cursor = Sse.cursor(chunkOf(`: note\n\n${plain}`))
    assert.strictEqual(cursor.next()?.event, "a")
    assert.strictEqual(decoder.decode(cursor.through().bytes), ": note\n\nevent: a\ndata: {\"ä\":1}\n\n")
    assert.strictEqual(cursor.next()?.data, "[DONE]")
    assert.strictEqual(decoder.decode(cursor.before()?.bytes), ": note\n\nevent: a\ndata: {\"ä\":1}\n\n: note\n\n")
    assert.strictEqual(decoder.decode(cursor.through().bytes), `: note\n\n${plain}`)
    assert.isUndefined(cursor.next())
  })

  it("passes frames that are alike, but none that is no object and none that holds a telling member", () => {
    const datas = [
      `{"a":1}`,
      `{"usage":null}`,
      `{"usage" : null,"a":"\\"usage\\":1"}`,
      `{"usage":{}}`,
      `{"a":`,
      `{"a":2}`,
      `[DONE]`
    ]
    const cursor = Sse.cursor(chunkOf(datas.map((data) => `data: ${data}\n\n`).join("")))
    const seen: Array<string> = []
    for (let frame = cursor.next(); frame !== undefined; frame = cursor.next()) {
      seen.push(frame.data)
      cursor.pass("data: {", ["usage"])
    }
    assert.deepStrictEqual(seen, [`{"a":1}`, `{"usage":{}}`, `{"a":`, `[DONE]`])
  })

  it("says that a frame is too long as soon as it is", () => {
    const reader = Sse.reader(10)
    assert.deepStrictEqual(reader.feed(encoder.encode("data: 123")), [])
    assert.deepStrictEqual(reader.feed(encoder.encode("45")), { _tag: "TooLong", limit: 10 })
  })

  it("works through a frame of a megabyte that comes byte by byte", () => {
    const text = `data: ${"x".repeat(1_000_000)}\n\n`
    const { frames } = read(encoder.encode(text), [1])
    assert.strictEqual(frames[0]?.data.length, 1_000_000)
  })
})

describe("an encoded frame", () => {
  it("cannot be made to hold a second one", () => {
    const text = Sse.encode({ event: "a\ndata: forged\n\n", data: "1\n\ndata: 2", value: undefined })
    assert.deepStrictEqual(expected(text), [{ event: "adata: forged", data: "1\n\ndata: 2" }])
  })
})
