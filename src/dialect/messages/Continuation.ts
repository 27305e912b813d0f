/**
 * `pause_turn`: Anthropic stops a long turn of its own tools in the middle and goes on when it gets the turn back as
 * it was (vendor documentation; not seen in recorded traffic).
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Continuation } from "../../Dialect.ts"
import * as Usage from "./Usage.ts"

/** A message's content as blocks; a plain string is short for one text block. */
const blocksOf = (message: JsonObject): ReadonlyArray<Json.Json> => {
  const text = Json.string(message, "content")
  return text === undefined ? Json.array(message, "content") ?? [] : [{ type: "text", text }]
}

/** The turn goes to the end; a turn that was paused before, and stands there already, is made longer. */
const next = (request: JsonObject, body: JsonObject): JsonObject | undefined => {
  if (Json.string(body, "stop_reason") !== "pause_turn") return undefined
  const messages = Json.objects(request, "messages")
  const last = messages.at(-1)
  const isLonger = last !== undefined && Json.string(last, "role") === "assistant"
  const turn = { role: "assistant", content: [...(isLonger ? blocksOf(last) : []), ...blocksOf(body)] }
  return { ...request, messages: [...(isLonger ? messages.slice(0, -1) : messages), turn] }
}

const endings: ReadonlySet<string> = new Set(["stop_reason", "stop_sequence", "stop_details"])

const join = (first: JsonObject, second: JsonObject): JsonObject => ({
  ...first,
  ...Object.fromEntries(Object.entries(second).filter(([key]) => endings.has(key))),
  content: [...blocksOf(first), ...blocksOf(second)],
  usage: Usage.sum(Json.object(first, "usage") ?? {}, Json.object(second, "usage") ?? {})
})

const splice: Continuation["splice"] = () => {
  let isFirst = true
  /** Blocks of the streams before this one, and of all so far. */
  let offset = 0
  let count = 0
  /** Tokens of the streams before this one, and of this one so far. */
  let before: JsonObject = {}
  let usage: JsonObject = {}
  let held: ReadonlyArray<JsonObject> = []
  return {
    push: (event) => {
      switch (Json.string(event, "type")) {
        case "message_start":
          usage = Json.object(Json.object(event, "message") ?? {}, "usage") ?? {}
          return isFirst ? [event] : []
        case "message_delta":
          usage = Usage.merge(usage, Json.object(event, "usage") ?? {})
          held = [...held, { ...event, usage: Usage.sum(before, usage) }]
          return []
        case "message_stop":
          held = [...held, event]
          return []
        default: {
          const index = Json.number(event, "index")
          if (index === undefined) return [event]
          count = Math.max(count, offset + index + 1)
          return offset === 0 ? [event] : [{ ...event, index: offset + index }]
        }
      }
    },
    next: () => {
      isFirst = false
      offset = count
      before = Usage.sum(before, usage)
      usage = {}
      held = []
    },
    end: () => held
  }
}

export const continuation: Continuation = { next, join, splice }
