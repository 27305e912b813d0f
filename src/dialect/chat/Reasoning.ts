/**
 * Reasoning in Chat Completions, which has no standard place for it: the `reasoning_details` list that OpenRouter
 * introduced, and, for a Gemini call's signature, the `extra_content` member of Google's own OpenAI endpoint.
 * No provider owns Chat Completions, so its opaque values are always tagged; in the hub OpenAI's are bare.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as ForeignSignature from "../ForeignSignature.ts"

/** The members of a reasoning detail that shows a summary, or a piece of one. */
export const summaryDetail = (index: number, id: string | undefined, summary: string): JsonObject =>
  Json.compact({ type: "reasoning.summary", summary, id, index })

/** The members of a reasoning detail that holds a hub item's `encrypted_content`; nothing if it is unreadable. */
export const encryptedDetail = (
  index: number,
  id: string | undefined,
  encryptedContent: string
): JsonObject | undefined => {
  const opaque = ForeignSignature.decode(encryptedContent, "openai", id)
  return opaque === undefined
    ? undefined
    : Json.compact({ type: "reasoning.encrypted", data: ForeignSignature.encode(opaque, undefined), id, index })
}

/** A detail's opaque value as the hub's `encrypted_content`; nothing if no provider of ours made it. */
export const encryptedContent = (detail: JsonObject): string | undefined => {
  const data = Json.string(detail, "type") === "reasoning.encrypted" ? Json.string(detail, "data") : undefined
  return data === undefined ? undefined : ForeignSignature.rewrap(data, undefined, "openai")
}

/** A detail's text, whichever of the two readable kinds it is. */
export const readable = (detail: JsonObject): string | undefined => {
  switch (Json.string(detail, "type")) {
    case "reasoning.summary":
      return Json.string(detail, "summary")
    case "reasoning.text":
      return Json.string(detail, "text")
    default:
      return undefined
  }
}

/** `extra_content` of a tool call whose hub item carries this signature; only Google's can be said. */
export const extraContent = (signature: string | undefined): JsonObject | undefined => {
  const opaque = signature === undefined ? undefined : ForeignSignature.decode(signature, "openai")
  return opaque?.provider === "google" ? { google: { thought_signature: opaque.value } } : undefined
}

/** The hub's signature of a tool call. */
export const signatureOf = (call: JsonObject): string | undefined => {
  const google = Json.object(Json.object(call, "extra_content") ?? {}, "google") ?? {}
  const value = Json.string(google, "thought_signature")
  return value === undefined ? undefined : ForeignSignature.encode({ provider: "google", id: "", value }, "openai")
}

/** The hub's reasoning items behind an assistant message's `reasoning_details`. */
export const items = (details: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  const groups = new Map<string, { summary: Array<JsonObject>; encrypted?: string }>()
  for (const detail of details) {
    const id = Json.string(detail, "id") ?? ""
    const group = groups.get(id) ?? { summary: [] }
    groups.set(id, group)
    const text = readable(detail)
    if (text !== undefined) group.summary.push({ type: "summary_text", text })
    const encrypted = encryptedContent(detail)
    if (encrypted !== undefined) group.encrypted = encrypted
  }
  return [...groups].map(([id, { encrypted, summary }]) =>
    Json.compact({ type: "reasoning", id: id === "" ? undefined : id, summary, encrypted_content: encrypted })
  )
}
