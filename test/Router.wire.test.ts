import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError } from "effect/http"
import { inspect } from "node:util"
import type { BuiltInName as DialectName } from "../src/dialect/index.ts"
import * as ClientResponse from "../src/transport/ClientResponse.ts"
import * as Router from "../src/Router.ts"
import * as Transport from "../src/Transport.ts"

/** What a provider puts on the wire for one call. */
interface Wire {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body: string
  /** The connection breaks behind the body. */
  readonly breaks?: boolean
}

const apiKey = Redacted.make("sk-test")
const encoder = new TextEncoder()

const options = { openai: { baseUrl: "https://openai.test/v1", apiKey } }

const answer = (wires: ReadonlyArray<Wire>, seen: Array<string>, body: string): Required<Wire> => {
  const wire = wires[Math.min(seen.length, wires.length - 1)]
  seen.push(body)
  return { status: 200, headers: {}, body: "", breaks: false, ...wire }
}

const bytesOf = <E>({ body, breaks }: Required<Wire>, error: E): Stream.Stream<Uint8Array, E> => {
  const bytes = Stream.make(encoder.encode(body))
  return breaks ? Stream.concat(bytes, Stream.fail(error)) : bytes
}

const overClient = (wires: ReadonlyArray<Wire>, seen: Array<string> = []) =>
  Router.layer(options).pipe(
    Layer.provide(Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
        Effect.flatMap((request) => {
          const wire = answer(wires, seen, request.url)
          const { headers, status } = wire
          const reason = new HttpClientError.TransportError({ request })
          const stream = bytesOf(wire, new HttpClientError.HttpClientError({ reason }))
          return ClientResponse.make({ request, url: request.url, status, headers, stream })
        }),
        Effect.succeed
      )
    ))
  )

const overTransport = (wires: ReadonlyArray<Wire>, seen: Array<string> = []) =>
  Router.layerTransport(options).pipe(
    Layer.provide(Layer.succeed(
      Transport.Transport,
      Transport.make(({ url }) => {
        const wire = answer(wires, seen, url)
        const { headers, status } = wire
        return Effect.map(
          Stream.toPull(bytesOf(wire, new Transport.TransportError({ cause: undefined }))),
          (pull) => ({ status, headers, pull: Effect.map(pull, ([bytes]) => bytes) })
        )
      })
    ))
  )

const adapters = [
  { adapter: "an HttpClient", router: overClient },
  { adapter: "a Transport", router: overTransport }
]

/** Sends a request and reads its answer to the end. */
const ask = (body: object, surface: DialectName = "responses") =>
  Effect.scoped(Effect.gen(function*() {
    const { open } = yield* Router.Router
    const answer = yield* open(surface, JSON.stringify(body))
    if (answer._tag === "Stream") yield* Stream.runDrain(answer.frames)
    return answer
  }))

const request = { model: "gpt-5.5", input: "Hi", start_within: "default" }
const streamed = { ...request, stream: true }
const chat = { model: "gpt-5.5", messages: [], start_within: "00h-00m-05s" }
const completed = `data: {"type":"response.completed","response":{"output":[]}}`

const failed =
  `data: {"type":"response.failed","response":{"error":{"code":"context_length_exceeded","message":"Too long."}}}\n\n`

describe.each(adapters)("Router on a wire, over $adapter", ({ router }) => {
  it.effect("does not ask again for a body that broke off behind its 200: it is made and charged for", () => {
    const seen: Array<string> = []
    return Effect.gen(function*() {
      const error = yield* Effect.flip(ask({ ...request, retry: { count: 3 } }))
      assert.strictEqual(error.reason._tag, "StreamFailed")
      assert.strictEqual(seen.length, 1)
    }).pipe(Effect.provide(router([{ body: "{\"id\":", breaks: true }], seen)))
  })

  it.effect.each([408, 409])("does not send again what was answered with %i", (status) => {
    const seen: Array<string> = []
    return Effect.gen(function*() {
      const error = yield* Effect.flip(ask({ ...request, retry: { count: 3 } }))
      assert.strictEqual(error.status, status)
      assert.strictEqual(seen.length, 1)
    }).pipe(Effect.provide(router([{ status, body: "{}" }], seen)))
  })

  it.effect("does not take a [DONE] with nothing before it for a start", () => {
    const seen: Array<string> = []
    return Effect.gen(function*() {
      const { routing } = yield* ask({ ...chat, stream: true }, "chat.completions")
      assert.strictEqual(routing.reason, "flex_not_started")
      assert.strictEqual(seen.length, 2)
    }).pipe(Effect.provide(router([
      { body: "data: [DONE]\n\n" },
      { body: `data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n` }
    ], seen)))
  })

  it.effect("takes a stream that ends without a whole answer in it for the provider's failure, not for its own", () =>
    Effect.gen(function*() {
      const { routing } = yield* ask(chat, "chat.completions")
      assert.strictEqual(routing.reason, "flex_recovered")
    }).pipe(Effect.provide(router([
      { body: `data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n` },
      { body: `{"choices":[]}` }
    ]))))

  it.effect.each([completed, `${completed}\n`, `${completed}\r\n`, `\uFEFF${completed}\r\n\r\n`])(
    "reads a last event however it is closed: %j",
    (body) => Effect.asVoid(ask(streamed)).pipe(Effect.provide(router([{ body }])))
  )

  it.effect("takes an event that was cut for the end of the stream", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ask(streamed))
      assert.deepInclude(error.reason, { _tag: "StreamFailed", started: false })
      assert.include(error.message, "closed the stream")
    }).pipe(Effect.provide(router([{ body: completed.slice(0, -5) }]))))

  it.effect("takes a failure event that holds a number beyond all numbers", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ask(streamed))
      assert.deepInclude(error.reason, { _tag: "StreamFailed", message: "No." })
    }).pipe(Effect.provide(router([
      {
        body:
          `data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"No."}},"n":1e999}\n\n`
      }
    ]))))

  it.effect.each(
    [
      [
        "as an answer",
        { status: 400, body: `{"error":{"message":"Too long.","code":"context_length_exceeded"}}` },
        false
      ],
      ["before the start", { body: failed }, false],
      ["after the start", { body: `data: {"type":"response.output_item.added"}\n\n${failed}` }, true]
    ] as const
  )("takes a request that is too long for the caller's fault: %s", ([, wire, started]) => {
    const seen: Array<string> = []
    return Effect.gen(function*() {
      const error = yield* Effect.flip(ask({ ...streamed, start_within: "00h-00m-05s", retry: { count: 3 } }))
      assert.deepInclude(error.reason, {
        _tag: started ? "StreamFailed" : "ProviderFailed",
        status: 400,
        class: "validation",
        code: "context_length_exceeded",
        retryable: false
      })
      // The standard tier would refuse it as well.
      assert.strictEqual(seen.length, 1)
    }).pipe(Effect.provide(router([wire], seen)))
  })
})

describe("Router on a wire", () => {
  it.effect("keeps a key that no header can hold out of the error", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ask(request))
      assert.strictEqual(error.reason._tag, "TransportFailed")
      assert.notInclude(inspect(error, { depth: 20 }), "sk-two")
    }).pipe(Effect.provide(
      Router.layer({
        openai: { baseUrl: "http://127.0.0.1:1", apiKey: Redacted.make("sk-two\nlines") }
      }).pipe(Layer.provide(FetchHttpClient.layer))
    )))
})
