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
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as AnswerStore from "../AnswerStore.ts"
import type { Dialect } from "../Dialect.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as FlexMemory from "../FlexMemory.ts"
import { dialects, registry } from "../dialect/index.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import { type Caller, Router } from "../Router.ts"
import { Deferred as DeferredRequests } from "../deferred/Deferred.ts"
import * as Draining from "../Draining.ts"
import * as Routing from "../Routing.ts"
import * as Auth from "./Auth.ts"
import * as Cors from "./Cors.ts"
import * as Deferrals from "./Deferrals.ts"
import type { DrainingServer } from "./DrainingServer.ts"
import * as Early from "./Early.ts"
import * as Listening from "./Listening.ts"
import * as Models from "./Models.ts"
import * as Operator from "./Operator.ts"
import * as Paths from "./Paths.ts"
import * as Readiness from "./Readiness.ts"
import * as Refusal from "./GatewayError.ts"
import * as Presence from "./Presence.ts"
import * as Reply from "./Reply.ts"
import * as RequestBody from "./RequestBody.ts"
import * as RequestId from "./RequestId.ts"
import * as Tenancy from "./Tenancy.ts"
import * as Turns from "./Turns.ts"
import * as WriteStall from "./WriteStall.ts"

export { CurrentOwner } from "./Auth.ts"

/** What the gateway can be told. */
export interface Options extends RequestBody.Options, Early.Options, Tenancy.Options, Listening.Options {
  /**
   * Whether it learns from flex legs when flex is worth waiting for. Otherwise every window is kept to the letter. A
   * `FlexMemory` in the context, or in the router's, takes the place of its own.
   * @default true
   */
  readonly adaptive?: boolean | undefined
  /**
   * How many flex legs may wait at once; where there is no place, standard is asked at once.
   * @default { total: 5000 }
   */
  readonly flexSlots?: FlexMemory.Slots | undefined
  /** How much of translated answers is kept, so that they can be continued. An `AnswerStore` in the context takes its place. */
  readonly answers?: AnswerStore.Options | undefined
  /** Formats of one's own beside the built-in ones; the router is told of them too. */
  readonly dialects?: ReadonlyArray<Dialect> | undefined
  /**
   * The origins whose web pages may call it, such as `https://app.example.com`; it needs keys for that.
   * @default none
   */
  readonly cors?: ReadonlyArray<string> | undefined
  /** Marks every response as coming from simulated providers. */
  readonly simulated?: boolean | undefined
  /**
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
  /**
   * Where it listens; 0 takes any free port, which the `HttpServer` service names.
   * @default 8787
   */
  readonly port?: number | undefined
  /**
   * How long it still takes requests when it is closing and `/readyz` has begun to say 503: as long as it takes whoever
   * spreads requests to see that.
   * @default 0
   */
  readonly unready?: Duration.Input | undefined
  /**
   * How long requests that are under way may go on once the gateway is closing.
   * @default "20 seconds"
   */
  readonly drain?: Duration.Input | undefined
  /**
   * How long a caller may leave what is sent to it unread, without a byte of progress, before it is cut off and its call
   * is aborted; 0 waits for ever.
   * @default "60 seconds"
   */
  readonly writeStall?: Duration.Input | undefined
}

/** Whose error envelope stands where no format was asked for. */
const common = dialects.responses
/** Any client's first look, and what a supervisor asks. */
const greetings: ReadonlyArray<Paths.Path> = [
  { path: "/", method: "GET", dialect: common, keys: [] },
  { path: "/healthz", method: "GET", dialect: common, keys: [] }
]

/** What an operator and a supervisor of several gateways ask. */
const operations = {
  metrics: { path: "/metrics", method: "GET", dialect: common, keys: [] },
  ready: { path: "/readyz", method: "GET", dialect: common, keys: [] }
} satisfies { readonly [name: string]: Paths.Path }

/** What whoever asks may do, and how much of it they have done. */
const limits: Paths.Path = { path: "/v1/limits", method: "GET", dialect: common, keys: [] }

const formats = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Dialect> =>
  Array.from(registry(options?.dialects).values())

/**
 * The routes, for a server that has others too: they are added to its `HttpRouter`. What it answers to unknown paths
 * and how it listens is up to that server; `layer` is a whole one.
 *
 * @since 0.1.0
 * @category layers
 */
