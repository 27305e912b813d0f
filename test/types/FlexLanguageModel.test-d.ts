/** What a language model may be told, and what it needs. */
import type { Effect, Layer, Stream } from "effect"
import { LanguageModel, type Response } from "effect/ai"
import { FlexLanguageModel } from "../../src/ai/index.ts"
import type { FlexInference } from "../../src/FlexInference.ts"
import type { Is, Same } from "./Assert.ts"

const model = FlexLanguageModel.model("gpt-5.5", { startWithin: "30 seconds" })
const layer = FlexLanguageModel.layer({ model: "a-model-of-tomorrow" })

export type Needs = [
  Is<Same<Layer.Services<typeof model>, FlexInference>>,
  Is<Same<Layer.Services<typeof layer>, FlexInference>>,
  Is<Same<Layer.Success<typeof layer>, LanguageModel.LanguageModel>>,
  Is<Same<typeof model.provider, "flexinference">>
]

const text = LanguageModel.generateText({ prompt: "Hi" }).pipe(
  FlexLanguageModel.withConfigOverride({ startWithin: "priority" })
)
export type Override = Is<Same<Effect.Services<typeof text>, LanguageModel.LanguageModel>>

const stream = LanguageModel.streamText({ prompt: "Hi" })
type Finish = Extract<Stream.Success<typeof stream>, { readonly type: "finish" }>
export type Metadata = [
  Is<Same<Finish, Response.FinishPart>>,
  Is<Same<Finish["metadata"]["flexinference"], FlexLanguageModel.RoutingMetadata | null | undefined>>
]

// @ts-expect-error: a bare number would count milliseconds
FlexLanguageModel.model("gpt-5.5", { startWithin: 30 })

// @ts-expect-error: not one of the tiers, and no duration
FlexLanguageModel.model("gpt-5.5", { startWithin: "soon" })

// @ts-expect-error: the prompt, the tools and the format are those of the call
FlexLanguageModel.model("gpt-5.5", { input: "Hi" })

// @ts-expect-error: startWithin sets the tier
FlexLanguageModel.model("gpt-5.5", { service_tier: "flex" })
