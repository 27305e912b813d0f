/**
 * A request from Responses to Interactions, so that Gemini can serve it. What would change the meaning of the answer
 * and cannot be said is refused by the caller's own field; hints, such as `text.verbosity`, are left out.
 */
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated } from "../../Dialect.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as Part from "./Part.ts"
import * as ResponseId from "./ResponseId.ts"
import * as ServiceTier from "./ServiceTier.ts"

const { each, refuse } = Part

const say = (value: Json.Json | undefined): string => JSON.stringify(value ?? null)

/** Members that only OpenAI can act on, and why leaving them out would change the answer. */
const unsupported: { readonly [member: string]: string } = {
  conversation: "Conversations are stored by OpenAI, where Gemini cannot read them. Send the turns in input.",
  prompt: "Prompt templates are stored by OpenAI, where Gemini cannot read them. Send the prompt itself."
}

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
  return [Json.compact({ type: "thought", signature, summary: summary.length === 0 ? undefined : summary })]
}

const functionCall = (item: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> => {
  const text = Json.string(item, "arguments") ?? ""
  const parsed = text.trim() === "" ? {} : Json.parseObject(text)
  if (parsed === undefined) {
    return refuse(`${field}.arguments`, "Gemini needs the arguments of a call as the text of a JSON object.")
  }
  return Result.succeed([Json.compact({
    type: "function_call",
    id: Json.string(item, "call_id"),
    name: Json.string(item, "name"),
    arguments: parsed,
    signature: ownSignature(Json.string(item, "signature"))
  })])
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
    Json.compact({
      type: "function_result",
      call_id: callId,
      name: names.get(callId),
      is_error: Json.string(item, "status") === "incomplete" ? true : undefined,
      result
    })
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
      return Result.map(contentOf(item, field), (content) => [
        { type: Json.string(item, "role") === "assistant" ? "model_output" : "user_input", content }
      ])
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
const conversation = (
  request: JsonObject
): Translated<{ readonly input: Json.Json | undefined; readonly system: string | undefined }> => {
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
        system: all.length === 0 ? undefined : all.join("\n\n")
      }
    }))
}

const hasMembers = (value: JsonObject | undefined): boolean =>
  value !== undefined && Object.values(value).some((member) => member !== null)

