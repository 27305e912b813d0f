/**
 * What programs use: four surfaces, each in its vendor's own words plus one field, `start_within`.
 *
 * `create` gives a body, `stream` gives its events as they come, and `open` gives the routing record as soon as a leg
 * is committed and then the events. A program does not know who races: `layer` does it in this process with your
 * provider keys, `layerHosted` leaves it to the hosted router.
 *
 * **Example** (one answer, raced over flex and standard)
 *
 * ```ts
 * import { Config, Effect } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { FlexInference } from "effect-flexinference"
 *
 * const program = Effect.gen(function*() {
 *   const flex = yield* FlexInference.FlexInference
 *   const response = yield* flex.responses.create({
 *     model: "gpt-5.5",
 *     input: "Why is the sky blue?",
 *     start_within: "00h-00m-30s"
 *   })
 *   return FlexInference.outputText(response)
 * })
 *
 * export const main = program.pipe(
 *   Effect.provide(FlexInference.layerConfig()),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ChatCompletion, ChatCompletionChunk, ChatRequest } from "./api/ChatCompletions.ts"
import { ChatCompletions } from "./dialect/chat/index.ts"
import type { DialectName } from "./Dialect.ts"
import { Interactions } from "./dialect/interactions/index.ts"
import type { Interaction, InteractionEvent, InteractionRequest } from "./api/Interactions.ts"
import { Messages } from "./dialect/messages/index.ts"
import type { Message, MessageEvent, MessageRequest } from "./api/Messages.ts"
import { Responses } from "./dialect/responses/index.ts"
import type { ResponseEvent, ResponseObject, ResponsesRequest } from "./api/Responses.ts"
import type { FlexInferenceError } from "./FlexInferenceError.ts"
import * as Json from "./wire/Json.ts"
import * as RequestFields from "./RequestFields.ts"
import * as Router from "./Router.ts"
import type { Transport } from "./Transport.ts"
import type { Routing } from "./Routing.ts"
import * as StartWithin from "./StartWithin.ts"

/** What can be said for one call. */
export interface CallOptions extends Router.CallOptions {
  /**
   * Fields for the provider that the request's type does not know, such as those of a beta. They go into the body
   * beside the request's own, which win; the router's fields are not taken from here.
   */
  readonly extra?: RequestFields.Extra | undefined
  /**
   * Headers for the provider, such as `anthropic-beta` or `idempotency-key`. Those of the surface's format travel to a
   * provider that speaks it; all others stay behind.
   */
  readonly headers?: { readonly [name: string]: string } | undefined
  /** The same for the query, such as `{ beta: "true" }`. */
  readonly query?: { readonly [name: string]: string } | undefined
}

/** One endpoint, in its vendor's own types. */
export interface Surface<Request, Body, Event> {
  /**
   * The whole answer, as the provider's non-streaming call gives it, with `usage.routing` and, where there is a price,
   * `usage.cost`.
   */
  readonly create: (request: Request, options?: CallOptions) => Effect.Effect<Body, FlexInferenceError>
  /** Like `create`, with the record of how the request was served, which says more than the body's `usage.routing`. */
  readonly createWithRouting: (
    request: Request,
    options?: CallOptions
  ) => Effect.Effect<Created<Body>, FlexInferenceError>
  /**
   * The answer's events as they come. The stream ends with the terminal event or with an error; interrupting it aborts
   * the call. An event of a type that is not in `Event` is passed on as it came.
   */
  readonly stream: (request: Request, options?: CallOptions) => Stream.Stream<Event, FlexInferenceError>
  /** Succeeds when a leg is committed. Closing the scope aborts the call. */
  readonly open: (
    request: Request,
    options?: CallOptions
  ) => Effect.Effect<Opened<Event>, FlexInferenceError, Scope.Scope>
}

/** A whole answer. */
export interface Created<Body> {
  readonly body: Body
  /** The record as it stands at the end: with the served tier, the usage and the cost. */
  readonly routing: Routing
}

