/** The names a provider chain may use. */
import * as Schema from "effect/Schema"

/** The routes a provider chain may name (contract (b)). */
export const ProviderRoute = Schema.Literals([
  "google",
  "openai",
  "anthropic",
  "vertex",
  "bedrock",
  "cloudflare",
  "foundry"
])
export type ProviderRoute = typeof ProviderRoute.Type
