/**
 * One step of a deferred request: the ladder says what to do now, and it is done. Each change is stored before the next
 * thing happens, so that whoever takes over after a crash knows what was tried; a try that was under way then may have
 * been paid for, and the record says so.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type FlexInferenceError, internal } from "../FlexInferenceError.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import type * as Router from "../Router.ts"
import type * as Routing from "../Routing.ts"
import * as StartWithin from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as Batching from "./Batching.ts"
import type { DeferredStore, DeferredStoreError } from "./DeferredStore.ts"
import * as Ladder from "./Ladder.ts"
import * as Request from "./Request.ts"
import type { DeferredRequest } from "./Request.ts"
import type * as Rung from "./Rung.ts"
import * as Tiers from "./Tiers.ts"

/** What comes after a step: nothing more, or the step of this number at a time in epoch milliseconds. */
export type After = { readonly _tag: "Over" } | { readonly _tag: "At"; readonly time: number; readonly step: number }

const over: After = { _tag: "Over" }

/** How long a rung that refused is left alone: longer each time, and as long as its provider says. */
const pause = (request: DeferredRequest, rung: string, error: FlexInferenceError): number => {
  const tries = request.attempts.filter((attempt) => attempt.rung === rung).length
  const own = Math.min(Duration.toMillis("5 minutes"), Duration.toMillis("5 seconds") * 2 ** (tries - 1))
  return Math.max(own, Duration.toMillis(error.retryAfter ?? Duration.zero))
}

/** How often the last rung is tried at least, and until how long after the deadline it is tried again. */
const lastTries = 3
const grace = Duration.toMillis("10 minutes")

/** What carries requests out. */
export interface Means {
  readonly router: Router.Service
  readonly store: DeferredStore["Service"]
  readonly batching: Batching.Batching
}

/** Takes the next step of a request, and says when the one after that is to be taken. */
export const step = (means: Means, found: DeferredRequest): Effect.Effect<After, DeferredStoreError> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const rungs = rungsOf(means.router, found, yield* ModelCatalog.Current, now)
    if (Result.isFailure(rungs)) return yield* fail(means, found, rungs.failure)
    const under: Under = { ...means, ...rungs.success }
    const running = Request.running(found)
    if (running?.rung === Batching.name) return yield* askBatch(under, found)
    // Whoever had begun this try is gone: it may have been paid for.
    return yield* climb(under, running === undefined ? found : Request.ended(found, "unknown", null))
  })

/** The means, and the ways. */
interface Under extends Means, Ways {}

/** Does what the ladder says of a request that stands where it stands. */
const climb = (under: Under, request: DeferredRequest): Effect.Effect<After, DeferredStoreError> =>
  Effect.gen(function*() {
    const { deadline } = request
    const { batching, rungs } = under
    const now = yield* Clock.currentTimeMillis
    const attempt = Request.running(request)
    const running = attempt === undefined ? undefined : { rung: attempt.rung, since: attempt.startedAt }
    const next = Ladder.next({ now, deadline, rungs, running, notBefore: notBeforeOf(request) })
    if (next._tag === "Wait") {
      return yield* goOn(under, running === undefined ? { ...request, status: "queued" } : request, next.until)
    }
    if (attempt?.rung === Batching.name) yield* batching.leave(itemOf(request))
    const left = Request.ended(request, "left", now)
    return next.rung.name === Batching.name
      ? yield* join(under, left, now)
      : yield* carry(under, left, next.rung.name, now)
  })

/** Begins to wait for a batch. */
const join = (under: Under, request: DeferredRequest, now: number) =>
  Effect.flatMap(
    replace(under, Request.begun(request, Batching.name, now)),
    (begun) => begun === undefined ? Effect.succeed(over) : askBatch(under, begun)
  )

/** The name of a request in its batch: of each try another, since what came of one is not what comes of the next. */
export const itemOf = ({ attempts, id }: DeferredRequest): string =>
  `${id}-${attempts.filter(({ rung }) => rung === Batching.name).length}`

/** Takes what a batch has made of a request, or lets it wait on. */
const askBatch = (under: Under, request: DeferredRequest): Effect.Effect<After, DeferredStoreError> =>
  Effect.gen(function*() {
    const { batching, plan } = under
    const asked = yield* Effect.result(batching.ask(
      itemOf(request),
      plan,
      (router) => openOn(router, request, "default")
    ))
    if (Result.isSuccess(asked) && Option.isNone(asked.success)) return yield* climb(under, request)
    const time = yield* Clock.currentTimeMillis
    if (Result.isSuccess(asked) && Option.isSome(asked.success)) {
      return yield* answered(under, request, asked.success.value, time, batchPrice(plan))
    }
    if (Result.isFailure(asked)) {
      const error = asked.failure
      if (error._tag === "DeferredStoreError") return yield* Effect.fail(error)
      yield* batching.leave(itemOf(request))
      return yield* failed(under, Request.ended(request, "failed", time, error.code), Batching.name, error, time)
    }
    return over
  })

const batchPrice = ({ routes: [{ provider }] }: Routing.Plan): number => provider.batches?.price ?? 1

/** What a request can stand on, and what would be done with it at the standard tier. */
export interface Ways {
  readonly plan: Routing.Plan
  readonly rungs: Arr.NonEmptyReadonlyArray<Rung.Rung>
}

