/**
 * Opaque values of one provider inside another's format. A thought signature, an encrypted reasoning item: only the
 * provider that made it can read it, so on its way through another dialect it wears a tag that names its maker, and
 * it is unwrapped when it comes back to its maker and dropped when it would reach another provider.
 *
 * Each dialect carries its own provider's values bare: OpenAI's in Responses, Google's in Interactions, Anthropic's in
 * Messages. Everything else is tagged.
 */
import * as Json from "../wire/Json.ts"
import type { ProviderName } from "../ModelCatalog.ts"

/** An opaque value and who made it; `id` is the maker's name for the item, where it has one. */
export interface ForeignSignature {
  readonly provider: ProviderName
  readonly id: string
  readonly value: string
}

/** What every tagged value begins with. */
const prefix = "flexinference"
// The maker, then the id's length, then the id and the value as they are: whatever they hold, there is nothing to escape.
const pattern = /^flexinference:([^:]*):(\d*):([^]*)$/

/** The value as the dialect of `owner` carries it: bare if `owner` made it, tagged otherwise. */
export const encode = (opaque: ForeignSignature, owner: ProviderName | undefined): string =>
  opaque.provider === owner
    ? opaque.value
    : `${prefix}:${opaque.provider.replaceAll("%", "%25").replaceAll(":", "%3A")}:${
      opaque.id.length || ""
    }:${opaque.id}${opaque.value}`

/** The value behind what the dialect of `owner` carried; a bare one is the owner's, and nobody's where there is none. */
export const decode = (text: string, owner: ProviderName | undefined, id = ""): ForeignSignature | undefined => {
  const match = pattern.exec(text)
  if (match === null) return owner === undefined ? undefined : { provider: owner, id, value: text }
  const [, provider = "", length = "", rest = ""] = match
  return {
    provider: provider.replaceAll("%3A", ":").replaceAll("%25", "%"),
    id: rest.slice(0, Number(length)),
    value: rest.slice(Number(length))
  }
}

/** The same value as another dialect carries it. */
export const rewrap = (
  text: string,
  from: ProviderName | undefined,
  to: ProviderName | undefined
): string | undefined => {
  const opaque = decode(text, from)
  return opaque === undefined ? undefined : encode(opaque, to)
}

/** Whether a request's text may hold another provider's value; a quick look that spares most requests a slow one. */
export const isMentioned = (text: string): boolean =>
  text.includes(`${prefix}:`) || text.includes("\"thought_signature\"")

/** Members that hold an opaque value, and the kinds of parts that are nothing without theirs. */
const opaqueMembers: ReadonlySet<string> = new Set(["encrypted_content", "signature", "data"])
const signed: ReadonlySet<string> = new Set(["reasoning", "thinking", "thought", "reasoning.encrypted"])
/** Members that are no part of Chat Completions: whoever put a value there put all of it there. */
const additions: ReadonlySet<string> = new Set(["reasoning_details", "extra_content"])

/** An addition, of which nothing is another's where its text mentions none. */
const unmentioning = (member: Json.Json): Json.Json | undefined =>
  isMentioned(JSON.stringify(member)) ? undefined : member

/**
 * A conversation as a provider can take it in its own dialect: without the values that others gave to be kept for
 * them. What is nothing without its value goes with it, and so does what holds nothing else; `undefined` if all goes.
 */
export const dropForeign = (value: Json.Json): Json.Json | undefined => {
  if (Json.isArray(value)) {
    const kept = value.map(dropForeign).filter((element) => element !== undefined)
    if (kept.length === 0 && value.length > 0) return undefined
    return kept.length === value.length && kept.every((element, index) => element === value[index]) ? value : kept
  }
  if (!Json.isObject(value)) return value
  const members: Array<readonly [string, Json.Json]> = []
  let isChanged = false
  for (const [key, member] of Object.entries(value)) {
    const isTagged = opaqueMembers.has(key) && typeof member === "string" && pattern.test(member)
    if (isTagged && signed.has(Json.string(value, "type") ?? "")) return undefined
    const kept = isTagged ? undefined : additions.has(key) ? unmentioning(member) : dropForeign(member)
    isChanged ||= kept !== member
    if (kept !== undefined) members.push([key, kept])
    else if (key === "content") return undefined
  }
  // The same object where it stays what it is: it may have a text of its own.
  return isChanged ? Object.fromEntries(members) : value
}
