/**
 * Who serves a model, as a record: where it lives, how a call is signed, which formats it speaks, its words for the
 * tiers, and what its failures mean. Whatever is particular to a provider is in its record; nothing else knows it by name.
 *
 * `make` builds a record out of what differs from a server that speaks OpenAI's formats; `connect` adds the key, and
 * the layers take the result in `providers`.
 *
 * **Example** (a server with a flex tier under a word of its own)
 *
 * ```ts
 * import { Redacted } from "effect"
 * import { FlexInference, Provider } from "effect-flexinference"
 *
 * const acme = Provider.make({
 *   name: "acme",
 *   title: "Acme",
 *   baseUrl: "https://api.acme.example/v1",
 *   models: ["acme-"],
 *   tiers: { flex: "economy", standard: "regular" }
 * })
 *
 * export const layer = FlexInference.layer({
 *   providers: [Provider.connect(acme, { apiKey: Redacted.make("…") })]
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Batches } from "./Batches.ts"
import type { DialectName, InStreamFailure } from "./Dialect.ts"
import { contractPage, type ErrorClass } from "./FlexInferenceError.ts"
import type { ProviderName, Tier } from "./ModelCatalog.ts"
import * as Json from "./wire/Json.ts"
import type { JsonObject } from "./wire/Json.ts"

/** How to reach a provider. The address comes from configuration only, never from a request. */
export interface Connection {
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted<string>
  /** Headers sent with every call, such as `openai-organization` or `anthropic-version`. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /** Other keys or addresses of the same provider: every call takes the one that has the least to do. */
  readonly others?: ReadonlyArray<Connection> | undefined
}

/** One provider's key, and where to use it if not at the vendor's own address. */
export interface ConnectionOptions {
  readonly apiKey: Redacted.Redacted<string>
  /** In the convention of the vendor's own SDK. */
  readonly baseUrl?: string | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
  /** More keys, or addresses, of the same provider: every call takes the one that has the least to do. */
  readonly others?: ReadonlyArray<Omit<ConnectionOptions, "others">> | undefined
}

/** A provider that can be called. */
export interface Connected {
  readonly provider: Provider
  readonly connection: Connection
}

/** A provider that is known; without a connection it cannot be called. */
export interface Registered {
  readonly provider: Provider
  readonly connection: Connection | undefined
}

/** The providers a router knows, by name. */
export type Registry = ReadonlyMap<string, Registered>

/** What decides where a call goes. */
export interface Call {
  readonly dialect: DialectName
  readonly stream: boolean
  /** The model, where its tokens are to be counted and no answer is asked for. */
  readonly count?: string | undefined
  /** How long the caller of this leg waits for it at most. */
  readonly deadline: Duration.Duration
}

/** Where a call goes. It depends on the connection and the call alone, so it can be made once and kept. */
export interface Endpoint {
  readonly url: string
  /** All but the body's length, by lowercase name, the key among them: never to be logged. */
  readonly headers: { readonly [name: string]: string }
}

/** A provider's answer that was not a 2xx. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: JsonObject | undefined
  readonly text: string
  /** When it came, in epoch milliseconds: a `retry-after` may be a date. */
  readonly receivedAt: number
}

/** An opened error envelope, whether it came as an answer or as an event of a 200 stream. */
export interface Failure {
  /** The HTTP status, or the one that the words of an event stand for; `undefined` for words that nobody knows. */
  readonly status: number | undefined
  readonly message: string
  /** The provider's machine-readable word for it. */
  readonly code: string | null
  /** OpenAI's word for the kind of failure, where the provider has one. */
  readonly type: string | null
  readonly param: string | null
  readonly retryAfter: Duration.Duration | undefined
  /** The envelope's error object, for what only its provider can read. */
  readonly error: JsonObject
}

/** What a failure means to whoever asked. */
export type Verdict =
  /** The configured key was not accepted. */
  | "authentication"
  /** Money has run out; neither waiting nor another tier helps. */
  | "billing"
  /** A quota that does not come back soon. */
  | "quota"
  /** No capacity, an overload or a rate limit: the tier says no for now, and nothing was generated. */
  | "capacity"
  /** The model has no such tier. */
  | "tierUnsupported"
  /** The request itself is wrong; every tier would refuse it. */
  | "callerFault"
  /** The content was blocked. */
  | "blocked"
  /** A fault of the provider's, which may pass. */
  | "upstream"
  /** A fault of the provider's, which stays. */
  | "unimplemented"
  | Stated

