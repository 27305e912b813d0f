/**
 * How many times fell where, on a scale of steps that grow: from 10 ms to 20 minutes, each a quarter longer than the one
 * before. It takes the same place whatever it counts, and two can be added.
 */

const shortest = 10
const growth = 1.25
const steps = 53

export type Histogram = ReadonlyArray<number>

export const empty: Histogram = Array.from({ length: steps + 1 }, () => 0)

const stepOf = (millis: number): number =>
  millis < shortest ? 0 : Math.min(steps, 1 + Math.floor(Math.log(millis / shortest) / Math.log(growth)))

/** The shortest time of a step. */
const from = (step: number): number => step === 0 ? 0 : shortest * growth ** (step - 1)

/** Counts a time, in milliseconds, in a histogram that nobody else has. */
export const add = (histogram: Array<number>, millis: number): void => {
  const step = stepOf(millis)
  histogram[step] = (histogram[step] ?? 0) + 1
}

export const sum = (one: Histogram, other: Histogram): Histogram => one.map((count, step) => count + (other[step] ?? 0))

export const count = (histogram: Histogram): number => histogram.reduce((sum, count) => sum + count, 0)

/** The time, in milliseconds, within which a share of them fell; right to an eighth. `null` where there are none. */
export const quantile = (histogram: Histogram, share: number): number | null => {
  const wanted = count(histogram) * share
  if (wanted === 0) return null
  let below = 0
  for (const [step, count] of histogram.entries()) {
    if (below + count >= wanted && count > 0) {
      const least = from(step)
      return least + (from(step + 1) - least) * (wanted - below) / count
    }
    below += count
  }
  return from(steps + 1)
}
