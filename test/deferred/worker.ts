/** A process that carries deferred requests out over a Postgres database, for tests that kill it. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Console, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import process from "node:process"
import { Deferred } from "../../src/deferred/index.ts"
import * as Router from "../../src/Router.ts"

const [url = "", schema = "", upstream = "", submitted = "0"] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const { submit } = yield* Deferred.Deferred
  for (let index = 0; index < Number(submitted); index++) {
    const input = `request ${index}`
    const { id } = yield* submit({ model: "gpt-5.5", input, complete_within: "00h-12m-00s" }, { key: input })
    yield* Console.log(`accepted ${index} ${id}`)
  }
  yield* Console.log("ready")
  return yield* Effect.never
}).pipe(
  Effect.provide(
    Deferred.layerSql({ takeOver: "3 seconds", pollInterval: "100 millis", concurrency: 8 }).pipe(
      Layer.provide(Router.layer({ openai: { apiKey: Redacted.make("sk-upstream-secret"), baseUrl: upstream } })),
      Layer.provide(FetchHttpClient.layer),
      Layer.provide(PgClient.layer({ url: Redacted.make(url), startupParameters: { search_path: schema } }))
    )
  )
)

Effect.runPromise(program)
