/** Building the typed errors of a provider's answers; which answer means what is each provider's own knowledge. */
import * as Duration from "effect/Duration"
import * as Headers from "effect/http/Headers"
import * as Result from "effect/Result"
import { type ErrorClass, FlexInferenceError, ProviderFailed, Refused, TierUnsupported } from "../FlexInferenceError.ts"
import type { ProviderName } from "../ModelCatalog.ts"
import type { ErrorAnswer } from "../Provider.ts"

/** What a provider's error says, once its envelope is opened. */
export interface Failure {
  readonly provider: ProviderName
  readonly status: number
  readonly message: string
  /** The provider's machine-readable word for it. */
  readonly code: string | null
  /** OpenAI's word for the kind of failure; derived from the status where the provider has none. */
  readonly type?: string | null
  readonly param?: string | null
  readonly retryAfter?: Duration.Duration | undefined
}

/** OpenAI's `error.type` for a status. */
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

const details = (failure: Failure) => ({
  message: failure.message,
  status: failure.status,
  type: failure.type ?? typeOfStatus(failure.status),
  code: failure.code,
  param: failure.param ?? null,
  origin: "provider" as const,
  provider: failure.provider,
  providerCode: failure.code,
  ...(failure.retryAfter === undefined ? {} : { retryAfter: failure.retryAfter })
})

/** No capacity or a rate limit: the tier says no for now, and nothing was generated. */
export const refused = (failure: Failure): FlexInferenceError =>
  new FlexInferenceError({ reason: new Refused({ ...details(failure), class: "quota", retryable: true }) })

/** A 400 that says the model has no such tier. */
export const tierUnsupported = (failure: Failure): FlexInferenceError =>
  new FlexInferenceError({
    reason: new TierUnsupported({ ...details(failure), class: "capability", retryable: false })
  })

/** Any other error of the provider's own, passed through. */
export const providerFailed = (
  failure: Failure,
  options: { readonly class: ErrorClass; readonly retryable: boolean }
): FlexInferenceError =>
  new FlexInferenceError({
    reason: new ProviderFailed({ ...details(failure), ...options, providerStatus: failure.status })
  })

/**
 * The provider did not accept the configured key. The caller's own key was fine, so the status is 403 and the code
 * is the router's (contract (d)).
 */
export const authFailed = (failure: Failure): FlexInferenceError =>
  new FlexInferenceError({
    reason: new ProviderFailed({
      ...details(failure),
      status: 403,
      type: "permission_error",
      code: "upstream_auth_failed",
      class: "permission",
      retryable: false,
      providerStatus: failure.status
    })
  })

/** The class of a failure that has no more special meaning, by its status. */
export const classOfStatus = (status: number): ErrorClass => {
  if (status === 402) return "billing"
  if (status === 429) return "quota"
  return status >= 500 || status === 408 || status === 409 ? "upstream" : "validation"
}

/** How long the answer asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export const retryAfterOf = (answer: ErrorAnswer): Duration.Duration | undefined => {
  const millis = Number(answer.headers["retry-after-ms"] ?? "")
  if (Number.isFinite(millis) && millis > 0) return Duration.millis(millis)
  const header = answer.headers["retry-after"]
  if (header === undefined) return undefined
  const parsed = Headers.parseRetryAfter(header)
  return Result.isSuccess(parsed) ? Headers.retryAfterDelay(parsed.success, answer.receivedAt) : undefined
}

/** A sentence for an answer whose body holds no message: never empty, never the whole of a long body. */
export const messageOf = (answer: ErrorAnswer, message: string | undefined, title: string): string =>
  message !== undefined && message !== ""
    ? message
    : `${title} answered ${answer.status} without a message it could be quoted with.`
