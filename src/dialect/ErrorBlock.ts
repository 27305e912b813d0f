/** The machine-readable part of an error envelope, which is the same in every dialect. */
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { JsonObject } from "../wire/Json.ts"

/**
 * The block nested in `error` on every surface (contract (d)): all eight keys, the same bytes whatever the surface. A
 * provider's own error carries `code: null`. Three keys of ours come where there is something to say: `param`, for which
 * only OpenAI's envelope has a place, and the provider's `request_id` and `details`.
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
  doc_url: error.docUrl,
  ...(error.param === null ? {} : { param: error.param }),
  ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
  ...(error.details === undefined ? {} : { details: error.details })
})
