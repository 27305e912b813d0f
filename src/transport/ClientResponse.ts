/**
 * An `HttpClientResponse` over a plain `Stream` of bytes: no Web streams, no promises, so that a simulated answer runs
 * on the virtual clock of a test and a socket's answer costs no more than its bytes.
 */
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Json } from "../wire/Json.ts"

/** What a response is made of; `stream` is the body and may be read once. */
export interface Source {
  readonly request: HttpClientRequest.HttpClientRequest
  /** The address that answered, without its hash. */
  readonly url: string
  readonly status: number
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly stream: Stream.Stream<Uint8Array, HttpClientError.HttpClientError>
}

/** A response whose `text`, `json` and `arrayBuffer` may be asked for again once the body was read through them. */
export const make = (source: Source): Effect.Effect<HttpClientResponse.HttpClientResponse> =>
  Effect.map(Effect.cached(Stream.mkUint8Array(source.stream)), (bytes) => new StreamResponse(source, bytes))

/**
 * The stream, with a finalizer that is registered when the stream is opened and not when it is first pulled: whoever
 * opens a body and goes away without reading it has gone away all the same.
 */
export const onClose = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  finalizer: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
): Stream.Stream<A, E, R> =>
  Stream.fromChannel(
    Channel.fromTransform((upstream, scope) =>
      Effect.andThen(
        Scope.addFinalizerExit(scope, finalizer),
        Channel.toTransform(Stream.toChannel(stream))(upstream, scope)
      )
    )
  )

class StreamResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId] = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId] = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: string
  readonly status: number
  readonly headers: Headers.Headers
  readonly stream: Stream.Stream<Uint8Array, HttpClientError.HttpClientError>
  readonly remoteAddress = Option.none<string>()
  private readonly setCookie: string | ReadonlyArray<string> | undefined
  private readonly bytes: Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.HttpClientError>

  constructor(source: Source, bytes: Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.HttpClientError>) {
    super()
    this.request = source.request
    this.url = source.url
    this.status = source.status
    this.headers = Headers.fromInput(source.headers)
    this.stream = source.stream
    this.setCookie = source.headers["set-cookie"]
    this.bytes = bytes
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  pipe() {
    return pipeArguments(this, arguments)
  }

  get cookies(): Cookies.Cookies {
    return this.setCookie === undefined ? Cookies.empty : Cookies.fromSetCookie(this.setCookie)
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.HttpClientError> {
    return Effect.map(
      this.bytes,
      ({ buffer, byteLength, byteOffset }) =>
        byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    )
  }

  get text(): Effect.Effect<string, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.bytes, (bytes) => Stream.mkString(Stream.decodeText(Stream.succeed(bytes))))
  }

  get json(): Effect.Effect<Json, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.text, (text) => this.decode(() => text === "" ? null : JSON.parse(text)))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.text, (text) => this.decode(() => UrlParams.make(text.split("&").flatMap(pairOf))))
  }

  get formData(): Effect.Effect<never, HttpClientError.HttpClientError> {
    return Effect.fail(
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.DecodeError({
          request: this.request,
          response: this,
          description: "A form-data body cannot be read from this client."
        })
      })
    )
  }

  get upgrade(): Effect.Effect<never, HttpClientError.HttpClientError> {
    return Effect.fail(
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.StatusCodeError({
          request: this.request,
          response: this,
          description: "This client does not hand over the connection of an HTTP upgrade."
        })
      })
    )
  }

  private decode<A>(evaluate: () => A): Effect.Effect<A, HttpClientError.HttpClientError> {
    return Effect.try({
      try: evaluate,
      catch: (cause) =>
        new HttpClientError.HttpClientError({
          reason: new HttpClientError.DecodeError({ request: this.request, response: this, cause })
        })
    })
  }
}

const pairOf = (pair: string): ReadonlyArray<readonly [string, string]> => {
  if (pair === "") return []
  const split = pair.indexOf("=")
  const name = split === -1 ? pair : pair.slice(0, split)
  const value = split === -1 ? "" : pair.slice(split + 1)
  const plain = (text: string) => decodeURIComponent(text.replaceAll("+", " "))
  return [[plain(name), plain(value)]]
}
