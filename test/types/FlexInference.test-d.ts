/** Compile-time promises of the service's options and helpers; `tsc -p test` checks them, nothing runs. */
import type { ChatCompletion } from "../../src/api/ChatCompletions.ts"
import type { Interaction } from "../../src/api/Interactions.ts"
import type { Message } from "../../src/api/Messages.ts"
import type { ResponseObject } from "../../src/api/Responses.ts"
import { type CallOptions, outputText } from "../../src/FlexInference.ts"
import type { ModelId } from "../../src/ModelCatalog.ts"
import type { ModelName } from "../../src/RequestFields.ts"
import type { Extends } from "./Assert.ts"

export const texts = (body: ResponseObject | ChatCompletion | Interaction | Message): ReadonlyArray<string> => [
  outputText(body),
  outputText({ output: [] }),
  outputText({ choices: [] }),
  outputText({ steps: [] }),
  outputText({ content: [] })
]

export const noTexts: ReadonlyArray<string> = [
  // @ts-expect-error: nothing
  outputText(null),
  // @ts-expect-error: a text already
  outputText("Hi"),
  // @ts-expect-error: no body of any surface
  outputText({ text: "Hi" }),
  // @ts-expect-error: a stream's event
  outputText({ type: "response.output_text.delta", delta: "Hi" })
]

export const options: ReadonlyArray<CallOptions> = [
  { extra: { a_field_of_tomorrow: { nested: [1, 2, 3] } }, idle: "10 seconds" },
  // @ts-expect-error: the router's own fields stand in the request
  { extra: { start_within: "auto" } },
  // @ts-expect-error: the router sets the tier
  { extra: { service_tier: "flex" } }
]

// The catalogue's ids complete, and any other name is taken as well.
export type IdsComplete = Extends<"o3" | "gpt-5.1" | "gpt-6-sol" | "gemini-3.8-flash" | "claude-opus-5", ModelId>
export const names: ReadonlyArray<ModelName> = ["gpt-5.5", "a-model-of-tomorrow", String("gpt-5.5")]
// @ts-expect-error: only those of the catalogue
export const id: ModelId = "a-model-of-tomorrow"
