/**
 * What stands under `flexinference` in the options and the metadata of Effect's parts: how an answer was served, what
 * an error said, and the opaque values without which a provider does not take its own answer back.
 *
 * Keep the parts of a response, as `Chat` does, and the next turn has all that it needs.
 */
import type * as Schema from "effect/Schema"
import type { FailureMetadata } from "./Failure.ts"

/** How an answer was served; what is not known is `null`. */
export type RoutingMetadata = {
  /** Who served it. */
  readonly provider: string
  /** The provider that was asked for first. */
  readonly requestedProvider: string
  /** The tier that served, in the provider's word. */
  readonly tier: string
  /** Whether the tier is the one asked for, because the provider has not reported one (yet). */
  readonly tierInferred: boolean
  /** Why this route was taken; the set is open. */
  readonly reason: string
  /** How long flex had to start, in milliseconds. */
  readonly windowMs: number | null
  /** From the request to the start of generation, or to a whole answer, in milliseconds. */
  readonly startedAfterMs: number
  readonly fallbackAttempts: number
  readonly retries: number
  /** What of the request was left out because who served cannot carry it. */
  readonly dropped: ReadonlyArray<string>
  readonly simulated: boolean
  /** List price, in micro-USD. */
  readonly costMicroUsd: number | null
  /** What the standard tier would have cost more, in micro-USD. */
  readonly savingMicroUsd: number | null
}

/** What a text says beside its words. */
export type TextMetadata = {
  /** Whether the text is a comment on the way or the answer itself, as newer models tell and want it told again. */
  readonly phase?: string | null
  /** What the text cites, as the provider pointed at it. */
  readonly annotations?: ReadonlyArray<Schema.JsonObject> | null
  /** The model's refusal; the text is then empty. */
  readonly refusal?: string | null
}

/** What the next turn needs of a piece of reasoning. */
export type ReasoningMetadata = {
  readonly itemId?: string | null
  /** Readable to the provider that made it alone, and dropped on the way to any other. */
  readonly encryptedContent?: string | null
}

/** What the next turn needs of a call. */
export type ToolCallMetadata = {
  /** The provider's signature of the call. */
  readonly signature?: string | null
  /** The item of a call that the provider carried out itself, as it came. */
  readonly item?: Schema.JsonObject | null
}

/** What can be said of a part of the prompt. */
export type PromptPartOptions = {
  /** Ends a prefix that the provider is to keep in its prompt cache. */
  readonly cacheBreakpoint?: true | { readonly ttl: "30m" | "12h" } | null
}

/** How closely an image is looked at. */
export type FileOptions = PromptPartOptions & {
  readonly imageDetail?: "low" | "high" | "auto" | "original" | null
}

declare module "effect/ai/Prompt" {
  interface TextPartOptions extends ProviderOptions {
    readonly flexinference?: (PromptPartOptions & TextMetadata) | null
  }
  interface FilePartOptions extends ProviderOptions {
    readonly flexinference?: FileOptions | null
  }
  interface ReasoningPartOptions extends ProviderOptions {
    readonly flexinference?: ReasoningMetadata | null
  }
  interface ToolCallPartOptions extends ProviderOptions {
    readonly flexinference?: ToolCallMetadata | null
  }
}

declare module "effect/ai/Response" {
  interface TextPartMetadata extends ProviderMetadata {
    readonly flexinference?: TextMetadata | null
  }
  interface TextEndPartMetadata extends ProviderMetadata {
    readonly flexinference?: TextMetadata | null
  }
  interface ReasoningPartMetadata extends ProviderMetadata {
    readonly flexinference?: ReasoningMetadata | null
  }
  interface ReasoningEndPartMetadata extends ProviderMetadata {
    readonly flexinference?: ReasoningMetadata | null
  }
  interface ToolCallPartMetadata extends ProviderMetadata {
    readonly flexinference?: ToolCallMetadata | null
  }
  interface UrlSourcePartMetadata extends ProviderMetadata {
    /** The annotation, which tells the place in the text. */
    readonly flexinference?: Schema.JsonObject | null
  }
  interface DocumentSourcePartMetadata extends ProviderMetadata {
    /** The annotation, which tells the place in the text. */
    readonly flexinference?: Schema.JsonObject | null
  }
  interface ResponseMetadataPartMetadata extends ProviderMetadata {
    /** As of the start of the answer. */
    readonly flexinference?: RoutingMetadata | null
  }
  interface FinishPartMetadata extends ProviderMetadata {
    /** As of the end of the answer: with the served tier and the cost. */
    readonly flexinference?: RoutingMetadata | null
  }
}

declare module "effect/ai/AiError" {
  interface RateLimitErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
  interface QuotaExhaustedErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
  interface AuthenticationErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
  interface ContentPolicyErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
  interface InvalidRequestErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
  interface InternalProviderErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
  interface UnknownErrorMetadata extends ProviderMetadata {
    readonly flexinference?: FailureMetadata | null
  }
}
