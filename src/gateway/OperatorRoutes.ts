/** The routes for whoever runs a gateway: whether it is ready, its metrics, and its dashboard. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Option from "effect/Option"
import * as Draining from "../Draining.ts"
import * as Dashboard from "./dashboard/Dashboard.ts"
import * as Page from "./dashboard/Page.ts"
import * as Refusal from "./GatewayError.ts"
import type { Options } from "./GatewayOptions.ts"
import * as Operator from "./Operator.ts"
import * as Paths from "./Paths.ts"
import * as Readiness from "./Readiness.ts"
import * as Reply from "./Reply.ts"
import * as RequestId from "./RequestId.ts"
import { unrouted } from "./Unrouted.ts"

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
  options?: Pick<Options, "dashboard" | "dialects" | "operatorKey">
): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(http) {
    const nameOf = yield* RequestId.make
    const authorize = Operator.make(options?.operatorKey)
    const readiness = Option.getOrUndefined(yield* Effect.serviceOption(Readiness.Readiness))
    const dashboard = Option.getOrUndefined(yield* Effect.serviceOption(Dashboard.Dashboard))
    const draining = yield* Draining.Draining
    const { events, metrics, ready } = Paths.operations
    /** What nobody but an operator is answered. */
    const guarded = (
      request: HttpServerRequest.HttpServerRequest,
      answer: Effect.Effect<HttpServerResponse.HttpServerResponse>
    ) =>
      Effect.matchEffect(authorize(request), {
        onFailure: (error) =>
          Effect.succeed(HttpServerResponse.setHeader(
            Reply.failure(error, Paths.common, nameOf(request)),
            "www-authenticate",
            Operator.challenge
          )),
        onSuccess: () => answer
      })
    yield* http.add(ready.method, ready.path, (request) =>
      Effect.sync(() =>
        readiness === undefined || readiness.isReady()
          ? Reply.facts({ status: "ready" }, nameOf(request))
          : HttpServerResponse.setStatus(Reply.facts({ status: "draining" }, nameOf(request)), 503)
      ))
    yield* http.add(metrics.method, metrics.path, (request) =>
      guarded(
        request,
        Effect.map(PrometheusMetrics.format(), (text) =>
          HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" }))
      ))
    if (dashboard === undefined) {
      return
    }
    yield* http.add("GET", Paths.home, (request) => {
      if (!Paths.isSpelled({ path: Paths.home }, request.url)) {
        return Effect.succeed(unrouted(options, nameOf)(request))
      }
      return Page.isAsked(request.headers)
        ? guarded(request, Effect.succeed(Page.response))
        : Effect.succeed(
          HttpServerResponse.setHeader(Reply.facts({ status: "ok" }, nameOf(request)), "vary", "accept")
        )
    })
    yield* http.add(events.method, events.path, (request) =>
      guarded(
        request,
        Effect.sync(() => {
          const watched = dashboard.watch(draining)
          return watched === undefined
            ? Reply.failure(Refusal.watchers, Paths.common, nameOf(request))
            : HttpServerResponse.stream(watched, Reply.streamed({}))
        })
      ))
  }))
