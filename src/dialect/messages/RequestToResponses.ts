/**
 * The pieces of a Messages request as a Responses request, for another provider to serve: the turns, the tools and
 * thinking. The rules say where each belongs.
 */
import * as Result from "effect/Result"
import type * as Api from "../../api/Responses.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Translated } from "../../Dialect.ts"
import * as DataUrl from "../DataUrl.ts"
import * as Effort from "../Effort.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import { refuse } from "./Refusal.ts"
import * as Thinking from "./Thinking.ts"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

/** OpenAI's bound on `safety_identifier`; what is longer only helps to detect abuse, and is left out. */
const maxUserLength = 64

const textPart = (text: string): ReadonlyArray<JsonObject> =>
  text === "" ? [] : [{ type: "input_text", text } satisfies Json.Members<Api.InputText>]

const imagePart = (block: JsonObject, field: string): Translated<JsonObject> => {
  const source = Json.object(block, "source") ?? {}
  switch (typeOf(source)) {
    case "base64": {
      const data = DataUrl.make(Json.string(source, "media_type") ?? "", Json.string(source, "data") ?? "")
      return Result.succeed(
        { type: "input_image", detail: "auto", image_url: data } satisfies Json.Members<Api.InputImage>
      )
    }
    case "url":
      return Result.succeed(
        { type: "input_image", detail: "auto", image_url: Json.string(source, "url") ?? "" } satisfies Json.Members<
          Api.InputImage
        >
      )
    default:
      return refuse(`${field}.source`, "must be of type `base64` or `url`; stored files cannot be reached")
  }
}

const documentParts = (block: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> => {
  if (Json.boolean(Json.object(block, "citations") ?? {}, "enabled") === true) {
    return refuse(`${field}.citations`, "cannot be carried: other providers do not cite documents that were sent")
  }
  const source = Json.object(block, "source") ?? {}
  switch (typeOf(source)) {
    case "base64": {
      const data = DataUrl.make(Json.string(source, "media_type") ?? "", Json.string(source, "data") ?? "")
      return Result.succeed([
        {
          type: "input_file",
          filename: Json.string(block, "title") ?? "document.pdf",
          file_data: data
        } satisfies Json.Members<Api.InputFile>
      ])
    }
    case "url":
      return Result.succeed([
        { type: "input_file", file_url: Json.string(source, "url") ?? "" } satisfies Json.Members<Api.InputFile>
      ])
    case "text":
      return Result.succeed(textPart(Json.string(source, "data") ?? ""))
    case "content":
      return partsOf(source["content"], `${field}.source.content`)
    default:
      return refuse(`${field}.source`, "must be inline or an address; stored files cannot be reached")
  }
}

/** A search's result in words: what it is called, where it is from, what it says. */
const searchResult = (block: JsonObject): string =>
  [
    Json.string(block, "title") ?? "",
    Json.string(block, "source") ?? "",
    ...Json.objects(block, "content").map((part) => Json.string(part, "text") ?? "")
  ].filter((text) => text !== "").join("\n")

/** One block of a user's turn, or of a tool's result, as parts of an input. */
const inputParts = (block: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> => {
  switch (typeOf(block)) {
    case "text":
      return Result.succeed(textPart(Json.string(block, "text") ?? ""))
    case "image":
      return Result.map(imagePart(block, field), (part) => [part])
    case "document":
      return documentParts(block, field)
    case "search_result":
      return Result.succeed(textPart(searchResult(block)))
    default:
      return refuse(`${field}.type`, `is \`${typeOf(block)}\`, which only Anthropic understands`)
  }
}

const partsOf = (content: Json.Json | undefined, field: string): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    if (typeof content === "string") return textPart(content)
    const parts: Array<JsonObject> = []
    for (const [index, block] of (Json.isArray(content) ? content : []).entries()) {
      if (Json.isObject(block)) parts.push(...(yield* inputParts(block, `${field}[${index}]`)))
    }
    return parts
  })

