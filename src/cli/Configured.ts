/** What `serve` is configured with: its file, and behind that the environment, which wins. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Configuration from "../gateway/config/Configuration.ts"
import type * as ConfigurationFile from "../gateway/config/ConfigurationFile.ts"
import type * as Presets from "../gateway/presets/index.ts"
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
    ? CommandFailed.usage([`${path}: ${first}`])
    : new CommandFailed.CommandFailed({
      message: `${path} is wrong in ${problems.length} places`,
      details: problems,
      exitCode: CommandFailed.exitCode.usage
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

/** The keys of an entry: its own, and those that its variables hold. */
const keysOf = (entry: Presets.Entry, usual: ReadonlyArray<string>) => {
  const variables = entry.keyVariables.length > 0 || entry.keys.length > 0 ? entry.keyVariables : usual
  return Effect.map(
    Effect.forEach(variables, (name) => Config.option(Config.Redacted(name))),
    (found) => ({
      variables,
      keys: [...entry.keys, ...found.flatMap(Option.toArray)].filter((key) => Redacted.value(key).trim() !== "")
    })
  )
}

/** The file's providers, each with all of its keys and addresses. */
export const providers = ({ path = "", providers }: Configured) =>
  providers.length === 0 ? Effect.succeed([]) : Effect.flatMap(
    Effect.promise(() => import("../gateway/presets/index.ts")),
    ({ make, presetOf }) =>
      Effect.forEach(providers, (entry, index) =>
        Effect.gen(function*() {
          const place = `${path}: providers[${index}] (${entry.name})`
          const { keys, variables } = yield* keysOf(entry, presetOf(entry).keyVariables)
          const { baseUrls, headers } = entry
          if (keys.length === 0) {
            return yield* CommandFailed.usage([`${place} has no key: set ${variables.join(" or ")}`])
          }
          if (keys.length > 1 && baseUrls.length > 1 && keys.length !== baseUrls.length) {
            return yield* CommandFailed.usage([
              `${place} has ${baseUrls.length} addresses and ${keys.length} keys: give it a key for each, or one for all`
            ])
          }
          const [first, ...others] = Array.from({ length: Math.max(keys.length, baseUrls.length) }, (_, position) => ({
            apiKey: keys[position] ?? keys[0] ?? Redacted.make(""),
            baseUrl: baseUrls[position] ?? baseUrls[0],
            headers
          }))
          if (first === undefined) return []
          return [Provider.connect(make(entry), others.length === 0 ? first : { ...first, others })]
        })).pipe(Effect.map((connected) => connected.flat()))
  )
