/** A scope of one's own: what fails or is interrupted cleans up at once, what succeeds lives as long as its parent. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/**
 * Runs an effect in a child of the current scope. If it does not succeed the child is closed before anything else
 * happens; if it does, the child stays open and closes with its parent.
 */
export const inOwnScope = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, Exclude<R, Scope.Scope> | Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (parent) =>
      Effect.flatMap(Scope.fork(parent, "sequential"), (scope) =>
        Effect.onExit(
          restore(Scope.provide(effect, scope)),
          (exit) => Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void
        )))
  )
