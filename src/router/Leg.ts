/**
 * One call to one provider at one tier: open it, watch it until it has started, hand it on.
 *
 * A leg lives in the scope it is opened in; closing that scope aborts the call. Its frames are held back until one of
 * them shows that generation has started, so that a leg can still be swapped for another unseen. A stream ends with its
 * terminal event or with a typed error, never in silence.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import { hasProperty, isString } from "effect/Predicate"
import * as Pull from "effect/Pull"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Dialect, Served } from "../Dialect.ts"
import {
  type FlexInferenceError,
  type Reason,
  streamFailed,
  timedOut,
  type TimeoutClock,
  transportFailed,
  withHeaders
} from "../FlexInferenceError.ts"
import type { Connection, Endpoint, Provider } from "../Provider.ts"
import * as Verdict from "../provider/Verdict.ts"
import * as Transport from "../Transport.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Bytes from "../wire/Bytes.ts"
import * as Sse from "../wire/Sse.ts"
import * as Bounds from "./Bounds.ts"
import * as Endpoints from "./Endpoints.ts"
import * as Passage from "./Passage.ts"
import type { Secrets } from "./Secrets.ts"
import * as Watch from "./Watch.ts"

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
  readonly transport: Transport.Transport["Service"]
  readonly provider: Provider
  readonly connection: Connection
  /** What must not be quoted from the provider's failures and headers. */
  readonly secrets: Secrets
  readonly dialect: Dialect
  /** Whether the caller asked in that dialect: then what belongs to it goes through, both ways. */
  readonly native: boolean
  readonly accountHeaders: boolean
  /** What goes upstream beside the provider's own headers, and in place of those of the same name. */
  readonly sent: Passage.Sent | undefined
  /** The request in the leg's own dialect, as JSON text. */
  readonly body: string
  /** The model whose tokens are counted, where no answer is asked for. */
  readonly count?: string | undefined
  readonly clocks: Clocks
  /** Bounds everything up to the start in place of `firstByte` and `idle`: for a leg that may queue for long. */
  readonly untilStart: Duration.Duration | undefined
  readonly startSignal: StartSignal
}

/** Chunks of frames as they come; the end is the answer's. */
export type Frames = Pull.Pull<Sse.FrameChunk, FlexInferenceError>

/** A stream that has started, from its very first frame: those that were held back, then the rest. */
export interface Opened {
  readonly frames: Frames
  readonly headers: Transport.Headers
  /** What the provider has reported so far. */
  readonly served: () => Served
  /** Whether its last event has come. */
  readonly isWhole: () => boolean
  /** From here on, the whole of it has to come within the total clock. */
  readonly bounded: Effect.Effect<void>
}

/** A whole answer. */
export interface Body {
  readonly text: string
  readonly value: JsonObject
  readonly headers: Transport.Headers
}

/** How long the body of an error answer may take: the answer is known to be bad, only its reason is missing. */
const errorBodyTimeout = Duration.seconds(30)

/** How long the end of a body is waited for once its last event has come. */
const lingering = Duration.millis(250)

/** Opens a stream and waits until it has started. */
export const openStream = (options: Options): Effect.Effect<Opened, FlexInferenceError, Scope.Scope> =>
  Effect.flatMap(begin(options, true), (call) =>
    Effect.flatMap(
      call.within("firstByte", options.untilStart ?? options.clocks.firstByte),
      () => Effect.flatMap(answered(options, call), (response) => untilStarted(options, call, response))
    ))

/** Sends a call that is not streamed and reads its body as a whole. */
export const readBody = (options: Options): Effect.Effect<Body, FlexInferenceError, Scope.Scope> =>
  Effect.flatMap(begin(options, false), (call) =>
    // Providers send the headers of an unstreamed answer together with its body, so one clock covers both.
    Effect.flatMap(call.within("total", options.clocks.total), () =>
      Effect.flatMap(answered(options, call), (response) =>
        Effect.flatMap(
          // A provider that has sent its 200 has made, and charged for, the answer: it must not be asked for it again.
          textOf(response.pull, Bounds.body, (error) =>
            call.failure(error, true)),
          (text) => {
            call.watch.stop()
            if (text === undefined) return Effect.fail(tooLong(options.provider, "body", Bounds.body))
            const value = Json.parseObject(text)
            return value === undefined
              ? Effect.fail(noObject(options.provider, response))
              : Effect.succeed({ text, value, headers: response.headers })
          }
        ))))

