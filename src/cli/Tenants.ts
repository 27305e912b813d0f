/** Whom `serve` serves: the keys of its file and of the environment, with what they spend kept in the state folder. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { homedir } from "node:os"
import { join } from "node:path"
import * as SpendLedger from "../gateway/SpendLedger.ts"
import * as Tenancy from "../gateway/Tenancy.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import { type Configured, reader } from "./Configured.ts"

type Shared = ReadonlyArray<Redacted.Redacted<string>>

const membersOf = ({ aliases, keys }: Pick<Configured, "aliases" | "keys">, shared: Shared): Tenancy.Members => {
  const all = [...keys, ...shared]
  return { aliases, keys: all.length === 0 ? undefined : all }
}

/** Where what outlives a gateway is kept. */
export const stateFolder = Effect.gen(function*() {
  const own = yield* Config.option(Config.String("FLEXINFERENCE_STATE"))
  if (Option.isSome(own)) return own.value
  const states = yield* Config.option(Config.String("XDG_STATE_HOME"))
  return join(Option.getOrElse(states, () => join(homedir(), ".local", "state")), "flexinference")
})

const settings = Config.all({
  operatorKey: Config.option(Config.Redacted("FLEXINFERENCE_OPERATOR_KEY")),
  maxFailedAuthentications: Config.option(Config.Int("FLEXINFERENCE_MAX_FAILED_AUTHENTICATIONS"))
})

/** The tenants of a gateway that begins. */
export const make = (
  configured: Configured,
  shared: Shared
): Effect.Effect<Tenancy.Tenancy["Service"], Config.ConfigError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const { maxFailedAuthentications, operatorKey } = yield* settings
    const ledger = yield* Layer.build(SpendLedger.layerFile(join(yield* stateFolder, "spend.jsonl")))
    return yield* Tenancy.make({
      ...membersOf(configured, shared),
      operatorKey: Option.getOrUndefined(operatorKey),
      maxFailedAuthentications: Option.getOrUndefined(maxFailedAuthentications)
    }).pipe(
      Effect.provideContext(ledger),
      Effect.provideService(ModelCatalog.Current, configured.catalog)
    )
  })

/** Takes up the file's keys and aliases whenever it changes; one that is wrong is told, and all stays as it is. */
export const follow = (
  tenancy: Tenancy.Tenancy["Service"],
  { keys, path }: Configured,
  shared: Shared
): Effect.Effect<void, never, FileSystem.FileSystem | Scope.Scope> =>
  path === undefined ? Effect.void : Stream.unwrap(Effect.map(reader, ({ changes }) => changes(path))).pipe(
    Stream.runForEach((changed) => {
      if (Result.isFailure(changed)) {
        return Effect.logWarning(`The changed configuration is not taken up: ${changed.failure.message}`)
      }
      const members = membersOf(changed.success, shared)
      // A gateway that listens to others must not be left open to them.
      return members.keys === undefined && keys.length > 0
        ? Effect.logWarning(`The changed configuration is not taken up: ${path} holds no keys any more`)
        : Effect.andThen(tenancy.replace(members), Effect.logInfo(`The keys and aliases of ${path} are taken up.`))
    }),
    Effect.forkScoped,
    Effect.asVoid
  )
