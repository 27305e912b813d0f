/**
 * The typed error of a failure, from its provider's verdict: the same class, status and `retryable` whether it came as
 * an answer or inside a 200 stream, before the answer began or after.
 */
import type * as Duration from "effect/Duration"
import type { InStreamFailure } from "../Dialect.ts"
import {
  Canceled,
  CapacityRefused,
  type ErrorClass,
  FlexInferenceError,
  InvalidRequest,
  ProviderFailed,
  type Reason,
  StreamFailed,
  TierUnsupported,
  typeOfStatus,
  Unauthenticated,
  Unsupported
} from "../FlexInferenceError.ts"
import type { ErrorAnswer, Failure, Provider, Stated, Verdict } from "../Provider.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

/** The event of a 200 stream that a failure came in. */
interface InStream {
  readonly event: JsonObject
  /** Whether generation had started. */
  readonly started: boolean
}

type Word = Exclude<Verdict, Stated>

interface Meaning {
  readonly class: ErrorClass
  readonly retryable: boolean
  /** Where the failure has no status. */
  readonly status: number
}

const meanings: { readonly [word in Word]: Meaning } = {
  authentication: { class: "permission", retryable: false, status: 403 },
  billing: { class: "billing", retryable: false, status: 402 },
  quota: { class: "quota", retryable: false, status: 429 },
  capacity: { class: "quota", retryable: true, status: 429 },
  tierUnsupported: { class: "capability", retryable: false, status: 400 },
  callerFault: { class: "validation", retryable: false, status: 400 },
  blocked: { class: "validation", retryable: false, status: 400 },
  upstream: { class: "upstream", retryable: true, status: 502 },
  unimplemented: { class: "upstream", retryable: false, status: 501 }
}

/** The typed error of an answer that was not a 2xx. */
export const errorOf = (provider: Provider, answer: ErrorAnswer): FlexInferenceError =>
  judge(provider, provider.failureOf(answer), requestIdOf(answer.headers, answer.body), undefined)

/** The typed error of a body that came with a 200 and reports a failure. */
export const bodyErrorOf = (
  provider: Provider,
  said: InStreamFailure,
  body: JsonObject,
  headers: Headers = {}
): FlexInferenceError => judge(provider, provider.failureIn(said, body), requestIdOf(headers, body), undefined)

/** The typed error of a failure inside a 200 stream. */
export const streamErrorOf = (
  provider: Provider,
  said: InStreamFailure,
  event: JsonObject,
  started: boolean,
  headers: Headers = {}
): FlexInferenceError =>
  judge(provider, provider.failureIn(said, event), requestIdOf(headers, event), { event, started })

type Headers = ErrorAnswer["headers"]

/** OpenAI's header or Anthropic's, whose errors repeat it in the body (vendor documentation, recorded traffic). */
const requestIdOf = (headers: Headers, body: JsonObject | undefined): string | undefined =>
  headers["x-request-id"] ?? headers["request-id"] ?? (body === undefined ? undefined : Json.string(body, "request_id"))

const judge = (
  provider: Provider,
  failure: Failure,
  requestId: string | undefined,
  inStream: InStream | undefined
): FlexInferenceError => {
  const verdict = provider.verdict(failure)
  const details: Details = {
    ...(typeof verdict === "string" ? detailsOf(provider, failure, verdict) : statedOf(failure, verdict)),
    ...(requestId === undefined ? {} : { requestId })
  }
  const isFault = details.class === "upstream"
  const event = verdict === "authentication" ? undefined : inStream?.event
  // Where no status came with it, a fault of the provider's is a stream that broke, at whatever time it comes.
  if (inStream === undefined || (!inStream.started && !isFault)) {
    return new FlexInferenceError({ reason: reasonOf(verdict, details, failure.status ?? details.status) })
  }
  const { code, type, ...rest } = details
  return new FlexInferenceError({
    reason: new StreamFailed({
      ...rest,
      ...(isFault ? {} : { type }),
      ...(code === null ? {} : { code }),
      started: inStream.started,
      ...(event === undefined ? {} : { event })
    })
  })
}

interface Details extends Meaning {
  readonly message: string
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  readonly origin: "flexinference" | "provider"
  readonly provider: string | null
  readonly providerCode: string | null
  readonly retryAfter?: Duration.Duration
  readonly requestId?: string
  readonly details?: Json.Json
}

const detailsOf = (provider: Provider, failure: Failure, word: Word): Details => {
  const meaning = meanings[word]
  const status = statusOf(failure.status ?? meaning.status)
  const details: Details = {
    ...saidOf(failure, status),
    ...meaning,
    status,
    origin: "provider",
    provider: provider.name,
    providerCode: failure.code
  }
  return word === "authentication" ? inOurWords(provider, failure, details) : details
}

const authenticationCode = "upstream_auth_failed"

/**
 * The caller's own key was fine, so the status is 403 and the code is the router's. Providers quote the
 * key that they did not accept, often in part, so nothing of what they say is passed on but their word for it.
 */
const inOurWords = (provider: Provider, failure: Failure, details: Details): Details => {
  const { status } = meanings.authentication
  const word = failure.code !== null && /^[\w.-]{1,64}$/.test(failure.code) ? failure.code : null
  const { details: _, ...rest } = details
  const said = [failure.status, word].filter((part) => part !== undefined && part !== null).join(" ")
  return {
    ...rest,
    status,
    type: typeOfStatus(status),
    code: authenticationCode,
    param: null,
    providerCode: word,
    message: `${provider.title} did not accept the key it was called with${said === "" ? "" : ` (${said})`}. Check ` +
      "the key that is configured for it, and what that key may do."
  }
}

/** Whether the error says nothing that its provider said. */
export const isInOurWords = ({ code, origin }: FlexInferenceError): boolean =>
  origin === "provider" && code === authenticationCode

const statedOf = (failure: Failure, stated: Stated): Details => {
  const status = statusOf(stated.status)
  return { ...saidOf(failure, status), ...stated, status }
}

/** HTTP knows no status beyond 599: whatever sent it is no good gateway. */
const statusOf = (status: number): number => status > 599 ? 502 : status

const saidOf = ({ code, error, message, param, retryAfter, type }: Failure, status: number) => {
  const details = Json.object(error, "details") ?? Json.array(error, "details")
  return {
    message,
    type: type ?? typeOfStatus(status),
    code,
    param,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    // A number too large for a double is read as infinite, which an error, being JSON, cannot hold.
    ...(details === undefined ? {} : { details: Json.parse(JSON.stringify(details)) ?? null })
  }
}

const reasonOf = (verdict: Verdict, details: Details, providerStatus: number): Reason => {
  if (verdict === "capacity") return new CapacityRefused(details)
  if (verdict === "tierUnsupported") return new TierUnsupported(details)
  if (typeof verdict === "string") return new ProviderFailed({ ...details, providerStatus })
  if (details.class === "quota") return new CapacityRefused(details)
  if (details.origin === "provider") return new ProviderFailed({ ...details, providerStatus })
  switch (details.class) {
    case "validation":
      return new InvalidRequest({
        ...details,
        problems: [{
          field: details.param ?? "",
          code: details.code ?? "invalid_request",
          message: details.message,
          rule: "The hosted router's own.",
          example: ""
        }]
      })
    case "capability":
      return new Unsupported(details)
    case "authentication":
      return new Unauthenticated(details)
    case "canceled":
      return new Canceled(details)
    default:
      return new ProviderFailed({ ...details, providerStatus })
  }
}
