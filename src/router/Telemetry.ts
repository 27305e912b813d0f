/**
 * Spans, with attributes by the names of OpenTelemetry's GenAI conventions. No prompt and no completion text, ever: of a
 * failure a span has its code, because a provider's message may quote what it was asked.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { AttemptRecord } from "../AttemptLog.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Tier } from "../ModelCatalog.ts"
import type { Provider } from "../Provider.ts"
import * as ServiceTier from "../provider/ServiceTier.ts"
import type { Plan, Routing } from "../Routing.ts"

/** Whether anybody traces. */
export const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined ||
  Context.getOrUndefined(context, Tracer.ParentSpan) !== undefined

/** The call to a provider in a span of its own. Where nobody traces there is none, and it costs nothing. */
export const legSpan = <A, R>(
  provider: Provider,
  tier: Tier,
  call: Effect.Effect<A, FlexInferenceError, R>
): Effect.Effect<A, FlexInferenceError, R> =>
  Effect.withFiber((fiber) => {
    if (!isTraced(fiber.context)) return call
    const clock = fiber.getRef(Clock.Clock)
    return Effect.flatMap(
      Effect.makeSpan("flexinference.leg", { kind: "client", attributes: legAttributes(provider, tier) }),
      (span) =>
        Effect.onExit(
          Effect.withParentSpan(call, span, { captureStackTrace: false }),
          (exit) =>
            Effect.sync(() => {
              const told = exitOf(exit)
              annotate(span, { "flexinference.leg.outcome": outcomeOf(told), ...errorAttributes(told) })
              span.end(clock.currentTimeNanosUnsafe(), told)
            })
        )
    )
  })

/** How something ended, in no words but a code. */
export const exitOf = (exit: Exit.Exit<unknown, FlexInferenceError>): Exit.Exit<void, string> => {
  if (Exit.isSuccess(exit)) return Exit.void
  const error = Cause.findError(exit.cause)
  if (Result.isSuccess(error)) return Exit.fail(typeOf(error.success))
  return Cause.hasInterruptsOnly(exit.cause) ? Exit.failCause(Cause.interrupt()) : Exit.fail("internal_error")
}

const typeOf = ({ code, providerCode, reason }: FlexInferenceError): string => code ?? providerCode ?? reason._tag

const outcomeOf = (exit: Exit.Exit<void, string>): string =>
  Exit.isSuccess(exit) ? "started" : Cause.hasInterruptsOnly(exit.cause) ? "aborted" : "failed"

const errorAttributes = (exit: Exit.Exit<void, string>): Attributes => {
  const type = Exit.isFailure(exit) ? Result.getOrUndefined(Cause.findError(exit.cause)) : undefined
  return type === undefined ? {} : { "error.type": type }
}

export type Attributes = { readonly [name: string]: string | number | boolean }

/** Adds attributes to a span. */
export const annotate = (span: Tracer.Span, attributes: Attributes): void => {
  for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
}

/** What is known of a request once it is planned. */
export const requestAttributes = (plan: Plan): Attributes => ({
  "gen_ai.operation.name": plan.surface.operation,
  "gen_ai.provider.name": plan.routes[0].provider.telemetryName,
  "gen_ai.request.model": plan.model,
  "flexinference.surface": plan.surface.name,
  "flexinference.stream": plan.stream
})

/** One call to one provider. */
export const legAttributes = (provider: Provider, tier: Tier): Attributes => ({
  "gen_ai.provider.name": provider.telemetryName,
  [ServiceTier.requested]: provider.tierToWire(tier) ?? tier
})

/** What came of a request; what is not known has no attribute. */
export const recordAttributes = (
  record: AttemptRecord,
  routing: Routing | undefined,
  exit: Exit.Exit<void, string>
): Attributes => {
  const { legs, usage } = record
  const attributes: { [name: string]: string | number | null | undefined } = {
    "gen_ai.response.model": routing?.model,
    [ServiceTier.served]: routing?.tier,
    "gen_ai.usage.input_tokens": usage?.input,
    "gen_ai.usage.output_tokens": usage?.output,
    "gen_ai.usage.cache_read.input_tokens": usage?.cachedInput,
    "gen_ai.usage.cache_creation.input_tokens": usage?.cacheWriteInput,
    "gen_ai.usage.reasoning.output_tokens": usage?.reasoning,
    "flexinference.status": record.status,
    "flexinference.reason": record.reason,
    "flexinference.started_after_ms": record.startedAfterMs,
    "flexinference.retries": record.retries,
    "flexinference.cost_micro_usd": record.costMicroUsd,
    "flexinference.list_micro_usd": record.listMicroUsd,
    "flexinference.saving_micro_usd": record.savingMicroUsd,
    "flexinference.legs": legs.length,
    ...Object.fromEntries(legs.flatMap(({ outcome, provider, tier }, index) => [
      [`flexinference.leg.${index}.provider`, provider],
      [`flexinference.leg.${index}.tier`, tier],
      [`flexinference.leg.${index}.outcome`, outcome]
    ]))
  }
  const known: { [name: string]: string | number } = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) known[name] = value
  }
  return { ...known, ...errorAttributes(exit) }
}
