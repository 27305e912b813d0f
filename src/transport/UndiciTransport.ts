/**
 * Calls straight over undici, on connections of its own.
 *
 * It does what a router needs and no more. A body is read only as fast as it is consumed, whoever goes away takes the
 * request down with them, and no clock of its own ends a long wait: the router keeps the clocks. Redirects are not
 * followed, so a credential never travels further than its address. Nothing else may import undici: on Node 20 only
 * undici 7 loads.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type Dispatcher, EnvHttpProxyAgent } from "undici"
import * as Transport from "../Transport.ts"
import * as Connections from "./Connections.ts"

/** What can be told of the connections: their number, TLS settings, keep-alive. */
export type Options = Connections.Options

/** How many unread bytes of a body are held before its connection is paused. */
const highWaterMark = 64 * 1024

/**
 * A transport with connections of its own, which close with the layer's scope. Connecting counts as waiting for the
 * first byte, so undici's own clock for it is off, unless the options set one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Transport.Transport> =>
  Layer.effect(Transport.Transport, Effect.map(Connections.make({ connectTimeout: 0, ...options }), over))

/**
 * The transport over a dispatcher that is somebody else's to destroy, such as one that goes through a proxy.
 *
 * **Gotchas**
 *
 * undici's `Agent` and `Pool` connect anew for every request that is given up, with nothing to send.
 *
 * **Example** (over a proxy)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Transport } from "effect-flexinference"
 * import * as Undici from "effect-flexinference/undici"
 * import { ProxyAgent } from "undici"
 *
 * // The agent is yours: close it when the program ends.
 * const agent = new ProxyAgent("http://proxy.example:3128")
 *
 * export const transport = Layer.succeed(Transport.Transport, Undici.make(agent))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher): Transport.Transport["Service"] =>
  over((origin, options, handler) => {
    dispatcher.dispatch({ origin, ...options }, handler)
    return { done: constVoid, giveUp: handler.cancel }
  })

/** The proxies that calls go through. */
export interface Proxy {
  /** For addresses that begin with `https:`; without it, the one for `http:`. */
  readonly https?: string | undefined
  /** For those that begin with `http:`. */
  readonly http?: string | undefined
  /** Hosts that are called directly, separated by commas, as `NO_PROXY` has them. */
  readonly except?: string | undefined
}

/**
 * A transport through proxies, which tunnel whatever is sent; nothing is read from the environment.
 *
 * **Example** (the proxy of a company, but not for its own hosts)
 *
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { FlexInference } from "effect-flexinference"
 * import * as Undici from "effect-flexinference/undici"
 *
 * export const layer = FlexInference.layerTransport({ openai: { apiKey: Redacted.make("sk-…") } }).pipe(
 *   Layer.provide(Undici.layerProxy({ http: "http://proxy.example:3128", except: "models.example" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProxy = ({ except, http, https }: Proxy): Layer.Layer<Transport.Transport> =>
  Layer.effect(
    Transport.Transport,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() =>
          new EnvHttpProxyAgent({
            connectTimeout: 0,
            // What is left out would be taken from the environment.
            httpProxy: http ?? "",
            httpsProxy: https ?? "",
            noProxy: except ?? ""
          })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      ),
      make
    )
  )

type Dispatch = (origin: string, options: Dispatcher.DispatchOptions, handler: Exchange) => Connections.Lease

const over = (dispatch: Dispatch): Transport.Transport["Service"] => ({
  call: (request) =>
    Effect.flatMap(Effect.scope, (scope) => {
      const exchange = new Exchange(dispatch, request)
      return Effect.as(Scope.addFinalizer(scope, exchange.close), exchange)
    })
})

/** One for all: nobody looks at where it was made, and a crowd that leaves gives up many. */
const givenUp = new Transport.TransportError({ cause: new Error("The request was given up.") })

/** The headers as undici gives them: those that came more than once are lists. */
type Received = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** One request and its answer, as undici tells of them; the body waits here until it is pulled. */
class Exchange implements Transport.Call, Connections.Handler {
  private readonly dispatch: Dispatch
  private readonly request: Transport.Request
  private lease: Connections.Lease | undefined
  private controller: Dispatcher.DispatchController | undefined
  private head: (response: Effect.Effect<Transport.Response, Transport.TransportError>) => void = constVoid
  private waiting: ((pulled: Transport.Response["pull"]) => void) | undefined
  private chunks: Array<Uint8Array> = []
  private buffered = 0
  private paused = false
  /** How the body ended, once it has; `undefined` stands for a whole one. */
  private ended: { readonly failure: Transport.TransportError | undefined } | undefined

