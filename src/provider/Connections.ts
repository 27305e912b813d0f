/** How each provider is reached: from options, or from the variables that the vendors' own SDKs read. */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { BuiltInProviderName } from "../ModelCatalog.ts"
import { providers } from "./index.ts"
import type { Connection } from "../Provider.ts"

/** One provider's key, and where to use it if not at the vendor's own address. */
export interface ConnectionOptions {
  readonly apiKey: Redacted.Redacted<string>
  /** In the convention of the vendor's SDK: with `/v1` for OpenAI, without a version for Google and Anthropic. */
  readonly baseUrl?: string | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** The providers that can be called. */
export type Connections = { readonly [name in BuiltInProviderName]?: Connection | undefined }

const connect = (name: BuiltInProviderName, options: ConnectionOptions): Connection => ({
  apiKey: options.apiKey,
  baseUrl: (options.baseUrl ?? providers[name].defaultBaseUrl).replace(/\/+$/, ""),
  headers: options.headers
})

/** Connections from options, one provider each. */
export const make = (
  options: { readonly [name in BuiltInProviderName]?: ConnectionOptions | undefined }
): Connections => ({
  ...(options.openai === undefined ? {} : { openai: connect("openai", options.openai) }),
  ...(options.google === undefined ? {} : { google: connect("google", options.google) }),
  ...(options.anthropic === undefined ? {} : { anthropic: connect("anthropic", options.anthropic) })
})

const provider = (name: BuiltInProviderName, key: Config.Config<Redacted.Redacted<string>>, baseUrl: string) =>
  Config.all({ apiKey: key, baseUrl: Config.option(Config.URL(baseUrl)) }).pipe(
    Config.map(({ apiKey, baseUrl }) => connect(name, { apiKey, baseUrl: Option.getOrUndefined(baseUrl)?.href })),
    Config.option,
    Config.map(Option.getOrUndefined)
  )

/**
 * Connections from `OPENAI_API_KEY`, `GEMINI_API_KEY` (or `GOOGLE_API_KEY`), `ANTHROPIC_API_KEY` and their
 * `*_BASE_URL`s. A provider without a key is left out.
 */
export const config: Config.Config<Connections> = Config.all({
  openai: provider("openai", Config.Redacted("OPENAI_API_KEY"), "OPENAI_BASE_URL"),
  google: provider(
    "google",
    Config.Redacted("GEMINI_API_KEY").pipe(Config.orElse(() => Config.Redacted("GOOGLE_API_KEY"))),
    "GOOGLE_GEMINI_BASE_URL"
  ),
  anthropic: provider("anthropic", Config.Redacted("ANTHROPIC_API_KEY"), "ANTHROPIC_BASE_URL")
})
