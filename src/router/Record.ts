/** The record of a committed request, with what the provider has reported so far. */
import * as Duration from "effect/Duration"
import * as Cost from "../Cost.ts"
import type { Served } from "../Dialect.ts"
import type * as Routing from "../Routing.ts"
import type { Headers } from "../Transport.ts"
import type { Committed, Job } from "./Job.ts"

type Answered = Committed<{ readonly headers: Headers }>

export const record = (job: Job, committed: Answered, served: Served): Routing.Routing => ({
  window: job.plan.window,
  startedAfter: Duration.millis(committed.at - job.receivedAt),
  usage: served.usage,
  model: served.model ?? job.plan.model,
  ...(committed.leg.route.provider.races
    ? recordedElsewhere(job, committed, served)
    : decidedHere(job, committed, served))
})

const decidedHere = (
  { catalog, log, options, plan, receivedAt }: Job,
  { answer: { headers }, fallbackAttempts, leg, reason, retries }: Answered,
  served: Served
) => {
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
    provider: provider.name,
    requestedProvider: plan.routes[0].provider.name,
    tier,
    tierInferred: reported === undefined,
    reason,
    fallbackAttempts,
    retries,
    dropped: leg.encoded.dropped,
    mode: "byok" as const,
    legs: log.legs(),
    costMicroUsd: cost?._tag === "Priced" ? cost.microUsd : undefined,
    savingMicroUsd: priced === undefined ? undefined : Cost.saving(priced),
    simulated: options.simulated === true
  }
}

/** What a provider that races by itself says of it in its headers. */
const recordedElsewhere = ({ plan }: Job, { answer: { headers } }: Answered, served: Served) => {
  const provider = headers["x-flexinference-served-provider"] ?? "unknown"
  return {
    provider,
    requestedProvider: plan.requestedProvider ?? provider,
    tier: served.tier ?? "unknown",
    tierInferred: served.tier === undefined,
    reason: headers["x-flexinference-routing-reason"] ?? "unknown",
    fallbackAttempts: 0,
    retries: wholeOf(headers["x-flexinference-retries"]) ?? 0,
    dropped: headers["x-flexinference-dropped"]?.split(", ") ?? [],
    mode: headers["x-flexinference-pricing"] === "managed" ? "managed" as const : "byok" as const,
    legs: [],
    costMicroUsd: served.costMicroUsd ?? wholeOf(headers["x-flexinference-cost"]),
    savingMicroUsd: undefined,
    simulated: headers["x-flexinference-simulated"] === "true"
  }
}

/** The number of a header, if it is one. */
const wholeOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined
