/**
 * Anthropic Messages as types: the request, the body and the stream's events.
 *
 * Wire facts: Anthropic's API reference and recorded streams. The request is also a schema; it checks the router's own
 * fields and leaves the documented vendor fields to the provider. A native answer passes untouched, so a body or an
 * event may carry more than is typed here, and a stream may carry events of a type that is not in the union.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as RequestFields from "../RequestFields.ts"
import type { Named, UsageAdditions } from "../RequestFields.ts"

type JsonSchema = { readonly [keyword: string]: unknown }

/** Where a cached prefix ends, and for how long it is kept. */
export interface CacheControl {
  readonly type: "ephemeral"
  readonly ttl?: "5m" | "1h" | undefined
}

/** What may end a cached prefix. */
export interface Cacheable {
  readonly cache_control?: CacheControl | null | undefined
}

/** A page that is cited. */
export interface WebSearchCitation {
  readonly type: "web_search_result_location"
  readonly url: string
  readonly title: string | null
  readonly cited_text: string
  readonly encrypted_index: string
}

/** What a piece of text refers to. */
export type Citation =
  | WebSearchCitation
  | Named<"char_location" | "page_location" | "content_block_location" | "search_result_location">

/** Text in a message. */
export interface TextBlockParam extends Cacheable {
  readonly type: "text"
  readonly text: string
  readonly citations?: ReadonlyArray<Citation> | null | undefined
}

/** A picture in a message. */
export interface ImageBlockParam extends Cacheable {
  readonly type: "image"
  readonly source:
    | {
      readonly type: "base64"
      readonly media_type: "image/jpeg" | "image/png" | "image/gif" | "image/webp"
      readonly data: string
    }
    | { readonly type: "url"; readonly url: string }
    | { readonly type: "file"; readonly file_id: string }
}

/** A document in a message. */
export interface DocumentBlockParam extends Cacheable {
  readonly type: "document"
  readonly source: Named<"base64" | "text" | "content" | "url" | "file">
  readonly title?: string | null | undefined
  readonly context?: string | null | undefined
  readonly citations?: { readonly enabled?: boolean | undefined } | null | undefined
}

/** Reasoning. */
export interface ThinkingBlock {
  readonly type: "thinking"
  readonly thinking: string
  /** Readable to the provider that made it alone; a later turn sends it back. */
  readonly signature: string
}

/** Reasoning that is not shown. */
export interface RedactedThinkingBlock {
  readonly type: "redacted_thinking"
  readonly data: string
}

/** A call that the model made. */
export interface ToolUseBlockParam extends Cacheable {
  readonly type: "tool_use"
  readonly id: string
  readonly name: string
  /** Already parsed, unlike OpenAI's. */
  readonly input: unknown
}

/** What a call came to. */
export interface ToolResultBlockParam extends Cacheable {
  readonly type: "tool_result"
  readonly tool_use_id: string
  readonly content?:
    | string
    | ReadonlyArray<
      | TextBlockParam
      | ImageBlockParam
      | DocumentBlockParam
      | Named<"search_result" | "tool_reference" | "browser_state">
    >
    | undefined
  readonly is_error?: boolean | undefined
}

type OtherBlock = Named<
  | "bash_code_execution_tool_result"
  | "code_execution_tool_result"
  | "container_upload"
  | "server_tool_use"
  | "text_editor_code_execution_tool_result"
  | "tool_search_tool_result"
  | "web_fetch_tool_result"
  | "web_search_tool_result"
>

/** One block of a message that is sent. */
export type ContentBlockParam =
  | TextBlockParam
  | ImageBlockParam
  | DocumentBlockParam
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlockParam
  | ToolResultBlockParam
  | OtherBlock
  | Named<"search_result">

/** One turn of the conversation. */
export type MessageParam =
  | { readonly role: "user" | "assistant"; readonly content: string | ReadonlyArray<ContentBlockParam> }
  | { readonly role: "system"; readonly content: string | ReadonlyArray<TextBlockParam> }

/** A tool of the caller's. */
export interface CustomTool extends Cacheable {
  readonly type?: "custom" | null | undefined
  readonly name: string
  readonly description?: string | undefined
  readonly input_schema: JsonSchema & { readonly type: "object" }
  readonly strict?: boolean | undefined
}

/** A tool the provider runs or defines; its `type` carries a date, such as `web_search_20260318`. */
export type ProviderTool =
  | { readonly type: string; readonly name?: string }
  | { readonly type: string; readonly [member: string]: unknown }

/** A tool that the model may call. */
export type Tool = CustomTool | ProviderTool

