import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { connect, type Socket } from "node:net"
import * as Running from "./running.ts"
import * as Upstream from "./upstream.ts"

const socketTo = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { hostname, port } = new URL(url)
      return connect(Number(port), hostname)
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const asking = (input: string, extra: object = {}): string => {
  const body = JSON.stringify({ model: "gpt-5.5", input, start_within: "default", ...extra })
  return `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** What comes from a socket until it has this many of something. */
const until = (socket: Socket, pattern: RegExp, count: number) =>
  Effect.callback<string>((resume) => {
    let text = ""
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString()
      if ((text.match(pattern)?.length ?? 0) >= count) resume(Effect.succeed(text))
    })
    socket.on("close", () => resume(Effect.succeed(text)))
  })

const closed = (socket: Socket) =>
  Effect.callback<void>((resume) => {
    if (socket.destroyed) return resume(Effect.void)
    socket.on("close", () => resume(Effect.void)).resume()
  })

/** An upstream that tells which of its calls are open, and the most that ever were at once. */
const counting = Effect.gen(function*() {
  const calls = { open: 0, most: 0, all: 0 }
  const none = Deferred.makeUnsafe<void>()
  const upstream = yield* Upstream.make((_, response) => {
    calls.all++
    calls.most = Math.max(calls.most, ++calls.open)
    response.on("close", () => {
      if (--calls.open === 0) Deferred.doneUnsafe(none, Effect.void)
    })
  })
  return { ...upstream, calls, none: Deferred.await(none) }
})

describe("requests that are sent ahead of their answers", () => {
  it.live.each([{}, { stream: true }])(
    "leave no call behind when their connection closes: %j",
    (extra) =>
      Effect.gen(function*() {
        const upstream = yield* counting
        const socket = yield* socketTo(yield* Running.before(upstream.url))
        socket.write(Array.from({ length: 50 }, (_, index) => asking(`${index}`, extra)).join(""))
        yield* upstream.seen
        socket.destroy()
        yield* upstream.none
        // A new connection, so that whatever the old one had still to begin would have begun.
        const other = yield* socketTo(yield* Running.before(upstream.url))
        other.write(asking("last"))
        while (upstream.calls.open === 0) yield* Effect.yieldNow
        assert.deepStrictEqual(upstream.calls, { open: 1, most: 1, all: 2 })
      })
  )

  it.live("are answered in their order, one at a time", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const upstream = yield* Upstream.make((_, response, body) => {
        asked.push(JSON.parse(body).input)
        response.writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ id: `resp_${asked.length}`, object: "response" }))
      })
      const socket = yield* socketTo(yield* Running.before(upstream.url))
      socket.write([1, 2, 3].map((number) => asking(`${number}`)).join(""))
      const text = yield* until(socket, /"object":"response"/g, 3)
      assert.deepStrictEqual(asked, ["1", "2", "3"])
      assert.deepStrictEqual(text.match(/resp_\d/g), ["resp_1", "resp_2", "resp_3"])
    }))

  it.live("are refused with their connection where they are too many, or ask for another protocol", () =>
    Effect.gen(function*() {
      const upstream = yield* counting
      const url = yield* Running.before(upstream.url)
      const flood = yield* socketTo(url)
      flood.write(asking("x").repeat(100))
      yield* closed(flood)
      const upgrading = yield* socketTo(url)
      upgrading.write(
        asking("x") + "GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n"
      )
      yield* closed(upgrading)
      while (upstream.calls.open > 0) yield* Effect.yieldNow
    }))
})
