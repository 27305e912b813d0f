/**
 * Which of a provider's several keys or addresses a call takes: what has the least to do, among those that the provider
 * has not asked to leave alone for a while. Calls that share a prompt cache stay together, as long as they can.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Tier } from "../ModelCatalog.ts"
import type { Connection } from "../Provider.ts"

/** How long a key is left alone that its provider does not accept. */
const rejected = Duration.minutes(1)

interface State {
  calls: number
  /** Until when it is left alone, by tier, in epoch milliseconds: one may be refused where another is served. */
  readonly until: Map<Tier, number>
}

/** What a call is for. */
export interface Wish {
  readonly tier: Tier
  /** What it shares a prompt cache by. */
  readonly cacheKey: string | undefined
}

export interface ConnectionPool {
  /** Runs a call on one of the connection's own; of one that has no others, as it is. */
  readonly use: <A>(
    connection: Connection,
    wish: () => Wish,
    call: (connection: Connection) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
  ) => Effect.Effect<A, FlexInferenceError, Scope.Scope>
}

export const make = (): ConnectionPool => {
  const states = new WeakMap<Connection, State>()

  const stateOf = (connection: Connection): State => {
    const state = states.get(connection) ?? { calls: 0, until: new Map<Tier, number>() }
    states.set(connection, state)
    return state
  }

  const pick = (all: Arr.NonEmptyReadonlyArray<Connection>, { cacheKey, tier }: Wish, now: number): Connection => {
    const until = (connection: Connection): number => stateOf(connection).until.get(tier) ?? 0
    const free = all.filter((connection) => until(connection) <= now)
    // Where all are to be left alone, the first that is not any more will do best.
    if (!Arr.isReadonlyArrayNonEmpty(free)) {
      return all.reduce((best, connection) => until(connection) < until(best) ? connection : best)
    }
    const rank = cacheKey === undefined
      ? (connection: Connection): number => stateOf(connection).calls
      : (connection: Connection): number => weight(`${all.indexOf(connection)} ${cacheKey}`)
    return free.reduce((best, connection) => rank(connection) < rank(best) ? connection : best)
  }

  return {
    use: (connection, wish, call) => {
      const { others } = connection
      if (others === undefined || others.length === 0) return call(connection)
      return Effect.flatMap(Effect.scope, (scope) =>
        Clock.clockWith((clock) => {
          const asked = wish()
          const own = pick([connection, ...others], asked, clock.currentTimeMillisUnsafe())
          const state = stateOf(own)
          state.calls++
          const leave = Scope.addFinalizer(scope, Effect.sync(() => void state.calls--))
          const cool = (error: FlexInferenceError) =>
            Effect.sync(() => {
              const wait = restOf(error)
              if (wait === undefined) return
              state.until.set(asked.tier, clock.currentTimeMillisUnsafe() + Duration.toMillis(wait))
            })
          return Effect.andThen(leave, Effect.tapError(call(own), cool))
        }))
    }
  }
}

/** How long a connection is left alone after a failure: as its provider asked, and for a while where the key is none. */
const restOf = ({ reason }: FlexInferenceError): Duration.Duration | undefined => {
  if (reason._tag === "CapacityRefused") return reason.retryAfter
  return reason.class === "authentication" || reason.class === "permission" || reason.class === "billing"
    ? rejected
    : undefined
}

/** A number that spreads keys evenly over connections, and moves few of them when one is left alone (FNV-1a). */
const weight = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
