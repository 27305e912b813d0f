/**
 * Choosing the leg that serves: flex raced against the fallback tier, or that tier alone; every route of the chain in
 * turn, each with its retries.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { afterFlex, CapacityRefused, FlexInferenceError, timedOut } from "../FlexInferenceError.ts"
import * as FlexRace from "../FlexRace.ts"
import type { Tier } from "../ModelCatalog.ts"
import * as Routing from "../Routing.ts"
import * as FlexEntry from "./FlexEntry.ts"
import type { Committed, Job, LegPlan } from "./Job.ts"
import type { Open } from "./OpenLeg.ts"
import * as RetryPolicy from "./RetryPolicy.ts"

/** Commits to the leg that serves. */
export const commit = <A>(
  job: Job,
  open: Open<A>
): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
  const { plan } = job
  const isFlexOnly = job.options.fallback === false && plan.window !== undefined
  if (!plan.raced || plan.wait === undefined) {
    return isFlexOnly ? Effect.fail(notAsked(plan)) : fallback(job, plan.unraced, open)
  }
  if (job.draining?.isBegun() === true) {
    return isFlexOnly ? Effect.fail(notAsked({ ...plan, unraced: "draining" })) : fallback(job, "draining", open)
  }
  const { wait } = plan
  const flex = call(job, plan.routes[0], "flex", open, { reason: "flex_won", fallbackAttempts: 0, retries: () => 0 })
  return FlexRace.make({
    startWithin: wait,
    cutShort: job.draining?.begun,
    onDeadline: job.options.onDeadline,
    isDefinite: (error: FlexInferenceError) => Routing.escalation(error) === undefined,
    flex: job.entry === undefined ? flex : FlexEntry.observe(job.entry, plan.wait, flex),
    standard: (trigger) =>
      isFlexOnly
        ? Effect.fail(trigger._tag === "FlexFailed" ? trigger.error : notStarted(plan, wait))
        : fallback(job, reasonOf(trigger), open)
  }).pipe(
    Effect.map(({ value }) => value),
    Effect.mapError((error) => {
      if (error._tag === "Fatal") return error.error
      const { flex, standard } = error
      if (job.options.fallback === false) return flex ?? standard
      return flex === undefined ? standard : afterFlex(standard, flex)
    })
  )
}

/** What a request fails with that is for flex alone, where flex has not started in time. */
const notStarted = ({ routes: [{ provider }] }: Routing.Plan, after: Duration.Duration): FlexInferenceError =>
  timedOut({
    provider: provider.name,
    clock: "firstByte",
    after,
    message: `${provider.title} had not started on flex after ${
      Duration.format(after)
    }, and no other tier may be asked.`
  })

/** The same, where flex is not asked at the moment. */
const notAsked = ({ unraced }: Routing.Plan): FlexInferenceError =>
  new FlexInferenceError({
    reason: new CapacityRefused({
      origin: "flexinference",
      status: 503,
      type: "server_error",
      code: unraced,
      message: `Flex is not asked now (${unraced}), and no other tier may be asked.`
    })
  })

const reasonOf = (trigger: FlexRace.StandardTrigger<FlexInferenceError>): Routing.Reason => {
  switch (trigger._tag) {
    case "Deadline":
      return "flex_deadline"
    case "CutShort":
      return "draining"
    case "FlexFailed":
      return Routing.escalation(trigger.error) ?? "flex_upstream_error"
  }
}

/** The fallback tier: every route of the chain in turn, each with its retries. */
export const fallback = <A>(
  job: Job,
  reason: Routing.Reason,
  open: Open<A>
): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
  const { retry, routes, tier } = job.plan
  let calls = 0
  const from = (
    index: number,
    route: Routing.ConnectedRoute
  ): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> => {
    const attempt = call(job, route, tier, (job, leg) => {
      calls++
      return open(job, leg)
    }, {
      reason: index === 0 ? reason : "chain_advanced",
      fallbackAttempts: index,
      retries: () => calls - 1 - index
    })
    const next = routes[index + 1]
    if (retry === undefined && next === undefined) return attempt
    const own = FlexRace.inOwnScope(attempt)
    const retried = retry === undefined
      ? own
      : Effect.retry(own, { while: Routing.isRetryable, schedule: RetryPolicy.schedule(retry) })
    return next === undefined ? retried : Effect.catchIf(retried, Routing.advances, () => from(index + 1, next))
  }
  return from(0, routes[0])
}

const call = <A>(
  job: Job,
  route: Routing.ConnectedRoute,
  tier: Tier,
  open: (job: Job, leg: LegPlan) => Effect.Effect<A, FlexInferenceError, Scope.Scope>,
  how: { readonly reason: Routing.Reason; readonly fallbackAttempts: number; readonly retries: () => number }
): Effect.Effect<Committed<A>, FlexInferenceError, Scope.Scope> =>
  Effect.suspend(() => {
    const encoded = job.encode(route)
    if (encoded._tag === "Failure") return Effect.fail(encoded.failure)
    const { dialect } = encoded.success
    const leg: LegPlan = {
      route: dialect === route.dialect ? route : { ...route, dialect },
      encoded: encoded.success,
      tier
    }
    return Effect.flatMap(open(job, leg), (answer) =>
      Effect.map(Clock.currentTimeMillis, (at): Committed<A> => ({
        leg,
        answer,
        reason: how.reason,
        fallbackAttempts: how.fallbackAttempts,
        retries: how.retries(),
        at
      })))
  })
