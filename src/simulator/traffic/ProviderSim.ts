/**
 * What the simulator needs of a provider's wire format: how a request reads, and the events, bodies, headers and
 * refusals that answer it. Plain functions on data; time and chance are the simulator's.
 */
import * as Duration from "effect/Duration"
import type { DialectName } from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { ProviderName, Tier } from "../../ModelCatalog.ts"
import type { Answer, Prompt } from "../Answer.ts"
import type { Refusal } from "../Behavior.ts"

/**
 * When an event is due: `admission` comes with the headers, the first `output` when generation starts, and every
 * `delta` one pace after the one before.
 */
export type Moment = "admission" | "output" | "delta"

/** One event of a stream. */
export interface Emission {
  readonly moment: Moment
  readonly frame: Frame
}

/** Everything an answer is made from. */
export interface Exchange {
  readonly request: JsonObject
  readonly prompt: Prompt
  readonly answer: Answer
  readonly model: string
  /** The tier that was asked for. */
  readonly tier: Tier
  /** The tier that serves it. */
  readonly servedTier: Tier
  /** Seed of all ids. */
  readonly seed: string
  /** Unix milliseconds: when the call came, when generation starts, and between two deltas. */
  readonly createdAt: number
  readonly startedAt: number
  readonly pace: number
}

export type Headers = { readonly [name: string]: string }

/** A refusal as it goes over the wire. */
export interface Refused {
  readonly status: number
  readonly headers: Headers
  readonly body: JsonObject
}

/** A dialect as its provider speaks it. */
export interface Traffic {
  readonly provider: ProviderName
  readonly dialect: DialectName
  /** Recognises the path of the provider's endpoint. */
  readonly path: RegExp
  /** The tier behind the request's `service_tier`; `undefined` for a word the provider does not know. */
  readonly tierFromWire: (word: string | undefined) => Tier | undefined
  readonly promptOf: (request: JsonObject) => Prompt
  readonly headers: (exchange: Exchange, stream: boolean) => Headers
  /** The whole stream of an answer. */
  readonly events: (exchange: Exchange) => ReadonlyArray<Emission>
  /** The whole body of an answer. */
  readonly body: (exchange: Exchange) => JsonObject
  readonly refusal: (exchange: Exchange, refusal: Refusal) => Refused
  /** The end of a stream that fails after `emitted`. */
  readonly failure: (exchange: Exchange, refusal: Refusal, emitted: ReadonlyArray<Emission>) => ReadonlyArray<Frame>
}

/** How many tokens a request reads, by the usual four characters to one. */
export const inputTokens = (...parts: ReadonlyArray<unknown>): number =>
  parts.reduce<number>((sum, part) => sum + (part === undefined ? 0 : Math.ceil(JSON.stringify(part).length / 4)), 0)

/** The text of a member that is a string or a list of parts with text. */
export const textOf = (value: JsonObject, key: string): string =>
  Json.string(value, key) ?? Json.objects(value, key).map((part) => Json.string(part, "text") ?? "").join("")

/** Whole seconds a caller is asked to wait, as a header. */
export const retryAfter = ({ headers, retryAfter }: Refusal): Headers => ({
  ...(retryAfter === undefined
    ? {}
    : { "retry-after": String(Math.ceil(Duration.toSeconds(Duration.fromInputUnsafe(retryAfter)))) }),
  ...headers
})

/** Unix seconds. */
export const seconds = (millis: number): number => Math.floor(millis / 1000)
