/**
 * What OpenAI's coding agents say in a request that no other vendor's interface has, in terms of plain functions: tools in
 * namespaces, tools with free text for input, the search for tools and what it found (OpenAI's API reference). A request
 * without any of it is left as it is.
 *
 * A summary that only its own provider can read (`compaction`) is refused: without it the conversation is another.
 */
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated } from "../../Dialect.ts"

/** What a function stands for. */
export interface Origin {
  readonly kind: "function" | "custom" | "search"
  readonly name: string
  readonly namespace: string | undefined
}

/** What an answer to such a request needs to know of it. */
export interface Origins {
  readonly request: JsonObject
  /** By the names that the functions have now. */
  readonly byName: ReadonlyMap<string, Origin>
}

const known = new WeakMap<JsonObject, Origins>()

/** Where the functions of a request come from; `undefined` where it was left as it is. */
export const originsOf = (request: JsonObject): Origins | undefined => known.get(request)

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""
const nameOf = (value: JsonObject): string => Json.string(value, "name") ?? ""

const special: ReadonlySet<string> = new Set([
  "namespace",
  "custom",
  "custom_tool_call",
  "custom_tool_call_output",
  "tool_search",
  "tool_search_call",
  "tool_search_output",
  "additional_tools",
  "compaction",
  "compaction_summary",
  "compaction_trigger",
  "context_compaction"
])

const isSpecial = (value: JsonObject): boolean =>
  special.has(typeOf(value)) || Json.string(value, "namespace") !== undefined

const searchName = "tool_search"

/** The names of functions: a tool in no namespace keeps its own, and no two tools get the same. */
const naming = (tools: ReadonlyArray<JsonObject>) => {
  const byName = new Map<string, Origin>()
  const names = new Map<string, string>()
  const taken = new Set(tools.filter((tool) => typeOf(tool) === "function").map(nameOf))
  return {
    byName,
    /** The function's name, and whether it is new. */
    of: (origin: Origin): { readonly name: string; readonly isNew: boolean } => {
      const key = JSON.stringify([origin.namespace ?? null, origin.name])
      const found = names.get(key)
      if (found !== undefined) return { name: found, isNew: false }
      const base = origin.namespace === undefined
        ? origin.name
        : `${origin.namespace}${origin.namespace.endsWith("__") ? "" : "__"}${origin.name}`
      let name = base
      for (let count = 2; taken.has(name); count++) name = `${base}_${count}`
      taken.add(name)
      names.set(key, name)
      byName.set(name, origin)
      return { name, isNew: true }
    }
  }
}

type Naming = ReturnType<typeof naming>

const sentences = (...parts: ReadonlyArray<string | null | undefined>): string | undefined =>
  parts.filter((part) => part !== undefined && part !== null && part !== "").join("\n\n") || undefined

/** What a grammar allows can be told, though not enforced. */
const grammarOf = (tool: JsonObject): string | undefined => {
  const format = Json.object(tool, "format") ?? {}
  const definition = Json.string(format, "definition")
  return definition && `The input has to fit this ${Json.string(format, "syntax") ?? ""} grammar:\n${definition}`
}

const anyObject = { type: "object", properties: {} }

const freeText = (description: string | undefined): JsonObject => ({
  type: "object",
  properties: { input: Json.compact({ type: "string", description }) },
  required: ["input"],
  additionalProperties: false
})

const functionOf = (
  tool: JsonObject,
  namespace: string | undefined,
  about: string | undefined,
  names: Naming
): ReadonlyArray<JsonObject> => {
  const custom = typeOf(tool) === "custom"
  const { isNew, name } = names.of({ kind: custom ? "custom" : "function", name: nameOf(tool), namespace })
  if (!isNew) return []
  return [Json.compact({
    type: "function",
    name,
    description: sentences(about, Json.string(tool, "description")),
    parameters: custom ? freeText(grammarOf(tool)) : Json.object(tool, "parameters") ?? anyObject,
    strict: custom ? false : Json.boolean(tool, "strict") ?? false
  })]
}

/** One tool as functions. Of those that a search at the provider would find, all are offered. */
const plainTools = (tool: JsonObject, names: Naming): ReadonlyArray<JsonObject> => {
  switch (typeOf(tool)) {
    case "namespace":
      return Json.objects(tool, "tools").flatMap((member, index) =>
        functionOf(member, nameOf(tool), index === 0 ? Json.string(tool, "description") : undefined, names)
      )
    case "custom":
      return functionOf(tool, undefined, undefined, names)
    case "tool_search":
      if (Json.string(tool, "execution") !== "client") return []
      return [Json.compact({
        type: "function",
        name: names.of({ kind: "search", name: searchName, namespace: undefined }).name,
        description: Json.string(tool, "description"),
        parameters: Json.object(tool, "parameters") ?? anyObject,
        strict: false
      })]
    default:
      return [tool]
  }
}

/** The names of the functions among these tools, for a model that has looked for them. */
const foundNames = (tools: ReadonlyArray<JsonObject>, names: Naming): ReadonlyArray<string> =>
  tools.flatMap((tool) =>
    typeOf(tool) === "namespace"
      ? Json.objects(tool, "tools").map((member) =>
        names.of({ kind: "function", name: nameOf(member), namespace: nameOf(tool) }).name
      )
      : [nameOf(tool)]
  )

