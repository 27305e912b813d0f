/** Money for a person to read. */

/** Whole micro-USD, exactly. */
export const dollars = (microUsd: number): string => {
  const sign = microUsd < 0 ? "-" : ""
  return `${sign}$${(Math.abs(microUsd) / 1_000_000).toFixed(6)}`
}

/** What is not known is no 0. */
export const orUnknown = (microUsd: number | null | undefined): string =>
  microUsd === null || microUsd === undefined ? "unknown" : dollars(microUsd)
