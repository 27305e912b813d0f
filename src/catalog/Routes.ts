/**
 * The routes that a request's `provider` may name at the hosted router: the direct ones, then the clouds and the edge, which
 * serve the standard tier only.
 */
export const routes = ["google", "openai", "anthropic", "vertex", "bedrock", "cloudflare", "foundry"] as const

/** Where the built-in providers' keys are looked for first. Their records say so too; this can be read without them. */
export const keyVariables = ["OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"] as const

/** The providers whose name in the contract's error block is another than in its routing record. */
export const blockNames: ReadonlyMap<string, string> = new Map([["google", "gemini"]])
