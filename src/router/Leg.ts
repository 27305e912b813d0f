/**
 * One call to one provider at one tier: open it, watch it until it has started, hand it on.
 *
 * A leg lives in the scope it is opened in; closing that scope aborts the call. Its frames are held back until the
 * dialect says that generation has started (D1), so that a leg can still be swapped for another unseen. A stream ends
 * with its terminal event or with a typed error, never in silence (D7).
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SseError } from "effect/encoding/Sse"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import { hasProperty, isString } from "effect/Predicate"
import * as Pull from "effect/Pull"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Dialect, Progress } from "../Dialect.ts"
import type { Frame } from "../wire/Sse.ts"
import {
  type FlexInferenceError,
  streamFailed,
  timedOut,
  type TimeoutClock,
  transportFailed
} from "../FlexInferenceError.ts"
import type { Connection, Provider } from "../Provider.ts"
import * as Verdict from "../provider/Verdict.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Sse from "../wire/Sse.ts"
import type { Transport } from "../Transport.ts"

/** How long a leg may keep its caller waiting; all by Effect's `Clock`. */
export interface Clocks {
  /** Until the first byte of a stream. */
  readonly firstByte: Duration.Duration
  /** Between two chunks of a stream; a comment counts. */
  readonly idle: Duration.Duration
  /** For a body that is read as a whole. */
  readonly total: Duration.Duration
}

/** The contract's clocks (g); the clock of a silent flex leg is our own. */
export const defaults = {
  firstByte: Duration.seconds(60),
  idle: Duration.seconds(60),
  // A recorded flex stream is silent for 69 s between its reasoning and its answer.
  flexIdle: Duration.seconds(180),
  total: Duration.seconds(600),
  /** What is waited beyond a window, so that late is still better than never. */
  margin: Duration.seconds(30)
}

/** What counts as started: the first output, or the provider's first sign of having accepted the request. */
export type StartSignal = "output" | "accepted"

export interface Options {
  readonly transport: Transport
  readonly provider: Provider
  readonly connection: Connection
  readonly dialect: Dialect
  /** The request in the leg's own dialect, as JSON text. */
  readonly body: string
  readonly clocks: Clocks
  /** Bounds everything up to the start in place of `firstByte` and `idle`: for a leg that may queue for long. */
  readonly untilStart: Duration.Duration | undefined
  readonly startSignal: StartSignal
}

/** The headers of an answer. */
export type Headers = { readonly [name: string]: string | undefined }

/** A stream that has started, from its very first frame: those that were held back, then the rest. */
export interface Opened {
  readonly frames: Stream.Stream<Frame, FlexInferenceError>
  readonly headers: Headers
}

/** A whole answer. */
export interface Body {
  readonly text: string
  readonly value: JsonObject
  readonly headers: Headers
}

interface Sent {
  readonly response: HttpClientResponse
  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, HttpClientError>
}

/** How long the body of an error answer may take: the answer is known to be bad, only its reason is missing. */
const errorBodyTimeout = Duration.seconds(30)

/** How long the end of a body is waited for once its last event has come. */
const lingering = Duration.millis(250)

/** Opens a stream and waits until it has started. */
export const openStream = (options: Options): Effect.Effect<Opened, FlexInferenceError, Scope.Scope> => {
  const { clocks, untilStart } = options
  const open = Effect.gen(function*() {
    const { pull: bytes, response } = yield* send(
      options,
      true,
      untilStart === undefined ? clocks.firstByte : undefined
    )
    const state: State = { started: false, progress: "open", failure: undefined, flushed: false }
    const pull = yield* Stream.toPull(guarded(options, state, response, bytes))
    const held: Array<Frame> = []
    while (!state.started) {
      const frames = yield* Pull.catchDone(pull, () => Effect.fail(ended(options, response, false)))
      for (const frame of frames) held.push(frame)
    }
    return {
      frames: Stream.concat(Stream.fromArray(held), Stream.fromPull(Effect.succeed(pull))),
      headers: response.headers
    }
  })
  return untilStart === undefined ? open : within(options, open, "firstByte", untilStart)
}

/** Sends a call that is not streamed and reads its body as a whole. */
export const readBody = (options: Options): Effect.Effect<Body, FlexInferenceError, Scope.Scope> => {
  const read = Effect.gen(function*() {
    // Providers send the headers of an unstreamed answer together with its body, so one clock covers both.
    const { pull, response } = yield* send(options, false, undefined)
    // A provider that has sent its 200 has made, and charged for, the answer: it must not be asked for it again.
    const text = yield* Effect.mapError(textOf(pull), (error) => broken(options, error, true))
    const value = Json.parseObject(text)
    if (value === undefined) {
      return yield* Effect.fail(transportFailed({
        provider: options.provider.name,
        retryable: false,
        message: `${options.provider.title} answered ${response.status} with ${kindOf(response)} that is not a JSON ` +
          `object. Check that its base URL leads to the API.`
      }))
    }
    return { text, value, headers: response.headers }
  })
  return within(options, read, "total", options.clocks.total)
}

