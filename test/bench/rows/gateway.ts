/** The gateway against the bare proxy, before the same upstream, with the same bodies. */
import { Agent } from "undici"
import type { Child } from "../child.ts"
import * as Load from "../load.ts"
import * as Prompt from "../prompt.ts"
import type { Row } from "../rounds.ts"

/** A request as an official client writes it: its path, its fields, and the header its key stands in. */
interface Surface {
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly fields: (prompt: string) => object
}

// Filled up to about the 430 bytes that requests have had since the first figures of this project.
const context =
  "Answer in one short paragraph for a reader who knows no physics, in plain words and without a formula. " +
  "Say what light is made of, what the air does to it, and what is left of it in the evening. Do not say any more."

const surfaces = {
  responses: {
    path: "/v1/responses",
    headers: { authorization: "Bearer sk-bench" },
    fields: (prompt) => ({ model: "gpt-5.5", instructions: context, input: prompt })
  },
  chat: {
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer sk-bench" },
    fields: (prompt) => ({ model: "gpt-5.5", ...chatMessages(prompt) })
  },
  interactions: {
    path: "/v1beta/interactions",
    headers: { "x-goog-api-key": "sk-bench" },
    fields: (prompt) => ({ model: "gemini-3.5-flash", system_instruction: context, input: prompt })
  },
  messages: {
    path: "/v1/messages",
    headers: { "x-api-key": "sk-bench", "anthropic-version": "2023-06-01" },
    fields: (prompt) => ({
      model: "claude-haiku-4-5",
      max_tokens: 4096,
      system: context,
      messages: [{ role: "user", content: prompt }]
    })
  },
  claudeOverChat: {
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer sk-bench" },
    fields: (prompt) => ({ model: "claude-haiku-4-5", max_completion_tokens: 4096, ...chatMessages(prompt) })
  }
} satisfies { readonly [name: string]: Surface }

const chatMessages = (prompt: string) => ({
  messages: [{ role: "system", content: context }, { role: "user", content: prompt }]
})

/** What is asked, of which surface, and how. */
export interface Case {
  readonly name: string
  readonly surface: keyof typeof surfaces
  readonly startWithin: string
  readonly stream: boolean
  readonly events: number
  readonly arrival?: Prompt.Arrival
  readonly held?: boolean
}

const window = "00h-10m-00s"

const streamed = (
  name: string,
  surface: Case["surface"],
  events: number,
  startWithin: string,
  arrival: Prompt.Arrival = "whole"
): Case => ({ name, surface, startWithin, stream: true, events, arrival })

const streams = (["responses", "chat", "interactions", "messages"] as const).flatMap((surface) =>
  [51, 1000].map((events) =>
    // Claude has no flex tier, and so no race.
    surface === "messages"
      ? streamed(`messages, named tier, streamed, ${events} events`, surface, events, "default")
      : streamed(`${surface}, race, streamed, ${events} events`, surface, events, window)
  )
)

export const cases: ReadonlyArray<Case> = [
  { name: "JSON, named tier", surface: "chat", startWithin: "default", stream: false, events: 51 },
  {
    name: "responses, race, collected, 51 events",
    surface: "responses",
    startWithin: window,
    stream: false,
    events: 51
  },
  ...streams,
  streamed("responses, race, streamed, 1000 events, 4 a write", "responses", 1000, window, "fours"),
  streamed("responses, race, streamed, 1000 events, 4 a millisecond", "responses", 1000, window, "paced"),
  streamed("chat to Claude, translated, streamed, 1000 events", "claudeOverChat", 1000, "default")
]

export const requestOf = (
  { arrival = "whole", events, held = false, startWithin, stream, surface }: Case
): Load.Request => {
  const { fields, headers, path } = surfaces[surface]
  return {
    path,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      ...fields(Prompt.write({ arrival, events, held })),
      ...(stream ? { stream: true } : {}),
      start_within: startWithin
    })
  }
}

// Few enough with paced streams that nobody falls behind the pace: who falls behind reads more at once, and looks cheap.
const connectionsOf = ({ arrival }: Case): number => arrival === "paced" ? 12 : 48

/** That both say as much: a gateway that drops events, or answers with an error, would look cheap. */
export const verify = async (bare: Child, gateway: Child, { name, ...one }: Case): Promise<void> => {
  const agent = new Agent()
  try {
    const request = requestOf({ name, ...one, arrival: "whole" })
    const [told, relayed] = await Promise.all([
      Load.text(agent, bare.url, request),
      Load.text(agent, gateway.url, request)
    ])
    const events = (text: string) => text.split(/^data:/m).length - 1
    // A translation may open and close a stream with an event more or less.
    const missing = one.stream ? Math.abs(events(told) - events(relayed)) > 6 : relayed.length < told.length * 0.8
    if (missing || events(told) !== (one.stream ? one.events : 0)) {
      throw new Error(`${name}: the gateway answered otherwise than the bare proxy:\n${relayed.slice(0, 2000)}`)
    }
  } finally {
    await agent.destroy()
  }
}

export const rows = (bare: Child, gateway: Child): ReadonlyArray<Row> =>
  cases.map((one) => {
    const request = requestOf(one)
    const contestant = (name: string, target: Child) => ({
      name,
      run: (millis: number) => Load.measure(target, request, { connections: connectionsOf(one), millis })
    })
    return {
      name: one.name,
      verify: () => verify(bare, gateway, one),
      contestants: [contestant("bare proxy", bare), contestant("gateway", gateway)]
    }
  })
