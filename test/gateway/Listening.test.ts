import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { once } from "node:events"
import { connect } from "node:net"
import type * as Gateway from "../../src/gateway/Gateway.ts"
import * as Running from "./running.ts"

const listening = (gateway: Gateway.Options) => Effect.map(Running.onSimulator({ gateway }), ({ url }) => url)

/** A connection to a gateway, and whether it has been closed. */
const connection = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {})),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("connections", () => {
  it.live("are no more than is allowed", () =>
    Effect.gen(function*() {
      const url = yield* listening({ maxConnections: 1 })
      const first = yield* connection(url)
      yield* Effect.promise(() => once(first, "connect"))
      const second = yield* connection(url)
      second.resume()
      yield* Effect.promise(() => once(second, "close"))
      assert.isFalse(first.destroyed)
    }))

  it.live("are closed where the headers of a request do not come in time", () =>
    Effect.gen(function*() {
      const url = yield* listening({ headerTimeout: "100 millis", bodyTimeout: "200 millis" })
      const socket = yield* connection(url)
      socket.write("POST /v1/responses HTTP/1.1\r\n")
      let text = ""
      socket.on("data", (chunk) => (text += String(chunk)))
      yield* Effect.promise(() => once(socket, "close"))
      assert.match(text, /^HTTP\/1\.1 408 /)
    }))
})

describe("web pages", () => {
  const keys = [Redacted.make("a-key")]
  const page = "https://app.example.com"

  const asked = (url: string, origin: string) =>
    Effect.promise((signal) =>
      fetch(`${url}/v1/responses`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type"
        },
        signal
      })
    )

  it.live("of the origins that are listed are answered when they ask first, and may read the answer", () =>
    Effect.gen(function*() {
      const url = yield* listening({ keys, cors: [page, "http://localhost:5173"] })
      const first = yield* asked(url, page)
      assert.strictEqual(first.status, 204)
      assert.strictEqual(first.headers.get("access-control-allow-origin"), page)
      assert.include(first.headers.get("access-control-allow-headers"), "authorization")
      const reply = yield* Effect.promise((signal) =>
        fetch(`${url}/v1/models`, { headers: { origin: page, authorization: "Bearer a-key" }, signal })
      )
      assert.strictEqual(reply.status, 200)
      assert.strictEqual(reply.headers.get("access-control-allow-origin"), page)
      assert.include(reply.headers.get("access-control-expose-headers"), "x-flexinference-routing-reason")
      yield* Effect.promise(() => reply.text())
    }))

  it.live.each<readonly [string, Gateway.Options]>([
    ["of other origins", { keys, cors: [page] }],
    ["where none is listed", { keys }]
  ])("%s are told nothing that would let them call", ([, gateway]) =>
    Effect.gen(function*() {
      const url = yield* listening(gateway)
      const { headers } = yield* asked(url, "https://evil.example")
      assert.isNull(headers.get("access-control-allow-origin"))
    }))
})
