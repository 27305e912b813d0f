/**
 * The rung that is a provider's batch. Requests of many callers for one model are collected for a while and handed over
 * together; what came of each is stored, and the request is woken.
 *
 * A request is written and read by the router as any other: over a transport that puts the call into a batch instead of
 * sending it, and answers with what came of it once that is known.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Batches from "../Batches.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Plan } from "../Routing.ts"
import type * as Router from "../Router.ts"
import * as Transport from "../Transport.ts"
import type { Batch, Item } from "./Batch.ts"
import type { BatchStore, DeferredStoreError } from "./DeferredStore.ts"
import * as Rung from "./Rung.ts"
import * as Work from "./Work.ts"

export const name = "batch"

/** How batches are made up. */
export interface Options {
  /**
   * How long requests are collected before they are handed over together.
   * @default "1 minute"
   */
  readonly collectWithin?: Duration.Input | undefined
}

export interface Batching {
  /** What a batch made of a request; nothing as long as that is not known. The first time the request joins a batch. */
  readonly ask: (
    id: string,
    plan: Plan,
    open: (router: Router.Service) => Effect.Effect<Router.BodyAnswer, FlexInferenceError>
  ) => Effect.Effect<Option.Option<Router.BodyAnswer>, FlexInferenceError | DeferredStoreError>
  /** A request whose batch nobody waits for any more. A batch all of whose requests went is canceled. */
  readonly leave: (id: string) => Effect.Effect<void, DeferredStoreError>
  /** Takes the next step of a batch, for ever; the one who wakes requests is told of each that has its answer. */
  readonly work: (
    answered: (
      id: string
    ) => Effect.Effect<void, DeferredStoreError | PersistedQueue.PersistedQueueError | Schema.SchemaError>
  ) => Effect.Effect<never>
}

/** The item that a call is made for. */
interface Asking {
  readonly id: string
  readonly group: string
  readonly dialect: string
  pending: boolean
}

const Current = Context.Reference<Asking | undefined>("effect-flexinference/deferred/Batching/Current", {
  defaultValue: () => undefined
})

const Wake = Schema.Struct({ batch: Schema.NullOr(Schema.String), group: Schema.String, step: Schema.Int })

/** No more at once, whatever a provider takes: all of them are held in memory when they are handed over. */
const mostItems = 10_000

const waiting = new Transport.TransportError({ cause: new Error("The request waits in a batch.") })

/** A transport that answers from what is stored of batches. */
const storing = (store: BatchStore): Transport.Transport["Service"] =>
  Transport.make((request) =>
    Effect.gen(function*() {
      const asking = yield* Current
      if (asking === undefined) return yield* Effect.die("a call that belongs to no deferred request")
      const { dialect, group, id } = asking
      const result = Option.flatMap(yield* store.item(id), ({ result }) => Option.fromNullishOr(result))
      if (Option.isSome(result)) {
        const { status, text } = result.value
        let bytes: Uint8Array | undefined = new TextEncoder().encode(text)
        return {
          status,
          headers: { "content-type": "application/json" },
          pull: Effect.suspend(() => {
            const chunk = bytes
            bytes = undefined
            return chunk === undefined ? Cause.done() : Effect.succeed(chunk)
          })
        }
      }
      yield* store.add({ id, group, dialect, body: request.body, batch: null, result: null })
      asking.pending = true
      return yield* Effect.fail(waiting)
    }).pipe(Effect.mapError((error) => error === waiting ? waiting : new Transport.TransportError({ cause: error })))
  )

/** So often a batch is asked how far it is: seldom, where it takes long. */
const pollAfter = (age: number): Duration.Duration =>
  Duration.millis(Math.min(Math.max(age / 10, Duration.toMillis("15 seconds")), Duration.toMillis("5 minutes")))

/** What a request is told that its batch did not carry out: no word about the request itself. */
const notCarriedOut = (message: string) => ({
  status: 503,
  text: JSON.stringify({ error: { message, type: "server_error", code: "batch_not_carried_out" } })
})

