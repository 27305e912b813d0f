/**
 * Every error a caller can meet, as one tagged error with typed reasons.
 *
 * `FlexInferenceError` is what all public effects and streams fail with. Catch the whole with
 * `Effect.catchTag("FlexInferenceError", …)`, or one reason with
 * `Effect.catchReason("FlexInferenceError", "CapacityRefused", …)`. Whatever the reason, the error answers the same
 * questions the official SDK's error answers: `status`, `type`, `code`, `param`, `docUrl`, `class`, `origin`,
 * `provider`, `providerCode`, `retryable`, and beyond it `retryAfter`, `requestId` and `details`.
 *
 * **Example** (falling back when flex has no capacity)
 *
 * ```ts
 * import { Effect } from "effect"
 * import type { FlexInferenceError } from "effect-flexinference"
 *
 * declare const answer: Effect.Effect<string, FlexInferenceError.FlexInferenceError>
 *
 * export const polite = answer.pipe(
 *   Effect.catchReason("FlexInferenceError", "CapacityRefused", (reason) => Effect.succeed(`busy: ${reason.message}`))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Json, JsonObject } from "./wire/Json.ts"

/**
 * What kind of failure it is: who has to change what before the request can succeed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorClass = Schema.Literals([
  "validation",
  "authentication",
  "permission",
  "billing",
  "quota",
  "capability",
  "upstream",
  "internal",
  "canceled"
])
export type ErrorClass = typeof ErrorClass.Type

/**
 * Which of a leg's clocks ran out: until the first byte, between two chunks, or for the whole body.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TimeoutClock = Schema.Literals(["firstByte", "idle", "total"])
export type TimeoutClock = typeof TimeoutClock.Type

/**
 * One thing wrong with a request: the field, the rule it breaks and a value that keeps it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Problem = Schema.Struct({
  field: Schema.String,
  code: Schema.String,
  message: Schema.String,
  rule: Schema.String,
  example: Schema.String
})
export interface Problem extends Schema.Schema.Type<typeof Problem> {}

interface Meaning {
  readonly class: ErrorClass
  readonly type: string
  readonly status: number
  readonly retryable: boolean
  readonly code: string | null
}

/**
 * OpenAI's `error.type` for a status.
 *
 * @internal
 */
export const typeOfStatus = (status: number): string => {
  switch (status) {
    case 401:
      return "authentication_error"
    case 402:
      return "billing_error"
    case 403:
      return "permission_error"
    case 429:
      return "rate_limit_error"
    default:
      return status >= 500 ? "server_error" : "invalid_request_error"
  }
}

const or = <S extends Schema.Constraint & Schema.WithoutConstructorDefault>(schema: S, value: S["~type.make.in"]) =>
  Schema.withConstructorDefault<S>(Effect.succeed(value))(schema)

/** What every reason says; what it says unless it is told otherwise is part of its definition. */
const details = (meaning: Meaning, origin: "flexinference" | "provider" = "flexinference") => ({
  message: Schema.String,
  /** The HTTP status the failure has, or would have had before the stream began. */
  status: or(Schema.Int, meaning.status),
  /** OpenAI's word for the failure, such as `invalid_request_error`. */
  type: or(Schema.String, meaning.type),
  code: or(Schema.NullOr(Schema.String), meaning.code),
  param: or(Schema.NullOr(Schema.String), null),
  class: or(ErrorClass, meaning.class),
  origin: or(Schema.Literals(["flexinference", "provider"]), origin),
  provider: or(Schema.NullOr(Schema.String), null),
  providerCode: or(Schema.NullOr(Schema.String), null),
  /** Whether the same request could succeed later. */
  retryable: or(Schema.Boolean, meaning.retryable),
  /** How long the provider asked to wait. */
  retryAfter: Schema.optionalKey(Schema.Duration),
  /** The provider's own id of the request, for its support to find it by. */
  requestId: Schema.optionalKey(Schema.String),
  /** What the provider's error says in `details`, in its own form. */
  details: Schema.optionalKey(Schema.Json),
  /** Where the code is explained, if it is one of the provider's. */
  docUrl: Schema.optionalKey(Schema.String)
})

