/**
 * What is decided about a request before anything is sent, and the record of what came of it.
 *
 * `plan` is a pure function: gates first (does the model have a flex tier, may this provider be asked for that tier,
 * is there a key), then which provider in which dialect at which tier. `Routing` is the record the caller gets, on the
 * wire as `usage.routing` and as response headers.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Deadline from "./Deadline.ts"
import type { Dialect, DialectName } from "./Dialect.ts"
import type { Usage } from "./Usage.ts"
import type * as FlexPolicy from "./FlexPolicy.ts"
import { type FlexInferenceError, internal, unauthenticated, unsupported } from "./FlexInferenceError.ts"
import type { JsonObject } from "./wire/Json.ts"
import * as Json from "./wire/Json.ts"
import * as ModelCatalog from "./ModelCatalog.ts"
import type { ProviderName, Tier } from "./ModelCatalog.ts"
import type { Connection, Provider, Registered, Registry } from "./Provider.ts"
import type { RequestFields, Retry } from "./RequestFields.ts"

/** Why a route was taken. The set is open: treat a word you do not know as information. */
export type Reason =
  | "tier_direct"
  | "deadline_near"
  | "flex_won"
  | "flex_deadline"
  | "flex_capacity"
  | "flex_upstream_error"
  | "flex_not_started"
  | "flex_unsupported"
  | "flex_recovered"
  | "stateful"
  | "draining"
  | "flex_cooling"
  | "cache_affinity"
  | "flex_slots_full"
  | "chain_advanced"
  | (string & {})

/** One provider of the chain, and the dialect in which it will be asked. */
export interface Route {
  readonly provider: Provider
  readonly dialect: Dialect
  /** The other formats the provider speaks: one is asked in where `dialect` cannot say what the request needs. */
  readonly others?: ReadonlyArray<Dialect> | undefined
}

/** A route that can be called. */
export interface ConnectedRoute extends Route {
  readonly connection: Connection
}

/**
 * The request header that stands for a `start_within` that is not in the body.
 *
 * @internal
 */
export const startWithinHeader = "x-flexinference-start-within"

/** What will be done with a request. */
export interface Plan {
  readonly surface: Dialect
  /** By the name its provider knows it by. */
  readonly model: string
  /** The routes in the order in which they are tried; only the first can be raced. */
  readonly routes: Arr.NonEmptyReadonlyArray<ConnectedRoute>
  /** The first route that the caller named, where the routes do not tell. */
  readonly requestedProvider: string | undefined
  /** How long flex has to start: as asked for, or as much of it as the caller's deadline leaves. */
  readonly window: Duration.Duration | undefined
  /** Whether the window is kept here, by a race. */
  readonly raced: boolean
  /** Why there is no race where there is none. */
  readonly unraced: Reason
  /** How long flex runs alone: the window, or less where a policy says so. */
  readonly wait: Duration.Duration | undefined
  /** The tier of the fallback leg. */
  readonly tier: Exclude<Tier, "flex">
  readonly retry: Retry | undefined
  readonly includeCost: boolean
  readonly stream: boolean
}

/** What a plan depends on besides the request. */
export interface PlanContext {
  readonly surface: Dialect
  /** The request in the surface's own form, which may ask for what cannot be raced. */
  readonly request?: JsonObject | undefined
  readonly catalog: ModelCatalog.ModelCatalog
  /** The providers that are known, and of them those that can be called. */
  readonly providers: Registry
  /** The formats that are known. */
  readonly dialects: ReadonlyMap<DialectName, Dialect>
  /** How long the caller can wait, where there is a deadline, and what of that is not for flex. */
  readonly left?: Duration.Duration | undefined
  readonly reserve?: Duration.Duration | undefined
}

type Chain = Arr.NonEmptyReadonlyArray<Registered>

/**
 * Decides everything that can be decided before a call: the error, or what to do.
 *
 * @internal
 */
