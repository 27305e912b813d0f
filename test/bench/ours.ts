/**
 * Everything of the library that the benchmark touches, but for its SSE reader: what changes there is felt here alone.
 * (The gateway is started as the built command, see `gateway.ts`.)
 */
import { Effect, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"
import * as FlexInference from "../../src/FlexInference.ts"
import * as UndiciHttpClient from "../../src/gateway/UndiciHttpClient.ts"
import type { Body, Caller } from "./caller.ts"

/** The service, on a client that lives as long as the process. */
const serviceOn = (client: Layer.Layer<HttpClient.HttpClient>, upstream: string) =>
  ManagedRuntime.make(
    Layer.provide(
      FlexInference.layer({ openai: { apiKey: Redacted.make("sk-bench"), baseUrl: `${upstream}/v1` } }),
      client
    )
  ).runPromise(FlexInference.FlexInference)

const transports = { undici: UndiciHttpClient.layer(), fetch: FetchHttpClient.layer }

/** Calls the library as a program on Effect does. */
export const caller = async (transport: keyof typeof transports, upstream: string): Promise<Caller> => {
  const { responses } = await serviceOn(transports[transport], upstream)
  return {
    create: (body) => Effect.runPromise(Effect.as(responses.create(body), 1)),
    stream: (body) => Effect.runPromise(Stream.runCount(responses.stream(body)))
  }
}

/** Races whose upstream is a function: they wait until `release`, and then are answered with `sse`. */
export const races = async (sse: string) => {
  let waiting: Array<() => void> = []
  const client = HttpClient.make((request) =>
    Effect.callback((resume) => {
      const headers = { "content-type": "text/event-stream" }
      waiting.push(() => resume(Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(sse, { headers })))))
    })
  )
  const { responses } = await serviceOn(Layer.succeed(HttpClient.HttpClient, client), "http://127.0.0.1:1")
  return {
    /** Begins a race; the promise is kept when its leg is committed. */
    race: (body: Body): Promise<void> => Effect.runPromise(Effect.scoped(Effect.asVoid(responses.open(body)))),
    waiting: () => waiting.length,
    release: () => {
      const released = waiting
      waiting = []
      for (const go of released) go()
    }
  }
}
