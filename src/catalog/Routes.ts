/**
 * The routes that a request's `provider` may name in the contract (b): the direct ones, then the clouds and the edge,
 * which serve the standard tier only.
 */
export const routes = ["google", "openai", "anthropic", "vertex", "bedrock", "cloudflare", "foundry"] as const
