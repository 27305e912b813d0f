/** A gateway before a provider that answers with whatever it is given, and a caller whom nothing may surprise. */
import { assert } from "@effect/vitest"
import { Cause, Effect, Layer } from "effect"
import type { Scope } from "effect"
import { HttpServer } from "effect/http"
import { TestClock } from "effect/testing"
import * as AttemptLog from "../../src/AttemptLog.ts"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as Router from "../../src/Router.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Transport from "../../src/Transport.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { encode } from "../../src/wire/Sse.ts"
import { answers, type Feature, requests } from "../matrix/requests.ts"
import { found, redacted } from "../support/canary.ts"
import { layer, send } from "../support/race.ts"
import { framesOf } from "../support/streams.ts"
import { turns } from "../support/turns.ts"
import * as Caller from "../wall/caller.ts"
import { surfaces } from "../wall/cells.ts"
import { plain } from "../wall/gateway.ts"

/** What a provider says: a stream or a body, in pieces. */
export type Answer = (call: Transport.Request) => ReadonlyArray<Uint8Array>

export interface Running {
  readonly url: string
  readonly records: Array<AttemptLog.AttemptRecord>
  /** What the provider says from now on. */
  readonly answering: (answer: Answer) => void
}

export const running: Effect.Effect<Running, never, Scope.Scope> = Effect.gen(function*() {
  const records: Array<AttemptLog.AttemptRecord> = []
  let answer: Answer = () => []
  const transport = Transport.make((call) =>
    Effect.sync(() => {
      const pieces = answer(call)
      let next = 0
      return {
        status: 200,
        headers: { "content-type": isStreamed(call) ? "text/event-stream" : "application/json" },
        pull: Effect.suspend(() => {
          const piece = pieces[next++]
          return piece === undefined ? Cause.done() : Effect.succeed(piece)
        })
      }
    })
  )
  const context = yield* Layer.build(
    // Mutated keys are none, and an address with many of them would not be heard for a minute.
    Gateway.layer({ port: 0, keys: [redacted("gateway")], maxFailedAuthentications: 0, ...plain }).pipe(
      Layer.provide(Router.layerTransport({
        openai: { apiKey: redacted("openai") },
        google: { apiKey: redacted("google") },
        anthropic: { apiKey: redacted("anthropic") },
        secrets: [redacted("gateway")]
      })),
      Layer.provide(AttemptLog.layer({ record: (record) => Effect.sync(() => records.push(record)) })),
      Layer.provide(Layer.succeed(Transport.Transport, transport))
    )
  )
  return {
    url: yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context),
    records,
    answering: (given: Answer) => {
      answer = given
    }
  }
}).pipe(Effect.orDie)

/** The format in which a call is made, by its address. */
export const dialectOf = ({ url }: Transport.Request): DialectName =>
  surfaces.find((surface) => url.includes(surface === "chat.completions" ? "/chat/completions" : `/${surface}`)) ??
    assert.fail(url)

export const isStreamed = ({ body }: Transport.Request): boolean => Json.parseObject(body)?.["stream"] === true

export const models = { openai: "gpt-5.5", google: "gemini-2.5-flash", anthropic: "claude-sonnet-4-6" } as const

const features: ReadonlyArray<Feature> = ["text", "tool", "parallel", "structured", "search", "reasoning", "length"]

/** An answer as a provider of the format sends it. */
export interface Sample {
  readonly events: ReadonlyArray<string>
  readonly body: string
}

const native: { readonly [surface in DialectName]: string } = {
  responses: models.openai,
  "chat.completions": models.openai,
  interactions: models.google,
  messages: models.anthropic
}

/** Answers of every format, made by the simulated providers. */
export const samples: Effect.Effect<{ readonly [dialect in DialectName]: ReadonlyArray<Sample> }> = Effect.gen(
  function*() {
    const of = (surface: DialectName) =>
      Effect.forEach(features, (feature) =>
        Effect.gen(function*() {
          const body: JsonObject = { ...requests[surface][feature], model: native[surface], start_within: "default" }
          const streamed = yield* send({ surface, body: { ...body, stream: true } })
          const whole = yield* send({ surface, body })
          return { events: streamed.frames.map(encode), body: whole.body?.text ?? assert.fail("no body") }
        }).pipe(Effect.provide(layer(Script.always(Behavior.answer(answers[feature])))), Effect.scoped))
    return {
      responses: yield* of("responses"),
      "chat.completions": yield* of("chat.completions"),
      interactions: yield* of("interactions"),
      messages: yield* of("messages")
    }
  }
)

/** Lets virtual time pass; whatever takes a day of it has hung. */
const patience = Effect.gen(function*() {
  for (let left = 2_000; left > 0; left--) {
    yield* turns(20)
    yield* TestClock.adjust("1 minute")
  }
  return yield* Effect.die(new Error("it hangs"))
})

/** Sends it, and waits for all that comes of it. */
export const exchange = (url: string, sent: string | Uint8Array, isAll = false): Effect.Effect<Buffer> =>
  Effect.raceFirst(Caller.exchange(url, sent, isAll), patience)

/** That bytes that were no request did no harm: they are answered, or their connection closes. */
export const checkRaw = (bytes: Buffer, records: Running["records"]): Effect.Effect<void> =>
  Effect.sync(() => {
    const text = bytes.toString("latin1")
    assert.match(text, /^(?:$|HTTP\/1\.1 (?:[1234]\d\d|50[1-4]) )/)
    assert.notInclude(text, "internal_error")
    assert.deepStrictEqual(found(text + JSON.stringify(records)), [])
    for (const { level } of records) assert.notStrictEqual(level, "error")
  })

/** That a caller got an answer or an error, whole, and of the kinds that it has been told of. */
export const check = (surface: DialectName, bytes: Buffer, records: Running["records"]): Effect.Effect<void> =>
  Effect.gen(function*() {
    const dialect = dialects[surface]
    const seen = Caller.read(bytes)
    assert.notInclude(seen.body, "internal_error")
    assert.deepStrictEqual(found(seen.raw + JSON.stringify(records)), [])
    for (const { level } of records) assert.notStrictEqual(level, "error")
    assert.isBelow(seen.status, 505)
    assert.notStrictEqual(seen.status, 500, seen.body)
    if (seen.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
      const body = Json.parseObject(seen.body)
      assert.isDefined(body, `a body that is an object: ${seen.body.slice(0, 200)}`)
      if (seen.status !== 200) assert.isDefined(body?.["error"])
      return
    }
    const signs = (yield* framesOf(seen.body, 65_536)).map((frame) => dialect.sign(frame, true))
    assert.isTrue(
      signs.some((sign) => sign === "failed" || sign === "end" || sign === dialect.whole),
      `an end: ${signs.join(" ")}`
    )
  })
