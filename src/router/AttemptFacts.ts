/** What is known of a request once it is over, and its record made of it. */
import * as DateTime from "effect/DateTime"
import type { AttemptLeg, AttemptRecord, LegOutcome, Level } from "../AttemptLog.ts"
import * as Cost from "../Cost.ts"
import type { DialectName } from "../Dialect.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { ModelCatalog } from "../ModelCatalog.ts"
import type { Registry } from "../Provider.ts"
import type { Plan, Reason, Routing } from "../Routing.ts"
import type { Committed } from "./Job.ts"
import type { Entry } from "./LegLog.ts"
import type { Caller } from "./Passage.ts"

/** How a request ended for its caller. */
export type End =
  /** It was answered to the end: with an answer, or with its provider's own report of a failure. */
  | { readonly _tag: "Answered"; readonly report: FlexInferenceError | undefined }
  | { readonly _tag: "Failed"; readonly error: FlexInferenceError }
  | { readonly _tag: "Left" }

export interface Facts {
  readonly catalog: ModelCatalog
  readonly providers: Registry
  readonly surface: DialectName
  readonly caller: Caller | undefined
  readonly model: string | undefined
  readonly startWithin: string | undefined
  readonly plan: Plan | undefined
  /** The leg that was chosen last. */
  readonly committed: Committed<unknown> | undefined
  /** What came of the answer, where one was committed. */
  readonly routing: Routing | undefined
  /** Whether the provider's answer came to its end: only then is it known what it used. */
  readonly isWhole: boolean
  readonly legs: ReadonlyArray<Entry>
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly endedAt: number
  readonly end: End
}

/** The status of a request whose caller left, as reverse proxies have it. */
const left = 499

/** What a caller may call a model is bounded only by the size of a request. */
const longestName = 200

/** The record of a request that is over. */
export const recordOf = (facts: Facts): AttemptRecord => {
  const { caller, committed, end, endedAt, legs, plan, receivedAt, routing } = facts
  const error = errorOf(end)
  const money = moneyOf(facts)
  return {
    v: 1,
    time: DateTime.formatIso(DateTime.makeUnsafe(receivedAt)),
    level: error === undefined ? "info" : levelOf(error),
    event: "request",
    requestId: caller?.requestId ?? null,
    key: caller?.key ?? null,
    surface: facts.surface,
    model: (plan?.model ?? facts.model)?.slice(0, longestName) ?? null,
    provider: routing?.provider ?? committed?.leg.route.provider.name ?? error?.provider ?? legs.at(-1)?.provider ??
      plan?.routes[0].provider.name ?? null,
    tier: tierOf(facts) ?? null,
    reason: routing?.reason ?? committed?.reason ?? (end._tag === "Left" ? canceled : null),
    status: end._tag === "Left" ? left : error?.status ?? 200,
    startWithin: facts.startWithin ?? null,
    startedAfterMs: committed === undefined ? null : committed.at - receivedAt,
    durationMs: endedAt - receivedAt,
    usage: money.usage,
    costMicroUsd: money.costMicroUsd,
    listMicroUsd: money.listMicroUsd,
    savingMicroUsd: facts.isWhole ? routing?.savingMicroUsd ?? null : null,
    retries: routing?.retries ?? committed?.retries ?? retriesOf(facts),
    fallbackAttempts: routing?.fallbackAttempts ?? committed?.fallbackAttempts ?? routesOf(facts) - 1,
    rung: null,
    legs: legsOf(facts, money)
  }
}

const canceled: Reason = "canceled"

const errorOf = (end: End): FlexInferenceError | undefined =>
  end._tag === "Failed" ? end.error : end._tag === "Answered" ? end.report : undefined

/** A provider that cannot be had, or does not take our key, is its operator's matter; a wrong request is its caller's. */
const levelOf = ({ class: kind, origin }: FlexInferenceError): Level => {
  if (kind === "internal") return "error"
  return kind === "upstream" || (origin === "provider" && kind !== "validation" && kind !== "capability")
    ? "warn"
    : "info"
}

