/**
 * Anthropic: Messages, with its standard tier and, where an account has bought it, priority. It has no flex tier.
 *
 * Wire facts: vendor documentation of errors, recorded traffic for 400 and 401. An overload is 529; a 429 whose
 * `details.error_code` names a spend limit does not pass by waiting.
 */
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import { streamFailed } from "../FlexInferenceError.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { Provider } from "../Provider.ts"
import * as ProviderError from "./Verdict.ts"

/** The version whose behavior was recorded; `2026-10-21` refuses sampling parameters. A connection can set another. */
const defaultVersion = "2023-06-01"

/** The status behind an error's type, for failures inside a 200 stream. */
const statuses: { readonly [type: string]: number } = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529
}

const statusOf = (type: string | null): number =>
  type !== null && Object.hasOwn(statuses, type) ? statuses[type] ?? 502 : 502

/** Busy for now: a rate limit, an overload. Waiting helps. */
const isBusy = (status: number): boolean => status === 429 || status === 503 || status === 529

/** Money that has run out; the limit of a month or of a contract comes as a 429. */
const isExhausted = (status: number, error: JsonObject): boolean =>
  status === 402 ||
  Json.string(Json.object(error, "details") ?? {}, "error_code")?.endsWith("_spend_limit_reached") === true

const errorIn = (body: JsonObject | undefined): JsonObject =>
  (body === undefined ? undefined : Json.object(body, "error")) ?? {}

/** SDKs of this vendor take a base URL without the version; one that has it means the same. */
const endpoint = (baseUrl: string): string => `${baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1/messages`

export const Anthropic: Provider = {
  name: "anthropic",
  title: "Anthropic",
  dialects: ["messages"],
  defaultBaseUrl: "https://api.anthropic.com",
  missingKeyCode: "no_anthropic_key",
  keyVariable: "ANTHROPIC_API_KEY",
  tierToWire: (tier) => tier === "flex" ? undefined : tier === "standard" ? "standard_only" : "auto",
  tierFromWire: (word) => {
    switch (word) {
      case "standard":
      case "standard_only":
        return "standard"
      case "priority":
      case "auto":
        return word
      default:
        return undefined
    }
  },
  tierHeader: undefined,
  request: (call, connection) =>
    HttpClientRequest.post(endpoint(connection.baseUrl)).pipe(
      HttpClientRequest.setHeader("anthropic-version", defaultVersion),
      HttpClientRequest.accept(call.stream ? "text/event-stream" : "application/json"),
      HttpClientRequest.setHeaders(connection.headers ?? {}),
      HttpClientRequest.setHeader("x-api-key", Redacted.value(connection.apiKey)),
      HttpClientRequest.bodyText(call.body, "application/json")
    ),
  errorOf: (answer) => {
    const error = errorIn(answer.body)
    const { status } = answer
    const failure: ProviderError.Failure = {
      provider: "anthropic",
      status,
      message: ProviderError.messageOf(answer, Json.string(error, "message"), Anthropic.title),
      code: Json.string(error, "type") ?? null,
      retryAfter: ProviderError.retryAfterOf(answer)
    }
    if (status === 401 || status === 403) return ProviderError.authFailed(failure)
    if (isExhausted(status, error)) return ProviderError.providerFailed(failure, { class: "billing", retryable: false })
    if (isBusy(status)) return ProviderError.refused(failure)
    return ProviderError.providerFailed(failure, {
      class: ProviderError.classOfStatus(status),
      retryable: status >= 500 || status === 408 || status === 409
    })
  },
  streamErrorOf: ({ code, message, type }, event, started) => {
    const status = statusOf(type)
    const failure: ProviderError.Failure = { provider: "anthropic", status, message, code }
    if (isExhausted(status, errorIn(event))) {
      return ProviderError.providerFailed(failure, { class: "billing", retryable: false })
    }
    return !started && isBusy(status)
      ? ProviderError.refused(failure)
      : streamFailed({ provider: "anthropic", message, started, providerCode: code, status, event })
  }
}
