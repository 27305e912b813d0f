/** What goes back over HTTP: an answer of the router, or an error in the envelope of the surface's clients. */
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Dialect } from "../Dialect.ts"
import type * as Draining from "../Draining.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Answer, Counted } from "../Router.ts"
import * as Routing from "../Routing.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as EventStream from "./EventStream.ts"
import * as Fault from "./Fault.ts"

/** What the gateway says of an answer that the router does not know. */
export interface Notes {
  readonly requestId: string
  /** The day on which the provider stops serving the model, where that is near. */
  readonly retires: string | undefined
  /** The end of this process, which ends a stream that is still under way. */
  readonly draining: Draining.State | undefined
  /** What it says beside them. */
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** The request's own name, which is the provider's as well where the provider has none of its own. */
export const named = (requestId: string, provider: Answer["headers"]) => ({
  "x-request-id": requestId,
  ...provider,
  "x-flexinference-request-id": requestId
})

/** A committed answer: its body as it is, or its events as they come. */
export const answer = (answer: Answer, dialect: Dialect, notes: Notes): HttpServerResponse.HttpServerResponse => {
  const headers = {
    ...named(notes.requestId, answer.headers),
    ...Routing.headers(answer.routing),
    ...(notes.retires === undefined ? {} : { "x-flexinference-retires": notes.retires }),
    ...notes.headers,
    "cache-control": "no-store"
  }
  return answer._tag === "Body"
    ? HttpServerResponse.text(answer.text, { contentType: "application/json", headers })
    : HttpServerResponse.stream(EventStream.encode(answer.chunks, dialect, notes.draining), streamed(headers))
}

/** The head of a stream. */
export const streamed = (headers: { readonly [name: string]: string }) => ({
  contentType: "text/event-stream; charset=utf-8",
  headers: {
    ...headers,
    "cache-control": "no-store",
    // Asks a reverse proxy to hand the events on as they come.
    "x-accel-buffering": "no"
  }
})

/** Something that the gateway knows by itself. */
export const facts = (value: JsonObject, requestId: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(value, { headers: named(requestId, undefined) })

/** What a provider was asked beside any request. */
export const counted = ({ headers, text }: Counted, requestId: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(text, { contentType: "application/json", headers: named(requestId, headers) })

/** An error before anything was sent. */
export const failure = (
  error: FlexInferenceError,
  dialect: Pick<Dialect, "errorBody">,
  requestId: string
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(dialect.errorBody(error), {
    status: error.status,
    headers: {
      ...(error.retryAfter === undefined
        ? {}
        : { "retry-after": String(Math.ceil(Duration.toSeconds(error.retryAfter))) }),
      ...named(requestId, error.headers),
      // The official clients ask this header before the status whether to send a request again.
      ...(error.retryable ? {} : { "x-should-retry": "false" }),
      ...(error.status === 401 ? { "www-authenticate": "Bearer" } : {})
    }
  })

/** Whatever a handler fails with, as a response; only an interruption stays what it is. */
export const orFailure = <R>(
  response: Effect.Effect<HttpServerResponse.HttpServerResponse, FlexInferenceError, R>,
  dialect: Pick<Dialect, "errorBody">,
  requestId: string
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchCause(
    response,
    (cause: Cause.Cause<FlexInferenceError>) =>
      Effect.map(Fault.errorOf(cause), (error) => failure(error, dialect, requestId))
  )
