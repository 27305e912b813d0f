/**
 * Where deferred requests are kept. What was inserted is there after a crash, if the store is one that survives it:
 * `layerMemory` does not and is for tests, `layerSql` does.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Batch, type Item, type Result } from "./Batch.ts"
import { DeferredRequest } from "./Request.ts"

/**
 * The store could not be reached, or holds what nobody can read.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeferredStoreError extends Schema.Error<DeferredStoreError>("DeferredStoreError")({
  _tag: Schema.tag("DeferredStoreError"),
  cause: Schema.Defect()
}) {}

/** Keeps batches of deferred requests. */
export interface BatchStore {
  /** Stores an item that waits for a batch, unless there is one of its id. */
  readonly add: (item: Item) => Effect.Effect<void, DeferredStoreError>
  readonly item: (id: string) => Effect.Effect<Option.Option<Item>, DeferredStoreError>
  /** Stores a batch with up to so many of the items of its group that wait; says how many those are. */
  readonly seal: (batch: Batch, limit: number) => Effect.Effect<number, DeferredStoreError>
  readonly get: (id: string) => Effect.Effect<Option.Option<Batch>, DeferredStoreError>
  readonly put: (batch: Batch) => Effect.Effect<void, DeferredStoreError>
  /** The items of a batch that are still wanted. */
  readonly itemsOf: (batch: string) => Effect.Effect<ReadonlyArray<Item>, DeferredStoreError>
  /** Puts an item back among those that wait for a batch. */
  readonly release: (id: string) => Effect.Effect<void, DeferredStoreError>
  /** Stores what came of an item; one that is not wanted any more stays away. */
  readonly answer: (id: string, result: Result) => Effect.Effect<void, DeferredStoreError>
  /** Removes an item that nobody wants any more. */
  readonly drop: (id: string) => Effect.Effect<void, DeferredStoreError>
}

/**
 * Keeps deferred requests.
 *
 * @since 0.1.0
 * @category services
 */
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
  /** The requests of an owner, or of all where none is named; the newest first. */
  readonly list: (
    owner: string | undefined,
    limit: number
  ) => Effect.Effect<ReadonlyArray<DeferredRequest>, DeferredStoreError>
  readonly batches: BatchStore
}>()("effect-flexinference/DeferredStore") {}

/**
 * In the memory of this process, and gone with it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<DeferredStore> = Layer.sync(DeferredStore, () => {
  const byId = new Map<string, DeferredRequest>()
  /** The id of a request by its owner and key. */
  const byKey = new Map<string, string>()
  const remove = (id: string): void => {
    const request = byId.get(id)
    byId.delete(id)
    if (request !== undefined && request.key !== null) byKey.delete(JSON.stringify([request.owner, request.key]))
  }
  return DeferredStore.of({
    batches: batchesInMemory(),
    insert: (request) =>
      Effect.sync(() => {
        const { key, owner } = request
        const name = JSON.stringify([owner, key])
        const standing = key === null ? undefined : byId.get(byKey.get(name) ?? "")
        if (standing !== undefined) return standing
        byId.set(request.id, request)
        if (key !== null) byKey.set(name, request.id)
        return request
      }),
    get: (id) => Effect.sync(() => Option.fromUndefinedOr(byId.get(id))),
    replace: (request) =>
      Effect.sync(() => {
        if (byId.get(request.id)?.version !== request.version) return false
        byId.set(request.id, { ...request, version: request.version + 1 })
        return true
      }),
    remove: (id) => Effect.sync(() => remove(id)),
    removeEndedBefore: (time) =>
      Effect.sync(() => {
        for (const [id, { endedAt }] of byId) if (endedAt !== null && endedAt < time) remove(id)
      }),
    list: (owner, limit) =>
      Effect.sync(() =>
        Array.from(byId.values()).filter((request) => owner === undefined || request.owner === owner)
          .toSorted((one, other) => other.createdAt - one.createdAt).slice(0, limit)
      )
  })
})

const batchesInMemory = (): BatchStore => {
  const items = new Map<string, Item>()
  const batches = new Map<string, Batch>()
  return {
    add: (item) => Effect.sync(() => void (items.has(item.id) || items.set(item.id, item))),
    item: (id) => Effect.sync(() => Option.fromUndefinedOr(items.get(id))),
    seal: (batch, limit) =>
      Effect.sync(() => {
        const sealed = Array.from(items.values())
          .filter((item) => item.batch === null && item.group === batch.group)
          .slice(0, limit)
        for (const item of sealed) items.set(item.id, { ...item, batch: batch.id })
        if (sealed.length > 0) batches.set(batch.id, batch)
        return sealed.length
      }),
    get: (id) => Effect.sync(() => Option.fromUndefinedOr(batches.get(id))),
    put: (batch) => Effect.sync(() => void batches.set(batch.id, batch)),
    itemsOf: (batch) => Effect.sync(() => Array.from(items.values()).filter((item) => item.batch === batch)),
    release: (id) =>
      Effect.sync(() => {
        const item = items.get(id)
        if (item !== undefined) items.set(id, { ...item, batch: null })
      }),
    answer: (id, result) =>
      Effect.sync(() => {
        const item = items.get(id)
        if (item !== undefined) items.set(id, { ...item, result })
      }),
    drop: (id) => Effect.sync(() => void items.delete(id))
  }
}

