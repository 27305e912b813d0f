/** What Messages calls the fields that the hub has under other names, for errors that name them. */
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as FieldPath from "../FieldPath.ts"
import { turnItems } from "./RequestToResponses.ts"

const names: ReadonlyArray<readonly [hub: RegExp, own: string]> = [
  [/^stop$/, "stop_sequences"],
  [/^parallel_tool_calls$/, "tool_choice.disable_parallel_tool_use"],
  [/^(tools\[\d+\])\.filters\.(\w+)$/, "$1.$2"]
]

const searchFilter = (field: string, request: JsonObject): string | undefined => {
  const match = /^tools\[(\d+)\]\.filters$/.exec(field)
  const tool = match === null ? undefined : Json.objects(request, "tools")[Number(match[1])]
  const filter = ["allowed_domains", "blocked_domains"].find((name) => Json.array(tool ?? {}, name) !== undefined)
  return filter === undefined ? undefined : `tools[${match?.[1]}].${filter}`
}

/** The caller's name of a field of its request in the hub's form; of a turn's content, the turn. */
export const fieldOf = (field: string, request: JsonObject): string => {
  const item = FieldPath.inputItem(field)
  if (item === undefined) return searchFilter(field, request) ?? FieldPath.rename(field, names)
  const counts = Json.objects(request, "messages").map((turn, index) =>
    Result.getOrElse(turnItems(turn, `messages[${index}]`), () => []).length
  )
  const place = FieldPath.locate(item.index, counts)
  return place === undefined ? field : `messages[${place.turn}]`
}