/** Whether the model must, may or must not call a tool, and which. */
export type ToolChoice =
  | { readonly type: "auto" | "any"; readonly disable_parallel_tool_use?: boolean | undefined }
  | { readonly type: "tool"; readonly name: string; readonly disable_parallel_tool_use?: boolean | undefined }
  | { readonly type: "none" }

/** Whether the model reasons, and how much. */
export type Thinking =
  | {
    readonly type: "enabled"
    /** At least 1024 and less than `max_tokens`. */
    readonly budget_tokens: number
    readonly display?: "summarized" | "omitted" | null | undefined
  }
  | { readonly type: "adaptive"; readonly display?: "summarized" | "omitted" | null | undefined }
  | { readonly type: "disabled" | "between_tools" }

/** What an answer has to look like, and how much effort it takes. */
export interface OutputConfig {
  readonly effort?: "low" | "medium" | "high" | "xhigh" | "max" | null | undefined
  readonly format?: { readonly type: "json_schema"; readonly schema: JsonSchema } | null | undefined
}

/** An MCP server that Anthropic calls. */
export interface McpServer {
  readonly type: "url"
  readonly name: string
  readonly url: string
  readonly authorization_token?: string | null | undefined
  readonly tool_configuration?:
    | {
      readonly enabled?: boolean | null | undefined
      readonly allowed_tools?: ReadonlyArray<string> | null | undefined
    }
    | null
    | undefined
}

/** A container that code runs in, and the skills it is given. */
export interface Container {
  readonly id?: string | null | undefined
  readonly skills?:
    | ReadonlyArray<{
      readonly skill_id: string
      readonly type: "anthropic" | "custom"
      readonly version?: string | undefined
    }>
    | null
    | undefined
}

/** A request to `POST /v1/messages`. */
export interface MessageRequest extends RequestFields.RouterFields {
  /** The conversation so far. */
  readonly messages: ReadonlyArray<MessageParam>
  /**
   * The most tokens to generate. Required by Anthropic, which answers itself where it is missing; the router makes
   * none up.
   */
  readonly max_tokens?: number | undefined
  /** The system prompt. */
  readonly system?: string | ReadonlyArray<TextBlockParam> | undefined
  /** What the model may call: tools of yours, and tools that Anthropic runs. */
  readonly tools?: ReadonlyArray<Tool> | undefined
  /** Whether and which tool is called; `auto` by default, `none` without tools. */
  readonly tool_choice?: ToolChoice | undefined
  /** Whether and how much the model thinks; what holds without it depends on the model. */
  readonly thinking?: Thinking | undefined
  /** How hard the model tries, and a JSON schema its answer keeps to. */
  readonly output_config?: OutputConfig | undefined
  /** Texts at which the model stops; they are not part of the answer. */
  readonly stop_sequences?: ReadonlyArray<string> | undefined
  /** 0 to 1, higher is more random; 1 by default. Models to 4.6, and not beside `top_p`. */
  readonly temperature?: number | undefined
  /** The share of probability to sample from, 0 to 1. Models to 4.6, and not beside `temperature`. */
  readonly top_p?: number | undefined
  /** Samples from the so many likeliest tokens only. Models to 4.6. */
  readonly top_k?: number | undefined
  /** Set by `create`, `stream` and `open`; what is written here counts for nothing there. */
  readonly stream?: boolean | undefined
  /** `user_id` is a stable, hashed name of the end user, by which misuse is found. */
  readonly metadata?: { readonly user_id?: string | null | undefined } | undefined
  /** Sets a cache breakpoint at the last block that can be cached. */
  readonly cache_control?: CacheControl | null | undefined
  /** A container to use again, by its id, or what a new one is given. */
  readonly container?: Container | string | null | undefined
  /** Asks why the prompt's prefix was not cached: the message to compare with, or `null` for the first one. */
  readonly diagnostics?: { readonly previous_message_id?: string | null | undefined } | null | undefined
  /** The region that computes; without it, the workspace's. */
  readonly inference_geo?: string | null | undefined
  /** MCP servers whose tools the model may call; wants a beta header. */
  readonly mcp_servers?: ReadonlyArray<McpServer> | undefined
  /** `"fast"` generates faster at a higher price; `"standard"` by default. */
  readonly speed?: "standard" | "fast" | null | undefined
}

