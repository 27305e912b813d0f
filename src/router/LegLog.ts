/** The calls made for one request, with their times: what a routing record's `legs` are made of. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { LegOutcome, LegRecord } from "../Routing.ts"

type Entry = { -readonly [key in keyof LegRecord]: LegRecord[key] }

export interface LegLog {
  /** Wraps the opening of a leg, so that it is recorded whatever becomes of it. */
  readonly record: <A, R>(
    leg: Pick<LegRecord, "provider" | "tier">,
    open: Effect.Effect<A, FlexInferenceError, R>
  ) => Effect.Effect<A, FlexInferenceError, R>
  readonly legs: () => ReadonlyArray<LegRecord>
}

/** A log whose times count from `receivedAt`, in epoch milliseconds. */
export const make = (receivedAt: number): LegLog => {
  const entries: Array<Entry> = []
  return {
    legs: () => entries.map((entry) => ({ ...entry })),
    record: ({ provider, tier }, open) =>
      Clock.clockWith((clock) => {
        const entry: Entry = {
          provider,
          tier,
          openedAfter: clock.currentTimeMillisUnsafe() - receivedAt,
          endedAfter: undefined,
          outcome: "open",
          error: undefined
        }
        entries.push(entry)
        return Effect.onExit(open, (exit) =>
          Effect.sync(() => {
            entry.endedAfter = clock.currentTimeMillisUnsafe() - receivedAt
            entry.outcome = outcomeOf(exit)
            entry.error = Exit.isFailure(exit) ? Result.getOrUndefined(Cause.findError(exit.cause)) : undefined
          }))
      })
  }
}

const outcomeOf = (exit: Exit.Exit<unknown, FlexInferenceError>): LegOutcome => {
  if (Exit.isSuccess(exit)) return "started"
  return Cause.hasFails(exit.cause) || Cause.hasDies(exit.cause) ? "failed" : "aborted"
}
