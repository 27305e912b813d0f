import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Inspectable, Scope, Stream } from "effect"
import { Cookies, HttpClientRequest, HttpClientResponse, HttpIncomingMessage, UrlParams } from "effect/http"
import * as ClientResponse from "../../src/transport/ClientResponse.ts"

const request = HttpClientRequest.get("https://api.example/v1", { headers: { authorization: "Bearer sk-secret" } })

/** A response over one-byte pieces, and how often its body was opened. */
const respond = (body: string, options: Partial<ClientResponse.Source> = {}) =>
  Effect.gen(function*() {
    let opened = 0
    const bytes = Array.from(new TextEncoder().encode(body), (byte) => Uint8Array.of(byte))
    const response = yield* ClientResponse.make({
      request,
      url: "https://api.example/v1",
      status: 200,
      headers: {},
      stream: Stream.suspend(() => {
        opened++
        return Stream.fromIterable(bytes)
      }),
      ...options
    })
    return { response, opened: () => opened }
  })

describe("a response over a stream", () => {
  it.effect("is an HttpClientResponse to Effect", () =>
    Effect.gen(function*() {
      const { response } = yield* respond("")
      assert.isTrue(HttpIncomingMessage.isHttpIncomingMessage(response))
      assert.strictEqual(response[HttpClientResponse.TypeId], HttpClientResponse.TypeId)
      const ok = yield* response.pipe(HttpClientResponse.filterStatusOk)
      assert.strictEqual(ok, response)
    }))

  it.effect("reads text, JSON and bytes of the same body, which is opened once", () =>
    Effect.gen(function*() {
      const { opened, response } = yield* respond("{\"text\":\"Größe 🌍\"}")
      assert.deepStrictEqual(yield* response.json, { text: "Größe 🌍" })
      assert.strictEqual(yield* response.text, "{\"text\":\"Größe 🌍\"}")
      assert.strictEqual(new TextDecoder().decode(yield* response.arrayBuffer), "{\"text\":\"Größe 🌍\"}")
      assert.strictEqual(opened(), 1)
    }))

  it.effect("reads an empty body as null", () =>
    Effect.gen(function*() {
      const { response } = yield* respond("")
      assert.isNull(yield* response.json)
    }))

  it.effect("fails to decode a body that is not what was asked for", () =>
    Effect.gen(function*() {
      const { response } = yield* respond("not JSON %")
      for (
        const read of [
          Effect.asVoid(response.json),
          Effect.asVoid(response.urlParamsBody),
          Effect.asVoid(response.formData)
        ]
      ) {
        const { reason } = yield* Effect.flip(read)
        assert.strictEqual(reason._tag, "DecodeError")
      }
      assert.strictEqual((yield* Effect.flip(Effect.asVoid(response.upgrade))).reason._tag, "StatusCodeError")
    }))

  it.effect("reads form parameters with their escapes", () =>
    Effect.gen(function*() {
      const { response } = yield* respond("a=1+2&b=%C3%BC&a=&c")
      assert.deepStrictEqual(UrlParams.toRecord(yield* response.urlParamsBody), { a: ["1 2", ""], b: "ü", c: "" })
    }))

  it.effect("has the headers by their lower-case names and the cookies one by one", () =>
    Effect.gen(function*() {
      const { response } = yield* respond("", {
        headers: { "Content-Type": "text/plain", "set-cookie": ["a=1; Path=/", "b=2"] }
      })
      assert.strictEqual(response.headers["content-type"], "text/plain")
      assert.deepStrictEqual(Cookies.toRecord(response.cookies), { a: "1", b: "2" })
    }))

  it.effect("prints without credentials", () =>
    Effect.gen(function*() {
      const { response } = yield* respond("", { headers: { "set-cookie": "session=secret" } })
      const printed = Inspectable.toStringUnknown(response) + JSON.stringify(response)
      assert.notInclude(printed, "secret")
    }))
})

describe("onClose", () => {
  const watched = (stream: Stream.Stream<number>) => {
    const exits: Array<Exit.Exit<unknown, unknown>> = []
    return { exits, stream: ClientResponse.onClose(stream, (exit) => Effect.sync(() => exits.push(exit))) }
  }

  it.effect("runs its finalizer when the scope of a stream closes that was opened and never pulled", () =>
    Effect.gen(function*() {
      const { exits, stream } = watched(Stream.never)
      const scope = yield* Scope.make()
      yield* Scope.provide(Stream.toPull(stream), scope)
      assert.strictEqual(exits.length, 0)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(exits.length, 1)
    }))

  it.effect("runs its finalizer once, at the end and when the reader leaves early", () =>
    Effect.gen(function*() {
      const all = watched(Stream.make(1, 2, 3))
      assert.deepStrictEqual(yield* Stream.runCollect(all.stream), [1, 2, 3])
      assert.strictEqual(all.exits.length, 1)
      const some = watched(Stream.range(1, 1000).pipe(Stream.rechunk(1)))
      yield* Stream.runDrain(Stream.take(some.stream, 2))
      assert.strictEqual(some.exits.length, 1)
    }))
})
