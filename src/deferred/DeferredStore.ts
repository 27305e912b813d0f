/**
 * Where deferred requests are kept. What was inserted is there after a crash, if the store is one that survives it:
 * `layerMemory` does not and is for tests, `layerSql` does.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { DeferredRequest } from "./Request.ts"

/** The store could not be reached, or holds what nobody can read. */
export class DeferredStoreError extends Schema.Error<DeferredStoreError>("DeferredStoreError")({
  _tag: Schema.tag("DeferredStoreError"),
  cause: Schema.Defect()
}) {}

/** Keeps deferred requests. */
export class DeferredStore extends Context.Service<DeferredStore, {
  /** Stores a request, unless its owner has one of the same key: the one that stands is returned. */
  readonly insert: (request: DeferredRequest) => Effect.Effect<DeferredRequest, DeferredStoreError>
  readonly get: (id: string) => Effect.Effect<Option.Option<DeferredRequest>, DeferredStoreError>
  /** Stores a change of the version that was read; `false` where somebody else has changed the request meanwhile. */
  readonly replace: (request: DeferredRequest) => Effect.Effect<boolean, DeferredStoreError>
  /** Removes a request and its texts. */
  readonly remove: (id: string) => Effect.Effect<void, DeferredStoreError>
  /** Removes what ended before a time in epoch milliseconds. */
  readonly removeEndedBefore: (time: number) => Effect.Effect<void, DeferredStoreError>
  /** An owner's requests, the newest first. */
  readonly list: (owner: string, limit: number) => Effect.Effect<ReadonlyArray<DeferredRequest>, DeferredStoreError>
}>()("effect-flexinference/DeferredStore") {}

/** In the memory of this process, and gone with it. */
export const layerMemory: Layer.Layer<DeferredStore> = Layer.sync(DeferredStore, () => {
  const byId = new Map<string, DeferredRequest>()
  return DeferredStore.of({
    insert: (request) =>
      Effect.sync(() => {
        const { key, owner } = request
        const standing = key === null
          ? undefined
          : Array.from(byId.values()).find((other) => other.owner === owner && other.key === key)
        if (standing !== undefined) return standing
        byId.set(request.id, request)
        return request
      }),
    get: (id) => Effect.sync(() => Option.fromUndefinedOr(byId.get(id))),
    replace: (request) =>
      Effect.sync(() => {
        if (byId.get(request.id)?.version !== request.version) return false
        byId.set(request.id, { ...request, version: request.version + 1 })
        return true
      }),
    remove: (id) => Effect.sync(() => void byId.delete(id)),
    removeEndedBefore: (time) =>
      Effect.sync(() => {
        for (const [id, { endedAt }] of byId) if (endedAt !== null && endedAt < time) byId.delete(id)
      }),
    list: (owner, limit) =>
      Effect.sync(() =>
        Array.from(byId.values()).filter((request) => request.owner === owner)
          .toSorted((one, other) => other.createdAt - one.createdAt).slice(0, limit)
      )
  })
})

const Row = Schema.Struct({ request: Schema.fromJsonString(DeferredRequest) })
const decodeRow = Schema.decodeUnknownEffect(Row)
const encode = Schema.encodeEffect(Schema.fromJsonString(DeferredRequest))

/** In a table of a Postgres database, which many processes may share. It is made where it is not there yet. */
export const layerSql: Layer.Layer<DeferredStore, DeferredStoreError, SqlClient.SqlClient> = Layer.effect(
  DeferredStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const failed = <A>(effect: Effect.Effect<A, SqlError | Schema.SchemaError>) =>
      Effect.mapError(effect, (cause) => new DeferredStoreError({ cause }))
    yield* failed(sql`
      CREATE TABLE IF NOT EXISTS flexinference_deferred (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        key TEXT,
        version INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        ended_at BIGINT,
        request TEXT NOT NULL,
        UNIQUE (owner, key)
      )`)
    yield* failed(sql`
      CREATE INDEX IF NOT EXISTS flexinference_deferred_owner ON flexinference_deferred (owner, created_at)`)
    const read = (rows: ReadonlyArray<unknown>) =>
      Effect.forEach(rows, (row) => Effect.map(decodeRow(row), ({ request }) => request))
    const one = (rows: ReadonlyArray<unknown>) =>
      Effect.map(read(rows), (requests) => Option.fromUndefinedOr(requests[0]))
    const get = (id: string) =>
      failed(Effect.flatMap(sql`SELECT request FROM flexinference_deferred WHERE id = ${id}`, one))
    return DeferredStore.of({
      get,
      insert: (request) =>
        failed(Effect.gen(function*() {
          const { createdAt, id, key, owner, version } = request
          const inserted = yield* sql`
            INSERT INTO flexinference_deferred (id, owner, key, version, created_at, request)
            VALUES (${id}, ${owner}, ${key}, ${version}, ${createdAt}, ${yield* encode(request)})
            ON CONFLICT (owner, key) DO NOTHING
            RETURNING id`
          if (inserted.length > 0) return request
          const standing = yield* Effect.flatMap(
            sql`SELECT request FROM flexinference_deferred WHERE owner = ${owner} AND key = ${key}`,
            one
          )
          // Whoever had the key may have removed it in between: then this one stands nowhere, and its caller tries again.
          return yield* Effect.fromOption(standing).pipe(Effect.orDie)
        })),
      replace: (request) =>
        failed(Effect.gen(function*() {
          const changed = { ...request, version: request.version + 1 }
          const rows = yield* sql`
            UPDATE flexinference_deferred
            SET version = ${changed.version}, ended_at = ${changed.endedAt}, request = ${yield* encode(changed)}
            WHERE id = ${request.id} AND version = ${request.version}
            RETURNING id`
          return rows.length > 0
        })),
      remove: (id) => failed(Effect.asVoid(sql`DELETE FROM flexinference_deferred WHERE id = ${id}`)),
      removeEndedBefore: (time) =>
        failed(Effect.asVoid(sql`DELETE FROM flexinference_deferred WHERE ended_at < ${time}`)),
      list: (owner, limit) =>
        failed(Effect.flatMap(
          sql`
            SELECT request FROM flexinference_deferred WHERE owner = ${owner}
            ORDER BY created_at DESC LIMIT ${limit}`,
          read
        ))
    })
  })
)
