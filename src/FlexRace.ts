/**
 * The race itself: a cheap leg with a deadline against a dear one that waits for it. It knows nothing of HTTP or of
 * models, so it also serves any other pair of "half price, maybe later" and "full price, now".
 *
 * The standard leg opens when the deadline passes or when the flex leg gives up, whichever is first. The first leg to
 * succeed wins and the other is interrupted; each leg runs in a scope of its own, which closes at once when the leg
 * loses and lives on in the caller's scope when it wins.
 *
 * **Gotchas**
 *
 * The winner is handed over after the loser has cleaned up, so keep finalizers of a leg synchronous: abort a socket,
 * do not wait for it.
 *
 * **Example** (two mirrors, one of them metered)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexRace } from "effect-flexinference"
 *
 * declare const free: Effect.Effect<string, "busy" | "gone">
 * declare const metered: Effect.Effect<string, "down">
 *
 * export const page = FlexRace.make({
 *   startWithin: "5 seconds",
 *   flex: free,
 *   standard: () => metered,
 *   isDefinite: (error) => error === "gone"
 * })
 * ```
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"

/** Why the standard leg was opened: the window passed, or the flex leg gave up first. */
export type StandardTrigger<E> =
  | { readonly _tag: "Deadline" }
  | { readonly _tag: "FlexFailed"; readonly error: E }

/** Which leg was chosen, and what it produced. */
export type Outcome<A, A2, E> =
  | { readonly _tag: "Flex"; readonly value: A }
  | { readonly _tag: "Standard"; readonly value: A2; readonly trigger: StandardTrigger<E> }

/** The flex leg was given a definite answer, which the standard leg would get as well. */
export interface Fatal<E> {
  readonly _tag: "Fatal"
  readonly error: E
}

/** Neither leg succeeded. `flex` is absent where the flex leg was cancelled at the deadline (`"replace"`). */
export interface NoneStarted<E, E2> {
  readonly _tag: "NoneStarted"
  readonly standard: E2
  readonly flex: E | undefined
}

export type RaceError<E, E2> = Fatal<E> | NoneStarted<E, E2>

/** What happens to a flex leg that is still waiting when the window has passed. */
export type OnDeadline = "race" | "replace"

export interface Options<A, E, R, A2, E2, R2> {
  /** How long the flex leg runs alone. */
  readonly startWithin: Duration.Input
  /** Succeeds when the cheap leg has started. */
  readonly flex: Effect.Effect<A, E, R>
  /** Succeeds when the dear leg has started. */
  readonly standard: (trigger: StandardTrigger<E>) => Effect.Effect<A2, E2, R2>
  /**
   * `"race"` keeps the flex leg in the race after the deadline, `"replace"` cancels it before the standard leg opens.
   * @default "race"
   */
  readonly onDeadline?: OnDeadline | undefined
  /**
   * Whether an error of the flex leg ends the race: the standard leg would fail the same way.
   * @default () => false
   */
  readonly isDefinite?: ((error: E) => boolean) | undefined
}

/**
 * Runs the race.
 *
 * - The flex leg succeeds before the deadline: the standard leg is never opened.
 * - The flex leg fails with a definite error: the race fails with `Fatal` at once.
 * - The flex leg fails otherwise: the standard leg opens at once.
 * - The standard leg fails while the flex leg still runs: the race waits for the flex leg.
 * - Both fail: `NoneStarted` carries both errors.
 * - A defect of either leg ends the race with that defect; interruption interrupts both legs.
 */
export const make = <A, E, R, A2, E2, R2>(
  options: Options<A, E, R, A2, E2, R2>
): Effect.Effect<
  Outcome<A, A2, E>,
  RaceError<E, E2>,
  Exclude<R | R2, Scope.Scope> | Scope.Scope
> =>
  Effect.suspend(() => {
    const { isDefinite = () => false, onDeadline = "race", startWithin } = options
    const opening = Latch.makeUnsafe()
    let trigger: StandardTrigger<E> = { _tag: "Deadline" }
    let flexFailed: { readonly error: E } | undefined
    let standardFailed: { readonly error: E2 } | undefined
    let chosen = false

    // Two legs may start in the same tick. The first to get here is the one; the other waits for its interruption.
    const claim = <B>(value: B): Effect.Effect<B> =>
      Effect.suspend(() => {
        if (chosen) return Effect.never
        chosen = true
        return Effect.succeed(value)
      })

    // What ends the race travels in the success channel, because `Effect.race` waits for the first success.
    const enter = <B, EB, RB>(
      leg: Effect.Effect<B, EB, RB>,
      outcome: (value: B) => Outcome<A, A2, E>,
      onError: (error: EB) => Effect.Effect<Exit.Exit<never, Fatal<E>>, "out">
    ) =>
      Effect.matchCauseEffect(inOwnScope(Effect.flatMap(leg, claim)), {
        onSuccess: (value): Effect.Effect<Exit.Exit<Outcome<A, A2, E>, Fatal<E>>, "out"> =>
          Effect.succeed(Exit.succeed(outcome(value))),
        onFailure: (cause) => {
          if (Cause.hasDies(cause)) return Effect.succeed(Exit.failCause(withoutErrors(cause)))
          const error = Cause.findError(cause)
          return Result.isSuccess(error) ? onError(error.success) : Effect.failCause(withoutErrors(cause))
        }
      })

    const flexLeg = enter(
      options.flex,
      (value) => ({ _tag: "Flex", value }),
      (error) =>
        Effect.suspend(() => {
          if (isDefinite(error)) return Effect.succeed(Exit.fail({ _tag: "Fatal", error } as const))
          flexFailed = { error }
          if (!opening.isOpen()) trigger = { _tag: "FlexFailed", error }
          return Effect.andThen(opening.open, Effect.fail("out" as const))
        })
    )

    const flex = onDeadline === "race"
      ? flexLeg
      : Effect.timeoutOrElse(flexLeg, {
        duration: startWithin,
        orElse: () => Effect.andThen(opening.open, Effect.fail("out" as const))
      })

    const deadline = Effect.andThen(Effect.sleep(startWithin), opening.open)

    const standard = Effect.andThen(
      onDeadline === "race" ? Effect.raceFirst(deadline, opening.await) : opening.await,
      enter(
        Effect.suspend(() => options.standard(trigger)),
        (value) => ({ _tag: "Standard", value, trigger }),
        (error) => {
          standardFailed = { error }
          return Effect.fail("out" as const)
        }
      )
    )

    return Effect.race(flex, standard).pipe(
      Effect.catch(() =>
        standardFailed === undefined
          ? Effect.die(new Error("a race ended without an outcome"))
          : Effect.fail({ _tag: "NoneStarted", standard: standardFailed.error, flex: flexFailed?.error } as const)
      ),
      Effect.flatMap((exit) => exit)
    )
  })

const withoutErrors = (cause: Cause.Cause<unknown>): Cause.Cause<never> =>
  Cause.fromReasons(cause.reasons.filter((reason) => !Cause.isFailReason(reason)))

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
