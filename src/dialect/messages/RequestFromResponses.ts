/**
 * The pieces of a Responses request as a Messages request, for Anthropic to serve: the conversation, the tools, thinking
 * and the format. The rules say where each belongs.
 *
 * What a model of Anthropic's refuses, because it knows no such level or cannot be held to such a schema, becomes the
 * nearest that it takes: another level, or words in the system prompt.
 */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type * as Api from "../../api/Messages.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Translated } from "../../Dialect.ts"
import * as CacheControl from "./CacheControl.ts"
import * as DataUrl from "../DataUrl.ts"
import * as Effort from "../Effort.ts"
import * as JsonSchema from "../JsonSchema.ts"
import * as Tools from "../responses/Tools.ts"
import * as ClaudeModel from "./ClaudeModel.ts"
import { refuse } from "./Refusal.ts"
import * as Thinking from "./Thinking.ts"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

const modelOf = (request: JsonObject): ClaudeModel.ClaudeModel => ClaudeModel.of(Json.string(request, "model") ?? "")

const storedFile = (field: string): Translated<never> =>
  refuse(`${field}.file_id`, "names a file that is stored with OpenAI, where Anthropic cannot reach it; send the file")

/** Vendor documentation of vision: Anthropic reads no others. */
const images: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"])

const image = (part: JsonObject, field: string): Translated<JsonObject> => {
  if (Json.isGiven(part, "file_id")) return storedFile(field)
  const url = Json.string(part, "image_url")
  const inline = url === undefined ? undefined : DataUrl.parse(url)
  if (url === undefined || (inline === undefined && !/^https?:/i.test(url))) {
    return refuse(`${field}.image_url`, "must be an address or a data URL")
  }
  if (inline !== undefined && !images.has(inline.mediaType)) {
    return refuse(`${field}.image_url`, `is of type \`${inline.mediaType}\`; Anthropic reads JPEG, PNG, GIF and WebP`)
  }
  return Result.succeed(
    {
      type: "image",
      source: inline === undefined
        ? { type: "url", url }
        : { type: "base64", media_type: inline.mediaType, data: inline.data }
    } satisfies Json.Members<Api.ImageBlockParam>
  )
}

const file = (part: JsonObject, field: string): Translated<JsonObject> => {
  if (Json.isGiven(part, "file_id")) return storedFile(field)
  const title = Json.string(part, "filename")
  const document = (source: JsonObject): Translated<JsonObject> =>
    Result.succeed(Json.compact({ type: "document", source, title } satisfies Json.Members<Api.DocumentBlockParam>))
  const url = Json.string(part, "file_url")
  if (url !== undefined) return document({ type: "url", url })
  const inline = DataUrl.parse(Json.string(part, "file_data") ?? "")
  if (inline === undefined) {
    return refuse(field, "must be inline (`file_data` as a base64 data URL) or an address (`file_url`)")
  }
  if (inline.mediaType === "application/pdf") {
    return document({ type: "base64", media_type: inline.mediaType, data: inline.data })
  }
  const text = inline.mediaType.startsWith("text/") ? Base64.decodeString(inline.data) : undefined
  return text !== undefined && Result.isSuccess(text)
    ? document({ type: "text", media_type: "text/plain", data: text.success })
    : refuse(`${field}.file_data`, "must be a PDF or a text; Anthropic reads no other documents")
}

/** Blocks made of one part, the last of which carries the part's mark. */
const marked = (part: JsonObject, blocks: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  blocks.map((block, index) => index === blocks.length - 1 ? CacheControl.keep(part, block) : block)

const textBlocks = (text: string): ReadonlyArray<JsonObject> => text.trim() === "" ? [] : [{ type: "text", text }]

/** The blocks of a message's or a tool output's content; Anthropic refuses blank texts, so they are left out. */
const blocksOf = (content: Json.Json | undefined, field: string): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    if (typeof content === "string") return textBlocks(content)
    if (!Json.isArray(content)) return []
    const blocks: Array<JsonObject> = []
    for (const [index, part] of content.entries()) {
      if (!Json.isObject(part)) continue
      const at = `${field}[${index}]`
      switch (typeOf(part)) {
        case "input_text":
        case "output_text":
        case "text":
          blocks.push(...marked(part, textBlocks(Json.string(part, "text") ?? "")))
          break
        case "refusal":
          blocks.push(...marked(part, textBlocks(Json.string(part, "refusal") ?? "")))
          break
        case "input_image":
          blocks.push(CacheControl.keep(part, yield* image(part, at)))
          break
        case "input_file":
          blocks.push(CacheControl.keep(part, yield* file(part, at)))
          break
        default:
          return yield* refuse(`${at}.type`, `is \`${typeOf(part)}\`, which Anthropic's API has no content for`)
      }
    }
    return blocks
  })

