/**
 * Marks that say where a prefix of the prompt ends that is worth caching: Anthropic's `cache_control`, which OpenRouter
 * and LiteLLM (their documentation of prompt caching) read from parts, messages and tools of Chat Completions too, and
 * OpenAI's `prompt_cache_breakpoint` (SDK types; gpt-5.6 and later). In the hub they stand where they stood.
 */
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

const names = ["cache_control", "prompt_cache_breakpoint"] as const

export const isMarked = (value: JsonObject): boolean => names.some((name) => Json.object(value, name) !== undefined)

/** What was made of a source, with the marks of the source. */
export const keep = (source: JsonObject, made: JsonObject): JsonObject =>
  isMarked(source)
    ? { ...made, ...Json.compact(Object.fromEntries(names.map((name) => [name, Json.object(source, name)]))) }
    : made

const lists = ["content", "output"] as const

const partsOf = (item: JsonObject): ReadonlyArray<JsonObject> => lists.flatMap((name) => Json.objects(item, name))

/** Whether anything in a request in the hub's form is marked. */
export const isMarkedWithin = (request: JsonObject): boolean =>
  Json.objects(request, "tools").some(isMarked) ||
  Json.objects(request, "input").some((item) => isMarked(item) || partsOf(item).some(isMarked))

const withoutControl = (value: Json.Json): Json.Json => {
  if (!Json.isObject(value) || !Object.hasOwn(value, "cache_control")) return value
  const { cache_control: _, ...rest } = value
  return rest
}

/** An item or a tool, and its parts, without what only Anthropic understands. */
export const withoutAnthropic = (value: Json.Json): Json.Json => {
  const bare = withoutControl(value)
  if (!Json.isObject(bare) || !partsOf(bare).some((part) => Object.hasOwn(part, "cache_control"))) return bare
  return {
    ...bare,
    ...Json.compact(Object.fromEntries(lists.map((name) => [name, Json.array(bare, name)?.map(withoutControl)])))
  }
}
