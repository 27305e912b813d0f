/**
 * One step of a deferred request: the ladder says what to do now, and it is done. Each change is stored before the next
 * thing happens, so that whoever takes over after a crash knows what was tried; a try that was under way then may have
 * been paid for, and the record says so.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type FlexInferenceError, internal } from "../FlexInferenceError.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import { Router } from "../Router.ts"
import * as StartWithin from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import { DeferredStore, type DeferredStoreError } from "./DeferredStore.ts"
import * as Ladder from "./Ladder.ts"
import * as Request from "./Request.ts"
import type { DeferredRequest } from "./Request.ts"
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

/** Takes the next step of a request, and says when the one after that is to be taken. */
export const step = (
  found: DeferredRequest
): Effect.Effect<After, DeferredStoreError, DeferredStore | Router> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    // Whoever had begun this try is gone: it may have been paid for.
    const request = Request.running(found) === undefined ? found : Request.ended(found, "unknown", null)
    const router = yield* Router
    const rungs = rungsOf(request, router, yield* ModelCatalog.Current, now)
    if (Result.isFailure(rungs)) return yield* fail(request, rungs.failure)
    const next = Ladder.next({ now, deadline: request.deadline, rungs: rungs.success, notBefore: notBeforeOf(request) })
    if (next._tag === "Wait") return yield* goOn({ ...request, status: "queued" }, next.until)
    const latest = request.deadline - Ladder.lead(Arr.lastNonEmpty(rungs.success))
    return yield* carry(request, next.rung.name, now, latest)
  })

const rungsOf = (
  request: DeferredRequest,
  router: Router["Service"],
  catalog: ModelCatalog.ModelCatalog,
  now: number
) =>
  Result.map(planned(router, request.request, "default"), ({ model }) =>
    Tiers.rungs(
      Result.isSuccess(planned(router, request.request, StartWithin.fromDuration(StartWithin.maximum)))
        ? Tiers.flexShare(catalog, model, now)
        : undefined
    ))

/** What would be done with a request at a tier or within a window. */
export const planned = (router: Router["Service"], request: string, startWithin: StartWithin.StartWithin) =>
  router.plan("responses", JsonMembers.edit(request, { set: { start_within: startWithin } }))

const notBeforeOf = ({ notBefore }: DeferredRequest): ReadonlyMap<string, number> =>
  new Map(Object.entries(notBefore).map(([rung, time]) => [rung, time ?? Infinity]))

/** Tries a rung, and stores what came of it. */
const carry = (request: DeferredRequest, rung: string, now: number, latest: number) =>
  Effect.gen(function*() {
    const store = yield* DeferredStore
    const begun = yield* replace(Request.begun(request, rung, now))
    if (begun === undefined) return over
    const answered = yield* open(begun, rung, latest - now).pipe(
      Effect.result,
      Effect.onInterrupt(() =>
        Effect.flatMap(Clock.currentTimeMillis, (time) =>
          // What cannot be stored now is found under way later, by whoever takes over.
          Effect.ignore(store.replace(Request.ended(begun, "left", time))))
      )
    )
    const time = yield* Clock.currentTimeMillis
    if (Result.isSuccess(answered)) {
      yield* replace({
        ...Request.ended(begun, "answered", time),
        ...answered.success,
        status: "completed",
        endedAt: time
      })
      return over
    }
    const error = answered.failure
    const tried = Request.ended(begun, "failed", time, error.code)
    if (rung === Tiers.flex) {
      if (!isOnlyFlex(error)) return yield* fail(tried, error)
      const until = error.reason._tag === "TierUnsupported" ? null : time + pause(tried, rung, error)
      return yield* goOn({ ...tried, status: "queued", notBefore: { ...tried.notBefore, [rung]: until } }, time)
    }
    const tries = tried.attempts.filter((attempt) => attempt.rung === rung).length
    if (!error.retryable || (time > tried.deadline + grace && tries >= lastTries)) return yield* fail(tried, error)
    return yield* goOn({ ...tried, status: "queued" }, time + pause(tried, rung, error))
  })

/** Whether a failure of flex says nothing about the other rungs. */
const isOnlyFlex = (error: FlexInferenceError): boolean => error.retryable || error.reason._tag === "TierUnsupported"

const open = (request: DeferredRequest, rung: string, left: number) =>
  Effect.gen(function*() {
    const router = yield* Router
    const window = Math.floor(Math.min(Tiers.longestWindow, Math.max(Tiers.shortestWindow, left)) / 1_000)
    const startWithin = rung === Tiers.flex ? StartWithin.fromDuration(Duration.seconds(window)) : "default"
    const text = JsonMembers.edit(request.request, { set: { start_within: startWithin, stream: false } })
    const answer = yield* router.open("responses", text, {
      fallback: false,
      onDeadline: "replace",
      recoverBuffered: false
    }, {
      headers: {},
      query: {},
      owner: request.owner
    })
    if (answer._tag === "Stream") return yield* Effect.fail(internal(new Error("a body was asked for")))
    const { costMicroUsd = null, savingMicroUsd = null } = answer.routing
    return {
      // A failure in its provider's own words is its provider's answer, and none.
      status: Json.string(answer.value, "status") === "failed" ? "failed" as const : "completed" as const,
      answer: JsonMembers.edit(answer.text, { set: { id: request.id, background: true } }),
      costMicroUsd,
      savingMicroUsd
    }
  }).pipe(Effect.scoped)

const fail = (request: DeferredRequest, { code, message }: FlexInferenceError) =>
  Effect.flatMap(Clock.currentTimeMillis, (time) =>
    Effect.as(
      replace({ ...request, status: "failed", failure: { code: code ?? "server_error", message }, endedAt: time }),
      over
    ))

/** Stores a request whose next step is to be taken at a time; a change that came before it has a next step of its own. */
const goOn = (request: DeferredRequest, time: number) =>
  Effect.map(
    replace({ ...request, step: request.step + 1 }),
    (stored): After => stored === undefined ? over : { _tag: "At", time, step: stored.step }
  )

/** Stores a change; `undefined` where somebody else's came first. */
const replace = (request: DeferredRequest) =>
  Effect.gen(function*() {
    const store = yield* DeferredStore
    return (yield* store.replace(request)) ? { ...request, version: request.version + 1 } : undefined
  })
