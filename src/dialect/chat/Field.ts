/** What Chat Completions calls the fields that the hub has under other names, for errors that name them. */
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as FieldPath from "../FieldPath.ts"
import * as Conversation from "./Conversation.ts"

const names: ReadonlyArray<readonly [hub: RegExp, own: string]> = [
  [/^text\.format\b/, "response_format"],
  [/^include\b.*/, "logprobs"]
]

const inMessage: ReadonlyArray<readonly [hub: RegExp, own: string]> = [
  [/^\.output\b/, ".content"],
  [/\.(file_id|file_data)$/, ".file.$1"]
]

const isCall = (item: JsonObject): boolean => Json.string(item, "type") === "function_call"

const messageField = (index: number, rest: string, request: JsonObject): string | undefined => {
  const turns = Result.getOrElse(Conversation.toTurns(request), () => [])
  const place = FieldPath.locate(index, turns.map((items) => items.length))
  if (place === undefined) return undefined
  const items = turns[place.turn] ?? []
  const call = items[place.item]
  const own = call !== undefined && isCall(call)
    ? `.tool_calls[${items.slice(0, place.item).filter(isCall).length}]${rest.replace(/^\./, ".function.")}`
    : FieldPath.rename(rest, inMessage)
  return `messages[${place.turn}]${own}`
}

/** The caller's name of a field of its request in the hub's form. */
export const fieldOf = (field: string, request: JsonObject): string => {
  const item = FieldPath.inputItem(field)
  if (item !== undefined) return messageField(item.index, item.rest, request) ?? field
  const tool = /^tools\[(\d+)\](.*)$/.exec(field)
  // The search follows the caller's own tools.
  return tool !== null && Number(tool[1]) >= Json.objects(request, "tools").length
    ? `web_search_options${tool[2] ?? ""}`
    : FieldPath.rename(field, names)
}