/** A failure that says itself what it means, in the words of the contract's error block. */
export interface Stated {
  readonly class: ErrorClass
  readonly origin: "flexinference" | "provider"
  readonly status: number
  readonly retryable: boolean
  readonly provider: string | null
  readonly providerCode: string | null
  readonly docUrl?: string
}

/** What the router says of a tier that a provider does not have. */
export interface UnsupportedTier {
  readonly code: string
  readonly message: string
}

/** The pages on which codes are explained. */
export type DocUrls = { readonly [code: string]: string }

/** A provider. */
export interface Provider {
  /** By which a request's `provider` and the model catalogue name it. */
  readonly name: ProviderName
  /** What people call it in a sentence. */
  readonly title: string
  /** OpenTelemetry's `gen_ai.provider.name`. */
  readonly telemetryName: string
  /** The dialects it speaks natively; translations go through the first. */
  readonly dialects: Arr.NonEmptyReadonlyArray<DialectName>
  /** Whether a model is its own, judged by the id; for models the catalogue does not know. */
  readonly claims: (model: string) => boolean
  /** What may stand before a slash and the name of one of its models; nothing where this is absent. */
  readonly prefixes?: ReadonlyArray<string> | undefined
  readonly baseUrl: string
  readonly baseUrlVariable: string
  /** The variables that may hold the key; the first that is set counts. */
  readonly keyVariables: Arr.NonEmptyReadonlyArray<string>
  /** The code for "no key is configured". */
  readonly missingKeyCode: string
  /** Where the codes are explained that the router says on its behalf. */
  readonly docUrls: DocUrls
  /** Its word for a tier in the request's `service_tier` member; `undefined` leaves the member out. */
  readonly tierToWire: (tier: Tier) => string | undefined
  /** The tier behind the word in an answer; `undefined` for a word it does not know. */
  readonly tierFromWire: (word: string) => Tier | undefined
  /** The tier the answer's headers name, where the body names none. */
  readonly tierHeader: string | undefined
  /** What a request for a tier it does not have is refused with; `undefined` for a tier it has. */
  readonly unsupported: (tier: Tier, model: string) => UnsupportedTier | undefined
  readonly endpoint: (call: Call, connection: Connection) => Endpoint
  /** Opens the envelope of an answer that was not a 2xx. */
  readonly failureOf: (answer: ErrorAnswer) => Failure
  /** The same for an event of a 200 stream, of which the dialect has read what all its providers say alike. */
  readonly failureIn: (said: InStreamFailure, event: JsonObject) => Failure
  readonly verdict: (failure: Failure) => Verdict
  /** Its batch interface, if it has one. */
  readonly batches: Batches | undefined
  /** It races by itself: requests go to it as they are, in any dialect, and its answers' headers hold the record. */
  readonly races: boolean
}