/**
 * Schema of a request to `POST /v1/messages`.
 *
 * **Example** (a request that comes from elsewhere)
 *
 * ```ts
 * import { Option, Schema } from "effect"
 * import { Messages } from "effect-flexinference"
 *
 * const request = { model: "claude-opus-5", messages: [{ role: "user", content: "Hi" }], start_within: "default" }
 *
 * const decode = Schema.decodeUnknownOption(Messages.MessageRequest)
 *
 * Option.isSome(decode(request)) // => true
 * Option.isSome(decode({ ...request, messages: undefined })) // => false
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const MessageRequest: Schema.Codec<MessageRequest, { readonly [field: string]: unknown }> = RequestFields
  .request<MessageRequest>("messages", RequestFields.list())

/** What an answer used, in tokens. */
export interface MessageUsage extends UsageAdditions {
  /** Without what the cache held or took. */
  readonly input_tokens: number
  readonly cache_creation_input_tokens?: number | null | undefined
  readonly cache_read_input_tokens?: number | null | undefined
  readonly cache_creation?:
    | {
      readonly ephemeral_5m_input_tokens: number
      readonly ephemeral_1h_input_tokens: number
    }
    | null
    | undefined
  /** With thinking. */
  readonly output_tokens: number
  readonly output_tokens_details?: { readonly thinking_tokens: number } | null | undefined
  readonly server_tool_use?:
    | {
      readonly web_search_requests: number
      readonly web_fetch_requests?: number | undefined
    }
    | null
    | undefined
  /** The tier that served. */
  readonly service_tier?: string | null | undefined
  readonly inference_geo?: string | null | undefined
}

/** Text of an answer. */
export interface TextBlock {
  readonly type: "text"
  readonly text: string
  readonly citations?: ReadonlyArray<Citation> | null | undefined
}

/** A call that the model makes. */
export interface ToolUseBlock {
  readonly type: "tool_use"
  readonly id: string
  readonly name: string
  /** Already parsed, unlike OpenAI's; empty in `content_block_start`. */
  readonly input: unknown
}

/** One block of an answer. */
export type ContentBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | OtherBlock

/** Why an answer ended. */
export type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded"

/** A whole answer. */
export interface Message {
  readonly id: string
  readonly type: "message"
  readonly role: "assistant"
  readonly model: string
  readonly content: ReadonlyArray<ContentBlock>
  readonly stop_reason: StopReason | null
  readonly stop_sequence: string | null
  readonly stop_details?:
    | {
      readonly type: "refusal"
      readonly category?: string | null | undefined
      readonly explanation?: string | null | undefined
    }
    | null
    | undefined
  readonly usage: MessageUsage
  readonly service_tier?: string | null | undefined
}

/** A message begins. */
export interface MessageStartEvent {
  readonly type: "message_start"
  readonly message: Message
}

/** A block begins. */
export interface ContentBlockStartEvent {
  readonly type: "content_block_start"
  readonly index: number
  readonly content_block: ContentBlock
}

/** More of a block. */
export interface ContentBlockDeltaEvent {
  readonly type: "content_block_delta"
  readonly index: number
  readonly delta:
    | { readonly type: "text_delta"; readonly text: string }
    | {
      readonly type: "input_json_delta"
      /** A piece of the JSON text of the tool's input. */
      readonly partial_json: string
    }
    | { readonly type: "thinking_delta"; readonly thinking: string }
    | { readonly type: "signature_delta"; readonly signature: string }
    | { readonly type: "citations_delta"; readonly citation: Citation }
}

/** A block ends. */
export interface ContentBlockStopEvent {
  readonly type: "content_block_stop"
  readonly index: number
}

/** Why the message ends, and what it used. */
export interface MessageDeltaEvent {
  readonly type: "message_delta"
  readonly delta: { readonly stop_reason: StopReason | null; readonly stop_sequence: string | null }
  /** Of the whole answer so far, not of this event. */
  readonly usage: Omit<MessageUsage, "input_tokens"> & { readonly input_tokens?: number | null | undefined }
}

/** A message ends. */
export interface MessageStopEvent {
  readonly type: "message_stop"
}

/** The stream is awake. */
export interface PingEvent {
  readonly type: "ping"
}

/** The stream fails. */
export interface ErrorEvent {
  readonly type: "error"
  readonly error: { readonly type: string; readonly message: string }
}

/**
 * One event of a stream; narrow it by `type`. An event of a type that is not named here is handed on all the same:
 * end a `switch` with a `default` that lets it pass.
 */
export type MessageEvent =
  | MessageStartEvent
  | ContentBlockStartEvent
  | ContentBlockDeltaEvent
  | ContentBlockStopEvent
  | MessageDeltaEvent
  | MessageStopEvent
  | PingEvent
  | ErrorEvent