/** An answer that has started. */
export interface Opened<Event> {
  /** What was decided, as of the commit. */
  readonly routing: Routing
  readonly events: Stream.Stream<Event, FlexInferenceError>
  /** The record as it stands now: after the last event with the served tier, the usage and the cost. */
  readonly report: Effect.Effect<Routing>
}

/**
 * The four surfaces.
 *
 * @since 0.1.0
 * @category services
 */
export class FlexInference extends Context.Service<FlexInference, {
  /** OpenAI Responses. */
  readonly responses: Surface<ResponsesRequest, ResponseObject, ResponseEvent>
  readonly chat: {
    /** OpenAI Chat Completions. */
    readonly completions: Surface<ChatRequest, ChatCompletion, ChatCompletionChunk>
  }
  /** Google Interactions. */
  readonly interactions: Surface<InteractionRequest, Interaction, InteractionEvent>
  /** Anthropic Messages. */
  readonly messages: Surface<MessageRequest, Message, MessageEvent>
}>()("effect-flexinference/FlexInference") {}

/**
 * The service on top of whatever `Router` is in the context.
 *
 * **Example** (both services over one router)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { FlexInference, Router } from "effect-flexinference"
 *
 * export const both = FlexInference.layerRouter.pipe(
 *   Layer.provideMerge(Router.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * export const byHand = Effect.map(Effect.service(Router.Router), FlexInference.make)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRouter: Layer.Layer<FlexInference, never, Router.Router> = Layer.effect(
  FlexInference,
  Effect.map(Router.Router, (router) => make(router))
)

/**
 * Races in this process, against the providers whose keys are given, on the `HttpClient` of the context. The client
 * owns the connections: releasing its layer closes them.
 *
 * **Gotchas**
 *
 * Redirects are not followed, because they would carry the key along. For `FetchHttpClient` this is said in its
 * `RequestInit`, so provide options of your own, such as a dispatcher, to this layer too and not to the client's alone.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Router.Options): Layer.Layer<FlexInference, never, HttpClient.HttpClient> =>
  Layer.provide(layerRouter, Router.layer(options))

/**
 * Like `layer`, on the `Transport` of the context, such as that of `effect-flexinference/undici`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport = (options: Router.Options): Layer.Layer<FlexInference, never, Transport> =>
  Layer.provide(layerRouter, Router.layerTransport(options))

/**
 * Like `layer`, with keys and addresses from `OPENAI_API_KEY`, `GEMINI_API_KEY`, `ANTHROPIC_API_KEY` and `*_BASE_URL`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: Router.Defaults
): Layer.Layer<FlexInference, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provide(layerRouter, Router.layerConfig(options))

/**
 * Like `layerConfig`, on the `Transport` of the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfigTransport = (
  options?: Router.Defaults
): Layer.Layer<FlexInference, Config.ConfigError, Transport> =>
  Layer.provide(layerRouter, Router.layerConfigTransport(options))

/**
 * Leaves the race to the hosted router, with your `flex_live_` key.
 *
 * **Example** (the same program, raced by the hosted router)
 *
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { FlexInference } from "effect-flexinference"
 * import * as Undici from "effect-flexinference/undici"
 *
 * export const hosted = FlexInference.layerHosted({ apiKey: Redacted.make("flex_live_…") }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * export const fromVariables = FlexInference.layerHostedConfig().pipe(Layer.provide(FetchHttpClient.layer))
 * export const direct = FlexInference.layerHostedConfigTransport().pipe(Layer.provide(Undici.layer()))
 * export const ownProviders = FlexInference.layerConfigTransport().pipe(Layer.provide(Undici.layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHosted = (
  options: Router.HostedOptions
): Layer.Layer<FlexInference, never, HttpClient.HttpClient> => Layer.provide(layerRouter, Router.layerHosted(options))

/**
 * Like `layerHosted`, with `FLEXINFERENCE_API_KEY` and `FLEXINFERENCE_BASE_URL`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHostedConfig = (
  options?: Router.CallOptions
): Layer.Layer<FlexInference, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provide(layerRouter, Router.layerHostedConfig(options))

/**
 * Like `layerHostedConfig`, on the `Transport` of the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHostedConfigTransport = (
  options?: Router.CallOptions
): Layer.Layer<FlexInference, Config.ConfigError, Transport> =>
  Layer.provide(layerRouter, Router.layerHostedConfigTransport(options))

/**
 * The service over a router, for those who compose it by hand.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (router: Router.Router["Service"]): FlexInference["Service"] => ({
  responses: surface(router, "responses"),
  chat: { completions: surface(router, "chat.completions") },
  interactions: surface(router, "interactions"),
  messages: surface(router, "messages")
})

/** A request as a program wrote it, with its window as it stands on the wire. */
const written = <Request extends { readonly start_within: unknown }>(request: Request): object => ({
  ...request,
  start_within: StartWithin.toWire(request.start_within)
})

