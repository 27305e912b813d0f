/**
 * The port by which a call to a provider leaves: a request goes out, a status and headers come back, and the body is
 * pulled as it arrives.
 *
 * By default calls go over whatever `HttpClient` the program has, so that a transform, a tracer or a limiter on that
 * client meets every one of them. `effect-flexinference/undici` has a transport that goes straight to sockets; give it, or
 * one of your own that `make` builds, to the layers called `layerTransport`.
 *
 * **Example** (a transport that answers from memory)
 *
 * ```ts
 * import { Cause, Effect, Layer } from "effect"
 * import { Transport } from "effect-flexinference"
 *
 * const body = new TextEncoder().encode("{}")
 *
 * export const layer = Layer.succeed(Transport.Transport, Transport.make(() =>
 *   Effect.sync(() => {
 *     let sent = false
 *     const pull = Effect.suspend(() => {
 *       if (sent) return Cause.done()
 *       sent = true
 *       return Effect.succeed(body)
 *     })
 *     return { status: 200, headers: { "content-type": "application/json" }, pull }
 *   })
 * ))
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"

/** One call, as it goes out. */
export interface Request {
  /**
   * @default "POST"
   */
  readonly method?: "POST" | "GET" | undefined
  /** The whole address, query included. It comes from configuration, never from a caller. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: { readonly [name: string]: string }
  /** Of a GET there is none, and what stands here is left out. */
  readonly body: string
}

/** The headers of an answer, by lower-case name. */
export type Headers = { readonly [name: string]: string | undefined }

/** An answer whose body is on its way. */
export interface Response {
  readonly status: number
  readonly headers: Headers
  /** What has come since the last pull, or waits for what comes next. Ends with the body. */
  readonly pull: Pull.Pull<Uint8Array, TransportError>
}

/**
 * No answer, or none to its end: the connection was refused, reset or given up.
 *
 * **Example** (a transport that reaches nobody)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Transport } from "effect-flexinference"
 *
 * export const offline = Transport.make(() => Effect.fail(new Transport.TransportError({ cause: "offline" })))
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends Data.TaggedError("TransportError")<{
  readonly cause: unknown
}> {}

/** A call that is under way. */
export interface Call {
  readonly response: Effect.Effect<Response, TransportError>
  /** Fails whoever waits for the call, or pulls from it later. The call itself ends with its scope at the latest. */
  readonly abort: (error: TransportError) => void
}

/**
 * Makes the calls of this process to providers.
 *
 * @since 0.1.0
 * @category services
 */
export class Transport extends Context.Service<Transport, {
  /** Begins a call. Closing the scope ends it, wherever it is, before anything else happens. */
  readonly call: (request: Request) => Effect.Effect<Call, never, Scope.Scope>
}>()("effect-flexinference/Transport") {}

/**
 * A transport from the one function that sends a request. What the function acquires lives in the call's scope; it may
 * be interrupted, and so may the pulls.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  send: (request: Request) => Effect.Effect<Response, TransportError, Scope.Scope>
): Transport["Service"] => ({
  call: (request) =>
    Effect.map(Effect.scope, (scope) => {
      const aborted = Deferred.makeUnsafe<never, TransportError>()
      const untilAborted = <A, E>(effect: Effect.Effect<A, E>) => Effect.raceFirst(effect, Deferred.await(aborted))
      return {
        response: Effect.map(
          untilAborted(Scope.provide(send(request), scope)),
          ({ headers, pull, status }): Response => ({ status, headers, pull: untilAborted(pull) })
        ),
        abort: (error) => {
          Deferred.doneUnsafe(aborted, Effect.fail(error))
        }
      }
    })
})
