/**
 * Effect `Metric`s of what a router does, made of the records of its requests. They are kept where their layer is
 * provided, for whatever exports Effect's metrics; the gateway shows them to Prometheus.
 *
 * What a label can be is bounded: a model that the catalogue does not know is `other`, and what is not known is `none`.
 * Costs, savings and tokens are counted where they are known.
 *
 * **Example** (the metrics of a program, as Prometheus reads them)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { PrometheusMetrics } from "effect/observability"
 * import { AttemptMetrics, FlexInference } from "effect-flexinference"
 *
 * export const layer = FlexInference.layerConfig().pipe(
 *   Layer.provide(AttemptMetrics.layer),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * export const text: Effect.Effect<string> = PrometheusMetrics.format()
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as AttemptLog from "./AttemptLog.ts"
import type { AttemptRecord } from "./AttemptLog.ts"
import * as ModelCatalog from "./ModelCatalog.ts"

/** What makes a series of a metric; one made with its labels costs less to add to than one that is given them later. */
type Series = (attributes: Metric.Metric.AttributeSet) => Metric.Metric<number, unknown>

const counter = (name: string, description: string): Series => (attributes) =>
  Metric.counter(`flexinference_${name}_total`, { description, attributes, incremental: true })

const requests = counter("requests", "Requests that are over, canceled ones included")

const start: Series = (attributes) =>
  Metric.histogram("flexinference_start_seconds", {
    description: "From the request to the first output of its answer, in seconds",
    attributes,
    boundaries: [0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600]
  })

const overhead = Metric.histogram("flexinference_overhead_seconds", {
  description: "From the request to its first call to a provider, in seconds",
  boundaries: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]
})

const waiting = Metric.gauge("flexinference_waiting", { description: "Requests whose answer has not started" })

const inFlight = Metric.gauge("flexinference_in_flight", { description: "Requests that are not over" })

// Cached and cache-write input are part of `input`, reasoning of `output`.
const tokens = counter("tokens", "Tokens of answers that came to their end")

const cost = counter("cost_microusd", "What answers cost by the price list, in micro-USD")

// A dearer tier takes nothing away from it: a counter that falls would be read as one that began anew.
const saving = counter("saving_microusd", "What answers cost less than at the standard tier, in micro-USD")

const retries = counter("retries", "Calls that were sent again")

const refusals = counter("refusals", "Calls that a provider refused, for want of capacity or of the tier")

const legs = counter("legs", "Calls that were made to providers, by how they ended")

const tiers: ReadonlySet<string> = new Set(["flex", "standard", "priority", "auto"] satisfies Array<ModelCatalog.Tier>)

const tierOf = (tier: string | null): string => tier === null ? "none" : tiers.has(tier) ? tier : "other"

/** How a call ends whose answer its caller was given, or some of it. */
const serves: ReadonlySet<AttemptLog.LegOutcome> = new Set(["completed", "broken", "canceled"])

const refusalKinds: { readonly [outcome in AttemptLog.LegOutcome]?: string } = {
  refused: "capacity",
  unsupported: "unsupported"
}

/**
 * A log that keeps the metrics, in the registry of the context.
 *
 * **Example** (what a program reads of them itself)
 *
 * ```ts
 * import { Effect, Metric } from "effect"
 * import { AttemptLog, AttemptMetrics } from "effect-flexinference"
 *
 * export const own = Effect.map(
 *   Metric.snapshot,
 *   (metrics) => metrics.filter(({ id }) => id.startsWith("flexinference_"))
 * )
 *
 * export const layer = AttemptLog.layerEffect(AttemptMetrics.make)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<AttemptLog.AttemptLog["Service"]> = Effect.gen(function*() {
  const context = yield* Effect.context<never>()
  const catalog = yield* ModelCatalog.Current

  const modelOf = (model: string | null): string =>
    model === null ? "none" : ModelCatalog.lookup(catalog, model)?.id ?? "other"

  /** A metric by the values of its labels; each series is made once. */
  const series = (make: Series, ...names: ReadonlyArray<string>) => {
    const known = new Map<string, Metric.Metric<number, unknown>>()
    return (amount: number, ...values: ReadonlyArray<string>): void => {
      const key = values.join("\n")
      let own = known.get(key)
      if (own === undefined) {
        own = make(Object.fromEntries(names.map((name, index) => [name, values[index] ?? "none"])))
        known.set(key, own)
      }
      own.updateUnsafe(amount, context)
    }
  }

  const request = series(requests, "surface", "provider", "model", "tier", "reason", "status")
  const started = series(start, "provider", "model", "tier")
  const token = series(tokens, "provider", "model", "tier", "kind")
  const spent = series(cost, "provider", "model", "tier")
  const saved = series(saving, "provider", "model")
  const retried = series(retries, "provider")
  const refused = series(refusals, "provider", "model", "kind")
  const leg = series(legs, "provider", "tier", "outcome")

  const add = (record: AttemptRecord): void => {
    const { costMicroUsd, savingMicroUsd, usage } = record
    const provider = record.provider ?? "none"
    const model = modelOf(record.model)
    const tier = tierOf(record.tier)
    request(1, record.surface, provider, model, tier, record.reason ?? "none", String(record.status))
    const serving = record.legs.findLast(({ outcome }) => serves.has(outcome))
    if (record.startedAfterMs !== null && serving !== undefined && serving.startedAtMs !== null) {
      started(record.startedAfterMs / 1000, provider, model, tier)
    }
    if (usage !== null) {
      token(usage.input, provider, model, tier, "input")
      token(usage.output, provider, model, tier, "output")
      if (usage.cachedInput > 0) token(usage.cachedInput, provider, model, tier, "cached_input")
      if (usage.cacheWriteInput > 0) token(usage.cacheWriteInput, provider, model, tier, "cache_write_input")
      if (usage.reasoning > 0) token(usage.reasoning, provider, model, tier, "reasoning")
    }
    if (costMicroUsd !== null) spent(costMicroUsd, provider, model, tier)
    if (savingMicroUsd !== null && savingMicroUsd > 0) saved(savingMicroUsd, provider, model)
    if (record.retries > 0) retried(record.retries, provider)
    for (const { outcome, provider, tier } of record.legs) {
      leg(1, provider, tierOf(tier), outcome)
      const kind = refusalKinds[outcome]
      if (kind !== undefined) refused(1, provider, model, kind)
    }
  }

  return AttemptLog.AttemptLog.of({
    record: (record) => Effect.sync(() => add(record)),
    begin: (clock) => {
      const begunAt = clock.currentTimeNanosUnsafe()
      let waits = true
      waiting.modifyUnsafe(1, context)
      inFlight.modifyUnsafe(1, context)
      const started = (): void => {
        if (waits) waiting.modifyUnsafe(-1, context)
        waits = false
      }
      return {
        called: () => overhead.updateUnsafe(Number(clock.currentTimeNanosUnsafe() - begunAt) / 1e9, context),
        started,
        ended: () => {
          started()
          inFlight.modifyUnsafe(-1, context)
        }
      }
    }
  })
})

/**
 * Keeps the metrics, beside the log that is in the context, if there is one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<AttemptLog.AttemptLog> = AttemptLog.layerEffect(make)
