/**
 * Simulated providers behind an ordinary `HttpClient` and behind a `Transport`: calls to the providers' real paths, on
 * any host, are answered with streams and bodies like those the providers send. Time is Effect's `Clock` and chance is Effect's `Random`, so
 * the same code serves a demonstration in real time and a test in virtual time. Every answer carries the header
 * `x-flexinference-simulated: true`.
 *
 * **Example** (a call and what became of it)
 *
 * ```ts
 * import { Behavior, Script, Simulator } from "effect-flexinference/testing"
 * import { Effect } from "effect"
 * import { HttpClient, HttpClientRequest } from "effect/http"
 *
 * export const refused = Effect.gen(function*() {
 *   const client = yield* HttpClient.HttpClient
 *   const simulator = yield* Simulator.Simulator
 *   const response = yield* client.execute(
 *     HttpClientRequest.post("https://api.openai.com/v1/responses").pipe(
 *       HttpClientRequest.bodyJsonUnsafe({ model: "gpt-5.5", input: "Hello", service_tier: "flex" })
 *     )
 *   )
 *   const [entry] = yield* simulator.ledger
 *   return [response.status, entry?.outcome] // [429, "refused"]
 * }).pipe(Effect.provide(Simulator.layer({ script: Script.byTier({ flex: Behavior.refuse() }) })))
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as ClientResponse from "../transport/ClientResponse.ts"
import * as Bytes from "../wire/Bytes.ts"
import * as Transport from "../Transport.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Sse from "../wire/Sse.ts"
import { compose } from "./Answer.ts"
import * as Batches from "./Batches.ts"
import * as Behavior from "./Behavior.ts"
import * as Demo from "./Demo.ts"
import * as Ledger from "./Ledger.ts"
import * as Plan from "./Plan.ts"
import * as Script from "./Script.ts"
import * as Strict from "./strict/index.ts"
import { Chat } from "./traffic/Chat.ts"
import { Interactions } from "./traffic/Interactions.ts"
import { Messages } from "./traffic/Messages.ts"
import { Responses } from "./traffic/Responses.ts"
import { inputTokens, type Traffic } from "./traffic/ProviderSim.ts"

/** What a simulator is told. */
export interface Options {
  /** What the providers do; without it every call is answered at once. */
  readonly script?: Script.Script | undefined
  /** Fixes all ids and draws of this simulator; without it they follow the caller's `Random`. */
  readonly seed?: string | number | undefined
  /**
   * How many calls the ledger remembers.
   * @default 1000
   */
  readonly remember?: number | undefined
  /**
   * Whether the providers refuse what the real ones are known to: unknown members and betas, names and ids out of form,
   * calls without results, schemas that are not strict though they say so. No script has a say in it.
   * @default true
   */
  readonly strict?: boolean | undefined
  /** What becomes of batches; without it each ends after seven minutes, its requests answered. */
  readonly batches?: Batches.Options | undefined
}

/**
 * The providers of the embedded demonstration: flex usually starts after one to eight seconds, and is sometimes
 * refused or stalls; standard starts in less than a second.
 *
 * @since 0.1.0
 * @category constants
 */
export const demo: Options = { script: Demo.script }

/**
 * The simulator's own controls, beside the two ways to call it.
 *
 * @since 0.1.0
 * @category services
 */
export class Simulator extends Context.Service<Simulator, {
  /** The calls so far, oldest first. */
  readonly ledger: Effect.Effect<ReadonlyArray<Ledger.LedgerEntry>>
  /** Waits until the ledger satisfies the predicate: the latch that a test needs before it moves the clock. */
  readonly until: (
    predicate: (entries: ReadonlyArray<Ledger.LedgerEntry>) => boolean
  ) => Effect.Effect<ReadonlyArray<Ledger.LedgerEntry>>
  /** Replaces the script for the calls to come. */
  readonly script: (script: Script.Script) => Effect.Effect<void>
  /** The batches that were handed over, oldest first. */
  readonly batches: Effect.Effect<ReadonlyArray<Batches.Handed>>
  readonly client: HttpClient.HttpClient
  readonly transport: Transport.Transport["Service"]
}>()("effect-flexinference/simulator/Simulator") {}

