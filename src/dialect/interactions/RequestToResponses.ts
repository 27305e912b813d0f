/**
 * The pieces of a request from Interactions to Responses, so that another provider can serve it: the conversation, the
 * tools, the format and what else is more than a word for a word. The rules say where each belongs.
 */
import * as Result from "effect/Result"
import type * as Api from "../../api/Responses.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Translated } from "../../Dialect.ts"
import * as CacheMarks from "../CacheMarks.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as Part from "./Part.ts"
import * as Tools from "../responses/Tools.ts"
import * as ResponseId from "./ResponseId.ts"
import * as ServiceTier from "./ServiceTier.ts"

const { each, refuse, refuseEssential } = Part

const say = (value: Json.Json | undefined): string => JSON.stringify(value ?? null)

/** Calls seen so far that have no result yet; a call or a result without an id is matched by name and order. */
interface Calls {
  readonly call: (step: JsonObject) => string
  readonly result: (step: JsonObject) => string
}

const makeCalls = (): Calls => {
  const open: Array<{ readonly id: string; readonly name: string }> = []
  let count = 0
  return {
    call: (step) => {
      const id = Json.string(step, "id") || `call_${count}`
      count++
      open.push({ id, name: Json.string(step, "name") ?? "" })
      return id
    },
    result: (step) => {
      const id = Json.string(step, "call_id")
      const name = Json.string(step, "name")
      const index = open.findIndex((call) => id === undefined || id === "" ? call.name === name : call.id === id)
      const [call] = index === -1 ? [] : open.splice(index, 1)
      return id || (call?.id ?? "")
    }
  }
}

const isText = (content: JsonObject): boolean => Json.string(content, "type") === "text"

/** What a function gave back: text as it is, content part by part, anything else as JSON text. */
const outputOf = (step: JsonObject, field: string): Translated<Json.Json> => {
  const text = Json.string(step, "result")
  if (text !== undefined) return Result.succeed(text)
  const result = Object.hasOwn(step, "result") ? step["result"] : undefined
  const content = Json.isArray(result) ? result : undefined
  return content !== undefined &&
      content.every((part) => Json.isObject(part) && Json.string(part, "type") !== undefined)
    ? each(content.filter(Json.isObject), `${field}.result`, (part, field) => Part.toResponses(part, field, "user"))
    : Result.succeed(result === undefined ? "" : JsonSource.stringify(result))
}

const functionResult = (step: JsonObject, field: string, calls: Calls): Translated<JsonObject> =>
  Result.map(outputOf(step, field), (output) =>
    Json.compact(
      {
        type: "function_call_output",
        call_id: calls.result(step),
        output,
        // The nearest that Responses has to a result that is an error.
        status: Json.boolean(step, "is_error") === true ? "incomplete" : undefined
      } satisfies Json.Members<Api.FunctionCallOutput>
    ))

/** A turn of the user; results of functions in it become items of their own, in their place. */
const userTurn = (
  content: ReadonlyArray<JsonObject>,
  fieldOf: (index: number) => string,
  calls: Calls
): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const items: Array<JsonObject> = []
    let parts: Array<JsonObject> = []
    const endMessage = (): void => {
      if (parts.length > 0) {
        items.push({ type: "message", role: "user", content: parts } satisfies Json.Members<Api.InputMessage>)
      }
      parts = []
    }
    for (const [index, part] of content.entries()) {
      if (Json.string(part, "type") === "function_result") {
        endMessage()
        items.push(yield* functionResult(part, fieldOf(index), calls))
      } else {
        parts.push(yield* Part.toResponses(part, fieldOf(index), "user"))
      }
    }
    endMessage()
    return items
  })

/** The content of a step, which may be written as bare text. */
const contentOf = (step: JsonObject): ReadonlyArray<JsonObject> => {
  const text = Json.string(step, "content")
  return text === undefined ? Json.objects(step, "content") : [{ type: "text", text }]
}

