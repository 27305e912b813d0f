/** Compile-time promises of the Interactions types; `tsc -p test` checks them, nothing runs. */
import type { Interactions } from "@google/genai"
import type { Interaction, InteractionEvent, InteractionRequest } from "../../src/api/Interactions.ts"
import type { RouterFields } from "../../src/RequestFields.ts"
import type { Extends, Is, Same, Wider } from "./Assert.ts"

type Params = Interactions.InteractionCreateParams.CreateModelInteractionParamsNonStreaming
type Streaming = Interactions.InteractionCreateParams.CreateModelInteractionParamsStreaming

// A request written for Google's own client is a request of ours once it says when to start.
export type GoogleRequestsFit = Extends<
  Omit<Params, "service_tier" | "input"> & {
    readonly input: NonNullable<Params["input"]>
    readonly start_within: "default"
  },
  InteractionRequest
>
// Every field Google documents is one of ours and the other way round. A new vendor field shows up here by its name.
type OwnField = Exclude<keyof InteractionRequest, keyof RouterFields>
type ClientOption = "api_version"
export type EveryFieldIsNamed = Is<Same<Exclude<keyof Params, keyof RouterFields | ClientOption>, OwnField>>
// Values of ours that Google's types do not take: members that we know by their `type` alone, configuration that we
// do not look into, and a system prompt in parts, which the hosted router takes.
type Open = "environment" | "generation_config" | "input" | "system_instruction"
export type NoOtherIsWider = Is<Same<Wider<Pick<InteractionRequest, OwnField>, Params | Streaming>, Open>>
export type GoogleEventsFit = Extends<Interactions.InteractionSSEEvent, InteractionEvent>
export type EveryEventIsNamed = Is<
  Same<Interactions.InteractionSSEEvent["event_type"], InteractionEvent["event_type"]>
>
export type GoogleBodiesFit = Extends<Interactions.Interaction, Interaction>

// An answer's steps can be sent back as they came.
export const continued = (answer: Interaction): InteractionRequest => ({
  model: "gemini-3.5-flash",
  start_within: "default",
  input: [...answer.steps ?? [], { type: "user_input", content: [{ type: "text", text: "Go on." }] }]
})

export const narrowed = (event: InteractionEvent): string | number => {
  switch (event.event_type) {
    case "step.delta":
      return event.delta.type === "text" ? event.delta.text : event.delta.type === "arguments_delta"
        ? event.delta.arguments ?? ""
        : event.index
    case "step.start":
      return event.step.type === "function_call" ? event.step.name : ""
    case "interaction.completed":
      return event.interaction.usage?.routing?.tier ?? ""
    case "error":
      return event.error?.message ?? ""
    default:
      // @ts-expect-error: which event it is decides whether there is a delta
      return event.delta
  }
}

const base = { model: "gemini-3.5-flash", input: "Hello", start_within: "00h-02m-00s" } as const

export const good: ReadonlyArray<InteractionRequest> = [
  base,
  { ...base, input: [{ type: "text", text: "Hello" }, { type: "image", data: "AA==", mime_type: "image/png" }] },
  { ...base, tools: [{ type: "google_search" }], generation_config: { thinking_level: "low", tool_choice: "any" } }
]

export const bad: ReadonlyArray<InteractionRequest> = [
  // @ts-expect-error: no such field, or a misspelt one
  { ...base, generation_configuration: {} },
  // @ts-expect-error: start_within is required
  { model: "gemini-3.5-flash", input: "Hello" },
  // @ts-expect-error: the router sets the tier
  { ...base, service_tier: "flex" },
  // @ts-expect-error: a known field keeps its type beside the unknown ones
  { ...base, store: "yes" },
  // @ts-expect-error: no such tool
  { ...base, tools: [{ type: "web_search" }] }
]
