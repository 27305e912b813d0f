/** Calls over whatever `HttpClient` the program has: the adapter that every other client is reached by. */
import * as Channel from "effect/Channel"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { RequestInit } from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Transport from "../Transport.ts"
import * as Bytes from "../wire/Bytes.ts"

/** The transport over the `HttpClient` of the context; its services, such as `FetchHttpClient.RequestInit`, are kept. */
export const layer: Layer.Layer<Transport.Transport, never, HttpClient.HttpClient> = Layer.effect(
  Transport.Transport,
  Effect.flatMap(HttpClient.HttpClient, (client) => make(client))
)

/** The transport over a client. */
export const make = (client: HttpClient.HttpClient): Effect.Effect<Transport.Transport["Service"]> =>
  Effect.contextWith((context: Context.Context<never>) => {
    const scoped = HttpClient.withScope(client)
    // `fetch` alone follows redirects by itself, with the key in hand; to the other clients this means nothing.
    const stay = (input: Context.Context<Scope.Scope>): Context.Context<Scope.Scope | RequestInit> =>
      Context.add(input, RequestInit, {
        ...Context.getOrUndefined(context, RequestInit),
        ...Context.getOrUndefined(input, RequestInit),
        redirect: "manual"
      })
    return Effect.succeed(Transport.make((request) =>
      // Nothing may come between having a response and owning its body, or an interruption there would leak the call.
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          restore(Effect.updateContext(scoped.execute(requestOf(request)), stay)),
          (response) =>
            Effect.map(pulling(response.stream), (pull): Transport.Response => ({
              status: response.status,
              headers: response.headers,
              pull: Effect.mapBothEager(pull, { onSuccess: Bytes.join, onFailure: failureOf })
            }))
        )
      ).pipe(Effect.mapError(errorOf))
    ))
  })

/** A stream as a pull, in the call's scope. */
const pulling = <A, E>(stream: Stream.Stream<A, E>) =>
  Effect.flatMap(Effect.scope, (scope) => Channel.toPullScoped(Stream.toChannel(stream), scope))

const requestOf = ({ body, headers, method, url }: Transport.Request): HttpClientRequest.HttpClientRequest =>
  method === "GET"
    ? HttpClientRequest.get(url, { headers })
    : HttpClientRequest.post(url, { headers }).pipe(HttpClientRequest.bodyText(body, headers["content-type"]))

const failureOf = (error: HttpClientError | Cause.Done): Transport.TransportError | Cause.Done =>
  Cause.isDone(error) ? error : errorOf(error)

// Not the error itself: it holds the request, and with it the key.
const errorOf = ({ reason }: HttpClientError): Transport.TransportError =>
  new Transport.TransportError({ cause: "cause" in reason ? reason.cause : undefined })