/** What differs from a server that speaks OpenAI's formats and has no tiers. */
export interface Options {
  readonly name: ProviderName
  /** @default the name */
  readonly title?: string | undefined
  /** @default the name */
  readonly telemetryName?: string | undefined
  /** @default ["chat.completions"] */
  readonly dialects?: Arr.NonEmptyReadonlyArray<DialectName> | undefined
  /** How the ids of its models begin, or what they match. */
  readonly models?: ReadonlyArray<string | RegExp> | undefined
  /**
   * What may stand before a slash and the name of one of its models.
   * @default the name
   */
  readonly prefixes?: ReadonlyArray<string> | undefined
  readonly baseUrl: string
  /** @default the name in capitals and `_BASE_URL` */
  readonly baseUrlVariable?: string | undefined
  /** @default the name in capitals and `_API_KEY` */
  readonly keyVariables?: Arr.NonEmptyReadonlyArray<string> | undefined
  /** @default "no_…_key" */
  readonly missingKeyCode?: string | undefined
  readonly docUrls?: DocUrls | undefined
  /** Its words for the tiers it has. Without one for standard, that is what it serves when no tier is named. */
  readonly tiers?: { readonly [tier in Tier]?: string } | undefined
  /** Words in its answers that stand for another tier than in a request, or that no request uses. */
  readonly servedTiers?: { readonly [word: string]: Tier } | undefined
  readonly tierHeader?: string | undefined
  /** What to say of a tier it does not have, where that is not the usual. */
  readonly unsupported?: { readonly [tier in Tier]?: UnsupportedTier } | undefined
  /** Where a call goes below a base URL that ends in no slash. */
  readonly url?: ((baseUrl: string, call: Call) => string) | undefined
  /** Headers of a call by lowercase name, which a connection may replace. */
  readonly headers?: ((call: Call) => { readonly [name: string]: string }) | undefined
  /**
   * The header that carries the key, which no connection replaces.
   * @default a bearer token
   */
  readonly keyHeader?: ((key: string) => { readonly [name: string]: string }) | undefined
  /** What an envelope's error object says beyond its message. */
  readonly envelope?: ((error: JsonObject) => Partial<Failure>) | undefined
  /** The HTTP status behind the words of a failure inside a stream, in lower case. */
  readonly statuses?: { readonly [word: string]: number } | undefined
  /** @default `verdict` */
  readonly verdict?: ((failure: Failure) => Verdict) | undefined
  readonly batches?: Batches | undefined
  readonly races?: boolean | undefined
}

/**
 * A record's pages out of the codes that the contract explains.
 *
 * @internal
 */
export const contractPages = (...codes: ReadonlyArray<string>): DocUrls =>
  Object.fromEntries(codes.map((code) => [code, contractPage(code)]))

/**
 * A provider out of what differs from a server that speaks OpenAI's formats.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Provider => {
  const { envelope = openEnvelope, name, servedTiers = {}, statuses = wordStatuses, tiers = {}, title = name } = options
  const variable = name.toUpperCase().replaceAll(/\W/g, "_")
  return {
    name,
    title,
    telemetryName: options.telemetryName ?? name,
    dialects: options.dialects ?? ["chat.completions"],
    claims: (model) =>
      (options.models ?? []).some((own) => typeof own === "string" ? model.startsWith(own) : own.test(model)),
    prefixes: options.prefixes ?? [name],
    baseUrl: options.baseUrl,
    baseUrlVariable: options.baseUrlVariable ?? `${variable}_BASE_URL`,
    keyVariables: options.keyVariables ?? [`${variable}_API_KEY`],
    missingKeyCode: options.missingKeyCode ?? `no_${name}_key`,
    docUrls: options.docUrls ?? {},
    tierToWire: (tier) => tiers[tier],
    tierFromWire: (word) =>
      Object.hasOwn(servedTiers, word) ? servedTiers[word] : allTiers.find((tier) => tiers[tier] === word),
    tierHeader: options.tierHeader,
    unsupported: (tier, model) =>
      tier === "standard" || tiers[tier] !== undefined
        ? undefined
        : options.unsupported?.[tier] ?? {
          code: `${tier}_unsupported_for_${name}`,
          message: tier === "flex"
            ? `${title} has no flex tier, so ${JSON.stringify(model)} cannot be raced. Use start_within ${
              named(tiers)
            }.`
            : `start_within "${tier}" is not offered by ${title}, which has no such tier. Use ${named(tiers)}.`
        },
    endpoint: (call, connection) => {
      const key = Redacted.value(connection.apiKey)
      return {
        url: (options.url ?? usualUrl)(withoutSlash(connection.baseUrl), call),
        headers: {
          accept: call.stream ? "text/event-stream" : "application/json",
          "content-type": "application/json",
          ...options.headers?.(call),
          ...Headers.fromInput(connection.headers),
          ...(options.keyHeader?.(key) ?? { authorization: `Bearer ${key}` })
        }
      }
    },
    failureOf: (answer) => {
      const error = (answer.body === undefined ? undefined : Json.object(answer.body, "error")) ?? {}
      const said = envelope(error)
      return {
        ...silent,
        ...said,
        status: answer.status,
        // Never empty, and never the whole of a long body.
        message: Json.string(error, "message") ||
          `${title} answered ${answer.status} without a message it could be quoted with.`,
        retryAfter: retryAfterOf(answer) ?? said.retryAfter,
        error
      }
    },
    failureIn: ({ code, message, param, type }, event) => {
      const error = errorIn(event) ??
        errorIn(Json.object(event, "response") ?? Json.object(event, "interaction") ?? {}) ?? {}
      const stated = Json.number(error, "code")
      return {
        ...silent,
        ...envelope(error),
        status: stated !== undefined && stated >= 400 && stated < 600
          ? Math.floor(stated)
          : statusOfWord(statuses, code) ?? statusOfWord(statuses, type),
        message,
        code,
        param,
        error
      }
    },
    verdict: options.verdict ?? verdict,
    batches: options.batches,
    races: options.races ?? false
  }
}

/**
 * A provider with a key, ready to be called. White space around the key, such as a file's last line end, is none of it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const connect = (provider: Provider, options: ConnectionOptions): Connected => {
  const one = ({ apiKey, baseUrl, headers }: Omit<ConnectionOptions, "others">): Connection => ({
    apiKey: trimmed(apiKey),
    baseUrl: withoutSlash(baseUrl ?? provider.baseUrl),
    headers
  })
  const connection = one(options)
  const { others } = options
  return { provider, connection: others === undefined ? connection : { ...connection, others: others.map(one) } }
}

const trimmed = (key: Redacted.Redacted<string>): Redacted.Redacted<string> => {
  const own = Redacted.value(key).trim()
  return own === Redacted.value(key) ? key : Redacted.make(own)
}

/**
 * A provider with the key and the address in its variables.
 *
 * **Example** (a provider whose key stands in its own variable)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { FlexInference, Provider } from "effect-flexinference"
 *
 * const acme = Provider.make({ name: "acme", baseUrl: "https://api.acme.example/v1" })
 *
 * // ACME_API_KEY, and ACME_BASE_URL where it is set
 * export const layer = Layer.unwrap(
 *   Effect.map(Provider.config(acme), (connected) => FlexInference.layer({ providers: [connected] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category configuration
 */
