/**
 * Anthropic: Messages, with its standard tier and, where an account has bought it, priority. It has no flex tier.
 *
 * Wire facts: vendor documentation of errors, recorded traffic for 400 and 401. An overload is 529; a 429 whose
 * `details.error_code` names a spend limit does not pass by waiting.
 */
import * as Provider from "../Provider.ts"
import { AnthropicBatches } from "./AnthropicBatches.ts"
import * as Json from "../wire/Json.ts"

export const Anthropic = Provider.make({
  name: "anthropic",
  title: "Anthropic",
  dialects: ["messages"],
  models: ["claude-"],
  baseUrl: "https://api.anthropic.com",
  docUrls: Provider.contractPages("no_anthropic_key", "flex_unsupported_for_anthropic"),
  batches: AnthropicBatches,
  tiers: { standard: "standard_only", priority: "auto", auto: "auto" },
  servedTiers: { standard: "standard", priority: "priority", auto: "auto" },
  // SDKs of this vendor take a base URL without the version; one that has it means the same.
  url: (baseUrl, { count }) =>
    `${baseUrl.replace(/\/v1$/, "")}/v1/messages${count === undefined ? "" : "/count_tokens"}`,
  // The version whose behavior was recorded; `2026-10-21` refuses sampling parameters.
  headers: () => ({ "anthropic-version": "2023-06-01" }),
  keyHeader: (key) => ({ "x-api-key": key }),
  // Its word for a failure is its type; it has no code beside it.
  envelope: (error) => ({ code: Json.string(error, "type") ?? null }),
  statuses: {
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
  },
  verdict: ({ error, status }) =>
    // The limit of a month or of a contract comes as a 429.
    Json.string(Json.object(error, "details") ?? {}, "error_code")?.endsWith("_spend_limit_reached") === true
      ? "billing"
      : status === 529
      ? "capacity"
      : Provider.verdictOfStatus(status)
})
