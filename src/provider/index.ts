/** The providers this router calls. A new one is a file here and a line below. */
import type { BuiltInProviderName } from "../ModelCatalog.ts"
import { Anthropic } from "./Anthropic.ts"
import { Google } from "./Google.ts"
import { OpenAI } from "./OpenAI.ts"
import type { Provider } from "../Provider.ts"

export const providers: { readonly [name in BuiltInProviderName]: Provider } = {
  openai: OpenAI,
  google: Google,
  anthropic: Anthropic
}
