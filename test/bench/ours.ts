/**
 * Everything of the library that the benchmark touches, but for its SSE reader: what changes there is felt here alone.
 * (The gateway is started as the built command, see `gateway.ts`.)
 */
import { Cause, Effect, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import * as FlexInference from "../../src/FlexInference.ts"
import * as UndiciTransport from "../../src/transport/UndiciTransport.ts"
import * as Transport from "../../src/Transport.ts"
import type { Body, Caller } from "./caller.ts"

const options = (upstream: string) => ({
  openai: { apiKey: Redacted.make("sk-bench"), baseUrl: `${upstream}/v1` }
})

const layers = {
  undici: (upstream: string) => Layer.provide(FlexInference.layerTransport(options(upstream)), UndiciTransport.layer()),
  fetch: (upstream: string) => Layer.provide(FlexInference.layer(options(upstream)), FetchHttpClient.layer)
}

/** The service, on a transport that lives as long as the process. */
const serviceOf = (layer: Layer.Layer<FlexInference.FlexInference>) =>
  ManagedRuntime.make(layer).runPromise(FlexInference.FlexInference)

/** Calls the library as a program on Effect does. */
export const caller = async (transport: keyof typeof layers, upstream: string): Promise<Caller> => {
  const { responses } = await serviceOf(layers[transport](upstream))
  return {
    create: (body) => Effect.runPromise(Effect.as(responses.create(body), 1)),
    stream: (body) => Effect.runPromise(Stream.runCount(responses.stream(body)))
  }
}

/** Races whose upstream is a function: they wait until `release`, and then are answered with `sse`. */
export const races = async (sse: string) => {
  let waiting: Array<() => void> = []
  const bytes = new TextEncoder().encode(sse)
  const transport = Transport.make(() =>
    Effect.callback((resume) => {
      waiting.push(() => {
        let sent = false
        const pull = Effect.suspend(() => {
          if (sent) return Cause.done()
          sent = true
          return Effect.succeed(bytes)
        })
        resume(Effect.succeed({ status: 200, headers: {}, pull }))
      })
    })
  )
  const { responses } = await serviceOf(
    Layer.provide(
      FlexInference.layerTransport(options("http://127.0.0.1:1")),
      Layer.succeed(Transport.Transport, transport)
    )
  )
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
