/**
 * Google: Gemini through Interactions, with flex, standard and priority tiers.
 *
 * Wire facts: vendor documentation of Interactions, of flex and of errors; recorded traffic for errors of Google's
 * gateway. Flex without capacity is a 503, or a 429 that nothing tells from a rate limit; it is not charged. The
 * server gives up after `x-server-timeout` seconds with a 504.
 */
import * as Duration from "effect/Duration"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Failures from "../dialect/interactions/Failure.ts"
import { type FlexInferenceError, streamFailed } from "../FlexInferenceError.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { Provider } from "../Provider.ts"
import * as ProviderError from "./Verdict.ts"

/** The HTTP status behind a code, for failures inside a 200 stream. */
const statuses: { readonly [code: string]: number } = {
  invalid_request: 400,
  invalid_argument: 400,
  failed_precondition: 400,
  parameter_unknown: 400,
  too_many_tool_calls: 400,
  missing_thought_signature: 400,
  authentication: 401,
  unauthenticated: 401,
  payment_required: 402,
  permission_denied: 403,
  not_found: 404,
  model_not_found: 404,
  already_exists: 409,
  aborted: 409,
  out_of_range: 416,
  rate_limit_exceeded: 429,
  quota_exceeded: 429,
  too_many_requests: 429,
  resource_exhausted: 429,
  cancelled: 499,
  api_error: 500,
  internal: 500,
  unimplemented: 501,
  service_unavailable: 503,
  unavailable: 503,
  deadline_exceeded: 504,
  gateway_timeout: 504
}

const statusOf = (error: JsonObject, code: string): number => {
  const number = Json.number(error, "code")
  if (number !== undefined && number >= 400 && number < 600) return Math.floor(number)
  if (Failures.isBlocked(code)) return 400
  return Object.hasOwn(statuses, code) ? statuses[code] ?? 502 : 502
}

/** The details of a gateway error whose type ends in `name`. */
const detail = (error: JsonObject, name: string): JsonObject | undefined =>
  Json.objects(error, "details").find((detail) => Json.string(detail, "@type")?.endsWith(`.${name}`) === true)

const keyReason = (error: JsonObject): string | undefined => {
  const reason = Json.string(detail(error, "ErrorInfo") ?? {}, "reason")
  return reason?.startsWith("API_KEY") === true ? reason : undefined
}

/** A quota of a day does not come back by waiting; one of a minute does. */
const isDaily = (error: JsonObject): boolean =>
  Json.objects(detail(error, "QuotaFailure") ?? {}, "violations").some((violation) =>
    /PerDay/i.test(Json.string(violation, "quotaId") ?? "")
  )

/** `RetryInfo` says how long to wait where no header does, as in `"34.4s"`. */
const retryDelay = (error: JsonObject): Duration.Duration | undefined => {
  const match = /^(\d+(?:\.\d+)?)s$/.exec(Json.string(detail(error, "RetryInfo") ?? {}, "retryDelay") ?? "")
  return match === null ? undefined : Duration.millis(Math.ceil(Number(match[1]) * 1000))
}

const saysTierUnsupported = (message: string): boolean =>
  /service[_ -]?tier/i.test(message) || /\b(flex|priority)\b.*\bnot (supported|available)\b/i.test(message)

/** Faults of the generation that another try may not have. */
const chance: ReadonlySet<string> = new Set(["malformed_function_call", "unexpected_tool_call", "cancelled"])

const isRetryable = (status: number, code: string): boolean =>
  chance.has(code) || status === 408 || (status === 409 && code !== "already_exists") || status === 499 ||
  (status >= 500 && status !== 501)

/** What an error means, whether it came as an answer or inside a stream that had not begun. */
const errorOf = (failure: ProviderError.Failure, error: JsonObject): FlexInferenceError => {
  const { status } = failure
  const code = (failure.code ?? "").toLowerCase()
  const reason = keyReason(error)
  if (reason !== undefined) return ProviderError.authFailed({ ...failure, code: reason })
  if (Failures.isBlocked(code)) return ProviderError.providerFailed(failure, { class: "validation", retryable: false })
  if (status === 401 || status === 403) return ProviderError.authFailed(failure)
  if (status === 402) return ProviderError.providerFailed(failure, { class: "billing", retryable: false })
  if (code === "quota_exceeded" || isDaily(error)) {
    return ProviderError.providerFailed(failure, { class: "quota", retryable: false })
  }
  if (status === 429 || status === 503) return ProviderError.refused(failure)
  if (status === 400 && saysTierUnsupported(failure.message)) return ProviderError.tierUnsupported(failure)
  const retryable = isRetryable(status, code)
  return ProviderError.providerFailed(failure, {
    class: retryable ? "upstream" : status === 409 ? "validation" : ProviderError.classOfStatus(status),
    retryable
  })
}

/** SDKs of this vendor take a base URL without the version; one that has it means the same. */
const endpoint = (baseUrl: string): string =>
  `${baseUrl.replace(/\/+$/, "").replace(/\/v1beta$/, "")}/v1beta/interactions`

/** How long the server is asked to hold the call, in whole seconds. */
const serverTimeout = (deadline: Duration.Duration): { readonly "x-server-timeout"?: string } =>
  Duration.isFinite(deadline)
    ? { "x-server-timeout": String(Math.max(1, Math.ceil(Duration.toSeconds(deadline)))) }
    : {}

export const Google: Provider = {
  name: "google",
  title: "Google Gemini",
  dialects: ["interactions"],
  defaultBaseUrl: "https://generativelanguage.googleapis.com",
  missingKeyCode: "no_gemini_key",
  keyVariable: "GEMINI_API_KEY",
  tierToWire: (tier) => tier === "auto" ? undefined : tier,
  tierFromWire: (word) => word === "flex" || word === "standard" || word === "priority" ? word : undefined,
  tierHeader: "x-gemini-service-tier",
  request: (call, connection) => {
    const request = HttpClientRequest.post(endpoint(connection.baseUrl)).pipe(
      HttpClientRequest.accept(call.stream ? "text/event-stream" : "application/json"),
      HttpClientRequest.setHeaders(serverTimeout(call.deadline)),
      HttpClientRequest.setHeaders(connection.headers ?? {}),
      HttpClientRequest.setHeader("x-goog-api-key", Redacted.value(connection.apiKey)),
      HttpClientRequest.bodyText(call.body, "application/json")
    )
    return call.stream ? HttpClientRequest.setUrlParam(request, "alt", "sse") : request
  },
  errorOf: (answer) => {
    const error = (answer.body === undefined ? undefined : Json.object(answer.body, "error")) ?? {}
    return errorOf({
      provider: "google",
      status: answer.status,
      message: ProviderError.messageOf(answer, Json.string(error, "message"), Google.title),
      code: Failures.codeOf(error),
      retryAfter: ProviderError.retryAfterOf(answer) ?? retryDelay(error)
    }, error)
  },
  streamErrorOf: ({ code, message }, event, started) => {
    const error = Json.object(event, "error") ?? {}
    const status = statusOf(error, (code ?? "").toLowerCase())
    const failure: ProviderError.Failure = { provider: "google", status, message, code, retryAfter: retryDelay(error) }
    // An error that says nothing definite is a stream that broke; so is any error after the answer began.
    return started || (status >= 500 && status !== 503)
      ? streamFailed({ provider: "google", message, started, providerCode: code, status, event })
      : errorOf(failure, error)
  }
}
