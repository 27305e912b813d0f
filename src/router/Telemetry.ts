/** Span attributes by the names of OpenTelemetry's GenAI conventions. No prompt and no completion text, ever. */
import * as Duration from "effect/Duration"
import type { DialectName } from "../Dialect.ts"
import type { Tier } from "../ModelCatalog.ts"
import type { Provider } from "../Provider.ts"
import type { Plan, Routing } from "../Routing.ts"

const systems: { readonly [name: string]: string } = {
  openai: "openai",
  google: "gcp.gemini",
  anthropic: "anthropic"
}

const systemOf = ({ name }: Provider): string => systems[name] ?? name

const operations: { readonly [name in DialectName]: string } = {
  responses: "chat",
  "chat.completions": "chat",
  interactions: "generate_content",
  messages: "chat"
}

type Attributes = { readonly [name: string]: string | number | boolean }

/** What is known of a request once it is planned. */
export const requestAttributes = (plan: Plan): Attributes => ({
  "gen_ai.operation.name": operations[plan.surface],
  "gen_ai.provider.name": systemOf(plan.routes[0].provider),
  "gen_ai.request.model": plan.model,
  "flexinference.surface": plan.surface,
  "flexinference.stream": plan.stream
})

/** One call to one provider. */
export const legAttributes = (provider: Provider, tier: Tier): Attributes => ({
  "gen_ai.provider.name": systemOf(provider),
  "openai.request.service_tier": provider.tierToWire(tier) ?? tier
})

/** What was decided, once a leg is committed. */
export const routingAttributes = (routing: Routing): Attributes => ({
  "gen_ai.response.model": routing.model,
  "openai.response.service_tier": routing.tier,
  "flexinference.reason": routing.reason,
  "flexinference.started_after_ms": Duration.toMillis(routing.startedAfter),
  "flexinference.legs": routing.legs.length
})
