/** The schema that an answer shall keep, from a file. */
import * as Result from "effect/Result"
import type { TextFormat } from "../../api/Responses.ts"
import * as JsonSchema from "../../dialect/JsonSchema.ts"
import * as Json from "../../wire/Json.ts"

/** What providers take for a name. */
const nameOf = (schema: Json.JsonObject): string =>
  (Json.string(schema, "title") ?? "").replaceAll(/[^\w-]+/g, "_").slice(0, 64).replaceAll(/^_+|_+$/g, "") || "answer"

/** The format that asks for it, strictly where the schema allows that; or what is wrong with the text. */
export const format = (text: string): Result.Result<TextFormat, string> => {
  const schema = Json.parse(text)
  if (!Json.isObject(schema)) {
    return Result.fail(`${schema === undefined ? "it is no JSON" : "it is no object"}: a JSON Schema was expected`)
  }
  // What strictness would have to rewrite keeps its meaning, and is asked for without.
  const strict = JsonSchema.isStrict(schema)
  return Result.succeed({ type: "json_schema", name: nameOf(schema), schema, strict })
}