export const config = (provider: Provider): Config.Config<Connected> => {
  const [first, ...others] = provider.keyVariables
  return Config.map(
    Config.all({
      apiKey: others.reduce((key, other) => Config.orElse(key, () => keyIn(other)), keyIn(first)),
      baseUrl: Config.option(addressIn(provider.baseUrlVariable))
    }),
    ({ apiKey, baseUrl }) => connect(provider, { apiKey, baseUrl: Option.getOrUndefined(baseUrl) })
  )
}

const unusable = (message: string) => Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message })))

const keyIn = (variable: string): Config.Config<Redacted.Redacted<string>> =>
  Config.mapEffect(Config.Redacted(variable), (key) =>
    // What a header can hold; anything else would fail every call.
    /^[!-~]+$/.test(Redacted.value(key).trim())
      ? Effect.succeed(key)
      : unusable(
        `${variable} holds no key: a key is neither empty nor does it have white space or special characters.`
      ))

const addressIn = (variable: string): Config.Config<string> =>
  Config.mapEffect(Config.String(variable), (text) => {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
    return url?.protocol === "https:" || url?.protocol === "http:"
      ? Effect.succeed(url.href)
      : unusable(`${variable} holds no address: write it as https://api.example.com/v1.`)
  })

/**
 * The verdict on a failure by OpenAI's words and the status, for whatever a provider has no word of its own for.
 *
 * @since 0.1.0
 * @category classification
 */
export const verdict = (failure: Failure): Verdict => {
  if (failure.status === 401 || failure.status === 403) return "authentication"
  if (exhausted.has(failure.code ?? "") || exhausted.has(failure.type ?? "")) return "billing"
  if (failure.status === 400 && saysTierUnsupported(failure)) return "tierUnsupported"
  return verdictOfStatus(failure.status)
}

