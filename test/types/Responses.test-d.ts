/** Compile-time promises of the Responses types; `tsc -p test` checks them, nothing runs. */
import type OpenAI from "openai"
import type { OutputItem, ResponseEvent, ResponseObject, ResponsesRequest } from "../../src/api/Responses.ts"
import type { RouterFields } from "../../src/RequestFields.ts"
import type { Extends, Is, Same, Wider } from "./Assert.ts"

type Params = OpenAI.Responses.ResponseCreateParams
type VendorEvent = OpenAI.Responses.ResponseStreamEvent
type WithoutTier<P> = P extends unknown ? Omit<P, "service_tier" | "model" | "input"> : never

// A request written for OpenAI's own client is a request of ours once it says when to start.
export type OpenAIRequestsFit = Extends<
  WithoutTier<Params> & {
    readonly model: string
    readonly input: NonNullable<Params["input"]>
    readonly start_within: "00h-00m-30s"
  },
  ResponsesRequest
>
// Every field OpenAI documents is one of ours and the other way round. A new vendor field shows up here by its name.
type OwnField = Exclude<keyof ResponsesRequest, keyof RouterFields>
export type EveryFieldIsNamed = Is<Same<Exclude<keyof Params, keyof RouterFields>, OwnField>>
// Values of ours that OpenAI's types do not take: an open list, and members that we know by their `type` alone.
type Open = "include" | "input" | "tool_choice" | "tools"
export type NoOtherIsWider = Is<Same<Wider<Pick<ResponsesRequest, OwnField>, Params>, Open>>
export const migrated = (params: OpenAI.Responses.ResponseCreateParamsNonStreaming): ResponsesRequest => {
  const { input, model, service_tier: _, ...rest } = params
  return { ...rest, model: model ?? "gpt-5.5", input: input ?? "", start_within: "default" }
}

// Every event OpenAI's union has under a type that ours names is one of ours.
type Shared = Extract<VendorEvent, { type: ResponseEvent["type"] }>
export type OpenAIEventsFit = Extends<Shared, ResponseEvent>
// What ours leaves out: the shell tool's own events. A new vendor event shows up here.
export type NotNamed = Is<
  Same<
    Exclude<VendorEvent["type"], ResponseEvent["type"]>,
    | "response.shell_call_command.added"
    | "response.shell_call_command.delta"
    | "response.shell_call_command.done"
    | "response.shell_call_output_content.delta"
    | "response.shell_call_output_content.done"
  >
>
export type OpenAIBodiesFit = Extends<OpenAI.Responses.Response, ResponseObject>
export type OpenAIItemsFit = Extends<OpenAI.Responses.ResponseOutputItem, OutputItem>

// An answer's items can be sent back as they came.
export const continued = (answer: ResponseObject): ResponsesRequest => ({
  model: "gpt-5.5",
  start_within: "auto",
  input: [...answer.output, { role: "user", content: "Go on." }]
})

export const narrowed = (event: ResponseEvent): string | number => {
  if (event.type === "response.output_text.delta") {
    const delta: string = event.delta
    return delta
  }
  switch (event.type) {
    case "response.completed":
      return event.response.usage?.cost?.total_micro_usd ?? event.response.usage?.routing?.reason ?? ""
    case "response.output_item.done":
      return event.item.type === "function_call" ? event.item.arguments : ""
    case "response.function_call_arguments.delta":
      return event.delta
    case "response.web_search_call.searching":
      return event.item_id
    case "error":
      return event.error?.message ?? event.message ?? ""
    // @ts-expect-error: no such event
    case "response.output_text.delte":
      return ""
    default:
      // @ts-expect-error: which event it is decides whether there is a delta
      return event.delta
  }
}

const base = { model: "gpt-5.5", input: "Hello", start_within: "00h-00m-30s" } as const

export const good: ReadonlyArray<ResponsesRequest> = [
  base,
  { ...base, temperature: undefined, service_tier: undefined },
  { ...base, provider: ["openai"], retry: { count: 2, backoff: "linear" }, include_cost: true, cache: false },
  {
    ...base,
    input: [
      { role: "user", content: [{ type: "input_text", text: "?" }, { type: "input_image", image_url: "https://a/b" }] },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: "1" },
      { type: "mcp_call", id: "m", name: "n", server_label: "s", arguments: "{}" }
    ],
    tools: [
      { type: "function", name: "f", parameters: { type: "object" }, strict: true },
      { type: "web_search", search_context_size: "low" },
      { type: "mcp", server_label: "s", server_url: "https://a" }
    ],
    text: { format: { type: "json_schema", name: "n", schema: { type: "object" } } },
    reasoning: { effort: "low", summary: "auto" }
  }
]

export const bad: ReadonlyArray<ResponsesRequest> = [
  // @ts-expect-error: no such field, or a misspelt one
  { ...base, temprature: 1 },
  // @ts-expect-error: start_within is required
  { model: "gpt-5.5", input: "Hello" },
  // @ts-expect-error: input is required
  { model: "gpt-5.5", start_within: "auto" },
  // @ts-expect-error: below five seconds
  { ...base, start_within: "00h-00m-04s" },
  // @ts-expect-error: the router sets the tier
  { ...base, service_tier: "flex" },
  // @ts-expect-error: and there is no null tier either
  { ...base, service_tier: null },
  // @ts-expect-error: a known field keeps its type beside the unknown ones
  { ...base, temperature: "hot" },
  // @ts-expect-error: no such route
  { ...base, provider: ["azure"] },
  // @ts-expect-error: an empty chain
  { ...base, provider: [] },
  // @ts-expect-error: count is required
  { ...base, retry: { backoff: "linear" } },
  // @ts-expect-error: no such sub-key
  { ...base, retry: { count: 1, delay: 2 } },
  // @ts-expect-error: no such role
  { ...base, input: [{ role: "robot", content: "beep" }] },
  // @ts-expect-error: no such tool
  { ...base, tools: [{ type: "crystal_ball" }] }
]