export const make = (
  store: BatchStore,
  router: Router.Service,
  options?: Options
): Effect.Effect<Batching, never, PersistedQueue.PersistedQueueFactory> =>
  Effect.gen(function*() {
    const collectWithin = Duration.fromInputUnsafe(options?.collectWithin ?? Duration.minutes(1))
    const queue = yield* PersistedQueue.make({
      name: "flexinference-batches",
      schema: Wake,
      // A provider that cannot be reached may be back at any time; the requests themselves wait no longer than they can.
      maxAttempts: 2_147_483_647
    })
    const direct: { transport: Transport.Transport["Service"] | undefined } = { transport: undefined }
    const batched = router.over((own) => {
      direct.transport = own
      return storing(store)
    })

    /** Wakes whoever collects a group, once for all that join within one interval. */
    const collect = (group: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const interval = Math.max(1, Duration.toMillis(collectWithin))
        return queue.offer({ batch: null, group, step: 0 }, {
          id: `collect ${group} ${Math.floor(now / interval)}`,
          delay: collectWithin
        })
      })

    const stepAt = ({ group, id, step }: Batch, delay: Duration.Duration) =>
      queue.offer({ batch: id, group, step }, { id: `${id} ${step}`, delay })

    const seal = (group: string): Effect.Effect<void, StepError> =>
      Effect.gen(function*() {
        const { batches } = yield* routeOf(router, group)
        const batch: Batch = {
          id: `flexinference_${SecureRandom.uuidV4Unsafe().replaceAll("-", "")}`,
          group,
          state: "sealed",
          providerId: null,
          createdAt: yield* Clock.currentTimeMillis,
          submissions: 0,
          step: 0
        }
        const limit = Math.min(batches.maxItems, mostItems)
        const sealed = yield* store.seal(batch, limit)
        if (sealed > 0) yield* stepAt(batch, Duration.zero)
        if (sealed === limit) yield* seal(group)
      })

    /** As many as a provider takes at once; the others wait for the next batch. */
    const fitting = (items: ReadonlyArray<Item>, { maxBytes }: Batches.Batches, group: string) =>
      Effect.gen(function*() {
        let bytes = 0
        const kept: Array<Item> = []
        for (const item of items) {
          bytes += item.body.length * 3 + 200
          if (bytes <= maxBytes || kept.length === 0) kept.push(item)
          else yield* store.release(item.id)
        }
        if (kept.length < items.length) yield* collect(group)
        return kept
      })

    const handOver = (batch: Batch, route: Route) =>
      Effect.gen(function*() {
        const { batches, send } = route
        const items = yield* fitting(yield* store.itemsOf(batch.id), batches, batch.group)
        const [first] = items
        if (first === undefined) return yield* store.put({ ...batch, state: "over" })
        // Whoever was to hand it over may have done so and not lived to tell.
        const found = batch.state === "submitting" ? yield* batches.find(batch.id, send) : undefined
        const submitting: Batch = { ...batch, state: "submitting", submissions: batch.submissions + 1 }
        if (found === undefined) yield* store.put(submitting)
        const providerId = found ??
          (yield* batches.submit({ name: batch.id, dialect: first.dialect, items }, send).pipe(
            // An answer that is no says that it has not been taken.
            Effect.tapError(({ status }) =>
              status === undefined ? Effect.void : store.put({ ...batch, submissions: submitting.submissions })
            )
          ))
        const submitted: Batch = { ...submitting, state: "submitted", providerId, step: batch.step + 1 }
        yield* store.put(submitted)
        yield* stepAt(submitted, pollAfter(0))
      })

    const end = (
      batch: Batch,
      results: (item: Item) => { readonly status: number; readonly text: string },
      tell: Told
    ) =>
      Effect.gen(function*() {
        for (const item of yield* store.itemsOf(batch.id)) {
          if (item.result === null) yield* store.answer(item.id, results(item))
          yield* tell(item.id)
        }
        yield* store.put({ ...batch, state: "over" })
      })

    const look = (batch: Batch, providerId: string, { batches, send }: Route, tell: Told) =>
      Effect.gen(function*() {
        const wanted = yield* store.itemsOf(batch.id)
        if (wanted.length === 0) {
          yield* batches.cancel(providerId, send)
          return yield* store.put({ ...batch, state: "over" })
        }
        if ((yield* batches.progress(providerId, send)) === "running") {
          const next = { ...batch, step: batch.step + 1 }
          yield* store.put(next)
          return yield* stepAt(next, pollAfter((yield* Clock.currentTimeMillis) - batch.createdAt))
        }
        const answers = new Map((yield* batches.answers(providerId, send)).map((answer) => [answer.id, answer]))
        yield* end(batch, ({ id }) => {
          const answer = answers.get(id)
          return answer === undefined
            ? notCarriedOut("The batch ended without this request.")
            : { status: answer.status, text: answer.body }
        }, tell)
      })

    const step = (wake: typeof Wake.Type, tell: Told): Effect.Effect<void, StepError> =>
      Effect.gen(function*() {
        if (wake.batch === null) return yield* seal(wake.group)
        const batch = Option.getOrUndefined(yield* store.get(wake.batch))
        if (batch === undefined || batch.state === "over") return
        if (wake.step < batch.step) return yield* Effect.asVoid(stepAt(batch, Duration.zero))
        const route = yield* routeOf(router, batch.group, direct.transport)
        const { providerId } = batch
        const taken: Effect.Effect<void, StepError> = providerId === null
          ? handOver(batch, route)
          : look(batch, providerId, route, tell)
        yield* Effect.catchTag(taken, "BatchError", (error): Effect.Effect<void, StepError> =>
          // What a provider refuses for good it refuses the batch, not its requests: they take another rung.
          isForGood(error) && providerId === null
            ? end(batch, () => notCarriedOut(error.message), tell)
            : Effect.fail(error))
      })

    return {
      ask: (id, { model, routes: [{ dialect, provider }] }, open) =>
        Effect.gen(function*() {
          const item = yield* store.item(id)
          const group = `${provider.name} ${model}`
          if (Option.isSome(item) && item.value.result === null) {
            // Whoever put it there may not have lived to have it collected.
            if (item.value.batch === null) yield* Effect.orDie(collect(group))
            return Option.none()
          }
          const asking: Asking = { id, group, dialect: dialect.name, pending: false }
          const answered = yield* Effect.result(Effect.provideService(open(batched), Current, asking))
          if (!asking.pending) return Option.some(yield* Effect.fromResult(answered))
          yield* Effect.orDie(collect(group))
          return Option.none()
        }),
      leave: store.drop,
      work: (answered) => Work.forever(queue.take((wake) => step(wake, answered)), "a batch waits")
    }
  })

