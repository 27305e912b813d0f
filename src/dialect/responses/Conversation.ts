/**
 * What must hold of a conversation, whichever format it came in and whoever is to answer it: there is something to
 * answer, and it is the user's turn or a tool's result that asks for an answer.
 */
import * as Result from "effect/Result"
import type { Translated } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

const roleOf = (item: JsonObject): string | undefined =>
  (Json.string(item, "type") ?? "message") === "message" ? Json.string(item, "role") : undefined

/** Whether a part of a message says anything; of a text, more than white space. */
const says = (part: Json.Json): boolean => {
  if (!Json.isObject(part)) return false
  const text = Json.string(part, "text") ?? Json.string(part, "refusal")
  return text === undefined || text.trim() !== ""
}

const hasContent = (item: JsonObject): boolean => {
  if (roleOf(item) === undefined) return true
  const text = Json.string(item, "content")
  return text === undefined ? (Json.array(item, "content") ?? []).some(says) : text.trim() !== ""
}

const isSystem = (item: JsonObject): boolean => {
  const role = roleOf(item)
  return role === "system" || role === "developer"
}

const refuse = (field: string, why: string): Translated<never> =>
  Result.fail({ field, message: `\`${field}\` ${why}`, isEssential: true })

/** What is stored goes before what is sent, so that there may be nothing else. */
const stored = ["previous_response_id", "conversation", "prompt"]

/**
 * The hub's request with a conversation that can be answered. Instructions alone are asked as the user's turn, because
 * no API answers an empty conversation; a conversation without any content is refused, and so is one that ends with the
 * assistant's own turn, unless the model goes on with what was begun (`prefill`).
 */
export const answerable = (request: JsonObject, prefill: boolean): Translated<JsonObject> => {
  if (stored.some((field) => Json.isGiven(request, field))) return Result.succeed(request)
  const text = Json.string(request, "input")
  const items = text === undefined ? Json.objects(request, "input") : [{ role: "user", content: text }]
  const spoken = items.map(hasContent)
  const last = spoken.lastIndexOf(true)
  const end = items[last]
  if (end !== undefined && roleOf(end) === "assistant" && !prefill) {
    return refuse(
      `input[${last}]`,
      "is an assistant's turn at the end, which this model does not go on with. End with a user's turn."
    )
  }
  if (items.some((item, index) => spoken[index] === true && !isSystem(item))) return Result.succeed(request)
  const { instructions, ...rest } = request
  if (typeof instructions === "string" && instructions.trim() !== "") {
    return end === undefined
      ? Result.succeed({ ...rest, input: [{ type: "message", role: "user", content: instructions }] })
      : Result.succeed({ ...request, input: items.map(asUser) })
  }
  return end === undefined
    ? refuse("input", "holds nothing that could be answered. Say something in it.")
    : Result.succeed({ ...request, input: items.map(asUser) })
}

const asUser = (item: JsonObject): JsonObject => isSystem(item) ? { ...item, role: "user" } : item
