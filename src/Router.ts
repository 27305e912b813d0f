/**
 * The service that carries a plan out: it validates a request, plans it, opens the legs, races them, retries, goes
 * down the provider chain, commits to one leg and hands its answer on in the caller's dialect.
 *
 * `Router` speaks text and frames, for whoever stands between a wire and the providers; most programs want
 * `FlexInference`, which speaks typed requests, bodies and events.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { dialects } from "./dialect/index.ts"
import { forCall, type Open, type Options } from "./router/Answer.ts"
import { carryOut } from "./router/CarryOut.ts"
import * as HostedRouter from "./router/HostedRouter.ts"
import * as Json from "./wire/Json.ts"
import * as Decode from "./router/Decode.ts"
import * as LegLog from "./router/LegLog.ts"
import * as Telemetry from "./router/Telemetry.ts"
import * as Transport from "./Transport.ts"
import * as ModelCatalog from "./ModelCatalog.ts"
import * as Routing from "./Routing.ts"

export type { Answer, BodyAnswer, CallOptions, Open, Options, StreamAnswer } from "./router/Answer.ts"
export { type Options as ValidateOptions, validate } from "./router/Decode.ts"
export type { Options as HostedOptions } from "./router/HostedRouter.ts"
export type { Frame } from "./wire/Sse.ts"

/** See the module's description. */
export class Router extends Context.Service<Router, {
  readonly open: Open
}>()("effect-flexinference/Router") {}

/** A router that races in this process, on the `HttpClient` of the context. */
export const layer = (options: Options): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  Layer.effect(Router, make(options))

/** The hosted router in place of one of our own: it is asked over HTTP and races over there. */
export const layerHosted = (options: HostedRouter.Options): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  Layer.effect(Router, HostedRouter.make(options))

/** Builds the router itself, for those who compose it by hand. */
export const make = (options: Options): Effect.Effect<Router["Service"], never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const transport = yield* Effect.flatMap(HttpClient.HttpClient, Transport.make)
    const catalog = yield* ModelCatalog.Current
    const open: Open = (surface, text, callOptions) =>
      Effect.gen(function*() {
        const receivedAt = yield* Clock.currentTimeMillis
        const dialect = dialects[surface]
        const value = Json.parse(text)
        const fields = yield* Effect.fromResult(
          Decode.validate(dialect, value, { defaultStartWithin: options.defaultStartWithin })
        )
        const plan = yield* Effect.fromResult(Routing.plan(fields, {
          surface: dialect,
          catalog,
          hasKey: (provider) => options.connections[provider] !== undefined
        }))
        yield* Effect.annotateCurrentSpan(Telemetry.requestAttributes(plan))
        const answer = yield* carryOut({
          transport,
          catalog,
          options: forCall(options, callOptions),
          incoming: { surface: dialect, text, value: Json.isObject(value) ? value : {} },
          plan,
          receivedAt,
          log: LegLog.make(receivedAt),
          context: {
            id: yield* randomId,
            createdAt: Math.floor(receivedAt / 1000),
            model: plan.model
          }
        })
        yield* Effect.annotateCurrentSpan(Telemetry.routingAttributes(answer.routing))
        return answer
      }).pipe(Effect.withSpan("flexinference.request", {}, { captureStackTrace: false }))
    return Router.of({ open })
  })

// Only a name for what the source format leaves nameless, so it need not be unguessable.
const randomId = Effect.map(
  Effect.all([Random.nextInt, Random.nextInt]),
  (parts) => parts.map((part) => Math.abs(part).toString(16).padStart(14, "0")).join("")
)
