/** Chat Completions' token counts and tier, as the router counts them and back. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Served } from "../../Dialect.ts"
import type { Usage } from "../../Usage.ts"
import * as OpenAIUsage from "../OpenAIUsage.ts"
import { cacheWrites } from "../responses/Writer.ts"

/** What a body, or a chunk, reports. */
export const served = (body: JsonObject): Served => {
  const usage = Json.object(body, "usage")
  return {
    usage: usage === undefined
      ? undefined
      // This format does not count searches.
      : OpenAIUsage.read(usage, { input: "prompt", output: "completion" }, 0),
    tier: Json.string(body, "service_tier"),
    model: Json.string(body, "model")
  }
}

/** Token counts as a completion's `usage`. */
export const usageObject = (usage: Usage): JsonObject => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cachedInput, ...cacheWrites(usage) },
  completion_tokens_details: { reasoning_tokens: usage.reasoning }
})
