import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Pull, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import type { HttpClient } from "effect/http"
import * as HttpClientTransport from "../../src/transport/HttpClientTransport.ts"
import * as UndiciTransport from "../../src/transport/UndiciTransport.ts"
import * as Transport from "../../src/Transport.ts"
import { inOwnScope } from "../../src/FlexRace.ts"
import * as Upstream from "../gateway/upstream.ts"
import { still } from "../support/turns.ts"

const over = (client: Layer.Layer<HttpClient.HttpClient>) => Layer.provide(HttpClientTransport.layer, client)

const transports = [
  { name: "fetch", layer: over(FetchHttpClient.layer) },
  { name: "node:http", layer: over(NodeHttpClient.layerNodeHttpOptions({ keepAlive: true })) },
  { name: "undici", layer: UndiciTransport.layer() }
]

/** The way a leg opens a call: in a scope of its own, with the first pull still to come. */
const openLeg = (url: string, headers: { readonly [name: string]: string } = {}) =>
  Effect.gen(function*() {
    const transport = yield* Transport.Transport
    const call = yield* transport.call({ url, headers: { "content-type": "application/json", ...headers }, body: "{}" })
    const response = yield* call.response
    return { abort: call.abort, response, pull: response.pull }
  })

/** The rest of a body. */
const rest = (pull: Transport.Response["pull"]) =>
  Effect.gen(function*() {
    const chunks: Array<Uint8Array> = []
    while (true) {
      const chunk = yield* Pull.catchDone(pull, () => Effect.succeed(undefined))
      if (chunk === undefined) return Buffer.concat(chunks)
      chunks.push(chunk)
    }
  })

const textOf = (pull: Transport.Response["pull"]) => Effect.map(rest(pull), (bytes) => bytes.toString())

const head = (response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.flushHeaders()
}

const late = new Transport.TransportError({ cause: new Error("too late") })

const event = (index: number) => `data: {"index":${index},"text":"häßlich"}\n\n`

/** Writes as a careful server does: it waits where the other side does not read. */
const writeAll = async (response: ServerResponse, chunks: number, chunk: Buffer, written: { bytes: number }) => {
  for (let index = 0; index < chunks && !response.destroyed; index++) {
    const more = response.write(chunk)
    written.bytes += chunk.length
    if (!more) await once(response, "drain")
  }
  response.end()
}