const invalid = { type: "invalid_request_error", status: 400, retryable: false, code: null }
const ours = { type: "flexinference_error", retryable: true }

/**
 * The request is wrong; `problems` lists everything that is, in the order in which the fields are checked.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  ...details({ ...invalid, class: "validation" }),
  problems: Schema.NonEmptyArray(Problem)
}) {}

/**
 * The request is well-formed, but the model, the route or the target format cannot do what it asks.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unsupported extends Schema.TaggedError<Unsupported>()(
  "Unsupported",
  details({ ...invalid, class: "capability" })
) {}

/**
 * The caller's key is missing or unknown, or the provider has no key configured.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()(
  "Unauthenticated",
  details({ class: "authentication", type: "authentication_error", status: 401, retryable: false, code: null })
) {}

/**
 * The provider said no for now: no capacity at this tier, or a rate limit. Nothing was generated.
 *
 * @since 0.1.0
 * @category errors
 */
export class CapacityRefused extends Schema.TaggedError<CapacityRefused>()(
  "CapacityRefused",
  details({ class: "quota", type: "rate_limit_error", status: 429, retryable: true, code: null }, "provider")
) {}

/**
 * The provider answered that the model has no such tier.
 *
 * @since 0.1.0
 * @category errors
 */
export class TierUnsupported extends Schema.TaggedError<TierUnsupported>()(
  "TierUnsupported",
  details({ ...invalid, class: "capability" }, "provider")
) {}

/**
 * The provider answered with an error of its own.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProviderFailed extends Schema.TaggedError<ProviderFailed>()("ProviderFailed", {
  ...details({ class: "upstream", type: "server_error", status: 502, retryable: true, code: null }, "provider"),
  /** The provider's own HTTP status, where `status` is a translation of it. */
  providerStatus: Schema.Int
}) {}

/**
 * No answer could be had: the connection was refused, reset, or carried something that is no answer.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  ...details({ ...ours, class: "upstream", status: 502, code: "upstream_unreachable" }),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/**
 * One of the clocks ran out.
 *
 * @since 0.1.0
 * @category errors
 */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  ...details({ ...ours, class: "upstream", status: 504, code: "upstream_timeout" }),
  clock: TimeoutClock,
  after: Schema.Duration
}) {}

/**
 * The answer broke off: an error event, a cut connection, or an end without the terminal event.
 *
 * @since 0.1.0
 * @category errors
 */
export class StreamFailed extends Schema.TaggedError<StreamFailed>()("StreamFailed", {
  ...details({ ...ours, class: "upstream", status: 502, code: "upstream_stream_failed" }, "provider"),
  /** Whether generation had started, so that the caller may have seen part of an answer. */
  started: Schema.Boolean,
  /** The provider's own failure event, where there was one. */
  event: Schema.optionalKey(Schema.JsonObject)
}) {}

/**
 * The hosted router saw its caller go away. In this process going away is an interruption and no error.
 *
 * @since 0.1.0
 * @category errors
 */
export class Canceled extends Schema.TaggedError<Canceled>()(
  "Canceled",
  details({ ...ours, class: "canceled", status: 499, retryable: false, code: null })
) {}

/**
 * Something in the router itself went wrong.
 *
 * @since 0.1.0
 * @category errors
 */
