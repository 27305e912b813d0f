/**
 * The request fields that belong to the router, and the check of a request of any surface.
 *
 * A request is judged by the router's own fields, its model and the presence of the conversation; everything else
 * belongs to the provider and passes unseen. The verdict is that of the official SDK, except
 * that a `service_tier` is refused here instead of by the hosted router.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { ModelId } from "./catalog/BuiltInModels.ts"
import { routes } from "./catalog/Routes.ts"
import * as StartWithin from "./StartWithin.ts"

/** A route a provider chain may name: one of the contract's (b), or a provider of one's own. */
export type ProviderRoute = (typeof routes)[number] | (string & {})

/** The routes to try, in order: one to three, none twice. */
export type ProviderChain = Arr.NonEmptyReadonlyArray<ProviderRoute>

/**
 * Schema of a provider chain of these names.
 *
 * @since 0.1.0
 * @category schemas
 */
export const providerChain = (names: ReadonlyArray<string>): Schema.Codec<ProviderChain> =>
  Schema.NonEmptyArray(Schema.String.check(Schema.makeFilter((name) => names.includes(name)))).check(
    Schema.isMaxLength(3),
    Schema.makeFilter((chain) =>
      chain.flatMap((route, index) =>
        chain.indexOf(route) < index ? [{ path: [index], issue: "a repeated route" }] : []
      )
    )
  )

/**
 * Schema of a provider chain of the contract's routes.
 *
 * **Example** (a chain and a retry that come from elsewhere)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { RequestFields } from "effect-flexinference"
 *
 * Schema.is(RequestFields.ProviderChain)(["openai", "google"]) // => true
 * Schema.is(RequestFields.ProviderChain)(["openai", "openai"]) // => false
 * Schema.is(RequestFields.providerChain(["acme"]))(["acme"]) // => true
 * Schema.is(RequestFields.RetryField)({ count: 2, backoff: "linear" }) // => true
 * Schema.is(RequestFields.RetryField)({ count: 6 }) // => false
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
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

/**
 * The members of `retry`.
 *
 * @internal
 */
export const retryMembers: ReadonlySet<string> = new Set(["count", "backoff", "jitter"])

/**
 * Schema of `retry`: a sub-key it does not know is refused.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RetryField: Schema.Codec<RetryField> = Schema.StructWithRest(
  Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
    backoff: Schema.optional(Schema.Literals(["exponential", "linear"])),
    jitter: Schema.optional(Schema.Boolean)
  }),
  [Schema.Record(
    Schema.String.check(Schema.makeFilter((key) => !retryMembers.has(key))),
    Schema.Never.annotate({ message: "an unknown member of retry" })
  )]
)

/** The name of a model: those of the built-in catalogue complete, and any other is taken as well. */
export type ModelName = ModelId | (string & {})

/** A field that is not to be written; the compiler shows the advice to whoever does. */
export interface LeaveOut<Advice extends string> {
  readonly [advice]: Advice
}
declare const advice: unique symbol

/**
 * The fields of every surface's request that the router reads. All but `model` are taken out before a provider is
 * called.
 */
export interface RouterFields {
  /** The model to ask, such as `"gpt-5.5"`; its name decides the provider. */
  readonly model: ModelName
  /**
   * How long the half-price flex tier may take to start generating before the standard tier is asked too: from 5 seconds
   * to 10 minutes, in whole seconds, as a duration (`"30 seconds"`, `Duration.minutes(2)`, `{ minutes: 1, seconds: 30 }`)
   * or as the wire writes it (`"00h-00m-30s"`). Or a tier by name, without a race: `"default"` (the standard tier),
   * `"priority"` or `"auto"`.
   */
  readonly start_within: StartWithin.Write<"default, priority, auto, or 5 seconds to 10 minutes, such as 30 seconds">
  /** How a failed call is repeated before the answer has begun. The flex leg never is. Without it, no call is. */
  readonly retry?: RetryField
  /** The routes to try, in order: one to three, none twice. Without it, the model's own provider. */
  readonly provider?: ProviderChain
  /**
   * Whether a stream reports its cost and routing on the usage it sends anyway; a whole body always does.
   * @default false
   */
  readonly include_cost?: boolean | undefined
  /**
   * `false` turns off automatic prompt caching: Claude, asked directly.
   * @default true
   */
  readonly cache?: boolean | undefined
  /**
   * Whether personal data is masked before the provider sees it: hosted router, managed keys only.
   * Without it, as the account says.
   */
  readonly pii_mask?: boolean | undefined
  /** Whether the prompt is moderated first: hosted router, managed keys only. Without it, as the account says. */
  readonly moderate?: boolean | undefined
  /** Whether the exchange's content is kept: hosted router, managed keys only. Without it, as the account says. */
  readonly trace_storage?: boolean | undefined
  /** Not to be written: the router sets the tier from `start_within`. */
  readonly service_tier?: LeaveOut<"leave out service_tier: start_within sets the tier"> | undefined
}

/**
 * A conversation that has to be there, whatever it is.
 *
 * @internal
 */
export const present = (): Schema.declare<unknown> => Schema.declare((value): value is unknown => value !== undefined)

/**
 * A conversation that has to be a list, whatever is in it.
 *
 * @internal
 */
export const list = (): Schema.declare<unknown> => Schema.declare((value): value is unknown => Array.isArray(value))

// In the order in which the official SDK checks them: the first problem gives the error its code.
/**
 * The fields that are checked.
 *
 * @internal
 */
export const checked = {
  model: Schema.NonEmptyString,
  start_within: StartWithin.StartWithin,
  retry: Schema.optionalKey(RetryField),
  provider: Schema.optionalKey(ProviderChain),
  include_cost: Schema.optional(Schema.Boolean),
  service_tier: Schema.optional(Schema.Never.annotate({ message: "the router sets the tier from start_within" }))
}

/**
 * What is beside them.
 *
 * @internal
 */
export const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

/**
 * The schema of a surface's request: it checks the router's fields and the conversation. Everything else is typed for
 * whoever writes the request and is the provider's to judge, so that what a vendor adds tomorrow passes today.
 *
 * @internal
 */
export const request = <Request extends RouterFields>(
  field: keyof Request & ("input" | "messages"),
  conversation: Schema.declare<unknown>
): Schema.Codec<Request, { readonly [field: string]: unknown }> =>
  Schema.StructWithRest(Schema.Struct({ ...checked, [field]: conversation }), rest).pipe(
    Schema.decodeTo(Schema.declare((_value): _value is Request => true))
  )

/** What the router adds to the usage of an answer. */
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

/**
 * The members that the router reads and takes out before it calls a provider; a `service_tier` is refused.
 *
 * @internal
 */
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

/**
 * What is checked in a request and sent on: a provider must not read another of several members of one name.
 *
 * @internal
 */
export const checkedAndSent = ["model", "stream", ...owned] as const

/** Fields of a request that its type does not know. Those of the router are written in the request itself. */
export type Extra =
  & { readonly [field: string]: unknown }
  & { readonly [Field in keyof RouterFields]?: LeaveOut<"write it in the request itself"> | undefined }

const routers: ReadonlySet<string> = new Set([...Object.keys(checked), ...owned])

/**
 * The extra fields that are the provider's: whatever got past the compiler, they say nothing to the router.
 *
 * @internal
 */
export const extra = (fields: Extra | undefined): { readonly [field: string]: unknown } =>
  Object.fromEntries(Object.entries(fields ?? {}).filter(([field]) => !routers.has(field)))

/** A request's `retry` with its defaults filled in. */
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
