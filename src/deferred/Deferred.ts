/**
 * Requests whose answer may take longer than ten minutes: `complete_within` says by when it has to be there, and it is
 * had as cheaply as that allows. A request that was submitted is carried out whether its caller is there or not; with a
 * store that outlives the process, also after a crash.
 *
 * **Example** (an answer by tonight)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Deferred } from "effect-flexinference/deferred"
 *
 * export const summary = Effect.gen(function*() {
 *   const deferred = yield* Deferred.Deferred
 *   const { id } = yield* deferred.submit({
 *     model: "gpt-5.5",
 *     input: "Summarize the incident reports of last month.",
 *     complete_within: "08h-00m-00s"
 *   })
 *   const done = yield* deferred.await(id)
 *   return done.response
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Latch from "effect/Latch"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import { loopback } from "../AnswerStore.ts"
import type { ResponsesRequest } from "../api/Responses.ts"
import { CapacityRefused, FlexInferenceError } from "../FlexInferenceError.ts"
import { Router } from "../Router.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Accept from "./Accept.ts"
import * as Batching from "./Batching.ts"
import * as Carry from "./Carry.ts"
import * as Changes from "./Changes.ts"
import * as DeferredStore from "./DeferredStore.ts"
import * as Request from "./Request.ts"
import * as Work from "./Work.ts"
import type { Attempt, DeferredRequest, Failure, Status } from "./Request.ts"
import * as Answer from "./Answer.ts"

/** A request to submit: in OpenAI's Responses format, for a model of any provider, with a deadline in place of a start. */
export interface DeferredInput extends Omit<ResponsesRequest, "start_within" | "stream"> {
  /** `"HHh-MMm-SSs"` beyond 10 minutes up to 7 days, hours of two or three digits, or an instant as of RFC 3339. */
  readonly complete_within: string
}

/** Where a deferred request stands. */
export interface Deferral {
  readonly id: string
  readonly status: Status
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly deadline: number
  /** What was tried, in order. */
  readonly attempts: ReadonlyArray<Attempt>
  /** The Responses object of its id, as `GET /v1/responses/{id}` gives it. */
  readonly response: JsonObject
  readonly failure: Failure | null
  /** In micro-USD by the price list; `null` is not known. */
  readonly costMicroUsd: number | null
  readonly savingMicroUsd: number | null
}

/** What can be said beside a request. */
export interface SubmitOptions {
  /** Whose it is; nobody else can ask for it. */
  readonly owner?: string | undefined
  /** A name of the caller's own: to submit again under the same name gives the request that was submitted first. */
  readonly key?: string | undefined
}

/**
 * Carries requests out by a deadline.
 *
 * @since 0.1.0
 * @category services
 */
export class Deferred extends Context.Service<Deferred, {
  /** Stores a request, which is then carried out. What is wrong with it is told at once, and nothing is stored. */
  readonly submit: (
    request: string | DeferredInput | JsonObject,
    options?: SubmitOptions
  ) => Effect.Effect<Deferral, FlexInferenceError>
  /** Where a request stands; the same 404 for one of another owner as for one that is not known. */
  readonly poll: (id: string, owner?: string) => Effect.Effect<Deferral, FlexInferenceError>
  /** Waits until a request is over, however it ended. */
  readonly await: (id: string, owner?: string) => Effect.Effect<Deferral, FlexInferenceError>
  /** Where a request stands, whenever that changes, until it is over. */
  readonly changes: (id: string, owner?: string) => Stream.Stream<Deferral, FlexInferenceError>
  /** Cancels a request. One that is over stays what it is. */
  readonly cancel: (id: string, owner?: string) => Effect.Effect<Deferral, FlexInferenceError>
  /** Cancels a request that is not over, and removes its texts. */
  readonly remove: (id: string, owner?: string) => Effect.Effect<void, FlexInferenceError>
  /** An owner's requests, the newest first. */
  readonly list: (options?: {
    readonly owner?: string | undefined
    readonly limit?: number | undefined
  }) => Effect.Effect<ReadonlyArray<Deferral>, FlexInferenceError>
}>()("effect-flexinference/Deferred") {}

/** How requests are carried out. */
export interface Options extends Batching.Options {
  /**
   * How many requests are under way at once.
   * @default 64
   */
  readonly concurrency?: number | undefined
  /**
   * How often whoever waits looks whether another process has changed something; what this one changes is told at once.
   * @default "5 seconds"
   */
  readonly pollInterval?: Duration.Input | undefined
  /**
   * How long the texts of a request are kept once it is over.
   * @default "30 days"
   */
  readonly retain?: Duration.Input | undefined
}

/** How requests are carried out that outlive their process. */
export interface SqlOptions extends Options {
  /**
   * How long after a sign of life of the process that carries a request another one takes it over. What had been begun
   * then may be paid for twice, so it is longer than any process is silent.
   * @default "90 seconds"
   */
  readonly takeOver?: Duration.Input | undefined
}

