/**
 * What the router needs to know of a wire format, as plain functions on data.
 *
 * A dialect says when an answer has started and when it is whole, recognises a failure inside a stream, gathers a
 * stream into one body, reads the usage, and wraps an error the way its clients expect. The Responses dialect is the
 * hub: every other dialect also brings a `Translation` to it and back.
 *
 * A program may bring a dialect of its own: it hands the record to the router in `dialects`, and to the gateway, which
 * serves its paths. Requests of every dialect say `model`, `stream` and `service_tier` in these words, and bodies
 * have their `usage`; the rest is the dialect's. `ResponsesReader` and `ResponsesWriter` do the tedious half of a
 * translation.
 *
 * **Example** (what the events of a format tell, and how one of them travels)
 *
 * ```ts
 * import { Dialect } from "effect-flexinference"
 *
 * export const sign = Dialect.signs({
 *   names: { opened: "admitted", closed: "end", oops: "failed" },
 *   families: [["said.", "output"]],
 *   nameOf: (event) => String(event["kind"])
 * })
 *
 * sign(Dialect.frame("said.word", { kind: "said.word", text: "Hello" })) // "output"
 * ```
 *
 * @since 0.1.0
 */
import type * as Result from "effect/Result"
import { blockNames } from "./catalog/Routes.ts"
import type { FlexInferenceError } from "./FlexInferenceError.ts"
import type { Instant } from "./ModelCatalog.ts"
import type { Usage } from "./Usage.ts"
import type { Json, JsonObject } from "./wire/Json.ts"
import type { Frame } from "./wire/Sse.ts"

export type { Json, JsonObject } from "./wire/Json.ts"
export { type Frame, frame } from "./wire/Sse.ts"

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

/**
 * What is reported of an answer before its provider reports anything.
 *
 * @since 0.1.0
 * @category constants
 */
export const unreported: Served = { usage: undefined, tier: undefined, model: undefined }

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

/** A translation, or what of it cannot be said. */
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

/** The part of a translation that a caller's side needs, where the other side is the hub itself in plainer terms. */
export type Plain = Pick<
  Translation,
  "fieldOf" | "requestToResponses" | "bodyFromResponses" | "eventsFromResponses"
>

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

/** What a text must be like that is taken for a name or an id. */
export interface Accepted {
  readonly pattern: RegExp
  /** In characters. */
  readonly length: number
}

/** What a format's vendor takes for the name of a tool and for the id of a call; ids of any kind where it does not say. */
export interface Identifiers {
  readonly names: Accepted
  readonly ids: Accepted | undefined
}

/** A model of a listing, in the words of no format. */
export interface ListedModel {
  /** The name it is listed by: its own, another one, or a dated one that was asked for. */
  readonly id: string
  readonly provider: string
  /** Epoch seconds. */
  readonly created: number
  readonly retires: Instant | undefined
  /** What the router can do with it, for whoever looks. */
  readonly flexinference: JsonObject
}

/** How the clients of a format list models. */
export interface Listing {
  /** Where they ask for all; one model is a segment further. */
  readonly paths: ReadonlyArray<`/${string}`>
  /** The request headers by which they are known, any of them, where another format lists at the same path. */
  readonly knownBy: ReadonlyArray<string>
  readonly entry: (model: ListedModel) => JsonObject
  readonly page: (models: ReadonlyArray<ListedModel>) => JsonObject
}

/** How a format asks how many tokens a request reads, without an answer to it. */
export interface Counting {
  /** The paths its clients post to. */
  readonly paths: ReadonlyArray<`/${string}`>
  /**
   * What stands behind the model in a path that ends in `:model`. The body is then in a form of the count's own, and
   * only a provider that speaks this format can be asked.
   */
  readonly behindModel?: string | undefined
  /** What is asked of a provider about a request of this format. */
  readonly request: (request: JsonObject) => JsonObject
  readonly read: (body: JsonObject) => number | undefined
  readonly write: (tokens: number) => JsonObject
}

/**
 * What of a call's headers and query belongs to the format, and therefore goes through where both sides speak it. All
 * names are in lower case.
 */
export interface Protocol {
  /** How the names of its vendor's own headers begin, those of requests and those of answers. */
  readonly prefixes: ReadonlyArray<string>
  /** Further request headers. */
  readonly names?: ReadonlyArray<string> | undefined
  /** Parameters of a request's query. */
  readonly query?: ReadonlyArray<string> | undefined
}

/** How requests of a format refer to answers given before, so that whoever kept them can put them in their place. */
export interface References {
  /** The request member that names the answer it continues. */
  readonly previous: string
  /** The conversation of a request as a list, to which more can be added. */
  readonly conversation: (request: JsonObject) => ReadonlyArray<Json>
  /** What an answer's body adds to the conversation. */
  readonly said: (body: JsonObject) => ReadonlyArray<Json>
  /** The id of what an element of the conversation stands for, where it is nothing but a reference. */
  readonly referred?: ((element: JsonObject) => string | undefined) | undefined
}

/**
 * What requests of a format leave behind at its vendor's. What is kept of one answer, such as a stored response, is not
 * listed: an aborted call leaves at most something that nobody refers to.
 */
export interface Lasting {
  /**
   * Members that name something stored to which the answer is added once it is whole. Two calls could both add theirs, so
   * such a request is not raced.
   */
  readonly appends: ReadonlyArray<string>
  /**
   * Members that, where they are `true`, have the answer made whether somebody listens or not. Such a call has no start
   * that could be waited for, and cannot be aborted.
   */
  readonly detaches: ReadonlyArray<string>
}

