/** Chat Completions' token counts and tier, as the router counts them and back. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Served } from "../../Dialect.ts"
import type { Usage } from "../../Usage.ts"
import { cacheWrites } from "../responses/Writer.ts"

const read = (usage: JsonObject): Usage => {
  const input = Json.object(usage, "prompt_tokens_details") ?? {}
  const output = Json.object(usage, "completion_tokens_details") ?? {}
  return {
    input: Json.number(usage, "prompt_tokens") ?? 0,
    cachedInput: Json.number(input, "cached_tokens") ?? 0,
    cacheWriteInput: Json.number(input, "cache_write_tokens") ?? 0,
    longCacheWriteInput: Json.number(Json.object(input, "cache_write_tokens_details") ?? {}, "ttl_12h_tokens") ?? 0,
    output: Json.number(usage, "completion_tokens") ?? 0,
    reasoning: Json.number(output, "reasoning_tokens") ?? 0,
    // This format does not count searches.
    webSearches: 0
  }
}

/** What a body, or a chunk, reports. */
export const served = (body: JsonObject): Served => {
  const usage = Json.object(body, "usage")
  return {
    usage: usage === undefined ? undefined : read(usage),
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