/** What a simulator remembers for those who share it. */
interface Memory {
  readonly ledger: Ledger.Ledger
  readonly script: Ref.Ref<Script.Script>
  readonly counts: Ref.Ref<Counts>
  /** Where its draws come from, if not from the caller's `Random`. */
  readonly random: typeof Random.Random.Service | undefined
}

const memory = (options: Options): Effect.Effect<Memory> =>
  Effect.all({
    ledger: Ledger.make(options.remember ?? 1000),
    script: Ref.make(options.script ?? Script.always(Behavior.answer())),
    counts: Ref.make(noCalls),
    random: options.seed === undefined
      ? Effect.undefined
      : Random.withSeed(Effect.service(Random.Random), options.seed)
  })

/** Whose calls are remembered apart from all others: those made under one `isolated`, by simulator. */
const Session = Context.Reference<Map<object, Effect.Effect<Memory>> | undefined>(
  "effect-flexinference/simulator/Simulator/Session",
  { defaultValue: () => undefined }
)

/**
 * Runs an effect as if every simulator it meets were new: its ledger is empty, its turns and its seed begin anew, and a
 * script that is set inside holds inside. So a layer that is shared by a hundred tests behaves in each as in the first,
 * in any order and side by side.
 *
 * **Example** (every test reads its own ledger)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexInference } from "effect-flexinference"
 * import { Simulator, Testing } from "effect-flexinference/testing"
 *
 * const calls = Effect.gen(function*() {
 *   const flex = yield* FlexInference.FlexInference
 *   yield* flex.responses.create({ model: "gpt-5.5", input: "Hi", start_within: "30 seconds" })
 *   const { ledger } = yield* Simulator.Simulator
 *   return (yield* ledger).length
 * })
 * const shared = (test: typeof calls) => Effect.provide(Effect.all([test, test]), Testing.layerTest())
 *
 * await Effect.runPromise(shared(calls)) // => [1, 2]
 * await Effect.runPromise(shared(Simulator.isolated(calls))) // => [1, 1]
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideService(effect, Session, new Map()))

/**
 * A simulator without a layer.
 *
 * **Example** (the providers of the demo, without a layer)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexInference, Transport } from "effect-flexinference"
 * import { Simulator } from "effect-flexinference/testing"
 * import { Layer, Redacted } from "effect"
 *
 * export const demo = Layer.unwrap(Effect.map(Simulator.make(Simulator.demo), ({ transport }) =>
 *   FlexInference.layerTransport({ openai: { apiKey: Redacted.make("sk-simulated") } }).pipe(
 *     Layer.provide(Layer.succeed(Transport.Transport, transport))
 *   )))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Simulator["Service"]> =>
  Effect.gen(function*() {
    const shared = yield* memory(options)
    const self = {}
    const remembered: Effect.Effect<Memory> = Effect.flatMap(Effect.service(Session), (session) => {
      if (session === undefined) return Effect.succeed(shared)
      const found = session.get(self)
      if (found !== undefined) return found
      return Effect.flatMap(Effect.cached(memory(options)), (own) => {
        const first = session.get(self) ?? own
        session.set(self, first)
        return first
      })
    })
    const strict = options.strict ?? true
    const batches = Batches.make(options.batches)
    const serve = Effect.fnUntraced(function*(request: Request, method = "POST") {
      const { counts, ledger, random, script } = yield* remembered
      const draw = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
        random === undefined ? effect : Effect.provideService(effect, Random.Random, random)
      const url = withoutQuery(request.url)
      const counter = method === "POST" ? counters.find(({ path }) => path.test(url)) : undefined
      if (counter !== undefined) return counted(request, counter)
      const traffic = method === "POST" ? all.find(({ path }) => path.test(url)) : undefined
      if (traffic === undefined) {
        const replied = batches.reply({ method, url, body: request.body }, servedInBatch(request.headers))
        return replied === undefined ? notFound(method, url) : whole(yield* replied)
      }
      const bodyText = request.body
      const body = Json.parseObject(bodyText) ?? {}
      const prompt = traffic.promptOf(body)
      const model = Json.string(body, "model")
      const seen = { provider: traffic.provider, dialect: traffic.dialect, model: model ?? "", body }
      const known = traffic.tierFromWire(Json.string(body, "service_tier"))
      const tier = known ?? "auto"
      const stream = Json.boolean(body, "stream") === true
      const count = yield* Ref.modify(counts, countCall(`${traffic.provider} ${tier}`))
      const openedAt = yield* Clock.currentTimeMillis
      const headers = redact(request.headers)
      yield* ledger.open({ ...seen, index: count.index, tier, stream, url, headers, bodyText, openedAt })
      const respond = Effect.gen(function*() {
        const scripted = yield* Ref.get(script)
        const objection = strict ? Strict.objection(traffic.dialect, body, request.headers) : undefined
        const behavior = model === undefined
          ? modelMissing
          : known === undefined
          ? tierUnknown
          : objection !== undefined
          ? Behavior.refuse(objection)
          : yield* draw(chosen(scripted({ ...seen, ...count, tier, stream, prompt })))
        const { pace, start } = Plan.times(behavior.timing)
        const exchange = {
          request: body,
          prompt,
          answer: compose(prompt, behavior.answer),
          model: seen.model,
          tier,
          servedTier: behavior.servedTier ?? tier,
          seed: String(yield* draw(Random.nextInt)),
          createdAt: openedAt,
          startedAt: openedAt + start,
          pace
        }
        const plan = Plan.make(traffic, exchange, behavior, stream)
        return yield* answer({ plan, timing: behavior.timing, openedAt, index: count.index, ledger })
      })
      return yield* Effect.onError(
        respond,
        (cause) => close(ledger, count.index, Cause.hasInterrupts(cause) ? "aborted" : "failed")
      )
    })
    return Simulator.of({
      ledger: Effect.flatMap(remembered, ({ ledger }) => ledger.entries),
      until: (predicate) => Effect.flatMap(remembered, ({ ledger }) => ledger.until(predicate)),
      script: (next) => Effect.flatMap(remembered, ({ script }) => Ref.set(script, next)),
      batches: batches.handed,
      client: HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
        Effect.flatMap((request) =>
          textOf(request.body).pipe(
            Effect.flatMap((body) => serve({ url: request.url, headers: request.headers, body }, request.method)),
            Effect.flatMap(({ headers, status, stream }) =>
              ClientResponse.make({
                request,
                url: withoutQuery(request.url),
                status,
                headers,
                stream: Stream.mapError(stream, toClientError(request))
              })
            ),
            Effect.mapError(toClientError(request))
          )
        ),
        Effect.succeed
      ),
      transport: Transport.make((request) =>
        // Nothing may come between having an answer and owning its body, or an interruption there would leave it open.
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(serve(request, request.method)), ({ headers, status, stream }) =>
            Effect.map(Stream.toPull(stream), (pull) => ({
              status,
              headers,
              pull: Effect.map(pull, Bytes.join)
            })))
        )
      )
    })
  })

/**
 * The simulated providers as the `HttpClient` and the `Transport` of a program, with their controls.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Simulator | HttpClient.HttpClient | Transport.Transport> =>
  Layer.effectContext(
    Effect.map(make(options), (simulator) =>
      Context.make(Simulator, simulator).pipe(
        Context.add(HttpClient.HttpClient, simulator.client),
        Context.add(Transport.Transport, simulator.transport)
      ))
  )

/** A request of a batch, answered as a call of its own is. */
const servedInBatch = (headers: Request["headers"]): Batches.Serve => (dialect, request) =>
  Effect.gen(function*() {
    const traffic = all.find((own) => own.dialect === dialect) ?? Responses
    const prompt = traffic.promptOf(request)
    const now = yield* Clock.currentTimeMillis
    const objection = Strict.objection(dialect, request, headers)
    const behavior = objection === undefined ? Behavior.answer() : Behavior.refuse(objection)
    const exchange = {
      request,
      prompt,
      answer: compose(prompt, {}),
      model: Json.string(request, "model") ?? "",
      tier: "standard" as const,
      servedTier: "standard" as const,
      seed: String(yield* Random.nextInt),
      createdAt: now,
      startedAt: now,
      pace: 0
    }
    const plan = Plan.make(traffic, exchange, behavior, false)
    return plan._tag === "Answered"
      ? { status: plan.status, text: plan.pieces.map(({ text }) => text).join("") }
      : { status: 500, text: "{}" }
  })

