/**
 * Gathers a Responses stream into the response a non-streaming call would have had. The terminal event's object is it,
 * unless items went by that it leaves out: then they are put in. Only item and terminal events are looked at.
 */
import type { Collector } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as Items from "./Items.ts"

const terminal: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"])

/** The response with the items that went by and are missing in it, in the order of the stream. */
const completed = (response: JsonObject, items: ReadonlyArray<JsonObject>): JsonObject => {
  const output = Json.objects(response, "output")
  const places = Items.match(items, output)
  const found = new Map(places.flatMap((place, at) => place === undefined ? [] : [[place, output[at] ?? {}]]))
  return found.size === items.length ? response : {
    ...response,
    output: [
      ...items.map((item, place) => found.get(place) ?? item),
      ...output.filter((_, at) => places[at] === undefined)
    ]
  }
}

export const make = (): Collector => {
  // An index is the provider's word: a key, never a length.
  const items = new Map<number, JsonObject>()
  const earlier: Array<JsonObject> = []
  let body: JsonObject | undefined

  const add = (index: number, item: JsonObject, isAdded: boolean): void => {
    const known = items.get(index)
    if (isAdded && known !== undefined) {
      if (Json.string(known, "id") === Json.string(item, "id")) return
      // Some backends number all items alike.
      earlier.push(known)
    }
    items.set(index, item)
  }

  return {
    needs: (event) => event.startsWith("response.output_item.") || terminal.has(event),
    add: (event) => {
      const type = Json.string(event, "type") ?? ""
      const index = Json.number(event, "output_index")
      const item = Json.object(event, "item")
      if (index !== undefined && item !== undefined && type.startsWith("response.output_item.")) {
        add(index, item, type === "response.output_item.added")
      } else if (terminal.has(type)) {
        const inOrder = [...items].toSorted(([one], [other]) => one - other).map(([, item]) => item)
        body = completed(Json.object(event, "response") ?? {}, [...earlier, ...inOrder])
      }
    },
    body: () => body
  }
}