/** Bodies that report a failure, by what became of it. */
const reports = new WeakMap<Reason, Body>()

/** The body that was read as this failure, for a caller who speaks the provider's own format. */
export const reportOf = ({ reason }: FlexInferenceError): Body | undefined => reports.get(reason)

/** Like `readBody`, of an answer: a 200 whose body says that there is none is a failure like any other. */
export const readAnswer = (options: Options): Effect.Effect<Body, FlexInferenceError, Scope.Scope> =>
  Effect.flatMap(readBody(options), (body) => {
    const { dialect, provider } = options
    const said = provider.races ? undefined : dialect.reported?.(body.value)
    if (said === undefined) return Effect.succeed(body)
    const value = options.secrets.object(body.value)
    const failure = dialect.reported?.(value) ?? said
    const error = told(options, body, Verdict.bodyErrorOf(provider, failure, value, body.headers))
    if (!Verdict.isInOurWords(error)) reports.set(error.reason, { ...body, ...withoutSecrets(options, body) })
    return Effect.fail(error)
  })

/** A body's text and value: as they came, unless a secret stands in them. */
const withoutSecrets = ({ secrets }: Options, { text, value }: Body): Pick<Body, "text" | "value"> => {
  const cut = secrets.object(value)
  return isSame(cut, value) ? { text, value } : { text: JSON.stringify(cut), value: cut }
}

/** Whether a value is what was left of another; the first of them is no deeper than a stack. */
const isSame = (left: Json.Json, value: Json.Json): boolean => {
  if (Json.isArray(left)) {
    return Json.isArray(value) && left.length === value.length &&
      left.every((one, at) => isSame(one, value[at] ?? null))
  }
  if (!Json.isObject(left)) return left === value
  return Json.isObject(value) &&
    Object.keys(value).every((name) => Object.hasOwn(left, name) && isSame(left[name] ?? null, value[name] ?? null))
}

/** A call under way, and the clock that runs on it. */
interface Running {
  readonly call: Transport.Call
  readonly watch: Watch.Watch
  /** From now on, or from the next touch, the provider has this long. */
  readonly within: (clock: TimeoutClock, after: Duration.Duration) => Effect.Effect<void>
  /** From now on the provider has this long for all the rest. */
  readonly bounded: Effect.Effect<void>
  /** From now on it has as long as it likes, as long as it is not silent. */
  readonly unbounded: Effect.Effect<void>
  /** What an error of the transport means: a clock that ran out, or a connection that broke. */
  readonly failure: (error: Transport.TransportError, started: boolean) => FlexInferenceError
}

const begin = (options: Options, stream: boolean): Effect.Effect<Running, never, Scope.Scope> => {
  const { clocks, connection, dialect, provider, sent, transport, untilStart } = options
  const own = Endpoints.of(provider, connection, {
    dialect: dialect.name,
    stream,
    count: options.count,
    // A provider that is told less would end an answer that started late but in time.
    deadline: stream ? Duration.sum(untilStart ?? clocks.firstByte, clocks.total) : clocks.total
  })
  const endpoint = sent === undefined ? own : withSent(own, sent)
  const watched = (call: Transport.Call): Effect.Effect<Running, never, Scope.Scope> =>
    Clock.clockWith((clock) => {
      const watch = Watch.on(clock)
      let lapsed: FlexInferenceError | undefined
      const lapse = (clock: TimeoutClock, after: Duration.Duration) => (): void => {
        lapsed = timedOutOn(provider, clock, after)
        call.abort(new Transport.TransportError({ cause: lapsed }))
      }
      const running: Running = {
        call,
        watch,
        within: (clock, after) => watch.set(after, lapse(clock, after)),
        bounded: watch.cap(clocks.total, lapse("total", clocks.total)),
        unbounded: watch.cap(Duration.infinity, constVoid),
        failure: (error, started) => lapsed ?? broken(options, error.cause, started)
      }
      // `Effect.addFinalizer` would make a context of its own for what needs none.
      return Effect.flatMap(
        Effect.scope,
        (scope) => Effect.as(Scope.addFinalizer(scope, Effect.sync(watch.stop)), running)
      )
    })
  const { headers, url } = endpoint
  return Effect.flatMap(transport.call({ url, headers, body: options.body }), watched)
}