const modelTurn = (step: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> =>
  Result.map(
    each(contentOf(step), `${field}.content`, (part, field) => Part.toResponses(part, field, "assistant")),
    (content) =>
      content.length === 0
        ? []
        : [{ type: "message", role: "assistant", content } satisfies Json.Members<Api.InputMessage>]
  )

/** Reasoning that another provider gave out through this dialect; Google's own is nothing it could read. */
const reasoning = (step: JsonObject): ReadonlyArray<JsonObject> => {
  const signature = Json.string(step, "signature") ?? ""
  const opaque = signature === "" ? undefined : ForeignSignature.decode(signature, "google")
  if (opaque === undefined || opaque.provider === "google") return []
  return [Json.compact(
    {
      type: "reasoning",
      id: opaque.provider === "openai" && opaque.id !== "" ? opaque.id : undefined,
      summary: Json.objects(step, "summary").filter(isText).map((part) => ({
        type: "summary_text",
        text: Json.string(part, "text") ?? ""
      })),
      encrypted_content: ForeignSignature.encode(opaque, "openai")
    } satisfies Json.Members<Api.Reasoning>
  )]
}

const functionCall = (step: JsonObject, calls: Calls): JsonObject => {
  const text = Json.string(step, "arguments")
  return Json.compact(
    {
      type: "function_call",
      call_id: calls.call(step),
      name: Json.string(step, "name"),
      arguments: text ?? JsonSource.stringify(Json.object(step, "arguments") ?? {})
    } satisfies Json.Members<Api.FunctionCall>
  )
}

const itemsOf = (step: JsonObject, field: string, calls: Calls): Translated<ReadonlyArray<JsonObject>> => {
  const type = Json.string(step, "type")
  switch (type) {
    case "user_input":
      return userTurn(contentOf(step), (index) => `${field}.content[${index}]`, calls)
    case "model_output":
      return modelTurn(step, field)
    case "thought":
      return Result.succeed(reasoning(step))
    case "function_call":
      return Result.succeed([functionCall(step, calls)])
    case "function_result":
      return Result.map(functionResult(step, field, calls), (item) => [item])
    // What was found is in the text that followed it.
    case "google_search_call":
    case "google_search_result":
    case "url_context_call":
    case "url_context_result":
      return Result.succeed([])
    default:
      return refuse(`${field}.type`, `This model cannot be given a step of type ${say(type)}.`)
  }
}

const contentTypes: ReadonlySet<string> = new Set(["text", "image", "document", "audio", "video"])

const isContent = (value: JsonObject): boolean => contentTypes.has(Json.string(value, "type") ?? "")

/** The items of each step in a list of steps; content among them is a turn of the user. */
const stepItems = (values: ReadonlyArray<JsonObject>): Translated<ReadonlyArray<ReadonlyArray<JsonObject>>> => {
  const calls = makeCalls()
  return each(
    values,
    "input",
    (value, field) => isContent(value) ? userTurn([value], () => field, calls) : itemsOf(value, field, calls)
  )
}

const isOneTurn = (values: ReadonlyArray<JsonObject>): boolean => values.length > 0 && values.every(isContent)

/** How many items each step of `input` becomes; nothing where `input` is no list of steps. */
export const inputCounts = (request: JsonObject): ReadonlyArray<number> => {
  const values = Json.objects(request, "input")
  return isOneTurn(values) ? [] : Result.getOrElse(stepItems(values), () => []).map((items) => items.length)
}

/** `input` is a text, one piece of content, several, or steps. */
export const input = (request: JsonObject): Translated<Json.Json | undefined> => {
  const text = Json.string(request, "input")
  if (text !== undefined) return Result.succeed(text)
  const calls = makeCalls()
  const single = Json.object(request, "input")
  if (single !== undefined) {
    return isContent(single) ? userTurn([single], () => "input", calls) : itemsOf(single, "input", calls)
  }
  const values = Json.array(request, "input")
  if (values === undefined) return Result.succeed(undefined)
  const objects = values.filter(Json.isObject)
  return isOneTurn(objects)
    ? userTurn(objects, (index) => `input[${index}]`, calls)
    : Result.map(stepItems(objects), (items) => items.flat())
}

/** The conversation of a request as steps, whichever way it is written. */
export const steps = (request: JsonObject): ReadonlyArray<Json.Json> => {
  const turn = (content: ReadonlyArray<Json.Json>) => [{ type: "user_input", content }]
  const text = Json.string(request, "input")
  if (text !== undefined) return turn([{ type: "text", text }])
  const single = Json.object(request, "input")
  const values = single === undefined ? Json.array(request, "input") ?? [] : [single]
  return isOneTurn(values.filter(Json.isObject)) ? turn(values) : values
}

export const instructions = (request: JsonObject): Translated<string | undefined> => {
  const text = Json.string(request, "system_instruction")
  if (text !== undefined) return Result.succeed(text)
  const single = Json.object(request, "system_instruction")
  const parts = single === undefined ? Json.objects(request, "system_instruction") : contentOrParts(single)
  if (parts.length === 0) return Result.succeed(undefined)
  const other = parts.findIndex((part) => Json.string(part, "text") === undefined)
  return other === -1
    ? Result.succeed(parts.map((part) => Json.string(part, "text") ?? "").join("\n\n"))
    : refuseEssential(`system_instruction[${other}]`, "Instructions can be text only.")
}

/** Parts may come as a list, as one part, or as `{ parts: [...] }`, which is how other Gemini interfaces have it. */
const contentOrParts = (value: JsonObject): ReadonlyArray<JsonObject> =>
  Json.array(value, "parts") === undefined ? [value] : Json.objects(value, "parts")

const tool = (value: Json.Json, field: string): Translated<JsonObject> => {
  const type = Json.isObject(value) ? Tools.typeOf(value) : undefined
  if (Json.isObject(value) && type === "function") {
    return Result.succeed(CacheMarks.keep(
      value,
      Json.compact({
        type,
        name: Json.string(value, "name"),
        description: Json.string(value, "description"),
        parameters: Json.object(value, "parameters") ?? { type: "object", properties: {} },
        // Left out it would mean true, which not every schema that Gemini takes can satisfy.
        strict: false
      })
    ))
  }
  if (type === "url_context") return Result.succeed({ type: "web_fetch" })
  return type === "google_search"
    ? Result.succeed({ type: "web_search" })
    : refuse(`${field}.type`, `This model has no counterpart of a tool of type ${say(type)}.`)
}

/** The tools on offer; `undefined` where there are none. */
export const tools = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(
    each(Json.array(request, "tools") ?? [], "tools", tool),
    (tools) => tools.length === 0 ? undefined : tools
  )

const functionChoice = (name: string): JsonObject => ({ type: "function", name })

export const toolChoice = (config: JsonObject): Translated<Json.Json | undefined> => {
  const mode = Json.string(config, "tool_choice")
  switch (mode) {
    case "any":
      return Result.succeed("required")
    case "auto":
    case "none":
      return Result.succeed(mode)
    case "validated":
      return Result.succeed("auto")
    case undefined:
      break
    default:
      return refuse(
        "generation_config.tool_choice",
        `It must be auto, any, none, validated or allowed_tools, not ${say(mode)}.`
      )
  }
  const allowed = Json.object(Json.object(config, "tool_choice") ?? {}, "allowed_tools")
  if (allowed === undefined) return Result.succeed(undefined)
  const names = (Json.array(allowed, "tools") ?? []).filter((name) => typeof name === "string")
  const [first] = names
  const allowedMode = Json.string(allowed, "mode") ?? "auto"
  if (allowedMode === "none") return Result.succeed("none")
  if (first === undefined) return Result.succeed(allowedMode === "any" ? "required" : "auto")
  if (allowedMode === "any" && names.length === 1) return Result.succeed(functionChoice(first))
  return Result.succeed({
    type: "allowed_tools",
    mode: allowedMode === "any" ? "required" : "auto",
    tools: names.map(functionChoice)
  })
}

const jsonSchema = (schema: JsonObject): JsonObject => ({
  type: "json_schema",
  name: "response",
  schema,
  strict: false
})

const formatOf = (format: JsonObject, field: string): Translated<JsonObject | undefined> => {
  const type = Json.string(format, "type")
  const schema = Json.object(format, "schema")
  if (type === "audio" || type === "image" || type === "video") {
    return refuse(`${field}.type`, `This model can answer with text only, not with ${type}.`)
  }
  if (schema !== undefined) return Result.succeed(jsonSchema(schema))
  // A bare JSON Schema stands where the format with a schema in it could; `text` is no type a schema knows.
  if (type !== "text") return Result.succeed(Object.keys(format).length === 0 ? undefined : jsonSchema(format))
  return Result.succeed(
    Json.string(format, "mime_type") === "application/json" ? { type: "json_object" } : undefined
  )
}

export const textFormat = (request: JsonObject): Translated<JsonObject | undefined> => {
  const single = Json.object(request, "response_format")
  const formats: Translated<ReadonlyArray<JsonObject | undefined>> = single === undefined
    ? each(Json.objects(request, "response_format"), "response_format", formatOf)
    : Result.map(formatOf(single, "response_format"), (format) => [format])
  return Result.map(formats, (formats) =>
    formats.find((format) => format !== undefined) ??
      (Json.string(request, "response_mime_type") === "application/json" ? { type: "json_object" } : undefined))
}

export const previous = (request: JsonObject): Translated<string | undefined> => {
  const id = Json.string(request, "previous_interaction_id")
  return id === undefined || ResponseId.isResponse(id)
    ? Result.succeed(id)
    : refuseEssential(
      "previous_interaction_id",
      "It must be the id of an answer that this model's own provider stored. Send the whole conversation in input."
    )
}

export const serviceTier = (request: JsonObject): Translated<string | undefined> => {
  const tier = Json.string(request, "service_tier")
  return tier === "deferred"
    ? refuse("service_tier", "Only Google has a tier \"deferred\".")
    : Result.succeed(tier === undefined ? undefined : ServiceTier.toResponses(tier))
}

/** What is asked of reasoning; thinking that is on is asked back in full, so that the caller can return it. */
export const thinking = (config: JsonObject): JsonObject => {
  const level = Json.string(config, "thinking_level")
  const summaries = Json.string(config, "thinking_summaries")
  const reasoning = Json.compact({
    effort: level,
    summary: summaries === undefined || summaries === "none" ? undefined : "auto"
  })
  return Json.compact({
    reasoning: Object.keys(reasoning).length === 0 ? undefined : reasoning,
    include: level === undefined || level === "minimal" ? undefined : ["reasoning.encrypted_content"]
  })
}
