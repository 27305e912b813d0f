/**
 * Deferred requests in a folder of this machine, by a Postgres that runs within this process: PGlite, which a program
 * installs beside this package (`npm install @electric-sql/pglite@0.5 @effect/sql-pg@4`). It is for one process at a
 * time; what one that was killed had accepted, the next one to open the folder carries on.
 *
 * **Example** (a program whose requests outlive it)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Router } from "effect-flexinference"
 * import * as Embedded from "effect-flexinference/deferred/Embedded"
 *
 * export const deferred = Embedded.layer("./deferred").pipe(
 *   Layer.provide(Router.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { PGlite } from "@electric-sql/pglite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import path from "node:path"
import process from "node:process"
import { Duplex } from "node:stream"
import type { Router } from "../Router.ts"
import * as Deferred from "./Deferred.ts"
import type { DeferredStoreError } from "./DeferredStore.ts"

/**
 * A folder that cannot be used; the message says what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class FolderError extends Schema.Error<FolderError>("FolderError")({
  _tag: Schema.tag("FolderError"),
  folder: Schema.String,
  message: Schema.String,
  cause: Schema.optional(Schema.Defect())
}) {}

/**
 * Carries deferred requests out that are kept in a folder, which is made where it is not there.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  folder: string,
  options?: Deferred.SqlOptions
): Layer.Layer<Deferred.Deferred, FolderError | DeferredStoreError, Router> =>
  // Nobody else has the folder, so nobody else can be carrying what is in it.
  Layer.provide(Deferred.layerSql({ takeOver: "15 seconds", ...options }), layerClient(folder))

/**
 * The database of a folder.
 *
 * **Example** (another table beside the requests)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { SqlClient } from "effect/sql"
 * import * as Embedded from "effect-flexinference/deferred/Embedded"
 *
 * export const count = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT count(*) FROM flexinference_deferred`).pipe(
 *   Effect.provide(Embedded.layerClient("./deferred")),
 *   Effect.catchIf((error) => error instanceof Embedded.FolderError, ({ message }) => Effect.fail(message))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (folder: string): Layer.Layer<SqlClient.SqlClient, FolderError> =>
  Layer.unwrap(Effect.map(open(folder), (database) =>
    PgClient.layer({
      host: "embedded",
      username: "postgres",
      database: "postgres",
      // There is one backend: statements of a second connection would stand between those of the first.
      maxConnections: 1,
      stream: () => connection(database)
    }))).pipe(
      Layer.catchTag(
        "SqlError",
        (cause) =>
          Layer.effectContext(Effect.fail(new FolderError({ folder, message: "The database does not answer.", cause })))
      )
    )

const open = (folder: string): Effect.Effect<PGlite, FolderError, Scope> =>
  Effect.gen(function*() {
    const { PGlite } = yield* Effect.tryPromise({
      try: () => import("@electric-sql/pglite"),
      catch: (cause) =>
        new FolderError({
          folder,
          cause,
          message: "Deferred requests are kept by PGlite, which is not installed: npm install @electric-sql/pglite@0.5"
        })
    })
    yield* lock(folder)
    return yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => PGlite.create(path.join(folder, "data")),
        catch: (cause) => new FolderError({ folder, cause, message: `The database in ${folder} cannot be opened.` })
      }),
      (database) => Effect.ignore(Effect.tryPromise(() => database.close()))
    )
  })

/** Keeps a second process out of the folder: two of them would destroy what is in it. */
const lock = (folder: string): Effect.Effect<void, FolderError, Scope> => {
  const file = path.join(folder, "lock")
  const take = (again: boolean): Effect.Effect<void, FolderError> =>
    Effect.tryPromise(() => writeFile(file, String(process.pid), { flag: "wx" })).pipe(
      Effect.catch(({ cause }) => {
        if (!again || !hasProperty(cause, "code") || cause.code !== "EEXIST") {
          return Effect.fail(new FolderError({ folder, cause, message: `The folder ${folder} cannot be written to.` }))
        }
        return Effect.flatMap(holder(file), (holder) =>
          holder === undefined
            ? Effect.andThen(Effect.ignore(Effect.tryPromise(() => rm(file, { force: true }))), take(false))
            : Effect.fail(
              new FolderError({
                folder,
                message: `Process ${holder} has the folder ${folder}: stop it, or choose another folder.`
              })
            ))
      })
    )
  return Effect.acquireRelease(
    Effect.andThen(
      Effect.ignore(Effect.tryPromise(() => mkdir(folder, { recursive: true, mode: 0o700 }))),
      take(true)
    ),
    () => Effect.ignore(Effect.tryPromise(() => rm(file, { force: true })))
  )
}

/** The process that has a lock, if it is still there. */
const holder = (file: string): Effect.Effect<number | undefined> =>
  Effect.tryPromise(() => readFile(file, "utf8")).pipe(
    Effect.map((text) => {
      const pid = Number(text)
      return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined
    }),
    Effect.orElseSucceed(() => undefined)
  )

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is one all the same.
    return hasProperty(error, "code") && error.code === "EPERM"
  }
}

/** A connection as the client sees one: what it writes is Postgres' protocol, and so is what comes back. */
const connection = (database: PGlite): Duplex => {
  const duplex = new Duplex({
    read: () => {},
    write: (chunk: Uint8Array, _encoding, done) => {
      database.execProtocolRaw(new Uint8Array(chunk)).then(
        (answer) => {
          if (answer.length > 0) duplex.push(answer)
          done()
        },
        done
      )
    },
    final: (done) => {
      duplex.push(null)
      done()
    }
  })
  queueMicrotask(() => duplex.emit("connect"))
  return duplex
}