export class Internal extends Schema.TaggedError<Internal>()("Internal", {
  ...details({ ...ours, class: "internal", status: 500, code: "internal_error" }),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/**
 * The union of everything that can go wrong.
 *
 * **Example** (every reason, told apart)
 *
 * ```ts
 * import { FlexInferenceError } from "effect-flexinference"
 *
 * const guilty = new Map<unknown, string>([
 *   [FlexInferenceError.InvalidRequest, "the request"],
 *   [FlexInferenceError.Unsupported, "the request"],
 *   [FlexInferenceError.Unauthenticated, "the key"],
 *   [FlexInferenceError.CapacityRefused, "nobody"],
 *   [FlexInferenceError.TierUnsupported, "the request"],
 *   [FlexInferenceError.ProviderFailed, "the provider"],
 *   [FlexInferenceError.TransportFailed, "the network"],
 *   [FlexInferenceError.TimedOut, "the provider"],
 *   [FlexInferenceError.StreamFailed, "the provider"],
 *   [FlexInferenceError.Canceled, "the caller"],
 *   [FlexInferenceError.Internal, "us"]
 * ])
 *
 * FlexInferenceError.Reason.members.every((reason) => guilty.has(reason)) // => true
 * FlexInferenceError.ErrorClass.literals.includes("billing") // => true
 * FlexInferenceError.TimeoutClock.literals // => ["firstByte", "idle", "total"]
 * Object.keys(FlexInferenceError.Problem.fields) // => ["field", "code", "message", "rule", "example"]
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const Reason = Schema.Union([
  InvalidRequest,
  Unsupported,
  Unauthenticated,
  CapacityRefused,
  TierUnsupported,
  ProviderFailed,
  TransportFailed,
  TimedOut,
  StreamFailed,
  Canceled,
  Internal
])
export type Reason = typeof Reason.Type

/**
 * The one error of the public interface; see the module's description.
 *
 * **Example** (what to do about each reason)
 *
 * ```ts
 * import { FlexInferenceError } from "effect-flexinference"
 *
 * const { FlexInferenceError: Failure, ...reasons } = FlexInferenceError
 *
 * export const isWorthARetry = (error: unknown): boolean =>
 *   FlexInferenceError.isFlexInferenceError(error) && error.retryable
 *
 * const busy = new Failure({ reason: new reasons.CapacityRefused({ message: "No flex today.", provider: "openai" }) })
 *
 * isWorthARetry(busy) // => true
 * busy.status // => 429
 * isWorthARetry(new Failure({ reason: new reasons.Canceled({ message: "They left." }) })) // => false
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class FlexInferenceError extends Schema.TaggedError<FlexInferenceError>()("FlexInferenceError", {
  reason: Reason,
  /** What the flex leg met, where a race ended in the standard leg's error. */
  flex: Schema.optionalKey(Reason),
  /**
   * What its provider said beside it, by lower-case header name, where it was asked in the caller's own format: the
   * provider's own id of the request, its rate limits.
   */
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
}) {
  override get message(): string {
    return this.flex === undefined ? this.reason.message : `${this.reason.message} (flex: ${this.flex.message})`
  }
  get status(): number {
    return this.reason.status
  }
  get type(): string {
    return this.reason.type
  }
  get code(): string | null {
    return this.reason.code
  }
  get param(): string | null {
    return this.reason.param
  }
  get class(): ErrorClass {
    return this.reason.class
  }
  get origin(): "flexinference" | "provider" {
    return this.reason.origin
  }
  get provider(): string | null {
    return this.reason.provider
  }
  get providerCode(): string | null {
    return this.reason.providerCode
  }
  get retryable(): boolean {
    return this.reason.retryable
  }
  get retryAfter(): Duration.Duration | undefined {
    return this.reason.retryAfter
  }
  get requestId(): string | undefined {
    return this.reason.requestId
  }
  get details(): Json | undefined {
    return this.reason.details
  }
  /** Where the code is explained; `null` for a provider's error and for codes without a page. */
  get docUrl(): string | null {
    return docUrl(this.reason)
  }
}

/**
 * The page on which the contract explains a code.
 *
 * @internal
 */
export const contractPage = (code: string): string => `https://flexinference.mintlify.app/errors#${code}`

const docUrl = ({ code, docUrl, origin }: Reason): string | null =>
  docUrl ?? (origin === "flexinference" && code !== null && documentedCodes.has(code) ? contractPage(code) : null)

