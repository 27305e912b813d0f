/** The wire formats this router speaks. A new one is a folder here and a line below. */
import { ChatCompletions } from "./chat/index.ts"
import type { Dialect, DialectName } from "../Dialect.ts"
import { Interactions } from "./interactions/index.ts"
import { Messages } from "./messages/index.ts"
import { Responses } from "./responses/index.ts"

export const dialects: { readonly [name in DialectName]: Dialect } = {
  responses: Responses,
  "chat.completions": ChatCompletions,
  interactions: Interactions,
  messages: Messages
}
