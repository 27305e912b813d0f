import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Metric, Tracer } from "effect"
import { inspect } from "node:util"
import * as AttemptMetrics from "../../src/AttemptMetrics.ts"
import { found, keys } from "../support/canary.ts"
import * as Written from "../support/written.ts"
import { turns, within } from "../support/turns.ts"
import * as Upstream from "../gateway/upstream.ts"
import * as Caller from "./caller.ts"
import { requestOf, surfaces } from "./cells.ts"
import * as Gateway from "./gateway.ts"

/** A provider that says all it was sent: as an error, inside a stream, and in its headers. */
const echoing = Upstream.make((request, response, body) => {
  const said = JSON.stringify({ ...request.headers, sent: body })
  const error = JSON.stringify({ error: { message: said, type: said, code: said, details: [said] } })
  response.setHeader("x-request-id", String(request.headers["authorization"] ?? request.headers["x-api-key"] ?? "none"))
  if (/"stream":true/.test(body)) {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(`event: error\ndata: ${error}\n\n`)
  } else response.writeHead(500, { "content-type": "application/json" }).end(error)
})

describe("a key", () => {
  it.live("stands in no answer, log line, span, metric or record, even where the provider says it", () =>
    Effect.gen(function*() {
      const provider = yield* echoing
      const told: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const spans: Array<Tracer.NativeSpan> = []
      const logger = Logger.layer([Logger.make(({ cause, message }) => told.push(inspect([message, cause])))])
      const { records, url } = yield* Gateway.before(provider.url).pipe(
        Effect.provide(Layer.mergeAll(logger, AttemptMetrics.layer)),
        Effect.withTracer(tracer)
      )
      let asked = 0
      for (const surface of surfaces) {
        for (const model of ["gpt-5.5", "gemini-3.5-flash", "claude-sonnet-4-6"] as const) {
          for (const stream of [true, false]) {
            const request = requestOf({ surface, model, leg: "named tier", stream })
            const { raw } = Caller.read(yield* Caller.exchange(url, request))
            told.push(raw)
            const wrong = request.replace(keys.gateway, "sk-canary-of-nobody-1")
            told.push((yield* Caller.exchange(url, wrong)).toString("latin1"))
            asked++
          }
        }
      }
      yield* within("every request is recorded", () => records.length === asked)
      yield* turns(10)
      told.push(inspect(spans, { depth: 8 }), JSON.stringify(records), inspect(yield* Metric.snapshot, { depth: 8 }))
      assert.isAtLeast(spans.length, asked)
      assert.deepStrictEqual(told.flatMap(found), [])
    }))

  it.live("is seen where a gateway writes it, or something prints it", () =>
    Effect.gen(function*() {
      const { url } = yield* Gateway.before("http://127.0.0.1:1")
      const request = requestOf({ surface: "responses", model: "gpt-5.5", leg: "named tier", stream: true })
      // A request's own name is the one thing of a caller's that is said again.
      yield* Caller.exchange(url, request.replace("connection:", `x-request-id: ${keys.anthropic}\r\nconnection:`))
      yield* Effect.logInfo(`never print ${keys.google}`)
      const leaks = Written.taken().join("\n")
      assert.include(leaks, `${keys.anthropic} in an answer`)
      assert.include(leaks, `${keys.google} printed`)
    }))
})
