/** A schema of its own in the Postgres database of this machine, where there is one. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { connect } from "node:net"

export const url = process.env["TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres"

/** Whether somebody listens there. */
export const isThere = await new Promise<boolean>((resolve) => {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on("connect", () => {
    socket.destroy()
    resolve(true)
  })
  socket.on("error", () => resolve(false))
})

/** The title of what is skipped where nobody does. */
export const title = (name: string): string => isThere ? name : `${name}: no Postgres at ${url}, or TEST_POSTGRES_URL`

/** A client whose tables are in a schema that goes when the scope closes. */
export const layerSchema = (schema: string): Layer.Layer<SqlClient.SqlClient> =>
  Layer.unwrap(Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* Effect.acquireRelease(
      sql`CREATE SCHEMA ${sql(schema)}`,
      () => Effect.orDie(sql`DROP SCHEMA ${sql(schema)} CASCADE`)
    )
    return PgClient.layer({ url: Redacted.make(url), startupParameters: { search_path: schema } })
  })).pipe(
    Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
    Layer.orDie
  )

/** A name that no other run has. */
export const newSchema = (): string => `flexinference_test_${process.pid}_${Math.random().toString(36).slice(2)}`
