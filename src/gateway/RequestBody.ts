/**
 * Reads a request's body as text, and no more of it than one request may have, and no more of all of them than the
 * gateway may hold at once.
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Scope from "effect/Scope"
import { IncomingMessage } from "node:http"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Refusal from "./GatewayError.ts"

export interface Options {
  /**
   * The largest body. Vendors take up to 32 MB; a screenshot has one or two.
   * @default "32 MB"
   */
  readonly maxBody?: ByteSize.Input | undefined
  /**
   * The bodies of all requests under way together. Each is held until its answer has ended, because it may have to be
   * sent again; as text, as a value and as what is sent it takes several times its bytes.
   * @default "256 MB"
   */
  readonly maxBodies?: ByteSize.Input | undefined
}

const jsonType = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i

/** Why a request's body is not even begun to be read. */
const refused = ({ headers }: HttpServerRequest.HttpServerRequest): FlexInferenceError | undefined => {
  const type = headers["content-type"]
  // A web page can send anything to a gateway on its reader's own machine, except JSON that says that it is JSON: for
  // that the browser asks first, and is not answered.
  if (type === undefined ? headers["origin"] !== undefined : !jsonType.test(type)) {
    return Refusal.unsupportedMediaType("content-type")
  }
  return (headers["content-encoding"] ?? "identity") === "identity"
    ? undefined
    : Refusal.unsupportedMediaType("content-encoding")
}

/**
 * The reader of a gateway. It gives a body's text: whether it is a request is for the router to say. What it has read
 * counts until the scope closes.
 */
export const make = (options?: Options) => {
  const limit = bytesOf(options?.maxBody, ByteSize.megabytes(32))
  const limitOfAll = Math.max(limit, bytesOf(options?.maxBodies, ByteSize.megabytes(256)))
  const maxBodySize = ByteSize.bytes(limit)
  let held = 0

  /** What is wrong with a body of this size, if it is one. */
  const excess = (size: number, more: number): FlexInferenceError | undefined =>
    size > limit ? Refusal.tooLarge(limit) : held + more > limitOfAll ? Refusal.tooManyBytes : undefined

  /** A body straight from Node's own request. */
  const readNode = (source: IncomingMessage, hold: (bytes: number) => void) =>
    Effect.callback<string, FlexInferenceError>((resume) => {
      let chunks: Array<Buffer> = []
      let size = 0
      const done = (result: Effect.Effect<string, FlexInferenceError>): void => {
        source.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken)
        resume(result)
      }
      const onData = (chunk: Buffer): void => {
        size += chunk.length
        const error = excess(size, chunk.length)
        if (error === undefined) {
          hold(chunk.length)
          return void chunks.push(chunk)
        }
        chunks = []
        source.pause()
        done(Effect.fail(error))
      }
      const onEnd = (): void =>
        done(Effect.succeed(decoder.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))))
      const onBroken = (): void => done(Effect.fail(Refusal.unreadableBody))
      source.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken)
      return Effect.sync(() =>
        source.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken)
      )
    })

  const readAny = (request: HttpServerRequest.HttpServerRequest, hold: (bytes: number) => void) =>
    request.text.pipe(
      Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBodySize),
      Effect.mapError(({ reason }) =>
        reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
          ? Refusal.tooLarge(limit)
          : Refusal.unreadableBody
      ),
      Effect.tap((text) => {
        const error = excess(0, text.length)
        if (error !== undefined) return Effect.fail(error)
        hold(text.length)
        return Effect.void
      })
    )

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string, FlexInferenceError, Scope.Scope> =>
    Effect.flatMap(Effect.scope, (scope) => {
      const said = Number(request.headers["content-length"] ?? 0)
      const error = refused(request) ?? excess(said, said)
      if (error !== undefined) return Effect.fail(error)
      let own = 0
      const hold = (bytes: number): void => {
        own += bytes
        held += bytes
      }
      const release = Effect.sync(() => {
        held -= own
        own = 0
      })
      return Effect.andThen(
        Scope.addFinalizer(scope, release),
        request.source instanceof IncomingMessage ? readNode(request.source, hold) : readAny(request, hold)
      )
    })
}

const bytesOf = (given: ByteSize.Input | undefined, standard: ByteSize.ByteSize): number =>
  Number(given === undefined ? standard : ByteSize.fromInputUnsafe(given))

const decoder = new TextDecoder()

/** Deeper than any request, and shallower than what overflows a stack. */
const maxDepth = 500

/**
 * A body whose arrays and objects are nested so deeply that walking it overflows the stack is the caller's fault, not
 * one of ours. It is only looked for after the fact, which keeps the question off every other request's way.
 */
export const blameDepth = (text: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchDefect(
    effect,
    (defect): Effect.Effect<never, FlexInferenceError> =>
      defect instanceof RangeError && depthOf(text) > maxDepth
        ? Effect.fail(Refusal.tooDeep(maxDepth))
        : Effect.die(defect)
  )

const depthOf = (json: string): number => {
  let depth = 0
  let deepest = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]+|\\.)*"|[[{\]}]/g)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth)
    else if (token === "]" || token === "}") depth--
  }
  return deepest
}