const withSent = ({ headers, url }: Endpoint, sent: Passage.Sent): Endpoint => ({
  url: sent.query === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${sent.query}`,
  headers: { ...headers, ...sent.headers }
})

/** The error, with what its provider said beside it. */
const told = (
  { accountHeaders, dialect, native }: Options,
  { headers }: Pick<Transport.Response, "headers">,
  error: FlexInferenceError
): FlexInferenceError => {
  const passed = native ? Passage.answer(dialect.protocol, headers, accountHeaders) : undefined
  return passed === undefined ? error : withHeaders(error, passed)
}

/** The answer, if it is a good one; the error that it tells of otherwise. */
const answered = (options: Options, running: Running): Effect.Effect<Transport.Response, FlexInferenceError> =>
  Effect.matchEffect(running.call.response, {
    onFailure: (error) => Effect.fail(running.failure(error, false)),
    onSuccess: (response) =>
      response.status >= 200 && response.status < 300
        ? Effect.succeed(quotable(options, response))
        : Effect.flatMap(errorOf(options, running, quotable(options, response)), Effect.fail)
  })

const quotable = ({ secrets }: Options, response: Transport.Response): Transport.Response => {
  const headers = secrets.headers(response.headers)
  return headers === response.headers ? response : { ...response, headers }
}

const errorOf = (
  options: Options,
  { watch }: Running,
  response: Transport.Response
): Effect.Effect<FlexInferenceError> => {
  const { provider, secrets } = options
  const { headers, pull, status } = response
  if (status < 400) {
    return Effect.succeed(transportFailed({
      provider: provider.name,
      retryable: false,
      message: `${provider.title} answered ${status}, a redirect, which is not followed with a key in hand. Set the ` +
        `base URL to the API's own address.`
    }))
  }
  // A body that breaks off or never ends changes nothing about the status, which is what matters.
  return textOf(pull, Bounds.errorBody, () => undefined).pipe(
    Effect.timeoutOrElse({ duration: errorBodyTimeout, orElse: () => Effect.succeed(undefined) }),
    Effect.catch(() => Effect.succeed(undefined)),
    Effect.flatMap((text = "") =>
      Effect.map(Clock.currentTimeMillis, (receivedAt) => {
        watch.stop()
        const body = Json.parseObject(text)
        const answer = {
          status,
          headers,
          text: secrets.text(text),
          body: body === undefined ? undefined : secrets.object(body),
          receivedAt
        }
        return told(options, response, Verdict.errorOf(provider, answer))
      })
    )
  )
}

const decoder = new TextDecoder()

/** The whole of a body as text; `undefined` where it is longer than the bound. */
const textOf = <E>(
  pull: Transport.Response["pull"],
  bound: number,
  onFailure: (error: Transport.TransportError) => E
): Effect.Effect<string | undefined, E> => {
  let chunks: Array<Uint8Array> = []
  let size = 0
  const read: Effect.Effect<string | undefined, Transport.TransportError> = Effect.suspend(() =>
    Pull.matchEffect(pull, {
      onSuccess: (bytes) => {
        size += bytes.length
        if (size > bound) {
          chunks = []
          return Effect.succeed(undefined)
        }
        chunks.push(bytes)
        return read
      },
      onDone: () => Effect.succeed(decoder.decode(Bytes.join(chunks))),
      onFailure: Effect.failCause
    })
  )
  return Effect.mapError(read, onFailure)
}

const untilStarted = (
  options: Options,
  running: Running,
  response: Transport.Response
): Effect.Effect<Opened, FlexInferenceError> => {
  const { clocks, dialect, untilStart } = options
  const meter = dialect.meter()
  const stream = watched(options, running, response, meter)
  const held: Array<Sse.FrameChunk> = []
  let size = 0
  const idle = running.within("idle", clocks.idle)
  const start: Effect.Effect<Opened, FlexInferenceError> = Effect.suspend(() =>
    Pull.matchEffect(stream.frames, {
      onSuccess: (chunk) => {
        held.push(chunk)
        size += chunk.bytes.length
        if (size > Bounds.held) return Effect.fail(tooLong(options.provider, "beginning", Bounds.held))
        return stream.started() ? opened : start
      },
      onDone: () => Effect.fail(ended(options, response, false)),
      onFailure: Effect.failCause
    })
  )
  let next = 0
  const frames: Frames = Effect.suspend(() => {
    const chunk = held[next]
    if (chunk === undefined) return stream.frames
    next++
    return Effect.succeed(chunk)
  })
  const opened = Effect.as(untilStart === undefined ? running.unbounded : idle, {
    frames,
    headers: response.headers,
    served: meter.served,
    isWhole: stream.isWhole,
    bounded: running.bounded
  })
  // Keep-alives are no silence, so they alone would have a leg waited for without end.
  return untilStart === undefined ? Effect.andThen(idle, Effect.andThen(running.bounded, start)) : start
}

