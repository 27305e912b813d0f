/**
 * Other providers' opaque values in a request that would reach its provider untouched. A conversation that changes
 * providers brings them along, and a provider refuses what it did not encrypt itself.
 */
import { isString } from "effect/Predicate"
import * as Opaque from "../dialect/Opaque.ts"
import * as Json from "./Json.ts"
import type { JsonObject } from "./Json.ts"

/** Whether a text may hold such a value; one that holds none is never parsed and printed again. */
export const mayHold = (text: string): boolean => text.includes(`"${Opaque.prefix}:`)

/** The request without them: a thought goes as a whole, a call only loses its signature. */
export const without = (request: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(request)
      .filter(([, value]) => !isTagged(value))
      .map(([key, value]) => [key, stripped(value)])
  )

const isTagged = (value: Json.Json): boolean => isString(value) && Opaque.decode(value, undefined) !== undefined

const thoughts: ReadonlySet<string> = new Set([
  "reasoning",
  "reasoning.encrypted",
  "thinking",
  "redacted_thinking",
  "thought"
])

const isForeignThought = (value: Json.Json): boolean =>
  Json.isObject(value) && thoughts.has(Json.string(value, "type") ?? "") && Object.values(value).some(isTagged)

const stripped = (value: Json.Json): Json.Json => {
  if (Json.isArray(value)) return value.filter((element) => !isForeignThought(element)).map(stripped)
  return Json.isObject(value) ? without(value) : value
}
