/** A provider under a test's control: the Responses API, as far as the command looks at it. */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Upstream from "../gateway/upstream.ts"

type Json = { readonly [key: string]: unknown }

/** One call, and the events that answer it. */
export interface Call {
  readonly tier: string
  readonly input: unknown
  readonly instructions: unknown
  /** What the text of the answer shall be. */
  readonly format: unknown
  readonly refuse: (status: number, error: Json) => void
  readonly start: () => void
  readonly text: (delta: string) => void
  readonly end: (usage?: Json) => void
  /** A last piece of text goes out, and then the connection goes, before the answer has ended. */
  readonly textThenCut: (delta: string) => void
}

const callOf = (request: Json, response: ServerResponse): Call => {
  const tier = String(request["service_tier"])
  const answer = {
    id: "resp_1",
    object: "response",
    model: request["model"],
    service_tier: tier,
    status: "in_progress"
  }
  const item = { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] }
  const place = { item_id: "msg_1", output_index: 0, content_index: 0 }
  let text = ""
  const send = (event: Json, sent?: () => void) =>
    response.write(`event: ${event["type"]}\ndata: ${JSON.stringify(event)}\n\n`, sent)
  return {
    tier,
    input: request["input"],
    instructions: request["instructions"],
    format: Object(request["text"])["format"],
    refuse: (status, error) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error })),
    start: () => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      send({ type: "response.created", response: answer })
      send({ type: "response.output_item.added", output_index: 0, item })
    },
    text: (delta) => {
      text += delta
      send({ type: "response.output_text.delta", ...place, delta })
    },
    end: (usage) => {
      const content = [{ type: "output_text", text, annotations: [] }]
      const output = [{ ...item, status: "completed", content }]
      send({ type: "response.completed", response: { ...answer, status: "completed", output, usage } })
      response.end()
    },
    // `destroySoon` sends what is written before it closes, where `destroy` would race with it.
    textThenCut: (delta) =>
      send({ type: "response.output_text.delta", ...place, delta }, () => response.socket?.destroySoon())
  }
}

/** The provider, and the environment in which the command uses it. */
export const make = (answer: (call: Call) => void) =>
  Upstream.make((_request: IncomingMessage, response, body) => answer(callOf(JSON.parse(body), response)))

export const environment = ({ url }: Upstream.Upstream) => ({
  OPENAI_API_KEY: "sk-test",
  OPENAI_BASE_URL: `${url}/v1`
})
