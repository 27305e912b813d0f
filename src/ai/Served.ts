/** Who served an answer, and how. */
import * as Duration from "effect/Duration"
import type { Provider } from "../Provider.ts"
import { providers } from "../provider/index.ts"
import type { Routing } from "../Routing.ts"
import type { RoutingMetadata } from "./Metadata.ts"

/** The record of who served, where it is a built-in one. */
export const providerOf = ({ provider }: Routing): Provider | undefined =>
  Object.values(providers).find(({ name }) => name === provider)

export const routingMetadata = (routing: Routing): RoutingMetadata => ({
  provider: routing.provider,
  requestedProvider: routing.requestedProvider,
  tier: routing.tier,
  tierInferred: routing.tierInferred,
  reason: routing.reason,
  windowMs: routing.window === undefined ? null : Duration.toMillis(routing.window),
  startedAfterMs: Duration.toMillis(routing.startedAfter),
  fallbackAttempts: routing.fallbackAttempts,
  retries: routing.retries,
  dropped: routing.dropped,
  simulated: routing.simulated,
  costMicroUsd: routing.costMicroUsd ?? null,
  savingMicroUsd: routing.savingMicroUsd ?? null
})
