/**
 * The pieces of a request from Responses to Interactions, so that Gemini can serve it: the conversation, the tools, the
 * format and what else is more than a word for a word. The rules say where each belongs.
 */
import * as Result from "effect/Result"
import type * as Api from "../../api/Interactions.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Translated } from "../../Dialect.ts"
import * as Effort from "../Effort.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as JsonSchema from "../JsonSchema.ts"
import * as Tools from "../responses/Tools.ts"
import * as GeminiModel from "./GeminiModel.ts"
import * as Part from "./Part.ts"
import * as ResponseId from "./ResponseId.ts"
import * as ServiceTier from "./ServiceTier.ts"

const { each, refuse, refuseEssential } = Part

const say = (value: Json.Json | undefined): string => JSON.stringify(value ?? null)

const contentOf = (message: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> => {
  const content = Json.string(message, "content")
  return content === undefined
    ? each(Json.array(message, "content") ?? [], `${field}.content`, Part.fromResponses)
    : Result.succeed([{ type: "text", text: content }])
}

const isSystem = (item: JsonObject): boolean => {
  const role = Json.string(item, "role")
  return role === "system" || role === "developer"
}

const systemText = (item: JsonObject, field: string): Translated<string> =>
  Result.flatMap(contentOf(item, field), (content) => {
    const other = content.findIndex((part) => Json.string(part, "type") !== "text")
    return other === -1
      ? Result.succeed(content.map((part) => Json.string(part, "text") ?? "").join(""))
      : refuse(`${field}.content[${other}].type`, "Gemini takes instructions as text only.")
  })

/** Google's own opaque value behind a tagged one; a stranger's is nothing Gemini could read. */
const ownSignature = (tagged: string | undefined): string | undefined => {
  const opaque = tagged === undefined ? undefined : ForeignSignature.decode(tagged, "openai")
  return opaque?.provider === "google" ? opaque.value : undefined
}

const thought = (item: JsonObject): ReadonlyArray<JsonObject> => {
  const signature = ownSignature(Json.string(item, "encrypted_content"))
  if (signature === undefined) return []
  const summary = Json.objects(item, "summary").map((part) => ({ type: "text", text: Json.string(part, "text") ?? "" }))
  return [
    Json.compact(
      { type: "thought", signature, summary: summary.length === 0 ? undefined : summary } satisfies Json.Members<
        Api.Thought
      >
    )
  ]
}

const functionCall = (item: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> => {
  const text = Json.string(item, "arguments") ?? ""
  const parsed = text.trim() === "" ? {} : JsonSource.parseObject(text)
  if (parsed === undefined) {
    return refuse(`${field}.arguments`, "Gemini needs the arguments of a call as the text of a JSON object.")
  }
  return Result.succeed([Json.compact(
    {
      type: "function_call",
      id: Json.string(item, "call_id"),
      name: Json.string(item, "name"),
      arguments: parsed,
      signature: ownSignature(Json.string(item, "signature"))
    } satisfies Json.Members<Api.FunctionCall>
  )])
}

/** The name of the function behind each call: Gemini wants it on the result too. */
const namesOf = (items: ReadonlyArray<Json.Json>): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  for (const item of items) {
    if (!Json.isObject(item) || Json.string(item, "type") !== "function_call") continue
    const name = Json.string(item, "name")
    if (name !== undefined) names.set(Json.string(item, "call_id") ?? "", name)
  }
  return names
}

const functionResult = (
  item: JsonObject,
  field: string,
  names: ReadonlyMap<string, string>
): Translated<ReadonlyArray<JsonObject>> => {
  const callId = Json.string(item, "call_id") ?? ""
  const output = Json.string(item, "output")
  const result: Translated<Json.Json> = output === undefined
    ? each(Json.array(item, "output") ?? [], `${field}.output`, Part.fromResponses)
    : Result.succeed(output)
  return Result.map(result, (result) => [
    Json.compact(
      {
        type: "function_result",
        call_id: callId,
        name: names.get(callId),
        is_error: Json.string(item, "status") === "incomplete" ? true : undefined,
        result
      } satisfies Json.Members<Api.FunctionResult>
    )
  ])
}

const stepsOf = (names: ReadonlyMap<string, string>) =>
(
  item: Json.Json,
  field: string
): Translated<ReadonlyArray<JsonObject>> => {
  if (!Json.isObject(item)) return refuse(field, "Each item of input must be an object, such as a message.")
  // A bare `{ id }` is a reference too; only a message has a role.
  const type = Json.string(item, "type") ?? (Json.isGiven(item, "role") ? "message" : "item_reference")
  switch (type) {
    case "message":
      if (isSystem(item)) return Result.succeed([])
      return Result.map(contentOf(item, field), (content) => {
        // Empty content, and a turn without any, are refused.
        const said = content.filter((part) => Json.string(part, "text") !== "")
        const type = Json.string(item, "role") === "assistant" ? "model_output" : "user_input"
        return said.length === 0 ? [] : [{ type, content: said }]
      })
    case "function_call":
      return functionCall(item, field)
    case "function_call_output":
      return functionResult(item, field, names)
    case "reasoning":
      return Result.succeed(thought(item))
    // What was found is in the text that followed it.
    case "web_search_call":
      return Result.succeed([])
    default:
      return refuse(`${field}.type`, `Gemini has no counterpart of an input item of type ${say(type)}.`)
  }
}

/** The conversation: `input` as it goes into Interactions, and what of it belongs into `system_instruction`. */
export const conversation = (
  request: JsonObject
): Translated<{ readonly input: Json.Json | undefined; readonly system_instruction: string | undefined }> => {
  const text = Json.string(request, "input")
  const items = Json.array(request, "input") ?? []
  const instructions = Json.string(request, "instructions")
  const system = each(items, "input", (item, field) =>
    Json.isObject(item) && isSystem(item)
      ? Result.map(systemText(item, field), (text) => [text])
      : Result.succeed([]))
  return Result.flatMap(system, (system) =>
    Result.map(each(items, "input", stepsOf(namesOf(items))), (steps) => {
      const all = [...(instructions === undefined ? [] : [instructions]), ...system.flat()]
      return {
        input: text ?? (Json.array(request, "input") === undefined ? undefined : steps.flat()),
        system_instruction: all.length === 0 ? undefined : all.join("\n\n")
      }
    }))
}

const hasMembers = (value: JsonObject | undefined): boolean =>
  value !== undefined && Object.values(value).some((member) => member !== null)

const tool = (value: Json.Json, field: string): Translated<JsonObject> => {
  if (!Json.isObject(value)) return refuse(field, "Each tool must be an object with a type, such as function.")
  const type = Tools.typeOf(value)
  if (type === "function") {
    return Result.succeed(Json.compact({
      type,
      name: Json.string(value, "name"),
      description: Json.string(value, "description"),
      parameters: JsonSchema.ofParameters(Json.object(value, "parameters"))
    }))
  }
  if (type === "web_fetch") {
    return hasMembers(Json.object(value, "filters"))
      ? refuse(`${field}.filters`, "Gemini's reading of addresses cannot be limited to certain domains.")
      : Result.succeed({ type: "url_context" })
  }
  if (type.startsWith("web_search")) {
    if (hasMembers(Json.object(value, "filters"))) {
      return refuse(`${field}.filters`, "Google Search cannot be limited to certain domains.")
    }
    if (hasMembers(Json.object(value, "user_location"))) {
      return refuse(`${field}.user_location`, "Google Search cannot be told a location. Put it into the prompt.")
    }
    return Result.succeed({ type: "google_search" })
  }
  return refuse(`${field}.type`, `Gemini has no counterpart of a tool of type ${say(type)}.`)
}

/** The tools on offer; `undefined` where there are none. */
export const tools = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(
    each(Json.array(request, "tools") ?? [], "tools", tool),
    (tools) => tools.length === 0 ? undefined : tools
  )

const modes: { readonly [mode: string]: string } = { auto: "auto", none: "none", required: "any" }

export const toolChoice = (request: JsonObject): Translated<Json.Json | undefined> => {
  const mode = Json.string(request, "tool_choice")
  if (mode !== undefined) {
    return Object.hasOwn(modes, mode)
      ? Result.succeed(modes[mode])
      : refuse("tool_choice", `It must be auto, none or required, not ${say(mode)}.`)
  }
  const choice = Json.object(request, "tool_choice")
  if (choice === undefined) return Result.succeed(undefined)
  const type = Json.string(choice, "type")
  const allowed = (mode: string, names: ReadonlyArray<string>): JsonObject => ({
    allowed_tools: { mode, tools: [...names] }
  })
  const nameOf = (tool: JsonObject, field: string): Translated<string> => {
    const name = Json.string(tool, "name")
    return name === undefined || (Json.string(tool, "type") ?? "function") !== "function"
      ? refuse(`${field}.type`, "Gemini can be told to use functions only, by their names.")
      : Result.succeed(name)
  }
  if (type !== "allowed_tools") {
    return Result.map(nameOf(choice, "tool_choice"), (name): JsonObject => allowed("any", [name]))
  }
  return Result.map(
    each(Json.objects(choice, "tools"), "tool_choice.tools", nameOf),
    (names): JsonObject => allowed(Json.string(choice, "mode") === "required" ? "any" : "auto", names)
  )
}

export const responseFormat = (request: JsonObject): Translated<JsonObject | undefined> => {
  const format = Json.object(Json.object(request, "text") ?? {}, "format")
  const type = format === undefined ? "text" : Json.string(format, "type") ?? "text"
  switch (type) {
    case "text":
      return Result.succeed(undefined)
    case "json_object":
      return Result.succeed({ type: "text", mime_type: "application/json" })
    case "json_schema":
      return Result.succeed(Json.compact({
        type: "text",
        mime_type: "application/json",
        schema: format === undefined ? undefined : Json.object(format, "schema")
      }))
    default:
      return refuse("text.format.type", `It must be text, json_object or json_schema, not ${say(type)}.`)
  }
}

/** The level nearest to the effort that is asked for. */
export const thinkingLevel = (request: JsonObject): Translated<string | undefined> => {
  const effort = Json.string(Json.object(request, "reasoning") ?? {}, "effort")
  if (effort === undefined) return Result.succeed(undefined)
  return Effort.isLevel(effort)
    ? Result.succeed(Effort.nearest(GeminiModel.of(Json.string(request, "model") ?? "").efforts, effort))
    : refuse("reasoning.effort", `It must be one of ${Effort.levels.join(", ")}, not ${say(effort)}.`)
}

export const stopSequences = (request: JsonObject): ReadonlyArray<Json.Json> | undefined => {
  const stop = Json.string(request, "stop")
  return stop === undefined ? Json.array(request, "stop") : [stop]
}

/** Labels of up to 63 lower-case letters, digits, `_` and `-`; metadata that does not fit is left out. */
export const labels = (request: JsonObject): JsonObject | undefined => {
  const fitting = Object.entries(Json.object(request, "metadata") ?? {}).filter(([key, value]) =>
    /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) &&
    typeof value === "string" && /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value)
  )
  return fitting.length === 0 ? undefined : Object.fromEntries(fitting)
}

export const previous = (request: JsonObject): Translated<string | undefined> => {
  const id = Json.string(request, "previous_response_id")
  if (id === undefined) return Result.succeed(undefined)
  const interaction = ResponseId.toInteraction(id)
  return interaction === undefined
    ? refuseEssential(
      "previous_response_id",
      "It must be the id of an answer that Gemini gave and stored (store: true). Send the whole conversation in input."
    )
    : Result.succeed(interaction)
}

const tiers: ReadonlySet<string> = new Set(["standard", "flex", "priority"])

export const serviceTier = (request: JsonObject): Translated<string | undefined> => {
  const tier = Json.string(request, "service_tier")
  if (tier === undefined || tier === "auto") return Result.succeed(undefined)
  const word = ServiceTier.fromResponses(tier)
  return tiers.has(word)
    ? Result.succeed(word)
    : refuse("service_tier", `Gemini has no tier ${say(tier)}.`)
}
