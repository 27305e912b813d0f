/** The wire formats this router speaks. A new one is a folder here and a line below. */
import { ChatCompletions } from "./chat/index.ts"
import type { Dialect, DialectName } from "../Dialect.ts"
import { Interactions } from "./interactions/index.ts"
import { Messages } from "./messages/index.ts"
import { Responses } from "./responses/index.ts"

export const dialects = {
  responses: Responses,
  "chat.completions": ChatCompletions,
  interactions: Interactions,
  messages: Messages
} as const satisfies { readonly [name: string]: Dialect }

/** The names of the built-in formats. */
export type BuiltInName = keyof typeof dialects

/** The built-in formats and those of one's own, which replace a built-in one of the same name. */
export const registry = (own: ReadonlyArray<Dialect> = []): ReadonlyMap<DialectName, Dialect> =>
  new Map([...Object.values<Dialect>(dialects), ...own].map((dialect) => [dialect.name, dialect]))
