/**
 * The gateway's HTTP client: Effect's `HttpClient` straight over the `dispatch` of an undici `Agent`.
 *
 * It does what a router needs and no more. A body is read only as fast as it is consumed, whoever goes away takes the
 * request down with them, and no clock of its own ends a long wait: the router keeps the clocks. Redirects are not
 * followed, so a credential never travels further than its address. Nothing else may import undici: on Node 20 only
 * undici 7 loads.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { isString, isUint8Array } from "effect/Predicate"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Agent, type Dispatcher } from "undici"
import * as ClientResponse from "./ClientResponse.ts"
import * as Transport from "../Transport.ts"

/** What undici's `Agent` can be told: the number of connections, TLS settings, keep-alive. */
export type Options = Agent.Options

/** How many unread bytes of a body are held before its connection is paused. */
const highWaterMark = 64 * 1024

/**
 * A client with an `Agent` of its own, which is destroyed with the layer's scope.
 *
 * **Gotchas**
 *
 * A response whose body is neither read nor opened keeps its connection. Open the body in a scope and close the scope
 * to give it up. This client records no span: add one around the call.
 */
export const layer = (options?: Options): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      Effect.acquireRelease(Effect.sync(() => new Agent(options)), (agent) => Effect.promise(() => agent.destroy())),
      make
    )
  )

/** The client of a dispatcher that is somebody else's to destroy. */
export const make = (dispatcher: Dispatcher): HttpClient.HttpClient =>
  Transport.releasesOnClose(HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) =>
      Effect.flatMap(request, (request) => execute(dispatcher, request)),
    Effect.succeed
  ))

const execute = (
  dispatcher: Dispatcher,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  Option.match(HttpClientRequest.toUrl(request), {
    onNone: () =>
      Effect.fail(
        new HttpClientError.HttpClientError({ reason: new HttpClientError.InvalidUrlError({ request }) })
      ),
    onSome: (url) =>
      Effect.flatMap(bodyOf(request), (body) => {
        const exchange = new Exchange(request)
        const owned = Effect.flatMap(Transport.CallScope, (scope) =>
          scope === undefined ? Effect.void : Scope.addFinalizer(scope, exchange.abort))
        const head = Effect.callback<Head, HttpClientError.HttpClientError>((resume) => {
          exchange.settle = resume
          dispatcher.dispatch({
            origin: url.origin,
            path: url.pathname + url.search,
            method: request.method,
            headers: request.headers,
            body,
            headersTimeout: 0,
            bodyTimeout: 0
          }, exchange)
        })
        return Effect.andThen(owned, head).pipe(
          Effect.flatMap((head) =>
            ClientResponse.make({
              ...head,
              request,
              url: url.origin + url.pathname + url.search,
              stream: ClientResponse.onClose(Stream.fromPull(Effect.succeed(exchange.pull)), () =>
                exchange.abort)
            })
          ),
          Effect.onInterrupt(() => exchange.abort)
        )
      })
  })

const bodyOf = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<NonNullable<Dispatcher.DispatchOptions["body"]> | null, HttpClientError.HttpClientError> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(null)
    case "Uint8Array":
      return Effect.succeed(body.text ?? body.body)
    case "Stream":
      return NodeStream.toReadable(body.stream)
    default:
      return body._tag === "Raw" && (isString(body.body) || isUint8Array(body.body))
        ? Effect.succeed(body.body)
        : Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.EncodeError({ request, description: `This client sends no ${body._tag} body.` })
          })
        )
  }
}

/** The status line and the headers of an answer. */
type Head = Pick<ClientResponse.Source, "status" | "headers">

/** One request and its answer, as undici tells of them; the body waits here until it is pulled. */
class Exchange implements Dispatcher.DispatchHandler {
  settle: (head: Effect.Effect<Head, HttpClientError.HttpClientError>) => void = constVoid
  private readonly request: HttpClientRequest.HttpClientRequest
  private controller: Dispatcher.DispatchController | undefined
  private chunks: Array<Uint8Array> = []
  private buffered = 0
  private wake: () => void = constVoid
  /** How the body ended, once it has; `undefined` stands for a whole one. */
  private end: { readonly failure: HttpClientError.HttpClientError | undefined } | undefined

  constructor(request: HttpClientRequest.HttpClientRequest) {
    this.request = request
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    // Given up while it waited for a connection: it must not be sent.
    if (this.end !== undefined) controller.abort(new Error("The request was given up."))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head["headers"]): void {
    if (status >= 200) this.settle(Effect.succeed({ status, headers }))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.buffered += chunk.length
    this.wake()
    if (this.buffered >= highWaterMark) controller.pause()
  }

  onResponseEnd(): void {
    this.finish(undefined)
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, cause: Error): void {
    const failure = this.failed(cause)
    this.settle(Effect.fail(failure))
    this.finish(failure)
  }

  /** Ends the exchange, and with it the connection, unless it is over. */
  readonly abort: Effect.Effect<void> = Effect.sync(() => {
    if (this.end !== undefined) return
    const reason = new Error("The request was given up.")
    this.chunks = []
    this.finish(this.failed(reason))
    this.controller?.abort(reason)
  })

  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, HttpClientError.HttpClientError> = Effect.suspend(
    () => {
      const { chunks } = this
      if (Arr.isArrayNonEmpty(chunks)) {
        this.chunks = []
        this.buffered = 0
        this.controller?.resume()
        return Effect.succeed(chunks)
      }
      if (this.end === undefined) return Effect.flatMap(this.arrival, () => this.pull)
      return this.end.failure === undefined ? Cause.done() : Effect.fail(this.end.failure)
    }
  )

  private readonly arrival: Effect.Effect<void> = Effect.callback((resume) => {
    // It may have come while the fiber had yielded, when nobody was there to be woken.
    if (this.end !== undefined || this.chunks.length > 0) return resume(Effect.void)
    this.wake = () => {
      this.wake = constVoid
      resume(Effect.void)
    }
  })

  private finish(failure: HttpClientError.HttpClientError | undefined): void {
    this.end ??= { failure }
    this.wake()
  }

  private failed(cause: Error): HttpClientError.HttpClientError {
    return new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request: this.request, cause })
    })
  }
}
