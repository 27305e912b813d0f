/**
 * What OpenAI refuses, with a 400 in its words as the API gave them in 2026. The members are those of the vendor's client
 * 7.57; `max_tokens` of models that reason is recorded.
 */
import * as OpenAIModel from "../../dialect/responses/OpenAIModel.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { isReasoningModel } from "../traffic/OpenAI.ts"
import { each, first, type Objection, schemaFault, unknownMember } from "./Objection.ts"

const invalid = (message: string, param: string | undefined, code: string | undefined): Objection => ({
  status: 400,
  type: "invalid_request_error",
  message,
  param,
  code
})

const responsesMembers: ReadonlySet<string> = new Set(
  ("access_programs background context_management conversation image include input instructions max_output_tokens " +
    "max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key " +
    "prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options " +
    "temperature text tool_choice tools top_logprobs top_p truncation user client_metadata").split(" ")
)

const chatMembers: ReadonlySet<string> = new Set(
  ("messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens " +
    "metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key " +
    "prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier " +
    "stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options")
    .split(" ")
)

const checkMembers = (request: JsonObject, known: ReadonlySet<string>): Objection => {
  const unknown = unknownMember(request, known)
  return unknown === undefined ? undefined : invalid(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter")
}

const name = /^[a-zA-Z0-9_-]+$/

const checkText = (text: string, at: string, longest: number): Objection =>
  text.length > longest
    ? invalid(
      `Invalid '${at}': string too long. Expected a string with maximum length ${longest}, but got a string with length ` +
        `${text.length} instead.`,
      at,
      "string_above_max_length"
    )
    : undefined

const checkName = (text: string, at: string): Objection =>
  name.test(text)
    ? checkText(text, at, 64)
    : invalid(
      `Invalid '${at}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      at,
      "invalid_value"
    )

/** The rules of `strict: true`: every object is closed and requires all that it has. */
const checkStrict = (schema: JsonObject, of: string, at: string, code: string | undefined): Objection => {
  const found = schemaFault(schema, true)
  if (found === undefined) return undefined
  const context = `In context=(${found.at.map((step) => `'${step}'`).join(", ")})`
  return invalid(
    found.fault._tag === "Open"
      ? `Invalid schema for ${of}: ${context}, 'additionalProperties' is required to be supplied and to be false.`
      : `Invalid schema for ${of}: ${context}, 'required' is required to be supplied and to be an array including every ` +
        `key in properties. Missing '${found.fault.property}'.`,
    at,
    code
  )
}

/** A function, where its members stand beside its type or in a member of their own. */
const checkFunction = (tool: JsonObject, at: string): Objection => {
  const called = Json.string(tool, "name") ?? ""
  const schema = Json.object(tool, "parameters")
  return first(
    () => checkName(called, `${at}.name`),
    () =>
      schema !== undefined && Json.boolean(tool, "strict") === true
        ? checkStrict(schema, `function '${called}'`, `${at}.parameters`, "invalid_function_parameters")
        : undefined
  )
}

const checkFormat = (format: JsonObject | undefined, at: string): Objection => {
  if (format === undefined) return undefined
  const called = Json.string(format, "name") ?? ""
  const schema = Json.object(format, "schema")
  return first(
    () => checkName(called, `${at}.name`),
    () =>
      schema !== undefined && Json.boolean(format, "strict") === true
        ? checkStrict(schema, `response_format '${called}'`, `${at}.schema`, undefined)
        : undefined
  )
}

/** What depends on the model: its levels of effort, and sampling, which may be given at its default. */
const checkModel = (request: JsonObject, effort: string | undefined, at: string): Objection => {
  const name = Json.string(request, "model") ?? ""
  const model = OpenAIModel.of(name)
  if (model === undefined) return undefined
  if (effort !== undefined && !model.efforts.some((known) => known === effort)) {
    return model.efforts.length === 0
      ? invalid(`Unsupported parameter: '${at}' is not supported with this model.`, at, "unsupported_parameter")
      : invalid(
        `Unsupported value: '${effort}' is not supported with the '${name}' model. Supported values are: ` +
          `${model.efforts.map((known) => `'${known}'`).join(", ")}.`,
        at,
        "unsupported_value"
      )
  }
  const reasons = model.sampling === "never" ||
    (model.sampling === "without reasoning" && (effort ?? "none") !== "none")
  const sampling = ["temperature", "top_p"].find((member) => (Json.number(request, member) ?? 1) !== 1)
  return sampling === undefined || !reasons
    ? undefined
    : invalid(
      `Unsupported parameter: '${sampling}' is not supported with this model.`,
      sampling,
      "unsupported_parameter"
    )
}

const checkItems = (request: JsonObject): Objection => {
  const items = Json.objects(request, "input")
  // What came before stands with the provider.
  const continued = Object.hasOwn(request, "previous_response_id") || Object.hasOwn(request, "conversation") ||
    items.some((item) => Json.string(item, "type") === "item_reference")
  const idsOf = (type: string) =>
    items.filter((item) => Json.string(item, "type") === type).map((item) => Json.string(item, "call_id") ?? "")
  const calls = idsOf("function_call")
  const outputs = idsOf("function_call_output")
  const open = calls.find((call) => !outputs.includes(call))
  const stray = outputs.find((output) => !calls.includes(output))
  return first(
    () =>
      each(items, (item, index) =>
        first(
          () => checkText(Json.string(item, "call_id") ?? "", `input[${index}].call_id`, 64),
          () =>
            Json.string(item, "type") === "function_call"
              ? checkName(Json.string(item, "name") ?? "", `input[${index}].name`)
              : undefined
        )),
    () =>
      open === undefined ? undefined : invalid(`No tool output found for function call ${open}.`, "input", undefined),
    () =>
      stray === undefined || continued
        ? undefined
        : invalid(`No tool call found for function call output with call_id ${stray}.`, "input", undefined)
  )
}

/** What of a request OpenAI refuses in Responses. */
export const responses = (request: JsonObject): Objection => {
  const format = Json.object(Json.object(request, "text") ?? {}, "format")
  return first(
    () => checkMembers(request, responsesMembers),
    () =>
      each(
        Json.objects(request, "tools"),
        (tool, index) => Json.string(tool, "type") === "function" ? checkFunction(tool, `tools[${index}]`) : undefined
      ),
    () => checkFormat(Json.string(format ?? {}, "type") === "json_schema" ? format : undefined, "text.format"),
    () => checkItems(request),
    () => checkModel(request, Json.string(Json.object(request, "reasoning") ?? {}, "effort"), "reasoning.effort")
  )
}

const checkTurns = (messages: ReadonlyArray<JsonObject>): Objection => {
  let open: ReadonlyArray<string> = []
  for (const [index, message] of messages.entries()) {
    const result = Json.string(message, "role") === "tool" ? Json.string(message, "tool_call_id") : undefined
    if (result !== undefined && !open.includes(result)) {
      return invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`,
        undefined
      )
    }
    if (result === undefined && open.length > 0) break
    open = result === undefined
      ? Json.objects(message, "tool_calls").map((call) => Json.string(call, "id") ?? "")
      : open.filter((call) => call !== result)
  }
  return open.length === 0 ? undefined : invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The " +
      `following tool_call_ids did not have response messages: ${open.join(", ")}`,
    "messages",
    undefined
  )
}

/** What of a request OpenAI refuses in Chat Completions. */
export const chat = (request: JsonObject): Objection =>
  first(
    () => checkMembers(request, chatMembers),
    () =>
      Object.hasOwn(request, "max_tokens") && isReasoningModel(Json.string(request, "model") ?? "")
        ? invalid(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          "max_tokens",
          "unsupported_parameter"
        )
        : undefined,
    () =>
      each(
        Json.objects(request, "tools"),
        (tool, index) => checkFunction(Json.object(tool, "function") ?? {}, `tools[${index}].function`)
      ),
    () =>
      checkFormat(
        Json.object(Json.object(request, "response_format") ?? {}, "json_schema"),
        "response_format.json_schema"
      ),
    () => checkTurns(Json.objects(request, "messages")),
    () => checkModel(request, Json.string(request, "reasoning_effort"), "reasoning_effort")
  )