const whole = ({ status, text }: Batches.Reply): Response => ({
  status,
  headers: { "content-type": "application/json", ...mark },
  stream: Stream.encodeText(Stream.succeed(text))
})

/** A call, whichever way it came. */
type Request = Transport.Request

/** Its answer; the body may be read once. */
interface Response {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly stream: Stream.Stream<Uint8Array, Transport.TransportError>
}

const counters: ReadonlyArray<Counter> = [
  {
    path: /\/responses\/input_tokens$/,
    answer: (tokens) => ({ object: "response.input_tokens", input_tokens: tokens })
  },
  { path: /\/messages\/count_tokens$/, answer: (tokens) => ({ input_tokens: tokens }) },
  { path: /\/models\/[^/]+:countTokens$/, answer: (tokens) => ({ totalTokens: tokens }) }
]

interface Counter {
  readonly path: RegExp
  readonly answer: (tokens: number) => JsonObject
}

/** A count costs nothing and has no tier, so no script has a say in it, and it is no call of the ledger. */
const counted = (request: Request, { answer }: Counter): Response => {
  const { model: _, ...read } = Json.parseObject(request.body) ?? {}
  return {
    status: 200,
    headers: { "content-type": "application/json", ...mark },
    stream: Stream.encodeText(Stream.succeed(JSON.stringify(answer(inputTokens(...Object.values(read))))))
  }
}