const Row = Schema.Struct({ request: Schema.fromJsonString(DeferredRequest) })
const decodeRow = Schema.decodeUnknownEffect(Row)
const decodeItem = Schema.decodeUnknownEffect(Schema.Struct({
  id: Schema.String,
  item_group: Schema.String,
  dialect: Schema.String,
  body: Schema.String,
  batch: Schema.NullOr(Schema.String),
  status: Schema.NullOr(Schema.Int),
  answer: Schema.NullOr(Schema.String)
}))
const decodeBatchRow = Schema.decodeUnknownEffect(Schema.Struct({ batch: Schema.fromJsonString(Batch) }))
const encodeBatch = Schema.encodeEffect(Schema.fromJsonString(Batch))
const encode = Schema.encodeEffect(Schema.fromJsonString(DeferredRequest))

/**
 * In a table of a Postgres database, which many processes may share. It is made where it is not there yet.
 *
 * **Example** (what a database holds, without carrying it out)
 *
 * ```ts
 * import { PgClient } from "@effect/sql-pg"
 * import { Effect, Layer, Redacted } from "effect"
 * import { DeferredStore } from "effect-flexinference/deferred"
 *
 * const url = Redacted.make("postgres://localhost/flexinference")
 *
 * export const newest = Effect.gen(function*() {
 *   const store = yield* DeferredStore.DeferredStore
 *   return yield* store.list(undefined, 10)
 * }).pipe(
 *   Effect.provide(Layer.provide(DeferredStore.layerSql, PgClient.layer({ url }))),
 *   Effect.catchIf((error) => error instanceof DeferredStore.DeferredStoreError, () => Effect.succeed([]))
 * )
 *
 * export const forTests = DeferredStore.layerMemory
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
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
    yield* failed(sql`
      CREATE TABLE IF NOT EXISTS flexinference_batches (id TEXT PRIMARY KEY, batch TEXT NOT NULL)`)
    yield* failed(sql`
      CREATE TABLE IF NOT EXISTS flexinference_batch_items (
        id TEXT PRIMARY KEY,
        item_group TEXT NOT NULL,
        dialect TEXT NOT NULL,
        body TEXT NOT NULL,
        batch TEXT,
        status INTEGER,
        answer TEXT
      )`)
    yield* failed(sql`
      CREATE INDEX IF NOT EXISTS flexinference_batch_items_batch ON flexinference_batch_items (batch, item_group)`)
    const itemsOf = (rows: ReadonlyArray<unknown>) =>
      Effect.map(
        Effect.forEach(rows, (row) => decodeItem(row)),
        (items) =>
          items.map(({ answer, item_group, status, ...item }): Item => ({
            ...item,
            group: item_group,
            result: status === null || answer === null ? null : { status, text: answer }
          }))
      )
    const batches: BatchStore = {
      add: ({ batch, body, dialect, group, id }) =>
        failed(Effect.asVoid(sql`
          INSERT INTO flexinference_batch_items (id, item_group, dialect, body, batch)
          VALUES (${id}, ${group}, ${dialect}, ${body}, ${batch})
          ON CONFLICT (id) DO NOTHING`)),
      item: (id) =>
        failed(Effect.map(
          Effect.flatMap(sql`SELECT * FROM flexinference_batch_items WHERE id = ${id}`, itemsOf),
          ([item]) => Option.fromUndefinedOr(item)
        )),
      seal: (batch, limit) =>
        failed(sql.withTransaction(Effect.gen(function*() {
          const sealed = yield* sql`
            UPDATE flexinference_batch_items SET batch = ${batch.id}
            WHERE id IN (
              SELECT id FROM flexinference_batch_items
              WHERE batch IS NULL AND item_group = ${batch.group} LIMIT ${limit} FOR UPDATE SKIP LOCKED
            )
            RETURNING id`
          if (sealed.length > 0) {
            yield* sql`
              INSERT INTO flexinference_batches (id, batch) VALUES (${batch.id}, ${yield* encodeBatch(batch)})
              ON CONFLICT (id) DO NOTHING`
          }
          return sealed.length
        }))),
      get: (id) =>
        failed(
          Effect.flatMap(sql`SELECT batch FROM flexinference_batches WHERE id = ${id}`, ([row]) =>
            row === undefined
              ? Effect.succeedNone
              : Effect.asSome(Effect.map(decodeBatchRow(row), ({ batch }) => batch)))
        ),
      put: (batch) =>
        failed(
          Effect.flatMap(encodeBatch(batch), (text) =>
            Effect.asVoid(sql`UPDATE flexinference_batches SET batch = ${text} WHERE id = ${batch.id}`))
        ),
      itemsOf: (batch) =>
        failed(Effect.flatMap(sql`SELECT * FROM flexinference_batch_items WHERE batch = ${batch}`, itemsOf)),
      release: (id) => failed(Effect.asVoid(sql`UPDATE flexinference_batch_items SET batch = NULL WHERE id = ${id}`)),
      answer: (id, { status, text }) =>
        failed(Effect.asVoid(sql`
          UPDATE flexinference_batch_items SET status = ${status}, answer = ${text} WHERE id = ${id}`)),
      drop: (id) => failed(Effect.asVoid(sql`DELETE FROM flexinference_batch_items WHERE id = ${id}`))
    }
    const get = (id: string) =>
      failed(Effect.flatMap(sql`SELECT request FROM flexinference_deferred WHERE id = ${id}`, one))
    return DeferredStore.of({
      batches,
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
          owner === undefined
            ? sql`SELECT request FROM flexinference_deferred ORDER BY created_at DESC LIMIT ${limit}`
            : sql`
              SELECT request FROM flexinference_deferred WHERE owner = ${owner}
              ORDER BY created_at DESC LIMIT ${limit}`,
          read
        ))
    })
  })
)
