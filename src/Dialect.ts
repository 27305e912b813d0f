/**
 * What the router needs to know of a wire format, as plain functions on data.
 *
 * A dialect says when an answer has started and when it is whole, recognises a failure inside a stream, gathers a
 * stream into one body, reads the usage, and wraps an error the way its clients expect. The Responses dialect is the
 * hub: every other dialect also brings a `Translation` to it and back.
 */
import type * as Result from "effect/Result"
import type { FlexInferenceError } from "./FlexInferenceError.ts"
import type { Usage } from "./Usage.ts"
import type { JsonObject } from "./wire/Json.ts"
import type { Frame } from "./wire/Sse.ts"

/** A wire format by its name; a program may bring more. */
export type DialectName = "responses" | "chat.completions" | "interactions" | "messages" | (string & {})

/**
 * What a frame tells the engine.
 *
 * - `admitted`: the request was accepted, or the connection is alive; no output yet.
 * - `output`: generation has started.
 * - `final`: the answer's last facts, such as its usage; something may follow.
 * - `end`: nothing follows.
 * - `failed`: the provider reports a failure.
 */
export type Sign = "admitted" | "output" | "final" | "end" | "failed"

/** What the final object of an answer reports about how it was served. */
export interface Served {
  readonly usage: Usage | undefined
  /** The tier in the provider's own word; `undefined` where it reports none. */
  readonly tier: string | undefined
  readonly model: string | undefined
  /** What it cost, where whoever served it says so. */
  readonly costMicroUsd?: number | undefined
}

/** A failure that arrived inside a 200 stream. */
export interface InStreamFailure {
  readonly type: string | null
  readonly code: string | null
  readonly message: string
  readonly param: string | null
}

/** Watches the frames of one stream go by and knows, at its end, what the provider reported. */
export interface Meter {
  readonly add: (frame: Frame, sign: Sign) => void
  readonly served: () => Served
}

/** Gathers the events of one stream into the body a non-streaming call would have had. */
export interface Collector {
  /** Whether an event of this name must be added; all must where this is absent. */
  readonly needs?: (event: string) => boolean
  readonly add: (event: JsonObject) => void
  /** The body, or `undefined` while the terminal event has not come. */
  readonly body: () => JsonObject | undefined
}

/** Something a target format cannot say, where leaving it out would change the answer's meaning. */
export interface Untranslatable {
  /** Where it stands in the caller's request, such as `tools[1].type`. */
  readonly field: string
  readonly message: string
  /** Without it the answer would be one to another question, or unguarded: it is never left out instead. */
  readonly isEssential?: boolean | undefined
}

export type Translated<A> = Result.Result<A, Untranslatable>

/** What a translated answer must carry that the source format may lack. */
export interface AnswerContext {
  /** Seed of every id that has to be made up; the same seed gives the same ids. */
  readonly id: string
  /** Unix seconds, used where the source carries no time. */
  readonly createdAt: number
  /** The model the caller asked for, used where the source names none. */
  readonly model: string
  /** The request in Responses form: a Responses body echoes parts of it. */
  readonly request: JsonObject
}

/** A stateful, synchronous step from one stream of events to another. */
export interface Transducer {
  readonly push: (event: JsonObject) => ReadonlyArray<JsonObject>
}

/** How a dialect translates to Responses and back: requests, whole bodies and streams. */
export interface Translation {
  /** What this dialect's `request` calls a field that its form in Responses has, so that an error can name it. */
  readonly fieldOf: (field: string, request: JsonObject) => string
  readonly requestToResponses: (request: JsonObject) => Translated<JsonObject>
  readonly requestFromResponses: (request: JsonObject) => Translated<JsonObject>
  /** Whether a model goes on with an answer that the request begins; none does where this is absent. */
  readonly prefill?: ((model: string) => boolean) | undefined
  readonly bodyToResponses: (body: JsonObject, context: AnswerContext) => JsonObject
  readonly bodyFromResponses: (response: JsonObject, context: AnswerContext) => JsonObject
  /** Events in, Responses events out; collected, they equal `bodyToResponses` of the collected body. */
  readonly eventsToResponses: (context: AnswerContext) => Transducer
  /** Responses events in; collected, they equal `bodyFromResponses` of the collected response. */
  readonly eventsFromResponses: (context: AnswerContext) => Transducer
}

/**
 * How a provider that stops in the middle of an answer is asked to go on (`pause_turn`, `requires_continuation`).
 * Used on translated paths only: a native caller gets what the provider said.
 */
export interface Continuation {
  /** The request that asks for the rest, or `undefined` where the body is the whole answer. */
  readonly next: (request: JsonObject, body: JsonObject) => JsonObject | undefined
  /** Two bodies of one answer as one. */
  readonly join: (first: JsonObject, second: JsonObject) => JsonObject
  /** Several streams of one answer as one: the end of each but the last and the beginning of each but the first go. */
  readonly splice: () => {
    readonly push: (event: JsonObject) => ReadonlyArray<JsonObject>
    /** Tells the splice that the stream so far is to be continued by the next one. */
    readonly next: () => void
    /** The terminal events that were held back, once no further stream follows. */
    readonly end: () => ReadonlyArray<JsonObject>
  }
}

/** Where the clients of a format put their key, besides `Authorization: Bearer`. */
export interface KeyPlace {
  readonly header: string
  readonly searchParam?: string | undefined
}

/** A wire format. */
export interface Dialect {
  readonly name: DialectName
  /** The paths its clients post to, below the address that they are given; the first is its own. */
  readonly paths: readonly [`/${string}`, ...ReadonlyArray<`/${string}`>]
  readonly key: KeyPlace | undefined
  /** What a request says in addition whose stream is collected, so that nothing of a whole answer is missing. */
  readonly collecting: JsonObject
  /** OpenTelemetry's `gen_ai.operation.name`. */
  readonly operation: string
  /** What a frame tells. In a stream that has started, what can only be more output is not looked at any closer. */
  readonly sign: (frame: Frame, started: boolean) => Sign
  /** The sign without which an answer is not whole. */
  readonly whole: "final" | "end"
  /** What a frame of sign `failed` says. */
  readonly failureOf: (event: JsonObject) => InStreamFailure
  readonly meter: () => Meter
  readonly served: (body: JsonObject) => Served
  readonly collector: () => Collector
  /** Where the usage object stands in a stream event that carries the final one, for `include_cost`. */
  readonly usagePath: (event: JsonObject) => ReadonlyArray<string> | undefined
  /** An event of this dialect as a frame. */
  readonly frame: (event: JsonObject) => Frame
  /** The frames that close a stream after its last event, such as `[DONE]`. */
  readonly closing: ReadonlyArray<Frame>
  /** The error envelope of this dialect's clients. */
  readonly errorBody: (error: FlexInferenceError) => JsonObject
  /** The last frame of a stream that failed after it began; `seen` are facts of the stream so far. */
  readonly errorFrame: (error: FlexInferenceError, seen: StreamSoFar) => Frame
  /** All the assistant's text of a body. */
  readonly text: (body: JsonObject) => string
  /** The text an event adds to the answer, or `undefined`. */
  readonly textDelta: (event: JsonObject) => string | undefined
  /** The request member that carries the conversation: present for `input`, an array for `messages`. */
  readonly required: { readonly field: "input" | "messages"; readonly kind: "present" | "array" }
  /** Absent on the hub alone. */
  readonly translation: Translation | undefined
  readonly continuation: Continuation | undefined
}

/** What an error frame may need of the stream it ends. */
export interface StreamSoFar {
  readonly first: JsonObject | undefined
  readonly last: JsonObject | undefined
}
