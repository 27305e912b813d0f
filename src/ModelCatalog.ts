/** Placeholder: who serves a model and at which tiers. */
export type ProviderName = "openai" | "google" | "anthropic"
export type Tier = "flex" | "standard" | "priority" | "auto"
