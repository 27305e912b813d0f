/** Anthropic Messages as a provider writes them. */
import { type Answering, deltas, named } from "./answer.ts"

const framing = 6

export const messages: Answering = (count) => {
  const texts = deltas(count - framing)
  const input = { input_tokens: 91, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  const message = (content: ReadonlyArray<object>, stop: string | null, tokens: number) => ({
    model: "claude-haiku-4-5-20251001",
    id: "msg_011CeCGmCzjcUtmtEmMdEiM2",
    type: "message",
    role: "assistant",
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage: { ...input, output_tokens: tokens, service_tier: "standard", inference_geo: "not_available" }
  })
  const event = (type: string, data: object) => named(type, { type, ...data })
  return {
    body: JSON.stringify(message([{ type: "text", text: texts.join("") }], "end_turn", texts.length)),
    events: [
      event("message_start", { message: message([], null, 1) }),
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      event("ping", {}),
      ...texts.map((text) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
      event("content_block_stop", { index: 0 }),
      event("message_delta", {
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { ...input, output_tokens: texts.length }
      }),
      event("message_stop", {})
    ]
  }
}
