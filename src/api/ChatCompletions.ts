/**
 * OpenAI Chat Completions as types: the request, the body and the stream's chunks.
 *
 * Wire facts: OpenAI's API reference and recorded streams. The request is also a schema; it checks the router's own
 * fields and leaves the documented vendor fields to the provider. A native answer passes untouched, so a body or a
 * chunk may carry more than is typed here.
 */
import type * as Schema from "effect/Schema"
import * as RequestFields from "../RequestFields.ts"
import type { UsageAdditions } from "../RequestFields.ts"

type JsonSchema = { readonly [keyword: string]: unknown }

/** Where the prompt cache may end. */
interface CacheBreakpoint {
  readonly mode: "explicit"
  readonly ttl?: "30m" | "12h" | undefined
}

export interface TextPart {
  readonly type: "text"
  readonly text: string
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

export interface ImagePart {
  readonly type: "image_url"
  readonly image_url: {
    /** An address or a data URL. */
    readonly url: string
    readonly detail?: "auto" | "low" | "high" | "original" | undefined
  }
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

export interface AudioPart {
  readonly type: "input_audio"
  /** Base64. */
  readonly input_audio: { readonly data: string; readonly format: "wav" | "mp3" }
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

export interface FilePart {
  readonly type: "file"
  readonly file: {
    /** A data URL. */
    readonly file_data?: string | undefined
    readonly file_id?: string | undefined
    readonly filename?: string | undefined
  }
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

export interface RefusalPart {
  readonly type: "refusal"
  readonly refusal: string
}

export interface FunctionToolCall {
  readonly type: "function"
  readonly id: string
  readonly function: {
    readonly name: string
    /** JSON text, as the model wrote it. */
    readonly arguments: string
  }
}

export interface CustomToolCall {
  readonly type: "custom"
  readonly id: string
  readonly custom: { readonly name: string; readonly input: string }
}

export type ToolCall = FunctionToolCall | CustomToolCall

export interface SystemMessage {
  readonly role: "system" | "developer"
  readonly content: string | ReadonlyArray<TextPart>
  readonly name?: string | undefined
}

export interface UserMessage {
  readonly role: "user"
  readonly content: string | ReadonlyArray<TextPart | ImagePart | AudioPart | FilePart>
  readonly name?: string | undefined
}

export interface AssistantMessage {
  readonly role: "assistant"
  readonly content?: string | ReadonlyArray<TextPart | RefusalPart> | null | undefined
  readonly refusal?: string | null | undefined
  readonly name?: string | undefined
  readonly tool_calls?: ReadonlyArray<ToolCall> | undefined
  readonly audio?: { readonly id: string } | null | undefined
  readonly annotations?: ReadonlyArray<ChatAnnotation> | undefined
  /** The predecessor of `tool_calls`. */
  readonly function_call?: { readonly name: string; readonly arguments: string } | null | undefined
}

export interface ToolMessage {
  readonly role: "tool"
  readonly tool_call_id: string
  readonly content: string | ReadonlyArray<TextPart>
}

/** The predecessor of a tool message. */
export interface FunctionMessage {
  readonly role: "function"
  readonly name: string
  readonly content: string | null
}

/** One turn of the conversation. */
export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage

export interface FunctionTool {
  readonly type: "function"
  readonly function: {
    readonly name: string
    readonly description?: string | undefined
    /** A JSON Schema. */
    readonly parameters?: JsonSchema | undefined
    readonly strict?: boolean | null | undefined
  }
}

export interface CustomTool {
  readonly type: "custom"
  readonly custom: {
    readonly name: string
    readonly description?: string | undefined
    readonly format?:
      | { readonly type: "text" }
      | {
        readonly type: "grammar"
        readonly grammar: { readonly definition: string; readonly syntax: "lark" | "regex" }
      }
      | undefined
  }
}

export type ChatTool = FunctionTool | CustomTool

export type ChatToolChoice =
  | "none"
  | "auto"
  | "required"
  | { readonly type: "function"; readonly function: { readonly name: string } }
  | { readonly type: "custom"; readonly custom: { readonly name: string } }
  | {
    readonly type: "allowed_tools"
    readonly allowed_tools: {
      readonly mode: "auto" | "required"
      readonly tools: ReadonlyArray<{ readonly [member: string]: unknown }>
    }
  }

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
    readonly type: "json_schema"
    readonly json_schema: {
      readonly name: string
      readonly description?: string | undefined
      readonly schema?: JsonSchema | undefined
      readonly strict?: boolean | null | undefined
    }
  }

export interface WebSearchOptions {
  readonly search_context_size?: "low" | "medium" | "high" | undefined
  readonly user_location?:
    | {
      readonly type: "approximate"
      readonly approximate: {
        readonly city?: string | undefined
        readonly country?: string | undefined
        readonly region?: string | undefined
        readonly timezone?: string | undefined
      }
    }
    | null
    | undefined
}

/** Schema of a request to `POST /v1/chat/completions`. */
export const ChatRequest = RequestFields.request({
  /** The conversation so far. */
  messages: RequestFields.list<ChatMessage>(),
  tools: RequestFields.vendor<ReadonlyArray<ChatTool>>(),
  tool_choice: RequestFields.vendor<ChatToolChoice>(),
  parallel_tool_calls: RequestFields.vendor<boolean>(),
  response_format: RequestFields.vendor<ResponseFormat>(),
  reasoning_effort: RequestFields.vendor<"none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max" | null>(),
  verbosity: RequestFields.vendor<"low" | "medium" | "high" | null>(),
  max_completion_tokens: RequestFields.vendor<number | null>(),
  /** The predecessor of `max_completion_tokens`; reasoning models refuse it. */
  max_tokens: RequestFields.vendor<number | null>(),
  temperature: RequestFields.vendor<number | null>(),
  top_p: RequestFields.vendor<number | null>(),
  n: RequestFields.vendor<number | null>(),
  stop: RequestFields.vendor<string | ReadonlyArray<string> | null>(),
  seed: RequestFields.vendor<number | null>(),
  presence_penalty: RequestFields.vendor<number | null>(),
  frequency_penalty: RequestFields.vendor<number | null>(),
  logit_bias: RequestFields.vendor<{ readonly [token: string]: number } | null>(),
  logprobs: RequestFields.vendor<boolean | null>(),
  top_logprobs: RequestFields.vendor<number | null>(),
  stream: RequestFields.vendor<boolean | null>(),
  /** With `include_usage` the last chunk carries the usage, and the cost where `include_cost` asks for it. */
  stream_options: RequestFields.vendor<
    {
      readonly include_usage?: boolean | undefined
      readonly include_obfuscation?: boolean | undefined
    } | null
  >(),
  store: RequestFields.vendor<boolean | null>(),
  metadata: RequestFields.vendor<{ readonly [key: string]: string } | null>(),
  modalities: RequestFields.vendor<ReadonlyArray<"text" | "audio"> | null>(),
  prediction: RequestFields.vendor<
    { readonly type: "content"; readonly content: string | ReadonlyArray<TextPart> } | null
  >(),
  web_search_options: RequestFields.vendor<WebSearchOptions>(),
  prompt_cache_key: RequestFields.vendor<string | null>(),
  prompt_cache_retention: RequestFields.vendor<"in_memory" | "24h" | null>(),
  safety_identifier: RequestFields.vendor<string | null>(),
  user: RequestFields.vendor<string>()
})
export interface ChatRequest extends Schema.Schema.Type<typeof ChatRequest> {}

export interface ChatUsage extends UsageAdditions {
  readonly prompt_tokens: number
  /** With reasoning. */
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number | undefined
    readonly cache_write_tokens?: number | undefined
    readonly audio_tokens?: number | undefined
  } | undefined
  readonly completion_tokens_details?: {
    readonly reasoning_tokens?: number | undefined
    readonly audio_tokens?: number | undefined
    readonly accepted_prediction_tokens?: number | undefined
    readonly rejected_prediction_tokens?: number | undefined
  } | undefined
}

export interface ChatAnnotation {
  readonly type: "url_citation"
  readonly url_citation: {
    readonly start_index: number
    readonly end_index: number
    readonly title: string
    readonly url: string
  }
}

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call"

interface TokenLogprobs {
  readonly content: ReadonlyArray<TokenLogprob> | null
  readonly refusal: ReadonlyArray<TokenLogprob> | null
}

export interface TokenLogprob {
  readonly token: string
  readonly bytes: ReadonlyArray<number> | null
  readonly logprob: number
  readonly top_logprobs: ReadonlyArray<Omit<TokenLogprob, "top_logprobs">>
}

/** A whole answer. */
export interface ChatCompletion {
  readonly id: string
  readonly object: "chat.completion"
  /** Unix seconds. */
  readonly created: number
  readonly model: string
  readonly choices: ReadonlyArray<{
    readonly index: number
    readonly finish_reason: FinishReason
    readonly logprobs?: TokenLogprobs | null | undefined
    readonly message: {
      readonly role: "assistant"
      readonly content: string | null
      readonly refusal?: string | null | undefined
      readonly tool_calls?: ReadonlyArray<ToolCall> | undefined
      readonly annotations?: ReadonlyArray<ChatAnnotation> | undefined
      readonly audio?:
        | { readonly id: string; readonly data: string; readonly expires_at: number; readonly transcript: string }
        | null
        | undefined
      readonly function_call?: { readonly name: string; readonly arguments: string } | null | undefined
    }
  }>
  readonly usage?: ChatUsage | undefined
  /** The tier that served. */
  readonly service_tier?: string | null | undefined
  readonly system_fingerprint?: string | null | undefined
  readonly metadata?: { readonly [key: string]: string } | null | undefined
}

/** A piece of a tool call; `id` and `name` come on the first piece alone, `index` says to which call it belongs. */
export interface ToolCallDelta {
  readonly index: number
  readonly id?: string | undefined
  readonly type?: "function" | "custom" | undefined
  readonly function?: { readonly name?: string | undefined; readonly arguments?: string | undefined } | undefined
  readonly custom?: { readonly name?: string | undefined; readonly input?: string | undefined } | undefined
}

/** One chunk of a stream. `choices` is empty in the chunk that carries the usage, and sometimes in the first. */
export interface ChatCompletionChunk {
  readonly id: string
  readonly object: "chat.completion.chunk"
  readonly created: number
  readonly model: string
  readonly choices: ReadonlyArray<{
    readonly index: number
    readonly delta: {
      readonly role?: "developer" | "system" | "user" | "assistant" | "tool" | undefined
      readonly content?: string | null | undefined
      readonly refusal?: string | null | undefined
      readonly tool_calls?: ReadonlyArray<ToolCallDelta> | undefined
      readonly annotations?: ReadonlyArray<ChatAnnotation> | undefined
      readonly function_call?:
        | { readonly name?: string | undefined; readonly arguments?: string | undefined }
        | undefined
    }
    readonly finish_reason: FinishReason | null
    readonly logprobs?: TokenLogprobs | null | undefined
  }>
  readonly usage?: ChatUsage | null | undefined
  readonly service_tier?: string | null | undefined
  readonly system_fingerprint?: string | null | undefined
  readonly obfuscation?: string | undefined
}
