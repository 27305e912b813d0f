import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { connect } from "node:net"
import { Transport } from "../../src/Transport.ts"
import * as UndiciTransport from "../../src/transport/UndiciTransport.ts"

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`
    }),
    () =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

/** A proxy that tunnels, and what it was asked to connect to. */
const proxy = Effect.gen(function*() {
  const tunnels: Array<string> = []
  const server = createServer().on("connect", ({ url = "" }, socket) => {
    tunnels.push(url)
    const [host = "", port = ""] = url.split(":")
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on("error", () => socket.destroy())
    socket.on("error", () => upstream.destroy())
  })
  return { url: yield* listening(server), tunnels }
})

const call = (url: string, through: UndiciTransport.Proxy) =>
  Effect.gen(function*() {
    const transport = yield* Effect.map(
      Layer.build(UndiciTransport.layerProxy(through)),
      (context) => Effect.provideContext(Transport, context)
    )
    const { call } = yield* transport
    const exchange = yield* call({ url: `${url}/v1/responses`, headers: {}, body: "{}" })
    const { pull, status } = yield* exchange.response
    return { status, text: new TextDecoder().decode(yield* pull) }
  })

describe("a proxy", () => {
  const upstream = listening(createServer((_, response) => response.end("answered")))

  it.live("is gone through where one is given", () =>
    Effect.gen(function*() {
      const url = yield* upstream
      const { tunnels, url: http } = yield* proxy
      assert.deepStrictEqual(yield* call(url, { http }), { status: 200, text: "answered" })
      assert.deepStrictEqual(tunnels, [new URL(url).host])
    }))

  it.live("is not for the hosts that are excepted", () =>
    Effect.gen(function*() {
      const url = yield* listening(createServer((_, response) => response.end("answered")))
      const { tunnels, url: http } = yield* proxy
      assert.deepStrictEqual(yield* call(url, { http, except: "127.0.0.1" }), { status: 200, text: "answered" })
      assert.deepStrictEqual(tunnels, [])
    }))
})
