/** The hub's tools. They are those of Responses and one more, which other formats share: `web_fetch` reads addresses. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

/** What kind of tool it is; one that only has a name is a function. */
export const typeOf = (tool: JsonObject): string =>
  Json.string(tool, "type") ?? (Json.string(tool, "name") === undefined ? "" : "function")

/** The request without a choice among tools that it does not have, which providers refuse. */
export const withoutIdleChoice = (request: JsonObject): JsonObject => {
  if (Json.objects(request, "tools").length > 0) return request
  const { parallel_tool_calls: _, tool_choice: __, ...rest } = request
  return rest
}