export const plan = (asked: RequestFields, context: PlanContext): Result.Result<Plan, FlexInferenceError> => {
  for (const known of context.providers.values()) {
    if (known.provider.races) {
      return Result.map(routeOf(known, context), (route) => delegated(asked, context, route))
    }
  }
  const fields = withoutPrefix(asked, context)
  const chain = chainOf(fields, context)
  if (Result.isFailure(chain)) return Result.fail(chain.failure)
  const startWithin = tierGate(fields, chain.success, context)
  if (Result.isFailure(startWithin)) return Result.fail(startWithin.failure)
  const asks = Duration.isDuration(startWithin.success)
  const window = asks ? windowOf(startWithin.success, context) : undefined
  const leavesTwice = window !== undefined && isStateful(context)
  return Result.map(Result.all(Arr.map(chain.success, (known) => routeOf(known, context))), (routes) => ({
    surface: context.surface,
    model: fields.model,
    routes,
    requestedProvider: undefined,
    window,
    raced: window !== undefined && !leavesTwice,
    unraced: asks && window === undefined ? "deadline_near" : leavesTwice ? "stateful" : "tier_direct",
    wait: window,
    tier: tierOf(startWithin.success),
    retry: fields.retry,
    includeCost: fields.includeCost,
    stream: fields.stream
  }))
}

/**
 * The plan of a race as a policy will have it: shorter, or not run. It cannot make one longer than its window.
 *
 * @internal
 */
export const decided = (plan: Plan, decision: FlexPolicy.Race | FlexPolicy.Skip): Plan => {
  if (plan.window === undefined) return plan
  return decision._tag === "Skip"
    ? unraced(plan, decision.reason)
    : { ...plan, wait: Duration.min(plan.window, decision.wait) }
}

/**
 * The plan without its race.
 *
 * @internal
 */
export const unraced = (plan: Plan, reason: Reason): Plan => ({
  ...plan,
  raced: false,
  wait: undefined,
  unraced: reason
})

/** A request that is left whole to a provider that races by itself. */
const delegated = (fields: RequestFields, context: PlanContext, route: ConnectedRoute): Plan => ({
  surface: context.surface,
  model: fields.model,
  routes: [route],
  requestedProvider: fields.provider?.[0],
  window: Duration.isDuration(fields.startWithin) ? windowOf(fields.startWithin, context) : undefined,
  raced: false,
  unraced: "tier_direct",
  wait: undefined,
  tier: "standard",
  retry: undefined,
  includeCost: false,
  stream: fields.stream
})

/** As much of a window as the deadline leaves. */
const windowOf = (asked: Duration.Duration, { left, reserve }: PlanContext): Duration.Duration | undefined =>
  left === undefined ? asked : Option.getOrUndefined(Deadline.shorten(asked, left, reserve))

/** The tier of the fallback leg, or the one that was named. */
const tierOf = (startWithin: RequestFields["startWithin"]): Plan["tier"] =>
  startWithin === "priority" || startWithin === "auto" ? startWithin : "standard"

/** What the chain can be asked for; a default that it cannot fulfil is as good as none, a caller's own word is refused. */
const tierGate = (
  { defaulted, model, startWithin }: RequestFields,
  chain: Chain,
  context: PlanContext
): Result.Result<RequestFields["startWithin"], FlexInferenceError> => {
  const gate = Duration.isDuration(startWithin)
    ? attended(context).pipe(
      Result.flatMap(() => offers("flex", model, [Arr.headNonEmpty(chain)])),
      Result.flatMap(() => flexGate(model, chain, context.catalog))
    )
    : offers(tierOf(startWithin), model, chain)
  return Result.isSuccess(gate)
    ? Result.succeed(startWithin)
    : defaulted === true
    ? Result.succeed("default")
    : Result.fail(gate.failure)
}

/** Whether the answer is added to something that is stored, so that of two legs it might be added twice. */
const isStateful = ({ request = {}, surface }: PlanContext): boolean =>
  surface.lasting?.appends.some((field) => Json.isGiven(request, field)) === true

