/**
 * Google Interactions as types: the request, the body and the stream's events.
 *
 * Wire facts: Google's API reference (the schema of steps) and recorded streams. The request is also a schema; it
 * checks the router's own fields and leaves the documented vendor fields to the provider. A native answer passes
 * untouched, so a body or an event may carry more than is typed here, and a stream may carry events of a type that is
 * not in the union.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as RequestFields from "../RequestFields.ts"
import type { Named, UsageAdditions } from "../RequestFields.ts"

type JsonSchema = { readonly [keyword: string]: unknown }

/** Indices count UTF-8 bytes of the text, the end exclusive. */
export interface UrlCitation {
  readonly type: "url_citation"
  readonly start_index?: number | undefined
  readonly end_index?: number | undefined
  readonly title?: string | undefined
  readonly url?: string | undefined
}

/** What a piece of text refers to. */
export type Annotation =
  | UrlCitation
  | Named<"file_citation" | "place_citation" | "speech_metadata" | "word_info">

/** Text. */
export interface TextContent {
  readonly type: "text"
  readonly text: string
  readonly annotations?: ReadonlyArray<Annotation> | undefined
}

/** An image, a document, a sound or a film: base64 in `data`, or an address in `uri`. */
export interface MediaContent {
  readonly type: "image" | "document" | "audio" | "video"
  readonly data?: string | undefined
  readonly uri?: string | undefined
  readonly mime_type?: string | undefined
  readonly resolution?: string | undefined
}

/** A piece of a step. */
export type Content = TextContent | MediaContent

/** A turn of the user's. */
export interface UserInput {
  readonly type: "user_input"
  readonly content?: ReadonlyArray<Content> | undefined
}

/** A step of the model's words. */
export interface ModelOutput {
  readonly type: "model_output"
  readonly content?: ReadonlyArray<Content> | undefined
  readonly error?: { readonly code?: number | undefined; readonly message?: string | undefined } | undefined
}

/** A step of reasoning. */
export interface Thought {
  readonly type: "thought"
  /** Readable to the provider that made it alone; a later turn sends it back. */
  readonly signature?: string | undefined
  readonly summary?: ReadonlyArray<Content> | undefined
}

/** A call that the model makes. */
export interface FunctionCall {
  readonly type: "function_call"
  readonly id?: string | undefined
  readonly name: string
  /** Already parsed, unlike OpenAI's. */
  readonly arguments: { readonly [name: string]: unknown }
  readonly signature?: string | undefined
}

/** What a call came to. */
export interface FunctionResult {
  readonly type: "function_result"
  readonly call_id?: string | undefined
  readonly name?: string | undefined
  readonly result: unknown
  readonly is_error?: boolean | undefined
}

/** A search that the model makes. */
export interface GoogleSearchCall {
  readonly type: "google_search_call"
  readonly id: string
  readonly arguments?: { readonly queries?: ReadonlyArray<string> | undefined } | undefined
  readonly signature?: string | undefined
}

/** What a search found. */
export interface GoogleSearchResult {
  readonly type: "google_search_result"
  readonly call_id: string
  readonly result?: ReadonlyArray<unknown> | undefined
  readonly is_error?: boolean | undefined
  readonly signature?: string | undefined
}

/** One step of an interaction, sent or received. */
export type Step =
  | UserInput
  | ModelOutput
  | Thought
  | FunctionCall
  | FunctionResult
  | GoogleSearchCall
  | GoogleSearchResult
  | Named<
    | "code_execution_call"
    | "code_execution_result"
    | "file_search_call"
    | "file_search_result"
    | "google_maps_call"
    | "google_maps_result"
    | "mcp_server_tool_call"
    | "mcp_server_tool_result"
    | "processing_call"
    | "processing_result"
    | "retrieval_call"
    | "retrieval_result"
    | "url_context_call"
    | "url_context_result"
  >

/** A tool that is called with JSON. */
export interface FunctionTool {
  readonly type: "function"
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** A JSON Schema. */
  readonly parameters?: unknown
}

/** A tool that the model may call. */
export type Tool =
  | FunctionTool
  | Named<
    | "code_execution"
    | "computer_use"
    | "file_search"
    | "google_maps"
    | "google_search"
    | "mcp_server"
    | "retrieval"
    | "url_context"
  >

type ToolMode = "auto" | "any" | "none" | "validated"