const all: ReadonlyArray<Traffic> = [Responses, Chat, Interactions, Messages]

const modelMissing = Behavior.refuse({
  status: 400,
  message: "The body is no JSON object with a model."
})

const tierUnknown = Behavior.refuse({
  status: 400,
  message: "Invalid value of service_tier.",
  param: "service_tier"
})

interface Counts {
  readonly index: number
  readonly turns: { readonly [kind: string]: number }
}

const noCalls: Counts = { index: 0, turns: {} }

const countCall = (kind: string) =>
(
  { index, turns }: Counts
): readonly [{ readonly index: number; readonly turn: number }, Counts] => {
  const turn = turns[kind] ?? 0
  return [{ index, turn }, { index: index + 1, turns: { ...turns, [kind]: turn + 1 } }]
}

const secret: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-api-key",
  "x-goog-api-key",
  "api-key"
])

const redact = (headers: { readonly [name: string]: string }): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret.has(name) ? "<redacted>" : value]))

const textOf = (body: HttpBody.HttpBody): Effect.Effect<string> => {
  switch (body._tag) {
    case "Uint8Array":
      return Stream.mkString(Stream.decodeText(Stream.succeed(body.body)))
    case "Stream":
      return Effect.orDie(Stream.mkString(Stream.decodeText(body.stream)))
    case "Raw":
      return Effect.succeed(typeof body.body === "string" ? body.body : "")
    case "Empty":
    case "FormData":
      return Effect.succeed("")
  }
}

const mark = { "x-flexinference-simulated": "true" }

