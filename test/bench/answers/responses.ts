/** OpenAI Responses as a provider writes them. */
import { type Answering, created, deltas, named, obfuscation } from "./answer.ts"

const id = "resp_0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01"
const item = "msg_0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef02"
const framing = 8

export const responses: Answering = (count, tier) => {
  const texts = deltas(count - framing)
  const text = texts.join("")
  const part = { type: "output_text", annotations: [], logprobs: [], text }
  const message = (status: string, content: ReadonlyArray<object>) => ({
    id: item,
    type: "message",
    status,
    content,
    phase: "final_answer",
    role: "assistant"
  })
  const response = (status: string) => ({
    id,
    object: "response",
    created_at: created,
    status,
    background: false,
    completed_at: status === "completed" ? created + 9 : null,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: "gpt-5.5-2026-04-23",
    output: status === "completed" ? [message(status, [part])] : [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: "low", summary: null },
    service_tier: status === "completed" ? tier : "auto",
    store: false,
    temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium" },
    tool_choice: "auto",
    tools: [],
    top_p: 0.98,
    truncation: "disabled",
    usage: status === "completed"
      ? {
        input_tokens: 91,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: texts.length,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 91 + texts.length
      }
      : null,
    user: null,
    metadata: {}
  })
  let sequence = 0
  const event = (type: string, data: object) => named(type, { type, ...data, sequence_number: sequence++ })
  const place = { content_index: 0, item_id: item, output_index: 0 }
  return {
    body: JSON.stringify(response("completed")),
    events: [
      event("response.created", { response: response("in_progress") }),
      event("response.in_progress", { response: response("in_progress") }),
      event("response.output_item.added", { item: message("in_progress", []), output_index: 0 }),
      event("response.content_part.added", { ...place, part: { ...part, text: "" } }),
      ...texts.map((delta, index) =>
        event("response.output_text.delta", { ...place, delta, logprobs: [], obfuscation: obfuscation(index) })
      ),
      event("response.output_text.done", { ...place, logprobs: [], text }),
      event("response.content_part.done", { ...place, part }),
      event("response.output_item.done", { item: message("completed", [part]), output_index: 0 }),
      event("response.completed", { response: response("completed") })
    ]
  }
}