  constructor(dispatch: Dispatch, request: Transport.Request) {
    this.dispatch = dispatch
    this.request = request
  }

  readonly response: Effect.Effect<Transport.Response, Transport.TransportError> = Effect.callback((resume) => {
    if (this.ended !== undefined) return resume(Effect.fail(this.ended.failure ?? givenUp))
    const { body, headers, method = "POST", url } = this.request
    const path = url.indexOf("/", url.indexOf("://") + 3)
    this.head = resume
    const lease = this.dispatch(path === -1 ? url : url.slice(0, path), {
      path: path === -1 ? "/" : url.slice(path),
      method,
      headers,
      body: method === "GET" ? null : body,
      headersTimeout: 0,
      bodyTimeout: 0
    }, this)
    if (this.ended === undefined) this.lease = lease
    else lease.giveUp()
  })

  readonly pull: Transport.Response["pull"] = Effect.suspend(() => {
    const [first] = this.chunks
    if (first !== undefined) {
      const bytes = this.chunks.length === 1 ? first : Buffer.concat(this.chunks, this.buffered)
      this.chunks = []
      this.buffered = 0
      if (this.paused) {
        this.paused = false
        this.controller?.resume()
      }
      return Effect.succeed(bytes)
    }
    if (this.ended === undefined) return this.arrival
    return this.ended.failure === undefined ? Cause.done() : Effect.fail(this.ended.failure)
  })

  private readonly arrival: Transport.Response["pull"] = Effect.callback((resume) => {
    // It may have come while the fiber had yielded, when nobody was there to be woken.
    if (this.ended !== undefined || this.chunks.length > 0) return resume(this.pull)
    this.waiting = resume
  })

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    // Given up while it waited for a connection: it must not be sent.
    if (this.ended !== undefined) controller.abort(new Error("The request was given up."))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Received): void {
    if (status >= 200) this.head(Effect.succeed({ status, headers: single(headers), pull: this.pull }))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    const { waiting } = this
    if (waiting !== undefined) {
      this.waiting = undefined
      waiting(Effect.succeed(chunk))
      return
    }
    this.chunks.push(chunk)
    this.buffered += chunk.length
    if (this.buffered >= highWaterMark && !this.paused) {
      this.paused = true
      controller.pause()
    }
  }

  onResponseEnd(): void {
    this.lease?.done()
    this.finish(undefined)
  }

  readonly onUnsent = (cause: Error): void => this.finish(new Transport.TransportError({ cause }))

  onResponseError(_: Dispatcher.DispatchController | undefined, cause: Error): void {
    if (this.ended !== undefined) return
    this.finish(new Transport.TransportError({ cause }))
    this.lease?.giveUp()
  }

  readonly abort = (error: Transport.TransportError): void => {
    if (this.ended !== undefined) return
    this.chunks = []
    this.finish(error)
    this.lease?.giveUp()
  }

  /** Takes the request back from a dispatcher that does not take back its connection. */
  readonly cancel = (): void => this.controller?.abort(new Error("The request was given up."))

  readonly close: Effect.Effect<void> = Effect.sync(() => {
    if (this.ended === undefined) this.abort(givenUp)
  })

  private finish(failure: Transport.TransportError | undefined): void {
    this.ended ??= { failure }
    if (failure !== undefined) this.head(Effect.fail(failure))
    const { waiting } = this
    this.waiting = undefined
    waiting?.(failure === undefined ? Cause.done() : Effect.fail(failure))
  }
}

const isSingle = (headers: Received): headers is Transport.Headers => {
  for (const name in headers) {
    if (Array.isArray(headers[name])) return false
  }
  return true
}

/** One value each: a header that came more than once is a list, as HTTP has it. */
const single = (headers: Received): Transport.Headers =>
  isSingle(headers) ? headers : Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "object" ? value.join(", ") : value])
  )
