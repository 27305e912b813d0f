/**
 * The router behind the hosted contract: the four surfaces, the model listing and a health check over HTTP, so that
 * any OpenAI, Anthropic or Google client works by changing its base URL.
 *
 * **Example** (serving on a free port)
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Router } from "effect-flexinference"
 * import { Gateway } from "effect-flexinference/gateway"
 *
 * const router = Router.layer({
 *   openai: { apiKey: Redacted.make("sk-…") }
 * })
 *
 * export const gateway = Gateway.layer({ port: 0 }).pipe(
 *   Layer.provide(router),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as AnswerStore from "../AnswerStore.ts"
import * as FlexMemory from "../FlexMemory.ts"
import type { Router } from "../Router.ts"
import * as Draining from "../Draining.ts"
import * as Auth from "./Auth.ts"
import * as Cors from "./Cors.ts"
import * as Dashboard from "./dashboard/Dashboard.ts"
import type { DrainingServer } from "./DrainingServer.ts"
import * as Listening from "./Listening.ts"
import * as Paths from "./Paths.ts"
import * as Readiness from "./Readiness.ts"
import * as RequestId from "./RequestId.ts"
import * as Turns from "./Turns.ts"
import * as WriteStall from "./WriteStall.ts"
import type { Options } from "./GatewayOptions.ts"
import * as Kept from "./Kept.ts"
import { operatorRoutes } from "./OperatorRoutes.ts"
import { routes } from "./Routes.ts"
import { unrouted } from "./Unrouted.ts"

export { CurrentOwner } from "./Auth.ts"
export type { Options } from "./GatewayOptions.ts"
export { operatorRoutes } from "./OperatorRoutes.ts"
export { routes } from "./Routes.ts"

/**
 * Serves the gateway. It accepts requests as soon as the layer is built; when its scope closes it takes no new ones
 * and lets those under way come to their end.
 *
 * **Gotchas**
 *
 * Nothing bounds how long an answer may take here: the router's clocks do. A request has to arrive whole within
 * `bodyTimeout`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<HttpServer.HttpServer, ServeError, Router> => {
  const marked = options?.simulated === true
    ? HttpServerResponse.setHeader("x-flexinference-simulated", "true")
    : (response: HttpServerResponse.HttpServerResponse) => response
  const { cors = [] } = options ?? {}
  const readable = cors.length === 0 ? identity : Cors.allow(cors)
  const app = Effect.zipWith(
    HttpRouter.toHttpEffect(Layer.merge(routes(options), operatorRoutes(options))),
    RequestId.make,
    (routed, nameOf) =>
      HttpServer.serve(
        routed.pipe(
          // The routes handle whatever happens in them: what is left is that there was none.
          Effect.catchTag(
            "HttpServerError",
            () => Effect.map(HttpServerRequest.HttpServerRequest, unrouted(options, nameOf))
          ),
          Effect.map(marked),
          readable
        )
      )
  )
  return Layer.unwrap(Effect.map(Effect.all([Draining.make, Turns.make(16)]), ([draining, leaving]) => {
    const server = Listening.server(options, leaving)
    const serving = Layer.unwrap(app).pipe(
      Layer.provide(shown(options)),
      Layer.provide(Layer.succeed(Draining.Draining, draining)),
      Layer.provide(Auth.redacted(Paths.formats(options))),
      Layer.provide(Layer.effect(AnswerStore.AnswerStore, Kept.answersOf(options))),
      Layer.provide(Layer.effect(FlexMemory.FlexMemory, Kept.memoryOf(options)))
    )
    // The last to be built is the first to end.
    const drained = Layer.effectDiscard(
      Effect.addFinalizer(() => drain(server, draining, options?.drain ?? "20 seconds"))
    ).pipe(Layer.provide(serving))
    return Readiness.until(options?.unready ?? 0, drained).pipe(
      Layer.merge(Layer.effectDiscard(WriteStall.watch(server, options?.writeStall ?? WriteStall.standard))),
      Layer.provideMerge(NodeHttpServer.layerServer(() => server, {
        host: options?.host ?? "127.0.0.1",
        port: options?.port ?? 8787,
        disablePreemptiveShutdown: true
      }))
    )
  }))
}

/** How long what has been cut has to reach its callers. */
const farewell = Duration.seconds(2)

/** Ends in order: no new requests, those under way come to their end, and what does not is told so. */
const drain = (server: DrainingServer, draining: Draining.Control, after: Duration.Input): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* draining.begin
    const closed = Deferred.makeUnsafe<void>()
    server.close(() => Deferred.doneUnsafe(closed, Effect.void))
    const within = (time: Duration.Input) => Effect.timeoutOption(Deferred.await(closed), time)
    if (Option.isSome(yield* within(after))) return
    yield* draining.end
    yield* within(farewell)
  })

/** A dashboard and the memory that it shows, for all routes; nothing where it is off. */
const shown = (options: Options | undefined): Layer.Layer<never> => {
  if (options?.dashboard === false) return Layer.empty
  return Layer.effectContext(Effect.gen(function*() {
    const memory = yield* Kept.memoryOf(options)
    const dashboard = yield* Dashboard.make({ memory, simulated: options?.simulated === true })
    return Context.add(Context.make(FlexMemory.FlexMemory, memory), Dashboard.Dashboard, dashboard)
  }))
}