const systemBlocks = (
  blocks: ReadonlyArray<JsonObject>,
  field: string
): Translated<ReadonlyArray<JsonObject>> =>
  blocks.every((block) => typeOf(block) === "text")
    ? Result.succeed(blocks)
    : refuse(field, "must be text: Anthropic's system prompt holds nothing else")

/** The system prompt, in blocks only where one of them is marked. */
const systemOf = (blocks: ReadonlyArray<JsonObject>): Json.Json | undefined => {
  if (blocks.some((block) => Json.isGiven(block, "cache_control"))) return [...blocks]
  const prompt = blocks.map((block) => Json.string(block, "text") ?? "").join("\n\n")
  return prompt === "" ? undefined : prompt
}

/** Arguments as the object that Messages wants; a call without any has an empty one. */
const inputOf = (item: JsonObject, field: string): Translated<JsonObject> => {
  const text = Json.string(item, "arguments") ?? ""
  const input = text === "" ? {} : JsonSource.parseObject(text)
  return input === undefined
    ? refuse(`${field}.arguments`, "must be the JSON text of an object")
    : Result.succeed(input)
}

const toolResult = (item: JsonObject, field: string): Translated<JsonObject> =>
  Result.gen(function*() {
    const text = Json.string(item, "output")
    const blocks = text === undefined ? yield* blocksOf(item["output"], `${field}.output`) : []
    return Json.compact(
      {
        type: "tool_result",
        tool_use_id: Json.string(item, "call_id") ?? "",
        content: text ?? blocks.map(CacheControl.without),
        // The hub's only word for an output that is none.
        is_error: Json.string(item, "status") === "incomplete" ? true : undefined,
        // Only the result as a whole can be marked.
        cache_control: CacheControl.of(item) ??
          blocks.map((block) => CacheControl.of(block)).findLast((mark) => mark !== undefined)
      } satisfies Json.Members<Api.ToolResultBlockParam>
    )
  })

/** One turn; the results of tools must come first in it. */
interface Turn {
  readonly role: "user" | "assistant"
  readonly results: Array<JsonObject>
  readonly blocks: Array<JsonObject>
}

/** `input` as alternating turns, and the texts of the system prompt. */
export const conversation = (request: JsonObject) =>
  Result.gen(function*() {
    const system: Array<JsonObject> = []
    const turns: Array<Turn> = []
    const turnOf = (role: Turn["role"]): Turn => {
      const last = turns.at(-1)
      if (last?.role === role) return last
      const turn: Turn = { role, results: [], blocks: [] }
      turns.push(turn)
      return turn
    }
    const instructions = Json.string(request, "instructions") ?? ""
    system.push(...textBlocks(instructions))
    const input = request["input"]
    const items = Json.isArray(input) ? input : [{ role: "user", content: input ?? "" }]
    for (const [index, item] of items.entries()) {
      if (!Json.isObject(item)) continue
      const field = `input[${index}]`
      // A bare `{ id }` is a reference too; only a message has a role.
      switch (typeOf(item) || (Json.isGiven(item, "role") ? "message" : "item_reference")) {
        case "message": {
          const role = Json.string(item, "role")
          const blocks = yield* blocksOf(item["content"], `${field}.content`)
          if (role === "system" || role === "developer") {
            system.push(...(yield* systemBlocks(blocks, `${field}.content`)))
          } else if (blocks.length > 0) {
            turnOf(role === "assistant" ? "assistant" : "user").blocks.push(...blocks)
          }
          break
        }
        case "function_call":
          turnOf("assistant").blocks.push(CacheControl.keep(
            item,
            {
              type: "tool_use",
              id: Json.string(item, "call_id") ?? "",
              name: Json.string(item, "name") ?? "",
              input: yield* inputOf(item, field)
            } satisfies Json.Members<Api.ToolUseBlockParam>
          ))
          break
        case "function_call_output":
          turnOf("user").results.push(yield* toolResult(item, field))
          break
        case "reasoning": {
          const block = Thinking.ownBlockOf(item)
          if (block !== undefined) turnOf("assistant").blocks.push(block)
          break
        }
        case "web_search_call":
          break
        default:
          return yield* refuse(
            `${field}.type`,
            `is \`${typeOf(item) || "item_reference"}\`, which Anthropic's API has no counterpart for`
          )
      }
    }
    const end = turns.at(-1)
    const begun = end?.role === "assistant" ? end.blocks.at(-1) : undefined
    // An answer that is begun must not end with white space.
    if (begun !== undefined && typeOf(begun) === "text") {
      end?.blocks.splice(-1, 1, { ...begun, text: Json.string(begun, "text")?.trimEnd() ?? "" })
    }
    system.push(...[...spokenFormat(request), ...spokenChoice(request)].flatMap(textBlocks))
    const messages = turns.map(({ blocks, results, role }) => ({ role, content: [...results, ...blocks] }))
    return { system: systemOf(system), messages }
  })

