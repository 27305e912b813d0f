/**
 * The pieces of a Responses request as a Messages request, for Anthropic to serve: the conversation, the tools, thinking
 * and the format. The rules say where each belongs.
 *
 * `reasoning.effort` is carried as it is (`minimal` as `low`); a model without effort levels answers with its own 400,
 * as a model of OpenAI's that does not reason would.
 */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type * as Api from "../../api/Messages.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Translated } from "../../Dialect.ts"
import * as CacheControl from "./CacheControl.ts"
import * as ClaudeModel from "./ClaudeModel.ts"
import { refuse } from "./Refusal.ts"
import * as Thinking from "./Thinking.ts"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

/** The media type and the payload of a base64 data URL. */
const dataUrl = (url: string): { readonly mediaType: string; readonly data: string } | undefined => {
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64,/.exec(url.slice(0, 256))
  return match === null ? undefined : { mediaType: match[1] ?? "", data: url.slice(match[0].length) }
}

const storedFile = (field: string): Translated<never> =>
  refuse(`${field}.file_id`, "names a file that is stored with OpenAI, where Anthropic cannot reach it; send the file")

const image = (part: JsonObject, field: string): Translated<JsonObject> => {
  if (Json.isGiven(part, "file_id")) return storedFile(field)
  const url = Json.string(part, "image_url")
  if (url === undefined) {
    return refuse(`${field}.image_url`, "must be an address or a data URL")
  }
  const inline = dataUrl(url)
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
  const inline = dataUrl(Json.string(part, "file_data") ?? "")
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

const textBlocks = (text: string): ReadonlyArray<JsonObject> => text === "" ? [] : [{ type: "text", text }]

/** The blocks of a message's or a tool output's content; Anthropic refuses empty texts, so they are left out. */
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

const toolsOf = (request: JsonObject): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const tools: Array<JsonObject> = []
    for (const [index, tool] of Json.objects(request, "tools").entries()) {
      const type = typeOf(tool)
      if (type === "function") {
        tools.push(CacheControl.keep(
          tool,
          Json.compact(
            {
              name: Json.string(tool, "name") ?? "",
              description: Json.string(tool, "description"),
              input_schema: Json.object(tool, "parameters") ?? { type: "object", properties: {} },
              strict: Json.boolean(tool, "strict") === true ? true : undefined
            } satisfies Json.Members<Api.CustomTool>
          )
        ))
      } else if (type.startsWith("web_search")) {
        tools.push(CacheControl.keep(tool, webSearchTool(tool, request)))
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

/** `tools` and `tool_choice`. */
export const toolsAndChoice = (request: JsonObject) =>
  Result.map(choose(request), ({ choice, tools }) => ({
    tools: tools.length === 0 ? undefined : tools,
    tool_choice: choice
  }))

const outputFormat = (request: JsonObject): Translated<JsonObject | undefined> => {
  const format = Json.object(Json.object(request, "text") ?? {}, "format") ?? {}
  switch (typeOf(format)) {
    case "":
    case "text":
      return Result.succeed(undefined)
    case "json_schema":
      return Result.succeed({ type: "json_schema", schema: Json.object(format, "schema") ?? {} })
    default:
      return refuse("text.format.type", "must be `text` or `json_schema`; Anthropic has no other output format")
  }
}

const thinkingOf = (request: JsonObject, choice: JsonObject | undefined): JsonObject | undefined => {
  const model = ClaudeModel.of(Json.string(request, "model") ?? "")
  const reasoning = Json.object(request, "reasoning") ?? {}
  const effort = Json.string(reasoning, "effort")
  if (effort === "none") return { type: "disabled" }
  const summary = Json.isGiven(reasoning, "summary")
  // Anthropic refuses thinking together with a forced tool.
  const isForced = choice !== undefined && (typeOf(choice) === "any" || typeOf(choice) === "tool")
  if (!model.adaptiveThinking || isForced || (effort === undefined && !summary)) return undefined
  return Json.compact(
    { type: "adaptive", display: summary ? "summarized" : undefined } satisfies Json.Members<Api.Thinking>
  )
}

/** How Claude is to think, and how hard. */
export const thinkingAndEffort = (request: JsonObject) =>
  Result.map(choose(request), ({ choice }) => {
    const effort = Json.string(Json.object(request, "reasoning") ?? {}, "effort")
    const word = effort === "minimal" ? "low" : effort
    return {
      thinking: thinkingOf(request, choice),
      output_config: word === undefined || word === "none" ? undefined : { effort: word }
    }
  })

/** The format of the answer as part of `output_config`. */
export const formatAsConfig = (request: JsonObject) =>
  Result.map(outputFormat(request), (format) => ({ output_config: format === undefined ? undefined : { format } }))

/** `temperature`, or else `top_p`: only one is accepted, only by older models, and not together with thinking. */
export const sampling = (request: JsonObject) =>
  Result.map(choose(request), ({ choice }) => {
    const temperature = Json.number(request, "temperature")
    const thinking = thinkingOf(request, choice)
    const isThinking = thinking !== undefined && typeOf(thinking) === "adaptive"
    if (!ClaudeModel.of(Json.string(request, "model") ?? "").sampling || isThinking) return {}
    return temperature === undefined ? { top_p: Json.number(request, "top_p") } : { temperature }
  })
