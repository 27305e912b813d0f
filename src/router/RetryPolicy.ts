/** When a failed call is sent again: the contract's `retry` field as a `Schedule` over the errors it meets. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Retry } from "../RequestFields.ts"

const step = Duration.millis(500)
const cap = Duration.seconds(8)
const retryAfterCap = Duration.seconds(60)

/** The wait before the nth try again (from 1), without jitter: 0.5 s doubling or growing by 0.5 s, at most 8 s. */
export const backoff = (retry: Retry, attempt: number): Duration.Duration =>
  Duration.min(cap, Duration.times(step, retry.backoff === "exponential" ? 2 ** (attempt - 1) : attempt))

/**
 * The provider's `Retry-After` (at most 60 s) comes first; otherwise the backoff, which jitter shortens by up to a
 * quarter.
 */
export const schedule = (retry: Retry) =>
  Schedule.forever.pipe(
    Schedule.setInputType<FlexInferenceError>(),
    Schedule.modifyDelay(({ attempt, input }) => {
      if (input.retryAfter !== undefined) return Effect.succeed(Duration.min(input.retryAfter, retryAfterCap))
      const delay = backoff(retry, attempt)
      return retry.jitter
        ? Effect.map(Random.next, (random) => Duration.times(delay, 1 - 0.25 * random))
        : Effect.succeed(delay)
    }),
    Schedule.upTo({ times: retry.count })
  )
