import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import type { Scope } from "effect"
import { TestClock } from "effect/testing"
import { connect, type Socket } from "node:net"
import * as Census from "../support/census.ts"
import { turns, within } from "../support/turns.ts"
import { begun } from "./faults.ts"
import { type Cell, goodFor, requestOf, surfaces } from "./cells.ts"
import * as Gateway from "./gateway.ts"
import * as Provider from "./provider.ts"

/** How a caller leaves. */
const ways: { readonly [way: string]: (socket: Socket) => void } = {
  closes: (socket) => socket.destroy(),
  resets: (socket) => socket.resetAndDestroy(),
  "half-closes": (socket) => socket.end()
}

interface Situation {
  readonly name: string
  readonly leg: Cell["leg"]
  readonly stream: boolean
  /** Whether the provider begins to answer, and says no more after that. */
  readonly begins?: boolean
  /** How many requests are sent at once, one behind the other. */
  readonly requests?: number
  /** How many calls are open when the caller leaves. */
  readonly calls: number
}

const situations: ReadonlyArray<Situation> = [
  { name: "while it waits for flex", leg: "flex leg", stream: true, calls: 1 },
  { name: "while it waits for flex, to collect", leg: "flex leg", stream: false, calls: 1 },
  { name: "while both legs race", leg: "both legs", stream: true, calls: 2 },
  { name: "while both legs race, to collect", leg: "both legs", stream: false, calls: 2 },
  { name: "while it waits for a named tier", leg: "named tier", stream: true, calls: 1 },
  { name: "while it waits for a body", leg: "named tier", stream: false, calls: 1 },
  { name: "in the middle of its stream", leg: "flex leg", stream: true, begins: true, calls: 1 },
  { name: "in the middle of a stream without a race", leg: "named tier", stream: true, begins: true, calls: 1 },
  { name: "in the middle of what is collected", leg: "flex leg", stream: false, begins: true, calls: 1 },
  { name: "in the middle of a body", leg: "named tier", stream: false, begins: true, calls: 1 },
  { name: "with requests in line", leg: "named tier", stream: true, requests: 5, calls: 1 },
  { name: "in a stream with requests in line", leg: "flex leg", stream: true, begins: true, requests: 5, calls: 1 }
]

const caller = (url: string): Effect.Effect<Socket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const { hostname, port } = new URL(url)
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
        resume(Effect.succeed(socket))
      })
      socket.on("error", () => {}).on("end", () => socket.end())
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const modelOf = (surface: Cell["surface"]): Cell["model"] => surface === "interactions" ? "gemini-3.5-flash" : "gpt-5.5"

describe("a caller that leaves", () => {
  it.effect.each(
    situations.flatMap((situation) => Object.keys(ways).map((way) => ({ situation, way, name: situation.name })))
  )(
    "has every call of its own aborted, and none opened: $name, it $way",
    ({ situation, way }) =>
      Effect.gen(function*() {
        const fibers = Census.fibers()
        const provider = yield* Provider.make((call) =>
          situation.begins === true ? [begun(goodFor(call)), "hold"] : ["hold"]
        )
        const { records, url } = yield* Effect.provideService(
          Gateway.before(provider.url),
          Metric.FiberRuntimeMetrics,
          fibers.service
        )
        /** How many fibers are left of the first caller: they are the gateway's own. */
        let idle: number | undefined
        const before = Census.resources()
        for (const surface of surfaces) {
          provider.calls.length = 0
          records.length = 0
          const { leg, stream } = situation
          const socket = yield* caller(url)
          let received = 0
          socket.on("data", (bytes: Buffer) => (received += bytes.length))
          const request = requestOf({ surface, model: modelOf(surface), leg, stream }, "keep-alive")
          socket.write(request.repeat(situation.requests ?? 1))
          yield* within("the provider is called", () => provider.open() > 0)
          if (situation.calls > 1) yield* TestClock.adjust("31 seconds")
          yield* within("all calls are open", () => provider.open() === situation.calls)
          if (situation.begins === true && stream) yield* within("the answer begins", () => received > 0)
          ways[way]?.(socket)
          yield* within("every call is aborted", () => provider.open() === 0)
          yield* within("the record is made", () => records.length > 0)
          // Whatever would have been begun later would begin now.
          yield* TestClock.adjust("10 minutes")
          yield* turns(50)
          assert.strictEqual(provider.calls.length, situation.calls, "no call is opened for nobody")
          assert.deepStrictEqual(records.map(({ status }) => status), [499])
          assert.deepStrictEqual(
            records[0]?.legs.map(({ outcome }) => outcome),
            Array.from({ length: situation.calls }, () => "canceled")
          )
          idle ??= fibers.running()
          yield* within("no fiber is left", () => fibers.running() === idle)
        }
        yield* within("no connection is left", () => provider.sockets() === 0)
        yield* within(
          "no socket is left",
          () => (Census.resources()["TCPSocketWrap"] ?? 0) <= (before["TCPSocketWrap"] ?? 0)
        )
      })
  )

  it.effect("leaves no memory behind", () =>
    Effect.gen(function*() {
      const provider = yield* Provider.make(() => ["hold"])
      const { records, url } = yield* Gateway.before(provider.url)
      const request = requestOf({ surface: "responses", model: "gpt-5.5", leg: "flex leg", stream: true }, "keep-alive")
      // A request that stays is seen.
      const large = request.replace(
        /content-length: (\d+)/,
        (_, length) => `content-length: ${Number(length) + 40_000}`
      )
        .replace("\"Hi\"", `"Hi${"x".repeat(40_000)}"`)
      const crowd = Effect.scoped(Effect.gen(function*() {
        const sockets = yield* Effect.forEach(Array.from({ length: 50 }), () => caller(url))
        for (const socket of sockets) socket.write(large)
        yield* within("all are called for", () => provider.open() === 50)
        for (const socket of sockets) socket.destroy()
        yield* within("all are aborted", () => provider.open() === 0)
        yield* turns(50)
        provider.calls.length = 0
        records.length = 0
      }))
      yield* Effect.repeat(crowd, { times: 2 })
      const before = Census.heap()
      yield* Effect.repeat(crowd, { times: 2 })
      assert.isBelow(Census.heap() - before, 2_500_000, "150 requests of 40 kB are 6 MB")
    }))
})