/** The tier that served, in our own word where its provider's is known. */
const tierOf = ({ committed, providers, routing }: Facts): string | undefined =>
  routing === undefined || (routing.tierInferred && committed?.leg.route.provider.races === false)
    ? committed?.leg.tier
    : providers.get(routing.provider)?.provider.tierFromWire(routing.tier) ?? routing.tier

type Money = Pick<AttemptRecord, "usage" | "costMicroUsd" | "listMicroUsd">

const unknown: Money = { usage: null, costMicroUsd: null, listMicroUsd: null }

const moneyOf = ({ catalog, committed, isWhole, plan, receivedAt, routing }: Facts): Money => {
  if (!isWhole || routing === undefined) return unknown
  const { costMicroUsd = null, provider, usage } = routing
  // Whoever races elsewhere has prices of its own.
  const list = usage === undefined || plan === undefined || committed?.leg.route.provider.races !== false
    ? undefined
    : Cost.calculate({ catalog, provider, model: plan.model, tier: "standard", usage, at: receivedAt })
  return {
    usage: usage ?? null,
    costMicroUsd,
    listMicroUsd: list?._tag === "Priced" ? list.microUsd : null
  }
}

/** How many routes were tried, or would have been. */
const routesOf = ({ legs, plan }: Facts): number =>
  new Set([plan?.routes[0].provider.name ?? "", ...legs.map(({ provider }) => provider)]).size

const retriesOf = (facts: Facts): number => {
  const fallback = facts.legs.filter(({ tier }) => tier !== "flex")
  return Math.max(0, fallback.length - new Set(fallback.map(({ provider }) => provider)).size)
}

const isServing = ({ committed }: Facts, { outcome, provider, tier }: Entry): boolean =>
  outcome === "started" && provider === committed?.leg.route.provider.name && tier === committed.leg.tier

const legsOf = (facts: Facts, money: Money): ReadonlyArray<AttemptLeg> => {
  const { endedAt, legs, receivedAt } = facts
  const serving = legs.filter((leg) => isServing(facts, leg))
  return legs.map((leg): AttemptLeg => {
    const started = leg.streamed && leg.outcome === "started"
    // Of an answer in several calls it is known what they used together.
    const { costMicroUsd, listMicroUsd, usage } = serving.length === 1 && serving[0] === leg ? money : unknown
    return {
      provider: leg.provider,
      tier: leg.tier,
      openedAtMs: leg.openedAfter,
      startedAtMs: started ? leg.endedAfter ?? null : null,
      endedAtMs: (started ? leg.closedAfter : leg.endedAfter) ?? endedAt - receivedAt,
      outcome: outcomeOf(facts, leg, serving),
      usage,
      costMicroUsd,
      listMicroUsd
    }
  })
}

const outcomeOf = (
  { committed, end, endedAt, isWhole, receivedAt }: Facts,
  leg: Entry,
  serving: ReadonlyArray<Entry>
): LegOutcome => {
  if (leg.outcome === "failed") return leg.error === undefined ? "failed" : failureOf(leg.error)
  if (leg.outcome !== "started") {
    const isLast = (leg.endedAfter ?? endedAt - receivedAt) >= endedAt - receivedAt
    return end._tag === "Left" && committed === undefined && isLast ? "canceled" : "beaten"
  }
  if (!serving.includes(leg)) return committed?.reason === "flex_recovered" ? "broken" : "beaten"
  if (leg !== serving.at(-1) || isWhole) return "completed"
  return end._tag === "Left" ? "canceled" : "broken"
}

const failureOf = ({ class: kind, reason }: FlexInferenceError): LegOutcome => {
  switch (reason._tag) {
    case "CapacityRefused":
      return "refused"
    case "TierUnsupported":
      return "unsupported"
    case "TimedOut":
      return "timed_out"
    case "TransportFailed":
      return "unreachable"
    case "StreamFailed":
    case "Internal":
      return "failed"
    default:
      return kind === "upstream"
        ? "failed"
        : kind === "quota" || kind === "billing"
        ? "refused"
        : kind === "authentication" || kind === "permission"
        ? "unauthorized"
        : "rejected"
  }
}
