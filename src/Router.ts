/**
 * The service that carries a plan out: it validates a request, plans it, opens the legs, races them, retries, goes
 * down the provider chain, commits to one leg and hands its answer on in the caller's dialect.
 *
 * `Router` speaks text and frames, for whoever stands between a wire and the providers; most programs want
 * `FlexInference`, which speaks typed requests, bodies and events.
 *
 * **Example** (a request as it came, and its answer as it goes out)
 *
 * ```ts
 * import { Effect, Layer, Redacted, Stream } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Router } from "effect-flexinference"
 *
 * export const relay = (request: string, write: (bytes: Uint8Array) => Effect.Effect<void>) =>
 *   Effect.scoped(Effect.gen(function*() {
 *     const { open } = yield* Router.Router
 *     const answer = yield* open("chat.completions", request)
 *     if (answer._tag === "Body") return yield* write(new TextEncoder().encode(answer.text))
 *     yield* Stream.runForEach(answer.chunks, ({ bytes }) => write(bytes))
 *   }))
 *
 * export const layer = Router.layer({ openai: { apiKey: Redacted.make("sk-…") } }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { AttemptLog } from "./AttemptLog.ts"
import * as Deadline from "./Deadline.ts"
import type { DialectName } from "./Dialect.ts"
import * as Dialects from "./dialect/index.ts"
import { Draining } from "./Draining.ts"
import { type FlexInferenceError, internal } from "./FlexInferenceError.ts"
import { FlexMemory } from "./FlexMemory.ts"
import * as ModelCatalog from "./ModelCatalog.ts"
import type { ConnectionOptions } from "./Provider.ts"
import * as Provider from "./Provider.ts"
import { Hosted } from "./provider/Hosted.ts"
import { config, registry } from "./provider/index.ts"
import * as Attempt from "./router/Attempt.ts"
import * as ConnectionPool from "./router/ConnectionPool.ts"
import * as Continue from "./router/Continue.ts"
import * as Counting from "./router/Counting.ts"
import type { Counted } from "./router/Counting.ts"
import * as Decode from "./router/Decode.ts"
import * as Encode from "./router/Encode.ts"
import * as FlexEntry from "./router/FlexEntry.ts"
import * as LegLog from "./router/LegLog.ts"
import * as Passage from "./router/Passage.ts"
import { respond } from "./router/Respond.ts"
import { type CallOptions, type Defaults, forCall, type Options } from "./router/RouterOptions.ts"
import type { Answer } from "./router/RouterResponse.ts"
import type { Caller } from "./router/Passage.ts"
import * as PlanBudget from "./router/PlanBudget.ts"
import * as Secrets from "./router/Secrets.ts"
import * as Routing from "./Routing.ts"
import * as StartWithin from "./StartWithin.ts"
import * as HttpClientTransport from "./transport/HttpClientTransport.ts"
import { Transport } from "./Transport.ts"
import * as Json from "./wire/Json.ts"
import * as JsonMembers from "./wire/JsonMembers.ts"

export { config, providers } from "./provider/index.ts"
export type { Counted } from "./router/Counting.ts"
export { type Options as ValidateOptions, validate } from "./router/Decode.ts"
export type { Caller } from "./router/Passage.ts"
export type { CallOptions, Defaults, Options } from "./router/RouterOptions.ts"
export type { Answer, BodyAnswer, StreamAnswer } from "./router/RouterResponse.ts"
export type { Frame, FrameChunk } from "./wire/Sse.ts"

/**
 * Carries out one request of a surface, given as JSON text or as the value of one. A request that is wrong fails before
 * anything is sent. Closing the scope aborts whatever is still in flight. Of what the caller says beside the request, what
 * belongs to its format goes to a provider that speaks it; `x-flexinference-start-within` stands for a field left out, and
 * `x-flexinference-deadline` is the instant by which it needs the answer.
 */
export type Open = (
  surface: DialectName,
  request: string | Json.JsonObject,
  options?: CallOptions,
  caller?: Caller
) => Effect.Effect<Answer, FlexInferenceError, Scope.Scope>

/**
 * How many tokens a request would read, as its model's provider counts them: the request as a client of the surface
 * sends it for that, with the model where it stands in the path. Another provider than the surface's own is asked in its
 * own format, as far as that can say it.
 */
export type Count = (
  surface: DialectName,
  request: string | Json.JsonObject,
  options?: { readonly model?: string | undefined; readonly caller?: Caller | undefined }
) => Effect.Effect<Counted, FlexInferenceError>

/** What would be done with a request, or everything that is wrong with it; nothing is sent. */
export type Plan = (
  surface: DialectName,
  request: string | Json.JsonObject
) => Result.Result<Routing.Plan, FlexInferenceError>

/** What a router does: `open` answers a request, `count` tells what one would read, `plan` what would be done with one. */
export interface Service {
  readonly open: Open
  readonly count: Count
  readonly plan: Plan
  /**
   * The same router, whose calls leave by another transport; it is given the one that they leave by here. What is asked of
   * it stands in no record.
   */
  readonly over: (transport: (own: Transport["Service"]) => Transport["Service"]) => Service
}

