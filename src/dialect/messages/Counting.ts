/** How Anthropic counts: `POST /v1/messages/count_tokens` (vendor documentation). */
import type { Counting } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"

const fields = ["model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"]

export const counting: Counting = {
  paths: ["/v1/messages/count_tokens"],
  request: (request) => Json.pick(request, fields),
  read: (body) => Json.number(body, "input_tokens"),
  write: (tokens) => ({ input_tokens: tokens })
}
