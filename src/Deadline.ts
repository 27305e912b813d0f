/**
 * The moment by which whoever asked needs an answer, and what it leaves of a window.
 *
 * A deadline encloses a piece of a program, and every request in it takes its `start_within` from what is left: never
 * longer than it asked for, and no race at all where too little is left for one (the record's reason is then
 * `deadline_near`). So a chain of requests, and the retries of one, share one budget. Over HTTP a caller says it as an
 * instant, in the header `x-flexinference-deadline`.
 *
 * **Details**
 *
 * Half of what is left is for flex, and the other half for the standard tier, should that have to answer; `reserve` in
 * the options of a layer or of a call keeps a fixed time for it instead. A deadline ends nothing: `within` only tells,
 * and `timeout` tells and ends.
 *
 * **Example** (two requests, one budget)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Deadline, FlexInference } from "effect-flexinference"
 *
 * const ask = (input: string) =>
 *   Effect.gen(function*() {
 *     const flex = yield* FlexInference.FlexInference
 *     const answer = yield* flex.responses.create({ model: "gpt-5.5", input, start_within: "2 minutes" })
 *     return FlexInference.outputText(answer)
 *   })
 *
 * export const translated = ask("Write a haiku.").pipe(
 *   Effect.flatMap((haiku) => ask(`Translate it into French: ${haiku}`)),
 *   Deadline.timeout("90 seconds")
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as StartWithin from "./StartWithin.ts"

/**
 * The enclosing deadline in Unix milliseconds, or `undefined` where there is none.
 *
 * **Example** (how much is left)
 *
 * ```ts
 * import { Clock, Effect } from "effect"
 * import { Deadline } from "effect-flexinference"
 *
 * export const left = Effect.zipWith(
 *   Effect.service(Deadline.Current),
 *   Clock.currentTimeMillis,
 *   (deadline, now) => deadline === undefined ? Infinity : deadline - now
 * )
 *
 * Effect.runSync(left) // => Infinity
 * ```
 *
 * @since 0.1.0
 * @category references
 */
export const Current: Context.Reference<number | undefined> = Context.Reference<number | undefined>(
  "effect-flexinference/Deadline/Current",
  { defaultValue: () => undefined }
)

/**
 * Gives an effect a deadline: a duration from its start, or that of what encloses it, whichever is sooner.
 *
 * **Example** (an inner deadline cannot outlast an outer one)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Deadline } from "effect-flexinference"
 *
 * const inner = Deadline.within(Effect.service(Deadline.Current), "1 minute")
 * const outer = Effect.provideService(inner, Deadline.Current, 1_000) // a second after the epoch
 *
 * Effect.runSync(outer) // => 1_000
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const within: {
  (duration: Duration.Input): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input) =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (now) =>
      Effect.updateService(
        self,
        Current,
        (outer) => sooner(outer, now + Duration.toMillis(Duration.fromInputUnsafe(duration)))
      )
  ))

/**
 * Like `within`, and ends the effect when the duration is over.
 *
 * **Example** (a minute for everything)
 *
 * ```ts
 * import { Effect, Exit } from "effect"
 * import { Deadline } from "effect-flexinference"
 *
 * Effect.runSyncExit(Deadline.timeout(Effect.succeed("in time"), "1 minute")) // => Exit.succeed("in time")
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const timeout: {
  (
    duration: Duration.Input
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Cause.TimeoutError, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E | Cause.TimeoutError, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input) => Effect.timeout(within(self, duration), duration)
)

/**
 * The sooner of two deadlines, of which either may be absent.
 *
 * **Example** (no deadline is later than any)
 *
 * ```ts
 * import { Deadline } from "effect-flexinference"
 *
 * Deadline.sooner(undefined, 2_000) // => 2_000
 * Deadline.sooner(1_000, 2_000) // => 1_000
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const sooner = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other)

/**
 * What a deadline leaves of a window: at most the window, in whole seconds; nothing where less is left than the shortest
 * window. `left` is the time until the deadline, `reserve` what of it is not flex's: half, unless given.
 *
 * **Example** (a minute left)
 *
 * ```ts
 * import { Duration, Option } from "effect"
 * import { Deadline } from "effect-flexinference"
 *
 * const asked = Duration.minutes(2)
 *
 * Deadline.shorten(asked, Duration.minutes(1)) // => Option.some(Duration.seconds(30))
 * Deadline.shorten(asked, Duration.minutes(1), Duration.seconds(20)) // => Option.some(Duration.seconds(40))
 * Deadline.shorten(asked, Duration.seconds(8)) // => Option.none()
 * Deadline.shorten(asked, Duration.hours(1)) // => Option.some(asked)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const shorten = (
  window: Duration.Duration,
  left: Duration.Duration,
  reserve: Duration.Duration = Duration.times(left, 0.5)
): Option.Option<Duration.Duration> => {
  const most = Duration.seconds(Math.floor(Duration.toSeconds(Duration.subtract(left, reserve))))
  const shorter = Duration.min(window, most)
  return Duration.isLessThan(shorter, StartWithin.minimum) ? Option.none() : Option.some(shorter)
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i

/**
 * The Unix milliseconds of an instant as RFC 3339 writes it.
 *
 * **Example** (an instant needs its offset)
 *
 * ```ts
 * import { Option } from "effect"
 * import { Deadline } from "effect-flexinference"
 *
 * Deadline.parse("1970-01-01T00:01:00Z") // => Option.some(60_000)
 * Deadline.parse("1970-01-01T01:01:00.5+01:00") // => Option.some(60_500)
 * Deadline.parse("1970-01-01T00:01:00") // => Option.none()
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (text: string): Option.Option<number> =>
  instant.test(text) ? Option.map(DateTime.make(text), DateTime.toEpochMillis) : Option.none()
