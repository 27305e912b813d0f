import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, References, Scope, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { setImmediate } from "node:timers"
import * as HttpClientTransport from "../src/transport/HttpClientTransport.ts"
import * as UndiciTransport from "../src/transport/UndiciTransport.ts"
import * as Router from "../src/Router.ts"
import * as Upstream from "./gateway/upstream.ts"

const request = JSON.stringify({ model: "gpt-5.5", input: "Hi", start_within: "default", stream: true })
const event = (type: string, rest: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
const added = event("response.output_item.added", { output_index: 0, item: {} })
const completed = event("response.completed", { response: { status: "completed", output: [] } })

const router = (baseUrl: string) =>
  Router.layerTransport({ openai: { baseUrl, apiKey: Redacted.make("sk-test") } }).pipe(
    Layer.provide(UndiciTransport.layer())
  )

const drain = Effect.gen(function*() {
  const { open } = yield* Router.Router
  const answer = yield* open("responses", request)
  if (answer._tag === "Stream") yield* Stream.runDrain(answer.frames)
}).pipe(Effect.scoped)

const transports = [
  { name: "fetch", transport: Layer.provide(HttpClientTransport.layer, FetchHttpClient.layer) },
  { name: "node:http", transport: Layer.provide(HttpClientTransport.layer, NodeHttpClient.layerNodeHttp) },
  { name: "undici", transport: UndiciTransport.layer() }
]

describe("Router on sockets", () => {
  it.live.each(transports)(
    "never follows a redirect with a key in hand: $name",
    ({ transport }) =>
      Effect.gen(function*() {
        const asked: Array<string> = []
        const elsewhere = yield* Upstream.make((request, response) => {
          asked.push(JSON.stringify(request.headers))
          response.end("{}")
        })
        const upstream = yield* Upstream.make((_, response) => {
          response.writeHead(307, { location: elsewhere.url }).end()
        })
        const error = yield* Effect.flip(Effect.provide(
          drain,
          Router.layerTransport({ openai: { baseUrl: upstream.url, apiKey: Redacted.make("sk-test") } }).pipe(
            Layer.provide(transport)
          )
        ))
        assert.strictEqual(error.reason._tag, "TransportFailed")
        assert.include(error.message, "307")
        assert.deepStrictEqual(asked, [])
      })
  )

  it.live.each(transports)(
    "says what the system says of a connection that is refused: $name",
    ({ transport }) =>
      Effect.gen(function*() {
        const { url } = yield* Effect.scoped(Upstream.make(() => {}))
        const error = yield* Effect.flip(Effect.provide(
          drain,
          Router.layerTransport({ openai: { baseUrl: url, apiKey: Redacted.make("sk-test") } }).pipe(
            Layer.provide(transport)
          )
        ))
        assert.strictEqual(error.reason._tag, "TransportFailed")
        assert.include(error.message, "(ECONNREFUSED)")
        assert.notInclude(JSON.stringify(error), "sk-test")
      })
  )

  it.live("uses connections again whose body ends a moment after its terminal event", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(added + completed)
        setImmediate(() => response.end())
      })
      yield* Effect.provide(Effect.repeat(drain, { times: 4 }), router(upstream.url))
      // The next call may be on its way before the pool has noticed that the first connection is free.
      assert.isAtMost(upstream.connections(), 2)
    }))

  it.live("closing the layer releases every connection and ends every call in flight", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(added)
      })
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(router(upstream.url), scope)
      const calls = yield* Effect.forkChild(Effect.all(
        Array.from({ length: 5 }, () => Effect.exit(Effect.provideContext(drain, context))),
        { concurrency: "unbounded" }
      ))
      yield* upstream.seen
      yield* Scope.close(scope, Exit.void)
      for (const exit of yield* Fiber.join(calls)) assert.isTrue(Exit.isFailure(exit))
      yield* upstream.aborted
    }))

  // A fiber that yields often is where a wake-up or a hand-over can be missed.
  const hurried = Effect.provideService(References.MaxOpsBeforeYield, 4)

  it.live("reads every answer to its end, whenever its pieces come", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(added)
        setImmediate(() => response.write(": a piece\n\n", () => setImmediate(() => response.end(completed))))
      })
      yield* Effect.provide(
        Effect.forEach(Array.from({ length: 60 }), () => hurried(drain), { concurrency: 4, discard: true }),
        router(upstream.url)
      )
    }))

  it.live("leaves no call open, wherever its caller went away", () =>
    Effect.gen(function*() {
      let open = 0
      const upstream = yield* Upstream.make((_, response) => {
        open++
        response.on("close", () => open--)
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(": nothing yet\n\n")
      })
      const leave = (after: number) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(hurried(drain))
          yield* Effect.repeat(Effect.yieldNow, { times: after })
          yield* Fiber.interrupt(fiber)
        })
      yield* Effect.provide(
        Effect.gen(function*() {
          yield* Effect.forEach(Array.from({ length: 300 }, (_, index) => index), leave, {
            concurrency: 5,
            discard: true
          })
          yield* Effect.repeat(Effect.yieldNow, { until: () => open === 0 })
        }),
        router(upstream.url)
      )
    }))

  it.live("does not wait for a provider that holds the connection open after its terminal event", () =>
    Effect.gen(function*() {
      const upstream = yield* Upstream.make((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(added + completed)
      })
      yield* Effect.provide(drain, router(upstream.url))
      yield* upstream.aborted
    }))
})