transports.forEach(({ layer, name }) =>
  describe(`Transport over ${name}`, () => {
    it.live("aborts a request that is interrupted before the headers have come", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make(() => {})
        const leg = yield* Effect.forkChild(inOwnScope(openLeg(upstream.url)))
        yield* upstream.seen
        yield* Fiber.interrupt(leg)
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("aborts a request that loses a race", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make(() => {})
        const won = yield* Effect.race(
          inOwnScope(Effect.as(openLeg(upstream.url), "leg")),
          Effect.as(upstream.seen, "other")
        )
        assert.strictEqual(won, "other")
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("aborts a request whose body is interrupted while it is read", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          response.write(event(0))
        })
        const reading = yield* Deferred.make<void>()
        const leg = yield* Effect.forkChild(inOwnScope(
          Effect.flatMap(
            openLeg(upstream.url),
            ({ pull }) => Effect.andThen(Effect.andThen(pull, Deferred.succeed(reading, undefined)), rest(pull))
          )
        ))
        yield* Deferred.await(reading)
        yield* Fiber.interrupt(leg)
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("aborts a request whose body is left early", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          response.write(event(0))
        })
        yield* Effect.scoped(Effect.flatMap(openLeg(upstream.url), ({ pull }) => pull))
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("aborts a request when the scope in which its body was opened closes", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          response.write(event(0))
        })
        const scope = yield* Scope.make()
        const { pull } = yield* Scope.provide(inOwnScope(openLeg(upstream.url)), scope)
        assert.isAbove((yield* pull).length, 0)
        yield* Scope.close(scope, Exit.void)
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("aborts a request whose body was opened but never read when its scope closes", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => head(response))
        const scope = yield* Scope.make()
        const { response } = yield* Scope.provide(inOwnScope(openLeg(upstream.url)), scope)
        assert.strictEqual(response.status, 200)
        yield* Scope.close(scope, Exit.void)
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("uses a connection again once the body has been read to its end", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => response.end("{}"))
        for (let index = 0; index < 20; index++) {
          const text = yield* Effect.scoped(Effect.flatMap(openLeg(upstream.url), ({ pull }) => textOf(pull)))
          assert.strictEqual(text, "{}")
        }
        // undici takes a connection back only after it has told of the end: by then the next may have been opened.
        assert.isAtMost(upstream.connections(), 2)
      }).pipe(Effect.provide(layer)))

    it.live("reads no faster than the consumer and loses nothing", () =>
      Effect.gen(function*() {
        const chunk = Buffer.alloc(64 * 1024, "x")
        const total = 512 * chunk.length
        const written = { bytes: 0 }
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          void writeAll(response, 512, chunk, written)
        })
        const { pull } = yield* inOwnScope(openLeg(upstream.url))
        const first = (yield* pull).length
        assert.isBelow(yield* still(() => written.bytes), total / 2)
        assert.strictEqual(first + (yield* rest(pull)).length, total)
      }).pipe(Effect.provide(layer)))

    it.live("hands on a stream that arrives byte by byte", () =>
      Effect.gen(function*() {
        const sent = Array.from({ length: 400 }, (_, index) => event(index)).join("")
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          for (const byte of Buffer.from(sent)) response.write(Buffer.of(byte))
          response.end()
        })
        const { pull } = yield* inOwnScope(openLeg(upstream.url))
        assert.strictEqual(yield* textOf(pull), sent)
      }).pipe(Effect.provide(layer)))

    it.live("fails with a transport error where nobody listens", () =>
      Effect.gen(function*() {
        const url = yield* Effect.scoped(Effect.map(Upstream.make(() => {}), ({ url }) => url))
        const error = yield* Effect.flip(inOwnScope(openLeg(url)))
        assert.strictEqual(error._tag, "TransportError")
      }).pipe(Effect.provide(layer)))

    it.live("fails the body of a connection that breaks", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          response.write(event(0), () => response.destroy())
        })
        const { pull } = yield* openLeg(upstream.url)
        const error = yield* Effect.flip(rest(pull))
        assert.strictEqual(error._tag, "TransportError")
      }).pipe(Effect.provide(layer)))

    it.live("sends the body's text and the headers as they are", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((request, response) =>
          response.end(
            JSON.stringify([request.method, request.url, request.headers["x-key"], request.headers["content-length"]])
          )
        )
        const { pull } = yield* openLeg(`${upstream.url}/v1/responses?beta=true`, { "x-key": "k" })
        assert.strictEqual(yield* textOf(pull), `["POST","/v1/responses?beta=true","k","2"]`)
      }).pipe(Effect.provide(layer)))

    it.live("fails whoever waits for the answer when the call is aborted, and the request ends with its scope", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make(() => {})
        const transport = yield* Transport.Transport
        yield* Effect.scoped(Effect.gen(function*() {
          const call = yield* transport.call({ url: upstream.url, headers: {}, body: "{}" })
          const waiting = yield* Effect.forkChild(Effect.flip(call.response))
          yield* upstream.seen
          call.abort(late)
          assert.strictEqual(yield* Fiber.join(waiting), late)
        }))
        yield* upstream.aborted
      }).pipe(Effect.provide(layer)))

    it.live("fails a pull that waits, and every later one, when the call is aborted", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          response.write(event(0))
        })
        const { abort, pull } = yield* openLeg(upstream.url)
        yield* pull
        const waiting = yield* Effect.forkChild(Effect.flip(pull), { startImmediately: true })
        abort(late)
        assert.strictEqual(yield* Fiber.join(waiting), late)
        assert.strictEqual(yield* Effect.flip(pull), late)
      }).pipe(Effect.provide(layer)))

    it.live("does not follow a redirect, so a credential stays where it was sent", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          response.writeHead(307, { location: "/elsewhere" }).end("moved")
        })
        const { response } = yield* openLeg(upstream.url)
        assert.strictEqual(response.status, 307)
      }).pipe(Effect.provide(layer)))
  })
)