/** Whether somebody waits for the answer: only then has it a start. */
const attended = ({ request = {}, surface }: PlanContext): Result.Result<void, FlexInferenceError> => {
  const detached = surface.lasting?.detaches.find((field) => Json.boolean(request, field) === true)
  return detached === undefined ? Result.void : Result.fail(unsupported({
    code: "background_not_raced",
    param: detached,
    message:
      `\`${detached}: true\` asks for an answer that nobody waits for, so there is no start to hold to a window, ` +
      `and a leg that lost could not be aborted. Use start_within "default", or leave \`${detached}\` out.`
  }))
}

/** Whether all of these providers have the tier. */
const offers = (tier: Tier, model: string, chain: Chain): Result.Result<void, FlexInferenceError> => {
  for (const { provider } of chain) {
    const lack = provider.unsupported(tier, model)
    if (lack !== undefined) {
      return Result.fail(unsupported({ ...lack, ...page(provider, lack.code), param: "start_within" }))
    }
  }
  return Result.void
}

const flexGate = (
  model: string,
  [{ provider }]: Chain,
  catalog: ModelCatalog.ModelCatalog
): Result.Result<void, FlexInferenceError> => {
  if (ModelCatalog.isFlexCapable(catalog, model)) return Result.void
  const other = ModelCatalog.flexAlternative(catalog, model, provider.name)
  return Result.fail(unsupported({
    code: "flex_model_not_capable",
    param: "start_within",
    message: `${JSON.stringify(model)} is not known to have a flex tier, so it cannot be raced. Use start_within ` +
      `"default", or a flex-capable model${
        other === undefined ? "" : ` such as ${JSON.stringify(other.id)}`
      }; a newer ` +
      `model can be added to the model catalogue.`
  }))
}

/** The providers that serve a model: those that can be called first, and among them the one the catalogue names. */
const serversOf = (model: string, { catalog, providers }: PlanContext): ReadonlyArray<Registered> => {
  const native = ModelCatalog.lookup(catalog, model)?.provider
  const rank = ({ connection, provider }: Registered) =>
    (connection === undefined ? 2 : 0) + (provider.name === native ? 0 : 1)
  return Array.from(providers.values())
    .filter(({ provider }) => provider.name === native || provider.claims(model))
    .toSorted((one, other) => rank(one) - rank(other))
}

/**
 * The request for the model without its provider's name before it, as other routers have it written. The name is cut
 * only where nobody who can be called claims it whole, and what is left is a model of that very provider.
 */
const withoutPrefix = (fields: RequestFields, context: PlanContext): RequestFields => {
  const slash = fields.model.indexOf("/")
  if (slash === -1 || serversOf(fields.model, context).some(({ connection }) => connection !== undefined)) return fields
  const prefix = fields.model.slice(0, slash)
  const model = fields.model.slice(slash + 1)
  const servers = serversOf(model, context)
  const isMeant = servers.some(({ provider }) => provider.prefixes?.includes(prefix)) &&
    (fields.provider ?? []).every((name) => servers.some(({ provider }) => provider.name === name))
  return isMeant ? { ...fields, model } : fields
}

const chainOf = (fields: RequestFields, context: PlanContext): Result.Result<Chain, FlexInferenceError> => {
  const { providers } = context
  const servers = serversOf(fields.model, context)
  if (fields.provider === undefined) {
    return Arr.isReadonlyArrayNonEmpty(servers) ? Result.succeed(Arr.of(servers[0])) : Result.fail(unsupported({
      code: "unroutable_model",
      param: "model",
      message: `No provider is known for the model ${JSON.stringify(fields.model)}: its name begins like none of ` +
        `theirs. Name the provider in the request, for example "provider": ["${Array.from(providers.keys())[0]}"].`
    }))
  }
  const chain: Array<Registered> = []
  for (const name of fields.provider) {
    const known = providers.get(name)
    if (known === undefined) {
      return Result.fail(
        chain.length === 0 && Duration.isDuration(fields.startWithin)
          ? unsupported({
            code: "flex_unsupported_on_cloud",
            param: "start_within",
            message: `The route "${name}" serves the standard tier only, so it cannot be raced. ` +
              `Use start_within "default", or put a direct provider first.`
          })
          : unsupported({
            code: "provider_model_mismatch",
            param: "provider",
            message: `The route "${name}" is not served by this router, which calls providers directly. ` +
              `Use one of ${Array.from(providers.keys(), (known) => `"${known}"`).join(", ")}.`
          })
      )
    }
    // A model of nobody's is served by whoever the caller says serves it.
    if (Arr.isReadonlyArrayNonEmpty(servers) && !servers.includes(known)) {
      const native = servers[0].provider.name
      return Result.fail(unsupported({
        code: "provider_model_mismatch",
        param: "provider",
        message: `The model ${JSON.stringify(fields.model)} is not served by "${name}" but by "${native}". ` +
          `Leave provider out, or name "${native}".`
      }))
    }
    chain.push(known)
  }
  return Arr.isReadonlyArrayNonEmpty(chain)
    ? Result.succeed(chain)
    : Result.fail(unsupported({ code: "invalid_provider_chain", param: "provider", message: "provider is empty." }))
}

