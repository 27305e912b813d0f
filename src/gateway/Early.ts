/**
 * How a caller is kept while nothing is decided about its answer. What stands between, and the caller's own client, give
 * up on a response that shows nothing for long: so it is begun before there is an answer, a stream with comments, a body
 * with the white space that may stand before JSON. What is decided later travels in it.
 *
 * An answer that comes before that costs a fork, and no timer: one look a second goes over all that wait.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Latch from "effect/Latch"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Dialect } from "../Dialect.ts"
import * as Draining from "../Draining.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Answer } from "../Router.ts"
import * as Json from "../wire/Json.ts"
import * as EventStream from "./EventStream.ts"
import * as Fault from "./Fault.ts"
import * as Refusal from "./GatewayError.ts"
import * as Reply from "./Reply.ts"

export interface Options {
  /**
   * How long the caller of a stream waits for the head of the response; from then on it gets comments. 0 lets it wait.
   * @default "45 seconds"
   */
  readonly earlyHeaders?: Duration.Input | undefined
  /**
   * How long the caller of a body waits for the head of the response; from then on it gets white space, and a failure can
   * no longer have a status of its own. 0 lets it wait. `x-flexinference-early-body: 30s` asks for it earlier.
   * @default "240 seconds"
   */
  readonly earlyBody?: Duration.Input | undefined
}

/** Proxies and load balancers commonly give up after 60 s without a head, and some count from the request's first byte. */
const standardHeaders = Duration.seconds(45)
/** Node's own `fetch`, and the clients on it, give up after 300 s without a head. */
const standardBody = Duration.seconds(240)

/** How often it is looked for whom it is time. */
const tick = Duration.seconds(1)
/** How long nothing is sent. */
const silence = 15_000

/** A request on its way to an answer. */
export interface Waiting {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly requestId: string
  readonly dialect: Dialect
  /** The request's body. */
  readonly text: string
  /** What the response says whatever it answers. */
  readonly headers: { readonly [name: string]: string }
  readonly opening: Effect.Effect<Answer, FlexInferenceError, Scope.Scope>
}

type Opening = Fiber.Fiber<Answer, FlexInferenceError>

/** What was waited for: the answer or its failure, a time, or that there is no more time. */
type Event =
  | { readonly _tag: "Opened"; readonly exit: Exit.Exit<Answer, FlexInferenceError> }
  | { readonly _tag: "Due" }
  | { readonly _tag: "Up" }

const due: Event = { _tag: "Due" }
const up: Event = { _tag: "Up" }

