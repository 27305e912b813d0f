/** The record of a committed request, with what the provider has reported so far. */
import * as Duration from "effect/Duration"
import * as Cost from "../Cost.ts"
import type { Served } from "../Dialect.ts"
import type * as Routing from "../Routing.ts"
import type { Headers } from "../Transport.ts"
import type { Committed, Job } from "./Job.ts"

export const record = (
  job: Job,
  { answer: { headers }, at, fallbackAttempts, leg, reason, retries }: Committed<{ readonly headers: Headers }>,
  served: Served
): Routing.Routing => {
  const { catalog, options, plan, receivedAt } = job
  const { provider } = leg.route
  const reported = served.tier ?? (provider.tierHeader === undefined ? undefined : headers[provider.tierHeader])
  const tier = reported ?? provider.tierToWire(leg.tier) ?? leg.tier
  const priced = served.usage === undefined ? undefined : {
    catalog,
    provider: provider.name,
    model: plan.model,
    tier: provider.tierFromWire(tier),
    usage: served.usage,
    at: receivedAt
  }
  const cost = priced === undefined ? undefined : Cost.calculate(priced)
  return {
    model: served.model ?? plan.model,
    provider: provider.name,
    requestedProvider: plan.routes[0].provider.name,
    tier,
    tierInferred: reported === undefined,
    reason,
    fallbackAttempts,
    retries,
    mode: "byok",
    window: plan.window,
    startedAfter: Duration.millis(at - receivedAt),
    legs: job.log.legs(),
    usage: served.usage,
    costMicroUsd: cost?._tag === "Priced" ? cost.microUsd : undefined,
    savingMicroUsd: priced === undefined ? undefined : Cost.saving(priced),
    simulated: options.simulated === true
  }
}