/** The codes the hosted router documents, whoever the provider is; ours beyond them have no page there. */
const documentedCodes: ReadonlySet<string> = new Set([
  "missing_model",
  "missing_start_within",
  "invalid_start_within",
  "flex_model_not_capable",
  "flex_unsupported_on_cloud",
  "service_tier_not_allowed",
  "invalid_provider_chain",
  "provider_model_mismatch",
  "no_byok_key",
  "missing_api_key",
  "invalid_api_key",
  "model_not_found",
  "request_too_large",
  "rate_limit_exceeded"
])

/**
 * Whether a value is the one error of the public interface.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFlexInferenceError: (value: unknown) => value is FlexInferenceError = Schema.is(FlexInferenceError)

/**
 * The error with what its provider said beside it.
 *
 * @internal
 */
export const withHeaders = (error: FlexInferenceError, headers: { readonly [name: string]: string }) =>
  new FlexInferenceError({ ...partsOf(error), headers })

/**
 * The error of the standard leg, with what the flex leg met before it.
 *
 * @internal
 */
export const afterFlex = (error: FlexInferenceError, flex: FlexInferenceError) =>
  new FlexInferenceError({ ...partsOf(error), flex: flex.reason })

const partsOf = ({ flex, headers, reason }: FlexInferenceError) => ({
  reason,
  ...(flex === undefined ? {} : { flex }),
  ...(headers === undefined ? {} : { headers })
})

const make = (reason: Reason): FlexInferenceError => new FlexInferenceError({ reason })

/**
 * A request that breaks at least one rule; `code` and `param` are those of the first problem.
 *
 * @internal
 */
export const invalidRequest = (
  problems: readonly [Problem, ...ReadonlyArray<Problem>],
  status = 400
): FlexInferenceError => {
  const [first] = problems
  return make(
    new InvalidRequest({
      status,
      code: first.code,
      param: first.field === "" ? null : first.field,
      message: problems.map((problem) => problem.message).join(" "),
      problems
    })
  )
}

/**
 * A request the model, the route or the target format cannot carry out.
 *
 * @internal
 */
export const unsupported = (options: {
  readonly code: string
  readonly param: string | null
  readonly message: string
  readonly docUrl?: string
}): FlexInferenceError => make(new Unsupported(options))

/**
 * A caller's key the gateway does not accept, or a provider that has none configured, which is a 400.
 *
 * @internal
 */
export const unauthenticated = (options: {
  readonly code: string
  readonly message: string
  /** The provider that has no key. */
  readonly provider?: string
  readonly docUrl?: string
}): FlexInferenceError =>
  make(new Unauthenticated({ ...options, ...(options.provider === undefined ? {} : invalidKey) }))

const invalidKey = { status: invalid.status, type: invalid.type }

/**
 * A connection that failed before or while it carried the answer.
 *
 * @internal
 */
export const transportFailed = (options: {
  readonly provider: string
  readonly message: string
  readonly cause?: unknown
  /** Whether the same call could go through later; a wrong address stays wrong. */
  readonly retryable?: boolean
}): FlexInferenceError => make(new TransportFailed(options))

/**
 * A clock that ran out.
 *
 * @internal
 */
export const timedOut = (options: {
  readonly provider: string
  readonly clock: TimeoutClock
  readonly after: Duration.Duration
  readonly message: string
}): FlexInferenceError => make(new TimedOut(options))

/**
 * An answer that broke off without a word of its provider's, or with one that nothing is to be read from.
 *
 * @internal
 */
export const streamFailed = (options: {
  readonly provider: string
  readonly message: string
  readonly started: boolean
  readonly status?: number
  readonly event?: JsonObject
}): FlexInferenceError => make(new StreamFailed(options))

/**
 * A fault of the router itself; its cause is for the operator and never reaches the wire.
 *
 * @internal
 */
export const internal = (cause: unknown): FlexInferenceError =>
  make(
    new Internal({
      message: "The router met an internal fault. Nothing was billed by the router; the request can be sent again.",
      cause
    })
  )
