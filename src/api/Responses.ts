/**
 * OpenAI Responses as types: the request, the body and the stream's events.
 *
 * Wire facts: OpenAI's API reference and recorded streams. The request is also a schema; it checks the router's own
 * fields and leaves the documented vendor fields to the provider. A native answer passes untouched, so a body or an
 * event may carry more than is typed here, and a stream may carry events of a type that is not in the union.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as RequestFields from "../RequestFields.ts"
import type { Named, UsageAdditions } from "../RequestFields.ts"

type JsonSchema = { readonly [keyword: string]: unknown }
type ItemStatus = "in_progress" | "completed" | "incomplete"
type Phase = "commentary" | "final_answer"

/** Where the prompt cache may end. */
export interface CacheBreakpoint {
  readonly mode: "explicit"
  readonly ttl?: "30m" | "12h" | undefined
}

/** Text in a message. */
export interface InputText {
  readonly type: "input_text"
  readonly text: string
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

/** A picture in a message. */
export interface InputImage {
  readonly type: "input_image"
  readonly detail?: "low" | "high" | "auto" | "original" | undefined
  /** An address or a data URL. */
  readonly image_url?: string | null | undefined
  readonly file_id?: string | null | undefined
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

/** A file in a message. */
export interface InputFile {
  readonly type: "input_file"
  readonly detail?: "auto" | "low" | "high" | undefined
  /** A data URL. */
  readonly file_data?: string | undefined
  readonly file_id?: string | null | undefined
  readonly file_url?: string | undefined
  readonly filename?: string | undefined
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

/** A recording; OpenAI takes it by Chat Completions only. */
export interface InputAudio {
  readonly type: "input_audio"
  readonly input_audio: {
    /** Base64. */
    readonly data: string
    readonly format: "wav" | "mp3"
  }
}

/** A page is cited. */
export interface UrlCitation {
  readonly type: "url_citation"
  readonly start_index: number
  readonly end_index: number
  readonly title: string
  readonly url: string
}

/** A file is cited. */
export interface FileCitation {
  readonly type: "file_citation"
  readonly file_id: string
  readonly filename: string
  readonly index: number
}

/** A file of a container is cited. */
export interface ContainerFileCitation {
  readonly type: "container_file_citation"
  readonly container_id: string
  readonly file_id: string
  readonly filename: string
  readonly start_index: number
  readonly end_index: number
}

/** A file was made. */
export interface FilePath {
  readonly type: "file_path"
  readonly file_id: string
  readonly index: number
}

/** What a piece of text refers to. */
export type Annotation = UrlCitation | FileCitation | ContainerFileCitation | FilePath

/** Text of an answer. */
export interface OutputText {
  readonly type: "output_text"
  readonly text: string
  readonly annotations: ReadonlyArray<Annotation>
  readonly logprobs?: ReadonlyArray<unknown> | undefined
}

/** The model's no. */
export interface Refusal {
  readonly type: "refusal"
  readonly refusal: string
}

/** Reasoning, as text. */
export interface ReasoningText {
  readonly type: "reasoning_text"
  readonly text: string
}

/** A turn of the conversation; an answer's own message item may be sent back as it came. */
export interface InputMessage {
  readonly type?: "message" | undefined
  readonly role: "user" | "assistant" | "system" | "developer"
  readonly content:
    | string
    | ReadonlyArray<InputText | InputImage | InputFile | InputAudio | OutputText | Refusal>
  readonly id?: string | undefined
  readonly status?: ItemStatus | undefined
  readonly phase?: Phase | null | undefined
}

/** A call with JSON. */
export interface FunctionCall {
  readonly type: "function_call"
  readonly call_id: string
  readonly name: string
  /** JSON text, as the model wrote it. */
  readonly arguments: string
  readonly id?: string | undefined
  readonly status?: ItemStatus | undefined
  readonly namespace?: string | undefined
  readonly async?: boolean | undefined
  readonly caller?: Named<"direct" | "program"> | null | undefined
}

/** What a call came to. */
export interface FunctionCallOutput {
  readonly type: "function_call_output"
  readonly call_id?: string | null | undefined
  readonly output: string | ReadonlyArray<Named<"input_text" | "input_image" | "input_file">>
  readonly id?: string | null | undefined
  readonly name?: string | null | undefined
  readonly namespace?: string | null | undefined
  readonly status?: ItemStatus | null | undefined
  readonly caller?: Named<"direct" | "program"> | null | undefined
}

/** A call with text. */
export interface CustomToolCall {
  readonly type: "custom_tool_call"
  readonly call_id: string
  readonly name: string
  /** Free text, as the model wrote it. */
  readonly input: string
  readonly id?: string | undefined
  readonly namespace?: string | undefined
  readonly async?: boolean | undefined
  readonly caller?: Named<"direct" | "program"> | null | undefined
}

/** An item of reasoning. */
export interface Reasoning {
  readonly type: "reasoning"
  readonly id: string
  readonly summary: ReadonlyArray<{ readonly type: "summary_text"; readonly text: string }>
  readonly content?: ReadonlyArray<ReasoningText> | undefined
  /** Readable to the provider that made it alone. */
  readonly encrypted_content?: string | null | undefined
  readonly status?: ItemStatus | undefined
}

/** A search that the model makes. */
export interface WebSearchCall {
  readonly type: "web_search_call"
  readonly id: string
  readonly status: ItemStatus | "searching" | "failed"
  readonly action:
    | {
      readonly type: "search"
      readonly query?: string | undefined
      readonly queries?: ReadonlyArray<string> | undefined
      readonly sources?: ReadonlyArray<{ readonly type: "url"; readonly url: string }> | undefined
    }
    | { readonly type: "open_page"; readonly url?: string | null | undefined }
    | { readonly type: "find_in_page"; readonly pattern: string; readonly url: string }
}

/** An item that the provider has kept. */
export interface ItemReference {
  readonly type?: "item_reference" | null | undefined
  readonly id: string
}

type OtherItem = Named<
  | "additional_tools"
  | "apply_patch_call"
  | "apply_patch_call_output"
  | "code_interpreter_call"
  | "compaction"
  | "computer_call"
  | "computer_call_output"
  | "custom_tool_call_output"
  | "file_search_call"
  | "image_generation_call"
  | "local_shell_call"
  | "local_shell_call_output"
  | "mcp_approval_request"
  | "mcp_approval_response"
  | "mcp_call"
  | "mcp_list_tools"
  | "program"
  | "program_output"
  | "shell_call"
  | "shell_call_output"
  | "tool_search_call"
  | "tool_search_output"
>

/** One item of the conversation that is sent. */
export type InputItem =
  | InputMessage
  | FunctionCall
  | FunctionCallOutput
  | CustomToolCall
  | Reasoning
  | WebSearchCall
  | ItemReference
  | OtherItem
  | Named<"compaction_trigger" | "configuration_update">

/** A message of the model's. */
export interface OutputMessage {
  readonly type: "message"
  readonly id: string
  readonly role: "assistant"
  readonly status: ItemStatus
  readonly content: ReadonlyArray<OutputText | Refusal>
  readonly phase?: Phase | null | undefined
}

/** One item of an answer. */
export type OutputItem =
  | OutputMessage
  | FunctionCall
  | FunctionCallOutput
  | CustomToolCall
  | Reasoning
  | WebSearchCall
  | OtherItem

/** A tool that is called with JSON. */
export interface FunctionTool {
  readonly type: "function"
  readonly name: string
  readonly description?: string | null | undefined
  /** A JSON Schema. */
  readonly parameters?: JsonSchema | null | undefined
  readonly strict?: boolean | null | undefined
  readonly output_schema?: JsonSchema | null | undefined
  readonly defer_loading?: boolean | undefined
  readonly async?: boolean | undefined
  readonly allowed_callers?: ReadonlyArray<"direct" | "programmatic"> | null | undefined
}

/** Searches the web. */
export interface WebSearchTool {
  readonly type: "web_search" | "web_search_2025_08_26"
  readonly filters?: { readonly allowed_domains?: ReadonlyArray<string> | null | undefined } | null | undefined
  readonly search_context_size?: "low" | "medium" | "high" | undefined
  readonly user_location?:
    | {
      readonly type?: "approximate" | undefined
      readonly city?: string | null | undefined
      readonly country?: string | null | undefined
      readonly region?: string | null | undefined
      readonly timezone?: string | null | undefined
    }
    | null
    | undefined
  readonly external_web_access?: boolean | undefined
}

/** A tool that the model may call. */
export type Tool =
  | FunctionTool
  | WebSearchTool
  | Named<
    | "apply_patch"
    | "code_interpreter"
    | "computer"
    | "computer_use_preview"
    | "custom"
    | "file_search"
    | "image_generation"
    | "local_shell"
    | "mcp"
    | "namespace"
    | "programmatic_tool_calling"
    | "shell"
    | "tool_search"
    | "web_search_preview"
    | "web_search_preview_2025_03_11"
  >

/** Whether the model must, may or must not call a tool, and which. */
export type ToolChoice =
  | "none"
  | "auto"
  | "required"
  | { readonly type: "function" | "custom"; readonly name: string }
  | {
    readonly type: "allowed_tools"
    readonly mode: "auto" | "required"
    readonly tools: ReadonlyArray<{ readonly [member: string]: unknown }>
  }
  | Named<
    | "apply_patch"
    | "code_interpreter"
    | "computer"
    | "computer_use"
    | "computer_use_preview"
    | "file_search"
    | "image_generation"
    | "mcp"
    | "programmatic_tool_calling"
    | "shell"
    | "web_search_preview"
    | "web_search_preview_2025_03_11"
  >

/** What an answer has to look like. */
export type TextFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
    readonly type: "json_schema"
    readonly name: string
    readonly schema: JsonSchema
    readonly description?: string | undefined
    readonly strict?: boolean | null | undefined
  }

/** What an answer has to look like, and how long it gets. */
export interface TextOptions {
  readonly format?: TextFormat | undefined
  readonly verbosity?: "low" | "medium" | "high" | null | undefined
}

/** How hard a reasoning model thinks. Not every model takes every value. */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max"

/** How much the model reasons, and what is shown of it. */
export interface ReasoningOptions {
  readonly effort?: ReasoningEffort | null | undefined
  readonly summary?: "auto" | "concise" | "detailed" | null | undefined
  readonly generate_summary?: "auto" | "concise" | "detailed" | null | undefined
  readonly context?: "auto" | "current_turn" | "all_turns" | null | undefined
  readonly mode?: string | undefined
}

/** What a response can report beside the usual. */
export type Includable =
  | "code_interpreter_call.outputs"
  | "computer_call_output.output.image_url"
  | "file_search_call.results"
  | "message.input_image.image_url"
  | "message.output_text.logprobs"
  | "reasoning.encrypted_content"
  | "web_search_call.action.sources"
  | "web_search_call.results"
  | (string & {})

/** A prompt that the provider has kept. */
export interface Prompt {
  readonly id: string
  readonly version?: string | null | undefined
  readonly variables?: { readonly [name: string]: string | InputText | InputImage | InputFile } | null | undefined
}

/** How long a prefix of the prompt stays cached, and where it ends. */
export interface PromptCacheOptions {
  /** `"implicit"` lets OpenAI set one breakpoint of its own beside the explicit ones; the default. */
  readonly mode?: "implicit" | "explicit" | undefined
  /** How long an entry lives at least; `"30m"` by default. */
  readonly ttl?: "30m" | "12h" | undefined
  /** A response to compare with, to find out why the cache was not used. */
  readonly comparison_response_id?: string | null | undefined
  /** Fills the cache and generates nothing; false by default. */
  readonly prewarm?: boolean | undefined
}

/** What is done about what is flagged. */
export interface ModerationMode {
  readonly mode: "score" | "block"
}

/** The moderation of a request and of its answer. */
export interface Moderation {
  /** Such as `"omni-moderation-latest"`. */
  readonly model: string
  readonly policy?:
    | {
      readonly input?: ModerationMode | null | undefined
      readonly output?: ModerationMode | null | undefined
    }
    | null
    | undefined
}

/** A request to `POST /v1/responses`. */
export interface ResponsesRequest extends RequestFields.RouterFields {
  /** A prompt, or the items of the conversation. */
  readonly input: string | ReadonlyArray<InputItem>
  /** The system prompt. It is not carried over by `previous_response_id`. */
  readonly instructions?: string | null | undefined
  /** What the model may call: functions of yours, and tools that OpenAI runs. */
  readonly tools?: ReadonlyArray<Tool> | undefined
  /** Whether and which tool is called; `"auto"` by default, `"none"` without tools. */
  readonly tool_choice?: ToolChoice | undefined
  /** Whether several tools may be called at once; true by default. */
  readonly parallel_tool_calls?: boolean | null | undefined
  /** How many calls of tools that OpenAI runs there may be in all. */
  readonly max_tool_calls?: number | null | undefined
  /** The form of the text: a JSON schema to keep to, and how much of it. */
  readonly text?: TextOptions | undefined
  /** How hard a reasoning model thinks, and whether it sums that up. */
  readonly reasoning?: ReasoningOptions | null | undefined
  /** The most tokens to generate, reasoning included; at least 16. Without it, the model's maximum. */
  readonly max_output_tokens?: number | null | undefined
  /** 0 to 2, higher is more random; 1 by default. Reasoning models take none. */
  readonly temperature?: number | null | undefined
  /** The share of probability to sample from, 0 to 1; 1 by default. */
  readonly top_p?: number | null | undefined
  /** How many alternatives to report for each token, 0 to 20. */
  readonly top_logprobs?: number | null | undefined
  /** Set by `create`, `stream` and `open`; what is written here counts for nothing there. */
  readonly stream?: boolean | null | undefined
  /** Whether deltas are padded, so that their length tells nothing; true by default. */
  readonly stream_options?: { readonly include_obfuscation?: boolean | undefined } | null | undefined
  /** Whether OpenAI keeps the response, for at least 30 days, so that `previous_response_id` can name it; true by default. */
  readonly store?: boolean | null | undefined
  /** Whether the response is made in the background; false by default. */
  readonly background?: boolean | null | undefined
  /** The response this one goes on from; not beside `conversation`. */
  readonly previous_response_id?: string | null | undefined
  /** The stored conversation this response belongs to; not beside `previous_response_id`. */
  readonly conversation?: string | { readonly id: string } | null | undefined
  /** What to report beside the usual, such as `"reasoning.encrypted_content"`. */
  readonly include?: ReadonlyArray<Includable> | null | undefined
  /** Up to 16 pairs, keys of up to 64 characters and values of up to 512, that are kept with the response. */
  readonly metadata?: { readonly [key: string]: string } | null | undefined
  /** A stored prompt and its variables. */
  readonly prompt?: Prompt | null | undefined
  /** Requests with the same key are brought to the same cache. */
  readonly prompt_cache_key?: string | null | undefined
  /** Where prefixes end and how long they stay cached; gpt-5.6 and later. */
  readonly prompt_cache_options?: PromptCacheOptions | undefined
  /** The predecessor of `prompt_cache_options.ttl`. */
  readonly prompt_cache_retention?: "in_memory" | "24h" | null | undefined
  /** Compaction of a long conversation, once it exceeds a number of tokens. */
  readonly context_management?:
    | ReadonlyArray<{ readonly type: string; readonly compact_threshold?: number | null | undefined }>
    | null
    | undefined
  /** Whether images are compressed in the context; `"auto"` by default. */
  readonly image?: { readonly context_compression?: "auto" | "enabled" | "disabled" | undefined } | undefined
  /** Moderation of the input and the output by OpenAI; none by default. */
  readonly moderation?: Moderation | null | undefined
  /** The access programs to use; without it, as the project's access says. */
  readonly access_programs?:
    | { readonly cyber?: "standard" | "daybreak_blue" | "daybreak_red" | undefined }
    | undefined
  /** A stable, hashed name of the end user, up to 128 characters, by which misuse is found. */
  readonly safety_identifier?: string | null | undefined
  /** `"auto"` drops what exceeds the context window from the beginning; `"disabled"`, a 400 instead, by default. */
  readonly truncation?: "auto" | "disabled" | null | undefined
  /** The predecessor of `safety_identifier` and `prompt_cache_key`. */
  readonly user?: string | undefined
}

/**
 * Schema of a request to `POST /v1/responses`.
 *
 * **Example** (a request that comes from elsewhere)
 *
 * ```ts
 * import { Option, Schema } from "effect"
 * import { Responses } from "effect-flexinference"
 *
 * const request = { model: "gpt-5.5", input: "Hi", start_within: "default" }
 *
 * const decode = Schema.decodeUnknownOption(Responses.ResponsesRequest)
 *
 * Option.isSome(decode(request)) // => true
 * Option.isSome(decode({ ...request, input: undefined })) // => false
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const ResponsesRequest: Schema.Codec<ResponsesRequest, { readonly [field: string]: unknown }> = RequestFields
  .request<ResponsesRequest>("input", RequestFields.present())

/** What an answer used, in tokens. */
export interface ResponseUsage extends UsageAdditions {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number | undefined }
  /** With reasoning. */
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

/** A whole answer: what a call without `stream` gives, and what the terminal event carries. */
export interface ResponseObject {
  readonly id: string
  readonly object: "response"
  /** Unix seconds. */
  readonly created_at: number
  readonly completed_at?: number | null | undefined
  readonly status?: "completed" | "failed" | "in_progress" | "cancelled" | "queued" | "incomplete" | undefined
  readonly model: string
  readonly output: ReadonlyArray<OutputItem>
  readonly error: {
    readonly code: string
    readonly message: string
    readonly param?: string | null | undefined
    readonly type?: string | null | undefined
  } | null
  readonly incomplete_details: {
    readonly reason?: "max_output_tokens" | "max_messages" | "content_filter" | "steered" | undefined
  } | null
  readonly usage?: ResponseUsage | null | undefined
  /** The tier that served, once the answer is complete; before that, the tier asked for. */
  readonly service_tier?: string | null | undefined
  readonly instructions: string | ReadonlyArray<InputItem> | null
  readonly tools: ReadonlyArray<Tool>
  readonly tool_choice: ToolChoice
  readonly parallel_tool_calls: boolean
  readonly max_output_tokens?: number | null | undefined
  readonly max_tool_calls?: number | null | undefined
  readonly temperature: number | null
  readonly top_p: number | null
  readonly top_logprobs?: number | null | undefined
  readonly text?: TextOptions | undefined
  readonly reasoning?:
    | {
      readonly effort?: string | null | undefined
      readonly summary?: string | null | undefined
    }
    | null
    | undefined
  readonly metadata: { readonly [key: string]: string } | null
  readonly previous_response_id?: string | null | undefined
  readonly conversation?: { readonly id: string } | null | undefined
  readonly background?: boolean | null | undefined
  readonly truncation?: "auto" | "disabled" | null | undefined
  readonly prompt_cache_key?: string | null | undefined
  readonly safety_identifier?: string | null | undefined
  readonly user?: string | undefined
  readonly tool_usage?: { readonly web_search?: { readonly num_requests: number } | undefined } | undefined
}

/** What every event of a stream carries. */
export interface Numbered {
  readonly sequence_number: number
}

/** What an event of an item carries. */
export interface OfItem extends Numbered {
  readonly output_index: number
  readonly item_id: string
}

/** What an event of a part carries. */
export interface OfPart extends OfItem {
  readonly content_index: number
}

/** What an event of a summary carries. */
export interface OfSummary extends OfItem {
  readonly summary_index: number
}

/** The state of the whole answer; `completed`, `incomplete` and `failed` end the stream. */
export interface LifecycleEvent extends Numbered {
  readonly type:
    | "response.created"
    | "response.queued"
    | "response.in_progress"
    | "response.completed"
    | "response.incomplete"
    | "response.failed"
  readonly response: ResponseObject
}

/** An item begins or ends. */
export interface OutputItemEvent extends Numbered {
  readonly type: "response.output_item.added" | "response.output_item.done"
  readonly output_index: number
  readonly item: OutputItem
}

/** A part begins or ends. */
export interface ContentPartEvent extends OfPart {
  readonly type: "response.content_part.added" | "response.content_part.done"
  readonly part: OutputText | Refusal | ReasoningText
}

/** More text. */
export interface OutputTextDeltaEvent extends OfPart {
  readonly type: "response.output_text.delta"
  readonly delta: string
  readonly logprobs?: ReadonlyArray<unknown> | undefined
}

/** The text is whole. */
export interface OutputTextDoneEvent extends OfPart {
  readonly type: "response.output_text.done"
  readonly text: string
  readonly logprobs?: ReadonlyArray<unknown> | undefined
}

/** A piece of text refers to something. */
export interface AnnotationAddedEvent extends OfPart {
  readonly type: "response.output_text.annotation.added"
  readonly annotation_index: number
  readonly annotation: Annotation | null
}

/** More of a part. */
export interface ContentDeltaEvent extends OfPart {
  readonly type: "response.refusal.delta" | "response.reasoning_text.delta"
  readonly delta: string
}

/** The model's no is whole. */
export interface RefusalDoneEvent extends OfPart {
  readonly type: "response.refusal.done"
  readonly refusal: string
}

/** The reasoning is whole. */
export interface ReasoningTextDoneEvent extends OfPart {
  readonly type: "response.reasoning_text.done"
  readonly text: string
}

/** A part of a summary begins or ends. */
export interface ReasoningSummaryPartEvent extends OfSummary {
  readonly type: "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done"
  readonly part: { readonly type: "summary_text"; readonly text: string }
}

/** More of a summary. */
export interface ReasoningSummaryTextDeltaEvent extends OfSummary {
  readonly type: "response.reasoning_summary_text.delta"
  readonly delta: string
}

/** A summary is whole. */
export interface ReasoningSummaryTextDoneEvent extends OfSummary {
  readonly type: "response.reasoning_summary_text.done"
  readonly text: string
}

/** A piece of what a tool is called with. */
export interface ToolInputDeltaEvent extends OfItem {
  readonly type:
    | "response.function_call_arguments.delta"
    | "response.custom_tool_call_input.delta"
    | "response.mcp_call_arguments.delta"
    | "response.code_interpreter_call_code.delta"
  readonly delta: string
}

/** The arguments of a call are whole. */
export interface ArgumentsDoneEvent extends OfItem {
  readonly type: "response.function_call_arguments.done" | "response.mcp_call_arguments.done"
  readonly arguments: string
}

/** The text of a call is whole. */
export interface CustomToolCallInputDoneEvent extends OfItem {
  readonly type: "response.custom_tool_call_input.done"
  readonly input: string
}

/** The code is whole. */
export interface CodeInterpreterCodeDoneEvent extends OfItem {
  readonly type: "response.code_interpreter_call_code.done"
  readonly code: string
}

/** How far a tool that the provider runs has come. */
export interface ToolProgressEvent extends OfItem {
  readonly type:
    | "response.code_interpreter_call.completed"
    | "response.code_interpreter_call.in_progress"
    | "response.code_interpreter_call.interpreting"
    | "response.compaction.compacting"
    | "response.file_search_call.completed"
    | "response.file_search_call.in_progress"
    | "response.file_search_call.searching"
    | "response.image_generation_call.completed"
    | "response.image_generation_call.generating"
    | "response.image_generation_call.in_progress"
    | "response.mcp_call.completed"
    | "response.mcp_call.failed"
    | "response.mcp_call.in_progress"
    | "response.mcp_list_tools.completed"
    | "response.mcp_list_tools.failed"
    | "response.mcp_list_tools.in_progress"
    | "response.web_search_call.completed"
    | "response.web_search_call.in_progress"
    | "response.web_search_call.searching"
}

/** A picture, as far as it is. */
export interface PartialImageEvent extends OfItem {
  readonly type: "response.image_generation_call.partial_image"
  readonly partial_image_index: number
  readonly partial_image_b64: string
}

/** More sound, or more of its transcript. */
export interface AudioDeltaEvent extends Numbered {
  readonly type: "response.audio.delta" | "response.audio.transcript.delta"
  readonly delta: string
}

/** The sound, or its transcript, is whole. */
export interface AudioDoneEvent extends Numbered {
  readonly type: "response.audio.done" | "response.audio.transcript.done"
}

/** A failure inside the stream; the documentation has it flat, the wire nests it under `error`. */
export interface ErrorEvent extends Numbered {
  readonly type: "error"
  readonly code?: string | null | undefined
  readonly message?: string | undefined
  readonly param?: string | null | undefined
  readonly error?: {
    readonly type?: string | null | undefined
    readonly code?: string | null | undefined
    readonly message?: string | undefined
    readonly param?: string | null | undefined
  } | undefined
}

/**
 * One event of a stream; narrow it by `type`. An event of a type that is not named here is handed on all the same:
 * end a `switch` with a `default` that lets it pass.
 */
export type ResponseEvent =
  | LifecycleEvent
  | OutputItemEvent
  | ContentPartEvent
  | OutputTextDeltaEvent
  | OutputTextDoneEvent
  | AnnotationAddedEvent
  | ContentDeltaEvent
  | RefusalDoneEvent
  | ReasoningTextDoneEvent
  | ReasoningSummaryPartEvent
  | ReasoningSummaryTextDeltaEvent
  | ReasoningSummaryTextDoneEvent
  | ToolInputDeltaEvent
  | ArgumentsDoneEvent
  | CustomToolCallInputDoneEvent
  | CodeInterpreterCodeDoneEvent
  | ToolProgressEvent
  | PartialImageEvent
  | AudioDeltaEvent
  | AudioDoneEvent
  | ErrorEvent
