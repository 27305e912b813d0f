/**
 * Long answers. One call stops at a limit of its own with status `requires_continuation` and a `continuation_token`;
 * the same request with the token brings the rest, as an interaction of its own (vendor documentation).
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Continuation as Continuing } from "../../Dialect.ts"
import { finalOf, typeOf } from "./Event.ts"
import * as Usage from "./Usage.ts"

const without = (value: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))

/** A stored interaction goes on by its id and has the input already; otherwise the input is sent again. */
const next: Continuing["next"] = (request, body) => {
  const token = Json.string(body, "continuation_token") ?? ""
  if (Json.string(body, "status") !== "requires_continuation" || token === "") return undefined
  const id = Json.string(body, "id") ?? ""
  return id === "" || Json.boolean(request, "store") === false
    ? { ...request, continuation_token: token }
    : { ...without(request, "input"), continuation_token: token, previous_interaction_id: id }
}

/** The later body says how it ended, the earlier one when it began; steps follow each other and counts add up. */
const join: Continuing["join"] = (first, second) => {
  const usage = [Json.object(first, "usage"), Json.object(second, "usage")].filter((usage) => usage !== undefined)
  const [before, after] = usage
  const steps = [...Json.array(first, "steps") ?? [], ...Json.array(second, "steps") ?? []]
  return Json.compact({
    ...second,
    created: Json.string(first, "created") ?? Json.string(second, "created"),
    previous_interaction_id: Json.string(first, "previous_interaction_id"),
    usage: before === undefined || after === undefined ? before : Usage.add(before, after),
    steps: Json.array(first, "steps") === undefined && Json.array(second, "steps") === undefined ? undefined : steps
  })
}

const admission: ReadonlySet<string> = new Set(["interaction.created", "interaction.status_update"])

const splice: Continuing["splice"] = () => {
  let isFirst = true
  let offset = 0
  let count = 0
  let end: JsonObject | undefined
  return {
    push: (event) => {
      const interaction = finalOf(event)
      if (interaction !== undefined) {
        end = end === undefined ? interaction : join(end, interaction)
        return []
      }
      if (!isFirst && admission.has(typeOf(event))) return []
      const index = Json.number(event, "index")
      if (index === undefined) return [event]
      count = Math.max(count, offset + index + 1)
      return [offset === 0 ? event : { ...event, index: offset + index }]
    },
    next: () => {
      isFirst = false
      offset = count
    },
    end: () => end === undefined ? [] : [{ event_type: "interaction.completed", interaction: end }]
  }
}

export const Continuation: Continuing = { next, join, splice }
