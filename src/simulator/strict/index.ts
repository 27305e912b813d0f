/**
 * What the providers refuse of a request, so that who is tested with simulated ones learns of it before the real ones
 * say so. Only what is sure to be refused is: a request that passes here may still be refused there.
 */
import type { DialectName } from "../../Dialect.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { interactions } from "./Interactions.ts"
import { messages } from "./Messages.ts"
import type { Objection } from "./Objection.ts"
import { chat, responses } from "./OpenAI.ts"

const readers: {
  readonly [dialect: string]:
    | ((request: JsonObject, headers: { readonly [name: string]: string }) => Objection)
    | undefined
} = { responses, "chat.completions": chat, interactions, messages }

/** The refusal of a request, if it deserves one. */
export const objection = (
  dialect: DialectName,
  request: JsonObject,
  headers: { readonly [name: string]: string }
): Objection => readers[dialect]?.(request, headers)
