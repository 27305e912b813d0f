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
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Dialect } from "../Dialect.ts"
import { dialects, registry } from "../dialect/index.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import { Router } from "../Router.ts"
import * as Auth from "./Auth.ts"
import { DrainingServer } from "./DrainingServer.ts"
import * as Models from "./Models.ts"
import * as Refusal from "./GatewayError.ts"
import * as Reply from "./Reply.ts"
import * as RequestBody from "./RequestBody.ts"

/** What the gateway can be told. */
export interface Options {
  /** Formats of one's own beside the built-in ones; the router is told of them too. */
  readonly dialects?: ReadonlyArray<Dialect> | undefined
  /** The keys it accepts. Without any it accepts everyone, so serve loopback only. */
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
}

interface Path {
  readonly path: `/${string}`
  readonly method: "GET" | "POST"
  readonly dialect: Dialect
}

/** Whose clients list models, and whose error envelope stands where no format was asked for. */
const common = dialects.responses
const models: Path = { path: "/v1/models", method: "GET", dialect: common }
const model: Path = { path: "/v1/models/:model", method: "GET", dialect: common }
const health: Path = { path: "/healthz", method: "GET", dialect: common }

const formats = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Dialect> =>
  Array.from(registry(options?.dialects).values())

/** The surfaces: a path for every place that the clients of a format post to. */
const surfacesOf = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Path> =>
  formats(options).flatMap((dialect) => dialect.paths.map((path): Path => ({ path, method: "POST", dialect })))

/**
 * The routes, for a server that has others too: they are added to its `HttpRouter`. What it answers to unknown paths
 * and how it listens is up to that server; `layer` is a whole one.
 */
export const routes = (
  options?: Pick<Options, "dialects" | "keys">
): Layer.Layer<never, never, HttpRouter.HttpRouter | Router> =>
  HttpRouter.use(Effect.fnUntraced(function*(http) {
    const router = yield* Router
    const catalog = yield* ModelCatalog.Current
    const authorize = Auth.make(options?.keys ?? [])
    const authorized = ({ dialect }: Path) =>
      options?.keys === undefined || options.keys.length === 0
        ? HttpServerRequest.HttpServerRequest
        : Effect.gen(function*() {
          const request = yield* HttpServerRequest.HttpServerRequest
          const searchParams = yield* HttpServerRequest.ParsedSearchParams
          yield* authorize(dialect.key, { headers: request.headers, searchParams })
          return request
        })
    for (const surface of surfacesOf(options)) {
      const { dialect, method, path } = surface
      const respond = authorized(surface).pipe(
        Effect.flatMap(RequestBody.read),
        Effect.flatMap((text) => RequestBody.blameDepth(text)(router.open(dialect.name, text))),
        Effect.map((answer) => Reply.answer(answer, dialect))
      )
      yield* http.add(method, path, Reply.orFailure(respond, dialect))
    }
    const list = Effect.as(authorized(models), HttpServerResponse.jsonUnsafe(Models.list(catalog)))
    yield* http.add(models.method, models.path, Reply.orFailure(list, models.dialect))
    const one = Effect.gen(function*() {
      yield* authorized(model)
      const { model: id = "" } = yield* HttpRouter.params
      const found = ModelCatalog.get(catalog, id)
      return found === undefined
        ? yield* Effect.fail(Refusal.modelNotFound(id))
        : HttpServerResponse.jsonUnsafe(Models.entry(catalog, found, id))
    })
    yield* http.add(model.method, model.path, Reply.orFailure(one, model.dialect))
    yield* http.add(health.method, health.path, HttpServerResponse.jsonUnsafe({ status: "ok" }))
  }))

/** What no route answers: an unknown path, or a known one asked with another method. */
const unrouted =
  (paths: ReadonlyArray<Path>) =>
  (request: HttpServerRequest.HttpServerRequest): HttpServerResponse.HttpServerResponse => {
    const asked = (request.url.split("?", 1)[0] ?? "").toLowerCase().replace(/(?<=.)\/$/, "")
    const known = paths.find(({ path }) => path === model.path ? /^\/v1\/models\/[^/]+$/.test(asked) : path === asked)
    if (known === undefined || known.method === request.method) {
      return Reply.failure(Refusal.notFound(paths.map(({ method, path }) => `${method} ${path}`)), common)
    }
    const allowed = known.method === "GET" ? "GET, HEAD" : known.method
    return HttpServerResponse.setHeader(
      Reply.failure(Refusal.methodNotAllowed(known.path, known.method), known.dialect),
      "allow",
      allowed
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
  const paths = [...surfacesOf(options), models, model, health]
  const marked = options?.simulated === true
    ? HttpServerResponse.setHeader("x-flexinference-simulated", "true")
    : (response: HttpServerResponse.HttpServerResponse) => response
  return Layer.unwrap(Effect.map(HttpRouter.toHttpEffect(routes(options)), (routed) =>
    HttpServer.serve(
      routed.pipe(
        // The routes handle whatever happens in them: what is left is that there was none.
        Effect.catchTag("HttpServerError", () => Effect.map(HttpServerRequest.HttpServerRequest, unrouted(paths))),
        Effect.map(marked)
      )
    ))).pipe(
      Layer.provide(Auth.redacted(formats(options))),
      Layer.provideMerge(NodeHttpServer.layerServer(
        () => new DrainingServer({ requestTimeout: 120_000, keepAliveTimeout: 65_000 }),
        {
          host: options?.host ?? "127.0.0.1",
          port: options?.port ?? 8787,
          gracefulShutdownTimeout: options?.drain ?? "20 seconds"
        }
      ))
    )
}
