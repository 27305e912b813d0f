/** Compile-time promises of the Chat Completions types; `tsc -p test` checks them, nothing runs. */
import type OpenAI from "openai"
import type { ChatCompletion, ChatCompletionChunk, ChatMessage, ChatRequest } from "../../src/api/ChatCompletions.ts"
import type { RouterFields } from "../../src/RequestFields.ts"
import type { Extends, Is, Same, Wider } from "./Assert.ts"

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParams
type WithoutTier<P> = P extends unknown ? Omit<P, "service_tier"> : never

// A request written for OpenAI's own client is a request of ours once it says when to start.
export type OpenAIRequestsFit = Extends<WithoutTier<Params> & { readonly start_within: "default" }, ChatRequest>
// Every field OpenAI documents is one of ours and the other way round. A new vendor field shows up here by its name.
type OwnField = Exclude<keyof ChatRequest, keyof RouterFields>
export type EveryFieldIsNamed = Is<Same<Exclude<keyof Params, keyof RouterFields>, OwnField>>
// And no value of ours is one that OpenAI's types do not take.
export type NoneIsWider = Is<Same<Wider<Pick<ChatRequest, OwnField>, Params>, never>>
export const migrated = (params: OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming): ChatRequest => {
  const { service_tier: _, ...rest } = params
  return { ...rest, start_within: "00h-10m-00s" }
}
export type OpenAIMessagesFit = Extends<OpenAI.Chat.Completions.ChatCompletionMessageParam, ChatMessage>
export type OpenAIBodiesFit = Extends<OpenAI.Chat.Completions.ChatCompletion, ChatCompletion>
export type OpenAIChunksFit = Extends<OpenAI.Chat.Completions.ChatCompletionChunk, ChatCompletionChunk>

// An answer's message can be sent back as it came.
export const continued = (answer: ChatCompletion): ChatRequest => ({
  model: "gpt-5.5",
  start_within: "priority",
  messages: answer.choices.map(({ message }) => message)
})

export const read = (chunk: ChatCompletionChunk): string | number | undefined =>
  chunk.choices[0]?.delta.content ?? chunk.usage?.cost?.total_micro_usd

export const narrowed = (message: ChatMessage): string => {
  switch (message.role) {
    case "tool":
      return message.tool_call_id
    case "assistant": {
      const [call] = message.tool_calls ?? []
      return call?.type === "function" ? call.function.arguments : call?.custom.input ?? ""
    }
    default:
      return ""
  }
}

const base = { model: "gpt-5.5", messages: [{ role: "user", content: "Hello" }], start_within: "auto" } as const

export const good: ReadonlyArray<ChatRequest> = [
  base,
  { ...base, stream: true, stream_options: { include_usage: true }, include_cost: true },
  { ...base, tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }] }
]

export const bad: ReadonlyArray<ChatRequest> = [
  // @ts-expect-error: no such field, or a misspelt one
  { ...base, max_completion_token: 100 },
  // @ts-expect-error: start_within is required
  { model: "gpt-5.5", messages: [] },
  // @ts-expect-error: messages is required
  { model: "gpt-5.5", start_within: "auto", input: "Hello" },
  // @ts-expect-error: the router sets the tier
  { ...base, service_tier: "default" },
  // @ts-expect-error: above ten minutes
  { ...base, start_within: "00h-10m-01s" },
  // @ts-expect-error: a known field keeps its type beside the unknown ones
  { ...base, max_completion_tokens: "many" },
  // @ts-expect-error: the Responses form of a tool
  { ...base, tools: [{ type: "function", name: "f" }] },
  // @ts-expect-error: a tool message says which call it answers
  { ...base, messages: [{ role: "tool", content: "1" }] }
]
