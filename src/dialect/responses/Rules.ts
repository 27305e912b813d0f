/**
 * The rules of the hub. Its requests are those of OpenAI's Responses with three members more, which other formats share;
 * here it says what becomes of them, and what OpenAI is told, since the hub carries more than that API takes.
 */
import * as Result from "effect/Result"
import type { ResponsesRequest } from "../../api/Responses.ts"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as Effort from "../Effort.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as JsonSchema from "../JsonSchema.ts"
import * as Rules from "../Rules.ts"
import * as OpenAIModel from "./OpenAIModel.ts"
import * as Tools from "./Tools.ts"

/** The fields of a request in the hub. */
export type HubField = Rules.FieldOf<ResponsesRequest> | "stop" | "seed" | "top_k"

/** What the hub's request may be asked for, in the hub's words; who asks for nothing is not refused. */
export const asksToBlock = (moderation: Json.Json): boolean =>
  Json.isObject(moderation) &&
  ["input", "output"].some((side) =>
    Json.string(Json.object(Json.object(moderation, "policy") ?? {}, side) ?? {}, "mode") === "block"
  )

/** The place of log probabilities in `include`. */
export const logprobsInclude = "message.output_text.logprobs"
const logprobsAt = (include: Json.Json): number => Json.isArray(include) ? include.indexOf(logprobsInclude) : -1
export const asksForLogprobs = (include: Json.Json): boolean => logprobsAt(include) !== -1
export const placeOfLogprobs = (include: Json.Json): string => `[${logprobsAt(include)}]`

/** The rows of a field's table: each part by its name in `parts`, and what can be said of it. */
const rows = (field: HubField, parts: { readonly [part: string]: string }): ReadonlyArray<Rules.Row> =>
  Object.entries(parts).map(([part, label]) => ({ label, becomes: `${field}:${part}` }))

const row = (label: string, becomes: string, verdict?: Rules.Verdict): ReadonlyArray<Rules.Row> => [
  { label, becomes, verdict }
]

/** The API refuses a smaller limit, and clients of other formats probe a model with a limit of 1 (reported). */
const floor = 16

const limit = (request: JsonObject): Json.Json | undefined => {
  const given = request["max_output_tokens"]
  return typeof given === "number" && given >= 1 && given < floor ? floor : given
}

/** What is known of the model, if it is one of OpenAI's. */
const modelOf = (request: JsonObject): OpenAIModel.OpenAIModel | undefined =>
  OpenAIModel.of(Json.string(request, "model") ?? "")

const reasons = (request: JsonObject): boolean => modelOf(request)?.efforts.length !== 0

const item = (value: Json.Json, isReasoning: boolean): ReadonlyArray<Json.Json> => {
  if (!Json.isObject(value)) return [value]
  switch (Json.string(value, "type")) {
    // Another provider's thoughts mean nothing to OpenAI, and it refuses what it did not encrypt itself.
    case "reasoning": {
      const encrypted = Json.string(value, "encrypted_content")
      return isReasoning &&
          (encrypted === undefined || ForeignSignature.decode(encrypted, "openai")?.provider === "openai")
        ? [value]
        : []
    }
    case "function_call": {
      const { signature: _, ...call } = value
      return [call]
    }
    default:
      return [value]
  }
}

const input = (request: JsonObject): Translated<Json.Json | undefined> => {
  const given = request["input"]
  if (!Json.isArray(given)) return Result.succeed(given)
  for (const [index, turn] of given.entries()) {
    const part = Json.isObject(turn)
      ? Json.objects(turn, "content").findIndex((part) => Json.string(part, "type") === "input_audio")
      : -1
    const field = `input[${index}].content[${part}]`
    if (part !== -1) {
      return Result.fail({ field, message: `\`${field}\` is audio, which the Responses API does not take.` })
    }
  }
  return Result.succeed(given.flatMap((value) => item(value, reasons(request))))
}

