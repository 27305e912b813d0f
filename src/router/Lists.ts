/** The lists of a request that hold objects: a translation walks them, and what is no object would be lost unseen. */
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

const ofRequest = ["messages", "input", "system", "system_instruction", "tools"]
const ofElement = ["content", "tool_calls"]

/** Where the first element stands that is no object, such as `messages[1].content[0]`; `undefined` if all are. */
export const strayElement = (request: JsonObject): string | undefined => strayIn(request, ofRequest, "")

const strayIn = (value: JsonObject, keys: ReadonlyArray<string>, prefix: string): string | undefined => {
  for (const key of keys) {
    for (const [index, element] of (Json.array(value, key) ?? []).entries()) {
      const place = `${prefix}${key}[${index}]`
      const stray = Json.isObject(element) ? strayIn(element, ofElement, `${place}.`) : place
      if (stray !== undefined) return stray
    }
  }
  return undefined
}