/** The ways there are to have a request done, after what was tried. */
export const rungsOf = (
  router: Router.Service,
  { attempts, request }: Pick<DeferredRequest, "attempts" | "request">,
  catalog: ModelCatalog.ModelCatalog,
  now: number
): Result.Result<Ways, FlexInferenceError> =>
  Result.map(planned(router, request, "default"), (plan) => {
    const flex = planned(router, request, StartWithin.fromDuration(StartWithin.maximum))
    const refusals = attempts.filter(({ outcome, rung }) => rung === Tiers.flex && outcome === "failed").length
    const batch = Batching.rungOf(plan)
    return {
      plan,
      rungs: [
        ...Tiers.rungs(
          Result.isSuccess(flex) ? { share: Tiers.flexShare(catalog, plan.model, now), refusals } : undefined
        ),
        ...(batch === undefined ? [] : [batch])
      ]
    }
  })

/** What would be done with a request at a tier or within a window. */
export const planned = (router: Router.Service, request: string, startWithin: StartWithin.StartWithin) =>
  router.plan("responses", JsonMembers.edit(request, { set: { start_within: startWithin } }))

const notBeforeOf = ({ notBefore }: DeferredRequest): ReadonlyMap<string, number> =>
  new Map(Object.entries(notBefore).map(([rung, time]) => [rung, time ?? Infinity]))

/** Tries a tier, and stores what came of it. */
const carry = (under: Under, request: DeferredRequest, rung: string, now: number) =>
  Effect.gen(function*() {
    const { router, rungs, store } = under
    const begun = yield* replace(under, Request.begun(request, rung, now))
    if (begun === undefined) return over
    const left = Ladder.lastMoment(request.deadline, rungs) - now
    const opened = yield* openOn(router, begun, rung === Tiers.flex ? windowOf(left) : "default").pipe(
      Effect.result,
      Effect.onInterrupt(() =>
        Effect.flatMap(Clock.currentTimeMillis, (time) =>
          // What cannot be stored now is found under way later, by whoever takes over.
          Effect.ignore(store.replace(Request.ended(begun, "left", time))))
      )
    )
    const time = yield* Clock.currentTimeMillis
    return yield* Result.isSuccess(opened)
      ? answered(under, begun, opened.success, time)
      : failed(under, Request.ended(begun, "failed", time, opened.failure.code), rung, opened.failure, time)
  })

const windowOf = (left: number): StartWithin.StartWithin =>
  StartWithin.fromDuration(
    Duration.seconds(Math.floor(Math.min(Tiers.longestWindow, Math.max(Tiers.shortestWindow, left)) / 1_000))
  )

/** Asks for the whole answer, of one tier alone. */
const openOn = (router: Router.Service, { owner, request }: DeferredRequest, startWithin: StartWithin.StartWithin) =>
  router.open(
    "responses",
    JsonMembers.edit(request, { set: { start_within: startWithin, stream: false } }),
    { fallback: false, onDeadline: "replace", recoverBuffered: false },
    { headers: {}, query: {}, owner }
  ).pipe(
    Effect.flatMap((answer) =>
      answer._tag === "Body" ? Effect.succeed(answer) : Effect.fail(internal(new Error("a body was asked for")))
    ),
    Effect.scoped
  )

/** Stores an answer. Of a rung that is no tier, the list price is a share of the standard one. */
const answered = (
  under: Under,
  request: DeferredRequest,
  { routing: { costMicroUsd, savingMicroUsd }, text, value }: Router.BodyAnswer,
  time: number,
  share?: number
): Effect.Effect<After, DeferredStoreError> => {
  const cost = costMicroUsd === undefined ? undefined : Math.round(costMicroUsd * (share ?? 1))
  return Effect.as(
    replace(under, {
      ...Request.ended(request, "answered", time),
      // A failure in its provider's own words is its provider's answer, and none.
      status: Json.string(value, "status") === "failed" ? "failed" : "completed",
      answer: JsonMembers.edit(text, { set: { id: request.id, background: true } }),
      costMicroUsd: cost ?? null,
      savingMicroUsd: (share === undefined || cost === undefined || costMicroUsd === undefined
        ? savingMicroUsd
        : costMicroUsd - cost) ?? null,
      endedAt: time
    }),
    over
  )
}

/** Goes on from a try that failed: with the next rung, or not at all. */
const failed = (under: Under, tried: DeferredRequest, rung: string, error: FlexInferenceError, time: number) => {
  const isOnlyRung = error.retryable || error.reason._tag === "TierUnsupported"
  if (rung !== Tiers.standard) {
    if (!isOnlyRung) return fail(under, tried, error)
    // A batch that did not carry a request out will not do so in time; a tier may have room again.
    const until = rung === Batching.name || error.reason._tag === "TierUnsupported"
      ? null
      : time + pause(tried, rung, error)
    return goOn(under, { ...tried, status: "queued", notBefore: { ...tried.notBefore, [rung]: until } }, time)
  }
  const tries = tried.attempts.filter((attempt) => attempt.rung === rung).length
  return !error.retryable || (time > tried.deadline + grace && tries >= lastTries)
    ? fail(under, tried, error)
    : goOn(under, { ...tried, status: "queued" }, time + pause(tried, rung, error))
}

const fail = (means: Means, request: DeferredRequest, { code, message }: FlexInferenceError) =>
  Effect.flatMap(Clock.currentTimeMillis, (time) =>
    Effect.as(
      replace(means, {
        ...request,
        status: "failed",
        failure: { code: code ?? "server_error", message },
        endedAt: time
      }),
      over
    ))

/** Stores a request whose next step is to be taken at a time; a change that came before it has a next step of its own. */
const goOn = (means: Means, request: DeferredRequest, time: number) =>
  Effect.map(
    replace(means, { ...request, step: request.step + 1 }),
    (stored): After => stored === undefined ? over : { _tag: "At", time, step: stored.step }
  )

/** Stores a change; `undefined` where somebody else's came first. */
const replace = ({ store }: Means, request: DeferredRequest) =>
  Effect.map(
    store.replace(request),
    (isStored) => isStored ? { ...request, version: request.version + 1 } : undefined
  )
