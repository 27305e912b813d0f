/** Google Interactions as a provider writes them. */
import { type Answering, deltas, named } from "./answer.ts"

const id = "v1_ChdUR3NIYXVyQkFlYVA2ZGtQajZERThBVRIXVEdzSGF1ckJBZWFQNmRrUGo2REU4QVU"
const framing = 6

export const interactions: Answering = (count, tier) => {
  const texts = deltas(count - framing)
  const interaction = {
    id,
    status: "completed",
    usage: {
      total_tokens: 91 + texts.length,
      total_input_tokens: 91,
      input_tokens_by_modality: [{ modality: "text", tokens: 91 }],
      total_cached_tokens: 0,
      total_output_tokens: texts.length,
      total_tool_use_tokens: 0,
      total_thought_tokens: 0
    },
    created: "2026-05-15T18:51:57Z",
    updated: "2026-05-15T18:51:57Z",
    service_tier: tier,
    object: "interaction",
    model: "gemini-3.5-flash"
  }
  const event = (event_type: string, data: object) => named(event_type, { ...data, event_type })
  const opening = { id, status: "in_progress", object: "interaction", model: "gemini-3.5-flash" }
  return {
    body: JSON.stringify({
      ...interaction,
      steps: [{ type: "model_output", content: [{ type: "text", text: texts.join("") }] }]
    }),
    events: [
      event("interaction.created", { interaction: opening }),
      event("interaction.status_update", { interaction_id: id, status: "in_progress" }),
      event("step.start", { index: 0, step: { type: "model_output" } }),
      ...texts.map((text) => event("step.delta", { index: 0, delta: { text, type: "text" } })),
      event("step.stop", { index: 0 }),
      event("interaction.completed", { interaction }),
      "event: done\ndata: [DONE]\n\n"
    ]
  }
}
