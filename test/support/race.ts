/** A request sent through the router to simulated providers on virtual time, and everything that came of it. */
import { Cause, Clock, Effect, Exit, Fiber, Layer, Redacted, Scope, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import type { Frame } from "../../src/wire/Sse.ts"
import type { FlexInferenceError } from "../../src/FlexInferenceError.ts"
import * as Router from "../../src/Router.ts"
import type { Routing } from "../../src/Routing.ts"
import { type Script, Simulator } from "../../src/simulator/index.ts"
import type { Transport } from "../../src/Transport.ts"
import { turns } from "./turns.ts"

const key = { apiKey: Redacted.make("sk-test") }

const over = (
  router: (options: Router.Options) => Layer.Layer<Router.Router, never, HttpClient.HttpClient | Transport>
) =>
(
  script: Script.Script,
  options: Partial<Router.Options> = {}
) =>
  router({ openai: key, google: key, anthropic: key, ...options }).pipe(
    Layer.provideMerge(Simulator.layer({ script, seed: "race" }))
  )

/** The router on simulated providers, with a key for each of them. */
export const layer = over(Router.layer)

/** The two adapters that a call may leave by: over an `HttpClient`, or over a `Transport` directly. */
export const adapters = [
  { adapter: "an HttpClient", layer },
  { adapter: "a Transport", layer: over(Router.layerTransport) }
] as const

/** One upstream call, in milliseconds of virtual time. */
export interface Call {
  readonly tier: string
  readonly openedAt: number
  readonly endedAt: number | undefined
  readonly outcome: string
}

/** Tier, opened at, ended at, outcome. */
export const list = (calls: ReadonlyArray<Call>) =>
  calls.map(({ endedAt, openedAt, outcome, tier }) => [tier, openedAt, endedAt, outcome])

/** What a caller met. */
export interface Result {
  /** When the answer was committed; `undefined` where none was. */
  readonly committedAt: number | undefined
  /** The record at the commit. */
  readonly routing: Routing | undefined
  /** The record after the end. */
  readonly report: Routing | undefined
  readonly frames: ReadonlyArray<Frame>
  readonly body: Router.BodyAnswer | undefined
  readonly error: FlexInferenceError | undefined
  /** When it was all over. */
  readonly endedAt: number | undefined
  readonly calls: ReadonlyArray<Call>
}

/** Lets every fiber run until all of them wait for the clock. */
export const settle = turns(60)

/** Moves virtual time in steps small enough that no timer is registered late. */
export const advance = (millis: number, step = 500) =>
  Effect.gen(function*() {
    for (let moved = 0; moved < millis; moved += step) {
      yield* settle
      yield* TestClock.adjust(step)
    }
    yield* settle
  })

export interface Request {
  readonly surface?: DialectName
  readonly body: { readonly [key: string]: unknown }
  readonly options?: Router.CallOptions
  /** Interrupts the caller at this time. */
  readonly interruptAt?: number
  /** How long the whole thing is watched. */
  readonly watch?: number
}

/** Sends a request, reads its answer to the end, and tells what happened when. */
export const send = ({ body, interruptAt, options, surface = "responses", watch = 150_000 }: Request) =>
  Effect.gen(function*() {
    const router = yield* Router.Router
    const simulator = yield* Simulator.Simulator
    const seen: { -readonly [key in keyof Result]: Result[key] } = {
      committedAt: undefined,
      routing: undefined,
      report: undefined,
      frames: [],
      body: undefined,
      error: undefined,
      endedAt: undefined,
      calls: []
    }
    const frames: Array<Frame> = []
    const whole = Effect.gen(function*() {
      const answer = yield* router.open(surface, JSON.stringify(body), options)
      seen.committedAt = yield* Clock.currentTimeMillis
      seen.routing = answer.routing
      if (answer._tag === "Body") seen.body = answer
      else {
        yield* Stream.runForEach(answer.frames, (frame) => Effect.sync(() => frames.push(frame))).pipe(
          Effect.ensuring(Effect.map(answer.report, (report) => {
            seen.report = report
          }))
        )
      }
    })
    const fiber = yield* whole.pipe(
      Effect.scoped,
      Effect.exit,
      Effect.tap((exit) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          seen.endedAt = now
          if (Exit.isFailure(exit)) {
            const error = Cause.findErrorOption(exit.cause)
            if (error._tag === "Some") seen.error = error.value
            else if (!Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
          }
        })
      ),
      Effect.forkChild({ startImmediately: true })
    )
    if (interruptAt !== undefined) {
      yield* advance(interruptAt)
      yield* Fiber.interrupt(fiber)
      seen.endedAt = yield* Clock.currentTimeMillis
    }
    for (let watched = 0; watched < watch && seen.endedAt === undefined; watched += 500) yield* advance(500)
    // What should have been aborted is given the time to show that it was not.
    yield* advance(1000)
    const ledger = yield* simulator.ledger
    return {
      ...seen,
      frames,
      calls: ledger.map(({ endedAt, openedAt, outcome, tier }): Call => ({ tier, openedAt, endedAt, outcome }))
    } satisfies Result
  }).pipe(Effect.provideServiceEffect(Scope.Scope, Effect.scope))