/** The effort that is asked for, as the model knows it; as it is where nothing is known of the model. */
export const effortOf = (request: JsonObject): Translated<string | undefined> => {
  const asked = Json.string(Json.object(request, "reasoning") ?? {}, "effort")
  const model = modelOf(request)
  if (asked === undefined || model === undefined) return Result.succeed(asked)
  // The search refuses to go with so little of it (vendor documentation of gpt-5).
  const isSearching = Json.objects(request, "tools").some((tool) => Tools.typeOf(tool).startsWith("web_search"))
  const offered = isSearching ? model.efforts.filter((effort) => effort !== "minimal") : model.efforts
  const field = "reasoning.effort"
  return Effort.isLevel(asked)
    ? Result.succeed(Effort.nearest(offered, asked))
    : Result.fail({ field, message: `\`${field}\` must be one of ${Effort.levels.join(", ")}.` })
}

const reasoning = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(effortOf(request), (effort) => {
    if (!reasons(request)) return undefined
    const { effort: _, ...rest } = Json.object(request, "reasoning") ?? {}
    const asked = { ...rest, ...(effort === undefined ? {} : { effort }) }
    return Object.keys(asked).length === 0 ? undefined : asked
  })

/** What a model that does not reason has none of, and refuses to include. */
const encryptedInclude = "reasoning.encrypted_content"

const include = (request: JsonObject): Json.Json | undefined => {
  const given = request["include"]
  if (!Json.isArray(given) || reasons(request)) return given
  const kept = given.filter((name) => name !== encryptedInclude)
  return kept.length === 0 ? undefined : kept
}

/** Whether the model takes `temperature` and `top_p`, as it is asked to think. */
export const isSampled = (request: JsonObject): boolean => {
  const sampling = modelOf(request)?.sampling
  if (sampling === undefined || sampling === "always") return true
  const effort = Result.getOrElse(effortOf(request), () => undefined)
  return sampling === "without reasoning" && effort === "none"
}

const sampling = (name: "temperature" | "top_p") => (request: JsonObject) => ({
  [name]: isSampled(request) ? request[name] : undefined
})

/** Strictness as OpenAI has it: a schema that another vendor's strictness allows may be one that this one refuses. */
export const strictly = (
  schema: JsonObject,
  strict: Json.Json | undefined
): { readonly schema: JsonObject; readonly strict: boolean } => {
  const closed = strict === false ? undefined : JsonSchema.forOpenAI(schema)
  return { schema: closed ?? schema, strict: closed !== undefined }
}

const functionTool = (tool: JsonObject): JsonObject => {
  const { schema, strict } = strictly(JsonSchema.ofParameters(Json.object(tool, "parameters")), tool["strict"])
  return { ...tool, type: "function", parameters: schema, strict }
}

const tools = (request: JsonObject): Translated<Json.Json | undefined> => {
  const given = Json.array(request, "tools")
  const excluding = (given ?? []).findIndex((tool) =>
    Json.isObject(tool) && Json.array(Json.object(tool, "filters") ?? {}, "blocked_domains") !== undefined
  )
  const field = `tools[${excluding}].filters.blocked_domains`
  if (excluding !== -1) {
    return Result.fail({ field, message: `\`${field}\` cannot be carried: OpenAI's web search excludes no domains.` })
  }
  const isSearching = (given ?? []).some((tool) => Json.isObject(tool) && Tools.typeOf(tool).startsWith("web_search"))
  return Result.succeed(
    given?.flatMap((tool): ReadonlyArray<Json.Json> => {
      if (!Json.isObject(tool)) return [tool]
      if (Tools.typeOf(tool) === "function") return [functionTool(tool)]
      if (Tools.typeOf(tool) !== "web_fetch") return [tool]
      // The search opens pages as well.
      const filters = Json.object(tool, "filters")
      return isSearching ? [] : [{ type: "web_search", ...(filters === undefined ? {} : { filters }) }]
    })
  )
}

