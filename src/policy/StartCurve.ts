/**
 * How likely a leg is to have started after a time, from legs of which some were given up before they started.
 *
 * Such a leg has not told when it would have started, only that it had not yet. To leave it out would flatter the tier,
 * and to count it as one that never starts would slander it, so this is the Kaplan-Meier estimate: each start is held
 * against those that were still waiting then.
 */

/** One leg that was watched. */
export interface Observation {
  /** For how long, in milliseconds: until it started, or until it was given up. */
  readonly after: number
  readonly started: boolean
  /** How much it counts. */
  readonly weight: number
}

/** From this time on, in milliseconds, so large a share of all legs has started. */
export interface Step {
  readonly after: number
  readonly share: number
}

/** The curve, which only rises. */
export interface StartCurve {
  readonly steps: ReadonlyArray<Step>
  /** What it was made of. */
  readonly observations: ReadonlyArray<Observation>
}

/** The curve that these legs amount to; its steps are worked out when somebody looks at them. */
export const make = (observations: ReadonlyArray<Observation>): StartCurve => {
  let steps: ReadonlyArray<Step> | undefined
  return {
    observations,
    get steps() {
      steps ??= stepsOf(observations)
      return steps
    }
  }
}

const stepsOf = (observations: ReadonlyArray<Observation>): ReadonlyArray<Step> => {
  // Of two at the same time, the one that started was still waiting when the other was given up.
  const sorted = observations.toSorted((one, other) =>
    one.after - other.after || Number(other.started) - Number(one.started)
  )
  let waiting = 0
  for (const { weight } of sorted) waiting += weight
  let missing = 1
  const steps: Array<Step> = []
  for (const { after, started, weight } of sorted) {
    if (started && waiting > 0) {
      missing *= Math.max(0, 1 - weight / waiting)
      const last = steps.at(-1)
      if (last?.after === after) steps.pop()
      steps.push({ after, share: 1 - missing })
    }
    waiting -= weight
  }
  return steps
}

/** The share that has started by a time. */
export const startedBy = (curve: StartCurve, after: number): number => {
  let all = 0
  let early = 0
  for (const seen of curve.observations) {
    // Whoever was given up before has to be reckoned with; without one, the share is what it looks like.
    if (!seen.started && seen.after < after) return startedByStep(curve, after)
    all += seen.weight
    if (seen.started && seen.after <= after) early += seen.weight
  }
  return all === 0 ? 0 : early / all
}

const startedByStep = ({ steps }: StartCurve, after: number): number => {
  let share = 0
  for (const step of steps) {
    if (step.after > after) break
    share = step.share
  }
  return share
}

/** The time by which a share has started; `undefined` where that was never seen. */
export const quantile = ({ steps }: StartCurve, share: number): number | undefined =>
  steps.find((step) => step.share >= share)?.after

/** How many legs tell whether one starts by a time: those that have, and those that have not and were watched till then. */
export const evidence = (
  { observations }: StartCurve,
  by: number
): { readonly started: number; readonly late: number } => {
  let early = 0
  let late = 0
  for (const { after, started, weight } of observations) {
    if (started && after <= by) early += weight
    else if (after >= by) late += weight
  }
  return { started: early, late }
}
