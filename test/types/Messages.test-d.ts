/** Compile-time promises of the Messages types; `tsc -p test` checks them, nothing runs. */
import type Anthropic from "@anthropic-ai/sdk"
import type { Message, MessageEvent, MessageParam, MessageRequest } from "../../src/api/Messages.ts"
import type { RouterFields } from "../../src/RequestFields.ts"
import type { Extends, Is, Same, Wider } from "./Assert.ts"

type WithoutTier<P> = P extends unknown ? Omit<P, "service_tier"> : never

// A request written for Anthropic's own client is a request of ours once it says when to start.
export type AnthropicRequestsFit = Extends<
  WithoutTier<Anthropic.MessageCreateParams> & { readonly start_within: "default" },
  MessageRequest
>
// Every field Anthropic documents is one of ours and the other way round. A new vendor field shows up here by its name.
type OwnField = Exclude<keyof MessageRequest, keyof RouterFields>
type Params = Anthropic.MessageCreateParams
// The client sends these two as headers.
type Header = "user_profile_id" | "workspace_id"
// Models to 4.6 take them; the client has them no more, or in its beta types alone.
type Former = "temperature" | "top_k" | "top_p" | "mcp_servers"
export type EveryFieldIsNamed = Is<Same<Exclude<keyof Params, keyof RouterFields | Header> | Former, OwnField>>
export type BetaFieldsFit = Extends<
  Pick<Anthropic.Beta.MessageCreateParams, "mcp_servers">,
  Pick<MessageRequest, "mcp_servers">
>
// Values of ours that Anthropic's types do not take: members that we know by their `type` alone.
type Open = "messages" | "system" | "tools"
export type NoOtherIsWider = Is<Same<Wider<Pick<MessageRequest, OwnField>, Params>, Open>>
export type AnthropicMessagesFit = Extends<Anthropic.MessageParam, MessageParam>
export type AnthropicEventsFit = Extends<Anthropic.RawMessageStreamEvent, MessageEvent>
// The SDK's union leaves out what its own client swallows.
export type EveryEventIsNamed = Is<
  Same<Anthropic.RawMessageStreamEvent["type"] | "ping" | "error", MessageEvent["type"]>
>
export type AnthropicBodiesFit = Extends<Anthropic.Message, Message>

// An answer's blocks can be sent back as they came.
export const continued = (answer: Message): MessageRequest => ({
  model: "claude-opus-4-8",
  max_tokens: 100,
  start_within: "default",
  messages: [{ role: "assistant", content: answer.content }, { role: "user", content: "Go on." }]
})

export const narrowed = (event: MessageEvent): string | number => {
  switch (event.type) {
    case "content_block_delta":
      return event.delta.type === "text_delta" ? event.delta.text : event.index
    case "content_block_start":
      return event.content_block.type === "tool_use" ? event.content_block.name : ""
    case "message_delta":
      return event.usage.cost?.total_micro_usd ?? event.delta.stop_reason ?? ""
    case "error":
      return event.error.message
    default:
      // @ts-expect-error: which event it is decides whether there is a delta
      return event.delta
  }
}

const base = {
  model: "claude-opus-4-8",
  messages: [{ role: "user", content: "Hello" }],
  start_within: "priority"
} as const

export const good: ReadonlyArray<MessageRequest> = [
  base,
  { ...base, max_tokens: 100, system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] },
  {
    ...base,
    tools: [
      { name: "f", input_schema: { type: "object", properties: {} } },
      { type: "web_search_20260318", name: "web_search", max_uses: 3 }
    ]
  },
  { ...base, cache: false, top_k: 40 }
]

export const bad: ReadonlyArray<MessageRequest> = [
  // @ts-expect-error: no such field, or a misspelt one
  { ...base, max_token: 100 },
  // @ts-expect-error: start_within is required
  { model: "claude-opus-4-8", messages: [] },
  // @ts-expect-error: the router sets the tier
  { ...base, service_tier: "standard_only" },
  // @ts-expect-error: a known field keeps its type beside the unknown ones
  { ...base, max_tokens: "many" },
  // @ts-expect-error: no such role
  { ...base, messages: [{ role: "tool", content: "1" }] }
]