/** A schema of the answer must be one of an object. */
export const format = (request: JsonObject): Translated<JsonObject | undefined> => {
  const given = Json.object(Json.object(request, "text") ?? {}, "format")
  if (given === undefined || Json.string(given, "type") !== "json_schema") return Result.succeed(given)
  const { schema, strict } = strictly(Json.object(given, "schema") ?? {}, given["strict"] ?? false)
  const field = "text.format.schema"
  return schema["type"] === "object"
    ? Result.succeed({ ...given, schema, strict })
    : Result.fail({
      field,
      message: `\`${field}\` must be of type object at its root: OpenAI answers with no other JSON.`
    })
}

const text = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(format(request), (format) => ({
    ...Json.object(request, "text"),
    ...(format === undefined ? {} : { format })
  }))

const { carried, dropped, refused } = Rules.rulesTo<Rules.FieldOf<ResponsesRequest>>()

/** The hub's request as OpenAI takes it. Its rows are those of the Responses surface. */
export const toOpenAI = {
  model: carried("model", { rows: row("`model`, `input`, `stream`", "input") }),
  instructions: carried("instructions", { rows: row("`instructions`", "instructions") }),
  input: carried("input", {
    value: input,
    parts: {
      audio: ["carried", "by Chat Completions, to models that hear"],
      begun: "refused",
      // The nearest that Responses has to a result that is an error.
      isError: ["approximated", "as an incomplete output"],
      thoughtsOfOthers: "dropped",
      search: "dropped",
      fileName: ["approximated", "as the file's name"],
      resolution: ["approximated", "`low` and `high`"]
    },
    rows: [
      ...rows("input", {
        system: "`system` and `developer` messages",
        text: "`user` and `assistant` messages, text",
        annotations: "`output_text` annotations",
        refusal: "`refusal` parts",
        imageData: "`input_image`, data URL",
        imageAddress: "`input_image`, address",
        imageDetail: "`input_image.detail`",
        fileData: "`input_file`, inline",
        fileAddress: "`input_file`, address"
      }),
      ...row("`file_id`", "input:fileId", ["carried", "stored by OpenAI"]),
      ...row("`input_audio`", "input:audio"),
      ...row("other content", "input:otherContent"),
      ...row("an `assistant` message at the end", "input:begun"),
      ...row("`function_call`, `function_call_output`", "input:calls"),
      ...row("`reasoning` items the target made", "input:thoughts", ["carried", "by way of `encrypted_content`"]),
      ...row("`reasoning` items of others", "input:thoughtsOfOthers"),
      ...row("`web_search_call` items", "input:search", ["carried", "the text they led to stays"]),
      ...row("`item_reference` and other items", "input:otherItems")
    ]
  }),
  previous_response_id: carried("previous_response_id", {
    parts: { own: ["carried", "if it was stored there"], others: "refused" },
    rows: rows("previous_response_id", {
      own: "`previous_response_id` of the target",
      others: "`previous_response_id` of others"
    })
  }),
  conversation: carried("conversation", {
    rows: row("`conversation`, `prompt`", "conversation", ["carried", "stored by OpenAI"])
  }),
  prompt: carried("prompt"),
  tools: carried("tools", {
    value: tools,
    parts: {
      strict: ["carried", "where the schema allows it"],
      fetch: ["approximated", "by its search, which opens pages too"],
      blockedDomains: "refused"
    },
    rows: rows("tools", {
      function: "`tools[]` `function`",
      strict: "`tools[].strict`",
      search: "`tools[]` `web_search`",
      filters: "`tools[].filters`, `tools[].user_location`",
      contextSize: "`tools[].search_context_size`",
      others: "other tools, such as `mcp` and `code_interpreter`"
    })
  }),
  tool_choice: carried("tool_choice", {
    members: (request) => ({
      tool_choice: Json.string(Json.object(request, "tool_choice") ?? {}, "type") === "web_fetch"
        ? { type: "web_search" }
        : request["tool_choice"]
    }),
    rows: rows("tool_choice", {
      mode: "`tool_choice`: a mode or a function",
      allowed: "`tool_choice`: `allowed_tools`",
      others: "`tool_choice`: another tool, such as `mcp`"
    })
  }),
  parallel_tool_calls: carried("parallel_tool_calls", {
    rows: row("`parallel_tool_calls: false`", "parallel_tool_calls")
  }),
  max_tool_calls: carried("max_tool_calls", { rows: row("`max_tool_calls`", "max_tool_calls") }),
  text: carried("text", {
    value: text,
    parts: { schema: ["carried", "strict where it allows that; its root an object"] },
    rows: [
      ...row("`text.format` `json_schema`", "text:schema", ["carried", "its name and `strict` are dropped"]),
      ...row("`text.format` `json_object`", "text:object"),
      ...row("`text.verbosity`", "text:verbosity")
    ]
  }),
  reasoning: carried("reasoning", {
    value: reasoning,
    parts: { effort: ["carried", "the nearest level; dropped where the model has none"] },
    rows: rows("reasoning", { effort: "`reasoning.effort`", summary: "`reasoning.summary`" })
  }),
  max_output_tokens: carried("max_output_tokens", {
    members: (request) => ({ max_output_tokens: limit(request) }),
    verdict: ["carried", "at least 16"],
    rows: row("`max_output_tokens`", "max_output_tokens")
  }),
  temperature: carried("temperature", {
    members: sampling("temperature"),
    verdict: ["carried", "by models that do not reason, or with effort `none`"],
    parts: { newer: "dropped" },
    rows: [
      ...row("`temperature`, `top_p`", "temperature"),
      ...row("`temperature`, `top_p` for newer models", "temperature:newer")
    ]
  }),
  top_p: carried("top_p", { members: sampling("top_p") }),
  top_logprobs: carried("top_logprobs", {
    rows: row("`top_logprobs`, log probabilities in `include`", "top_logprobs")
  }),
  include: carried("include", {
    members: (request) => ({ include: include(request) }),
    rows: row("other `include`", "include:others")
  }),
  store: carried("store", { rows: row("`store`", "store") }),
  metadata: carried("metadata", { rows: row("`metadata`", "metadata") }),
  safety_identifier: carried("safety_identifier", { rows: row("`safety_identifier`", "safety_identifier") }),
  moderation: carried("moderation", {
    rows: [
      ...row("`moderation` that blocks", "moderation"),
      ...row("`moderation` that only scores", "moderation:scores")
    ]
  }),
  background: carried("background", { rows: row("`background: true`", "background") }),
  prompt_cache_key: carried("prompt_cache_key", {
    rows: row(
      "`prompt_cache_key`, `prompt_cache_retention`, `truncation`, `user`, `stream_options`",
      "prompt_cache_key"
    )
  }),
  prompt_cache_retention: carried("prompt_cache_retention"),
  truncation: carried("truncation"),
  user: carried("user"),
  prompt_cache_options: carried("prompt_cache_options", {
    rows: row(
      "`prompt_cache_options`, `context_management`, `image`, `access_programs`",
      "prompt_cache_options"
    )
  }),
  context_management: carried("context_management"),
  image: carried("image"),
  access_programs: carried("access_programs"),
  stream: carried("stream"),
  stream_options: dropped("The hub's own stream tells what it asks for."),
  service_tier: carried("service_tier"),
  stop: refused("has no counterpart: the Responses API has no stop sequences.", {
    elsewhere: ["carried", "by Chat Completions, to models that take it there"]
  }),
  seed: refused("has no counterpart: the Responses API has no seed.", {
    elsewhere: ["carried", "by Chat Completions"]
  }),
  top_k: dropped("OpenAI chooses among all tokens.")
} satisfies Rules.Rules<HubField, Rules.FieldOf<ResponsesRequest>>

/** The request in the hub's form as OpenAI takes it; what only an unknown member says is kept. */
export const requestToOpenAI = (hub: JsonObject): Translated<JsonObject> =>
  Result.map(Rules.apply(toOpenAI, hub), (request) => ({
    ...Object.fromEntries(Object.entries(hub).filter(([field]) => !Object.hasOwn(toOpenAI, field))),
    ...request
  }))