/** The response to a request: `reply` of its answer, unless that is waited for too long. */
export const make = Effect.fnUntraced(function*(options: Options | undefined) {
  const clock = yield* Clock.Clock
  const draining = yield* Draining.Draining
  const afterHeaders = millis(options?.earlyHeaders, standardHeaders)
  const afterBody = millis(options?.earlyBody, standardBody)
  const waiting = new Set<(now: number) => void>()
  const some = Latch.makeUnsafe(false)
  const warned = new Set<string>()

  yield* Effect.forkScoped(Effect.forever(Effect.andThen(
    some.await,
    Effect.map(Effect.sleep(tick), () => {
      const now = clock.currentTimeMillisUnsafe()
      for (const look of waiting) look(now)
      if (waiting.size === 0) some.closeUnsafe()
    })
  )))

  const next = (opening: Opening, at: number): Effect.Effect<Event> =>
    Effect.callback((resume) => {
      const look = (now: number): void => {
        if (now >= at) done(due)
      }
      let forget = constVoid
      const release = draining?.onUp(() => done(up)) ?? constVoid
      const stop = (): void => {
        waiting.delete(look)
        release()
        forget()
      }
      const done = (event: Event): void => {
        stop()
        resume(Effect.succeed(event))
      }
      waiting.add(look)
      if (waiting.size === 1) some.openUnsafe()
      forget = opening.addObserver((exit) => done({ _tag: "Opened", exit }))
      return Effect.sync(stop)
    })

  /** A stream that is a stream of comments until there is an answer. */
  const stream = ({ dialect, headers, requestId }: Waiting, opening: Opening): HttpServerResponse.HttpServerResponse =>
    HttpServerResponse.stream(
      Stream.concat(
        Stream.succeed(EventStream.comment),
        EventStream.encode(
          Stream.unwrap(Effect.flatMap(Fiber.join(opening), (answer) =>
            answer._tag === "Stream"
              ? Effect.succeed(answer.chunks)
              : Effect.die(new Error("a stream was asked for, and a body answered")))),
          dialect,
          draining
        )
      ).pipe(Stream.ensuring(Fiber.interrupt(opening))),
      Reply.streamed({ ...Reply.named(requestId, undefined), ...headers, ...early })
    )

  /** A body that is white space until there is an answer. */
  const body = ({ dialect, headers, requestId }: Waiting, opening: Opening): HttpServerResponse.HttpServerResponse => {
    let isOver = false
    const last = (text: string): Bytes => {
      isOver = true
      return Effect.succeed(encoder.encode(text))
    }
    const failed = (error: FlexInferenceError): Bytes =>
      // What says that it failed is an answer to those whose format has such answers, to the others it would look like one.
      dialect.failedBody === undefined ? Effect.interrupt : last(JSON.stringify(dialect.failedBody(error)))
    const from = (event: Event): Bytes => {
      switch (event._tag) {
        case "Due":
          return Effect.succeed(space)
        case "Up":
          return Effect.andThen(Fiber.interrupt(opening), failed(Refusal.draining))
        case "Opened":
          return Effect.matchCauseEffect(event.exit, {
            onSuccess: (answer) =>
              answer._tag === "Body" ? last(answer.text) : Effect.die(new Error("a body was asked for")),
            onFailure: (cause) => Effect.flatMap(Fault.errorOf(cause), failed)
          })
      }
    }
    const pull: Bytes = Effect.suspend(() =>
      isOver ? Cause.done() : Effect.flatMap(next(opening, clock.currentTimeMillisUnsafe() + silence), from)
    )
    return HttpServerResponse.stream(
      Stream.concat(Stream.succeed(space), Stream.fromPull(Effect.succeed(Effect.map(pull, Arr.of)))).pipe(
        Stream.ensuring(Fiber.interrupt(opening))
      ),
      {
        contentType: "application/json",
        headers: {
          ...Reply.named(requestId, undefined),
          ...headers,
          ...early,
          "cache-control": "no-store",
          "x-accel-buffering": "no"
        }
      }
    )
  }

  /** Tells the operator of clients that give up before what they ask for can have been decided. */
  const warn = ({ request }: Waiting, since: number): Effect.Effect<void> => {
    const timeout = Number(request.headers["x-stainless-timeout"] ?? Infinity)
    const path = request.url.split("?", 1)[0] ?? ""
    // A second either way: it began to count before the request was here.
    if (!(clock.currentTimeMillisUnsafe() - since >= timeout * 1000 - 1000) || warned.has(path)) return Effect.void
    warned.add(path)
    return Effect.logWarning(
      `A client on ${path} left after its own timeout of ${timeout} s, before it was answered. Give clients a timeout ` +
        "that is longer than the window they ask for. This is said once for each path."
    )
  }

  return <E, R>(
    call: Waiting,
    reply: (answer: Answer) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ) =>
    Effect.flatMap(Effect.forkChild(call.opening, { startImmediately: true }), (opening) => {
      const exit = opening.pollUnsafe()
      if (exit !== undefined) return Effect.flatMap(exit, reply)
      const since = clock.currentTimeMillisUnsafe()
      const bodyAt = since + Math.min(afterBody, askedFor(call.request))
      const from = (event: Event): Effect.Effect<HttpServerResponse.HttpServerResponse, FlexInferenceError | E, R> => {
        switch (event._tag) {
          case "Opened":
            return Effect.flatMap(event.exit, reply)
          case "Up":
            return Effect.andThen(Fiber.interrupt(opening), Effect.fail(Refusal.draining))
          case "Due": {
            const now = clock.currentTimeMillisUnsafe()
            if (isStream(call.text)) {
              const at = since + afterHeaders
              return now >= at ? Effect.succeed(stream(call, opening)) : Effect.flatMap(next(opening, at), from)
            }
            return now >= bodyAt ? Effect.succeed(body(call, opening)) : Effect.flatMap(next(opening, bodyAt), from)
          }
        }
      }
      return Effect.onInterrupt(
        Effect.flatMap(next(opening, Math.min(since + afterHeaders, bodyAt)), from),
        () => Effect.andThen(Fiber.interrupt(opening), warn(call, since))
      )
    })
})

type Bytes = Pull.Pull<Uint8Array>

const encoder = new TextEncoder()
const space = encoder.encode(" ")
const early = { "x-flexinference-early": "true" }

/** Read when it has to be known, once for a request that has waited long. */
const isStream = (text: string): boolean => Json.boolean(Json.parseObject(text) ?? {}, "stream") === true

const millis = (given: Duration.Input | undefined, standard: Duration.Duration): number => {
  const after = Duration.toMillis(given === undefined ? standard : Duration.fromInputUnsafe(given))
  return after === 0 ? Infinity : after
}

/** When the caller itself asks for a body to begin: `30s`, or `2m`. */
const askedFor = ({ headers }: HttpServerRequest.HttpServerRequest): number => {
  const [, amount, unit] = /^(\d{1,4})(s|m)$/.exec(headers["x-flexinference-early-body"] ?? "") ?? []
  return amount === undefined ? Infinity : Number(amount) * (unit === "m" ? 60_000 : 1000)
}
