/** How OpenAI counts: `POST /v1/responses/input_tokens` (its API reference). */
import type { Counting } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"

const fields = [
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "text",
  "reasoning",
  "parallel_tool_calls",
  "previous_response_id",
  "conversation",
  "truncation"
]

export const counting: Counting = {
  paths: ["/v1/responses/input_tokens"],
  request: (request) => Json.pick(request, fields),
  read: (body) => Json.number(body, "input_tokens"),
  write: (tokens) => ({ object: "response.input_tokens", input_tokens: tokens })
}
