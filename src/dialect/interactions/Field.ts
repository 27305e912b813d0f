/** What Interactions calls the fields that the hub has under other names, for errors that name them. */
import type { JsonObject } from "../../wire/Json.ts"
import * as FieldPath from "../FieldPath.ts"
import { inputCounts } from "./RequestToResponses.ts"

const names: ReadonlyArray<readonly [hub: RegExp, own: string]> = [
  [/^stop$/, "generation_config.stop_sequences"],
  [/^seed$/, "generation_config.seed"],
  [/^previous_response_id$/, "previous_interaction_id"]
]

/** The caller's name of a field of its request in the hub's form; of a step's content, the step. */
export const fieldOf = (field: string, request: JsonObject): string => {
  const item = FieldPath.inputItem(field)
  if (item !== undefined) {
    const place = FieldPath.locate(item.index, inputCounts(request))
    return place === undefined ? "input" : `input[${place.turn}]`
  }
  if (field.startsWith("text.format")) {
    return Object.hasOwn(request, "response_format") ? "response_format" : "response_mime_type"
  }
  return FieldPath.rename(field, names)
}
