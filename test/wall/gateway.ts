/** A gateway before a provider of the wall, with its records, the keys of all sides being ones that are recognized. */
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { HttpServer } from "effect/http"
import * as AttemptLog from "../../src/AttemptLog.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as Router from "../../src/Router.ts"
import * as UndiciTransport from "../../src/transport/UndiciTransport.ts"
import { redacted } from "../support/canary.ts"

/** Every request as if it were the first, and its status not sent before it is known. */
export const plain: Gateway.Options = { adaptive: false, earlyHeaders: 0, earlyBody: 0 }

export interface Running {
  readonly url: string
  /** Of every request that is over. */
  readonly records: Array<AttemptLog.AttemptRecord>
}

export const before = (
  providerUrl: string,
  transport?: UndiciTransport.Options
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function*() {
    const records: Array<AttemptLog.AttemptRecord> = []
    const context = yield* Layer.build(
      Gateway.layer({ port: 0, keys: [redacted("gateway")], ...plain }).pipe(
        Layer.provide(Router.layerTransport({
          openai: { baseUrl: providerUrl, apiKey: redacted("openai") },
          google: { baseUrl: providerUrl, apiKey: redacted("google") },
          anthropic: { baseUrl: providerUrl, apiKey: redacted("anthropic") },
          secrets: [redacted("gateway")]
        })),
        Layer.provide(AttemptLog.layer({ record: (record) => Effect.sync(() => records.push(record)) })),
        Layer.provide(UndiciTransport.layer(transport))
      )
    )
    const url = yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)
    return { url, records }
  }).pipe(Effect.orDie)
