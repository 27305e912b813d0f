/** OpenAI Chat Completions as a provider writes them. */
import { type Answering, created, deltas, obfuscation } from "./answer.ts"

const framing = 3

export const chat: Answering = (count, tier) => {
  const texts = deltas(count - framing)
  const head = (object: string) => ({
    id: "chatcmpl-D4HqHBe4xca0k0EzsCnf1t6V3YFXp",
    object,
    created,
    model: "gpt-5.5-2026-04-23",
    service_tier: tier,
    system_fingerprint: null
  })
  const chunk = (delta: object, finish: string | null, index: number) =>
    `data: ${
      JSON.stringify({
        ...head("chat.completion.chunk"),
        choices: [{ index: 0, delta, finish_reason: finish }],
        obfuscation: obfuscation(index)
      })
    }\n\n`
  const message = { role: "assistant", content: texts.join(""), refusal: null, annotations: [] }
  return {
    body: JSON.stringify({
      ...head("chat.completion"),
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: {
        prompt_tokens: 91,
        completion_tokens: texts.length,
        total_tokens: 91 + texts.length,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 }
      }
    }),
    events: [
      chunk({ role: "assistant", content: "", refusal: null }, null, 3),
      ...texts.map((content, index) => chunk({ content }, null, index)),
      chunk({}, "stop", 2),
      "data: [DONE]\n\n"
    ]
  }
}
