/** What flex memory decides about a request, and what it is told of its legs. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { loopback } from "../AnswerStore.ts"
import type { Served } from "../Dialect.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Entry, FlexMemory, LegResult } from "../FlexMemory.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import * as Routing from "../Routing.ts"
import * as CacheKey from "./CacheKey.ts"
import type { Job, LegPlan } from "./Job.ts"
import type * as Leg from "./Leg.ts"

/** Carries a request out as its memory decides; as it was planned where there is none, or no race. */
export const decided = <A>(
  memory: FlexMemory["Service"] | undefined,
  owner: string | undefined,
  job: Job,
  run: (job: Job) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<A, FlexInferenceError, Scope.Scope> => {
  const { catalog, incoming, options: { secondMicroUsd }, plan } = job
  if (memory === undefined || !plan.raced || plan.window === undefined) return run(job)
  const entering = memory.enter({
    provider: plan.routes[0].provider.name,
    model: ModelCatalog.get(catalog, plan.model)?.id ?? plan.model,
    window: plan.window,
    catalog,
    secondMicroUsd,
    conversation: () => CacheKey.of(incoming, plan.model, owner ?? loopback),
    characters: () => CacheKey.lengthOf(incoming)
  })
  return Effect.acquireUseRelease(
    entering,
    (entry) => run({ ...job, entry, plan: Routing.decided(plan, entry.decision) }),
    ({ leave }) => leave
  )
}

/** The flex leg of a race, of which its memory is told when it waits no longer. */
export const observe = <A>(
  { ended, leave }: Entry,
  wait: Duration.Duration,
  leg: Effect.Effect<A, FlexInferenceError, Scope.Scope>
): Effect.Effect<A, FlexInferenceError, Scope.Scope> =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (openedAt) =>
      Effect.onExit(leg, (exit) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const result = resultOf(exit, now - openedAt, Duration.toMillis(wait))
          return result === undefined ? leave : ended(result)
        }))
  )

/** A timer may be early by as much. */
const tick = 2

/** What a leg's end tells of its tier; `undefined` where it tells only of its request. */
const resultOf = (
  exit: Exit.Exit<unknown, FlexInferenceError>,
  after: number,
  wait: number
): LegResult | undefined => {
  if (Exit.isSuccess(exit)) return { result: "started", after }
  const failure = Cause.findError(exit.cause)
  if (Result.isSuccess(failure)) {
    if (failure.success.reason._tag === "TimedOut") return { result: "stalled", after }
    return Routing.escalation(failure.success) === undefined ? undefined : { result: "refused", after }
  }
  if (Cause.hasDies(exit.cause)) return undefined
  return after >= wait - tick ? { result: "stalled", after: Math.max(after, wait) } : { result: "left", after }
}

/** A stream that will have told what it used by the time its caller is done with it. */
export const remember = (
  entry: Entry,
  leg: LegPlan,
  opened: Effect.Effect<Leg.Opened, FlexInferenceError, Scope.Scope>
): Effect.Effect<Leg.Opened, FlexInferenceError, Scope.Scope> =>
  Effect.tap(opened, ({ served }) => Effect.addFinalizer(() => told(entry, leg, served())))

/** A body, which tells what it used. */
export const rememberBody = <E, R>(
  entry: Entry,
  leg: LegPlan,
  answer: Effect.Effect<Leg.Body, E, R>
): Effect.Effect<Leg.Body, E, R> => Effect.tap(answer, ({ value }) => told(entry, leg, leg.route.dialect.served(value)))

const told = ({ served }: Entry, { route: { provider }, tier }: LegPlan, { tier: reported, usage }: Served) =>
  usage === undefined
    ? Effect.void
    : served((reported === undefined ? undefined : provider.tierFromWire(reported)) ?? tier, usage)
