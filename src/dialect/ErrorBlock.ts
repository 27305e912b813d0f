/** The machine-readable part of an error envelope, which is the same in every dialect. */
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { JsonObject } from "../wire/Json.ts"

/**
 * The block nested in `error` on every surface (contract (d)): all eight keys, the same bytes whatever the surface. A
 * provider's own error carries `code: null`.
 */
export const toBlock = (error: FlexInferenceError): JsonObject => ({
  code: error.reason._tag === "ProviderFailed" && error.origin === "provider" && error.code === error.providerCode
    ? null
    : error.code,
  class: error.class,
  origin: error.origin,
  status: error.status,
  // The contract's error block says `gemini` where its routing record says `google`.
  provider: error.provider === "google" ? "gemini" : error.provider,
  provider_code: error.providerCode,
  retryable: error.retryable,
  doc_url: error.docUrl
})
