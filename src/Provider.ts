/**
 * What the router needs to know of who serves a model: where it lives, how a call is signed, which dialects it
 * speaks, its words for the tiers, and what its refusals look like.
 */
import type * as Duration from "effect/Duration"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import type { DialectName, InStreamFailure } from "./Dialect.ts"
import type { FlexInferenceError } from "./FlexInferenceError.ts"
import type { JsonObject } from "./wire/Json.ts"
import type { ProviderName, Tier } from "./ModelCatalog.ts"

/** How to reach a provider. The address comes from configuration only, never from a request. */
export interface Connection {
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted<string>
  /** Headers sent with every call, such as `openai-organization` or `anthropic-version`. */
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** One call, ready but for the connection. */
export interface Call {
  readonly dialect: DialectName
  /** The body as JSON text. */
  readonly body: string
  readonly stream: boolean
  /** How long the caller of this leg waits for it at most. */
  readonly deadline: Duration.Duration
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

/** Whatever a leg can be opened to: a provider, or the hosted router. */
export interface Upstream {
  readonly name: string
  /** What people call it in a sentence. */
  readonly title: string
  readonly request: (call: Call, connection: Connection) => HttpClientRequest.HttpClientRequest
  /** The typed error of an answer that was not a 2xx. */
  readonly errorOf: (answer: ErrorAnswer) => FlexInferenceError
  /** The typed error of a failure inside a 200 stream. */
  readonly streamErrorOf: (failure: InStreamFailure, event: JsonObject, started: boolean) => FlexInferenceError
}

/** A provider. */
export interface Provider extends Upstream {
  readonly name: ProviderName
  /** The dialects it speaks natively; translations go through the first. */
  readonly dialects: readonly [DialectName, ...ReadonlyArray<DialectName>]
  readonly defaultBaseUrl: string
  /** The contract's code for "no key is configured", and the variable that would configure it. */
  readonly missingKeyCode: string
  readonly keyVariable: string
  /** Its word for a tier in the request's `service_tier` member; `undefined` leaves the member out. */
  readonly tierToWire: (tier: Tier) => string | undefined
  /** The tier behind the word in an answer; `undefined` for a word it does not know. */
  readonly tierFromWire: (word: string) => Tier | undefined
  /** The tier the answer's headers name, where the body names none. */
  readonly tierHeader: string | undefined
}