describe("Transport over undici", () => {
  it.live("does not send a request that was given up while it waited for a connection", () =>
    Effect.gen(function*() {
      const paths: Array<string | undefined> = []
      const upstream = yield* Upstream.make((request, response) => {
        paths.push(request.url)
        if (request.url === "/first") head(response)
        else response.end("ok")
      })
      const first = yield* Effect.forkChild(
        inOwnScope(Effect.flatMap(openLeg(`${upstream.url}/first`), ({ pull }) => textOf(pull)))
      )
      yield* upstream.seen
      const second = yield* Effect.forkChild(inOwnScope(openLeg(`${upstream.url}/second`)))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      const third = yield* openLeg(`${upstream.url}/third`)
      assert.strictEqual(yield* textOf(third.pull), "ok")
      assert.deepStrictEqual(paths, ["/first", "/third"])
    }).pipe(Effect.provide(UndiciTransport.layer({ connections: 1 }))))

  it.live("opens one connection for each request of a crowd that leaves, and none after it has left", () =>
    Effect.gen(function*() {
      let asked = 0
      let open = 0
      const upstream = yield* Upstream.make((_, response) => {
        asked++
        open++
        response.on("close", () => open--)
      })
      const legs = yield* Effect.forEach(
        Array.from({ length: 100 }),
        () => Effect.forkChild(inOwnScope(openLeg(upstream.url)))
      )
      yield* Effect.repeat(Effect.yieldNow, { until: () => asked === 100 })
      yield* Fiber.interruptAll(legs)
      yield* Effect.repeat(Effect.yieldNow, { until: () => open === 0 })
      yield* still(upstream.connections)
      assert.deepStrictEqual([upstream.connections(), asked], [100, 100])
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.live("opens no connection that stays for a request that is given up while it connects", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => response.end("ok"))
      for (let index = 0; index < 20; index++) {
        const leg = yield* Effect.forkChild(inOwnScope(openLeg(upstream.url)), { startImmediately: true })
        yield* Fiber.interrupt(leg)
      }
      const { pull } = yield* openLeg(upstream.url)
      assert.strictEqual(yield* textOf(pull), "ok")
      yield* Effect.repeat(Effect.yieldNow, { until: () => upstream.open() === 1 })
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.live("hands a connection that was given up to whoever waits for one", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((request, response) => {
        if (request.url !== "/silent") response.end("ok")
      })
      const silent = yield* Effect.forkChild(inOwnScope(openLeg(`${upstream.url}/silent`)))
      yield* upstream.seen
      const waiting = yield* Effect.forEach([1, 2, 3], (number) =>
        Effect.forkChild(
          Effect.scoped(Effect.flatMap(openLeg(`${upstream.url}/${number}`), ({ pull }) => textOf(pull)))
        ))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(silent)
      assert.deepStrictEqual(yield* Fiber.joinAll(waiting), ["ok", "ok", "ok"])
      assert.strictEqual(upstream.connections(), 2)
    }).pipe(Effect.provide(UndiciTransport.layer({ connections: 1 }))))

  it.live("opens a new connection where the last one has closed", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => {
        response.setHeader("connection", "close").end("ok")
      })
      for (let index = 0; index < 3; index++) {
        assert.strictEqual(
          yield* Effect.scoped(Effect.flatMap(openLeg(upstream.url), ({ pull }) => textOf(pull))),
          "ok"
        )
      }
      assert.strictEqual(upstream.connections(), 3)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.live("fails every later call once its layer is gone", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => response.end("ok"))
      const transport = yield* Effect.provide(Transport.Transport, UndiciTransport.layer())
      const call = yield* transport.call({ url: upstream.url, headers: {}, body: "{}" })
      assert.strictEqual((yield* Effect.flip(call.response))._tag, "TransportError")
    }))
})