const surface = <Request extends { readonly start_within: unknown }, Body, Event>(
  router: Router.Router["Service"],
  name: DialectName
): Surface<Request, Body, Event> => {
  const ask = (request: Request, stream: boolean, options: CallOptions | undefined) =>
    Effect.suspend(() => {
      const body: unknown = { ...RequestFields.extra(options?.extra), ...written(request), stream }
      return router.open(name, Json.isObject(body) ? Json.compact(body) : {}, options, callerOf(options))
    })

  const open: Surface<Request, Body, Event>["open"] = (request, options) =>
    Effect.flatMap(ask(request, true, options), (answer) =>
      answer._tag === "Stream"
        ? Effect.succeed({ routing: answer.routing, report: answer.report, events: eventsOf<Event>(answer.frames) })
        : Effect.die(new Error("a streamed request was answered with a body")))

  const createWithRouting: Surface<Request, Body, Event>["createWithRouting"] = (request, options) =>
    Effect.scoped(Effect.flatMap(ask(request, false, options), (answer) =>
      answer._tag === "Body"
        ? Effect.succeed({ body: promised<Body>(answer.value), routing: answer.routing })
        : Effect.die(new Error("a request for a body was answered with a stream"))))

  return {
    open,
    stream: (request, options) => Stream.unwrap(Effect.map(open(request, options), ({ events }) => events)),
    createWithRouting,
    create: (request, options) => Effect.map(createWithRouting(request, options), ({ body }) => body)
  }
}

const callerOf = (options: CallOptions | undefined): Router.Caller | undefined =>
  options?.headers === undefined && options?.query === undefined
    ? undefined
    : { headers: Headers.fromInput(options.headers), query: options.query }

const eventsOf = <Event>(frames: Router.StreamAnswer["frames"]): Stream.Stream<Event, FlexInferenceError> =>
  frames.pipe(
    Stream.filter(({ value }) => value !== undefined),
    Stream.map(({ value }) => promised<Event>(value))
  )

// Answers are never validated: their types are the vendor's promise, not our finding.
const promised = <A>(value: unknown): A => value as A

/** An answer of any surface, or as much of one as holds its text. */
export type TextBody =
  | ResponseObject
  | ChatCompletion
  | Interaction
  | Message
  | { readonly output: ReadonlyArray<object> }
  | { readonly choices: ReadonlyArray<object> }
  | { readonly steps: ReadonlyArray<object> }
  | { readonly content: ReadonlyArray<object> }

/**
 * All the model's text of an answer, of whichever surface. `""` where there is none: a refusal, a thought or a tool
 * call is no text.
 *
 * **Example** (the text of a body)
 *
 * ```ts
 * import { FlexInference } from "effect-flexinference"
 *
 * FlexInference.outputText({ output: [{ type: "message", content: [{ type: "output_text", text: "Hi" }] }] }) // "Hi"
 * FlexInference.outputText({ content: [{ type: "text", text: "Hi" }] }) // "Hi"
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const outputText = (body: TextBody): string => {
  if (!Json.isObject(body)) return ""
  if (Json.array(body, "output") !== undefined) return Responses.text(body)
  if (Json.array(body, "choices") !== undefined) return ChatCompletions.text(body)
  return Json.array(body, "steps") === undefined ? Messages.text(body) : Interactions.text(body)
}
