import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import * as UndiciHttpClient from "../../src/transport/UndiciHttpClient.ts"
import { inOwnScope } from "../../src/FlexRace.ts"
import * as Upstream from "../gateway/upstream.ts"
import { still } from "../support/turns.ts"

const transports = [
  { name: "fetch", layer: FetchHttpClient.layer },
  { name: "node:http", layer: NodeHttpClient.layerNodeHttpOptions({ keepAlive: true }) },
  { name: "lean undici", layer: UndiciHttpClient.layer() }
]

const post = (url: string) => HttpClientRequest.post(url).pipe(HttpClientRequest.bodyText("{}", "application/json"))

/** The way a leg opens a body: in a scope of its own, with the first pull still to come. */
const openLeg = (url: string) =>
  Effect.gen(function*() {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const response = yield* client.execute(post(url))
    return { response, pull: yield* Stream.toPull(response.stream) }
  })

const head = (response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.flushHeaders()
}

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
  describe(`HttpClient over ${name}`, () => {
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
        const leg = yield* Effect.forkChild(Effect.gen(function*() {
          const client = yield* HttpClient.HttpClient
          const response = yield* client.execute(post(upstream.url))
          return yield* Stream.runForEach(response.stream, () => Deferred.succeed(reading, undefined))
        }))
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
        const client = yield* HttpClient.HttpClient
        const response = yield* client.execute(post(upstream.url))
        assert.strictEqual(yield* Stream.runCount(Stream.take(response.stream, 1)), 1)
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
        assert.isAbove((yield* pull)[0].length, 0)
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
          const { pull } = yield* inOwnScope(openLeg(upstream.url))
          assert.strictEqual(yield* Stream.mkString(Stream.decodeText(Stream.fromPull(Effect.succeed(pull)))), "{}")
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
        const first = (yield* pull).reduce((sum, bytes) => sum + bytes.length, 0)
        assert.isBelow(yield* still(() => written.bytes), total / 2)
        const rest = yield* Stream.runFold(
          Stream.fromPull(Effect.succeed(pull)),
          () => 0,
          (sum, bytes) => sum + bytes.length
        )
        assert.strictEqual(first + rest, total)
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
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(Stream.fromPull(Effect.succeed(pull)))), sent)
      }).pipe(Effect.provide(layer)))

    it.live("fails with a transport error where nobody listens", () =>
      Effect.gen(function*() {
        const url = yield* Effect.scoped(Effect.map(Upstream.make(() => {}), ({ url }) => url))
        const error = yield* Effect.flip(inOwnScope(openLeg(url)))
        assert.strictEqual(error.reason._tag, "TransportError")
      }).pipe(Effect.provide(layer)))

    it.live("fails the body of a connection that breaks", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((_, response) => {
          head(response)
          response.write(event(0), () => response.destroy())
        })
        const client = yield* HttpClient.HttpClient
        const response = yield* client.execute(post(upstream.url))
        const error = yield* Effect.flip(Stream.runDrain(response.stream))
        assert.strictEqual(error._tag, "HttpClientError")
      }).pipe(Effect.provide(layer)))

    it.live("sends the body's text and the headers as they are", () =>
      Effect.gen(function*() {
        const upstream = yield* Upstream.make((request, response) =>
          response.end(
            JSON.stringify([request.method, request.url, request.headers["x-key"], request.headers["content-length"]])
          )
        )
        const client = yield* HttpClient.HttpClient
        const request = HttpClientRequest.setHeader(post(`${upstream.url}/v1/responses?beta=true`), "x-key", "k")
        const response = yield* client.execute(request)
        assert.strictEqual(yield* response.text, `["POST","/v1/responses?beta=true","k","2"]`)
      }).pipe(Effect.provide(layer)))
  })
)

describe("UndiciHttpClient", () => {
  it.live("does not follow a redirect, so a credential stays where it was sent", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => {
        response.writeHead(307, { location: "/elsewhere" }).end("moved")
      })
      const client = yield* HttpClient.HttpClient
      const response = yield* client.execute(post(upstream.url))
      assert.strictEqual(response.status, 307)
      assert.strictEqual(yield* response.text, "moved")
    }).pipe(Effect.provide(UndiciHttpClient.layer())))

  it.live("does not send a request that was given up while it waited for a connection", () =>
    Effect.gen(function*() {
      const paths: Array<string | undefined> = []
      const upstream = yield* Upstream.make((request, response) => {
        paths.push(request.url)
        if (request.url === "/first") head(response)
        else response.end("ok")
      })
      const client = yield* HttpClient.HttpClient
      const first = yield* Effect.forkChild(
        Effect.flatMap(client.execute(post(`${upstream.url}/first`)), (response) => response.text)
      )
      yield* upstream.seen
      const second = yield* Effect.forkChild(client.execute(post(`${upstream.url}/second`)))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      const third = yield* client.execute(post(`${upstream.url}/third`))
      assert.strictEqual(yield* third.text, "ok")
      assert.deepStrictEqual(paths, ["/first", "/third"])
    }).pipe(Effect.provide(UndiciHttpClient.layer({ connections: 1 }))))

  it.live("fails every later request once its layer is gone", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => response.end("ok"))
      const client = yield* Effect.provide(HttpClient.HttpClient, UndiciHttpClient.layer())
      const error = yield* Effect.flip(client.execute(post(upstream.url)))
      assert.strictEqual(error.reason._tag, "TransportError")
    }))

  it.live("refuses a body it cannot send and an address that is none", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const form = HttpClientRequest.bodyFormData(HttpClientRequest.post("http://127.0.0.1:1"), new FormData())
      assert.strictEqual((yield* Effect.flip(client.execute(form))).reason._tag, "EncodeError")
      assert.strictEqual((yield* Effect.flip(client.execute(post("http://")))).reason._tag, "InvalidUrlError")
    }).pipe(Effect.provide(UndiciHttpClient.layer())))
})