/** How the answer is generated. */
export interface GenerationConfig {
  /** The most tokens to generate. Without it, the model's maximum. */
  readonly max_output_tokens?: number | undefined
  /** 0 to 2, higher is more random. */
  readonly temperature?: number | undefined
  /** The share of probability to sample from, 0 to 1. */
  readonly top_p?: number | undefined
  /** The same seed and parameters give the same answer, as far as possible. */
  readonly seed?: number | undefined
  /** Texts at which the model stops. */
  readonly stop_sequences?: ReadonlyArray<string> | undefined
  /** How hard the model thinks. */
  readonly thinking_level?: "minimal" | "low" | "medium" | "high" | (string & {}) | undefined
  /** Whether the thinking is summed up; `"none"` by default. */
  readonly thinking_summaries?: "auto" | "none" | (string & {}) | undefined
  /** Whether and which tool is called; `"auto"` by default. */
  readonly tool_choice?:
    | ToolMode
    | (string & {})
    | {
      readonly allowed_tools?: {
        readonly mode?: ToolMode | (string & {}) | undefined
        readonly tools?: ReadonlyArray<string> | undefined
      } | undefined
    }
    | undefined
  readonly image_config?: unknown
  readonly speech_config?: unknown
  readonly transcription_config?: unknown
  readonly video_config?: unknown
}

/** What an answer has to look like. */
export type ResponseFormat =
  | {
    readonly type: "text"
    readonly mime_type?: "application/json" | "text/plain" | (string & {}) | undefined
    readonly schema?: JsonSchema | undefined
  }
  | Named<"audio" | "image" | "video">
  /** A bare JSON Schema. */
  | JsonSchema

/** What Google blocks, and from which likelihood on. */
export interface SafetySetting {
  readonly type:
    | "hate_speech"
    | "dangerous_content"
    | "harassment"
    | "sexually_explicit"
    | "civic_integrity"
    | "jailbreak"
    | (string & {})
  readonly threshold:
    | "block_low_and_above"
    | "block_medium_and_above"
    | "block_only_high"
    | "block_none"
    | "off"
    | (string & {})
  readonly method?: "severity" | "probability" | (string & {}) | undefined
}

/** A remote environment that tools run in. */
export interface Environment {
  readonly type: "remote"
  readonly environment_id?: string | undefined
  readonly env?: { readonly [name: string]: unknown } | undefined
  readonly network?: unknown
  readonly sources?: ReadonlyArray<unknown> | undefined
}

/** A request to `POST /v1/interactions`. */
export interface InteractionRequest extends RequestFields.RouterFields {
  /** A prompt, its content, or the steps so far. */
  readonly input: string | Content | ReadonlyArray<Content> | ReadonlyArray<Step>
  /** The system prompt. */
  readonly system_instruction?: string | ReadonlyArray<Content> | undefined
  /** What the model may call: functions of yours, and tools that Google runs. */
  readonly tools?: ReadonlyArray<Tool> | undefined
  /** Sampling, thinking, the choice of tools and the most tokens to generate. */
  readonly generation_config?: GenerationConfig | undefined
  /** The form of the answer: text, a JSON schema to keep to, or another medium. */
  readonly response_format?: ResponseFormat | ReadonlyArray<ResponseFormat> | undefined
  /** The predecessor of `response_format`'s own `mime_type`. */
  readonly response_mime_type?: string | undefined
  /** The media of the answer, such as `["text"]`; `response_format` replaces it. */
  readonly response_modalities?:
    | ReadonlyArray<"text" | "image" | "audio" | "video" | "document" | (string & {})>
    | undefined
  /** Set by `create`, `stream` and `open`; what is written here counts for nothing there. */
  readonly stream?: boolean | undefined
  /** Whether Google keeps the interaction, so that `previous_interaction_id` can name it; true by default. */
  readonly store?: boolean | undefined
  /** Whether the interaction is made in the background; false by default. */
  readonly background?: boolean | undefined
  /** The interaction this one goes on from. */
  readonly previous_interaction_id?: string | undefined
  /** The token of an interaction with the status `requires_continuation`, sent back as it came. */
  readonly continuation_token?: string | undefined
  /** A cached context, `cachedContents/{id}`. */
  readonly cached_content?: string | undefined
  /** The environment that tools run in, or its id. */
  readonly environment?: Environment | string | undefined
  /** What Google blocks. Without it, Google's defaults. */
  readonly safety_settings?: ReadonlyArray<SafetySetting> | undefined
  /** Pairs of up to 63 lower-case letters, digits, underscores and dashes that are kept with the interaction. */
  readonly labels?: { readonly [key: string]: string } | undefined
  /** Where Google reports the interaction's progress. */
  readonly webhook_config?:
    | {
      readonly uris?: ReadonlyArray<string> | undefined
      readonly user_metadata?: { readonly [key: string]: unknown } | undefined
    }
    | undefined
}

