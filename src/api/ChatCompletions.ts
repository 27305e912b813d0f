/**
 * OpenAI Chat Completions as types: the request, the body and the stream's chunks.
 *
 * Wire facts: OpenAI's API reference and recorded streams. The request is also a schema; it checks the router's own
 * fields and leaves the documented vendor fields to the provider. A native answer passes untouched, so a body or a
 * chunk may carry more than is typed here.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as RequestFields from "../RequestFields.ts"
import type { UsageAdditions } from "../RequestFields.ts"
import type { CacheBreakpoint, Moderation, ReasoningEffort } from "./Responses.ts"

type JsonSchema = { readonly [keyword: string]: unknown }

/** Text in a message. */
export interface TextPart {
  readonly type: "text"
  readonly text: string
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

/** A picture in a message. */
export interface ImagePart {
  readonly type: "image_url"
  readonly image_url: {
    /** An address or a data URL. */
    readonly url: string
    readonly detail?: "auto" | "low" | "high" | "original" | undefined
  }
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

/** Sound in a message. */
export interface AudioPart {
  readonly type: "input_audio"
  /** Base64. */
  readonly input_audio: { readonly data: string; readonly format: "wav" | "mp3" }
  readonly prompt_cache_breakpoint?: CacheBreakpoint | undefined
}

/** A file in a message. */
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

/** The model's no, in a message. */
export interface RefusalPart {
  readonly type: "refusal"
  readonly refusal: string
}

/** A call with JSON. */
export interface FunctionToolCall {
  readonly type: "function"
  readonly id: string
  readonly function: {
    readonly name: string
    /** JSON text, as the model wrote it. */
    readonly arguments: string
  }
}

/** A call with text. */
export interface CustomToolCall {
  readonly type: "custom"
  readonly id: string
  readonly custom: { readonly name: string; readonly input: string }
}

/** A call that the model makes. */
export type ToolCall = FunctionToolCall | CustomToolCall

/** What holds for the whole conversation. */
export interface SystemMessage {
  readonly role: "system" | "developer"
  readonly content: string | ReadonlyArray<TextPart>
  readonly name?: string | undefined
}

/** A turn of the user's. */
export interface UserMessage {
  readonly role: "user"
  readonly content: string | ReadonlyArray<TextPart | ImagePart | AudioPart | FilePart>
  readonly name?: string | undefined
}

/** A turn of the model's. */
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

/** What a call came to. */
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

/** A tool that is called with JSON. */
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

/** A tool that is called with text. */
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

/** A tool that the model may call. */
export type ChatTool = FunctionTool | CustomTool

/** Whether the model must, may or must not call a tool, and which. */
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

/** What an answer has to look like. */
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

/** How the web is searched. */
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

/** A spoken answer. */
export interface AudioOutput {
  readonly format: "wav" | "aac" | "mp3" | "flac" | "opus" | "pcm16"
  /** A built-in voice, such as `"alloy"`, or one of your own. */
  readonly voice: string | { readonly id: string }
}

/** A request to `POST /v1/chat/completions`. */
export interface ChatRequest extends RequestFields.RouterFields {
  /** The conversation so far. */
  readonly messages: ReadonlyArray<ChatMessage>
  /** What the model may call. */
  readonly tools?: ReadonlyArray<ChatTool> | undefined
  /** Whether and which tool is called; `"auto"` by default, `"none"` without tools. */
  readonly tool_choice?: ChatToolChoice | undefined
  /** Whether several tools may be called at once; true by default. */
  readonly parallel_tool_calls?: boolean | undefined
  /** The predecessor of `tools`. */
  readonly functions?:
    | ReadonlyArray<{
      readonly name: string
      readonly description?: string | undefined
      /** A JSON Schema. */
      readonly parameters?: JsonSchema | undefined
    }>
    | undefined
  /** The predecessor of `tool_choice`. */
  readonly function_call?: "none" | "auto" | { readonly name: string } | undefined
  /** The form of the answer: text, any JSON object, or one that keeps to a schema. */
  readonly response_format?: ResponseFormat | undefined
  /** How hard a reasoning model thinks. */
  readonly reasoning_effort?: ReasoningEffort | null | undefined
  /** How much the model writes; `"medium"` by default. */
  readonly verbosity?: "low" | "medium" | "high" | null | undefined
  /** The most tokens to generate, reasoning included. Without it, the model's maximum. */
  readonly max_completion_tokens?: number | null | undefined
  /** The predecessor of `max_completion_tokens`; reasoning models refuse it. */
  readonly max_tokens?: number | null | undefined
  /** 0 to 2, higher is more random; 1 by default. Reasoning models take none. */
  readonly temperature?: number | null | undefined
  /** The share of probability to sample from, 0 to 1; 1 by default. */
  readonly top_p?: number | null | undefined
  /** How many answers to generate; 1 by default. */
  readonly n?: number | null | undefined
  /** Up to four texts at which the model stops; they are not part of the answer. */
  readonly stop?: string | ReadonlyArray<string> | null | undefined
  /** The same seed and parameters give the same answer, as far as possible. */
  readonly seed?: number | null | undefined
  /** -2 to 2: above 0, tokens that occurred already become less likely; 0 by default. */
  readonly presence_penalty?: number | null | undefined
  /** -2 to 2: above 0, tokens become less likely the more often they occurred; 0 by default. */
  readonly frequency_penalty?: number | null | undefined
  /** -100 to 100 for each token's id, added to its logit. */
  readonly logit_bias?: { readonly [token: string]: number } | null | undefined
  /** Whether the log probability of each token is reported; false by default. */
  readonly logprobs?: boolean | null | undefined
  /** How many alternatives to report for each token, 0 to 20; wants `logprobs`. */
  readonly top_logprobs?: number | null | undefined
  /** Set by `create`, `stream` and `open`; what is written here counts for nothing there. */
  readonly stream?: boolean | null | undefined
  /** With `include_usage` the last chunk carries the usage, and the cost where `include_cost` asks for it. */
  readonly stream_options?:
    | {
      readonly include_usage?: boolean | undefined
      readonly include_obfuscation?: boolean | undefined
    }
    | null
    | undefined
  /** Whether OpenAI keeps the completion; false by default. */
  readonly store?: boolean | null | undefined
  /** Up to 16 pairs, keys of up to 64 characters and values of up to 512, that are kept with the completion. */
  readonly metadata?: { readonly [key: string]: string } | null | undefined
  /** What the answer consists of; `["text"]` by default. */
  readonly modalities?: ReadonlyArray<"text" | "audio"> | null | undefined
  /** The format and voice of a spoken answer; required where `modalities` asks for audio. */
  readonly audio?: AudioOutput | null | undefined
  /** Text that the answer is likely to contain, which then comes faster. */
  readonly prediction?:
    | { readonly type: "content"; readonly content: string | ReadonlyArray<TextPart> }
    | null
    | undefined
  /** Lets the model search the web. */
  readonly web_search_options?: WebSearchOptions | undefined
  /** Requests with the same key are brought to the same cache. */
  readonly prompt_cache_key?: string | null | undefined
  /** Where prefixes end and how long they stay cached; gpt-5.6 and later. */
  readonly prompt_cache_options?:
    | { readonly mode?: "implicit" | "explicit" | undefined; readonly ttl?: "30m" | undefined }
    | undefined
  /** The predecessor of `prompt_cache_options.ttl`. */
  readonly prompt_cache_retention?: "in_memory" | "24h" | null | undefined
  /** Moderation of the input and the output by OpenAI; none by default. */
  readonly moderation?: Moderation | null | undefined
  /** A stable, hashed name of the end user, up to 128 characters, by which misuse is found. */
  readonly safety_identifier?: string | null | undefined
  /** The predecessor of `safety_identifier` and `prompt_cache_key`. */
  readonly user?: string | undefined
}

/**
 * Schema of a request to `POST /v1/chat/completions`.
 *
 * **Example** (a request that comes from elsewhere)
 *
 * ```ts
 * import { Option, Schema } from "effect"
 * import { ChatCompletions } from "effect-flexinference"
 *
 * const request = { model: "gpt-5.5", messages: [{ role: "user", content: "Hi" }], start_within: "default" }
 *
 * const decode = Schema.decodeUnknownOption(ChatCompletions.ChatRequest)
 *
 * Option.isSome(decode(request)) // => true
 * Option.isSome(decode({ ...request, messages: undefined })) // => false
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatRequest: Schema.Codec<ChatRequest, { readonly [field: string]: unknown }> = RequestFields
  .request<ChatRequest>("messages", RequestFields.list())

/** What an answer used, in tokens. */
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

/** Where in an answer a page is cited. */
export interface ChatAnnotation {
  readonly type: "url_citation"
  readonly url_citation: {
    readonly start_index: number
    readonly end_index: number
    readonly title: string
    readonly url: string
  }
}

/** Why an answer ended. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call"

/** How likely a token was, and which others. */
export interface TokenLogprobs {
  readonly content: ReadonlyArray<TokenLogprob> | null
  readonly refusal: ReadonlyArray<TokenLogprob> | null
}

/** How likely a token was. */
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
