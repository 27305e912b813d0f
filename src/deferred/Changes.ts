/** Who waits for a request in this process hears of its changes when they are stored. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { DeferredStore } from "./DeferredStore.ts"

export interface Changes {
  /** How many requests are listened to. */
  readonly size: () => number
  /** The store, whose changes are told. */
  readonly told: (store: DeferredStore["Service"]) => DeferredStore["Service"]
  /** Listens to a request from before something is done until that has ended: `change` waits for the next one. */
  readonly listening: <A, E, R>(
    id: string,
    use: (change: Effect.Effect<void>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

export const make = (): Changes => {
  const listeners = new Map<string, Set<Latch.Latch>>()
  const tell = (id: string) =>
    Effect.sync(() => {
      for (const listener of listeners.get(id) ?? []) listener.openUnsafe()
    })
  return {
    size: () => listeners.size,
    told: (store) => ({
      ...store,
      replace: (request) => Effect.tap(store.replace(request), () => tell(request.id)),
      remove: (id) => Effect.tap(store.remove(id), () => tell(id))
    }),
    listening: (id, use) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const listener = Latch.makeUnsafe()
          listeners.set(id, (listeners.get(id) ?? new Set()).add(listener))
          return listener
        }),
        (listener) => use(Effect.andThen(listener.await, listener.close)),
        (listener) =>
          Effect.sync(() => {
            const all = listeners.get(id)
            all?.delete(listener)
            if (all?.size === 0) listeners.delete(id)
          })
      )
  }
}