export const routes = (
  options?: Pick<
    Options,
    | "adaptive"
    | "answers"
    | "dialects"
    | "earlyBody"
    | "earlyHeaders"
    | "flexSlots"
    | "maxBody"
    | "maxBodies"
    | keyof Tenancy.Options
  >
): Layer.Layer<never, never, HttpRouter.HttpRouter | Router> =>
  HttpRouter.use(Effect.fnUntraced(function*(http) {
    const router = yield* Router
    const catalog = yield* ModelCatalog.Current
    const tenancy = Option.getOrUndefined(yield* Effect.serviceOption(Tenancy.Tenancy)) ??
      (yield* Tenancy.make(options))
    const nameOf = yield* RequestId.make
    const readBody = RequestBody.make(options)
    const present = yield* Presence.make
    const early = yield* Early.make(options)
    const draining = yield* Draining.Draining
    const answers = Option.getOrElse(
      yield* Effect.serviceOption(AnswerStore.AnswerStore),
      () => AnswerStore.make(options?.answers)
    )
    const deferred = yield* Effect.serviceOption(DeferredRequests)
    const memory = Option.getOrElse(yield* Effect.serviceOption(FlexMemory.FlexMemory), () =>
      FlexMemory.make({ adaptive: options?.adaptive, slots: options?.flexSlots ?? { total: 5000 } }))
    const remembering = Effect.provideContext(
      Context.add(Context.make(AnswerStore.AnswerStore, answers), FlexMemory.FlexMemory, memory)
    )
    const add = <R>(
      { dialect, keys, method, path }: Paths.Path,
      respond: (call: Call) => Effect.Effect<HttpServerResponse.HttpServerResponse, FlexInferenceError, R>,
      speaks?: (headers: Caller["headers"]) => Dialect
    ) =>
      http.add(
        method,
        path,
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
          if (!Paths.isSpelled({ path }, request.url)) {
            return Effect.succeed(unrouted(options, nameOf)(request))
          }
          const requestId = nameOf(request)
          const answered = Effect.flatMap(HttpServerRequest.ParsedSearchParams, (query) =>
            Effect.flatMap(
              tenancy.authorize(keys, { headers: request.headers, searchParams: query }, addressOf(request)),
              (tenant) =>
                respond({ request, requestId, query, tenant })
            ))
          return Reply.orFailure(answered, speaks?.(request.headers) ?? dialect, requestId)
        })
      )
    for (const surface of Paths.surfaces(formats(options))) {
      const { dialect } = surface
      yield* add(surface, ({ query, request, requestId, tenant }) =>
        Effect.flatMap(readBody(request), (body) =>
          Effect.flatMap(
            Effect.andThen(
              present(request),
              tenancy.admit(tenant, { text: body, startWithin: request.headers[Routing.startWithinHeader] })
            ),
            ({ caller: told, headers, settling, text }) => {
              const { key, owner } = tenant
              const later = Deferrals.asked(text)
              if (later !== undefined) {
                const own = { owner, key: request.headers["idempotency-key"] }
                return Effect.map(
                  Deferrals.accept(deferred, dialect, text, later, own),
                  (accepted) =>
                    Reply.facts(accepted, requestId)
                )
              }
              const name = key?.name ?? Auth.nameOf(owner)
              const caller = { headers: request.headers, query, owner, requestId, key: name, ...told }
              const opening = RequestBody.blameDepth(text)(
                settling(remembering(router.open(dialect.name, text, undefined, caller)))
              )
              return early({ request, requestId, dialect, text, opening, headers }, (answer) =>
                Effect.map(Models.retiresSoon(catalog, answer.routing.model), (retires) =>
                  Reply.answer(answer, dialect, { requestId, retires, draining, headers })))
            }
          )))
    }
    if (Option.isSome(deferred)) {
      for (const path of Deferrals.paths) {
        yield* add(path, ({ requestId, tenant }) =>
          Effect.flatMap(HttpRouter.params, ({ response: id = "" }) =>
            Effect.map(path.ask(deferred.value, id, tenant.owner), (response) =>
              Reply.facts(response, requestId))))
      }
    }
    for (const path of Paths.counts(formats(options))) {
      const { behindModel, dialect } = path
      yield* add(path, ({ query, request, requestId, tenant }) =>
        Effect.gen(function*() {
          const { model: segment = "" } = yield* HttpRouter.params
          // Whatever else a client may want of a model is not here.
          if (behindModel !== undefined && !segment.endsWith(behindModel)) {
            return unrouted(options, nameOf)(request)
          }
          const body = yield* readBody(request)
          yield* present(request)
          const { model, text } = yield* tenancy.admit(tenant, {
            text: body,
            model: behindModel === undefined ? undefined : segment.slice(0, -behindModel.length),
            startWithin: undefined
          })
          const caller = { headers: request.headers, query, owner: tenant.owner }
          const counted = yield* RequestBody.blameDepth(text)(
            remembering(router.count(dialect.name, text, { model, caller }))
          )
          return Reply.counted(counted, requestId)
        }))
    }
    for (const { all, lister, one } of Paths.models(formats(options))) {
      const speaks = (headers: Caller["headers"]) =>
        lister(headers).dialect
      yield* add(
        all,
        ({ request, requestId, tenant: { mayAsk } }) =>
          Effect.sync(() => {
            const models = Models.all(catalog, { mayAsk, aliases: tenancy.aliases() })
            return Reply.facts(lister(request.headers).listing.page(models), requestId)
          }),
        speaks
      )
      yield* add(one, ({ request, requestId, tenant: { mayAsk } }) =>
        Effect.flatMap(HttpRouter.params, ({ model: id = "" }) => {
          const found = Models.find(catalog, id, { mayAsk, aliases: tenancy.aliases() })
          return found === undefined
            ? Effect.fail(Refusal.modelNotFound(id))
            : Effect.succeed(Reply.facts(lister(request.headers).listing.entry(found), requestId))
        }), speaks)
    }
    yield* http.add("GET", limits.path, (request) => {
      if (!Paths.isSpelled(limits, request.url)) {
        return Effect.succeed(unrouted(options, nameOf)(request))
      }
      const requestId = nameOf(request)
      const shown = Effect.flatMap(HttpServerRequest.ParsedSearchParams, (searchParams) =>
        tenancy.limits(Auth.placesOf(formats(options)), { headers: request.headers, searchParams }, addressOf(request)))
      return Reply.orFailure(
        Effect.map(shown, (limits) =>
          Reply.facts(limits, requestId)),
        common,
        requestId
      )
    })
    for (const { method, path } of greetings) {
      yield* http.add(method, path, (request) =>
        Effect.succeed(
          Paths.isSpelled({ path }, request.url)
            ? Reply.facts({ status: "ok" }, nameOf(request))
            : unrouted(options, nameOf)(request)
        ))
    }
  }))