/**
 * Schema of a request to `POST /v1/interactions`.
 *
 * **Example** (a request that comes from elsewhere)
 *
 * ```ts
 * import { Option, Schema } from "effect"
 * import { Interactions } from "effect-flexinference"
 *
 * const request = { model: "gemini-3.5-flash", input: "Hi", start_within: "default" }
 *
 * const decode = Schema.decodeUnknownOption(Interactions.InteractionRequest)
 *
 * Option.isSome(decode(request)) // => true
 * Option.isSome(decode({ ...request, input: undefined })) // => false
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const InteractionRequest: Schema.Codec<InteractionRequest, { readonly [field: string]: unknown }> = RequestFields
  .request<InteractionRequest>("input", RequestFields.present())

/** What an answer used, in tokens. */
export interface InteractionUsage extends UsageAdditions {
  readonly total_input_tokens?: number | undefined
  /** Without thoughts. */
  readonly total_output_tokens?: number | undefined
  readonly total_thought_tokens?: number | undefined
  readonly total_tool_use_tokens?: number | undefined
  readonly total_cached_tokens?: number | undefined
  readonly total_tokens?: number | undefined
}

/** How far an interaction is. */
export type InteractionStatus =
  | "in_progress"
  | "requires_action"
  | "completed"
  | "failed"
  | "cancelled"
  | "incomplete"
  | "budget_exceeded"
  | "queued"
  | "requires_continuation"
  | (string & {})

/** A whole answer. */
export interface Interaction {
  /** Absent or empty where the request said `store: false`. */
  readonly id?: string | undefined
  readonly object?: string | undefined
  /** `requires_action` where functions wait to be called; there is no finish reason beside it. */
  readonly status: InteractionStatus
  readonly model?: string | undefined
  /** Absent from the objects that events carry. */
  readonly steps?: ReadonlyArray<Step> | undefined
  readonly errors?:
    | ReadonlyArray<{ readonly code?: string | undefined; readonly message?: string | undefined }>
    | undefined
  readonly usage?: InteractionUsage | undefined
  /** The tier that served. */
  readonly service_tier?: string | undefined
  /** ISO 8601. */
  readonly created?: string | undefined
  readonly updated?: string | undefined
  readonly previous_interaction_id?: string | undefined
  readonly continuation_token?: string | undefined
}

/** What every event of a stream carries. */
export interface Identified {
  readonly event_id?: string | undefined
}

/** The state of the whole answer; `interaction.completed` ends the stream. */
export interface LifecycleEvent extends Identified {
  readonly event_type: "interaction.created" | "interaction.completed"
  readonly interaction: Interaction
}

/** The interaction is in another state. */
export interface StatusUpdateEvent extends Identified {
  readonly event_type: "interaction.status_update"
  readonly interaction_id: string
  readonly status: InteractionStatus
}

/** A step begins. */
export interface StepStartEvent extends Identified {
  readonly event_type: "step.start"
  readonly index: number
  readonly step: Step
}

/** What a step grows by. */
export type StepDelta =
  | { readonly type: "text"; readonly text: string }
  | {
    readonly type: "arguments_delta"
    /** A piece of the JSON text of the arguments. */
    readonly arguments?: string | undefined
  }
  | { readonly type: "text_annotation_delta"; readonly annotations?: ReadonlyArray<Annotation> | undefined }
  | { readonly type: "thought_summary"; readonly content?: Content | undefined }
  | { readonly type: "thought_signature"; readonly signature?: string | undefined }
  | MediaContent
  | Named<
    | "code_execution_call"
    | "code_execution_result"
    | "file_search_call"
    | "file_search_result"
    | "function_result"
    | "google_maps_call"
    | "google_maps_result"
    | "google_search_call"
    | "google_search_result"
    | "mcp_server_tool_call"
    | "mcp_server_tool_result"
    | "processing_call"
    | "processing_result"
    | "retrieval_call"
    | "retrieval_result"
    | "url_context_call"
    | "url_context_result"
  >

/** More of a step. */
export interface StepDeltaEvent extends Identified {
  readonly event_type: "step.delta"
  readonly index: number
  readonly delta: StepDelta
}

/** A step ends. */
export interface StepStopEvent extends Identified {
  readonly event_type: "step.stop"
  readonly index: number
}

/** The stream fails. */
export interface ErrorEvent extends Identified {
  readonly event_type: "error"
  readonly error?: {
    /** Google's word, or the status of an error of the router. */
    readonly code?: string | number | undefined
    readonly status?: string | undefined
    readonly message?: string | undefined
  } | undefined
}

/**
 * One event of a stream; narrow it by `event_type`. An event of a type that is not named here is handed on all the
 * same: end a `switch` with a `default` that lets it pass.
 */
export type InteractionEvent =
  | LifecycleEvent
  | StatusUpdateEvent
  | StepStartEvent
  | StepDeltaEvent
  | StepStopEvent
  | ErrorEvent