/** A provider of the chain as a route in the dialect it will be asked in: the caller's own, where it speaks that. */
const routeOf = (
  { connection, provider }: Registered,
  { dialects, surface }: PlanContext
): Result.Result<ConnectedRoute, FlexInferenceError> => {
  if (connection === undefined) return Result.fail(noKey(provider))
  const dialect = provider.dialects.includes(surface.name) ? surface : dialects.get(provider.dialects[0])
  if (dialect === undefined) {
    return Result.fail(
      internal(new Error(`${provider.name} speaks ${provider.dialects[0]}, which is no format that is known`))
    )
  }
  return Result.succeed(
    // For most providers there is no other, and nothing to look for.
    provider.dialects.length === 1 && provider.dialects[0] === dialect.name
      ? { provider, connection, dialect }
      : {
        provider,
        connection,
        dialect,
        others: provider.dialects.flatMap((name) => dialects.get(name) ?? []).filter((other) => other !== dialect)
      }
  )
}

const page = ({ docUrls }: Provider, code: string): { readonly docUrl?: string } => {
  const docUrl = Object.hasOwn(docUrls, code) ? docUrls[code] : undefined
  return docUrl === undefined ? {} : { docUrl }
}

const noKey = (provider: Provider): FlexInferenceError =>
  unauthenticated({
    code: provider.missingKeyCode,
    ...page(provider, provider.missingKeyCode),
    provider: provider.name,
    message: `No ${provider.title} key is configured. Set ${provider.keyVariables[0]}, or ask for a model of a ` +
      `provider that has one.`
  })

/** How the opening of one leg ended: it started, it failed, or it was aborted because another did or the caller left. */
export type LegOutcome = "started" | "failed" | "aborted"

/** One call that was made, with its times in milliseconds since the request came in. */
export interface LegRecord {
  readonly provider: ProviderName
  readonly tier: Tier
  readonly openedAfter: number
  readonly endedAfter: number | undefined
  readonly outcome: LegOutcome | "open"
  /** What it failed with. */
  readonly error: FlexInferenceError | undefined
}

/** The record of what was decided and what came of it. */
export interface Routing {
  readonly model: string
  /** The route that served: a provider's name, or one of the hosted router's cloud routes. */
  readonly provider: string
  /** The first route that was asked for. */
  readonly requestedProvider: string
  /** The tier that served, in the provider's word. */
  readonly tier: string
  /** Whether the tier is the one asked for, because the provider has not reported one (yet). */
  readonly tierInferred: boolean
  readonly reason: Reason
  /** Routes tried before the one that served; the switch from flex to standard is none. */
  readonly fallbackAttempts: number
  /** How often the fallback leg was sent again. */
  readonly retries: number
  /** What of the request was left out because who served cannot carry it, by the caller's names (`dropUnsupported`). */
  readonly dropped: ReadonlyArray<string>
  /** Whose key paid: the caller's own, or one the hosted router manages. */
  readonly mode: "byok" | "managed"
  readonly window: Duration.Duration | undefined
  /** From the request to the commit: the start of generation, or a whole body where nothing was streamed. */
  readonly startedAfter: Duration.Duration
  readonly legs: ReadonlyArray<LegRecord>
  /** As the provider reported it, once it has. */
  readonly usage: Usage | undefined
  /** List price of what was served, in micro-USD; absent while it is not known, and where there is no price. */
  readonly costMicroUsd: number | undefined
  /** What the standard tier would have cost more, in micro-USD. */
  readonly savingMicroUsd: number | undefined
  /** The provider's simulator answered. */
  readonly simulated: boolean
}