/** A wire format. */
export interface Dialect {
  readonly name: DialectName
  /** The paths its clients post to, below the address that they are given; the first is its own. */
  readonly paths: readonly [`/${string}`, ...ReadonlyArray<`/${string}`>]
  readonly key: KeyPlace | undefined
  /** Without one, only the headers that all formats share go through. */
  readonly protocol?: Protocol | undefined
  readonly listing?: Listing | undefined
  readonly counting?: Counting | undefined
  /** What a request says in addition whose stream is collected, so that nothing of a whole answer is missing. */
  readonly collecting: JsonObject
  /** OpenTelemetry's `gen_ai.operation.name`. */
  readonly operation: string
  /** What a frame tells. In a stream that has started, what can only be more output is not looked at any closer. */
  readonly sign: (frame: Frame, started: boolean) => Sign
  /** Members that a frame has, and not as `null`, that tells more than output does; for formats that name no events. */
  readonly telling?: ReadonlyArray<string> | undefined
  /** The sign without which an answer is not whole. */
  readonly whole: "final" | "end"
  /** What a frame of sign `failed` says. */
  readonly failureOf: (event: JsonObject) => InStreamFailure
  /**
   * What a whole body of a 200 says that is no answer but the report of a failure; `undefined` of an answer. Absent where
   * failures always have a status of their own.
   */
  readonly reported?: ((body: JsonObject) => InStreamFailure | undefined) | undefined
  readonly meter: () => Meter
  readonly served: (body: JsonObject) => Served
  readonly collector: () => Collector
  /** The member of the last event that holds the whole body, where there is one; its text is then the body's. */
  readonly bodyIn?: string | undefined
  /** Where the usage object stands in a stream event that carries the final one, for `include_cost`. */
  readonly usagePath: (event: JsonObject) => ReadonlyArray<string> | undefined
  /** An event of this dialect as a frame. */
  readonly frame: (event: JsonObject) => Frame
  /** The frames that close a stream after its last event, such as `[DONE]`. */
  readonly closing: ReadonlyArray<Frame>
  /** The error envelope of this dialect's clients. */
  readonly errorBody: (error: FlexInferenceError) => JsonObject
  /** A whole body that says that there is no answer; absent where none of the format can say that. */
  readonly failedBody?: ((error: FlexInferenceError) => JsonObject) | undefined
  /** The last frames of a stream that failed after it began; `seen` are facts of the stream so far. */
  readonly errorFrames: (error: FlexInferenceError, seen: StreamSoFar) => ReadonlyArray<Frame>
  /** All the assistant's text of a body. */
  readonly text: (body: JsonObject) => string
  /** The text an event adds to the answer, or `undefined`. */
  readonly textDelta: (event: JsonObject) => string | undefined
  /** Others are put into a form that is taken when a request is translated; all are taken where this is absent. */
  readonly identifiers?: Identifiers | undefined
  /** The request member that carries the conversation: it has to be there, or to be an array. */
  readonly required: { readonly field: string; readonly kind: "present" | "array" }
  /** Absent where every request carries its whole conversation. */
  readonly references?: References | undefined
  /** Absent where a request leaves nothing behind. */
  readonly lasting?: Lasting | undefined
  /** Absent on the hub alone. */
  readonly translation: Translation | undefined
  /** On the hub: how what only its own vendor has is said in terms that every format has. */
  readonly plain?: Plain | undefined
  readonly continuation: Continuation | undefined
}

/** What error frames may need of the stream they end. */
export interface StreamSoFar {
  readonly first: JsonObject | undefined
  readonly last: JsonObject | undefined
}

/** What the events of a format tell, by their names. */
export interface SignTable {
  readonly names: { readonly [event: string]: Sign }
  /** What the beginnings of names tell that are not listed. */
  readonly families: ReadonlyArray<readonly [prefix: string, sign: Sign]>
  /** The name that an event's object gives, for frames that came without one. */
  readonly nameOf: (event: JsonObject) => string
}

/**
 * The signs of a format that names its events. What is in no table is an event of tomorrow, and tells nothing but that
 * the request was admitted.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signs = ({ families, nameOf, names }: SignTable): (frame: Frame) => Sign => {
  const known = new Map(Object.entries(names))
  const signOf = (name: string): Sign => {
    const found = known.get(name) ?? families.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "admitted"
    // A provider may name its events as it likes, but not how much is remembered of that.
    if (known.size < 200) known.set(name, found)
    return found
  }
  return (frame) => {
    const { event } = frame
    if (event !== undefined) return known.get(event) ?? signOf(event)
    const { value } = frame
    return value === undefined ? "admitted" : signOf(nameOf(value))
  }
}

/**
 * The machine-readable part of an error envelope, nested in `error` as `flexinference` on every surface:
 * all eight keys, the same bytes whatever the surface. A provider's own error carries `code: null`. Three keys of ours
 * come where there is something to say: `param`, for which only OpenAI's envelope has a place, and the provider's
 * `request_id` and `details`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const errorBlock = (error: FlexInferenceError): JsonObject => ({
  code: error.reason._tag === "ProviderFailed" && error.origin === "provider" && error.code === error.providerCode
    ? null
    : error.code,
  class: error.class,
  origin: error.origin,
  status: error.status,
  provider: error.provider === null ? null : blockNames.get(error.provider) ?? error.provider,
  provider_code: error.providerCode,
  retryable: error.retryable,
  doc_url: error.docUrl,
  ...(error.param === null ? {} : { param: error.param }),
  ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
  ...(error.details === undefined ? {} : { details: error.details })
})
