/**
 * What is decided about a request before anything is sent, and the record of what came of it.
 *
 * `plan` is a pure function: gates first (does the model have a flex tier, may this provider be asked for that tier,
 * is there a key), then which provider in which dialect at which tier. `Routing` is the record the caller gets, on the
 * wire as `usage.routing` and as response headers.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Dialect, DialectName } from "./Dialect.ts"
import type { Usage } from "./Usage.ts"
import { type FlexInferenceError, missingKey, unsupported } from "./FlexInferenceError.ts"
import type { JsonObject } from "./wire/Json.ts"
import * as ModelCatalog from "./ModelCatalog.ts"
import type { BuiltInProviderName, ProviderName, Tier } from "./ModelCatalog.ts"
import type { Provider } from "./Provider.ts"
import { providers } from "./provider/index.ts"
import type { RequestFields, Retry } from "./RequestFields.ts"

/** Why a route was taken. The set is open: treat a word you do not know as information. */
export type Reason =
  | "tier_direct"
  | "flex_won"
  | "flex_deadline"
  | "flex_capacity"
  | "flex_upstream_error"
  | "flex_not_started"
  | "flex_unsupported"
  | "flex_recovered"
  | "chain_advanced"
  | (string & {})

/** One provider of the chain, and the dialect in which it will be asked. */
export interface Route {
  readonly provider: Provider
  readonly dialect: DialectName
}

/** What will be done with a request. */
export interface Plan {
  readonly surface: DialectName
  readonly model: string
  /** The routes in the order in which they are tried; only the first can be raced. */
  readonly routes: Arr.NonEmptyReadonlyArray<Route>
  /** How long flex has to start; `undefined` skips the race. */
  readonly window: Duration.Duration | undefined
  /** The tier of the settled leg. */
  readonly tier: Exclude<Tier, "flex">
  readonly retry: Retry | undefined
  readonly includeCost: boolean
  readonly stream: boolean
}

/** What a plan depends on besides the request. */
export interface PlanContext {
  readonly surface: Dialect
  readonly catalog: ModelCatalog.ModelCatalog
  /** Whether a provider can be called at all. */
  readonly hasKey: (provider: ProviderName) => boolean
}

const direct = (name: string): name is BuiltInProviderName => Object.hasOwn(providers, name)

/** Decides everything that can be decided before a call: the error, or what to do. */
export const plan = (fields: RequestFields, context: PlanContext): Result.Result<Plan, FlexInferenceError> =>
  Result.gen(function*() {
    const chain = yield* chainOf(fields, context.catalog)
    const startWithin = yield* tierGate(fields, chain, context.catalog)
    for (const name of chain) {
      if (!context.hasKey(name)) return yield* Result.fail(noKey(providers[name]))
    }
    return {
      surface: context.surface.name,
      model: fields.model,
      routes: Arr.map(chain, (name) => ({
        provider: providers[name],
        dialect: providers[name].dialects.find((dialect) => dialect === context.surface.name) ??
          providers[name].dialects[0]
      })),
      window: Duration.isDuration(startWithin) ? startWithin : undefined,
      tier: startWithin === "priority" || startWithin === "auto" ? startWithin : "standard",
      retry: fields.retry,
      includeCost: fields.includeCost,
      stream: fields.stream
    }
  })

/** What the chain can be asked for; a default that it cannot fulfil is as good as none, a caller's own word is refused. */
const tierGate = (
  { defaulted, model, startWithin }: RequestFields,
  chain: Arr.NonEmptyReadonlyArray<BuiltInProviderName>,
  catalog: ModelCatalog.ModelCatalog
): Result.Result<RequestFields["startWithin"], FlexInferenceError> => {
  const gate = Duration.isDuration(startWithin)
    ? flexGate(model, Arr.headNonEmpty(chain), catalog)
    : startWithin === "auto" && chain.includes("google")
    ? Result.fail(unsupported({
      code: "auto_unsupported_for_gemini",
      param: "start_within",
      message: `start_within "auto" is not offered by Gemini, which has no such tier. ` +
        `Use "default", "priority" or a window such as "00h-00m-30s".`
    }))
    : Result.void
  return Result.isSuccess(gate)
    ? Result.succeed(startWithin)
    : defaulted === true
    ? Result.succeed("default")
    : Result.fail(gate.failure)
}