/** What wakes the next step of a request. */
const Wake = Schema.Struct({ id: Schema.String, step: Schema.Int })

/** As many as may look for changes of other processes at the interval that is set; of more, each looks less often. */
const mostLooking = 100

/** How often a request under way is looked at, in case another process has canceled it. */
const watchInterval = Duration.seconds(10)

/**
 * Carries requests out on the `Router`, the store and the queue of the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<
  Deferred,
  never,
  Router | DeferredStore.DeferredStore | PersistedQueue.PersistedQueueFactory
> =>
  Layer.effect(
    Deferred,
    Effect.gen(function*() {
      const changed = Changes.make()
      const store = changed.told(yield* DeferredStore.DeferredStore)
      const router = yield* Router
      const queue = yield* PersistedQueue.make({
        name: "flexinference-deferred",
        schema: Wake,
        // Only a store that cannot be reached fails a step, and it may be back at any time.
        maxAttempts: 2_147_483_647
      })
      const batching = yield* Batching.make(store.batches, router, options)
      const canceled = new Map<string, Latch.Latch>()

      const wake = (id: string, step: number, delay: Duration.Duration) =>
        queue.offer({ id, step }, { id: `${id}:${step}`, delay })

      const after = (id: string, next: Carry.After) =>
        next._tag === "Over" ? Effect.void : Effect.flatMap(
          Clock.currentTimeMillis,
          (now) => wake(id, next.step, Duration.millis(Math.max(0, next.time - now)))
        )

      const isCanceled = (id: string, latch: Latch.Latch) =>
        Effect.raceFirst(
          latch.await,
          Effect.repeat(Effect.orElseSucceed(store.get(id), Option.none), {
            schedule: Schedule.spaced(watchInterval),
            until: (found) => Option.isSome(found) && found.value.status === "cancelled"
          })
        )

      const step = ({ id, step }: typeof Wake.Type) =>
        Effect.gen(function*() {
          const request = Option.getOrUndefined(yield* store.get(id))
          if (request === undefined || Request.isOver(request)) return
          if (step < request.step) {
            // The step was taken, and whoever took it may not have come to wake the next.
            yield* wake(id, request.step, Duration.zero)
            return
          }
          const latch = Latch.makeUnsafe()
          canceled.set(id, latch)
          yield* Effect.raceFirst(
            Effect.flatMap(Carry.step({ router, store, batching }, request), (next) => after(id, next)),
            isCanceled(id, latch)
          ).pipe(Effect.ensuring(Effect.sync(() => canceled.delete(id))))
        })

      const work = Work.forever(queue.take(step), "a deferred request waits")
      yield* Effect.forkScoped(
        Effect.all(Array.from({ length: options?.concurrency ?? 64 }, () => work), { concurrency: "unbounded" })
      )
      // An item is called by its request and the number of its try.
      const wakeItem = (item: string) =>
        Effect.flatMap(store.get(item.replace(/-\d+$/, "")), (found) =>
          Option.isNone(found) || Request.isOver(found.value)
            ? Effect.void
            : Effect.asVoid(queue.offer({ id: found.value.id, step: found.value.step }, { id: `${item} is answered` })))
      yield* Effect.forkScoped(batching.work(wakeItem))
      const retain = Duration.toMillis(options?.retain ?? Duration.days(30))
      yield* Clock.currentTimeMillis.pipe(
        Effect.flatMap((now) =>
          store.removeEndedBefore(now - retain)
        ),
        Effect.catch((error) => Effect.logWarning("what is over could not be removed", error)),
        Effect.repeat(Schedule.spaced("1 hour")),
        Effect.forkScoped
      )

      const find = (id: string, owner: string = loopback) =>
        Effect.flatMap(reached(store.get(id)), (found) =>
          Option.isSome(found) && found.value.owner === owner
            ? Effect.succeed(found.value)
            : Effect.fail(Accept.notFound(id)))
      const poll = (id: string, owner?: string) => Effect.map(find(id, owner), view)
      // However many wait, together they look no more often than so many would.
      const pollInterval = Effect.sync(() =>
        Duration.times(
          Duration.fromInputUnsafe(options?.pollInterval ?? Duration.seconds(5)),
          Math.max(1, changed.size() / mostLooking)
        )
      )
      const changes = (id: string, owner?: string) =>
        Stream.suspend(() => {
          let seen = -1
          const next = changed.listening(id, (change) => {
            const look: Effect.Effect<DeferredRequest, FlexInferenceError> = Effect.flatMap(
              find(id, owner),
              (request) => {
                if (request.version === seen) {
                  return Effect.andThen(Effect.raceFirst(change, Effect.flatMap(pollInterval, Effect.sleep)), look)
                }
                seen = request.version
                return Effect.succeed(request)
              }
            )
            return look
          })
          return Stream.fromEffectRepeat(next)
        }).pipe(Stream.takeUntil(Request.isOver), Stream.map(view))
      const cancel = (id: string, owner?: string): Effect.Effect<DeferredRequest, FlexInferenceError> =>
        Effect.gen(function*() {
          const request = yield* find(id, owner)
          if (Request.isOver(request)) return request
          const now = yield* Clock.currentTimeMillis
          const over = { ...Request.ended(request, "left", now), status: "cancelled" as const, endedAt: now }
          // Whoever changed it meanwhile may have ended it.
          if (!(yield* reached(store.replace(over)))) return yield* cancel(id, owner)
          canceled.get(id)?.openUnsafe()
          yield* reached(batching.leave(Carry.itemOf(request)))
          return over
        })
      return Deferred.of({
        poll,
        changes,
        submit: (request, { key, owner = loopback } = {}) =>
          Effect.gen(function*() {
            const now = yield* Clock.currentTimeMillis
            const accepted = yield* Effect.fromResult(Accept.accept(router, request, now))
            const stored = yield* reached(store.insert({
              ...accepted,
              id: `resp_flexinference_${SecureRandom.uuidV4Unsafe().replaceAll("-", "")}`,
              owner,
              key: key ?? null,
              createdAt: now
            }))
            if (!Request.isOver(stored)) yield* reached(wake(stored.id, stored.step, Duration.zero))
            return view(stored)
          }),
        await: (id, owner) =>
          Effect.flatMap(Stream.runLast(changes(id, owner)), (last) =>
            Effect.mapError(Effect.fromOption(last), () =>
              Accept.notFound(id))),
        cancel: (id, owner) =>
          Effect.map(cancel(id, owner), view),
        remove: (id, owner) => Effect.andThen(cancel(id, owner), reached(store.remove(id))),
        list: ({ limit = 100, owner = loopback } = {}) =>
          Effect.map(reached(store.list(owner, limit)), (requests) => requests.map(view))
      })
    })
  )

/**
 * In the memory of this process: what is under way is gone with it. For tests, and for programs that do not mind.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options?: Options): Layer.Layer<Deferred, never, Router> =>
  layer(options).pipe(
    Layer.provide(DeferredStore.layerMemory),
    Layer.provide(Layer.provide(PersistedQueue.layer, PersistedQueue.layerStoreMemory))
  )

/**
 * In a Postgres database, which any number of processes may share: what was submitted to one that went away is carried
 * on by another, or by the next one to start.
 *
 * **Example** (one database, and what it takes to have another)
 *
 * ```ts
 * import { PgClient } from "@effect/sql-pg"
 * import { Layer, Redacted } from "effect"
 * import { PersistedQueue } from "effect/persistence"
 * import { Deferred, DeferredStore } from "effect-flexinference/deferred"
 *
 * const url = Redacted.make("postgres://localhost/flexinference")
 *
 * export const inPostgres = Layer.provide(Deferred.layerSql(), PgClient.layer({ url }))
 *
 * // Any store and any queue: these two are what `Deferred.layerMemory()` is made of.
 * export const inMemory = Deferred.layer().pipe(
 *   Layer.provide(DeferredStore.layerMemory),
 *   Layer.provide(Layer.provide(PersistedQueue.layer, PersistedQueue.layerStoreMemory))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSql = (
  options?: SqlOptions
): Layer.Layer<Deferred, DeferredStore.DeferredStoreError, Router | SqlClient.SqlClient> => {
  const takeOver = Duration.fromInputUnsafe(options?.takeOver ?? Duration.seconds(90))
  const queue = Layer.effect(
    PersistedQueue.PersistedQueueStore,
    PersistedQueue.makeStoreSql({
      tableName: "flexinference_deferred_queue",
      pollInterval: options?.pollInterval,
      lockExpiration: takeOver,
      lockRefreshInterval: Duration.times(takeOver, 1 / 3)
    }).pipe(Effect.mapError((cause) => new DeferredStore.DeferredStoreError({ cause })))
  )
  return layer(options).pipe(
    Layer.provide(DeferredStore.layerSql),
    Layer.provide(Layer.provide(PersistedQueue.layer, queue))
  )
}

const view = (request: DeferredRequest): Deferral => ({
  id: request.id,
  status: request.status,
  createdAt: request.createdAt,
  deadline: request.deadline,
  attempts: request.attempts,
  response: Answer.of(request),
  failure: request.failure,
  costMicroUsd: request.costMicroUsd,
  savingMicroUsd: request.savingMicroUsd
})

const notReached = new FlexInferenceError({
  reason: new CapacityRefused({
    origin: "flexinference",
    status: 503,
    type: "server_error",
    code: "deferred_store_unavailable",
    message: "The store of deferred requests cannot be reached. Nothing was accepted; try again in a moment.",
    retryAfter: Duration.seconds(1)
  })
})

/** What a caller is told of a store that cannot be reached; why is for the operator. */
const reached = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, FlexInferenceError> =>
  effect.pipe(
    Effect.tapError((cause) => Effect.logWarning("the store of deferred requests cannot be reached", cause)),
    Effect.mapError(() => notReached)
  )
