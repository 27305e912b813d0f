/**
 * The service that carries a plan out: it validates a request, plans it, opens the legs, races them, retries, goes
 * down the provider chain, commits to one leg and hands its answer on in the caller's dialect.
 *
 * `Router` speaks text and frames, for whoever stands between a wire and the providers; most programs want
 * `FlexInference`, which speaks typed requests, bodies and events.
 */
import type * as Config from "effect/Config"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { DialectName } from "./Dialect.ts"
import * as Dialects from "./dialect/index.ts"
import type { FlexInferenceError } from "./FlexInferenceError.ts"
import * as ModelCatalog from "./ModelCatalog.ts"
import type { ConnectionOptions } from "./Provider.ts"
import * as Provider from "./Provider.ts"
import { Hosted } from "./provider/Hosted.ts"
import { config, registry } from "./provider/index.ts"
import * as Decode from "./router/Decode.ts"
import * as Encode from "./router/Encode.ts"
import * as LegLog from "./router/LegLog.ts"
import { respond } from "./router/Respond.ts"
import { type CallOptions, type Defaults, forCall, type Options } from "./router/RouterOptions.ts"
import type { Answer } from "./router/RouterResponse.ts"
import * as Telemetry from "./router/Telemetry.ts"
import * as Routing from "./Routing.ts"
import * as HttpClientTransport from "./transport/HttpClientTransport.ts"
import { Transport } from "./Transport.ts"
import * as Json from "./wire/Json.ts"

export { config, providers } from "./provider/index.ts"
export { type Options as ValidateOptions, validate } from "./router/Decode.ts"
export type { CallOptions, Defaults, Options } from "./router/RouterOptions.ts"
export type { Answer, BodyAnswer, StreamAnswer } from "./router/RouterResponse.ts"
export type { Frame, FrameChunk } from "./wire/Sse.ts"

/**
 * Carries out one request of a surface, given as JSON text or as the value of one. A request that is wrong fails before
 * anything is sent. Closing the scope aborts whatever is still in flight.
 */
export type Open = (
  surface: DialectName,
  request: string | Json.JsonObject,
  options?: CallOptions
) => Effect.Effect<Answer, FlexInferenceError, Scope.Scope>

/** See the module's description. */
export class Router extends Context.Service<Router, {
  readonly open: Open
}>()("effect-flexinference/Router") {}

/** A router that races in this process, on the `HttpClient` of the context. */
export const layer = (options: Options): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  Layer.provide(layerTransport(options), HttpClientTransport.layer)

/** Like `layer`, on the `Transport` of the context, such as that of `effect-flexinference/undici`. */
export const layerTransport = (options: Options): Layer.Layer<Router, never, Transport> =>
  Layer.effect(Router, make(options))

/** Like `layer`, with the keys and addresses of the built-in providers from the variables their records name. */
export const layerConfig = (options?: Defaults): Layer.Layer<Router, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provide(layerConfigTransport(options), HttpClientTransport.layer)

/** Like `layerConfig`, on the `Transport` of the context. */
export const layerConfigTransport = (options?: Defaults): Layer.Layer<Router, Config.ConfigError, Transport> =>
  Layer.unwrap(Effect.map(
    config,
    (connected) => layerTransport({ ...options, providers: [...connected, ...options?.providers ?? []] })
  ))

/** What a router is told that leaves the race to the hosted one. */
export interface HostedOptions extends CallOptions, ConnectionOptions {}

/** The hosted router in place of one of our own: it is asked over HTTP and races over there. */
export const layerHosted = (options: HostedOptions): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  layer(hosted(options))

/** Like `layerHosted`, with `FLEXINFERENCE_API_KEY` and `FLEXINFERENCE_BASE_URL`. */
export const layerHostedConfig = (
  options?: CallOptions
): Layer.Layer<Router, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provide(layerHostedConfigTransport(options), HttpClientTransport.layer)

/** Like `layerHostedConfig`, on the `Transport` of the context. */
export const layerHostedConfigTransport = (
  options?: CallOptions
): Layer.Layer<Router, Config.ConfigError, Transport> =>
  Layer.unwrap(Effect.map(
    Provider.config(Hosted),
    ({ connection }) => layerTransport(hosted({ ...options, ...connection }))
  ))

const hosted = ({ apiKey, baseUrl, headers, ...options }: HostedOptions): Options => ({
  ...options,
  providers: [Provider.connect(Hosted, { apiKey, baseUrl, headers })]
})

/** Builds the router itself, for those who compose it by hand. */
export const make = (options: Options): Effect.Effect<Router["Service"], never, Transport> =>
  Effect.gen(function*() {
    const transport = yield* Transport
    const catalog = yield* ModelCatalog.Current
    const providers = registry(options)
    const dialects = Dialects.registry(options.dialects)
    const decoding = { defaultStartWithin: options.defaultStartWithin, providers }
    const open: Open = (surface, request, callOptions) =>
      Telemetry.span("flexinference.request", () => ({}), (annotate) =>
        Effect.withFiber((fiber) => {
          const receivedAt = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
          const dialect = dialects.get(surface)
          if (dialect === undefined) return Effect.die(new Error(`${surface} is no format that is known`))
          const value = typeof request === "string" ? Json.parse(request) : request
          const fields = Decode.validate(dialect, value, decoding)
          if (Result.isFailure(fields)) return Effect.fail(fields.failure)
          const plan = Routing.plan(fields.success, { surface: dialect, catalog, providers, dialects })
          if (Result.isFailure(plan)) return Effect.fail(plan.failure)
          annotate(() => Telemetry.requestAttributes(plan.success))
          const incoming = Encode.named({
            surface: dialect,
            text: typeof request === "string" ? request : undefined,
            value: Json.isObject(value) ? value : {}
          }, plan.success.model)
          const own = forCall(options, callOptions)
          return Effect.map(
            respond({
              transport,
              catalog,
              options: own,
              own: callOptions,
              incoming,
              plan: plan.success,
              receivedAt,
              log: LegLog.make(receivedAt),
              newId: () => newId(fiber.getRef(Random.Random)),
              encode: Encode.once(incoming, own.dropUnsupported)
            }),
            (answer) => {
              annotate(() => Telemetry.routingAttributes(answer.routing))
              return answer
            }
          )
        }))
    return Router.of({ open })
  })

// Only a name for what the source format leaves nameless, so it need not be unguessable.
const newId = (random: typeof Random.Random.Service): string =>
  [random.nextIntUnsafe(), random.nextIntUnsafe()].map((part) => Math.abs(part).toString(16).padStart(14, "0")).join("")
