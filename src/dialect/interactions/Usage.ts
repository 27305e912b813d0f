/** Token counts of an interaction: thoughts and tool use stand beside output and input, not within them. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Usage } from "../../Usage.ts"

/** Searches as the usage counts them; `undefined` where it does not. */
const searchesOf = (usage: JsonObject): number | undefined => {
  if (Json.array(usage, "grounding_tool_count") === undefined) return undefined
  let count = 0
  for (const tool of Json.objects(usage, "grounding_tool_count")) {
    if ((Json.string(tool, "type") ?? "google_search").startsWith("google_search")) {
      count += Json.number(tool, "count") ?? 0
    }
  }
  return count
}

/** The counts of a usage object; `searchSteps` stands in where it does not say how many searches were made. */
export const read = (usage: JsonObject, searchSteps: number): Usage => {
  const count = (name: string): number => Json.number(usage, name) ?? 0
  return {
    input: count("total_input_tokens") + count("total_tool_use_tokens"),
    cachedInput: count("total_cached_tokens"),
    cacheWriteInput: count("total_cache_write_tokens"),
    longCacheWriteInput: count("total_long_cache_write_tokens"),
    output: count("total_output_tokens") + count("total_thought_tokens"),
    reasoning: count("total_thought_tokens"),
    webSearches: searchesOf(usage) ?? searchSteps
  }
}

/** Counts as an interaction's `usage`. */
export const write = (usage: Usage): JsonObject =>
  Json.compact({
    total_input_tokens: usage.input,
    total_cached_tokens: usage.cachedInput,
    // Google charges no writes and has no words for them; other providers do.
    total_cache_write_tokens: usage.cacheWriteInput === 0 ? undefined : usage.cacheWriteInput,
    total_long_cache_write_tokens: usage.longCacheWriteInput === 0 ? undefined : usage.longCacheWriteInput,
    total_output_tokens: Math.max(0, usage.output - usage.reasoning),
    total_thought_tokens: usage.reasoning,
    total_tool_use_tokens: 0,
    total_tokens: usage.input + usage.output,
    grounding_tool_count: usage.webSearches === 0
      ? undefined
      : [{ type: "google_search", count: usage.webSearches }]
  })

/** Which member names an entry of a list in the usage, such as `modality` in `input_tokens_by_modality`. */
const labelOf = (entry: JsonObject): string =>
  Object.values(entry).filter((value) => typeof value === "string").join(" ")

const addEntries = (first: ReadonlyArray<JsonObject>, second: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  const sum = new Map(first.map((entry) => [labelOf(entry), entry]))
  for (const entry of second) {
    const known = sum.get(labelOf(entry))
    sum.set(labelOf(entry), known === undefined ? entry : add(known, entry))
  }
  return [...sum.values()]
}

/** Two usage objects of one answer as one: every count is the sum, `initial_input_tokens` is that of the first. */
export const add = (first: JsonObject, second: JsonObject): JsonObject => {
  const sum = new Map(Object.entries(first))
  for (const [name, value] of Object.entries(second)) {
    const before = sum.get(name)
    if (before === undefined) sum.set(name, value)
    else if (typeof before === "number" && typeof value === "number" && name !== "initial_input_tokens") {
      sum.set(name, before + value)
    } else if (Json.isArray(before) && Json.isArray(value)) {
      sum.set(name, addEntries(before.filter(Json.isObject), value.filter(Json.isObject)))
    }
  }
  return Object.fromEntries(sum)
}
