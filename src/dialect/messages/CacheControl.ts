/**
 * Where Claude is to cache the prompt: at marks that the caller set, or, for one who asks for a cache as OpenAI's callers
 * do, at the last block that can be cached. Without either nothing is cached, and nothing is paid for it.
 *
 * Wire facts: vendor documentation of prompt caching. At most four marks; a longer life stands before a shorter one.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as CacheMarks from "../CacheMarks.ts"
import type { Output } from "../Rules.ts"

const control = (isLong: boolean): JsonObject => isLong ? { type: "ephemeral", ttl: "1h" } : { type: "ephemeral" }

/** A mark in Anthropic's words; `undefined` where there is none. Half an hour is OpenAI's shortest, twelve its longest. */
export const of = (value: JsonObject): JsonObject | undefined => {
  const own = Json.object(value, "cache_control")
  if (own !== undefined) return control(Json.string(own, "ttl") === "1h")
  const breakpoint = Json.object(value, "prompt_cache_breakpoint")
  return breakpoint === undefined ? undefined : control(Json.string(breakpoint, "ttl") === "12h")
}

/** A block with the mark of what it was made of. */
export const keep = (source: JsonObject, block: JsonObject): JsonObject => {
  const mark = of(source)
  return mark === undefined ? block : { ...block, cache_control: mark }
}

export const without = (block: JsonObject): JsonObject => {
  const { cache_control: _, ...rest } = block
  return rest
}

/** The mark for the whole prompt. */
export const automatic = (request: JsonObject): Output<"cache_control"> => {
  const options = Json.object(request, "prompt_cache_options") ?? {}
  const retention = Json.string(request, "prompt_cache_retention")
  const isAsked = Json.isGiven(request, "prompt_cache_key") || retention !== undefined ||
    Object.keys(options).length > 0
  const own = of({ cache_control: Json.object(request, "cache_control") ?? null })
  if (own !== undefined) return { cache_control: own }
  return !isAsked || Json.string(options, "mode") === "explicit" || CacheMarks.isMarkedWithin(request)
    ? {}
    : { cache_control: control(retention === "24h" || Json.string(options, "ttl") === "12h") }
}

const most = 4

const isMark = (value: JsonObject): boolean => Json.object(value, "cache_control") !== undefined

/** The request with as many marks as are taken, and in an order that is: the last count, for they hold the others. */
export const bounded = (request: JsonObject): JsonObject => {
  const blocks = Json.objects(request, "messages").flatMap((turn) => Json.objects(turn, "content"))
  const marked = [...Json.objects(request, "tools"), ...Json.objects(request, "system"), ...blocks].filter(isMark)
  const places = most - (isMark(request) ? 1 : 0)
  const isLong = (value: JsonObject): boolean => Json.isGiven(Json.object(value, "cache_control") ?? {}, "ttl")
  const kept = marked.slice(-places)
  const firstShort = kept.findIndex((value) => !isLong(value))
  const isOrdered = firstShort === -1 || !kept.slice(firstShort).some(isLong)
  if (marked.length <= places && isOrdered) return request
  const lives = new Map(
    kept.map((value, at) => [value, control(isLong(value) && (firstShort === -1 || at < firstShort))])
  )
  const mark = (value: Json.Json): Json.Json => {
    if (!Json.isObject(value) || !isMark(value)) return value
    const life = lives.get(value)
    return life === undefined ? without(value) : { ...value, cache_control: life }
  }
  const within = (value: JsonObject, name: string): JsonObject => {
    const list = Json.array(value, name)
    return list === undefined ? value : { ...value, [name]: list.map(mark) }
  }
  return {
    ...within(within(request, "tools"), "system"),
    messages: Json.objects(request, "messages").map((turn) => within(turn, "content"))
  }
}
