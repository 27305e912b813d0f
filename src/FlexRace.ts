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
 *
 * @since 0.1.0
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** Why the standard leg was opened: the window passed or was cut short, or the flex leg gave up first. */
export type StandardTrigger<E> =
  | { readonly _tag: "Deadline" }
  | { readonly _tag: "CutShort" }
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

/** How a race ends without a winner. */
export type RaceError<E, E2> = Fatal<E> | NoneStarted<E, E2>

/** What happens to a flex leg that is still waiting when the window has passed. */
export type OnDeadline = "race" | "replace"

/** What is raced, and by what rules. */
export interface Options<A, E, R, A2, E2, R2> {
  /** How long the flex leg runs alone. */
  readonly startWithin: Duration.Input
  /** Ends the window before its time when it completes, as the deadline would. */
  readonly cutShort?: Effect.Effect<void> | undefined
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
 *
 * @since 0.1.0
 * @category combinators
 */
export const make = <A, E, R, A2, E2, R2>(
  options: Options<A, E, R, A2, E2, R2>
): Effect.Effect<
  Outcome<A, A2, E>,
  RaceError<E, E2>,
  Exclude<R | R2, Scope.Scope> | Scope.Scope
> =>
  Effect.suspend(() => {
    const { cutShort, isDefinite = () => false, onDeadline = "race", startWithin } = options
    let trigger: StandardTrigger<E> | undefined
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
    type End = Exit.Exit<Outcome<A, A2, E>, RaceError<E, E2>>

    const run = <B, EB, RB, R3>(
      leg: Effect.Effect<B, EB, RB>,
      outcome: (value: B) => Outcome<A, A2, E>,
      onError: (error: EB) => Effect.Effect<End, "out", R3>
    ): Effect.Effect<End, "out", Exclude<RB, Scope.Scope> | Scope.Scope | R3> =>
      Effect.matchCauseEffect(inOwnScope(Effect.flatMap(leg, claim)), {
        onSuccess: (value): Effect.Effect<End, "out", R3> => Effect.succeed(Exit.succeed(outcome(value))),
        onFailure: (cause) => {
          if (Cause.hasDies(cause)) return Effect.succeed(Exit.failCause(withoutErrors(cause)))
          const error = Cause.findError(cause)
          return Result.isSuccess(error) ? onError(error.success) : Effect.failCause(withoutErrors(cause))
        }
      })

    const noneStarted = (standard: E2): End => Exit.fail({ _tag: "NoneStarted", standard, flex: flexFailed?.error })

    const standard = (given: StandardTrigger<E>, onError: (error: E2) => Effect.Effect<End, "out">) => {
      trigger = given
      return run(options.standard(given), (value) => ({ _tag: "Standard", value, trigger: given }), onError)
    }

    const flex = <R3>(onFailed: (error: E) => Effect.Effect<End, "out", R3>) =>
      run(options.flex, (value) => ({ _tag: "Flex", value }), (error) => {
        if (isDefinite(error)) return Effect.succeed<End>(Exit.fail({ _tag: "Fatal", error }))
        flexFailed = { error }
        return onFailed(error)
      })

    const last = (given: StandardTrigger<E>) => standard(given, (error) => Effect.succeed(noneStarted(error)))

    // With nothing to wait for, the standard leg opens where flex ended; one that the deadline has opened goes on.
    const flexInRace = flex((error) => {
      if (standardFailed !== undefined) return Effect.succeed(noneStarted(standardFailed.error))
      return trigger === undefined ? last({ _tag: "FlexFailed", error }) : Effect.fail("out")
    })

    const passed: Effect.Effect<StandardTrigger<E>> = Effect.as(Effect.sleep(startWithin), { _tag: "Deadline" })
    const window = cutShort === undefined
      ? passed
      : Effect.raceFirst(passed, Effect.as(cutShort, { _tag: "CutShort" } as const))

    const standardInRace = Effect.flatMap(
      window,
      (given) => trigger === undefined ? standard(given, onStandardFailed) : Effect.never
    )

    const onStandardFailed = (error: E2): Effect.Effect<End, "out"> => {
      standardFailed = { error }
      return flexFailed === undefined ? Effect.fail("out") : Effect.succeed(noneStarted(error))
    }

    let ended: StandardTrigger<E> = { _tag: "Deadline" }
    const replaced = Effect.catch(
      Effect.raceFirst(
        flex(() => Effect.fail("out")),
        Effect.flatMap(window, (given) => {
          ended = given
          return Effect.fail("out" as const)
        })
      ),
      () => last(flexFailed === undefined ? ended : { _tag: "FlexFailed", ...flexFailed })
    )

    const race = onDeadline === "race" ? Effect.race(flexInRace, standardInRace) : replaced

    return race.pipe(
      Effect.catch(() =>
        standardFailed === undefined
          ? Effect.die(new Error("a race ended without an outcome"))
          : Effect.succeed(noneStarted(standardFailed.error))
      ),
      Effect.flatMap((exit) => exit)
    )
  })

/** The race of two streams. */
export interface StreamOptions<A, E, R, A2, E2, R2>
  extends Pick<Options<A, E, R, A2, E2, R2>, "startWithin" | "onDeadline">
{
  readonly flex: Stream.Stream<A, E, R>
  readonly standard: (trigger: StandardTrigger<E | Cause.NoSuchElementError>) => Stream.Stream<A2, E2, R2>
  /** Whether with this element a stream has started. Those before it are held back, all of them. */
  readonly started: (element: A | A2) => boolean
  /**
   * Whether an error of the flex stream ends the race: the standard stream would fail the same way.
   * @default () => false
   */
  readonly isDefinite?: ((error: E) => boolean) | undefined
}

/**
 * The same race for two streams: the first of which an element says that it has started is heard from its very first
 * element, and nothing is heard of the other. What happens to the winner from then on is its own: an error after the
 * start is no reason to fall back. A stream that ends before it has started has failed with a `NoSuchElementError`.
 *
 * **Example** (the first token decides)
 *
 * ```ts
 * import { Stream } from "effect"
 * import { FlexRace } from "effect-flexinference"
 *
 * type Part = { readonly type: "metadata" } | { readonly type: "text"; readonly text: string }
 * declare const queued: Stream.Stream<Part, "busy">
 * declare const now: Stream.Stream<Part, "down">
 *
 * export const parts = FlexRace.stream({
 *   startWithin: "30 seconds",
 *   flex: queued,
 *   standard: () => now,
 *   started: (part) => part.type === "text"
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const stream = <A, E, R, A2, E2, R2>(
  options: StreamOptions<A, E, R, A2, E2, R2>
): Stream.Stream<
  A | A2,
  E | E2 | RaceError<E | Cause.NoSuchElementError, E2 | Cause.NoSuchElementError>,
  Exclude<R | R2, Scope.Scope>
> => {
  const { flex, isDefinite = () => false, onDeadline, standard, started, startWithin } = options
  return Stream.unwrap(Effect.map(
    make({
      startWithin,
      onDeadline,
      isDefinite: (error) => !Cause.isNoSuchElementError(error) && isDefinite(error),
      flex: untilStarted(flex, started),
      standard: (trigger) => untilStarted(standard(trigger), started)
    }),
    ({ value }): Stream.Stream<A | A2, E | E2> => value
  ))
}

/** The stream once it has started, from its first element; it lives in the scope in which it was begun. */
const untilStarted = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  started: (element: A) => boolean
): Effect.Effect<Stream.Stream<A, E>, E | Cause.NoSuchElementError, R | Scope.Scope> =>
  Effect.flatMap(Stream.toPull(stream), (pull) => {
    const held: Array<Arr.NonEmptyReadonlyArray<A>> = []
    const rest = Effect.suspend((): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E> => {
      const first = held.shift()
      return first === undefined ? pull : Effect.succeed(first)
    })
    const next: Effect.Effect<Stream.Stream<A, E>, E | Cause.NoSuchElementError> = Effect.suspend(() =>
      Pull.matchEffect(pull, {
        onSuccess: (elements) => {
          held.push(elements)
          return elements.some(started) ? Effect.succeed(Stream.fromPull(Effect.succeed(rest))) : next
        },
        onDone: () => Effect.fail(new Cause.NoSuchElementError("the stream ended before it had started")),
        onFailure: Effect.failCause
      })
    )
    return next
  })

const withoutErrors = (cause: Cause.Cause<unknown>): Cause.Cause<never> =>
  Cause.fromReasons(cause.reasons.filter((reason) => !Cause.isFailReason(reason)))

/**
 * Runs an effect in a child of the current scope. If it does not succeed the child is closed before anything else
 * happens; if it does, the child stays open and closes with its parent.
 *
 * **Example** (a socket that does not outlive its failed handshake)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexRace } from "effect-flexinference"
 *
 * const log: Array<string> = []
 * const socket = Effect.acquireRelease(Effect.sync(() => log.push("open")), () => Effect.sync(() => log.push("close")))
 * const attempt = FlexRace.inOwnScope(Effect.andThen(socket, Effect.fail("no handshake")))
 *
 * Effect.runSync(Effect.scoped(Effect.andThen(Effect.ignore(attempt), Effect.sync(() => log.push("next")))))
 * log // => ["open", "close", "next"]
 * ```
 *
 * @since 0.1.0
 * @category combinators
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
