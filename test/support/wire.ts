/** Providers that put given bytes on the wire, one answer after the other; the last of them for every further call. */
import { Effect, Layer, Redacted, Stream } from "effect"
import { HttpClient, type HttpClientError, type HttpClientRequest } from "effect/http"
import * as Router from "../../src/Router.ts"
import * as ClientResponse from "../../src/transport/ClientResponse.ts"

export interface Wire {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body: string
}

const key = { apiKey: Redacted.make("sk-test") }

/** A router on such providers; `seen` takes the calls that were made. */
export const layer = (
  wires: ReadonlyArray<Wire>,
  seen: Array<HttpClientRequest.HttpClientRequest> = [],
  options: Partial<Router.Options> = {}
) =>
  Router.layer({ openai: key, google: key, anthropic: key, ...options }).pipe(
    Layer.provide(Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
        Effect.flatMap((request) => {
          const { body, headers = {}, status = 200 } = wires[Math.min(seen.length, wires.length - 1)] ?? { body: "" }
          seen.push(request)
          return ClientResponse.make({
            request,
            url: request.url,
            status,
            headers,
            stream: Stream.make(new TextEncoder().encode(body))
          })
        }),
        Effect.succeed
      )
    ))
  )

/** The body of a call that was made. */
export const sentIn = ({ body }: HttpClientRequest.HttpClientRequest): { readonly [name: string]: unknown } =>
  body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(body.body)) : {}
