/** Where the gateway keeps deferred requests, and when it opens that: `FLEXINFERENCE_STORE`. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Scope } from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { Deferred, layerMemory, layerSql, type SqlOptions } from "../deferred/Deferred.ts"
import * as Accept from "../deferred/Accept.ts"
import * as Embedded from "../deferred/Embedded.ts"
import { CapacityRefused, FlexInferenceError } from "../FlexInferenceError.ts"
import * as Store from "../deferred/DeferredStore.ts"
import type { Router } from "../Router.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as Tenants from "./Tenants.ts"

/** Where deferred requests are kept. */
export type Place =
  | { readonly _tag: "Off" }
  | { readonly _tag: "Memory" }
  | { readonly _tag: "Folder"; readonly folder: string }
  | { readonly _tag: "Postgres"; readonly url: Redacted.Redacted<string> }

/** The place that a value of the variable names. */
export const placeOf = (value: string): Place => {
  if (value === "off") return { _tag: "Off" }
  return /^postgres(?:ql)?:\/\//.test(value)
    ? { _tag: "Postgres", url: Redacted.make(value) }
    : { _tag: "Folder", folder: value }
}

/**
 * What the environment says. Where it says nothing, that is a folder among what else outlives a gateway; made-up answers
 * are not kept there.
 */
export const variable = (options: {
  readonly simulated: boolean
  readonly state: string
}): Effect.Effect<Place, Config.ConfigError> =>
  Effect.map(Config.option(Config.String("FLEXINFERENCE_STORE")), (given) => {
    const value = Option.getOrElse(given, () => "")
    if (value !== "") return placeOf(value)
    return options.simulated ? { _tag: "Memory" } : { _tag: "Folder", folder: `${options.state}/deferred` }
  })

/**
 * The service over a place. A database is opened at the start, and so is a folder that holds requests already; one that
 * does not is opened by the first request, so that a gateway nobody defers anything at needs nothing installed for it.
 */
export const layer = (
  place: Exclude<Place, { readonly _tag: "Off" }>,
  options?: SqlOptions
): Layer.Layer<Deferred, never, Router | FileSystem.FileSystem> =>
  place._tag === "Memory" ? layerMemory(options) : Layer.effect(
    Deferred,
    Effect.gen(function*() {
      const open = yield* opening(
        place._tag === "Postgres"
          ? Layer.provide(layerSql(options), PgClient.layer({ url: place.url }))
          : Embedded.layer(place.folder, options)
      )
      const fs = yield* FileSystem.FileSystem
      const isThere = place._tag === "Postgres" || (yield* Effect.orElseSucceed(fs.exists(place.folder), () => false))
      let isOpen = isThere
      // What keeps it from opening now may be gone by the first request.
      if (isThere) yield* Effect.forkScoped(Effect.ignore(open))
      const opened = Effect.tap(open, () => Effect.sync(() => (isOpen = true)))
      /** What was never opened holds nothing. */
      const held = (id: string) => Effect.suspend(() => isOpen ? open : Effect.fail(Accept.notFound(id)))
      return Deferred.of({
        submit: (request, options) => Effect.flatMap(opened, ({ submit }) => submit(request, options)),
        poll: (id, owner) => Effect.flatMap(held(id), ({ poll }) => poll(id, owner)),
        await: (id, owner) => Effect.flatMap(held(id), (deferred) => deferred.await(id, owner)),
        changes: (id, owner) => Stream.unwrap(Effect.map(held(id), ({ changes }) => changes(id, owner))),
        cancel: (id, owner) => Effect.flatMap(held(id), ({ cancel }) => cancel(id, owner)),
        remove: (id, owner) => Effect.flatMap(held(id), ({ remove }) => remove(id, owner)),
        list: (options) => Effect.suspend(() => isOpen ? Effect.flatMap(open, ({ list }) => list(options)) : none)
      })
    })
  )

const none = Effect.succeed([])

/** The service over a place that is opened now, for a command that does nothing without it. */
export const layerNow = (
  place: Exclude<Place, { readonly _tag: "Off" }>,
  options?: SqlOptions
): Layer.Layer<Deferred, CommandFailed.CommandFailed, Router> =>
  place._tag === "Memory"
    ? layerMemory(options)
    : told(
      place._tag === "Folder"
        ? Embedded.layer(place.folder, options)
        : Layer.provide(layerSql(options), PgClient.layer({ url: place.url }))
    )

/** The requests that a place holds, to be read: nothing is carried out. */
export const layerStore = (
  place: Extract<Place, { readonly _tag: "Folder" | "Postgres" }>
): Layer.Layer<Store.DeferredStore, CommandFailed.CommandFailed> =>
  told(
    place._tag === "Folder"
      ? Layer.provide(Store.layerSql, Embedded.layerClient(place.folder))
      : Layer.provide(Store.layerSql, PgClient.layer({ url: place.url }))
  )

/** A layer that tells a person why it cannot be built. */
const told = <A, R>(layer: Layer.Layer<A, Parameters<typeof unopened>[0], R>) =>
  Layer.effectContext(Effect.mapError(Layer.build(layer), unopened))

const unopened = (error: Embedded.FolderError | Store.DeferredStoreError | SqlError) =>
  CommandFailed.make(
    error._tag === "FolderError"
      ? `${error.message} (--store FOLDER, or FLEXINFERENCE_STORE)`
      : "the database of deferred requests cannot be reached: see that it runs, and that FLEXINFERENCE_STORE names it"
  )

/** The place that a flag names, and else the environment. */
export const chosen = (
  flag: Option.Option<string>,
  simulated: boolean
): Effect.Effect<Exclude<Place, { readonly _tag: "Off" }>, CommandFailed.CommandFailed | Config.ConfigError> =>
  Effect.gen(function*() {
    const place = Option.isSome(flag) && flag.value !== ""
      ? placeOf(flag.value)
      : yield* variable({ simulated, state: yield* Tenants.stateFolder })
    return place._tag === "Off"
      ? yield* CommandFailed.usage(["no store for deferred requests is named: --store FOLDER, or FLEXINFERENCE_STORE"])
      : place
  })

/** Opens a store once, and tries again where that failed; it is closed with the scope. */
const opening = (
  layer: Layer.Layer<Deferred, unknown, Router>
): Effect.Effect<Effect.Effect<Deferred["Service"], FlexInferenceError>, never, Router | Scope> =>
  Effect.map(Effect.context<Router | Scope>(), (context) => {
    const one = Semaphore.makeUnsafe(1)
    let built: Deferred["Service"] | undefined
    const build = Effect.map(Layer.build(layer), (made) => {
      const deferred = Context.get(made, Deferred)
      built = deferred
      return deferred
    })
    return one.withPermits(1)(Effect.suspend(() => built === undefined ? build : Effect.succeed(built))).pipe(
      Effect.provideContext(context),
      Effect.tapError((error) => Effect.logWarning("deferred requests cannot be kept", error)),
      Effect.mapError((error) => unavailable(error instanceof Embedded.FolderError ? error.message : undefined))
    )
  })

const unavailable = (reason = "The database of deferred requests cannot be reached; try again in a moment.") =>
  new FlexInferenceError({
    reason: new CapacityRefused({
      origin: "flexinference",
      status: 503,
      type: "server_error",
      code: "deferred_store_unavailable",
      message: `Nothing was accepted. ${reason}`
    })
  })
