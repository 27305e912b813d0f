/**
 * What the gateway tells an operator who looks at it: a page, and what it shows, as it stands every second. Requests are
 * summed up as they end; the rest is looked up while somebody watches.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AttemptLog from "../../AttemptLog.ts"
import type { Draining } from "../../Draining.ts"
import type { FlexMemory } from "../../FlexMemory.ts"
import * as FlexPolicy from "../../FlexPolicy.ts"
import * as ModelCatalog from "../../ModelCatalog.ts"
import * as Summary from "./Summary.ts"

/** What is known of a model's flex tier; times are in milliseconds, shares from 0 to 1. */
export interface FlexModel {
  readonly provider: string
  readonly model: string
  /** The flex legs that this rests on. */
  readonly legs: number
  readonly refusalRate: number | null
  readonly stallRate: number | null
  readonly median: number | null
  readonly slow: number | null
  /** How likely flex is to serve within 30 seconds. */
  readonly chance: number
}

/** What the page shows. */
export interface Snapshot extends Summary.Snapshot {
  /** In epoch milliseconds, as is `since`. */
  readonly now: number
  /** When the gateway began. */
  readonly since: number
  readonly simulated: boolean
  /** Requests whose answer has not started. */
  readonly waiting: number
  /** Requests that are not over. */
  readonly inFlight: number
  readonly models: ReadonlyArray<FlexModel>
  readonly retiring: ReadonlyArray<{ readonly provider: string; readonly model: string; readonly day: string }>
}

export interface Options {
  /** All answers are simulated. */
  readonly simulated: boolean
  readonly memory: FlexMemory["Service"]
}

/** Shared by the routes whose requests it shows and those that show it. */
export class Dashboard extends Context.Service<Dashboard, {
  /** Is told of every request, beside whoever else is. */
  readonly log: AttemptLog.AttemptLog["Service"]
  readonly snapshot: Effect.Effect<Snapshot>
  /** Snapshots as server-sent events, until the gateway closes. `undefined` while too many others watch. */
  readonly watch: (draining: typeof Draining.Service) => Stream.Stream<Uint8Array> | undefined
}>()("effect-flexinference/gateway/Dashboard") {}

/** How much is shown, and to how many. */
export const bounds = { models: 20, retiring: 20, watchers: 32 } as const

const pace = Duration.seconds(1)
/** How long before its end a model is told of. */
const notice = Duration.days(90)
const usualWindow = Duration.toMillis("30 seconds")

const encoder = new TextEncoder()

export const make = ({ memory, simulated }: Options): Effect.Effect<Dashboard["Service"]> =>
  Effect.gen(function*() {
    const catalog = yield* ModelCatalog.Current
    const since = yield* Clock.currentTimeMillis
    const summary = Summary.make()
    /** The models whose flex tier was asked, the latest last. */
    const raced = new Map<string, { readonly provider: string; readonly model: string }>()
    let waiting = 0
    let inFlight = 0
    let watchers = 0

    const noteModel = ({ legs, model }: AttemptLog.AttemptRecord): void => {
      const provider = legs.find(({ tier }) => tier === "flex")?.provider
      // A model that the catalogue does not know is not raced.
      const known = model === null || provider === undefined ? undefined : ModelCatalog.lookup(catalog, model)
      if (known === undefined || provider === undefined) return
      const name = `${provider}/${known.id}`
      raced.delete(name)
      raced.set(name, { provider, model: known.id })
      for (const oldest of raced.keys()) {
        if (raced.size <= bounds.models) return
        raced.delete(oldest)
      }
    }

    const flexModel = ({ model, provider }: { readonly provider: string; readonly model: string }) =>
      Effect.map(memory.estimate(provider, model), (estimate): FlexModel => {
        const quantile = (share: number): number | null =>
          Option.getOrNull(Option.map(FlexPolicy.startQuantile(estimate, share), Duration.toMillis))
        return {
          provider,
          model,
          legs: estimate.outcomes.length,
          refusalRate: estimate.refusalRate ?? null,
          stallRate: estimate.stallRate ?? null,
          median: quantile(0.5),
          slow: quantile(0.9),
          chance: FlexPolicy.chance(estimate, usualWindow)
        }
      })

    const snapshot: Effect.Effect<Snapshot> = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      return {
        now,
        since,
        simulated,
        waiting,
        inFlight,
        ...summary.at(now),
        models: yield* Effect.forEach(Array.from(raced.values()).toReversed(), flexModel),
        retiring: ModelCatalog.retiring(catalog, now, notice).slice(0, bounds.retiring).map((
          { id, provider, retires = "" }
        ) => ({ provider, model: id, day: retires.slice(0, 10) }))
      }
    })

    // Those who watch at the same time share one.
    const event = yield* Effect.cachedWithTTL(
      Effect.map(
        Effect.uninterruptible(snapshot),
        (snapshot) => encoder.encode(`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`)
      ),
      Duration.times(pace, 0.9)
    )

    return Dashboard.of({
      snapshot,
      log: AttemptLog.AttemptLog.of({
        record: (record) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            summary.add(record, now)
            noteModel(record)
          }),
        begin: () => {
          let waits = true
          waiting++
          inFlight++
          const started = (): void => {
            if (waits) waiting--
            waits = false
          }
          return {
            called: constVoid,
            started,
            ended: () => {
              started()
              inFlight--
            }
          }
        }
      }),
      watch: (draining) => {
        if (watchers >= bounds.watchers) return undefined
        const events = Stream.mapEffect(Stream.tick(pace), () => event)
        const watching = Effect.acquireRelease(Effect.sync(() => watchers++), () => Effect.sync(() => watchers--))
        return Stream.unwrap(
          Effect.as(watching, draining === undefined ? events : Stream.interruptWhen(events, draining.begun))
        )
      }
    })
  })
