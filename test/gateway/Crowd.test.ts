import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import * as Turns from "../../src/gateway/Turns.ts"
import { turns } from "../support/turns.ts"
import * as Running from "./running.ts"
import * as Upstream from "./upstream.ts"

const body = JSON.stringify({ model: "gpt-5.5", input: "Hi", start_within: "00h-10m-00s", stream: true })
const request = "POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
  `content-length: ${body.length}\r\n\r\n${body}`

/** An upstream that answers nothing, and counts what it is asked and what is left of that. */
const silent = Effect.gen(function*() {
  const calls = { all: 0, open: 0 }
  const upstream = yield* Upstream.make((_, response) => {
    calls.all++
    calls.open++
    response.on("close", () => calls.open--)
  })
  return { ...upstream, calls }
})

/** Callers that ask as soon as they are connected. */
const crowd = (url: string, size: number) =>
  Effect.forEach(Array.from({ length: size }), () =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const { hostname, port } = new URL(url)
        return connect(Number(port), hostname)
      }),
      (socket) => Effect.sync(() => socket.destroy())
    ))

describe("a crowd of callers", () => {
  it.live("has its calls aborted when it leaves, and no new ones begun", () =>
    Effect.gen(function*() {
      const { calls, connections, url } = yield* silent
      const sockets = yield* crowd(yield* Running.before(url), 300)
      for (const socket of sockets) socket.write(request)
      yield* Effect.repeat(turns(1), { until: () => calls.all === 300 })
      for (const socket of sockets) socket.destroy()
      yield* Effect.repeat(turns(1), { until: () => calls.open === 0 })
      yield* turns(200)
      assert.deepStrictEqual([calls.all, connections()], [300, 300])
    }))

  it.live("costs next to nothing where it has left before its requests were begun", () =>
    Effect.gen(function*() {
      const { calls, url } = yield* silent
      const gateway = yield* Running.before(url)
      const sockets = yield* crowd(gateway, 300)
      yield* Effect.repeat(turns(1), { until: () => sockets.every(({ connecting }) => !connecting) })
      for (const socket of sockets) socket.end(request)
      const last = yield* Effect.map(crowd(gateway, 1), ([socket]) => socket)
      yield* turns(1_000)
      assert.strictEqual(calls.all, 0)
      last?.write(request)
      yield* Effect.repeat(turns(1), { until: () => calls.open === 1 })
    }))

  it.live("is seen to in turns, in the order in which it came", () =>
    Effect.gen(function*() {
      const { run } = yield* Turns.make(2)
      const done: Array<number> = []
      for (let index = 0; index < 40; index++) run(() => done.push(index))
      assert.deepStrictEqual(done, [0, 1])
      const counts: Array<number> = []
      while (done.length < 40) {
        counts.push(done.length)
        yield* turns(1)
      }
      assert.isAtLeast(counts.length, 3)
      assert.deepStrictEqual(done, Array.from({ length: 40 }, (_, index) => index))
      run(() => done.push(40))
      yield* turns(3)
      assert.strictEqual(done.length, 41)
    }))
})
