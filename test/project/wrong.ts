/** What a beginner writes first; the compiler says what to write instead. */
import type { Responses } from "effect-flexinference"

export const requests: ReadonlyArray<Responses.ResponsesRequest> = [
  { model: "gpt-5.5", input: "Hi", start_within: "30s" },
  { model: "gpt-5.5", input: "Hi", start_within: 30 },
  { model: "gpt-5.5", input: "Hi", start_within: "auto", service_tier: "flex" },
  { model: "gpt-5.5", input: "Hi", start_within: "auto", temprature: 1 }
]
