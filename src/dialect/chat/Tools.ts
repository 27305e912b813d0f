/** Tools and the choice among them: nested in Chat Completions, flat in Responses. */
import * as Result from "effect/Result"
import type * as Api from "../../api/ChatCompletions.ts"
import type * as Hub from "../../api/Responses.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated } from "../../Dialect.ts"
import * as CacheMarks from "../CacheMarks.ts"
import * as JsonSchema from "../JsonSchema.ts"
import { strictly } from "../responses/ToOpenAI.ts"
import * as HubTools from "../responses/Tools.ts"
import { present, refuse } from "./Untranslatable.ts"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

const isWebSearch = (type: string): boolean => type.startsWith("web_search")

const toolToHub = (tool: JsonObject, index: number): Translated<JsonObject> => {
  const described = Json.object(tool, "function")
  // One that describes a function is one, whether or not it says so.
  if ((Json.string(tool, "type") ?? "function") !== "function" || described === undefined) {
    return refuse(`tools[${index}].type`, `\`${typeOf(tool)}\` is not available where this model is served.`)
  }
  return Result.succeed(CacheMarks.keep(
    CacheMarks.isMarked(tool) ? tool : described,
    {
      type: "function",
      ...present(described, ["name", "description"]),
      parameters: Json.object(described, "parameters") ?? { type: "object", properties: {} },
      // Not strict unless asked here, strict unless told otherwise there.
      strict: Json.boolean(described, "strict") ?? false
    } satisfies Json.Members<Hub.FunctionTool>
  ))
}

const webSearchToHub = (options: JsonObject): JsonObject => {
  const location = Json.object(options, "user_location")
  return Json.compact(
    {
      type: "web_search",
      search_context_size: Json.string(options, "search_context_size"),
      user_location: location === undefined
        ? undefined
        : { type: "approximate", ...Json.object(location, "approximate") }
    } satisfies Json.Members<Omit<Hub.WebSearchTool, "search_context_size"> & { readonly search_context_size: string }>
  )
}

/** `tools` and `web_search_options` as the hub's `tools`; `undefined` where there are none. */
export const toHub = (request: JsonObject): Translated<ReadonlyArray<JsonObject> | undefined> =>
  Result.gen(function*() {
    const search = Json.object(request, "web_search_options")
    const tools = [
      ...(yield* Result.all(Json.objects(request, "tools").map(toolToHub))),
      ...(search === undefined ? [] : [webSearchToHub(search)])
    ]
    return tools.length === 0 ? undefined : tools
  })

/** `{ type: "function", function: { name } }` as `{ type: "function", name }`; nothing for another kind of tool. */
const namedToHub = (choice: JsonObject): JsonObject | undefined => {
  const name = Json.string(Json.object(choice, "function") ?? {}, "name")
  return name === undefined ? undefined : { type: "function", name }
}

const namedFromHub = (choice: JsonObject): JsonObject | undefined => {
  const name = typeOf(choice) === "function" ? Json.string(choice, "name") : undefined
  return name === undefined ? undefined : { type: "function", function: { name } }
}

const allNamed = (
  tools: ReadonlyArray<JsonObject>,
  named: (choice: JsonObject) => JsonObject | undefined
): ReadonlyArray<JsonObject> | undefined => {
  const found = tools.map(named).filter((tool) => tool !== undefined)
  return found.length === tools.length ? found : undefined
}

const choiceRefused = refuse("tool_choice", "can only be a mode or name functions where this model is served.")

/** `tool_choice` as the hub has it. */
export const choiceToHub = (request: JsonObject): Translated<Json.Json | undefined> => {
  const choice = Json.object(request, "tool_choice")
  if (choice === undefined) return Result.succeed(Json.string(request, "tool_choice"))
  const allowed = Json.object(choice, "allowed_tools")
  if (allowed === undefined) {
    const named = namedToHub(choice)
    return named === undefined ? choiceRefused : Result.succeed(named)
  }
  const tools = allNamed(Json.objects(allowed, "tools"), namedToHub)
  return tools === undefined
    ? choiceRefused
    : Result.succeed({ type: "allowed_tools", mode: Json.string(allowed, "mode") ?? "auto", tools })
}

/** The hub's `tool_choice` as Chat Completions has it. */
export const choiceFromHub = (request: JsonObject): Translated<Json.Json | undefined> => {
  const choice = Json.object(request, "tool_choice")
  if (choice === undefined) return Result.succeed(Json.string(request, "tool_choice"))
  if (typeOf(choice) !== "allowed_tools") {
    const named = namedFromHub(choice)
    return named === undefined ? choiceRefused : Result.succeed(named)
  }
  const tools = allNamed(Json.objects(choice, "tools"), namedFromHub)
  return tools === undefined ? choiceRefused : Result.succeed({
    type: "allowed_tools",
    allowed_tools: { mode: Json.string(choice, "mode") ?? "auto", tools }
  })
}

const webSearchFromHub = (tool: JsonObject, index: number): Translated<JsonObject> => {
  if (Object.keys(Json.object(tool, "filters") ?? {}).length > 0) {
    return refuse(`tools[${index}].filters`, "cannot be applied where this model is served. Leave it out.")
  }
  const location = Json.object(tool, "user_location")
  return Result.succeed(
    Json.compact({
      search_context_size: Json.string(tool, "search_context_size"),
      user_location: location === undefined
        ? undefined
        : { type: "approximate", approximate: present(location, ["city", "country", "region", "timezone"]) }
    })
  )
}

/** The hub's `tools` as `tools` and `web_search_options`. */
export const fromHub = (
  request: JsonObject
): Translated<{ readonly tools?: ReadonlyArray<JsonObject>; readonly web_search_options?: JsonObject }> =>
  Result.gen(function*() {
    const tools: Array<JsonObject> = []
    let search: JsonObject | undefined
    for (const [index, tool] of Json.objects(request, "tools").entries()) {
      const type = HubTools.typeOf(tool)
      if (type === "function") {
        const parameters = JsonSchema.ofParameters(Json.object(tool, "parameters"))
        const { schema, strict } = strictly(parameters, tool["strict"])
        tools.push(
          {
            type: "function",
            function: { ...present(tool, ["name", "description"]), parameters: schema, strict }
          } satisfies Json.Members<Api.FunctionTool>
        )
      } else if (isWebSearch(type)) {
        search = yield* webSearchFromHub(tool, index)
      } else {
        return yield* refuse(`tools[${index}].type`, `\`${type}\` is not available where this model is served.`)
      }
    }
    return {
      ...(tools.length === 0 ? {} : { tools }),
      ...(search === undefined ? {} : { web_search_options: search })
    }
  })
