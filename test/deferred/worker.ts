/** A process that carries deferred requests out in a Postgres database or in a folder, for tests that kill it. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Console, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import process from "node:process"
import * as Embedded from "../../src/deferred/Embedded.ts"
import { Deferred } from "../../src/deferred/index.ts"
import * as Router from "../../src/Router.ts"

const [place = "", schema = "", upstream = "", submitted = "0"] = process.argv.slice(2)

const options = { takeOver: "3 seconds", pollInterval: "100 millis", concurrency: 8 } as const

const deferred = schema === ""
  ? Layer.orDie(Embedded.layer(place, options))
  : Deferred.layerSql(options).pipe(
    Layer.provide(PgClient.layer({ url: Redacted.make(place), startupParameters: { search_path: schema } })),
    Layer.orDie
  )

const program = Effect.gen(function*() {
  const { await: done, submit } = yield* Deferred.Deferred
  const ids: Array<string> = []
  for (let index = 0; index < Number(submitted); index++) {
    const input = `request ${index}`
    const { id } = yield* submit({ model: "gpt-5.5", input, complete_within: "00h-12m-00s" }, { key: input })
    ids.push(id)
    yield* Console.log(`accepted ${index} ${id}`)
  }
  yield* Effect.forEach(ids, (id) => done(id), { concurrency: "unbounded" })
  yield* Console.log("all are over")
  return yield* Effect.never
}).pipe(
  Effect.provide(
    deferred.pipe(
      Layer.provide(Router.layer({ openai: { apiKey: Redacted.make("sk-upstream-secret"), baseUrl: upstream } })),
      Layer.provide(FetchHttpClient.layer)
    )
  )
)

Effect.runPromise(program)
