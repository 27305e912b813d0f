/**
 * How a leg's calls are made on whatever `HttpClient` the program brought: each ends with the scope it is made in, and
 * none follows a redirect, which would carry the key to an address that nobody configured.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { RequestInit } from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { Scope } from "effect/Scope"

/** Makes one call; closing the scope aborts it, wherever it is. */
export type Transport = (
  request: HttpClientRequest
) => Effect.Effect<HttpClientResponse, HttpClientError, Scope>

/** The scope of the call a client is making: what it gives a response up with, should nobody come to open it. */
export const CallScope = Context.Reference<Scope | undefined>("effect-flexinference/CallScope", {
  defaultValue: () => undefined
})

const releasing = new WeakSet<HttpClient.HttpClient>()

/** Notes that a client ends a call with the scope its body is opened in, and that it follows no redirects. */
export const releasesOnClose = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  releasing.add(client)
  return client
}

/** The calls of a client. One that sees to its calls itself is spared the abort signal that others need. */
export const make = (client: HttpClient.HttpClient): Effect.Effect<Transport> =>
  Effect.contextWith((context: Context.Context<never>) => {
    if (releasing.has(client)) {
      return Effect.succeed<Transport>((request) =>
        Effect.flatMap(Effect.scope, (scope) => Effect.provideService(client.execute(request), CallScope, scope))
      )
    }
    const scoped = HttpClient.withScope(client)
    // `fetch` alone follows redirects by itself; to the other clients this means nothing.
    const stay = <R>(input: Context.Context<R>): Context.Context<R | RequestInit> =>
      Context.add(input, RequestInit, {
        ...Context.getOrUndefined(context, RequestInit),
        ...Context.getOrUndefined(input, RequestInit),
        redirect: "manual"
      })
    return Effect.succeed<Transport>((request) => Effect.updateContext(scoped.execute(request), stay))
  })
