/**
 * What flex legs of the past say about the next one. Older legs count less, so that an estimate follows its provider.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as StartCurve from "./StartCurve.ts"

/**
 * What came of a flex leg: it started; it was refused, or failed in another way that is known at once; it was still
 * waiting when its time was up; or its caller left before that.
 */
export type Result = "started" | "refused" | "stalled" | "left"

/** A flex leg that is over, as far as waiting for it goes. */
export interface Outcome {
  readonly result: Result
  /** How long it took, or was waited for, in milliseconds. */
  readonly after: number
  /** When that was, in epoch milliseconds. */
  readonly at: number
}

/** A leg, and how much it counts. */
export interface Weighed extends Outcome, StartCurve.Observation {}

/** What is known of a model's flex tier. */
export interface Estimate {
  /** The legs it rests on, the latest last. */
  readonly outcomes: ReadonlyArray<Weighed>
  /** How many of them were refused, the older ones counting less. */
  readonly refused: number
  /** How many were not, and were not left by their callers. */
  readonly watched: number
  /** The share of legs that were refused; `undefined` while there were none. */
  readonly refusalRate: number | undefined
  /** The share of legs that were not refused and did not start in time; legs that their callers left are no part of it. */
  readonly stallRate: number | undefined
  /** When legs start that are not refused. */
  readonly starts: StartCurve.StartCurve
}

/** So many legs are looked back on; what is older says little. */
export const mostOutcomes = 64

/** After this time a leg counts half. */
export const halfLife: Duration.Duration = Duration.minutes(30)

/** What these legs, the latest last, amount to at a time in epoch milliseconds. */
export const make = (outcomes: ReadonlyArray<Outcome>, now: number, half: Duration.Input = halfLife): Estimate => {
  const life = Duration.toMillis(half)
  const sums = { started: 0, refused: 0, stalled: 0, left: 0 }
  const kept: Array<Weighed> = []
  const waits: Array<StartCurve.Observation> = []
  for (let index = Math.max(0, outcomes.length - mostOutcomes); index < outcomes.length; index++) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    const { after, at, result } = outcome
    const weight = 2 ** (Math.min(0, at - now) / life)
    const weighed: Weighed = { result, after, at, started: result === "started", weight }
    kept.push(weighed)
    sums[result] += weight
    if (result !== "refused") waits.push(weighed)
  }
  const all = sums.started + sums.refused + sums.stalled
  const patient = sums.started + sums.stalled
  return {
    outcomes: kept,
    refused: sums.refused,
    watched: patient,
    refusalRate: all === 0 ? undefined : sums.refused / all,
    stallRate: patient === 0 ? undefined : sums.stalled / patient,
    starts: StartCurve.make(waits)
  }
}

/**
 * The time by which a share of the legs that are not refused has started; none where that was never seen.
 *
 * @since 0.1.0
 * @category queries
 */
export const startQuantile = ({ starts }: Estimate, share: number): Option.Option<Duration.Duration> =>
  Option.map(Option.fromUndefinedOr(StartCurve.quantile(starts, share)), (after) => Duration.millis(after))

/**
 * How likely a leg is to serve within a window, in milliseconds: neither refused nor too late. With nothing known it is a
 * half. What was seen is doubted as if half a leg more had told the contrary, and of a time that no leg has waited for
 * nothing is held to be known, however many gave up before it.
 *
 * @since 0.1.0
 * @category queries
 */
export const chance = ({ refused, starts, watched }: Estimate, window: number): number => {
  const share = StartCurve.startedBy(starts, window)
  const { late, started } = StartCurve.evidence(starts, window)
  const inTime = share * started / (started + 0.5) + (1 - share) * 0.5 / (late + 1)
  return inTime * (1 - refused / (refused + watched + 1))
}

/** The latest legs that would have failed within a window, one after the other, and the last that tells. */
export interface Run {
  /** How many they are, the older ones counting less. */
  readonly failures: number
  /** How likely a leg was to serve before that. */
  readonly before: number
  readonly last: Outcome | undefined
}

/** What a leg says of a window: whether it would have served within it; `undefined` where it does not tell. */
const within = ({ after, result }: Outcome, window: number): boolean | undefined => {
  switch (result) {
    case "started":
      return after <= window
    case "refused":
      return false
    case "stalled":
      return after >= window ? false : undefined
    case "left":
      return undefined
  }
}

/** How a model's flex tier has failed most recently, for a window in milliseconds. */
export const run = ({ outcomes }: Estimate, window: number): Run => {
  let last: Outcome | undefined
  let failures = 0
  let served = 0
  let told = 0
  for (let index = outcomes.length - 1; index >= 0; index--) {
    const outcome = outcomes[index]
    const kept = outcome === undefined ? undefined : within(outcome, window)
    if (outcome === undefined || kept === undefined) continue
    const { weight } = outcome
    last ??= outcome
    if (kept) served += weight
    if (served === 0) failures += weight
    else told += weight
  }
  return { failures, before: (served + 0.5) / (told + 1), last }
}