const toolOutput = (block: JsonObject, field: string): Translated<JsonObject> =>
  Result.map(
    Json.isArray(block["content"])
      ? Result.map(partsOf(block["content"], `${field}.content`), (parts): Json.Json => [...parts])
      : Result.succeed(Json.string(block, "content") ?? ""),
    (output) =>
      Json.compact(
        {
          type: "function_call_output",
          call_id: Json.string(block, "tool_use_id") ?? "",
          output,
          // The hub's only word for an output that is none.
          status: Json.boolean(block, "is_error") === true ? "incomplete" : undefined
        } satisfies Json.Members<Api.FunctionCallOutput>
      )
  )

/** A turn's blocks; a plain string is short for one text block. */
const blocksOf = (message: JsonObject): ReadonlyArray<JsonObject> => {
  const text = Json.string(message, "content")
  return text === undefined ? Json.objects(message, "content") : [{ type: "text", text }]
}

const message = (role: string, content: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  content.length === 0 ? [] : [{ type: "message", role, content }]

const userItems = (turn: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const items: Array<JsonObject> = []
    let parts: Array<JsonObject> = []
    for (const [index, block] of blocksOf(turn).entries()) {
      const at = `${field}.content[${index}]`
      if (typeOf(block) === "tool_result") {
        items.push(...message("user", parts), yield* toolOutput(block, at))
        parts = []
      } else {
        parts.push(...(yield* inputParts(block, at)))
      }
    }
    return [...items, ...message("user", parts)]
  })

const functionCall = (block: JsonObject): JsonObject => {
  const signature = Json.string(block, "signature")
  return Json.compact(
    {
      type: "function_call",
      call_id: Json.string(block, "id") ?? "",
      name: Json.string(block, "name") ?? "",
      arguments: JsonSource.stringify(Json.object(block, "input") ?? {}),
      signature: signature === undefined ? undefined : ForeignSignature.rewrap(signature, "anthropic", "openai")
    } satisfies Json.Members<Api.FunctionCall & { readonly signature: string }>
  )
}

const assistantItems = (turn: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const items: Array<JsonObject> = []
    let parts: Array<JsonObject> = []
    const add = (item: JsonObject | undefined): void => {
      items.push(...message("assistant", parts), ...(item === undefined ? [] : [item]))
      parts = []
    }
    for (const [index, block] of blocksOf(turn).entries()) {
      switch (typeOf(block)) {
        case "text": {
          const text = Json.string(block, "text") ?? ""
          if (text !== "") {
            parts.push({ type: "output_text", text, annotations: [] } satisfies Json.Members<Api.OutputText>)
          }
          break
        }
        case "tool_use":
          add(functionCall(block))
          break
        case "thinking":
        case "redacted_thinking":
          add(Thinking.itemOf(block))
          break
        // A search that was made is told by the text that came of it.
        case "server_tool_use":
        case "web_search_tool_result":
        case "web_fetch_tool_result":
          break
        default:
          return yield* refuse(
            `${field}.content[${index}].type`,
            `is \`${typeOf(block)}\`, which only Anthropic understands`
          )
      }
    }
    add(undefined)
    return items
  })

/** The items that one turn becomes; `field` is where it stands in the request. */
export const turnItems = (turn: JsonObject, field: string): Translated<ReadonlyArray<JsonObject>> => {
  switch (Json.string(turn, "role")) {
    case "assistant":
      return assistantItems(turn, field)
    case "system":
      return Result.map(partsOf(turn["content"], `${field}.content`), (parts) => message("system", parts))
    default:
      return userItems(turn, field)
  }
}

export const inputOf = (request: JsonObject): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const turns = Json.objects(request, "messages")
    const items: Array<JsonObject> = []
    for (const [index, turn] of turns.entries()) {
      items.push(...(yield* turnItems(turn, `messages[${index}]`)))
    }
    return items
  })

export const instructionsOf = (request: JsonObject): string | undefined => {
  const text = Json.string(request, "system") ??
    Json.objects(request, "system").map((block) => Json.string(block, "text") ?? "").join("\n\n")
  return text === "" ? undefined : text
}

export const isWebSearch = (tool: JsonObject): boolean => typeOf(tool).startsWith("web_search_")

const isWebFetch = (tool: JsonObject): boolean => typeOf(tool).startsWith("web_fetch_")