/** The answer with its body already being pulled: from here on, closing the scope aborts the call. */
const send = (
  options: Options,
  stream: boolean,
  bound: Duration.Duration | undefined
): Effect.Effect<Sent, FlexInferenceError, Scope.Scope> => {
  const { clocks, connection, dialect, provider } = options
  const { headers, url } = provider.endpoint({
    dialect: dialect.name,
    stream,
    // A provider that is told less would end an answer that started late but in time.
    deadline: stream ? Duration.sum(options.untilStart ?? clocks.firstByte, clocks.total) : clocks.total
  }, connection)
  const request = HttpClientRequest.post(url).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClientRequest.bodyText(options.body, "application/json")
  )
  // Nothing may come between having a response and owning its body, or an interruption there would leak the call.
  const call = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const response = yield* restore(options.transport(request))
      return { response, pull: yield* Stream.toPull(response.stream) }
    })
  ).pipe(Effect.mapError((error) => broken(options, error)))
  return Effect.flatMap(
    bound === undefined ? call : within(options, call, "firstByte", bound),
    (sent) =>
      sent.response.status >= 200 && sent.response.status < 300
        ? Effect.succeed(sent)
        : Effect.flatMap(errorOf(options, sent), Effect.fail)
  )
}

const errorOf = (options: Options, { pull, response }: Sent): Effect.Effect<FlexInferenceError> =>
  Effect.gen(function*() {
    const { provider } = options
    if (response.status < 400) {
      return transportFailed({
        provider: provider.name,
        retryable: false,
        message: `${provider.title} answered ${response.status}, a redirect, which is not followed with a key in ` +
          `hand. Set the base URL to the API's own address.`
      })
    }
    // A body that breaks off or never ends changes nothing about the status, which is what matters.
    const text = yield* textOf(pull).pipe(
      Effect.timeoutOrElse({ duration: errorBodyTimeout, orElse: () => Effect.succeed("") }),
      Effect.orElseSucceed(() => "")
    )
    return Verdict.errorOf(provider, {
      status: response.status,
      headers: response.headers,
      text,
      body: Json.parseObject(text),
      receivedAt: yield* Clock.currentTimeMillis
    })
  })

const textOf = (pull: Sent["pull"]): Effect.Effect<string, HttpClientError> =>
  Stream.mkString(Stream.decodeText(Stream.fromPull(Effect.succeed(pull))))

interface State {
  started: boolean
  progress: Progress
  failure: FlexInferenceError | undefined
  /** Whether the body has ended, and what was left of it without its closing blank line has been given one. */
  flushed: boolean
}

const blankLine = new TextEncoder().encode("\n\n")

/** The frames of a stream, watched: failures inside it, malformed events, silence and early ends become errors. */
const guarded = (
  options: Options,
  state: State,
  response: HttpClientResponse,
  bytes: Sent["pull"]
): Stream.Stream<Frame, FlexInferenceError> => {
  const { clocks, dialect, provider, startSignal, untilStart } = options
  const awake = Effect.suspend(() =>
    untilStart !== undefined && !state.started
      ? bytes
      : Effect.timeoutOrElse(bytes, {
        duration: clocks.idle,
        orElse: () => Effect.fail(timedOutOn(provider, "idle", clocks.idle))
      })
  )
  // Not every provider closes its last event, and a whole answer must not be lost over that.
  const tail = Stream.suspend(() => {
    state.flushed = true
    return Stream.make(blankLine)
  })
  const frames = Sse.decode(Stream.concat(Stream.fromPull(Effect.succeed(awake)), tail)).pipe(
    Stream.mapError((error) => error._tag === "FlexInferenceError" ? error : broken(options, error, state.started))
  )

  const inspect = (frame: Frame): FlexInferenceError | undefined => {
    const { data, value } = frame
    if (value === undefined) {
      if (data.trim() === "[DONE]") return state.started ? undefined : ended(options, response, false)
      return state.flushed ? ended(options, response, state.started) : streamFailed({
        provider: provider.name,
        message: `${provider.title} sent an event whose data is not a JSON object.`,
        started: state.started
      })
    }
    const failure = dialect.failureOf(value)
    if (failure !== undefined) {
      // A number too large for a double is read as infinite, which the error's event, being JSON, cannot hold.
      const event = Json.parseObject(JSON.stringify(value)) ?? {}
      return Verdict.streamErrorOf(provider, failure, event, state.started)
    }
    if (startSignal === "accepted" || dialect.isStart(value)) state.started = true
    return undefined
  }

  return Stream.transformPull(frames, (pull) => {
    const accept = (frames: Arr.NonEmptyReadonlyArray<Frame>): Arr.NonEmptyReadonlyArray<Frame> | undefined => {
      const accepted: Array<Frame> = []
      for (const frame of frames) {
        state.failure = inspect(frame)
        if (state.failure !== undefined) break
        accepted.push(frame)
        const progress = dialect.progress(frame)
        if (progress === "open") continue
        state.progress = progress
        state.started = true
        if (progress === "closed") break
      }
      return Arr.isReadonlyArrayNonEmpty(accepted) ? accepted : undefined
    }
    const end = Effect.suspend((): Pull.Pull<never, FlexInferenceError> =>
      state.progress === "open" ? Effect.fail(ended(options, response, state.started)) : Cause.done()
    )
    const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Frame>, FlexInferenceError> = Effect.suspend(() => {
      if (state.failure !== undefined) return Effect.fail(state.failure)
      if (state.progress === "closed") return Effect.andThen(drained(bytes), Cause.done())
      return Effect.flatMap(Pull.catchDone(pull, () => end), (frames) => {
        const accepted = accept(frames)
        return accepted === undefined ? next : Effect.succeed(accepted)
      })
    })
    return Effect.succeed(next)
  })
}

