/** Span attributes by the names of OpenTelemetry's GenAI conventions. No prompt and no completion text, ever. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Tracer from "effect/Tracer"
import type { Tier } from "../ModelCatalog.ts"
import type { Provider } from "../Provider.ts"
import * as ServiceTier from "../provider/ServiceTier.ts"
import type { Plan, Routing } from "../Routing.ts"

/** An effect in a span of its own, which it can annotate. Where nobody traces there is none, and it costs nothing. */
export const span = <A, E, R>(
  name: string,
  options: () => Tracer.SpanOptions,
  evaluate: (annotate: (attributes: () => Attributes) => void) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber(({ context }) =>
    Context.getOrUndefined(context, Tracer.Tracer) === undefined &&
      Context.getOrUndefined(context, Tracer.ParentSpan) === undefined
      ? evaluate(constVoid)
      : Effect.useSpan(name, options(), (span) => {
        const annotate = (attributes: () => Attributes): void => {
          for (const [key, value] of Object.entries(attributes())) span.attribute(key, value)
        }
        return Effect.withParentSpan(evaluate(annotate), span, { captureStackTrace: false })
      })
  )

type Attributes = { readonly [name: string]: string | number | boolean }

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

/** What was decided, once a leg is committed. */
export const routingAttributes = (routing: Routing): Attributes => ({
  "gen_ai.response.model": routing.model,
  [ServiceTier.served]: routing.tier,
  "flexinference.reason": routing.reason,
  "flexinference.started_after_ms": Duration.toMillis(routing.startedAfter),
  "flexinference.legs": routing.legs.length
})