const tool = (value: Json.Json, field: string): Translated<JsonObject> => {
  if (!Json.isObject(value)) return refuse(field, "Each tool must be an object with a type, such as function.")
  const type = Json.string(value, "type") ?? ""
  if (type === "function") {
    return Result.succeed(Json.compact({
      type,
      name: Json.string(value, "name"),
      description: Json.string(value, "description"),
      parameters: Json.object(value, "parameters")
    }))
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

const modes: { readonly [mode: string]: string } = { auto: "auto", none: "none", required: "any" }

const toolChoice = (request: JsonObject): Translated<Json.Json | undefined> => {
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

const responseFormat = (request: JsonObject): Translated<JsonObject | undefined> => {
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

const thinkingLevel = (effort: string | undefined, model: string): string | undefined => {
  switch (effort) {
    case "none":
    case "minimal":
      // Thinking cannot be switched off; the pro models do not even have a minimum.
      return /-pro\b/.test(model) ? "low" : "minimal"
    case "xhigh":
    case "max":
      return "high"
    default:
      return effort
  }
}

const stopSequences = (request: JsonObject): ReadonlyArray<Json.Json> | undefined => {
  const stop = Json.string(request, "stop")
  return stop === undefined ? Json.array(request, "stop") : [stop]
}

const generationConfig = (request: JsonObject, choice: Json.Json | undefined): JsonObject | undefined => {
  const model = Json.string(request, "model") ?? ""
  const reasoning = Json.object(request, "reasoning") ?? {}
  // Deprecated, and from Gemini 3 on advised against.
  const isSampled = !/^(models\/)?gemini-[3-9]/.test(model)
  const summary = Json.string(reasoning, "summary") ?? Json.string(reasoning, "generate_summary")
  const config = Json.compact({
    max_output_tokens: Json.number(request, "max_output_tokens"),
    temperature: isSampled ? Json.number(request, "temperature") : undefined,
    top_p: isSampled ? Json.number(request, "top_p") : undefined,
    stop_sequences: stopSequences(request),
    seed: Json.number(request, "seed"),
    thinking_level: thinkingLevel(Json.string(reasoning, "effort"), model),
    thinking_summaries: summary === undefined ? undefined : "auto",
    tool_choice: choice
  })
  return Object.keys(config).length === 0 ? undefined : config
}

/** Labels of up to 63 lower-case letters, digits, `_` and `-`; metadata that does not fit is left out. */
const labels = (metadata: JsonObject): JsonObject | undefined => {
  const fitting = Object.entries(metadata).filter(([key, value]) =>
    /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) &&
    typeof value === "string" && /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value)
  )
  return fitting.length === 0 ? undefined : Object.fromEntries(fitting)
}

/** The first member whose loss would change the answer. */
const flaw = (request: JsonObject): Translated<void> => {
  for (const [member, message] of Object.entries(unsupported)) {
    if (Json.isGiven(request, member)) return refuse(member, message)
  }
  if (Json.boolean(request, "background") === true) {
    return refuse("background", "An answer in the background has no start that could be waited for.")
  }
  if ((Json.number(request, "top_logprobs") ?? 0) > 0) {
    return refuse("top_logprobs", "Gemini's Interactions report no log probabilities.")
  }
  const include = (Json.array(request, "include") ?? []).indexOf("message.output_text.logprobs")
  if (include !== -1) return refuse(`include[${include}]`, "Gemini's Interactions report no log probabilities.")
  const hasFunctions = Json.objects(request, "tools").some((tool) => Json.string(tool, "type") === "function")
  if (hasFunctions && Json.boolean(request, "parallel_tool_calls") === false) {
    return refuse("parallel_tool_calls", "Gemini cannot be kept from making several calls at once.")
  }
  return Result.void
}

const previous = (request: JsonObject): Translated<string | undefined> => {
  const id = Json.string(request, "previous_response_id")
  if (id === undefined) return Result.succeed(undefined)
  const interaction = ResponseId.toInteraction(id)
  return interaction === undefined
    ? refuse(
      "previous_response_id",
      "It must be the id of an answer that Gemini gave and stored (store: true). Send the whole conversation in input."
    )
    : Result.succeed(interaction)
}

const tiers: ReadonlySet<string> = new Set(["standard", "flex", "priority"])

const serviceTier = (request: JsonObject): Translated<string | undefined> => {
  const tier = Json.string(request, "service_tier")
  if (tier === undefined || tier === "auto") return Result.succeed(undefined)
  const word = ServiceTier.fromResponses(tier)
  return tiers.has(word)
    ? Result.succeed(word)
    : refuse("service_tier", `Gemini has no tier ${say(tier)}.`)
}

/**
 * The request in Interactions. Where the caller does not say, nothing is stored, unless it continues a stored
 * interaction: then Google's own default holds, so that this turn can be continued too.
 */
export const requestFromResponses = (request: JsonObject): Translated<JsonObject> =>
  Result.gen(function*() {
    yield* flaw(request)
    const { input, system } = yield* conversation(request)
    const tools = yield* each(Json.array(request, "tools") ?? [], "tools", tool)
    const choice = yield* toolChoice(request)
    const format = yield* responseFormat(request)
    const previousId = yield* previous(request)
    const tier = yield* serviceTier(request)
    return Json.compact({
      model: Json.string(request, "model"),
      input,
      system_instruction: system,
      tools: tools.length === 0 ? undefined : tools,
      generation_config: generationConfig(request, choice),
      response_format: format,
      previous_interaction_id: previousId,
      store: Json.boolean(request, "store") ?? (previousId === undefined ? false : undefined),
      stream: Json.boolean(request, "stream"),
      service_tier: tier,
      labels: labels(Json.object(request, "metadata") ?? {})
    })
  })