const withoutQuery = (url: string): string => url.replace(/[?#].*$/, "")

const notFound = (method: string, url: string): Response => {
  const error: JsonObject = {
    message: `No simulated provider answers ${method} ${url}.`,
    type: "invalid_request_error",
    param: null,
    code: "unknown_url"
  }
  return {
    status: 404,
    headers: { "content-type": "application/json", ...mark },
    stream: Stream.encodeText(Stream.succeed(JSON.stringify({ error })))
  }
}

const broken = (description: string) => new Transport.TransportError({ cause: new Error(description) })

const toClientError =
  (request: HttpClientRequest.HttpClientRequest) =>
  ({ cause }: Transport.TransportError): HttpClientError.HttpClientError =>
    new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

interface Running {
  readonly plan: Plan.Plan
  readonly timing: Behavior.Timing
  readonly openedAt: number
  readonly index: number
  readonly ledger: Ledger.Ledger
}

const chosen = (choice: ReturnType<Script.Script>): Effect.Effect<Behavior.Behavior> =>
  Effect.isEffect(choice) ? choice : Effect.succeed(choice)

const close = (ledger: Ledger.Ledger, index: number, outcome: Ledger.Outcome): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => ledger.close(index, outcome, now))

/** Waits until a moment of the call; a moment that never comes is waited for all the same. */
const waitUntil = ({ openedAt }: Running, at: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const wait = openedAt + at - now
    return wait === Infinity ? Effect.never : wait > 0 ? Effect.sleep(wait) : Effect.void
  })

const answer = (running: Running): Effect.Effect<Response, Transport.TransportError> => {
  const { index, ledger, plan, timing } = running
  return Effect.gen(function*() {
    if (plan._tag === "Silent") return yield* Effect.never
    if (plan._tag === "Unreachable") {
      yield* waitUntil(running, plan.at)
      return yield* broken("connect ECONNREFUSED: the simulated provider refuses the connection")
    }
    yield* waitUntil(running, plan.headersAt)
    yield* ledger.note(index, { headersAt: yield* Clock.currentTimeMillis })
    if (plan.end.outcome === "refused" && plan.status !== 200) yield* close(ledger, index, "refused")
    const text = bodyOf(running, plan)
    const bytes = timing.drip === undefined ? Stream.encodeText(text) : Stream.map(text, latin1)
    return {
      status: plan.status,
      headers: { ...plan.headers, ...mark },
      stream: ClientResponse.onClose(bytes, () => close(ledger, index, "aborted"))
    }
  })
}

interface Reading {
  readonly next: number
  readonly started: boolean
}

/** Every pull waits for the next piece and takes along what is due with it. */
const bodyOf = (
  running: Running,
  { end, pieces }: Plan.Answered
): Stream.Stream<string, Transport.TransportError> => {
  const { index, ledger, openedAt, timing } = running
  const beat = timing.keepAlive === undefined
    ? Infinity
    : Duration.toMillis(Duration.fromInputUnsafe(timing.keepAlive))
  return Stream.unfold<Reading, string, Transport.TransportError, never>(
    { next: 0, started: false },
    Effect.fnUntraced(function*(reading) {
      const first = pieces[reading.next]
      const due = first?.at ?? end.at
      const now = yield* Clock.currentTimeMillis
      if (openedAt + due - now > beat) {
        yield* Effect.sleep(beat)
        return [Sse.comment("keep-alive"), reading] as const
      }
      yield* waitUntil(running, due)
      if (first === undefined) {
        yield* close(ledger, index, end.outcome)
        return end.reset ? yield* broken("the simulated connection was reset") : undefined
      }
      const elapsed = Math.max(due, (yield* Clock.currentTimeMillis) - openedAt)
      let next = reading.next
      let started = reading.started
      let text = ""
      for (let piece = first; piece.at <= elapsed;) {
        if (piece.output && !started) {
          started = true
          yield* ledger.note(index, { startedAt: openedAt + piece.at })
        }
        text += piece.text
        next++
        const following = pieces[next]
        if (following === undefined || timing.drip !== undefined) break
        piece = following
      }
      // Whoever stops reading after the last piece has read a whole answer.
      if (next === pieces.length && end.at <= elapsed && !end.reset) yield* close(ledger, index, end.outcome)
      return [text, { next, started }] as const
    })
  )
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
