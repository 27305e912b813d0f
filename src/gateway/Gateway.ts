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
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as AnswerStore from "../AnswerStore.ts"
import type { Dialect } from "../Dialect.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import { dialects, registry } from "../dialect/index.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import { type Caller, Router } from "../Router.ts"
import { Deferred } from "../deferred/Deferred.ts"
import * as Auth from "./Auth.ts"
import * as Deferrals from "./Deferrals.ts"
import { DrainingServer } from "./DrainingServer.ts"
import * as Models from "./Models.ts"
import * as Paths from "./Paths.ts"
import * as Refusal from "./GatewayError.ts"
import * as Presence from "./Presence.ts"
import * as Reply from "./Reply.ts"
import * as RequestBody from "./RequestBody.ts"
import * as RequestId from "./RequestId.ts"
import * as Turns from "./Turns.ts"
import * as WriteStall from "./WriteStall.ts"

/** What the gateway can be told. */
export interface Options extends RequestBody.Options {
  /** How much of translated answers is kept, so that they can be continued. An `AnswerStore` in the context takes its place. */
  readonly answers?: AnswerStore.Options | undefined
  /** Formats of one's own beside the built-in ones; the router is told of them too. */
  readonly dialects?: ReadonlyArray<Dialect> | undefined
  /**
   * The keys it accepts. Left out, it accepts everyone on this machine, and no web page of another
   * site; a list that is empty, or has a key that no request could carry, is a defect of whoever wrote it.
   */
  readonly keys?: ReadonlyArray<Redacted.Redacted<string>> | undefined
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

const formats = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Dialect> =>
  Array.from(registry(options?.dialects).values())

/**
 * The routes, for a server that has others too: they are added to its `HttpRouter`. What it answers to unknown paths
 * and how it listens is up to that server; `layer` is a whole one.
 */
export const routes = (
  options?: Pick<Options, "answers" | "dialects" | "keys" | "maxBody" | "maxBodies">
): Layer.Layer<never, never, HttpRouter.HttpRouter | Router> =>
  HttpRouter.use(Effect.fnUntraced(function*(http) {
    const router = yield* Router
    const catalog = yield* ModelCatalog.Current
    const authorize = Auth.make(yield* Auth.usable(options?.keys))
    const nameOf = yield* RequestId.make
    const readBody = RequestBody.make(options)
    const present = yield* Presence.make
    const answers = Option.getOrElse(
      yield* Effect.serviceOption(AnswerStore.AnswerStore),
      () => AnswerStore.make(options?.answers)
    )
    const deferred = yield* Effect.serviceOption(Deferred)
    const remembering = Effect.provideService(AnswerStore.AnswerStore, answers)
    const add = <R>(
      { dialect, keys, method, path }: Paths.Path,
      respond: (call: Call) => Effect.Effect<HttpServerResponse.HttpServerResponse, FlexInferenceError, R>,
      speaks?: (headers: Caller["headers"]) => Dialect
    ) =>
      http.add(
        method,
        path,
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
          if (!Paths.isSpelled({ path }, request.url)) return Effect.succeed(unrouted(options, nameOf)(request))
          const requestId = nameOf(request)
          const answered = Effect.flatMap(HttpServerRequest.ParsedSearchParams, (query) =>
            Effect.flatMap(
              authorize(keys, { headers: request.headers, searchParams: query }),
              (owner) => respond({ request, requestId, query, owner })
            ))
          return Reply.orFailure(answered, speaks?.(request.headers) ?? dialect, requestId)
        })
      )
    for (const surface of Paths.surfaces(formats(options))) {
      const { dialect } = surface
      yield* add(surface, ({ owner, query, request, requestId }) =>
        Effect.gen(function*() {
          const text = yield* readBody(request)
          yield* present(request)
          const later = Deferrals.asked(text)
          if (later !== undefined) {
            const key = request.headers["idempotency-key"]
            return Reply.facts(yield* Deferrals.accept(deferred, dialect, text, later, { owner, key }), requestId)
          }
          const answer = yield* RequestBody.blameDepth(text)(
            remembering(router.open(dialect.name, text, undefined, { headers: request.headers, query, owner }))
          )
          const retires = Models.retiresSoon(catalog, answer.routing.model, yield* Clock.currentTimeMillis)
          return Reply.answer(answer, dialect, { requestId, retires })
        }))
    }
    if (Option.isSome(deferred)) {
      for (const path of Deferrals.paths) {
        yield* add(path, ({ owner, requestId }) =>
          Effect.gen(function*() {
            const { response: id = "" } = yield* HttpRouter.params
            return Reply.facts(yield* path.ask(deferred.value, id, owner), requestId)
          }))
      }
    }
    for (const path of Paths.counts(formats(options))) {
      const { behindModel, dialect } = path
      yield* add(path, ({ owner, query, request, requestId }) =>
        Effect.gen(function*() {
          const { model: segment = "" } = yield* HttpRouter.params
          // Whatever else a client may want of a model is not here.
          if (behindModel !== undefined && !segment.endsWith(behindModel)) return unrouted(options, nameOf)(request)
          const model = behindModel === undefined ? undefined : segment.slice(0, -behindModel.length)
          const text = yield* readBody(request)
          yield* present(request)
          const caller = { headers: request.headers, query, owner }
          const counted = yield* RequestBody.blameDepth(text)(
            remembering(router.count(dialect.name, text, { model, caller }))
          )
          return Reply.counted(counted, requestId)
        }))
    }
    for (const { all, lister, one } of Paths.models(formats(options))) {
      const speaks = (headers: Caller["headers"]) => lister(headers).dialect
      yield* add(
        all,
        ({ request, requestId }) =>
          Effect.succeed(Reply.facts(lister(request.headers).listing.page(Models.all(catalog)), requestId)),
        speaks
      )
      yield* add(one, ({ request, requestId }) =>
        Effect.flatMap(HttpRouter.params, ({ model: id = "" }) => {
          const found = Models.find(catalog, id)
          return found === undefined
            ? Effect.fail(Refusal.modelNotFound(id))
            : Effect.succeed(Reply.facts(lister(request.headers).listing.entry(found), requestId))
        }), speaks)
    }
    for (const { method, path } of greetings) {
      yield* http.add(method, path, (request) =>
        Effect.succeed(
          Paths.isSpelled({ path }, request.url)
            ? Reply.facts({ status: "ok" }, nameOf(request))
            : unrouted(options, nameOf)(request)
        ))
    }
  }))

