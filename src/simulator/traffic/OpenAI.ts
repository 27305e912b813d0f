/**
 * What Responses and Chat share of OpenAI's wire: tier words, headers, the error envelope.
 *
 * The headers and the 400, 401 and 404 envelopes are those of recorded traffic. No refusal for want of capacity and no
 * 408, 500 or 503 was ever recorded: those are built from vendor documentation and reports, and are synthetic.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Tier } from "../../ModelCatalog.ts"
import type { Refusal } from "../Behavior.ts"
import * as Ids from "./Ids.ts"
import { type Exchange, type Headers, type Refused, retryAfter } from "./ProviderSim.ts"

export const tierFromWire = (word: string | undefined): Tier | undefined => {
  switch (word) {
    case undefined:
    case "auto":
      return "auto"
    case "flex":
    case "priority":
    case "fast":
    case "ultrafast":
    case "scale":
      return word
    case "default":
      return "standard"
    default:
      return undefined
  }
}

const words: { readonly [tier in Tier]: string } = {
  flex: "flex",
  standard: "default",
  priority: "priority",
  fast: "fast",
  ultrafast: "ultrafast",
  scale: "scale",
  auto: "default"
}

/** The word a finished answer reports: the tier that served it, and `default` where the provider chose. */
export const servedWord = ({ servedTier }: Exchange): string => words[servedTier]

/** The word of the first events of a stream, which repeat the request. */
export const requestedWord = ({ request }: Exchange): string => Json.string(request, "service_tier") ?? "auto"

/** Whether the model belongs to the families that reason; they report no log probabilities and no fingerprint. */
export const isReasoningModel = (model: string): boolean => /^(?:gpt-[5-9]|o\d)/.test(model)

/** Whether the caller asked to leave the padding out. */
export const obfuscates = (request: JsonObject): boolean =>
  Json.boolean(Json.object(request, "stream_options") ?? {}, "include_obfuscation") !== false

/** Padding that makes every delta a multiple of sixteen long. */
export const obfuscation = (seed: string, delta: string): string => Ids.opaque(seed, Ids.base62, 16 - delta.length % 16)

export const headers = (exchange: Exchange, stream: boolean): Headers => ({
  "content-type": stream ? "text/event-stream; charset=utf-8" : "application/json",
  date: new Date(exchange.createdAt).toUTCString(),
  "openai-processing-ms": String(Math.max(1, stream ? 50 : exchange.startedAt - exchange.createdAt)),
  "openai-version": "2020-10-01",
  "x-ratelimit-limit-requests": "5000",
  "x-ratelimit-limit-tokens": "2000000",
  "x-ratelimit-remaining-requests": "4999",
  "x-ratelimit-remaining-tokens": String(2_000_000 - exchange.prompt.inputTokens),
  "x-ratelimit-reset-requests": "12ms",
  "x-ratelimit-reset-tokens": "6ms",
  "x-request-id": `req_${Ids.opaque(`${exchange.seed}/request`, Ids.hex, 32)}`
})

interface Envelope {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

const usual = (status: number, { model, tier }: Exchange): Envelope => {
  const caller = { type: "invalid_request_error", param: null, code: null }
  switch (status) {
    case 401:
      return { ...caller, code: "invalid_api_key", message: "Incorrect API key provided: simulated." }
    case 403:
      return { ...caller, code: "unsupported_country_region_territory", message: "Access is denied." }
    case 404:
      return {
        ...caller,
        code: "model_not_found",
        message: `The model \`${model}\` does not exist or you do not have access to it.`
      }
    case 408:
      return { type: "timeout", param: null, code: "timeout", message: "Request timed out." }
    case 429:
      return tier === "flex"
        ? {
          type: "resource_unavailable",
          param: null,
          code: "flex_unavailable",
          message: "Flex processing is temporarily unavailable. Try again later."
        }
        : {
          type: "tokens",
          param: null,
          code: "rate_limit_exceeded",
          message: `Rate limit reached for ${model}. Please try again later.`
        }
    case 503:
      return {
        type: "service_unavailable_error",
        param: null,
        code: "server_is_overloaded",
        message: "Our servers are currently overloaded. Please try again later."
      }
    default:
      return status >= 500
        ? {
          type: "server_error",
          param: null,
          code: "server_error",
          message: "The server had an error while processing your request."
        }
        : { ...caller, message: "The request is invalid." }
  }
}

/** The refusal with the provider's usual values for all it leaves out. A code of its own drops the usual type. */
export const envelope = (exchange: Exchange, refusal: Refusal): Envelope => {
  const known = usual(refusal.status ?? 429, exchange)
  const code = refusal.code ?? (refusal.type === undefined ? known.code : null)
  return {
    message: refusal.message ?? known.message,
    type: refusal.type ?? (refusal.code === undefined ? known.type : refusal.code),
    param: refusal.param ?? known.param,
    code
  }
}

export const refusal = (exchange: Exchange, refusal: Refusal): Refused => ({
  status: refusal.status ?? 429,
  headers: { ...headers(exchange, false), ...retryAfter(refusal) },
  body: refusal.body ?? { error: { ...envelope(exchange, refusal) } }
})