/** The frames of a stream, watched: failures inside it, malformed events, silence and early ends become errors. */
const watched = (
  options: Options,
  running: Running,
  response: Transport.Response,
  meter: ReturnType<Dialect["meter"]>
): { readonly frames: Frames; readonly started: () => boolean; readonly isWhole: () => boolean } => {
  const { dialect, provider, startSignal, untilStart } = options
  const reader = Sse.reader(Bounds.frame)
  let started = false
  let whole = false
  let closed = false
  /** Whether the body has ended, and what was left of it without its closing blank line has been given one. */
  let flushed = false
  let failure: FlexInferenceError | undefined
  /** Chunks that have come together and are still to be looked at. */
  let unseen: ReadonlyArray<Sse.FrameChunk> = []

  const inspect = (frame: Sse.Frame): FlexInferenceError | undefined => {
    const sign = dialect.sign(frame, started)
    if (sign === "end") {
      if (!started && frame.value === undefined) return ended(options, response, false)
      closed = true
    } else if (!looksWhole(frame.data) && frame.value === undefined) {
      return flushed ? ended(options, response, started) : malformed(provider, started)
    } else if (sign === "failed") {
      const event = options.secrets.object(frame.value ?? {})
      const error = Verdict.streamErrorOf(
        provider,
        dialect.failureOf(event),
        event,
        started,
        response.headers
      )
      return started ? error : told(options, response, error)
    }
    meter.add(frame, sign)
    if (sign === dialect.whole) whole = true
    if (sign !== "admitted" || startSignal === "accepted") started = true
    return undefined
  }

  const accept = (chunk: Sse.FrameChunk): Sse.FrameChunk | undefined => {
    const cursor = Sse.cursor(chunk)
    for (let frame = cursor.next(); frame !== undefined; frame = cursor.next()) {
      failure = inspect(frame)
      if (failure !== undefined) return cursor.before()
      if (closed) return cursor.through()
      if (started) passAlike(cursor, frame)
    }
    return chunk
  }

  // Deltas follow deltas, and tell no more than the first of them.
  const passAlike = (cursor: Sse.Cursor, { event }: Sse.Frame): void => {
    const { telling } = dialect
    if (event === undefined) {
      if (telling !== undefined) cursor.pass("data: {", telling)
    } else if (event.endsWith("delta")) cursor.pass(`event: ${event}\ndata: {`, telling ?? [])
  }

  const onEnd: Frames = Effect.suspend(() => {
    flushed = true
    const last = reader.end()
    const accepted = last === undefined ? undefined : accept(last)
    if (accepted !== undefined) return Effect.succeed(accepted)
    return atEnd
  })

  const atEnd: Frames = Effect.suspend((): Frames => {
    if (failure !== undefined) return Effect.fail(failure)
    if (whole || closed) {
      running.watch.stop()
      return Cause.done()
    }
    return Effect.fail(ended(options, response, started))
  })

  const onBytes = (bytes: Uint8Array): Frames => {
    if (started || untilStart === undefined) running.watch.touch()
    const read = reader.feed(bytes)
    if ("_tag" in read) return Effect.fail(tooLong(provider, "event", read.limit))
    unseen = read
    return frames
  }

  const onFailure = (cause: Cause.Cause<Transport.TransportError>): Frames =>
    Effect.failCause(Cause.map(cause, (error) => running.failure(error, started)))

  const frames: Frames = Effect.suspend(() => {
    if (failure !== undefined) return Effect.fail(failure)
    const [chunk, ...rest] = unseen
    if (chunk !== undefined && !closed) {
      unseen = rest
      const accepted = accept(chunk)
      return accepted === undefined ? frames : Effect.succeed(accepted)
    }
    if (closed) return Effect.andThen(drained(running, response), Cause.done())
    if (flushed) return atEnd
    return Pull.matchEffect(response.pull, { onSuccess: onBytes, onDone: () => onEnd, onFailure })
  })

  return { frames, started: () => started, isWhole: () => whole || closed }
}