/**
 * `/readyz`, and `/metrics` for Prometheus: all Effect metrics of the process, those of `AttemptMetrics` among them where
 * the router has its layer. Part of `layer`; for a server of one's own they are apart from `routes`.
 *
 * **Example** (metrics of a server of one's own)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { AttemptMetrics } from "effect-flexinference"
 * import { Gateway } from "effect-flexinference/gateway"
 *
 * // The router that is provided to them must have `AttemptMetrics.layer` too.
 * export const routes = Layer.mergeAll(Gateway.routes(), Gateway.operatorRoutes()).pipe(
 *   Layer.provide(AttemptMetrics.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const operatorRoutes = (
  options?: Pick<Options, "operatorKey">
): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(http) {
    const nameOf = yield* RequestId.make
    const authorize = Operator.make(options?.operatorKey)
    const readiness = Option.getOrUndefined(yield* Effect.serviceOption(Readiness.Readiness))
    const { metrics, ready } = operations
    yield* http.add(ready.method, ready.path, (request) =>
      Effect.sync(() =>
        readiness === undefined || readiness.isReady()
          ? Reply.facts({ status: "ready" }, nameOf(request))
          : HttpServerResponse.setStatus(Reply.facts({ status: "draining" }, nameOf(request)), 503)
      ))
    yield* http.add(metrics.method, metrics.path, (request) =>
      Effect.matchEffect(authorize(request), {
        onFailure: (error) =>
          Effect.succeed(HttpServerResponse.setHeader(
            Reply.failure(error, metrics.dialect, nameOf(request)),
            "www-authenticate",
            Operator.challenge
          )),
        onSuccess: () =>
          Effect.map(PrometheusMetrics.format(), (text) =>
            HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" }))
      }))
  }))

/** One request, once it may pass. */
interface Call {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly requestId: string
  readonly query: NonNullable<Caller["query"]>
  /** Whose key it carried. */
  readonly tenant: Tenancy.Tenant
}

/** Where a request comes from, where that can be known. */
const addressOf = (request: HttpServerRequest.HttpServerRequest): string | undefined =>
  Option.getOrUndefined(request.remoteAddress)

const pathsOf = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Paths.Path> => [
  ...Paths.surfaces(formats(options)),
  ...Deferrals.paths,
  ...Paths.counts(formats(options)),
  ...Paths.models(formats(options)).flatMap(({ all, one }) => [all, one]),
  limits,
  ...greetings,
  ...Object.values(operations)
]

const nothingHere = (options: Pick<Options, "dialects"> | undefined): FlexInferenceError =>
  Refusal.notFound(pathsOf(options).map(({ behindModel = "", method, path }) => `${method} ${path}${behindModel}`))

/** What no route answers: an unknown path, or a known one asked with another method. */
const unrouted =
  (options: Pick<Options, "dialects"> | undefined, nameOf: (request: HttpServerRequest.HttpServerRequest) => string) =>
  (request: HttpServerRequest.HttpServerRequest): HttpServerResponse.HttpServerResponse => {
    const requestId = nameOf(request)
    const asked = (request.url.split("?", 1)[0] ?? "").toLowerCase().replace(/(?<=.)\/$/, "")
    const known = pathsOf(options).filter((path) => Paths.matches(path, asked))
    const [first] = known
    if (first === undefined || known.some(({ method }) => method === request.method)) {
      return Reply.failure(nothingHere(options), common, requestId)
    }
    // A client that would rather speak over a socket is told at once that it has to do without.
    if (first.method === "POST" && request.headers["upgrade"] !== undefined) {
      return HttpServerResponse.setHeaders(Reply.failure(Refusal.noUpgrade(first.path), first.dialect, requestId), {
        upgrade: "HTTP/1.1",
        connection: "close"
      })
    }
    const methods = known.map(({ method }) => method)
    return HttpServerResponse.setHeader(
      Reply.failure(Refusal.methodNotAllowed(first.path, methods.join(" and ")), first.dialect, requestId),
      "allow",
      methods.flatMap((method) => method === "GET" ? [method, "HEAD"] : [method]).join(", ")
    )
  }

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
      Layer.provide(Layer.succeed(Draining.Draining, draining)),
      Layer.provide(Auth.redacted(formats(options)))
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
