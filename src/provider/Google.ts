/**
 * Google: Gemini through Interactions, with flex, standard and priority tiers.
 *
 * Wire facts: vendor documentation of Interactions, of flex and of errors; recorded traffic for errors of Google's
 * gateway. Flex without capacity is a 503, or a 429 that nothing tells from a rate limit; it is not charged. The
 * server gives up after `x-server-timeout` seconds with a 504.
 */
import * as Duration from "effect/Duration"
import * as Failures from "../dialect/interactions/Failure.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Provider from "../Provider.ts"

/** The details of a gateway error whose type ends in `name`. */
const detail = (error: JsonObject, name: string): JsonObject | undefined =>
  Json.objects(error, "details").find((detail) => Json.string(detail, "@type")?.endsWith(`.${name}`) === true)

/** Why a key was refused: the status of such an answer is a 400. */
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

/** How long the server is asked to hold the call, in whole seconds. */
const serverTimeout = (deadline: Duration.Duration): { readonly [name: string]: string } =>
  Duration.isFinite(deadline)
    ? { "x-server-timeout": String(Math.max(1, Math.ceil(Duration.toSeconds(deadline)))) }
    : {}

const verdict = (failure: Provider.Failure): Provider.Verdict => {
  const { error, message, status } = failure
  const code = (failure.code ?? "").toLowerCase()
  if (keyReason(error) !== undefined) return "authentication"
  if (Failures.isBlocked(code)) return "blocked"
  if (code === "quota_exceeded" || isDaily(error)) return "quota"
  if (status === 400 && saysTierUnsupported(message)) return "tierUnsupported"
  if (chance.has(code) || status === 499) return "upstream"
  if (status === 501) return "unimplemented"
  return status === 409 && code === "already_exists" ? "callerFault" : Provider.verdictOfStatus(status)
}

export const Google = Provider.make({
  name: "google",
  title: "Google Gemini",
  telemetryName: "gcp.gemini",
  dialects: ["interactions"],
  models: ["gemini-"],
  // Its own interfaces call a model so.
  prefixes: ["google", "models"],
  baseUrl: "https://generativelanguage.googleapis.com",
  baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
  keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  missingKeyCode: "no_gemini_key",
  docUrls: Provider.contractPages("no_gemini_key", "auto_unsupported_for_gemini"),
  tiers: { flex: "flex", standard: "standard", priority: "priority" },
  tierHeader: "x-gemini-service-tier",
  unsupported: {
    auto: {
      code: "auto_unsupported_for_gemini",
      message: `start_within "auto" is not offered by Gemini, which has no such tier. ` +
        `Use "default", "priority" or a window such as "00h-00m-30s".`
    }
  },
  // SDKs of this vendor take a base URL without the version; one that has it means the same.
  url: (baseUrl, { count, stream }) =>
    `${baseUrl.replace(/\/v1beta$/, "")}/v1beta/${
      count === undefined
        ? `interactions${stream ? "?alt=sse" : ""}`
        : `models/${encodeURIComponent(count)}:countTokens`
    }`,
  headers: ({ deadline }) => serverTimeout(deadline),
  keyHeader: (key) => ({ "x-goog-api-key": key }),
  envelope: (error) => ({ code: keyReason(error) ?? Failures.codeOf(error), retryAfter: retryDelay(error) }),
  statuses: {
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
  },
  verdict
})