/** One request, once it may pass. */
interface Call {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly requestId: string
  readonly query: NonNullable<Caller["query"]>
  /** Whose key it carried. */
  readonly owner: string
}

const pathsOf = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Paths.Path> => [
  ...Paths.surfaces(formats(options)),
  ...Deferrals.paths,
  ...Paths.counts(formats(options)),
  ...Paths.models(formats(options)).flatMap(({ all, one }) => [all, one]),
  ...greetings
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
 * Nothing bounds how long an answer may take here: the router's clocks do. A request has to arrive whole within two
 * minutes.
 */
export const layer = (options?: Options): Layer.Layer<HttpServer.HttpServer, ServeError, Router> => {
  const marked = options?.simulated === true
    ? HttpServerResponse.setHeader("x-flexinference-simulated", "true")
    : (response: HttpServerResponse.HttpServerResponse) => response
  const app = Effect.zipWith(
    HttpRouter.toHttpEffect(routes(options)),
    RequestId.make,
    (routed, nameOf) =>
      HttpServer.serve(
        routed.pipe(
          // The routes handle whatever happens in them: what is left is that there was none.
          Effect.catchTag(
            "HttpServerError",
            () => Effect.map(HttpServerRequest.HttpServerRequest, unrouted(options, nameOf))
          ),
          Effect.map(marked)
        )
      )
  )
  return Layer.unwrap(app).pipe(
    Layer.provide(Auth.redacted(formats(options))),
    Layer.provideMerge(listening(options))
  )
}

const listening = (options: Options | undefined) =>
  Layer.unwrap(Effect.map(Turns.make(16), (leaving) => {
    const server = new DrainingServer({ requestTimeout: 120_000, keepAliveTimeout: 65_000 }, leaving)
    return Layer.merge(
      NodeHttpServer.layerServer(() => server, {
        host: options?.host ?? "127.0.0.1",
        port: options?.port ?? 8787,
        gracefulShutdownTimeout: options?.drain ?? "20 seconds"
      }),
      Layer.effectDiscard(WriteStall.watch(server, options?.writeStall ?? WriteStall.standard))
    )
  }))
