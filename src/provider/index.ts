/** The providers this router knows by itself. A new one is a file here and a line below, or a record of a user's own. */
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Struct from "effect/Struct"
import type { Connected, ConnectionOptions, Registered, Registry } from "../Provider.ts"
import * as Provider from "../Provider.ts"
import { Anthropic } from "./Anthropic.ts"
import { Google } from "./Google.ts"
import { OpenAI } from "./OpenAI.ts"

/**
 * The providers whose records are built in.
 *
 * @since 0.1.0
 * @category constants
 */
export const providers = { openai: OpenAI, google: Google, anthropic: Anthropic } as const

/** The names of the built-in providers. */
export type BuiltInName = keyof typeof providers

/** The providers a router may call; one that is missing answers `no_byok_key` and its kin. */
export interface Options extends Readonly<Partial<Record<BuiltInName, ConnectionOptions | undefined>>> {
  /** Providers of one's own beside the built-in ones, or in place of one of the same name. */
  readonly providers?: ReadonlyArray<Connected> | undefined
}

/** What a router knows with these options: every built-in provider, those with a key connected, then one's own. */
export const registry = (options: Options): Registry => {
  const connected = Struct.keys(providers).flatMap((name) => {
    const own = options[name]
    return own === undefined ? [] : [Provider.connect(providers[name], own)]
  })
  const known = new Map<string, Registered>()
  for (const provider of Object.values(providers)) known.set(provider.name, { provider, connection: undefined })
  for (const each of [...connected, ...options.providers ?? []]) known.set(each.provider.name, each)
  return known
}

/**
 * The built-in providers that have a key in the environment, by the variables their records name.
 *
 * @since 0.1.0
 * @category configuration
 */
export const config: Config.Config<ReadonlyArray<Connected>> = Config.map(
  Config.all(Object.values(providers).map((provider) => Config.option(Provider.config(provider)))),
  Arr.getSomes
)
