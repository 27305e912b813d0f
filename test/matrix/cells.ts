/** One cell of the matrix: a request of one surface to one provider, and all that came of it. */
import { assert } from "@effect/vitest"
import { Effect, Random } from "effect"
import { TestClock } from "effect/testing"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import type { Usage } from "../../src/Usage.ts"
import type { Frame } from "../../src/wire/Sse.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { providers } from "../../src/provider/index.ts"
import type { Routing } from "../../src/Routing.ts"
import { compose, outputTokens, type Overrides, reasoningTokens, tokens } from "../../src/simulator/Answer.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import { Chat } from "../../src/simulator/traffic/Chat.ts"
import { Interactions } from "../../src/simulator/traffic/Interactions.ts"
import { Messages } from "../../src/simulator/traffic/Messages.ts"
import { Responses } from "../../src/simulator/traffic/Responses.ts"
import { layer, send } from "../support/race.ts"
import { collect, eventsOf } from "../support/streams.ts"
import type { Reading } from "./reading.ts"
import { askedIn } from "../support/dialects.ts"

export const surfaces = ["responses", "chat.completions", "interactions", "messages"] as const

export const models = { openai: "gpt-5.5", google: "gemini-2.5-flash", anthropic: "claude-sonnet-4-6" } as const

export type ProviderName = keyof typeof models

export const providerNames = ["openai", "google", "anthropic"] as const

/** The dialect in which a provider is asked. */
export const upstreamOf = (surface: DialectName, provider: ProviderName): DialectName =>
  askedIn(providers[provider].dialects, surface)

/** What came of a request. */
export interface Outcome {
  /** The bodies that were sent, oldest first. */
  readonly sent: ReadonlyArray<JsonObject>
  /** The answer, collected if it came as a stream, without what the router adds to `usage`. */
  readonly body: JsonObject
  /** The answer's `usage` with what the router adds. */
  readonly usage: JsonObject
  readonly frames: ReadonlyArray<Frame>
  readonly routing: Routing | undefined
}

const withoutRouting = (body: JsonObject): JsonObject => {
  const usage = Json.object(body, "usage")
  if (usage === undefined) return body
  const { cost: _, routing: __, ...rest } = usage
  return { ...body, usage: rest }
}

const noon = Date.UTC(2026, 10, 23, 12)

/** Sends a request to providers that answer as `answer` says. Every request meets the same time and the same ids. */
export const ask = (surface: DialectName, body: JsonObject, answer: Overrides) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(noon)
    const result = yield* send({ surface, body })
    const ledger = yield* (yield* Simulator.Simulator).ledger
    assert.strictEqual(result.error, undefined)
    const answered = result.body?.value ?? collect(dialects[surface], eventsOf(result.frames)) ??
      assert.fail("there is no answer")
    const outcome: Outcome = {
      sent: ledger.map((entry) => entry.body),
      body: withoutRouting(answered),
      usage: Json.object(answered, "usage") ?? {},
      frames: result.frames,
      routing: result.report ?? result.routing
    }
    return outcome
  }).pipe(Effect.provide(layer(Script.always(Behavior.answer(answer)))), Random.withSeed("cell"))

const traffic = { responses: Responses, "chat.completions": Chat, interactions: Interactions, messages: Messages }

/** What the provider said to a request it was sent, and the tokens it counted for it, as a surface can say them. */
export const said = (surface: DialectName, upstream: DialectName, sent: JsonObject, overrides: Overrides) => {
  const prompt = traffic[upstream].promptOf(sent)
  const answer = compose(prompt, overrides)
  const reasoning = reasoningTokens(answer)
  const usage: Usage = {
    // Google counts what its tools read apart from the input; in one reckoning it is input.
    input: prompt.inputTokens +
      (upstream === "interactions" && answer.search !== undefined ? 2 * tokens(answer.search.query).length : 0),
    cachedInput: 0,
    cacheWriteInput: 0,
    longCacheWriteInput: 0,
    output: outputTokens(answer) + reasoning,
    reasoning,
    // Chat Completions have no count of searches.
    webSearches: answer.search === undefined || surface === "chat.completions" ? 0 : 1
  }
  return { answer, usage }
}

/** The words with which an answer ends: complete, calling functions, or cut by the token limit. */
const finishes: { readonly [surface in DialectName]: readonly [end: string, call: string, length: string] } = {
  responses: ["completed", "completed", "incomplete: max_output_tokens"],
  "chat.completions": ["stop", "tool_calls", "length"],
  interactions: ["completed", "requires_action", "incomplete"],
  messages: ["end_turn", "tool_use", "max_tokens"]
}

/** A reading without what differs from provider to provider: the ids of calls, and what a citation points at. */
export interface Bare extends Omit<Reading, "calls" | "citations"> {
  readonly calls: ReadonlyArray<{ readonly name: string; readonly arguments: unknown }>
  readonly citations: ReadonlyArray<{ readonly url: string; readonly title: string }>
}

/** How a client of a surface must read the answer to what was sent. */
export const expected = (surface: DialectName, upstream: DialectName, sent: JsonObject, overrides: Overrides): Bare => {
  const { answer } = said(surface, upstream, sent, overrides)
  const [end, call, length] = finishes[surface]
  const page = answer.search?.page
  return {
    text: answer.text ?? "",
    calls: answer.calls,
    citations: page === undefined ? [] : [page],
    // Chat Completions of OpenAI's own show no reasoning.
    reasoning: upstream === "chat.completions" ? "" : answer.reasoning?.summary ?? "",
    finish: answer.stop === "length" ? length : answer.calls.length > 0 ? call : end
  }
}

export const bare = (reading: Reading): Bare => ({
  ...reading,
  calls: reading.calls.map(({ arguments: given, name }) => ({ name, arguments: given })),
  citations: reading.citations.map(({ title, url }) => ({ title, url }))
})

/**
 * What a provider itself says in a body and not in a stream, or the other way round: a native answer passes untouched,
 * so the caller meets that too.
 */
const only: { readonly [surface in DialectName]: (key: string, value: unknown) => boolean } = {
  responses: (key) => key === "billing",
  "chat.completions": (key, value) =>
    (key === "logprobs" && value === null) || (key === "annotations" && Json.isArray(value) && value.length === 0),
  interactions: (key) => key === "search_type",
  messages: () => false
}

/** OpenAI encrypts a reasoning item anew each time it mentions it. */
const cipher = /gAAAAAB[\w-]+/

/** A body with everything that may differ between two ways to the same answer taken out, and nothing else. */
export const alike = (body: JsonObject, surface: DialectName, upstream: DialectName): unknown =>
  JSON.parse(
    JSON.stringify(body),
    (key, value) =>
      surface === upstream && only[surface](key, value)
        ? undefined
        : typeof value === "string"
        ? value.replace(cipher, "<cipher>")
        : value
  )
