/** The routes of a gateway: what each of its paths does with a request. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Deferred } from "../deferred/Deferred.ts"
import type { Dialect } from "../Dialect.ts"
import * as Draining from "../Draining.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import { type Caller, Router } from "../Router.ts"
import * as Routing from "../Routing.ts"
import * as Auth from "./Auth.ts"
import * as Dashboard from "./dashboard/Dashboard.ts"
import * as Deferrals from "./Deferrals.ts"
import * as Early from "./Early.ts"
import * as Refusal from "./GatewayError.ts"
import type { Options } from "./GatewayOptions.ts"
import * as Kept from "./Kept.ts"
import * as Models from "./Models.ts"
import * as Paths from "./Paths.ts"
import * as Presence from "./Presence.ts"
import * as Reply from "./Reply.ts"
import * as RequestBody from "./RequestBody.ts"
import * as RequestId from "./RequestId.ts"
import * as Tenancy from "./Tenancy.ts"
import { unrouted } from "./Unrouted.ts"

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
    const answers = yield* Kept.answersOf(options)
    const deferred = yield* Effect.serviceOption(Deferred)
    const memory = yield* Kept.memoryOf(options)
    const dashboard = Option.getOrUndefined(yield* Effect.serviceOption(Dashboard.Dashboard))
    const remembering = Kept.remembering(answers, memory)
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
              (tenant) => respond({ request, requestId, query, tenant })
            ))
          return Reply.orFailure(answered, speaks?.(request.headers) ?? dialect, requestId)
        })
      )
    for (const surface of Paths.surfaces(Paths.formats(options))) {
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
              const caller = {
                headers: request.headers,
                query,
                owner,
                requestId,
                key: name,
                log: dashboard?.log,
                ...told
              }
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
    for (const path of Paths.counts(Paths.formats(options))) {
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
    for (const { all, lister, one } of Paths.models(Paths.formats(options))) {
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
    yield* http.add("GET", Paths.limits.path, (request) => {
      if (!Paths.isSpelled(Paths.limits, request.url)) {
        return Effect.succeed(unrouted(options, nameOf)(request))
      }
      const requestId = nameOf(request)
      const shown = Effect.flatMap(HttpServerRequest.ParsedSearchParams, (searchParams) =>
        tenancy.limits(
          Auth.placesOf(Paths.formats(options)),
          { headers: request.headers, searchParams },
          addressOf(request)
        ))
      return Reply.orFailure(
        Effect.map(shown, (limits) =>
          Reply.facts(limits, requestId)),
        Paths.common,
        requestId
      )
    })
    for (const { method, path } of Paths.greetings) {
      // There the operator's routes have a page to show.
      if (path === Paths.home && dashboard !== undefined) {
        continue
      }
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
  readonly tenant: Tenancy.Tenant
}

/** Where a request comes from, where that can be known. */
const addressOf = (request: HttpServerRequest.HttpServerRequest): string | undefined =>
  Option.getOrUndefined(request.remoteAddress)
