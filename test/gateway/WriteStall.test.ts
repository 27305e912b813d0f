import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { still, turns } from "../support/turns.ts"
import * as Running from "./running.ts"
import * as Upstream from "./upstream.ts"

const asking = (extra: object) => {
  const body = JSON.stringify({ model: "gpt-5.5", input: "Hi", start_within: "default", ...extra })
  return "POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    `content-length: ${body.length}\r\n\r\n${body}`
}

/** A caller that reads nothing until it is told to. */
const caller = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { hostname, port } = new URL(url)
      return connect(Number(port), hostname).pause()
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const added = `data: {"type":"response.output_item.added","output_index":0,"item":{}}\n\n`
const delta = `data: ${JSON.stringify({ type: "response.output_text.delta", delta: "x".repeat(60_000) })}\n\n`

/** An upstream whose answer never ends, and how much of it has gone out. */
const endless = Effect.gen(function*() {
  const written = { bytes: 0 }
  const upstream = yield* Upstream.make(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(added)
    while (!response.destroyed) {
      written.bytes += delta.length
      if (!response.write(delta)) await once(response, "drain")
    }
  })
  return { ...upstream, written }
})

/** Reads until this many bytes more have come, and stops again. */
const read = (socket: Socket, bytes: number) =>
  Effect.callback<void>((resume) => {
    let left = bytes
    const onData = (chunk: Buffer) => {
      left -= chunk.length
      if (left > 0) return
      socket.off("data", onData).pause()
      resume(Effect.void)
    }
    socket.on("data", onData).resume()
  })

describe("a caller that has stopped reading", () => {
  it.effect("is cut off after a while, and its call with it", () =>
    Effect.gen(function*() {
      const { aborted, url, written } = yield* endless
      const socket = yield* caller(yield* Running.before(url, { writeStall: "20 seconds" }))
      socket.write(asking({ stream: true }))
      yield* still(() => written.bytes)
      yield* TestClock.adjust("30 seconds")
      yield* aborted
    }))

  it.effect("is not cut off as long as it reads now and then", () =>
    Effect.gen(function*() {
      const { url, written } = yield* endless
      const socket = yield* caller(yield* Running.before(url, { writeStall: "20 seconds" }))
      socket.write(asking({ stream: true }))
      for (let index = 0; index < 4; index++) {
        yield* still(() => written.bytes)
        yield* TestClock.adjust("15 seconds")
        // More than the buffers on the way hold, or nothing would move behind them.
        yield* read(socket, 16_000_000)
      }
      assert.isFalse(socket.destroyed)
    }))

  it.effect("is not cut off while it waits for an answer, however long that takes", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make(() => {})
      const socket = yield* caller(
        yield* Running.before(upstream.url, { writeStall: "20 seconds" })
      )
      socket.write(asking({ start_within: "00h-10m-00s", stream: true }))
      yield* upstream.seen
      yield* TestClock.adjust("5 minutes")
      yield* turns(100)
      assert.strictEqual(upstream.open(), 1)
    }))

  it.effect("is waited for where that is wanted", () =>
    Effect.gen(function*() {
      const { open, url, written } = yield* endless
      const socket = yield* caller(yield* Running.before(url, { writeStall: 0 }))
      socket.write(asking({ stream: true }))
      yield* still(() => written.bytes)
      yield* TestClock.adjust("50 seconds")
      yield* turns(100)
      assert.strictEqual(open(), 1)
    }))
})
