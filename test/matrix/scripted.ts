/** Providers that answer with given bodies one after the other, for what the simulated ones do not do. */
import { Effect, Layer, Redacted, Stream } from "effect"
import { HttpBody, HttpClient, type HttpClientError } from "effect/http"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import type { Frame } from "../../src/wire/Sse.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as ClientResponse from "../../src/transport/ClientResponse.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Sse from "../../src/wire/Sse.ts"
import * as Router from "../../src/Router.ts"
import { streamOf as interactionStream } from "../dialect/interactions/streams.ts"
import { streamOf as messageStream } from "../dialect/messages/streams.ts"
import { collect, eventsOf } from "../support/streams.ts"

/** How a provider tells a body as a stream. */
const streams = {
  anthropic: (body: JsonObject) => messageStream(body).map(dialects.messages.frame),
  google: (body: JsonObject) => interactionStream(body, 3).map(dialects.interactions.frame)
}

export type ProviderName = keyof typeof streams

/** One call of a scripted provider: the body it answers with, an error status, or a stream that never goes on. */
type Turn = JsonObject | { readonly status: number } | "hang"

/** A scripted provider, what it was sent, and how many of its hanging streams were aborted. */
export interface Scripted {
  readonly client: HttpClient.HttpClient
  readonly sent: ReadonlyArray<JsonObject>
  readonly aborted: () => number
}

const json = { "content-type": "application/json" }
const events = { "content-type": "text/event-stream" }

/** A provider that answers one call after the other; the last turn stays. */
export const scripted = (name: ProviderName, turns: ReadonlyArray<Turn>): Scripted => {
  const sent: Array<JsonObject> = []
  let aborted = 0
  const client = HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) => {
      const body = request.body instanceof HttpBody.Uint8Array ? new TextDecoder().decode(request.body.body) : ""
      const value = Json.parseObject(body) ?? {}
      sent.push(value)
      const turn = turns[Math.min(sent.length, turns.length) - 1] ?? "hang"
      const respond = (status: number, headers: Record<string, string>, text: Stream.Stream<string>) =>
        ClientResponse.make({ request, url: request.url, status, headers, stream: Stream.encodeText(text) })
      if (turn === "hang") {
        const hanging = ClientResponse.onClose(Stream.never, () =>
          Effect.sync(() => {
            aborted++
          }))
        return respond(200, events, hanging)
      }
      const status = Json.number(turn, "status")
      if (status !== undefined) return respond(status, json, Stream.succeed("{\"error\":{}}"))
      if (value["stream"] !== true) return respond(200, json, Stream.succeed(JSON.stringify(turn)))
      return respond(200, events, Stream.fromIterable(streams[name](turn).map(Sse.encode)))
    }),
    Effect.succeed
  )
  return { client, sent, aborted: () => aborted }
}

const key = { apiKey: Redacted.make("sk-test") }

/** Asks through a router and reads the answer to its end; the frames that came stay known if it fails. */
export const ask = (surface: DialectName, provider: Scripted, request: JsonObject) => {
  const frames: Array<Frame> = []
  const answered = Effect.gen(function*() {
    const router = yield* Router.Router
    const answer = yield* router.open(surface, JSON.stringify(request))
    if (answer._tag === "Body") return { body: answer.value, routing: answer.routing }
    yield* Stream.runForEach(answer.frames, (frame) => Effect.sync(() => frames.push(frame)))
    return { body: collect(dialects[surface], eventsOf(frames)) ?? {}, routing: yield* answer.report }
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Router.layer({ google: key, anthropic: key }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
      )
    )
  )
  return { answered, frames }
}
