/** An answer's routing record in one line: tier, reason, start, cost, saving. */
import * as Duration from "effect/Duration"
import type { Routing } from "../Routing.ts"

const dollars = (microUsd: number): string => `$${(microUsd / 1_000_000).toFixed(6)}`

const saved = (microUsd: number): string =>
  microUsd > 0 ? `saved ${dollars(microUsd)}` : `${dollars(-microUsd)} above standard`

/** The line, without its end. */
export const line = (routing: Routing): string =>
  [
    routing.tierInferred ? `${routing.tier} (inferred)` : routing.tier,
    routing.reason,
    `started after ${Duration.toSeconds(routing.startedAfter).toFixed(1)} s`,
    routing.costMicroUsd === undefined ? "price unknown" : dollars(routing.costMicroUsd),
    ...(routing.savingMicroUsd === undefined || routing.savingMicroUsd === 0 ? [] : [saved(routing.savingMicroUsd)]),
    ...(routing.simulated ? ["simulated"] : [])
  ].join(" · ")
