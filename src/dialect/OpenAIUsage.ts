/** Token counts as OpenAI's two formats have them: the same, under other words for what goes in and comes out. */
import type { Usage } from "../Usage.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

export const read = (
  usage: JsonObject,
  words: { readonly input: string; readonly output: string },
  webSearches: number
): Usage => {
  const input = Json.object(usage, `${words.input}_tokens_details`) ?? {}
  const output = Json.object(usage, `${words.output}_tokens_details`) ?? {}
  return {
    input: Json.number(usage, `${words.input}_tokens`) ?? 0,
    cachedInput: Json.number(input, "cached_tokens") ?? 0,
    cacheWriteInput: Json.number(input, "cache_write_tokens") ?? 0,
    longCacheWriteInput: Json.number(Json.object(input, "cache_write_tokens_details") ?? {}, "ttl_12h_tokens") ?? 0,
    output: Json.number(usage, `${words.output}_tokens`) ?? 0,
    reasoning: Json.number(output, "reasoning_tokens") ?? 0,
    webSearches
  }
}
