/** Reads a request's body as text, and no more of it than the contract allows. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import { IncomingMessage } from "node:http"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Refusal from "./GatewayError.ts"

/** The largest body in bytes (contract (h)). */
export const limit = 1_000_000

const maxBodySize = ByteSize.bytes(limit)

const jsonType = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i

/** The body's text. Whether it is a request is for the router to say. */
export const read = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string, FlexInferenceError> => {
  const { headers } = request
  const type = headers["content-type"]
  // A web page can send anything to a gateway on its reader's own machine, except JSON that says that it is JSON: for
  // that the browser asks first, and is not answered.
  if (type === undefined ? headers["origin"] !== undefined : !jsonType.test(type)) {
    return Effect.fail(Refusal.unsupportedMediaType("content-type"))
  }
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    return Effect.fail(Refusal.unsupportedMediaType("content-encoding"))
  }
  if (Number(headers["content-length"]) > limit) return Effect.fail(Refusal.tooLarge(limit))
  return request.source instanceof IncomingMessage ? readNode(request.source) : readAny(request)
}

/** A body straight from Node's own request. */
const readNode = (source: IncomingMessage): Effect.Effect<string, FlexInferenceError> =>
  Effect.callback((resume) => {
    let chunks: Array<Buffer> = []
    let size = 0
    const done = (result: Effect.Effect<string, FlexInferenceError>): void => {
      source.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken)
      resume(result)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= limit) return void chunks.push(chunk)
      chunks = []
      source.pause()
      done(Effect.fail(Refusal.tooLarge(limit)))
    }
    const onEnd = (): void =>
      done(Effect.succeed(decoder.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))))
    const onBroken = (): void => done(Effect.fail(Refusal.unreadableBody))
    source.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken)
  })

const decoder = new TextDecoder()

const readAny = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string, FlexInferenceError> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBodySize),
    Effect.mapError(({ reason }) =>
      reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
        ? Refusal.tooLarge(limit)
        : Refusal.unreadableBody
    )
  )

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
