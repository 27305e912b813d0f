/**
 * The hub's form of a request as OpenAI's own Responses API takes it. The hub carries a little more than that API
 * knows: what other formats share, and what other providers want back unread. It ends here.
 */
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated } from "../../Dialect.ts"
import * as ForeignSignature from "../ForeignSignature.ts"

const unknownToOpenAI: { readonly [field: string]: string } = {
  stop: "The Responses API has no stop sequences.",
  seed: "The Responses API has no seed."
}

/** The request without the hub's extensions, or the one that would change the answer if it were left out. */
export const toOpenAI = (hub: JsonObject): Translated<JsonObject> => {
  for (const [field, message] of Object.entries(unknownToOpenAI)) {
    if (Object.hasOwn(hub, field)) return Result.fail({ field, message })
  }
  const excluding = (Json.array(hub, "tools") ?? []).findIndex((tool) =>
    Json.isObject(tool) && Json.array(Json.object(tool, "filters") ?? {}, "blocked_domains") !== undefined
  )
  if (excluding !== -1) {
    const field = `tools[${excluding}].filters.blocked_domains`
    return Result.fail({ field, message: `\`${field}\` cannot be carried: OpenAI's web search excludes no domains.` })
  }
  const { input, max_output_tokens, stream_options: _, ...rest } = hub
  return Result.succeed(Json.compact({
    ...rest,
    max_output_tokens: isBelowFloor(max_output_tokens) ? floor : max_output_tokens,
    input: Json.isArray(input) ? input.flatMap(item) : input
  }))
}

/** The API refuses a smaller limit, and clients of other formats probe a model with a limit of 1 (reported). */
const floor = 16

const isBelowFloor = (limit: Json.Json | undefined): boolean => typeof limit === "number" && limit >= 1 && limit < floor

const item = (value: Json.Json): ReadonlyArray<Json.Json> => {
  if (!Json.isObject(value)) return [value]
  switch (Json.string(value, "type")) {
    // Another provider's thoughts mean nothing to OpenAI, and it refuses what it did not encrypt itself.
    case "reasoning": {
      const encrypted = Json.string(value, "encrypted_content")
      return encrypted === undefined || ForeignSignature.decode(encrypted, "openai")?.provider === "openai"
        ? [value]
        : []
    }
    case "function_call": {
      const { signature: _, ...call } = value
      return [call]
    }
    default:
      return [value]
  }
}
