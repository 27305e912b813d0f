/**
 * Who calls a gateway, and what they may do: the keys, what each may ask for and spend, and the names that stand for
 * models. It can be told of others while the gateway runs; what is counted for a key goes on under its name.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { KeyPlace } from "../Dialect.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import type { Answer, Caller } from "../Router.ts"
import * as Json from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as Aliases from "./Aliases.ts"
import * as Auth from "./Auth.ts"
import * as FailedAuthentications from "./FailedAuthentications.ts"
import * as Refusal from "./GatewayError.ts"
import * as Keys from "./Keys.ts"
import * as SpendLedger from "./SpendLedger.ts"
import * as WorstCase from "./WorstCase.ts"

export type { Alias } from "./Aliases.ts"
export type { Given, Key } from "./Keys.ts"

/** Whom it serves. */
export interface Members {
  /**
   * The keys it accepts. Left out, it accepts everyone on this machine, and no web page of another
   * site; a list that is empty, or has a key that no request could carry, is a defect of whoever wrote it.
   */
  readonly keys?: ReadonlyArray<Keys.Given> | undefined
  /** Names that stand for models, for whoever can choose a model and nothing else. */
  readonly aliases?: ReadonlyArray<Aliases.Alias> | undefined
}

/** Whom a gateway serves, and how it is kept from those it does not. */
export interface Options extends Members {
  /** The key to which `GET /v1/limits` shows what all the others have and use. */
  readonly operatorKey?: Redacted.Redacted<string> | undefined
  /**
   * After so many keys that are none, in a minute, an address is not heard for the rest of the minute. 0 hears them all,
   * for a gateway behind a proxy, where all have the proxy's address.
   * @default 30
   */
  readonly maxFailedAuthentications?: number | undefined
}

/** Whoever sent a request. */
export interface Tenant {
  readonly owner: string
  /** What its key says of it. */
  readonly key: Keys.Key | undefined
  readonly mayAsk: (model: string) => boolean
}

/** A request that may pass. */
export interface Admission {
  /** As the router is to read it. */
  readonly text: string
  readonly model: string | undefined
  /** What the router is told of its caller beside the headers. */
  readonly caller: Pick<Caller, "defaultStartWithin" | "mayRace">
  /** What the answer says of it. */
  readonly headers: { readonly [name: string]: string }
  /** Wraps its answering, so that what was reserved for it becomes what it did cost when the scope closes. */
  readonly settling: <E extends FlexInferenceError, R>(
    answering: Effect.Effect<Answer, E, R>
  ) => Effect.Effect<Answer, E, R>
}

/** What stands in a request that may pass or not. */
export interface Asked {
  readonly text: string
  /** The model, where it stands in the path. */
  readonly model?: string | undefined
  readonly startWithin: string | undefined
}

/**
 * The tenants of a gateway. One in the context takes the place of the one its options describe.
 *
 * **Example** (keys that change while the gateway runs)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Tenancy } from "effect-flexinference/gateway"
 *
 * export const newcomer = Effect.gen(function*() {
 *   const { replace } = yield* Tenancy.Tenancy
 *   yield* replace({
 *     keys: [
 *       { name: "team-a", key: Redacted.make("…"), dailyBudgetMicroUsd: 20_000_000 },
 *       { name: "team-b", key: Redacted.make("…"), requestsPerMinute: 60 }
 *     ]
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class Tenancy extends Context.Service<Tenancy, {
  /** Who sends a request, by the keys it carries; `address` is where it comes from. */
  readonly authorize: (
    places: ReadonlyArray<KeyPlace>,
    credentials: Auth.Credentials,
    address: string | undefined
  ) => Effect.Effect<Tenant, FlexInferenceError>
  /** Lets a request pass, under the names and limits of whoever sends it; nothing else is done with one that has none. */
  readonly admit: (tenant: Tenant, asked: Asked) => Effect.Effect<Admission, FlexInferenceError, Scope.Scope>
  readonly aliases: () => ReadonlyMap<string, Aliases.Alias>
  /** Who may look at limits, and whose: one's own, or all with the operator's key. */
  readonly limits: (
    places: ReadonlyArray<KeyPlace>,
    credentials: Auth.Credentials,
    address: string | undefined
  ) => Effect.Effect<Json.JsonObject, FlexInferenceError>
  /** Puts others in the place of the keys and the aliases; a list that `make` would not take leaves all as it is. */
  readonly replace: (members: Members) => Effect.Effect<void>
}>()("effect-flexinference/gateway/Tenancy") {}