/** The plain search tool: the later ones also run code, and not every model has them. */
const webSearchTool = (tool: JsonObject, request: JsonObject): JsonObject => {
  const filters = Json.object(tool, "filters") ?? {}
  const location = Json.object(tool, "user_location")
  return Json.compact({
    type: "web_search_20250305",
    name: "web_search",
    max_uses: Json.number(request, "max_tool_calls"),
    allowed_domains: Json.array(filters, "allowed_domains"),
    blocked_domains: Json.array(filters, "blocked_domains"),
    user_location: location === undefined ? undefined : { type: "approximate", ...location }
  })
}

/** The plain fetch tool, for the same reasons. */
const webFetchTool = (tool: JsonObject): JsonObject => {
  const filters = Json.object(tool, "filters") ?? {}
  return Json.compact({
    type: "web_fetch_20250910",
    name: "web_fetch",
    max_uses: Json.number(tool, "max_uses"),
    allowed_domains: Json.array(filters, "allowed_domains"),
    blocked_domains: Json.array(filters, "blocked_domains")
  })
}

/** A function of the caller's; where its schema allows no strictness, it is offered without. */
const functionTool = (tool: JsonObject, request: JsonObject): JsonObject => {
  const parameters = JsonSchema.ofParameters(Json.object(tool, "parameters"))
  const strict = Json.boolean(tool, "strict") === true && modelOf(request).structured
    ? JsonSchema.forClaude(parameters)
    : undefined
  return Json.compact(
    {
      name: Json.string(tool, "name") ?? "",
      description: Json.string(tool, "description"),
      input_schema: strict ?? parameters,
      strict: strict === undefined ? undefined : true
    } satisfies Json.Members<Api.CustomTool>
  )
}

const toolsOf = (request: JsonObject): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const tools: Array<JsonObject> = []
    for (const [index, tool] of Json.objects(request, "tools").entries()) {
      const type = Tools.typeOf(tool)
      if (type === "function") {
        tools.push(CacheControl.keep(tool, functionTool(tool, request)))
      } else if (type.startsWith("web_search")) {
        tools.push(CacheControl.keep(tool, webSearchTool(tool, request)))
      } else if (type === "web_fetch") {
        tools.push(CacheControl.keep(tool, webFetchTool(tool)))
      } else {
        return yield* refuse(`tools[${index}].type`, `is \`${type}\`, a tool that only OpenAI runs`)
      }
    }
    return tools
  })

const nameOfChoice = (choice: JsonObject): string | undefined =>
  typeOf(choice) === "function"
    ? Json.string(choice, "name")
    : typeOf(choice).startsWith("web_search")
    ? "web_search"
    : typeOf(choice) === "web_fetch"
    ? "web_fetch"
    : undefined

/** The tools on offer and which of them to use; a choice among some of them is a shorter list. */
const choose = (request: JsonObject) =>
  Result.gen(function*() {
    const tools = yield* toolsOf(request)
    const word = Json.string(request, "tool_choice")
    const choice = Json.object(request, "tool_choice") ?? {}
    const isSerial = Json.boolean(request, "parallel_tool_calls") === false
    const among = (offered: ReadonlyArray<JsonObject>, members: JsonObject | undefined) => ({
      tools: offered,
      choice: offered.length === 0
        ? undefined
        : isSerial
        ? { ...(members ?? { type: "auto" }), disable_parallel_tool_use: true }
        : members
    })
    if (word === "none") {
      return { tools, choice: tools.length === 0 ? undefined : { type: "none" } }
    }
    if (word === "required") return among(tools, { type: "any" })
    if (word !== undefined) return among(tools, { type: "auto" })
    if (typeOf(choice) === "") return among(tools, undefined)
    if (typeOf(choice) === "allowed_tools") {
      const names = new Set(Json.objects(choice, "tools").map(nameOfChoice))
      return among(
        tools.filter((tool) => names.has(Json.string(tool, "name"))),
        { type: Json.string(choice, "mode") === "required" ? "any" : "auto" }
      )
    }
    const name = nameOfChoice(choice)
    return name === undefined
      ? yield* refuse("tool_choice.type", `is \`${typeOf(choice)}\`, which only OpenAI knows`)
      : among(tools, { type: "tool", name })
  })

const isForced = (choice: JsonObject | undefined): boolean =>
  choice !== undefined && (typeOf(choice) === "any" || typeOf(choice) === "tool")

/** `tools` and `tool_choice`. A model that cannot be forced is offered the one tool alone, and told to use it. */
export const toolsAndChoice = (request: JsonObject) =>
  Result.map(choose(request), ({ choice, tools }) => {
    if (choice === undefined || !isForced(choice) || modelOf(request).forcedTools) {
      return { tools: tools.length === 0 ? undefined : tools, tool_choice: choice }
    }
    const name = Json.string(choice, "name")
    const { name: _, ...rest } = choice
    return {
      tools: name === undefined ? tools : tools.filter((tool) => Json.string(tool, "name") === name),
      tool_choice: { ...rest, type: "auto" }
    }
  })