/**
 * Carries requests out.
 *
 * @since 0.1.0
 * @category services
 */
export class Router extends Context.Service<Router, Service>()("effect-flexinference/Router") {}

/**
 * A router that races in this process, on the `HttpClient` of the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  Layer.provide(layerTransport(options), HttpClientTransport.layer)

/**
 * Like `layer`, on the `Transport` of the context, such as that of `effect-flexinference/undici`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport = (options: Options): Layer.Layer<Router, never, Transport> =>
  Layer.effect(Router, make(options))

/**
 * Like `layer`, with the keys and addresses of the built-in providers from the variables their records name.
 *
 * **Example** (every way to have one)
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Router } from "effect-flexinference"
 * import * as Undici from "effect-flexinference/undici"
 *
 * const apiKey = Redacted.make("sk-…")
 *
 * export const overHttp = [
 *   Router.layer({ openai: { apiKey } }),
 *   Router.layerConfig(),
 *   Router.layerHosted({ apiKey }),
 *   Router.layerHostedConfig()
 * ].map((layer) => Layer.provide(layer, FetchHttpClient.layer))
 *
 * export const overSockets = [
 *   Router.layerTransport({ openai: { apiKey } }),
 *   Router.layerConfigTransport(),
 *   Router.layerHostedConfigTransport(),
 *   Layer.effect(Router.Router, Router.make({ openai: { apiKey } }))
 * ].map((layer) => Layer.provide(layer, Undici.layer()))
 *
 * // The built-in providers that have a key here.
 * export const connected = Effect.map(Router.config, (providers) => providers.map(({ provider }) => provider.name))
 *
 * Object.keys(Router.providers) // => ["openai", "google", "anthropic"]
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options?: Defaults): Layer.Layer<Router, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provide(layerConfigTransport(options), HttpClientTransport.layer)

/**
 * Like `layerConfig`, on the `Transport` of the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfigTransport = (options?: Defaults): Layer.Layer<Router, Config.ConfigError, Transport> =>
  Layer.unwrap(Effect.map(
    config,
    (connected) => layerTransport({ ...options, providers: [...connected, ...options?.providers ?? []] })
  ))

/** What a router is told that leaves the race to the hosted one. */
export interface HostedOptions extends CallOptions, ConnectionOptions {}

/**
 * The hosted router in place of one of our own: it is asked over HTTP and races over there.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHosted = (options: HostedOptions): Layer.Layer<Router, never, HttpClient.HttpClient> =>
  layer(hosted(options))

/**
 * Like `layerHosted`, with `FLEXINFERENCE_API_KEY` and `FLEXINFERENCE_BASE_URL`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHostedConfig = (
  options?: CallOptions
): Layer.Layer<Router, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provide(layerHostedConfigTransport(options), HttpClientTransport.layer)

/**
 * Like `layerHostedConfig`, on the `Transport` of the context.
 *
 * @since 0.1.0
 * @category layers
 */
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

