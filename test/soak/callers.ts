/** A mixed load: every surface, streamed and collected, raced and not, by callers of whom some leave. */
import { Agent, request as send } from "undici"
import { setImmediate } from "node:timers/promises"
import { keys } from "../support/canary.ts"
import type { Seeded } from "../support/seeded.ts"

interface Asked {
  readonly path: string
  readonly model: string
  readonly body: object
}

const asked: readonly [Asked, ...ReadonlyArray<Asked>] = [
  { path: "/v1/responses", model: "gpt-5.5", body: { input: "Why is the sky blue?" } },
  { path: "/v1/responses", model: "claude-sonnet-4-6", body: { input: "Why is the sky blue?" } },
  { path: "/v1/chat/completions", model: "gpt-5.5", body: { messages: [{ role: "user", content: "Why?" }] } },
  { path: "/v1/chat/completions", model: "gemini-2.5-flash", body: { messages: [{ role: "user", content: "Why?" }] } },
  { path: "/v1/interactions", model: "gemini-2.5-flash", body: { input: "Why is the sky blue?" } },
  {
    path: "/v1/messages",
    model: "claude-sonnet-4-6",
    body: { messages: [{ role: "user", content: "Why?" }], max_tokens: 100 }
  },
  { path: "/v1/messages", model: "gpt-5.5", body: { messages: [{ role: "user", content: "Why?" }], max_tokens: 100 } },
  { path: "/v1/nowhere", model: "gpt-5.5", body: {} },
  { path: "/v1/responses", model: "no-such-model", body: { input: 7 } }
]

/** What came of the requests. */
export interface Tally {
  [outcome: string]: number
}

const one = async (url: string, agent: Agent, random: Seeded, tally: Tally): Promise<void> => {
  const { body, model, path } = random.pick(asked)
  const stream = random.once(2)
  const isRaced = !model.startsWith("claude") && random.once(2)
  const leaves = random.once(5) ? new AbortController() : undefined
  const outcome = (name: string) => (tally[name] = (tally[name] ?? 0) + 1)
  try {
    const answered = send(`${url}${path}`, {
      method: "POST",
      dispatcher: agent,
      headers: { "content-type": "application/json", authorization: `Bearer ${keys.gateway}` },
      body: JSON.stringify({ ...body, model, stream, start_within: isRaced ? "00h-00m-10s" : "default" }),
      ...(leaves === undefined ? {} : { signal: leaves.signal })
    })
    if (leaves !== undefined && random.once(2)) {
      for (let left = random.below(200); left > 0; left--) await setImmediate()
      leaves.abort()
    }
    const response = await answered
    if (leaves === undefined) {
      const text = await response.body.text()
      outcome(String(response.statusCode))
      if (text.includes("internal_error")) outcome("internal error")
      return
    }
    for await (const _ of response.body) {
      if (random.once(3)) leaves.abort()
    }
    outcome(String(response.statusCode))
  } catch (error) {
    if (leaves?.signal.aborted === true) outcome("left")
    else throw error
  }
}

/** Sends requests until it is told to stop, and waits for those under way. */
export const run = async (
  url: string,
  callers: number,
  random: Seeded,
  tally: Tally,
  isOver: () => boolean
): Promise<void> => {
  const agent = new Agent({ connections: callers })
  const caller = async (): Promise<void> => {
    while (!isOver()) await one(url, agent, random, tally)
  }
  await Promise.all(Array.from({ length: callers }, caller))
  await agent.destroy()
}