const openBrace = 0x7b
const closeBrace = 0x7d

/** A quick look at an event's data that spares most events being parsed: an object begins and ends as one. */
const looksWhole = (data: string): boolean =>
  data.charCodeAt(0) === openBrace && data.charCodeAt(data.length - 1) === closeBrace

/** The error of a frame of a stream that has started which only looked whole, where its value is asked for after all. */
export const malformedIn = (provider: Provider, { data, value }: Sse.Frame): FlexInferenceError | undefined =>
  value === undefined && looksWhole(data) ? malformed(provider, true) : undefined

/** Frames whose values are asked for, of a stream that has started. */
export const parsed = (provider: Provider, frames: Frames): Frames =>
  Effect.flatMap(frames, (chunk) => {
    for (const frame of chunk.frames) {
      const error = malformedIn(provider, frame)
      if (error !== undefined) return Effect.fail(error)
    }
    return Effect.succeed(chunk)
  })

const malformed = (provider: Provider, started: boolean): FlexInferenceError =>
  streamFailed({
    provider: provider.name,
    message: `${provider.title} sent an event whose data is not a JSON object.`,
    started
  })

/**
 * Reads a body whose last event has come to its end, which usually is already there: a connection that is read to the
 * end is used again, one that is left is lost. A provider that holds it open is not waited for.
 */
const drained = (running: Running, { pull }: Transport.Response): Effect.Effect<void> => {
  const rest: Effect.Effect<void> = Effect.suspend(() =>
    Pull.matchEffect(pull, {
      onSuccess: () => rest,
      onDone: () => Effect.sync(running.watch.stop),
      onFailure: () => Effect.void
    })
  )
  return Effect.andThen(running.within("idle", lingering), rest)
}

const awaited: { readonly [clock in TimeoutClock]: string } = {
  firstByte: "had not started answering",
  idle: "fell silent in the middle of its answer",
  total: "had not finished its answer, or begun it,"
}

/** What a provider has nested deeper than a stack is: its answer cannot be read, and that is no fault of ours. */
const tooDeep = (provider: Provider): FlexInferenceError =>
  transportFailed({
    provider: provider.name,
    retryable: false,
    message: `${provider.title} sent an answer that is nested too deeply to be read.`
  })

/** The error behind what was thrown at an answer of a provider's; whatever else it is stays a defect. */
export const unreadable = (provider: Provider, thrown: unknown): Effect.Effect<never, FlexInferenceError> =>
  thrown instanceof RangeError ? Effect.fail(tooDeep(provider)) : Effect.die(thrown)

/** The error of a clock that ran out on a provider. */
export const timedOutOn = (provider: Provider, clock: TimeoutClock, after: Duration.Duration): FlexInferenceError =>
  timedOut({
    provider: provider.name,
    clock,
    after,
    message: `${provider.title} ${awaited[clock]} after ${Duration.format(after)}. The call was aborted; raise the ` +
      `${clock} clock if the model needs longer.`
  })

const ended = ({ provider }: Options, response: Transport.Response, started: boolean): FlexInferenceError =>
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

/** An answer that is longer than is read. */
const tooLong = (provider: Provider, what: string, limit: number): FlexInferenceError =>
  transportFailed({
    provider: provider.name,
    retryable: false,
    message: `${provider.title} sent ${what === "event" ? "an" : "a"} ${what} of more than ` +
      `${limit.toLocaleString("en-US")} bytes, which is more than is read.`
  })

const noObject = (provider: Provider, response: Transport.Response): FlexInferenceError =>
  transportFailed({
    provider: provider.name,
    retryable: false,
    message:
      `${provider.title} answered ${response.status} with ${kindOf(response)} that is not a JSON object. Check ` +
      `that its base URL leads to the API.`
  })

/** A connection that broke: before the start the call never took place, after it the answer is torn. */
const broken = ({ connection, provider }: Options, cause: unknown, started: boolean): FlexInferenceError => {
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
      ...(cause === undefined || mentions(cause, Redacted.value(connection.apiKey)) ? {} : { cause })
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

const kindOf = (response: Transport.Response): string => response.headers["content-type"] ?? "no content type"