type StepError =
  | Batches.BatchError
  | DeferredStoreError
  | PersistedQueue.PersistedQueueError
  | Schema.SchemaError

type Told = Parameters<Batching["work"]>[0]

/** Of 230,000 batches that one router published, half were done within 7 minutes and 90 of 100 within an hour. */
const published: Rung.Estimate = [
  [Duration.toMillis("7 minutes"), 0.5],
  [Duration.toMillis("1 hour"), 0.9],
  [Duration.toMillis("24 hours"), 0.98]
]

/** The batch rung of a planned request; nothing where its provider has none. */
export const rungOf = ({ routes: [{ provider }] }: Plan): Rung.Rung | undefined =>
  provider.batches === undefined ? undefined : {
    name,
    price: provider.batches.price,
    promise: provider.batches.promise,
    estimate: published
  }

const isForGood = ({ status }: Batches.BatchError): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429

interface Route {
  readonly batches: Batches.Batches
  readonly send: Batches.Send
}

/** A group's provider, and how it is called. */
const routeOf = (
  router: Router.Service,
  group: string,
  transport?: Transport.Transport["Service"]
): Effect.Effect<Route, Batches.BatchError> => {
  const [provider = "", model = ""] = group.split(" ")
  const planned = router.plan("responses", { model, provider: [provider], input: "", start_within: "default" })
  if (Result.isFailure(planned)) {
    return Effect.fail(new Batches.BatchError({ status: undefined, message: planned.failure.message }))
  }
  const { connection, dialect, provider: { batches, endpoint } } = planned.success.routes[0]
  if (batches === undefined) {
    return Effect.fail(new Batches.BatchError({ status: undefined, message: `${provider} takes no batches.` }))
  }
  const root = (batches.root ?? ((url: string) => url))(connection.baseUrl.replace(/\/$/, ""))
  const { headers } = endpoint({ dialect: dialect.name, stream: false, deadline: patience }, connection)
  return Effect.succeed({
    batches,
    send: ({ body = "", contentType = "application/json", method, path }) =>
      transport === undefined ? Effect.die("no transport") : read(transport, {
        method,
        url: `${root}${path}`,
        headers: { ...headers, "content-type": contentType },
        body
      })
  })
}

/** A file of results may be long. */
const patience = Duration.minutes(5)

/** The text of a 2xx. */
const read = (
  transport: Transport.Transport["Service"],
  request: Transport.Request
): Effect.Effect<string, Batches.BatchError> =>
  Effect.gen(function*() {
    const call = yield* transport.call(request)
    const { pull, status } = yield* call.response
    const text = yield* Stream.fromPull(Effect.succeed(Effect.map(pull, (bytes) => [bytes] as const))).pipe(
      Stream.decodeText,
      Stream.mkString
    )
    return status >= 200 && status < 300
      ? text
      : yield* Effect.fail(new Batches.BatchError({ status, message: text.slice(0, 500) }))
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.fail(new Batches.BatchError({ status: undefined, message: "No answer in five minutes." }))
    }),
    Effect.catchTag("TransportError", ({ cause }) =>
      Effect.fail(new Batches.BatchError({ status: undefined, message: String(cause) })))
  )
