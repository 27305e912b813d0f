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
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { Deferred, layerMemory, layerSql, type SqlOptions } from "../deferred/Deferred.ts"
import * as Accept from "../deferred/Accept.ts"
import * as Embedded from "../deferred/Embedded.ts"
import { CapacityRefused, FlexInferenceError } from "../FlexInferenceError.ts"
import type { Router } from "../Router.ts"

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
