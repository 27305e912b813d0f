/** Models of the three providers, before simulated ones. */
import { Layer, Redacted, Schema } from "effect"
import { Tool, Toolkit } from "effect/ai"
import * as FlexInference from "../../src/FlexInference.ts"
import { type Script, Simulator } from "../../src/simulator/index.ts"
import type { FlexLanguageModel } from "../../src/ai/index.ts"

export const models = ["gpt-5.5", "gemini-3.5-flash", "claude-opus-5"] as const

/** Every model, asked for a whole answer and for a stream. */
export const ways = models.flatMap((model) => [{ model, way: "whole" }, { model, way: "streamed" }] as const)

const key = { apiKey: Redacted.make("sk-test") }

export const flexInference = FlexInference.layer({ openai: key, google: key, anthropic: key })

/** `FlexInference` on simulated providers that behave as scripted. */
export const scripted = (script: Script.Script) =>
  flexInference.pipe(Layer.provideMerge(Simulator.layer({ script, seed: "ai" })))

/** Flex where the provider has it. */
export const settings = (model: string): FlexLanguageModel.Settings => ({
  reasoning: { effort: "medium", summary: "auto" },
  ...(model.startsWith("claude") ? {} : { startWithin: "30 seconds" })
})

export const GetWeather = Tool.make("GetWeather", {
  description: "The weather of a city",
  parameters: Schema.Struct({ city: Schema.String, unit: Schema.optionalKey(Schema.Literals(["C", "F"])) }),
  success: Schema.Struct({ degrees: Schema.Number })
})

export const GetTime = Tool.make("GetTime", {
  description: "The time in a city",
  parameters: Schema.Struct({ city: Schema.String }),
  success: Schema.String,
  failure: Schema.Struct({ problem: Schema.String }),
  failureMode: "return"
})

export const toolkit = Toolkit.make(GetWeather, GetTime)
