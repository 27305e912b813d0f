/** An answer and how it was served, as `ask --json` prints it. What is not known is `null`, never 0. */
import * as Duration from "effect/Duration"
import type { ResponseObject } from "../../api/Responses.ts"
import * as Routing from "../../Routing.ts"
import * as Json from "../../wire/Json.ts"

export interface Answer {
  /** The text of the answer. */
  readonly text: string
  /** The text has to be JSON, because a schema was given. */
  readonly structured: boolean
  /** The answer as a whole, where its last event carried it. */
  readonly whole: ResponseObject | undefined
  readonly routing: Routing.Routing
}

const usageOf = (routing: Routing.Routing): Json.JsonObject | null =>
  routing.usage === undefined ? null : {
    input_tokens: routing.usage.input,
    cached_input_tokens: routing.usage.cachedInput,
    output_tokens: routing.usage.output,
    reasoning_tokens: routing.usage.reasoning
  }

/** The object to print. */
export const make = ({ routing, structured, text, whole }: Answer): Json.JsonObject => ({
  model: whole?.model ?? routing.model,
  answer: structured ? Json.parse(text) ?? text : text,
  incomplete: whole?.incomplete_details?.reason ?? null,
  usage: usageOf(routing),
  routing: {
    ...Routing.toWire(routing),
    tier_inferred: routing.tierInferred,
    window_seconds: routing.window === undefined ? null : Duration.toSeconds(routing.window),
    started_after_ms: Math.round(Duration.toMillis(routing.startedAfter)),
    retries: routing.retries,
    simulated: routing.simulated
  },
  cost: routing.costMicroUsd === undefined ? null : { total_micro_usd: routing.costMicroUsd, currency: "USD" },
  saving_micro_usd: routing.savingMicroUsd ?? null
})