const chainOf = (
  fields: RequestFields,
  catalog: ModelCatalog.ModelCatalog
): Result.Result<Arr.NonEmptyReadonlyArray<BuiltInProviderName>, FlexInferenceError> => {
  const native = ModelCatalog.lookup(catalog, fields.model)?.provider ?? ModelCatalog.providerOf(fields.model)
  if (fields.provider === undefined) {
    return native === undefined || !direct(native)
      ? Result.fail(unsupported({
        code: "unroutable_model",
        param: "model",
        message: `No provider is known for the model ${JSON.stringify(fields.model)}: its name begins like none of ` +
          `theirs. Name the provider in the request, for example "provider": ["openai"].`
      }))
      : Result.succeed([native])
  }
  const chain: Array<BuiltInProviderName> = []
  for (const name of fields.provider) {
    if (!direct(name)) {
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
              `Use one of ${Object.keys(providers).map((known) => `"${known}"`).join(", ")}.`
          })
      )
    }
    if (native !== undefined && native !== name) {
      return Result.fail(unsupported({
        code: "provider_model_mismatch",
        param: "provider",
        message: `The model ${JSON.stringify(fields.model)} is not served by "${name}" but by "${native}". ` +
          `Leave provider out, or name "${native}".`
      }))
    }
    chain.push(name)
  }
  return Arr.isReadonlyArrayNonEmpty(chain)
    ? Result.succeed(chain)
    : Result.fail(unsupported({ code: "invalid_provider_chain", param: "provider", message: "provider is empty." }))
}

const flexGate = (
  model: string,
  provider: BuiltInProviderName,
  catalog: ModelCatalog.ModelCatalog
): Result.Result<void, FlexInferenceError> => {
  if (providers[provider].tierToWire("flex") === undefined) {
    return Result.fail(unsupported({
      code: `flex_unsupported_for_${provider}`,
      param: "start_within",
      message: `${providers[provider].title} has no flex tier, so ${JSON.stringify(model)} cannot be raced. ` +
        `Use start_within "default", "priority" or "auto".`
    }))
  }
  return ModelCatalog.isFlexCapable(catalog, model)
    ? Result.void
    : Result.fail(unsupported({
      code: "flex_model_not_capable",
      param: "start_within",
      message: `${JSON.stringify(model)} is not known to have a flex tier, so it cannot be raced. Use start_within ` +
        `"default", or a flex-capable model; a newer model can be added to the model catalogue.`
    }))
}

const noKey = (provider: Provider): FlexInferenceError =>
  missingKey({
    code: provider.missingKeyCode,
    provider: provider.name,
    message: `No ${provider.title} key is configured. Set ${provider.keyVariable}, or ask for a model of a ` +
      `provider that has one.`
  })

/** How the opening of one leg ended: it started, it failed, or it was aborted because another did or the caller left. */
export type LegOutcome = "started" | "failed" | "aborted"

/** One call that was made, with its times in milliseconds since the request came in. */
export interface LegRecord {
  readonly provider: ProviderName
  readonly tier: Tier
  readonly openedAfter: number
  readonly settledAfter: number | undefined
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
  /** How often the settled leg was sent again. */
  readonly retries: number
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

/** The record as it stands in `usage.routing` (contract (b)). */
export const toWire = (routing: Routing): JsonObject => ({
  provider: routing.provider,
  requested_provider: routing.requestedProvider,
  tier: routing.tier,
  reason: routing.reason,
  fallback_attempts: routing.fallbackAttempts,
  mode: routing.mode
})

/** What is added to a body's usage object: the record, and the cost where there is a price (contract (i)). */
export const usageMembers = (routing: Routing): { readonly [name: string]: JsonObject } => ({
  ...(routing.costMicroUsd === undefined ? {} : { cost: { total_micro_usd: routing.costMicroUsd, currency: "USD" } }),
  routing: toWire(routing)
})

/** The response headers of an answer (contract (a)); a cost only where the whole answer is already known. */
export const headers = (routing: Routing): { readonly [name: string]: string } => ({
  "x-flexinference-served-provider": routing.provider,
  "x-flexinference-routing-reason": routing.reason,
  "x-flexinference-pricing": routing.mode,
  ...(routing.retries === 0 ? {} : { "x-flexinference-retries": String(routing.retries) }),
  ...(routing.costMicroUsd === undefined ? {} : { "x-flexinference-cost": String(routing.costMicroUsd) }),
  ...(routing.simulated ? { "x-flexinference-simulated": "true" } : {})
})

/** Whether the standard tier is worth asking after this error of the flex leg, and under which reason. */
export const escalation = (error: FlexInferenceError): Reason | undefined => {
  const { reason } = error
  switch (reason._tag) {
    case "Refused":
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

/** Whether the same call may be sent again before commit: a real 429, a 5xx, or a broken connection (contract (b)). */
export const isRetryable = ({ reason, retryable }: FlexInferenceError): boolean => {
  switch (reason._tag) {
    case "TimedOut":
    case "StreamFailed":
      return false
    case "ProviderFailed":
      return retryable && (reason.providerStatus >= 500 || reason.providerStatus === 429)
    default:
      return retryable
  }
}

/** Whether the next route of the chain may do better: everything that is retryable, time-outs included. */
export const advances = (error: FlexInferenceError): boolean => error.retryable