/** The choice of a tool in words, for a model that cannot be forced. */
const spokenChoice = (request: JsonObject): ReadonlyArray<string> => {
  if (modelOf(request).forcedTools) return []
  const choice = Result.getOrElse(Result.map(choose(request), ({ choice }) => choice), () => undefined)
  if (choice === undefined || !isForced(choice)) return []
  const name = Json.string(choice, "name")
  return [name === undefined ? "Answer by calling a tool." : `Answer by calling the tool ${JSON.stringify(name)}.`]
}

const formatOf = (request: JsonObject): JsonObject => Json.object(Json.object(request, "text") ?? {}, "format") ?? {}

/** The schema that the model can be held to; `undefined` where it has to be asked in words. */
const heldSchema = (request: JsonObject): JsonObject | undefined =>
  typeOf(formatOf(request)) === "json_schema" && modelOf(request).structured
    ? JsonSchema.forClaude(Json.object(formatOf(request), "schema") ?? {})
    : undefined

/** The format of the answer in words. */
const spokenFormat = (request: JsonObject): ReadonlyArray<string> => {
  const format = formatOf(request)
  if (typeOf(format) === "json_object") return ["Answer with one JSON object and nothing else."]
  if (typeOf(format) !== "json_schema" || heldSchema(request) !== undefined) return []
  const schema = JsonSource.stringify(Json.object(format, "schema") ?? {})
  return [`Answer with one JSON value that is valid by this JSON schema, and nothing else:\n${schema}`]
}

/** The level of effort that is asked for, as the model knows it. */
const effortOf = (request: JsonObject): Translated<Effort.Effort | undefined> => {
  const asked = Json.string(Json.object(request, "reasoning") ?? {}, "effort")
  if (asked === undefined) return Result.succeed(undefined)
  return Effort.isLevel(asked)
    ? Result.succeed(asked)
    : refuse("reasoning.effort", `must be one of ${Effort.levels.join(", ")}`)
}

const thinkingOf = (request: JsonObject, choice: JsonObject | undefined): JsonObject | undefined => {
  const model = modelOf(request)
  const reasoning = Json.object(request, "reasoning") ?? {}
  const effort = Json.string(reasoning, "effort")
  if (effort === "none") return model.withoutThinking === undefined ? undefined : { type: model.withoutThinking }
  const summary = Json.isGiven(reasoning, "summary")
  // Anthropic refuses thinking together with a forced tool.
  const isKeptFrom = isForced(choice) && model.forcedTools
  if (!model.adaptiveThinking || isKeptFrom || (effort === undefined && !summary)) return undefined
  return Json.compact(
    { type: "adaptive", display: summary ? "summarized" : undefined } satisfies Json.Members<Api.Thinking>
  )
}

/** How Claude is to think, and how hard. A model that cannot be kept from thinking does the least. */
export const thinkingAndEffort = (request: JsonObject) =>
  Result.flatMap(choose(request), ({ choice }) =>
    Result.map(effortOf(request), (asked) => {
      const { efforts, withoutThinking } = modelOf(request)
      const isOff = asked === "none" && withoutThinking !== undefined
      const effort = asked === undefined || isOff ? undefined : Effort.nearest(efforts, asked)
      return {
        thinking: thinkingOf(request, choice),
        output_config: effort === undefined ? undefined : { effort }
      }
    }))

/** The format of the answer as part of `output_config`, or as words of the system prompt. */
export const formatAsConfig = (request: JsonObject) => {
  const type = typeOf(formatOf(request))
  if (!["", "text", "json_object", "json_schema"].includes(type)) {
    return refuse("text.format.type", "must be `text`, `json_object` or `json_schema`")
  }
  const schema = heldSchema(request)
  return Result.succeed({
    output_config: schema === undefined ? undefined : { format: { type: "json_schema", schema } }
  })
}

/** `temperature`, or else `top_p`: only one is accepted, only by older models, and not together with thinking. */
export const sampling = (request: JsonObject) =>
  Result.map(choose(request), ({ choice }) => {
    const temperature = Json.number(request, "temperature")
    const thinking = thinkingOf(request, choice)
    const isThinking = thinking !== undefined && typeOf(thinking) === "adaptive"
    if (!modelOf(request).sampling || isThinking) return {}
    return {
      ...(temperature === undefined
        ? { top_p: Json.number(request, "top_p") }
        // OpenAI and Google go to 2.
        : { temperature: Math.min(temperature, 1) }),
      top_k: Json.number(request, "top_k")
    }
  })
