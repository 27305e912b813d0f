/**
 * How Gemini counts: `POST /v1beta/models/{model}:countTokens`, which knows no Interactions but the older form of a
 * request (vendor documentation of `countTokens`). What a client sends of it travels as it is; a request that comes
 * from another format is written in that form. Thoughts of earlier turns have no counterpart there and do not count.
 */
import type { Counting } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

const partOf = (content: JsonObject): JsonObject => {
  const text = Json.string(content, "text")
  if (text !== undefined) return { text }
  const mimeType = Json.string(content, "mime_type")
  const data = Json.string(content, "data")
  return data === undefined
    ? { fileData: Json.compact({ mimeType, fileUri: Json.string(content, "uri") }) }
    : { inlineData: Json.compact({ mimeType, data }) }
}

const contentOf = (step: JsonObject): JsonObject | undefined => {
  switch (Json.string(step, "type")) {
    case "user_input":
      return { role: "user", parts: Json.objects(step, "content").map(partOf) }
    case "model_output":
      return { role: "model", parts: Json.objects(step, "content").map(partOf) }
    case "function_call":
      return {
        role: "model",
        parts: [{ functionCall: Json.compact({ name: step["name"], args: step["arguments"] }) }]
      }
    case "function_result":
      return {
        role: "user",
        parts: [{
          functionResponse: Json.compact({
            name: step["name"],
            response: Json.compact({ result: step["result"] })
          })
        }]
      }
    default:
      return undefined
  }
}

const toolsOf = (tools: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  tools.map((tool) =>
    Json.string(tool, "type") === "function"
      ? {
        functionDeclarations: [Json.compact({
          name: tool["name"],
          description: tool["description"],
          parametersJsonSchema: tool["parameters"]
        })]
      }
      : { googleSearch: {} }
  )

const request = (interaction: JsonObject): JsonObject => {
  const text = Json.string(interaction, "input")
  const system = Json.string(interaction, "system_instruction")
  const tools = Json.objects(interaction, "tools")
  return {
    generateContentRequest: Json.compact({
      model: `models/${Json.string(interaction, "model") ?? ""}`,
      contents: text === undefined
        ? Json.objects(interaction, "input").flatMap((step) => contentOf(step) ?? [])
        : [{ role: "user", parts: [{ text }] }],
      systemInstruction: system === undefined ? undefined : { parts: [{ text: system }] },
      tools: tools.length === 0 ? undefined : toolsOf(tools)
    })
  }
}

export const counting: Counting = {
  paths: ["/v1beta/models/:model", "/v1/models/:model"],
  behindModel: ":countTokens",
  request,
  read: (body) => Json.number(body, "totalTokens"),
  write: (tokens) => ({ totalTokens: tokens })
}
