/** Token counts of a response, in the one form that all dialects share. */
import type { Served } from "../../Dialect.ts"
import type { Usage } from "../../Usage.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

const read = (usage: JsonObject, response: JsonObject): Usage => {
  const input = Json.object(usage, "input_tokens_details") ?? {}
  const output = Json.object(usage, "output_tokens_details") ?? {}
  const search = Json.object(Json.object(response, "tool_usage") ?? {}, "web_search")
  return {
    input: Json.number(usage, "input_tokens") ?? 0,
    cachedInput: Json.number(input, "cached_tokens") ?? 0,
    cacheWriteInput: Json.number(input, "cache_write_tokens") ?? 0,
    longCacheWriteInput: Json.number(Json.object(input, "cache_write_tokens_details") ?? {}, "ttl_12h_tokens") ?? 0,
    output: Json.number(usage, "output_tokens") ?? 0,
    reasoning: Json.number(output, "reasoning_tokens") ?? 0,
    webSearches: search === undefined
      ? Json.objects(response, "output").filter((item) => Json.string(item, "type") === "web_search_call").length
      : Json.number(search, "num_requests") ?? 0
  }
}

/** What a response reports. */
export const served = (response: JsonObject): Served => {
  const usage = Json.object(response, "usage")
  return {
    usage: usage === undefined ? undefined : read(usage, response),
    tier: Json.string(response, "service_tier"),
    model: Json.string(response, "model")
  }
}
