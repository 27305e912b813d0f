/**
 * What a race costs, in the price of one standard answer: the answer itself, a flex leg that was beaten, and the time
 * until it started. The same for what happened, for what would have, and for whoever had known.
 */
import type { Draw } from "./World.ts"

/** What is at stake. */
export interface Stakes {
  /** The price of a flex answer. */
  readonly flexPrice: number
  /** What a flex leg costs that was beaten. */
  readonly overlap: number
  /** What a second of waiting costs. */
  readonly secondPrice: number
  /** How long standard takes to start. */
  readonly standardMs: number
}

/** How one request went. */
export interface Outcome {
  /** Flex served it. */
  readonly flex: boolean
  /** A flex leg was opened, and standard was first. */
  readonly beaten: boolean
  readonly startedMs: number
}

/** What flex alone is waited for so long brings, where a leg that is late stays in the race. */
export const outcome = ({ refused, startMs }: Draw, waitMs: number, { standardMs }: Stakes): Outcome => {
  if (waitMs <= 0) return { flex: false, beaten: false, startedMs: standardMs }
  if (refused) return { flex: false, beaten: false, startedMs: standardMs }
  return startMs < waitMs + standardMs
    ? { flex: true, beaten: false, startedMs: startMs }
    : { flex: false, beaten: true, startedMs: waitMs + standardMs }
}

/** What is paid for the answer and for what ran beside it. */
export const money = ({ beaten, flex }: Outcome, { flexPrice, overlap }: Stakes): number =>
  (flex ? flexPrice : 1) + (beaten ? overlap : 0)

/** That, and what the waiting costs. */
export const cost = (outcome: Outcome, stakes: Stakes): number =>
  money(outcome, stakes) + stakes.secondPrice * outcome.startedMs / 1000

export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** The mean cost of waiting so long, every time. */
export const fixed = (draws: ReadonlyArray<Draw>, waitMs: number, stakes: Stakes): number =>
  mean(draws.map((draw) => cost(outcome(draw, waitMs, stakes), stakes)))

/** The mean cost of knowing before each request whether flex is worth waiting for. */
export const clairvoyant = (draws: ReadonlyArray<Draw>, stakes: Stakes): number =>
  mean(draws.map(({ startMs }) =>
    Math.min(
      cost({ flex: false, beaten: false, startedMs: stakes.standardMs }, stakes),
      Number.isFinite(startMs)
        ? cost({ flex: true, beaten: false, startedMs: startMs }, stakes)
        : Number.POSITIVE_INFINITY
    )
  ))

/** As many waits are tried: the starts themselves, or so many quantiles of them. */
const maxTried = 256

/** The wait that costs least on these draws, which is what whoever knows their distribution waits; 0 asks no flex. */
export const best = (
  draws: ReadonlyArray<Draw>,
  stakes: Stakes,
  maxMs: number
): { readonly waitMs: number; readonly cost: number } => {
  const starts = draws.map(({ startMs }) => startMs).filter((startMs) => startMs <= maxMs).toSorted((a, b) => a - b)
  const step = Math.max(1, starts.length / maxTried)
  const waits = new Set([0, maxMs])
  // Standard takes its time too: a start may be waited for by opening it that much earlier.
  for (let at = 0; at < starts.length; at += step) {
    waits.add(Math.max(1, (starts[Math.floor(at)] ?? 0) - stakes.standardMs + 1))
  }
  let found = { waitMs: 0, cost: Number.POSITIVE_INFINITY }
  for (const waitMs of waits) {
    const cost = fixed(draws, waitMs, stakes)
    if (cost < found.cost) found = { waitMs, cost }
  }
  return found
}
