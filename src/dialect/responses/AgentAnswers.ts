/** The way back from `AgentTools`: calls of functions as calls of what they stand for, whole and as they come. */
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as AgentTools from "./AgentTools.ts"

const argumentsOf = (item: JsonObject): string => Json.string(item, "arguments") ?? ""

/** The free text of a call; a model that did not keep to the one member is taken at its word. */
const inputOf = (text: string): string => Json.string(Json.parseObject(text) ?? {}, "input") ?? text

const idAs = (item: JsonObject, prefix: string): string | undefined =>
  Json.string(item, "id")?.replace(/^fc_/, `${prefix}_`)

const itemOf = (item: JsonObject, origins: AgentTools.Origins): JsonObject => {
  const origin = Json.string(item, "type") === "function_call"
    ? origins.byName.get(Json.string(item, "name") ?? "")
    : undefined
  if (origin === undefined) return item
  const { name, namespace } = origin
  const call = { call_id: Json.string(item, "call_id"), status: Json.string(item, "status") }
  switch (origin.kind) {
    case "function":
      return Json.compact({ ...item, name, namespace })
    case "custom": {
      const input = inputOf(argumentsOf(item))
      return Json.compact({ id: idAs(item, "ctc"), type: "custom_tool_call", ...call, name, namespace, input })
    }
    case "search": {
      const given = Json.parseObject(argumentsOf(item)) ?? {}
      return Json.compact({
        id: idAs(item, "tsc"),
        type: "tool_search_call",
        ...call,
        execution: "client",
        arguments: given
      })
    }
  }
}

const responseOf = (response: JsonObject, origins: AgentTools.Origins): JsonObject => {
  const output = Json.array(response, "output")
  const echoed = Json.pick(origins.request, ["tools", "tool_choice"].filter((name) => Object.hasOwn(response, name)))
  return {
    ...response,
    ...echoed,
    ...(output === undefined
      ? {}
      : { output: output.map((item) => Json.isObject(item) ? itemOf(item, origins) : item) })
  }
}

/** A response as the request's own client knows it. */
export const bodyFromResponses = (response: JsonObject, context: AnswerContext): JsonObject => {
  const origins = AgentTools.originsOf(context.request)
  return origins === undefined ? response : responseOf(response, origins)
}

/** The events of one. Free text is inside the arguments' JSON, so it comes in one piece, when it is whole. */
export const eventsFromResponses = (context: AnswerContext): Transducer => {
  const origins = AgentTools.originsOf(context.request)
  if (origins === undefined) return { push: (event) => [event] }
  const open = new Map<string, { readonly id: string | undefined; readonly origin: AgentTools.Origin }>()
  let sequence = 0

  const eventsOf = (event: JsonObject): ReadonlyArray<JsonObject> => {
    const type = Json.string(event, "type")
    const response = Json.object(event, "response")
    if (response !== undefined) return [{ ...event, response: responseOf(response, origins) }]
    const item = Json.object(event, "item")
    if (item !== undefined) {
      const own = itemOf(item, origins)
      const origin = own === item ? undefined : origins.byName.get(Json.string(item, "name") ?? "")
      if (origin !== undefined) open.set(Json.string(item, "id") ?? "", { id: Json.string(own, "id"), origin })
      return [{ ...event, item: own }]
    }
    const call = open.get(Json.string(event, "item_id") ?? "")
    if (call === undefined) return [event]
    if (type === "response.function_call_arguments.done") {
      if (call.origin.kind === "function") return [{ ...event, name: call.origin.name }]
      if (call.origin.kind === "search") return []
      const place = Json.compact({
        item_id: call.id,
        output_index: Json.number(event, "output_index"),
        sequence_number: 0
      })
      const input = inputOf(argumentsOf(event))
      return [
        { type: "response.custom_tool_call_input.delta", ...place, delta: input },
        { type: "response.custom_tool_call_input.done", ...place, input }
      ]
    }
    return call.origin.kind === "function" ? [event] : []
  }

  // What goes and what comes must not leave a gap.
  const inOrder = (event: JsonObject): JsonObject =>
    Json.number(event, "sequence_number") === undefined ? event : { ...event, sequence_number: sequence++ }

  return { push: (event) => eventsOf(event).map(inOrder) }
}