const callOf = (item: JsonObject, name: string, text: string): JsonObject =>
  Json.compact({
    type: "function_call",
    call_id: Json.string(item, "call_id"),
    name,
    arguments: text,
    status: Json.string(item, "status")
  })

const outputOf = (item: JsonObject, output: Json.Json | undefined): JsonObject =>
  Json.compact({ type: "function_call_output", call_id: Json.string(item, "call_id"), output })

const plainItems = (item: JsonObject, field: string, names: Naming): Translated<ReadonlyArray<JsonObject>> => {
  const namespace = Json.string(item, "namespace")
  const nameAs = (kind: Origin["kind"]) => names.of({ kind, name: nameOf(item), namespace }).name
  switch (typeOf(item)) {
    case "function_call":
      return Result.succeed([
        namespace === undefined
          ? item
          : callOf(item, nameAs("function"), Json.string(item, "arguments") ?? "")
      ])
    case "custom_tool_call":
      return Result.succeed([
        callOf(item, nameAs("custom"), JSON.stringify({ input: Json.string(item, "input") ?? "" }))
      ])
    case "custom_tool_call_output":
      return Result.succeed([outputOf(item, item["output"])])
    // A search that the provider made has no call of the caller's behind it.
    case "tool_search_call":
      return Result.succeed(
        Json.string(item, "call_id") === undefined
          ? []
          : [callOf(item, searchName, JSON.stringify(item["arguments"] ?? {}))]
      )
    case "tool_search_output":
      return Result.succeed(
        Json.string(item, "call_id") === undefined
          ? []
          : [outputOf(item, JSON.stringify({ tools: foundNames(Json.objects(item, "tools"), names) }))]
      )
    case "additional_tools":
      return Result.succeed([])
    case "compaction":
    case "compaction_summary":
    case "compaction_trigger":
    case "context_compaction":
      return Result.fail({
        field: `${field}.type`,
        message:
          `\`${field}.type\` is \`${typeOf(item)}\`: only OpenAI can read what it has compacted, or compact it. ` +
          "Send the conversation itself, or a summary of it as a message."
      })
    default:
      return Result.succeed([item])
  }
}

const plainChoice = (choice: JsonObject, names: Naming): JsonObject => {
  const namespace = Json.string(choice, "namespace")
  switch (typeOf(choice)) {
    case "custom":
      return { type: "function", name: names.of({ kind: "custom", name: nameOf(choice), namespace }).name }
    case "function":
      return namespace === undefined
        ? choice
        : { type: "function", name: names.of({ kind: "function", name: nameOf(choice), namespace }).name }
    case "allowed_tools":
      return { ...choice, tools: Json.objects(choice, "tools").map((tool) => plainChoice(tool, names)) }
    default:
      return choice
  }
}

/** The tools of a request, and those that came with its conversation. */
const toolsIn = (request: JsonObject): ReadonlyArray<JsonObject> => [
  ...Json.objects(request, "tools"),
  ...Json.objects(request, "input").flatMap((item) =>
    typeOf(item) === "tool_search_output" || typeOf(item) === "additional_tools" ? Json.objects(item, "tools") : []
  )
]

/** The request in terms of plain functions. */
export const requestToResponses = (request: JsonObject): Translated<JsonObject> => {
  if (![...Json.objects(request, "tools"), ...Json.objects(request, "input")].some(isSpecial)) {
    return Result.succeed(request)
  }
  return Result.gen(function*() {
    const all = toolsIn(request)
    const names = naming(all)
    const tools = all.flatMap((tool) => plainTools(tool, names))
    const input = Json.array(request, "input")
    const items: Array<Json.Json> = []
    for (const [index, item] of (input ?? []).entries()) {
      if (Json.isObject(item)) items.push(...(yield* plainItems(item, `input[${index}]`, names)))
      else items.push(item)
    }
    const choice = Json.object(request, "tool_choice")
    const plain: JsonObject = {
      ...request,
      ...(input === undefined ? {} : { input: items }),
      ...(tools.length === 0 && !Object.hasOwn(request, "tools") ? {} : { tools }),
      ...(choice === undefined ? {} : { tool_choice: plainChoice(choice, names) })
    }
    known.set(plain, { request, byName: names.byName })
    return plain
  })
}

/** The caller's own place of a tool or an item. */
export const fieldOf = (field: string, request: JsonObject): string => {
  const match = /^(tools|input)\[(\d+)\](.*)$/.exec(field)
  const list = match?.[1]
  if (match === null || list === undefined) return field
  const names = naming(toolsIn(request))
  let left = Number(match[2])
  for (const [index, value] of Json.objects(request, list).entries()) {
    const count = list === "tools"
      ? plainTools(value, names).length
      : Result.getOrElse(plainItems(value, "", names), () => []).length
    if (left < count) return `${list}[${index}]${match[3] ?? ""}`
    left -= count
  }
  return field
}
