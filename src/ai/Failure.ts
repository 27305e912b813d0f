/** What `effect/ai` calls the router's errors. Everything they say is kept: under `flexinference`, or as the cause. */
import * as AiError from "effect/ai/AiError"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { FlexInferenceError, Reason } from "../FlexInferenceError.ts"

/** An error's own words; what it does not say is `null`. */
export type FailureMetadata = {
  /** The tag of the router's reason, such as `CapacityRefused`. */
  readonly reason: string
  readonly message: string
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  readonly class: string
  readonly origin: string
  readonly provider: string | null
  readonly providerCode: string | null
  readonly retryable: boolean
  readonly retryAfterMs: number | null
  /** The provider's own id of the request, for its support to find it by. */
  readonly requestId: string | null
  /** What the provider's error says in `details`, or its failure event. */
  readonly details: Schema.MutableJson
  readonly docUrl: string | null
  /** What the flex leg met, where a race ended in the standard leg's error. */
  readonly flex: string | null
}

const detailsOf = (reason: Reason): unknown =>
  reason._tag === "StreamFailed" && reason.event !== undefined ? reason.event : reason.details

const metadataOf = (error: FlexInferenceError): { readonly flexinference: FailureMetadata } => ({
  flexinference: {
    reason: error.reason._tag,
    message: error.reason.message,
    status: error.status,
    type: error.type,
    code: error.code,
    param: error.param,
    class: error.class,
    origin: error.origin,
    provider: error.provider,
    providerCode: error.providerCode,
    retryable: error.retryable,
    retryAfterMs: error.retryAfter === undefined ? null : Duration.toMillis(error.retryAfter),
    requestId: error.requestId ?? null,
    details: Option.getOrNull(Schema.decodeUnknownOption(Schema.MutableJson)(detailsOf(error.reason))),
    docUrl: error.docUrl,
    flex: error.flex === undefined ? null : `${error.flex._tag}: ${error.flex.message}`
  }
})

/** Words for content that a provider does not answer, in codes and types of all of them. */
const blocked = /content_?(?:policy|filter|block)|policy_violation|moderation|prohibited_content|^safety$|blocklist/i

const reasonOf = (error: FlexInferenceError): AiError.AiErrorReason => {
  const { reason } = error
  const metadata = metadataOf(error)
  const description = error.message
  const common = {
    metadata,
    ...(error.origin === "provider" || error.headers !== undefined
      ? { http: { response: { status: error.status, headers: error.headers ?? {} } } }
      : {})
  }
  // A wrong request is what asks a caller to send the whole prompt, where an answer to go on from is not known.
  if (error.code === "previous_response_not_found" || error.param === "previous_response_id") {
    return new AiError.InvalidRequestError({ ...common, description, ...parameterOf(error) })
  }
  switch (reason._tag) {
    case "InvalidRequest":
      return new AiError.InvalidRequestError({
        ...common,
        description,
        constraint: reason.problems.map(({ rule }) => rule).join(" "),
        ...parameterOf(error)
      })
    case "Unsupported":
    case "TierUnsupported":
      return new AiError.InvalidRequestError({ ...common, description, ...parameterOf(error) })
    case "Unauthenticated":
      return new AiError.AuthenticationError({
        ...common,
        description,
        kind: error.code === "invalid_api_key" ? "InvalidKey" : "MissingKey"
      })
    case "TransportFailed":
      return networkError(error, reason.retryable ? "TransportError" : "InvalidUrlError")
    case "TimedOut":
      return networkError(error, "TransportError")
    case "StreamFailed":
      // A connection that was cut says nothing; what a provider says of its failure is that failure.
      return reason.event === undefined && reason.class === "upstream"
        ? networkError(error, "TransportError")
        : saidByProvider(error, common)
    case "Canceled":
      return new AiError.UnknownError({ ...common, description })
    case "CapacityRefused":
    case "ProviderFailed":
    case "Internal":
      return saidByProvider(error, common)
  }
}

interface Common {
  readonly metadata: { readonly flexinference: FailureMetadata }
  readonly http?: typeof AiError.HttpContext.Type
}

/** By what has to change before the request can succeed. */
const saidByProvider = (error: FlexInferenceError, common: Common): AiError.AiErrorReason => {
  const description = error.message
  switch (error.class) {
    case "authentication":
      return new AiError.AuthenticationError({ ...common, description, kind: "InvalidKey" })
    case "permission":
      return new AiError.AuthenticationError({
        ...common,
        description,
        kind: error.code === "upstream_auth_failed" ? "InvalidKey" : "InsufficientPermissions"
      })
    case "billing":
      return new AiError.QuotaExhaustedError(common)
    case "quota":
      return error.retryable
        ? new AiError.RateLimitError({
          ...common,
          ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter })
        })
        : new AiError.QuotaExhaustedError(common)
    case "validation":
      return [error.code, error.providerCode, error.type].some((word) => word !== null && blocked.test(word))
        ? new AiError.ContentPolicyError({ ...common, description })
        : new AiError.InvalidRequestError({ ...common, description, ...parameterOf(error) })
    case "capability":
      return new AiError.InvalidRequestError({ ...common, description, ...parameterOf(error) })
    case "upstream":
    case "internal":
      return error.retryable
        ? new AiError.InternalProviderError({ ...common, description })
        : new AiError.UnknownError({ ...common, description })
    case "canceled":
      return new AiError.UnknownError({ ...common, description })
  }
}

const parameterOf = ({ param }: FlexInferenceError) => param === null ? {} : { parameter: param }

/** `effect/ai` has no word for a timeout: a stall is the failure of a network that could do better next time. */
const networkError = (error: FlexInferenceError, reason: "TransportError" | "InvalidUrlError") =>
  new AiError.NetworkError({
    reason,
    method: "POST",
    url: error.provider ?? "flexinference",
    description: error.message,
    cause: error
  })

/** An error of the model's, met in one of its methods. */
export const make = (method: Method, reason: AiError.AiErrorReason): AiError.AiError =>
  AiError.make({ module: "FlexLanguageModel", method, reason })

export type Method = "generateText" | "streamText"

/** The router's error in the words of `effect/ai`. */
export const fromFlexInferenceError = (method: Method) => (error: FlexInferenceError): AiError.AiError =>
  make(method, reasonOf(error))