/**
 * Reads a body whose last event has come to its end, which usually is already there: a connection that is read to the
 * end is used again, one that is left is lost. A provider that holds it open is not waited for.
 */
const drained = (bytes: Sent["pull"]): Effect.Effect<void> =>
  Stream.runDrain(Stream.fromPull(Effect.succeed(bytes))).pipe(
    Effect.timeoutOrElse({ duration: lingering, orElse: () => Effect.void }),
    Effect.ignore
  )

const within = <A, R>(
  options: Options,
  effect: Effect.Effect<A, FlexInferenceError, R>,
  clock: TimeoutClock,
  after: Duration.Duration
): Effect.Effect<A, FlexInferenceError, R> =>
  Effect.timeoutOrElse(effect, {
    duration: after,
    orElse: () => Effect.fail(timedOutOn(options.provider, clock, after))
  })

const awaited: { readonly [clock in TimeoutClock]: string } = {
  firstByte: "had not started answering",
  idle: "fell silent in the middle of its answer",
  total: "had not finished its answer"
}

/** The error of a clock that ran out on a provider. */
export const timedOutOn = (provider: Provider, clock: TimeoutClock, after: Duration.Duration): FlexInferenceError =>
  timedOut({
    provider: provider.name,
    clock,
    after,
    message: `${provider.title} ${awaited[clock]} after ${Duration.format(after)}. The call was aborted; raise the ` +
      `${clock} clock if the model needs longer.`
  })

const ended = ({ provider }: Options, response: HttpClientResponse, started: boolean): FlexInferenceError =>
  streamFailed({
    provider: provider.name,
    started,
    message: started
      ? `${provider.title} closed the stream before its terminal event: the answer is not complete.`
      : `${provider.title} closed the stream (${kindOf(response)}) before any output.`
  })

/** The error of a stream that came to its end and yet holds no answer. */
export const emptyAnswer = (provider: Provider): FlexInferenceError =>
  streamFailed({
    provider: provider.name,
    started: true,
    message: `${provider.title} ended the stream without an answer in it.`
  })

/** A connection that broke: before the start the call never took place, after it the answer is torn. */
const broken = (
  { connection, provider }: Options,
  { reason }: HttpClientError | SseError,
  started = false
): FlexInferenceError => {
  // Not the error itself: it holds the request, and with it the key.
  const cause = "cause" in reason ? reason.cause : undefined
  const code = codeOf(cause)
  const why = code === undefined ? "" : ` (${code})`
  return started
    ? streamFailed({
      provider: provider.name,
      started,
      message: `The connection to ${provider.title} broke in the middle of the answer${why}.`
    })
    : transportFailed({
      provider: provider.name,
      message: `${provider.title} could not be reached, or the connection broke before any output${why}.`,
      // `fetch` quotes a header that it cannot send.
      ...(mentions(cause, Redacted.value(connection.apiKey)) ? {} : { cause })
    })
}

const mentions = (cause: unknown, key: string): boolean =>
  key !== "" &&
  ((isString(cause) && cause.includes(key)) ||
    (hasProperty(cause, "message") && isString(cause.message) && cause.message.includes(key)) ||
    (hasProperty(cause, "cause") && mentions(cause.cause, key)))

/** The system's word for what went wrong, such as `ECONNREFUSED`; `fetch` wraps the error that has it. */
const codeOf = (cause: unknown): string | undefined => {
  if (hasProperty(cause, "code") && isString(cause.code)) return cause.code
  return hasProperty(cause, "cause") ? codeOf(cause.cause) : undefined
}

const kindOf = (response: HttpClientResponse): string => response.headers["content-type"] ?? "no content type"
