/**
 * Messages usage: `input_tokens` leaves out what was cached, `output_tokens` includes thinking. In a stream the first
 * count comes in `message_start` and every later one is cumulative; some compatible hosts (recorded) know the input
 * only at the end.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Usage } from "../../Usage.ts"

/** As all dialects count. */
export const usageOf = (usage: JsonObject): Usage => {
  const cachedInput = Json.number(usage, "cache_read_input_tokens") ?? 0
  const cacheWriteInput = Json.number(usage, "cache_creation_input_tokens") ?? 0
  return {
    input: (Json.number(usage, "input_tokens") ?? 0) + cachedInput + cacheWriteInput,
    cachedInput,
    cacheWriteInput,
    longCacheWriteInput: Json.number(Json.object(usage, "cache_creation") ?? {}, "ephemeral_1h_input_tokens") ?? 0,
    output: Json.number(usage, "output_tokens") ?? 0,
    reasoning: Json.number(Json.object(usage, "output_tokens_details") ?? {}, "thinking_tokens") ?? 0,
    webSearches: Json.number(Json.object(usage, "server_tool_use") ?? {}, "web_search_requests") ?? 0
  }
}

/** The usage object of a translated answer; `tier` is the served tier in Anthropic's word. */
export const usageObject = (usage: Usage, tier: string | undefined): JsonObject => ({
  input_tokens: Math.max(0, usage.input - usage.cachedInput - usage.cacheWriteInput),
  cache_creation_input_tokens: usage.cacheWriteInput,
  cache_read_input_tokens: usage.cachedInput,
  ...(usage.cacheWriteInput === 0 ? {} : {
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWriteInput - usage.longCacheWriteInput,
      ephemeral_1h_input_tokens: usage.longCacheWriteInput
    }
  }),
  output_tokens: usage.output,
  output_tokens_details: { thinking_tokens: usage.reasoning },
  server_tool_use: usage.webSearches === 0 ? null : { web_search_requests: usage.webSearches },
  service_tier: tier ?? null
})

/** A later count over an earlier one: what the later leaves out, or has as null, stays. */
export const merge = (earlier: JsonObject, later: JsonObject): JsonObject => ({
  ...earlier,
  ...Object.fromEntries(
    Object.entries(later).filter(([key, value]) => value !== null || !Object.hasOwn(earlier, key))
  )
})

const add = (before: Json.Json | undefined, value: Json.Json): Json.Json => {
  if (typeof before === "number" && typeof value === "number") return before + value
  return Json.isObject(before) && Json.isObject(value) ? sum(before, value) : value ?? before ?? null
}

/** The counts of two calls that made one answer: numbers add up, words are the later call's. */
export const sum = (first: JsonObject, second: JsonObject): JsonObject => ({
  ...first,
  ...Object.fromEntries(
    Object.entries(second).map(([key, value]) => [key, add(Object.hasOwn(first, key) ? first[key] : undefined, value)])
  )
})
