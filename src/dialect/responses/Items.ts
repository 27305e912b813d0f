/**
 * Which items of a final response have gone by as events. Backends leave `output` out of the final object, or out of
 * the stream, number items with gaps and name one item differently in different places; so an item is found again by
 * its id, else by the id of its call, else as the first of its type that nobody claimed.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

/** For each item of `output` the one in `seen` that it is; `undefined` for one that never went by. */
export const match = (
  seen: ReadonlyArray<JsonObject>,
  output: ReadonlyArray<JsonObject>
): ReadonlyArray<number | undefined> => {
  const claimed = new Set<number>()
  const by = (key: string): (item: JsonObject) => number | undefined => {
    const places = new Map(seen.map((item, index) => [Json.string(item, key), index]))
    return (item) => {
      const value = Json.string(item, key)
      const found = value === undefined ? undefined : places.get(value)
      if (found === undefined || claimed.has(found)) return undefined
      claimed.add(found)
      return found
    }
  }
  const byId = by("id")
  const byCall = by("call_id")
  const named = output.map((item) => byId(item) ?? byCall(item))
  const unclaimed = new Map<string, Array<number>>()
  for (const [index, item] of seen.entries()) {
    if (claimed.has(index)) continue
    const type = Json.string(item, "type") ?? ""
    const places = unclaimed.get(type) ?? []
    unclaimed.set(type, places)
    places.push(index)
  }
  for (const places of unclaimed.values()) places.reverse()
  return named.map((found, at) => {
    const item = output[at] ?? {}
    if (found !== undefined) return found
    const places = unclaimed.get(Json.string(item, "type") ?? "") ?? []
    const next = seen[places.at(-1) ?? -1]
    const isOther = next === undefined ||
      (Json.string(next, "call_id") ?? Json.string(item, "call_id")) !==
        (Json.string(item, "call_id") ?? Json.string(next, "call_id"))
    return isOther ? undefined : places.pop()
  })
}
