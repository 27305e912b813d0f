/**
 * OpenAI: Responses and Chat Completions, with flex, standard (its word: `default`), priority and auto tiers.
 *
 * Wire facts: vendor documentation of flex processing and of errors; the 429 that says "no flex capacity" is not
 * charged. It comes with code `resource_unavailable` (older) or `flex_unavailable` (newer), and may also arrive
 * inside a 200 stream before any output.
 */
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { DialectName, InStreamFailure } from "../Dialect.ts"
import { streamFailed } from "../FlexInferenceError.ts"
import * as Json from "../wire/Json.ts"
import type { Tier } from "../ModelCatalog.ts"
import type { ErrorAnswer, Provider } from "../Provider.ts"
import * as ProviderError from "./Verdict.ts"

const path: { readonly [name in DialectName]?: string } = {
  responses: "/responses",
  "chat.completions": "/chat/completions"
}

const words: { readonly [tier in Tier]: string } = {
  flex: "flex",
  standard: "default",
  priority: "priority",
  fast: "fast",
  ultrafast: "ultrafast",
  scale: "scale",
  auto: "auto"
}

/** Refusals for want of capacity; waiting, or another tier, helps. */
const capacity: ReadonlySet<string> = new Set([
  "resource_unavailable",
  "flex_unavailable",
  "rate_limit_exceeded",
  "slow_down",
  "server_is_overloaded"
])

/** Money that has run out; neither waiting nor another tier helps. */
const exhausted: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "billing_hard_limit_reached",
  "billing_not_active"
])

/** What the request itself is refused for; standard would refuse it as well. */
const callerFault: ReadonlySet<string> = new Set([
  "invalid_prompt",
  "invalid_request_error",
  "content_policy_violation"
])

const isOneOf = (words: ReadonlySet<string>, { code, type }: Pick<InStreamFailure, "code" | "type">): boolean =>
  (code !== null && words.has(code)) || (type !== null && words.has(type))

const saysTierUnsupported = (failure: ProviderError.Failure): boolean =>
  failure.status === 400 &&
  (failure.param === "service_tier" || /(?:invalid|unsupported|unknown) service_tier/i.test(failure.message))

const errorOf = (answer: ErrorAnswer) => {
  const error = (answer.body === undefined ? undefined : Json.object(answer.body, "error")) ?? {}
  const failure = {
    provider: "openai",
    status: answer.status,
    message: ProviderError.messageOf(answer, Json.string(error, "message"), OpenAI.title),
    code: Json.string(error, "code") ?? null,
    type: Json.string(error, "type") ?? null,
    param: Json.string(error, "param") ?? null,
    retryAfter: ProviderError.retryAfterOf(answer)
  } as const
  if (answer.status === 401 || answer.status === 403) return ProviderError.authFailed(failure)
  if (isOneOf(exhausted, failure)) {
    return ProviderError.providerFailed(failure, { class: "billing", retryable: false })
  }
  if (answer.status === 429 || answer.status === 503) return ProviderError.refused(failure)
  if (saysTierUnsupported(failure)) return ProviderError.tierUnsupported(failure)
  return ProviderError.providerFailed(failure, {
    class: ProviderError.classOfStatus(answer.status),
    retryable: answer.status >= 500 || answer.status === 408 || answer.status === 409
  })
}

export const OpenAI: Provider = {
  name: "openai",
  title: "OpenAI",
  dialects: ["responses", "chat.completions"],
  defaultBaseUrl: "https://api.openai.com/v1",
  missingKeyCode: "no_byok_key",
  keyVariable: "OPENAI_API_KEY",
  tierToWire: (tier) => words[tier],
  tierFromWire: (word) => {
    switch (word) {
      case "flex":
      case "priority":
      case "fast":
      case "ultrafast":
      case "scale":
      case "auto":
        return word
      case "default":
        return "standard"
      default:
        return undefined
    }
  },
  tierHeader: undefined,
  request: (call, connection) =>
    HttpClientRequest.post(`${connection.baseUrl.replace(/\/+$/, "")}${path[call.dialect]}`).pipe(
      HttpClientRequest.setHeaders(connection.headers ?? {}),
      HttpClientRequest.bearerToken(connection.apiKey),
      HttpClientRequest.accept(call.stream ? "text/event-stream" : "application/json"),
      HttpClientRequest.bodyText(call.body, "application/json")
    ),
  errorOf,
  streamErrorOf: (failure, event, started) => {
    const said = { provider: "openai", status: 429, ...failure } as const
    if (isOneOf(exhausted, failure)) return ProviderError.providerFailed(said, { class: "billing", retryable: false })
    const isCapacity = isOneOf(capacity, failure)
    if (!started && isCapacity) return ProviderError.refused(said)
    if (!started && isOneOf(callerFault, failure)) {
      return ProviderError.providerFailed({ ...said, status: 400 }, { class: "validation", retryable: false })
    }
    return streamFailed({
      provider: "openai",
      message: failure.message,
      started,
      providerCode: failure.code,
      status: isCapacity ? 429 : 502,
      event
    })
  }
}