const filtersOf = (tool: JsonObject): JsonObject | undefined => {
  const filters = Json.compact({
    allowed_domains: Json.array(tool, "allowed_domains"),
    blocked_domains: Json.array(tool, "blocked_domains")
  })
  return Object.keys(filters).length === 0 ? undefined : filters
}

const webSearchTool = (tool: JsonObject): JsonObject =>
  Json.compact({ type: "web_search", filters: filtersOf(tool), user_location: Json.object(tool, "user_location") })

const webFetchTool = (tool: JsonObject): JsonObject =>
  Json.compact({ type: "web_fetch", filters: filtersOf(tool), max_uses: Json.number(tool, "max_uses") })

export const toolsOf = (request: JsonObject): Translated<ReadonlyArray<JsonObject>> =>
  Result.gen(function*() {
    const tools: Array<JsonObject> = []
    for (const [index, tool] of Json.objects(request, "tools").entries()) {
      if (isWebSearch(tool)) {
        tools.push(webSearchTool(tool))
      } else if (isWebFetch(tool)) {
        tools.push(webFetchTool(tool))
      } else if (typeOf(tool) === "" || typeOf(tool) === "custom") {
        tools.push(Json.compact({
          type: "function",
          name: Json.string(tool, "name") ?? "",
          description: Json.string(tool, "description"),
          parameters: Json.object(tool, "input_schema") ?? { type: "object", properties: {} },
          // The hub takes a missing `strict` for true, Messages for false.
          strict: Json.boolean(tool, "strict") ?? false
        }))
      } else {
        return yield* refuse(`tools[${index}].type`, `is \`${typeOf(tool)}\`, a tool that only Claude knows`)
      }
    }
    return tools
  })

export const toolChoiceOf = (request: JsonObject): Json.Json | undefined => {
  const choice = Json.object(request, "tool_choice") ?? {}
  switch (typeOf(choice)) {
    case "auto":
    case "none":
      return typeOf(choice)
    case "any":
      return "required"
    case "tool": {
      const name = Json.string(choice, "name") ?? ""
      const tool = Json.objects(request, "tools").find((tool) => Json.string(tool, "name") === name) ?? {}
      return isWebSearch(tool)
        ? { type: "web_search" }
        : isWebFetch(tool)
        ? { type: "web_fetch" }
        : { type: "function", name }
    }
    default:
      return undefined
  }
}

const effortOf = (thinking: JsonObject, config: JsonObject): string | undefined => {
  const effort = Json.string(config, "effort")
  const budget = Json.number(thinking, "budget_tokens") ?? 0
  switch (typeOf(thinking)) {
    case "disabled":
    case "between_tools":
      return "none"
    case "enabled":
      return effort ?? Effort.ofBudget(budget)
    // Anthropic documents high as what adaptive thinking does unless told otherwise.
    case "adaptive":
      return effort ?? "high"
    default:
      return effort
  }
}

export const reasoningOf = (request: JsonObject): JsonObject => {
  const thinking = Json.object(request, "thinking") ?? {}
  const isThinking = typeOf(thinking) === "enabled" || typeOf(thinking) === "adaptive"
  const reasoning = Json.compact({
    effort: effortOf(thinking, Json.object(request, "output_config") ?? {}),
    summary: isThinking && Json.string(thinking, "display") !== "omitted" ? "auto" : undefined
  })
  return Json.compact({
    reasoning: Object.keys(reasoning).length === 0 ? undefined : reasoning,
    // Without it there would be nothing to sign a thinking block with.
    include: isThinking ? ["reasoning.encrypted_content"] : undefined
  })
}

export const formatOf = (request: JsonObject): JsonObject | undefined => {
  const format = Json.object(Json.object(request, "output_config") ?? {}, "format")
  return format === undefined
    ? undefined
    : { format: { type: "json_schema", name: "response", schema: Json.object(format, "schema") ?? {}, strict: true } }
}

export const userOf = (request: JsonObject): string | undefined => {
  const user = Json.string(Json.object(request, "metadata") ?? {}, "user_id")
  return user === undefined || user.length > maxUserLength ? undefined : user
}
