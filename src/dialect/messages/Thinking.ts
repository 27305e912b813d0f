/**
 * Thinking blocks and reasoning items: the same thing, seen by Messages and by the hub. The opaque part is Anthropic's
 * own in a Messages block and OpenAI's own in a hub item; anything else wears the tag of its maker.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as ForeignSignature from "../ForeignSignature.ts"

/** The id that tells the data of a `redacted_thinking` block from the signature of a `thinking` block. */
const redacted = "redacted"

/** What stands between two summary parts when they become one thinking text. */
export const partSeparator = "\n\n"

/** The visible thoughts of a reasoning item as one text. */
const textOf = (item: JsonObject): string =>
  Json.objects(item, "summary").map((part) => Json.string(part, "text") ?? "").join(partSeparator)

/** A thinking block's signature as the hub carries it. */
export const encryptedOf = (signature: string): string | undefined =>
  ForeignSignature.rewrap(signature, "anthropic", "openai")

/** The data of a redacted thinking block as the hub carries it. */
export const encryptedOfRedacted = (data: string): string =>
  ForeignSignature.encode({ provider: "anthropic", id: redacted, value: data }, "openai")

/**
 * What is opaque in a reasoning item, as Messages carries it: the data of a redacted block, or a thinking block's
 * signature. A stranger's is tagged, so that it finds its way back through a Messages client that keeps it.
 */
export const opaqueBlock = (encrypted: string, id: string | undefined) => {
  const opaque = ForeignSignature.decode(encrypted, "openai", id)
  if (opaque === undefined) return undefined
  return opaque.provider === "anthropic" && opaque.id === redacted
    ? { type: "redacted_thinking", data: opaque.value } as const
    : { type: "thinking", signature: ForeignSignature.encode(opaque, "anthropic") } as const
}

/** A reasoning item as a block that Anthropic can verify; `undefined` where another provider made it, or nobody says. */
export const ownBlockOf = (item: JsonObject): JsonObject | undefined => {
  const encrypted = Json.string(item, "encrypted_content")
  const opaque = encrypted === undefined ? undefined : ForeignSignature.decode(encrypted, "openai")
  if (opaque?.provider !== "anthropic") return undefined
  return opaque.id === redacted
    ? { type: "redacted_thinking", data: opaque.value }
    : { type: "thinking", thinking: textOf(item), signature: opaque.value }
}

/** A `thinking` or `redacted_thinking` block as a reasoning item; `undefined` where it holds nothing opaque. */
export const itemOf = (block: JsonObject): JsonObject | undefined => {
  if (Json.string(block, "type") === "redacted_thinking") {
    const data = Json.string(block, "data") ?? ""
    return data === "" ? undefined : { type: "reasoning", summary: [], encrypted_content: encryptedOfRedacted(data) }
  }
  const signature = Json.string(block, "signature") ?? ""
  const opaque = signature === "" ? undefined : ForeignSignature.decode(signature, "anthropic")
  if (opaque === undefined) return undefined
  const thinking = Json.string(block, "thinking") ?? ""
  return Json.compact({
    type: "reasoning",
    id: opaque.provider === "openai" && opaque.id !== "" ? opaque.id : undefined,
    summary: thinking === "" ? [] : [{ type: "summary_text", text: thinking }],
    encrypted_content: ForeignSignature.encode(opaque, "openai")
  })
}
