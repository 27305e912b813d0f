/** What `serve` is configured with: its file, and behind that the environment, which wins. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Configuration from "../gateway/config/Configuration.ts"
import type * as ConfigurationFile from "../gateway/config/ConfigurationFile.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import * as Provider from "../Provider.ts"
import * as CommandFailed from "./CommandFailed.ts"

/** A file, and where it is; of none, what it says if it says nothing. */
export interface Configured extends Configuration.Configuration {
  readonly path: string | undefined
}

const nothing: Configured = {
  path: undefined,
  host: undefined,
  port: undefined,
  variables: {},
  passThrough: [],
  keys: [],
  aliases: [],
  providers: [],
  catalog: ModelCatalog.builtIn
}

/** What reads a file, which is loaded only where there is one. */
export const reader = Effect.promise(() => import("../gateway/config/ConfigurationFile.ts"))

/** The file of the flag, or of its variable. */
export const read = (
  flag: Option.Option<string>
): Effect.Effect<Configured, CommandFailed.CommandFailed | Config.ConfigError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const path = Option.getOrElse(flag, () => "") ||
      Option.getOrElse(yield* Config.option(Config.String("FLEXINFERENCE_CONFIG")), () => "")
    if (path === "") return nothing
    const { read } = yield* reader
    return yield* read(path).pipe(
      Effect.map((configuration) => ({ ...configuration, path })),
      Effect.mapError(invalid)
    )
  })

/** Everything that is wrong with a file, a line each. */
export const invalid = (
  { path, problems }: ConfigurationFile.ConfigurationInvalid
): CommandFailed.CommandFailed => {
  const [first = ""] = problems
  return problems.length === 1
    ? CommandFailed.make(`${path}: ${first}`)
    : new CommandFailed.CommandFailed({
      message: `${path} is wrong in ${problems.length} places`,
      details: problems
    })
}

/** Runs with the file's settings wherever the environment says nothing. */
export const behind =
  ({ variables }: Configured) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(ConfigProvider.ConfigProvider, (environment) =>
      Effect.provideService(
        effect,
        ConfigProvider.ConfigProvider,
        ConfigProvider.orElse(environment, ConfigProvider.fromEnv({ env: variables }))
      ))

/** The file's providers, each with the first key that is found. */
export const providers = ({ path, providers }: Configured) =>
  providers.length === 0 ? Effect.succeed([]) : Effect.flatMap(
    Effect.promise(() => import("../gateway/presets/index.ts")),
    (Presets) =>
      Effect.forEach(providers, (entry, index) =>
        Effect.gen(function*() {
          const provider = Presets.make(entry)
          const variables = entry.keyVariables.length > 0 || entry.keys.length > 0
            ? entry.keyVariables
            : Presets.presetOf(entry).keyVariables
          const found = yield* Effect.forEach(variables, (name) => Config.option(Config.Redacted(name)))
          const apiKey = [...entry.keys, ...found.flatMap(Option.toArray)].find((key) =>
            Redacted.value(key).trim() !== ""
          )
          if (apiKey === undefined) {
            return yield* CommandFailed.make(
              `${path ?? ""}: providers[${index}] (${entry.name}) has no key: set ${variables.join(" or ")}`
            )
          }
          return Provider.connect(provider, { apiKey, baseUrl: entry.baseUrls[0], headers: entry.headers })
        }))
  )
