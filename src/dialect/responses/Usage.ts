/** Token counts of a response, in the one form that all dialects share. */
import type { Served } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as OpenAIUsage from "../OpenAIUsage.ts"

const searchesOf = (response: JsonObject): number => {
  const search = Json.object(Json.object(response, "tool_usage") ?? {}, "web_search")
  return search === undefined
    ? Json.objects(response, "output").filter((item) => Json.string(item, "type") === "web_search_call").length
    : Json.number(search, "num_requests") ?? 0
}

/** What a response reports. */
export const served = (response: JsonObject): Served => {
  const usage = Json.object(response, "usage")
  return {
    usage: usage === undefined
      ? undefined
      : OpenAIUsage.read(usage, { input: "input", output: "output" }, searchesOf(response)),
    tier: Json.string(response, "service_tier"),
    model: Json.string(response, "model")
  }
}
