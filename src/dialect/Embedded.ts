/**
 * Where the formats hold JSON of the caller's or the model's own: what a call was made with, what a function gave back,
 * and schemas. Its numbers keep their spelling in a translation.
 */
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"

const names: ReadonlySet<string> = new Set(["input", "arguments", "result", "parameters", "input_schema", "schema"])

/**
 * Prepares a body or a request for its translation: `value` is what was read from the text. Where a name occurs twice in
 * one object the last counts, as it does for a JSON parser.
 */
export const remember = (text: string, value: JsonObject): void => {
  const walk = (from: number, value: Json.Json, depth: number): void => {
    if (depth > JsonSource.maxDepth) return
    if (Json.isArray(value)) {
      for (const [index, start] of JsonMembers.elements(text, from).entries()) {
        walk(start, value[index] ?? null, depth + 1)
      }
    } else if (Json.isObject(value)) {
      const last = new Map(JsonMembers.members(text, from).map((member) => [member.name, member]))
      for (const [name, { end, value: start }] of last) {
        const child = Object.hasOwn(value, name) ? value[name] ?? null : null
        const isOwn = names.has(name) && Json.isObject(child) || name === "result" && Json.isArray(child)
        if (isOwn) JsonSource.remember(child, text.slice(start, end))
        else walk(start, child, depth + 1)
      }
    }
  }
  if (!JsonSource.isPlain(text)) walk(0, value, 0)
}
