/**
 * What a simulator remembers of the calls it was made: the request, the moments of its answer, and how it ended. The
 * oldest entries are forgotten, so that a simulator may run for days.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { DialectName } from "../Dialect.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { ProviderName, Tier } from "../ModelCatalog.ts"

/**
 * How a call ended: `completed` when the last byte of a whole answer was taken, `refused` when the provider said no,
 * `failed` when the script broke it, `aborted` when the caller went away first, `open` while it goes on.
 */
export type Outcome = "open" | "completed" | "aborted" | "refused" | "failed"

/** One call. Times are Unix milliseconds of the clock the call ran on. */
export interface LedgerEntry {
  readonly index: number
  readonly provider: ProviderName
  readonly dialect: DialectName
  readonly tier: Tier
  readonly model: string
  readonly stream: boolean
  readonly url: string
  /** Request headers; credentials read `<redacted>`. */
  readonly headers: { readonly [name: string]: string }
  readonly body: JsonObject
  readonly bodyText: string
  readonly openedAt: number
  readonly headersAt: number | undefined
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly outcome: Outcome
}

/** A ledger in use. */
export interface Ledger {
  readonly entries: Effect.Effect<ReadonlyArray<LedgerEntry>>
  readonly open: (entry: Omit<LedgerEntry, "headersAt" | "startedAt" | "endedAt" | "outcome">) => Effect.Effect<void>
  readonly note: (
    index: number,
    at: { readonly headersAt: number } | { readonly startedAt: number }
  ) => Effect.Effect<void>
  /** Ends an open call; one that has ended keeps its outcome. */
  readonly close: (index: number, outcome: Outcome, endedAt: number) => Effect.Effect<void>
  /** Waits until the entries satisfy the predicate. */
  readonly until: (
    predicate: (entries: ReadonlyArray<LedgerEntry>) => boolean
  ) => Effect.Effect<ReadonlyArray<LedgerEntry>>
}

/**
 * A ledger that remembers the last `capacity` calls.
 *
 * @internal
 */
export const make = (capacity: number): Effect.Effect<Ledger> =>
  Effect.map(SubscriptionRef.make<ReadonlyArray<LedgerEntry>>([]), (ref) => {
    const patch = (index: number, change: (entry: LedgerEntry) => LedgerEntry) =>
      SubscriptionRef.update(ref, (entries) => entries.map((entry) => entry.index === index ? change(entry) : entry))
    return {
      entries: SubscriptionRef.get(ref),
      open: (entry) =>
        SubscriptionRef.update(ref, (entries) => [
          ...entries.slice(Math.max(0, entries.length + 1 - capacity)),
          { ...entry, headersAt: undefined, startedAt: undefined, endedAt: undefined, outcome: "open" as const }
        ]),
      note: (index, at) => patch(index, (entry) => ({ ...entry, ...at })),
      close: (index, outcome, endedAt) =>
        patch(index, (entry) => entry.outcome === "open" ? { ...entry, outcome, endedAt } : entry),
      until: (predicate) =>
        SubscriptionRef.changes(ref).pipe(
          Stream.filter(predicate),
          Stream.runHead,
          Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
        )
    }
  })
