/**
 * The request fields that belong to the router, and the check of a request of any surface.
 *
 * A request is judged by the router's own fields, its model and the presence of the conversation; everything else
 * belongs to the provider and passes unseen. The verdict is that of the official SDK (contract (e) and (g)), except
 * that a `service_tier` is refused here instead of by the hosted router.
 */
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { routes } from "./catalog/Routes.ts"
import * as StartWithin from "./StartWithin.ts"

/** A route a provider chain may name: one of the contract's (b), or a provider of one's own. */
export type ProviderRoute = (typeof routes)[number] | (string & {})

/** The routes to try, in order: one to three, none twice. */
export type ProviderChain = Arr.NonEmptyReadonlyArray<ProviderRoute>

/** Schema of a provider chain of these names. */
export const providerChain = (names: ReadonlyArray<string>): Schema.Codec<ProviderChain> =>
  Schema.NonEmptyArray(Schema.String.check(Schema.makeFilter((name) => names.includes(name)))).check(
    Schema.isMaxLength(3),
    Schema.makeFilter((chain) =>
      chain.flatMap((route, index) =>
        chain.indexOf(route) < index ? [{ path: [index], issue: "a repeated route" }] : []
      )
    )
  )

/** Schema of a provider chain of the contract's routes. */
export const ProviderChain: Schema.Codec<ProviderChain> = providerChain(routes)

/** How a failed call to the fallback tier is repeated before the answer has begun, as a request asks for it. */
export interface RetryField {
  /** How often the call is repeated at most: 1 to 5. */
  readonly count: number
  /** How the waiting time grows; exponential by default. */
  readonly backoff?: "exponential" | "linear" | undefined
  /** Whether each waiting time is shortened by a random part; true by default. */
  readonly jitter?: boolean | undefined
}

const subKeys: ReadonlySet<string> = new Set(["count", "backoff", "jitter"])

/** Schema of `retry`: a sub-key it does not know is refused. */
export const RetryField: Schema.Codec<RetryField> = Schema.StructWithRest(
  Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
    backoff: Schema.optional(Schema.Literals(["exponential", "linear"])),
    jitter: Schema.optional(Schema.Boolean)
  }),
  [Schema.Record(
    Schema.String.check(Schema.makeFilter((key) => !subKeys.has(key))),
    Schema.Never.annotate({ message: "an unknown member of retry" })
  )]
)

/**
 * A member that is the provider's to judge: typed for whoever writes the request, taken as it is at run time, so
 * that what a vendor adds tomorrow passes today.
 */
export const vendor = <A>() => Schema.optional(Schema.declare((_value): _value is A => true))

/** A conversation that has to be there, whatever it is. */
export const present = <A>(): Schema.declare<A> => Schema.declare((value): value is A => value !== undefined)

/** A conversation that has to be a list, whatever is in it. */
export const list = <A>(): Schema.declare<ReadonlyArray<A>> =>
  Schema.declare((value): value is ReadonlyArray<A> => Array.isArray(value))

// In the order in which the official SDK checks them: the first problem gives the error its code.
export const checked = {
  /** The model to ask; its name decides the provider. */
  model: Schema.NonEmptyString,
  /** A tier, or how long flex may take to start generating before the standard tier is asked too. */
  start_within: StartWithin.StartWithin,
  /** How a failed call is repeated; off by default. */
  retry: Schema.optionalKey(RetryField),
  /** The routes to try, in order; the model's native route by default. */
  provider: Schema.optionalKey(ProviderChain),
  /** Whether a stream reports its cost and routing on the usage it sends anyway; false by default. */
  include_cost: Schema.optional(Schema.Boolean),
  /** Not allowed: the router sets it from `start_within`. */
  service_tier: Schema.optional(Schema.Never.annotate({ message: "the router sets the tier from start_within" }))
}

// Switches of the hosted contract, which the official SDK does not check.
const hosted = {
  /** False turns off automatic prompt caching (Claude, direct route); true by default. */
  cache: vendor<boolean>(),
  /** Hosted router, managed keys only: mask personal data before the provider sees it. */
  pii_mask: vendor<boolean>(),
  /** Hosted router, managed keys only: have the prompt moderated first. */
  moderate: vendor<boolean>(),
  /** Hosted router, managed keys only: keep the content of the exchange. */
  trace_storage: vendor<boolean>()
}

export const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

/** The schema of a surface's request: the router's fields, the given ones, and every other untouched. */
export const request = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct({ ...checked, ...fields, ...hosted }), rest)

/** What the router adds to the usage of an answer (contract (b) and (i)). */
export interface UsageAdditions {
  /** The list price of what was served; absent where no price is known. */
  readonly cost?: { readonly total_micro_usd: number; readonly currency: string }
  /** How the request was served. */
  readonly routing?: {
    readonly provider: string
    /** The route asked for first. */
    readonly requested_provider: string
    /** The tier that served, in the provider's word. */
    readonly tier: string
    /** Why this route was taken; the set is open. */
    readonly reason: string
    /** Routes tried before the one that served. */
    readonly fallback_attempts: number
    readonly mode: string
  }
}

/**
 * A member of a vendor's union that is known by its `type` alone. Two shapes, because a literal may hold any member
 * only where there is an index signature, and a vendor's interface fits only where there is none.
 */
export type Named<Type extends string> =
  | { readonly type: Type }
  | { readonly type: Type; readonly [member: string]: unknown }

/** The members that the router reads and takes out before it calls a provider; a `service_tier` is refused. */
export const owned = [
  "start_within",
  "provider",
  "retry",
  "include_cost",
  "cache",
  "pii_mask",
  "moderate",
  "trace_storage"
] as const

/** A request's `retry` with its defaults filled in (contract (b)). */
export interface Retry {
  readonly count: number
  readonly backoff: "exponential" | "linear"
  readonly jitter: boolean
}

/** What the router has read from a request. */
export interface RequestFields {
  readonly model: string
  /** The tier by name, or the window of a race. */
  readonly startWithin: StartWithin.NamedTier | Duration.Duration
  /** The request left `startWithin` open and got the default: a wish, which not every model can fulfil. */
  readonly defaulted?: true
  readonly retry?: Retry
  readonly provider?: ProviderChain
  readonly includeCost: boolean
  /** Whether the caller reads a stream: any truthy `stream`, as the official SDK takes it. */
  readonly stream: boolean
}
