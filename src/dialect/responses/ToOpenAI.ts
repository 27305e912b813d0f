/**
 * The pieces of the hub's request as OpenAI takes them, in either of its formats: what a model of OpenAI's refuses becomes
 * the nearest that it takes. The rules say where each belongs.
 */
import * as Result from "effect/Result"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as CacheMarks from "../CacheMarks.ts"
import * as Effort from "../Effort.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as JsonSchema from "../JsonSchema.ts"
import * as OpenAIModel from "./OpenAIModel.ts"
import * as Tools from "./Tools.ts"

/** The API refuses a smaller limit, and clients of other formats probe a model with a limit of 1 (reported). */
const floor = 16

export const limit = (request: JsonObject): Json.Json | undefined => {
  const given = request["max_output_tokens"]
  return typeof given === "number" && given >= 1 && given < floor ? floor : given
}

/** What is known of the model, if it is one of OpenAI's. */
export const modelOf = (request: JsonObject): OpenAIModel.OpenAIModel | undefined =>
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

export const input = (request: JsonObject): Translated<Json.Json | undefined> => {
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
  return Result.succeed(given.flatMap((value) => item(value, reasons(request))).map(CacheMarks.withoutAnthropic))
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

export const reasoning = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(effortOf(request), (effort) => {
    if (!reasons(request)) return undefined
    const { effort: _, ...rest } = Json.object(request, "reasoning") ?? {}
    const asked = { ...rest, ...(effort === undefined ? {} : { effort }) }
    return Object.keys(asked).length === 0 ? undefined : asked
  })

/** What a model that does not reason has none of, and refuses to include. */
const encryptedInclude = "reasoning.encrypted_content"

export const include = (request: JsonObject): Json.Json | undefined => {
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

export const sampling = (name: "temperature" | "top_p") => (request: JsonObject) => ({
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

export const tools = (request: JsonObject): Translated<Json.Json | undefined> => {
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
    }).map(CacheMarks.withoutAnthropic)
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

export const text = (request: JsonObject): Translated<Json.Json | undefined> =>
  Result.map(format(request), (format) => ({
    ...Json.object(request, "text"),
    ...(format === undefined ? {} : { format })
  }))