const everything = (): boolean => true

interface State {
  readonly authorize: ReturnType<typeof Auth.make>
  readonly tenants: ReadonlyMap<string, Tenant>
  readonly aliases: ReadonlyMap<string, Aliases.Alias>
}

const stateOf = ({ aliases = [], keys }: Members): Effect.Effect<State> =>
  Effect.map(Auth.usable(keys), (entries) => ({
    authorize: Auth.make(entries),
    tenants: new Map(
      (entries ?? []).map(({ key, owner }) => [
        owner,
        { owner, key, mayAsk: key?.models === undefined ? everything : Keys.matches(key.models) }
      ])
    ),
    aliases: new Map(aliases.map((alias) => [alias.name, alias]))
  }))

/**
 * Tenants by these options; what is spent goes to the `SpendLedger` of the context, else to one in memory.
 *
 * **Example** (a log of who asks)
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { Tenancy } from "effect-flexinference/gateway"
 *
 * export const layer = Layer.effect(
 *   Tenancy.Tenancy,
 *   Effect.map(Tenancy.make({ keys: [Redacted.make("…")] }), (tenancy) => ({
 *     ...tenancy,
 *     admit: (tenant: Tenancy.Tenant, asked: Tenancy.Asked) =>
 *       Effect.tap(tenancy.admit(tenant, asked), ({ model }) => Effect.logInfo(`${tenant.owner} asks ${model}`))
 *   }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Tenancy["Service"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const catalog = yield* ModelCatalog.Current
    const ledger = Option.getOrElse(yield* Effect.serviceOption(SpendLedger.SpendLedger), SpendLedger.make)
    // It never forgets a name, of which there are as many as the configuration has.
    const { consume } = yield* RateLimiter.make.pipe(
      Effect.provide(yield* Layer.build(RateLimiter.layerStoreMemory))
    )
    const { maxFailedAuthentications = 30 } = options ?? {}
    const failures = maxFailedAuthentications === 0
      ? undefined
      : FailedAuthentications.make(maxFailedAuthentications)
    // A key that nobody can send opens nothing.
    const operatorKey = options?.operatorKey !== undefined && Redacted.value(options.operatorKey).trim() !== ""
      ? [options.operatorKey]
      : undefined
    const operator = yield* Auth.usable(operatorKey)
    const isOperator = operator && Auth.make(operator)
    const races = new Map<string, number>()
    let state = yield* stateOf(options ?? {})

    const heard = <A>(
      authorized: Effect.Effect<A, FlexInferenceError>,
      address: string | undefined
    ): Effect.Effect<A, FlexInferenceError> => {
      if (failures === undefined || address === undefined) return authorized
      return Clock.clockWith((clock) => {
        const wait = failures.wait(address, clock.currentTimeMillisUnsafe())
        return wait !== undefined ? Effect.fail(Refusal.tooManyFailures(wait)) : Effect.tapError(
          authorized,
          ({ status }) =>
            Effect.sync(() => {
              if (status === 401) failures.failed(address, clock.currentTimeMillisUnsafe())
            })
        )
      })
    }

    const tenantOf = (owner: string): Tenant =>
      state.tenants.get(owner) ?? { owner, key: undefined, mayAsk: everything }

    const limit = ({ key, owner }: Tenant): Effect.Effect<void, FlexInferenceError> => {
      const perMinute = key?.requestsPerMinute
      return perMinute === undefined ? Effect.void : consume({
        key: owner,
        limit: perMinute,
        window: Duration.minutes(1),
        algorithm: "token-bucket",
        onExceeded: "fail"
      }).pipe(
        Effect.asVoid,
        Effect.mapError(({ reason }) =>
          Refusal.tooManyRequests(
            perMinute,
            reason._tag === "RateLimitExceeded" ? reason.retryAfter : Duration.minutes(1)
          )
        )
      )
    }

    const mayRace = ({ key, owner }: Tenant): Caller["mayRace"] => {
      const slots = key?.raceSlots
      return slots === undefined ? undefined : () => {
        const taken = races.get(owner) ?? 0
        if (taken >= slots) return undefined
        races.set(owner, taken + 1)
        return () => races.set(owner, (races.get(owner) ?? 1) - 1)
      }
    }

    const reserve = (
      { key, owner }: Tenant,
      { model, startWithin, text }: { readonly model: string; readonly startWithin: unknown; readonly text: string }
    ) =>
      Effect.gen(function*() {
        const budget = key?.dailyBudgetMicroUsd
        if (budget === undefined) return undefined
        const now = yield* Clock.currentTimeMillis
        const tier = startWithin === "priority" ? "priority" : "standard"
        const worst = WorstCase.of(text, model, tier, { catalog, at: now })
        if (worst === undefined) return yield* Effect.fail(Refusal.unpricedModel(model))
        const reserved = yield* ledger.reserve(owner, worst.whole, budget)
        if (Option.isSome(reserved)) return { ...reserved.value, worst }
        return yield* Effect.fail(Refusal.budgetExhausted({
          cost: worst.whole,
          left: budget - (yield* ledger.spent(owner)),
          retryAfter: Duration.millis(SpendLedger.untilTomorrow(now))
        }))
      }).pipe(Effect.catchTag("SpendUnrecorded", ({ cause }) =>
        Effect.andThen(
          Effect.logError("What a key spends cannot be written down.", cause),
          Effect.fail(Refusal.spendUnrecorded)
        )))

    const shown = ({ key, owner }: Tenant) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const budget = key?.dailyBudgetMicroUsd
        const spent = budget === undefined ? 0 : yield* ledger.spent(owner)
        return {
          object: "limits",
          name: owner,
          models: key?.models === undefined ? null : [...key.models],
          default_start_within: key?.defaultStartWithin ?? null,
          requests_per_minute: key?.requestsPerMinute ?? null,
          race_slots: key?.raceSlots === undefined ? null : { limit: key.raceSlots, used: races.get(owner) ?? 0 },
          daily_budget: budget === undefined ? null : {
            limit_micro_usd: budget,
            spent_micro_usd: spent,
            remaining_micro_usd: Math.max(0, budget - spent),
            resets_at: new Date(now + SpendLedger.untilTomorrow(now)).toISOString()
          }
        }
      }).pipe(Effect.mapError(() => Refusal.spendUnrecorded))

    const authorize = (places: ReadonlyArray<KeyPlace>, credentials: Auth.Credentials) =>
      Effect.map(Effect.suspend(() => state.authorize(places, credentials)), tenantOf)

    return Tenancy.of({
      authorize: (places, credentials, address) => heard(authorize(places, credentials), address),
      limits: (places, credentials, address) => {
        const own: Effect.Effect<Json.JsonObject, FlexInferenceError> = Effect.flatMap(
          authorize(places, credentials),
          shown
        )
        const all = Effect.map(
          Effect.suspend(() => Effect.forEach(state.tenants.values(), shown)),
          (data): Json.JsonObject => ({ object: "list", data })
        )
        const asked = isOperator === undefined
          ? own
          : Effect.matchEffect(isOperator(places, credentials), { onSuccess: () => all, onFailure: () => own })
        return heard(asked, address)
      },
      aliases: () => state.aliases,
      replace: (members) => Effect.map(stateOf(members), (next) => void (state = next)),
      admit: (tenant, { model: inPath, startWithin: inHeader, text }) => {
        const { key } = tenant
        const { aliases } = state
        if (key === undefined && aliases.size === 0) return Effect.succeed(asItIs(text, inPath))
        const asked = inPath ?? Aliases.modelOf(text)
        if (asked !== undefined && !tenant.mayAsk(asked)) return Effect.fail(Refusal.hiddenModel(asked))
        const alias = asked === undefined ? undefined : aliases.get(asked)
        const resolved = alias === undefined || inPath !== undefined ? text : Aliases.resolve(text, alias)
        const model = alias?.model ?? asked
        const defaultStartWithin = alias?.startWithin ?? key?.defaultStartWithin
        const admitted: Admission = {
          ...asItIs(resolved, inPath === undefined ? undefined : model),
          caller: { defaultStartWithin, mayRace: mayRace(tenant) }
        }
        if (key === undefined) return Effect.succeed(admitted)
        return Effect.gen(function*() {
          yield* limit(tenant)
          // Counting costs nothing, and what names no model is refused before anything is sent.
          if (key.dailyBudgetMicroUsd === undefined || inPath !== undefined || model === undefined) return admitted
          const scope = yield* Effect.scope
          const reserved = yield* reserve(tenant, {
            text: resolved,
            model,
            startWithin: startWithinOf(resolved) ?? inHeader ?? defaultStartWithin
          })
          return reserved === undefined ? admitted : {
            ...admitted,
            headers: { "x-flexinference-spend-remaining": String(reserved.remaining) },
            settling: settling(scope, reserved)
          }
        })
      }
    })
  })

/**
 * Tenants by these options, for a gateway and for whoever replaces them.
 *
 * **Example** (a gateway whose keys can be replaced)
 *
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { Gateway, Tenancy } from "effect-flexinference/gateway"
 *
 * export const gateway = Gateway.layer().pipe(
 *   Layer.provideMerge(Tenancy.layer({ keys: [{ name: "team-a", key: Redacted.make("…") }] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Tenancy> => Layer.effect(Tenancy, make(options))

const startWithinOf = (text: string): Json.Json | undefined => {
  const own = JsonMembers.textOf(text, "start_within")
  return own === undefined ? undefined : Json.parse(own)
}

const asItIs = (text: string, model: string | undefined): Admission => ({
  text,
  model,
  caller: {},
  headers: {},
  settling: (answering) => answering
})

interface Reserved extends SpendLedger.Reservation {
  readonly worst: WorstCase.WorstCase
}

/**
 * Puts in the place of a reservation what the answer did cost. What nobody knows stays as it may have been billed: of a
 * request that was given up or broke off before an answer began, its input; of an answer that had begun, all.
 */
const settling = (scope: Scope.Scope, { settle, worst }: Reserved): Admission["settling"] => (answering) =>
  answering.pipe(
    Effect.flatMap((answer): Effect.Effect<Answer> => {
      if (answer._tag === "Body") return Effect.as(settle(answer.routing.costMicroUsd ?? worst.whole), answer)
      let whole = false
      const settled = Effect.flatMap(
        answer.report,
        ({ costMicroUsd }) => settle(whole ? costMicroUsd ?? worst.whole : worst.whole)
      )
      const chunks = Stream.onExit(answer.chunks, (exit) => Effect.sync(() => (whole = Exit.isSuccess(exit))))
      return Effect.as(Scope.addFinalizer(scope, settled), { ...answer, chunks })
    }),
    Effect.tapError((error) => settle(wasSent(error) ? worst.input : 0)),
    Effect.onInterrupt(() => settle(worst.input))
  )

/** Whether a provider may have begun to work on a request that failed; its own refusal says that it has not. */
const wasSent = ({ reason }: FlexInferenceError): boolean =>
  reason._tag === "TimedOut" || reason._tag === "StreamFailed" || reason._tag === "TransportFailed" ||
  reason._tag === "Internal"
