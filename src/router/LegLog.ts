/** The calls made for one request, with their times: what a routing record's `legs` are made of. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { LegOutcome, LegRecord } from "../Routing.ts"

/** One call: how its opening went, and what became of it after. */
export interface Entry extends LegRecord {
  /** Whether its opening ends with its first output: otherwise it ends with its whole answer. */
  readonly streamed: boolean
  /** When it was left, where that was before the request was over; only of a log that is watched. */
  readonly closedAfter: number | undefined
}

type Mutable<A> = { -readonly [key in keyof A]: A[key] }

export interface LegLog {
  /** Wraps the opening of a leg, so that it is recorded whatever becomes of it. */
  readonly record: <A>(
    leg: Pick<Entry, "provider" | "tier" | "streamed">,
    open: Effect.Effect<A, FlexInferenceError, Scope.Scope>
  ) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
  readonly legs: () => ReadonlyArray<LegRecord>
  readonly entries: () => ReadonlyArray<Entry>
}

/** A log whose times count from `receivedAt`, in epoch milliseconds; whoever watches it is told of the first call. */
export const make = (receivedAt: number, called?: () => void): LegLog => {
  const entries: Array<Mutable<Entry>> = []
  return {
    entries: () => entries,
    legs: () =>
      entries.map(({ endedAfter, error, openedAfter, outcome, provider, tier }) => ({
        provider,
        tier,
        openedAfter,
        endedAfter,
        outcome,
        error
      })),
    record: ({ provider, streamed, tier }, open) =>
      Clock.clockWith((clock) => {
        const now = () => clock.currentTimeMillisUnsafe() - receivedAt
        const entry: Mutable<Entry> = {
          provider,
          tier,
          streamed,
          openedAfter: now(),
          endedAfter: undefined,
          closedAfter: undefined,
          outcome: "open",
          error: undefined
        }
        entries.push(entry)
        if (entries.length === 1) called?.()
        const opened = Effect.onExit(open, (exit) =>
          Effect.sync(() => {
            entry.endedAfter = now()
            entry.outcome = outcomeOf(exit)
            entry.error = Exit.isFailure(exit) ? Result.getOrUndefined(Cause.findError(exit.cause)) : undefined
          }))
        if (called === undefined || !streamed) return opened
        const close = Effect.sync(() => {
          entry.closedAfter = now()
        })
        return Effect.tap(opened, () => Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, close)))
      })
  }
}

const outcomeOf = (exit: Exit.Exit<unknown, FlexInferenceError>): LegOutcome => {
  if (Exit.isSuccess(exit)) return "started"
  return Cause.hasFails(exit.cause) || Cause.hasDies(exit.cause) ? "failed" : "aborted"
}
