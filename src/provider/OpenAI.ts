/**
 * OpenAI: Responses and Chat Completions, with flex, standard (its word: `default`), priority and auto tiers.
 *
 * Wire facts: vendor documentation of flex processing and of errors; the 429 that says "no flex capacity" is not
 * charged. It comes with code `resource_unavailable` (older) or `flex_unavailable` (newer), and may also arrive
 * inside a 200 stream before any output.
 */
import * as Provider from "../Provider.ts"
import { OpenAIBatches } from "./OpenAIBatches.ts"

export const OpenAI = Provider.make({
  name: "openai",
  title: "OpenAI",
  dialects: ["responses", "chat.completions"],
  models: ["gpt-", "chatgpt-", "codex-", /^o\d/],
  baseUrl: "https://api.openai.com/v1",
  missingKeyCode: "no_byok_key",
  batches: OpenAIBatches,
  tiers: {
    flex: "flex",
    standard: "default",
    priority: "priority",
    fast: "fast",
    ultrafast: "ultrafast",
    scale: "scale",
    auto: "auto"
  }
})
