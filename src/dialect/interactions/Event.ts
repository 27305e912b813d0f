/** What an event of an Interactions stream is, by its `event_type`. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

/** The event's type; empty where it names none. */
export const typeOf = (event: JsonObject): string => Json.string(event, "event_type") ?? ""

/** The interaction of the event that ends a stream; `interaction.complete` is its name before the steps schema. */
export const finalOf = (event: JsonObject): JsonObject | undefined => {
  const type = typeOf(event)
  return type === "interaction.completed" || type === "interaction.complete"
    ? Json.object(event, "interaction") ?? {}
    : undefined
}