/**
 * Builds the router itself, for those who compose it by hand.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Router["Service"], never, Transport> =>
  Effect.gen(function*() {
    const direct = yield* Transport
    const catalog = yield* ModelCatalog.Current
    const log = Option.getOrUndefined(yield* Effect.serviceOption(AttemptLog))
    const memory = Option.getOrUndefined(yield* Effect.serviceOption(FlexMemory))
    const providers = registry(options)
    const dialects = Dialects.registry(options.dialects)
    const secrets = Secrets.make([...Secrets.ofProviders(providers), ...(options.secrets ?? []).map(Redacted.value)])
    const pool = ConnectionPool.make()
    const decoding = { defaultStartWithin: wireDefault(options.defaultStartWithin), providers }
    const openOver =
      (transport: Transport["Service"], log: AttemptLog["Service"] | undefined): Open =>
      (surface, given, callOptions, caller) =>
        Effect.withFiber((fiber) => {
          const receivedAt = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
          return Attempt.watch(fiber, { log, catalog, providers, surface, caller, receivedAt }, (attempt) => {
            const dialect = dialects.get(surface)
            if (dialect === undefined) return unknownFormat(surface)
            const { request, value } = withStartWithin(given, caller?.headers[Routing.startWithinHeader])
            attempt?.asked(value)
            const fields = Decode.validate(
              dialect,
              value,
              caller?.defaultStartWithin === undefined
                ? decoding
                : { ...decoding, defaultStartWithin: caller.defaultStartWithin }
            )
            if (Result.isFailure(fields)) return Effect.fail(fields.failure)
            attempt?.validated(fields.success)
            const own = forCall(options, callOptions)
            const budget = PlanBudget.make(fiber.getRef(Deadline.Current), caller?.headers, own.reserve, receivedAt)
            if (Result.isFailure(budget)) return Effect.fail(budget.failure)
            const asking = Json.isObject(value) ? value : undefined
            const context = { surface: dialect, request: asking, catalog, providers, dialects, ...budget.success }
            const planned = Routing.plan(fields.success, context)
            if (Result.isFailure(planned)) return Effect.fail(planned.failure)
            const mayRace = planned.success.raced ? caller?.mayRace : undefined
            const leave = mayRace?.()
            const plan = mayRace !== undefined && leave === undefined
              ? Routing.unraced(planned.success, "flex_slots_full")
              : planned.success
            attempt?.planned(plan)
            const incoming = {
              surface: dialect,
              text: typeof request === "string" ? request : undefined,
              value: Json.isObject(value) ? value : {}
            }
            const asked = Encode.named(Encode.shortened(incoming, fields.success, plan), plan.model)
            const answers = Continue.answersOf(fiber.context, dialect, caller?.owner)
            const carryOut = (incoming: Encode.Incoming) =>
              FlexEntry.decided(memory ?? Context.getOrUndefined(fiber.context, FlexMemory), caller?.owner, {
                transport,
                catalog,
                secrets,
                pool,
                options: own,
                own: callOptions,
                incoming,
                sent: caller && Passage.request(dialect.protocol, caller, options.accountHeaders === true),
                plan,
                receivedAt,
                log: attempt?.log ?? LegLog.make(receivedAt),
                attempt,
                draining: fiber.getRef(Draining),
                newId: () => newId(fiber.getRef(Random.Random)),
                keep: answers?.keeping(incoming),
                encode: Encode.once(incoming, own.dropUnsupported)
              }, respond)
            const continued = answers?.continued(asked)
            const answered = continued === undefined ? carryOut(asked) : Effect.flatMap(continued, carryOut)
            return leave === undefined ? answered : Effect.ensuring(answered, Effect.sync(leave))
          })
        })
    const countOver = (transport: Transport["Service"]): Count => (surface, request, { caller, model } = {}) =>
      Effect.withFiber(({ context }) => {
        const dialect = dialects.get(surface)
        if (dialect === undefined) return unknownFormat(surface)
        const ask = (asked: Counting.Question["asked"]) =>
          Counting.count({ transport, catalog, secrets, options, decoding, dialects, dialect, asked, model, caller })
        const text = typeof request === "string" ? request : undefined
        const value = typeof request === "string" ? Json.parse(request) : request
        const continued = Json.isObject(value)
          ? Continue.answersOf(context, dialect, caller?.owner)?.continued({ surface: dialect, text, value })
          : undefined
        return continued === undefined ? ask({ text, value }) : Effect.flatMap(continued, ask)
      })
    const plan: Plan = (surface, request) => {
      const dialect = dialects.get(surface)
      return dialect === undefined
        ? Result.fail(internal(notKnown(surface)))
        : Result.flatMap(
          Decode.validate(dialect, typeof request === "string" ? Json.parse(request) : request, decoding),
          (fields) => Routing.plan(fields, { surface: dialect, catalog, providers, dialects })
        )
    }
    const over = (transport: Transport["Service"], log?: AttemptLog["Service"]): Service => ({
      open: openOver(transport, log),
      count: countOver(transport),
      plan,
      over: (wrap) => over(wrap(transport))
    })
    return Router.of(over(direct, log))
  })

/** The default as it stands on the wire; one that is no `start_within` is a mistake of whoever wrote it. */
const wireDefault = (given: StartWithin.Input | undefined): StartWithin.StartWithin | undefined => {
  if (given === undefined) return undefined
  const wire = StartWithin.toWire(given)
  if (StartWithin.is(wire)) return wire
  throw new RangeError(
    `defaultStartWithin is a tier, or a duration in whole seconds from 5 seconds to 10 minutes, not ${wire}.`
  )
}

const notKnown = (surface: DialectName) => new Error(`${surface} is no format that is known`)

const unknownFormat = (surface: DialectName) => Effect.die(notKnown(surface))

/** A request and its value, with the window or tier that its caller named beside it; its own field wins. */
const withStartWithin = (
  request: string | Json.JsonObject,
  startWithin: string | undefined
): { readonly request: string | Json.JsonObject; readonly value: Json.Json | undefined } => {
  const value = typeof request === "string" ? Json.parse(request) : request
  if (startWithin === undefined || !Json.isObject(value) || Json.getOwn(value, "start_within") !== undefined) {
    return { request, value }
  }
  // A header is written by people, as flags are; what it cannot mean is refused as it came.
  const set = { start_within: Result.getOrElse(StartWithin.read(startWithin), () => startWithin) }
  return {
    request: typeof request === "string" ? JsonMembers.edit(request, { set }) : { ...request, ...set },
    value: { ...value, ...set }
  }
}

// Only a name for what the source format leaves nameless, so it need not be unguessable.
const newId = (random: typeof Random.Random.Service): string =>
  [random.nextIntUnsafe(), random.nextIntUnsafe()].map((part) => Math.abs(part).toString(16).padStart(14, "0")).join("")
