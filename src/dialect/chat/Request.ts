/**
 * Chat Completions requests as Responses requests, and back.
 *
 * What the hub has no member for but other targets can say travels in members of the same name: `stop` (always a
 * list), `seed`, and `stream_options.include_usage`. What would change the answer's meaning and can be said nowhere is
 * refused; a value that asks for nothing (`n: 1`, a penalty of 0) is dropped, and so is what this file does not know.
 */
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated } from "../../Dialect.ts"
import * as Conversation from "./Conversation.ts"
import * as Tools from "./Tools.ts"
import { present, refuse } from "./Untranslatable.ts"

/** Members that mean the same in both formats. */
const shared = [
  "model",
  "temperature",
  "top_p",
  "metadata",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "safety_identifier",
  "user",
  "parallel_tool_calls",
  "stream",
  "seed"
]

const isEmpty = (value: Json.Json): boolean =>
  Json.isArray(value) ? value.length === 0 : Json.isObject(value) && Object.keys(value).length === 0

/** Members no target can carry, each with what asks for nothing. */
const refused: { readonly [key: string]: (value: Json.Json) => boolean } = {
  n: (value) => value === 1,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  logit_bias: isEmpty,
  modalities: (value) => Json.isArray(value) && value.every((modality) => modality === "text"),
  audio: () => false,
  functions: isEmpty,
  function_call: () => false
}

const logprobsInclude = "message.output_text.logprobs"

const formatToHub = (format: JsonObject | undefined): JsonObject | undefined => {
  const described = format === undefined ? undefined : Json.object(format, "json_schema")
  return described === undefined
    ? format
    : { type: "json_schema", ...present(described, ["name", "description", "schema", "strict"]) }
}

const formatFromHub = (format: JsonObject | undefined): JsonObject | undefined =>
  format !== undefined && Json.string(format, "type") === "json_schema"
    ? { type: "json_schema", json_schema: present(format, ["name", "description", "schema", "strict"]) }
    : format

const stopOf = (request: JsonObject): ReadonlyArray<Json.Json> | undefined => {
  const one = Json.string(request, "stop")
  const stop = one === undefined ? Json.array(request, "stop") ?? [] : [one]
  return stop.length === 0 ? undefined : stop
}

/** A Chat Completions request in the hub's form. */
export const toHub = (request: JsonObject): Translated<JsonObject> =>
  Result.gen(function*() {
    const asked = present(request, Object.keys(refused))
    for (const [field, value] of Object.entries(asked)) {
      if (refused[field]?.(value) === false) {
        return yield* refuse(field, "cannot be carried to where this model is served. Leave it out.")
      }
    }
    const effort = Json.string(request, "reasoning_effort")
    const text = Json.compact({
      format: formatToHub(Json.object(request, "response_format")),
      verbosity: Json.string(request, "verbosity")
    })
    const logprobs = Json.boolean(request, "logprobs") === true
    return Json.compact({
      ...present(request, shared),
      input: yield* Conversation.toItems(request),
      max_output_tokens: Json.number(request, "max_completion_tokens") ?? Json.number(request, "max_tokens"),
      reasoning: effort === undefined ? undefined : { effort },
      text: isEmpty(text) ? undefined : text,
      tools: yield* Tools.toHub(request),
      tool_choice: yield* Tools.choiceToHub(request),
      include: logprobs ? [logprobsInclude] : undefined,
      top_logprobs: logprobs ? Json.number(request, "top_logprobs") : undefined,
      stop: stopOf(request),
      // Not stored unless asked here, stored unless told otherwise there.
      store: Json.boolean(request, "store") ?? false,
      stream_options: Json.object(request, "stream_options")
    })
  })

/** Members that refer to what another provider keeps, or to another way of being called. */
const elsewhere = ["previous_response_id", "conversation", "prompt"]

/** A request in the hub's form as a Chat Completions request. */
export const fromHub = (request: JsonObject): Translated<JsonObject> =>
  Result.gen(function*() {
    const [reference] = Object.keys(present(request, elsewhere))
    if (reference !== undefined) {
      return yield* refuse(reference, "refers to what another provider stores. Send the whole conversation in `input`.")
    }
    if (Json.boolean(request, "background") === true) {
      return yield* refuse("background", "is not available where this model is served. Leave it out.")
    }
    const text = Json.object(request, "text") ?? {}
    const logprobs = Json.array(request, "include")?.includes(logprobsInclude) === true
    const streamed = Json.boolean(request, "stream") === true
    return Json.compact({
      ...present(request, shared),
      messages: yield* Conversation.toMessages(request),
      max_completion_tokens: Json.number(request, "max_output_tokens"),
      reasoning_effort: Json.string(Json.object(request, "reasoning") ?? {}, "effort"),
      verbosity: Json.string(text, "verbosity"),
      response_format: formatFromHub(Json.object(text, "format")),
      ...(yield* Tools.fromHub(request)),
      tool_choice: yield* Tools.choiceFromHub(request),
      logprobs: logprobs ? true : undefined,
      top_logprobs: logprobs ? Json.number(request, "top_logprobs") : undefined,
      stop: stopOf(request),
      store: Json.boolean(request, "store"),
      // The end of the stream would otherwise not say what was used.
      stream_options: streamed ? { ...Json.object(request, "stream_options"), include_usage: true } : undefined
    })
  })