/**
 * The verdict on a failure of which only the status is known.
 *
 * **Example** (what a status means of itself)
 *
 * ```ts
 * import { Provider } from "effect-flexinference"
 *
 * Provider.verdictOfStatus(429) // => "capacity"
 * Provider.verdictOfStatus(401) // => "authentication"
 * Provider.verdictOfStatus(500) // => "upstream"
 * ```
 *
 * @since 0.1.0
 * @category classification
 */
export const verdictOfStatus = (status: number | undefined): Verdict => {
  switch (status) {
    case 401:
    case 403:
      return "authentication"
    case 402:
      return "billing"
    case 429:
    case 503:
      return "capacity"
    case undefined:
    case 408:
    case 409:
      return "upstream"
    default:
      return status >= 500 ? "upstream" : "callerFault"
  }
}

const allTiers: ReadonlyArray<Tier> = ["flex", "standard", "priority", "fast", "ultrafast", "scale", "auto"]

/** The ways to ask a provider, in the words of `start_within`. */
const named = (tiers: { readonly [tier in Tier]?: string }): string => {
  const ways = [
    "\"default\"",
    ...(tiers.priority === undefined ? [] : ["\"priority\""]),
    ...(tiers.auto === undefined ? [] : ["\"auto\""]),
    ...(tiers.flex === undefined ? [] : ["a window such as \"00h-00m-30s\""])
  ]
  return ways.length === 1 ? ways.join("") : `${ways.slice(0, -1).join(", ")} or ${ways.slice(-1).join("")}`
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")

const usualUrl = (baseUrl: string, { count, dialect }: Call): string =>
  `${baseUrl}/${dialect.replace(".", "/")}${count === undefined ? "" : "/input_tokens"}`

/** The error object of an event, or of a body that reports one. */
const errorIn = (value: JsonObject): JsonObject | undefined =>
  Json.object(value, "error") ?? Json.objects(value, "errors")[0]

const silent = { type: null, code: null, param: null, retryAfter: undefined }

const openEnvelope = (error: JsonObject): Partial<Failure> => ({
  type: Json.string(error, "type") ?? null,
  code: Json.string(error, "code") ?? null,
  param: Json.string(error, "param") ?? null
})

const statusOfWord = (statuses: { readonly [word: string]: number }, word: string | null): number | undefined => {
  const lower = word?.toLowerCase() ?? ""
  return Object.hasOwn(statuses, lower) ? statuses[lower] : undefined
}

const spent = "insufficient_quota credit_balance_exhausted billing_hard_limit_reached billing_not_active"

const exhausted: ReadonlySet<string> = new Set(spent.split(" "))

// Vendor documentation and recorded traffic of OpenAI's; a `server_error` says too little to stand for a status.
const words: ReadonlyArray<readonly [status: number, words: string]> = [
  [400, "invalid_request_error invalid_prompt context_length_exceeded unsupported_parameter unsupported_value"],
  [400, "content_policy_violation image_content_policy_violation invalid_image invalid_image_format invalid_image_url"],
  [400, "invalid_base64_image invalid_image_mode image_too_large image_too_small image_parse_error empty_image_file"],
  [400, "image_file_too_large image_file_not_found unsupported_image_media_type failed_to_download_image"],
  [401, "invalid_api_key authentication_error"],
  [403, "permission_error"],
  [404, "model_not_found"],
  [429, "resource_unavailable flex_unavailable rate_limit_exceeded slow_down server_is_overloaded"],
  [429, spent]
]

const wordStatuses: { readonly [word: string]: number } = Object.fromEntries(
  words.flatMap(([status, words]) => words.split(" ").map((word) => [word, status]))
)

const saysTierUnsupported = ({ message, param }: Failure): boolean =>
  param === "service_tier" || /(?:invalid|unsupported|unknown) service_tier/i.test(message)

/** How long the answer asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. */
const retryAfterOf = ({ headers, receivedAt }: ErrorAnswer): Duration.Duration | undefined => {
  const millis = Number(headers["retry-after-ms"] ?? "")
  if (Number.isFinite(millis) && millis > 0) return Duration.millis(millis)
  const header = headers["retry-after"]
  if (header === undefined) return undefined
  const parsed = Headers.parseRetryAfter(header)
  return Result.isSuccess(parsed) ? Headers.retryAfterDelay(parsed.success, receivedAt) : undefined
}
