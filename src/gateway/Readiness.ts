/** Whether a gateway takes new requests, as whoever spreads requests over several asks it at `/readyz`. */
import * as Effect from "effect/Effect"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"

export class Readiness extends Context.Service<Readiness, {
  readonly isReady: () => boolean
}>()("effect-flexinference/gateway/Readiness") {}

/**
 * What a layer gives, ready until its scope closes: first it is unready, then it goes on for this long, so that nobody
 * sends it anything any more, then it closes.
 */
export const until = <A, E, R>(
  unready: Duration.Input,
  layer: Layer.Layer<A, E, R>
): Layer.Layer<A, E, Exclude<R, Readiness>> =>
  Layer.unwrap(Effect.sync(() => {
    let ready = true
    const drain = Layer.effectDiscard(Effect.addFinalizer(() =>
      Effect.suspend(() => {
        ready = false
        return Effect.sleep(unready)
      })
    ))
    // What is built last is closed first.
    return Layer.provideMerge(drain, layer).pipe(
      Layer.provide(Layer.succeed(Readiness, { isReady: () => ready }))
    )
  }))