/**
 * The record as it stands in `usage.routing`.
 *
 * **Example** (the record of an answer, as it goes out)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexInference, Routing } from "effect-flexinference"
 * import { Testing } from "effect-flexinference/testing"
 *
 * const record = Effect.gen(function*() {
 *   const flex = yield* FlexInference.FlexInference
 *   const { routing } = yield* flex.responses.open({ model: "gpt-5.5", input: "Hi", start_within: "30 seconds" })
 *   return [Routing.toWire(routing)["reason"], Routing.headers(routing)["x-flexinference-routing-reason"]]
 * }).pipe(Effect.scoped, Effect.provide(Testing.layerTest()))
 *
 * await Effect.runPromise(record) // => ["flex_won", "flex_won"]
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toWire = (routing: Routing): JsonObject => ({
  provider: routing.provider,
  requested_provider: routing.requestedProvider,
  tier: routing.tier,
  reason: routing.reason,
  fallback_attempts: routing.fallbackAttempts,
  mode: routing.mode,
  ...(routing.dropped.length === 0 ? {} : { dropped: [...routing.dropped] })
})

/**
 * What is added to a body's usage object: the record, and the cost where there is a price.
 *
 * @internal
 */
export const usageMembers = (routing: Routing): { readonly [name: string]: JsonObject } => ({
  ...(routing.costMicroUsd === undefined ? {} : { cost: { total_micro_usd: routing.costMicroUsd, currency: "USD" } }),
  routing: toWire(routing)
})

/**
 * The response headers of an answer; a cost only where the whole answer is already known.
 *
 * @since 0.1.0
 * @category conversions
 */
export const headers = (routing: Routing): { readonly [name: string]: string } => ({
  "x-flexinference-served-provider": routing.provider,
  "x-flexinference-routing-reason": routing.reason,
  "x-flexinference-pricing": routing.mode,
  ...(routing.dropped.length === 0 ? {} : { "x-flexinference-dropped": routing.dropped.join(", ") }),
  ...(routing.retries === 0 ? {} : { "x-flexinference-retries": String(routing.retries) }),
  ...(routing.costMicroUsd === undefined ? {} : { "x-flexinference-cost": String(routing.costMicroUsd) }),
  ...(routing.simulated ? { "x-flexinference-simulated": "true" } : {})
})

/**
 * Whether the standard tier is worth asking after this error of the flex leg, and under which reason.
 *
 * @internal
 */
export const escalation = (error: FlexInferenceError): Reason | undefined => {
  const { reason } = error
  switch (reason._tag) {
    case "CapacityRefused":
      return "flex_capacity"
    case "TierUnsupported":
      return "flex_unsupported"
    case "ProviderFailed":
      return reason.class === "upstream" ? "flex_upstream_error" : undefined
    case "TransportFailed":
      return "flex_not_started"
    case "TimedOut":
      return "flex_upstream_error"
    case "StreamFailed":
      return reason.event === undefined ? "flex_not_started" : "flex_upstream_error"
    default:
      return undefined
  }
}

/**
 * Whether the same call may be sent again before commit: a real 429, a 5xx, or a broken connection.
 *
 * @internal
 */
export const isRetryable = ({ reason, retryable }: FlexInferenceError): boolean => {
  switch (reason._tag) {
    case "TimedOut":
      return false
    case "StreamFailed":
      // Where the provider itself said so before any output, it is as good as a 5xx.
      return retryable && reason.event !== undefined && !reason.started
    case "ProviderFailed":
      return retryable && (reason.providerStatus >= 500 || reason.providerStatus === 429)
    default:
      return retryable
  }
}

/**
 * Whether the next route of the chain may do better: everything that is retryable, time-outs included.
 *
 * @internal
 */
export const advances = (error: FlexInferenceError): boolean => error.retryable
