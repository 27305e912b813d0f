/** What a model may call and how its answer is to look, in the words of Responses; and calls read back by the same. */
import * as AiError from "effect/ai/AiError"
import { toCodecAnthropic } from "effect/ai/AnthropicStructuredOutput"
import type * as LanguageModel from "effect/ai/LanguageModel"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import * as AiTool from "effect/ai/Tool"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { TextFormat, Tool, ToolChoice, WebSearchTool } from "../api/Responses.ts"
import { Anthropic } from "../provider/Anthropic.ts"
import { WebSearch } from "./FlexTool.ts"

/** Each vendor takes schemas of a form of its own; the others take OpenAI's. */
export const codecTransformer = (model: string, provider: string | undefined): LanguageModel.CodecTransformer =>
  (provider === undefined ? Anthropic.claims(model.replace(/^anthropic\//, "")) : provider === Anthropic.name)
    ? forClaude
    : toCodecOpenAI

/** What Claude cannot be held to, such as recursion, it is told in words: the router sees to that. */
const forClaude: LanguageModel.CodecTransformer = (schema) =>
  Result.getOrElse(Result.try(() => toCodecAnthropic(schema)), () => toCodecOpenAI(schema))

export interface Tools {
  readonly tools: ReadonlyArray<Tool> | undefined
  readonly toolChoice: ToolChoice | undefined
}

interface Options {
  readonly transformer: LanguageModel.CodecTransformer
  readonly strict: boolean
}

const described = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** What the schema says in JSON, or why the provider could not keep to it. */
const jsonSchema = (make: () => { readonly [keyword: string]: unknown }) =>
  Result.try({ try: make, catch: (error) => new AiError.UnsupportedSchemaError({ description: described(error) }) })

/** The tools of a request, and which of them is to be called. */
export const make = (
  { toolChoice, tools }: Pick<LanguageModel.ProviderOptions, "tools" | "toolChoice">,
  options: Options
): Result.Result<Tools, AiError.AiErrorReason> => {
  if (tools.length === 0) return Result.succeed({ tools: undefined, toolChoice: undefined })
  const chosen = typeof toolChoice === "object" && "tool" in toolChoice ? toolChoice.tool : undefined
  // A provider's own tool has no name to be called by: it is the only one that is offered.
  const only = tools.find((tool) => tool.name === chosen && AiTool.isProviderDefined(tool))
  const offered = only === undefined ? tools : [only]
  return Result.map(Result.all(offered.map((tool) => toolOf(tool, options))), (tools) => ({
    tools,
    toolChoice: only === undefined ? choiceOf(toolChoice) : "required"
  }))
}

const choiceOf = (choice: LanguageModel.ToolChoice<string>): ToolChoice =>
  typeof choice === "string"
    ? choice
    : "tool" in choice
    ? { type: "function", name: choice.tool }
    // The others are not among the tools of the request.
    : choice.mode ?? "auto"

const toolOf = (tool: AiTool.Any, { strict, transformer }: Options): Result.Result<Tool, AiError.AiErrorReason> => {
  if (AiTool.isProviderDefined(tool)) return providerTool(tool)
  const description = AiTool.getDescription(tool)
  const given = AiTool.isDynamic(tool) && tool.jsonSchema !== undefined
  return Result.map(jsonSchema(() => AiTool.getJsonSchema(tool, { transformer })), (parameters): Tool => ({
    type: "function",
    name: tool.name,
    parameters,
    // A schema that was given as one is what its author made it.
    strict: AiTool.getStrictMode(tool) ?? (given ? false : strict),
    ...(description === undefined ? {} : { description })
  }))
}

const providerTool = (
  tool: Pick<AiTool.AnyProviderDefined, "id" | "name" | "args">
): Result.Result<WebSearchTool, AiError.AiErrorReason> => {
  const misconfigured = (description: string) =>
    new AiError.ToolConfigurationError({ toolName: tool.name, description })
  if (tool.id !== webSearch.id) {
    return Result.fail(
      misconfigured(
        `No provider is known to run ${JSON.stringify(tool.id)}. Use FlexTool.WebSearch, or a tool of your own.`
      )
    )
  }
  return Result.map(
    Result.mapError(decodeArgs(tool.args), (error) => misconfigured(error.message)),
    (args): WebSearchTool => ({ type: "web_search", ...args })
  )
}

const webSearch = WebSearch({})
const decodeArgs = Schema.decodeUnknownResult(webSearch.argsSchema)

/** The name under which the program knows the provider's search, where it may search. */
export const searchName = (tools: ReadonlyArray<AiTool.Any>): string | undefined =>
  tools.find((tool) => tool.id === webSearch.id)?.name

/** The form of the text, where it is to be an object. */
export const format = (
  responseFormat: LanguageModel.ProviderOptions["responseFormat"],
  { strict, transformer }: Options
): Result.Result<TextFormat | undefined, AiError.AiErrorReason> => {
  if (responseFormat.type === "text") return Result.succeed(undefined)
  const { objectName, schema } = responseFormat
  const description = SchemaAST.resolveDescription(schema.ast)
  return Result.map(jsonSchema(() => transformer(schema).jsonSchema), (schema) => ({
    type: "json_schema",
    name: objectName,
    schema,
    strict,
    ...(description === undefined ? {} : { description })
  }))
}

/** A call's parameters, from the text that the model wrote. */
export const params = (text: string): Option.Option<unknown> =>
  text.trim() === "" ? Option.some({}) : Option.liftThrowable(AiTool.unsafeSecureJsonParse)(text)

/**
 * The parameters as the tool's own schema encodes them: what the provider had to be shown as nullable is optional
 * again. What does not fit is left as it is, for the toolkit to judge.
 */
export const encodedParams = (
  tool: AiTool.Any,
  params: unknown,
  transformer: LanguageModel.CodecTransformer
): unknown => {
  if (!Schema.isSchema(tool.parametersSchema) || (AiTool.isDynamic(tool) && tool.jsonSchema !== undefined)) {
    return params
  }
  const { codec } = transformer(Schema.toEncoded(tool.parametersSchema))
  return Option.getOrElse(Schema.decodeUnknownOption(codec)(params), () => params)
}
