import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import { requestFromHub } from "../../src/dialect/responses/Rules.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"

const brief = { type: "ephemeral" }
const hour = { type: "ephemeral", ttl: "1h" }
const breakpoint = { mode: "explicit" }

const text = (text: string, marks: JsonObject = {}): JsonObject => ({ type: "text", text, ...marks })

const fromChat = (request: JsonObject): JsonObject =>
  Result.getOrThrow(
    dialects["chat.completions"].translation?.requestToResponses({ model: "claude-opus-4-8", ...request }) ??
      assert.fail()
  )

const toClaude = (hub: JsonObject): JsonObject =>
  Result.getOrThrow(
    dialects.messages.translation?.requestFromResponses({ model: "claude-opus-4-8", ...hub }) ?? assert.fail()
  )

/** The marks of a Messages request, in the order in which its prefix grows. */
const marksOf = (request: JsonObject): ReadonlyArray<Json.Json> =>
  [
    ...Json.objects(request, "tools"),
    ...Json.objects(request, "system"),
    ...Json.objects(request, "messages").flatMap((turn) => Json.objects(turn, "content"))
  ].flatMap((value) => Json.isGiven(value, "cache_control") ? [value["cache_control"] ?? null] : [])

const weather = { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }
const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } }

/** A Chat Completions request that is marked in every place where clients mark one. */
const everywhere: JsonObject = {
  tools: [{ ...weather, cache_control: hour }],
  messages: [
    { role: "system", content: [text("Long."), text("Longer.", { cache_control: hour })] },
    { role: "user", content: [text("Hi", { prompt_cache_breakpoint: breakpoint })] },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "c", content: [text("Found."), text("More.", { cache_control: brief })] }
  ]
}

describe("marks of a prompt cache", () => {
  it("stand on Claude where they stood in Chat Completions", () => {
    const request = toClaude(fromChat(everywhere))
    assert.deepStrictEqual(request["system"], [
      { type: "text", text: "Long." },
      { type: "text", text: "Longer.", cache_control: hour }
    ])
    assert.deepStrictEqual(marksOf(request), [hour, hour, brief, brief])
    const [result] = Json.objects(Json.objects(request, "messages").at(-1) ?? {}, "content")
    // Only a result as a whole can be marked.
    assert.deepInclude(result, {
      type: "tool_result",
      content: [{ type: "text", text: "Found." }, { type: "text", text: "More." }],
      cache_control: brief
    })
  })

  it("of a whole message are those of its last part", () => {
    const said = { content: "Long.", cache_control: brief }
    const messages = [
      { role: "system", ...said },
      { role: "user", ...said },
      { role: "assistant", tool_calls: [call], ...said },
      { role: "tool", tool_call_id: "c", ...said }
    ]
    assert.lengthOf(marksOf(toClaude(fromChat({ messages }))), 4)
  })

  it("leave nothing behind with a provider that has no such marks", () => {
    const hub = fromChat({ ...everywhere, cache_control: brief })
    const interaction = dialects.interactions.translation?.requestFromResponses(hub) ?? assert.fail()
    assert.notMatch(JSON.stringify(Result.getOrThrow(interaction)), /cache/)
    assert.notMatch(JSON.stringify(Result.getOrThrow(requestFromHub(hub))), /cache_control/)
    const chat = dialects["chat.completions"].translation?.requestFromResponses(hub) ?? assert.fail()
    assert.notMatch(JSON.stringify(Result.getOrThrow(chat)), /cache_control/)
  })

  it("are at most four, the last of them", () => {
    const content = Array.from({ length: 7 }, (_, index) => text(`${index}`, { cache_control: brief }))
    const request = toClaude(
      fromChat({ tools: [{ ...weather, cache_control: brief }], messages: [{ role: "user", content }] })
    )
    const [turn = {}] = Json.objects(request, "messages")
    assert.deepStrictEqual(
      Json.objects(turn, "content").map((block) => Json.isGiven(block, "cache_control")),
      [false, false, false, true, true, true, true]
    )
    assert.lengthOf(marksOf(request), 4)
    const automatic = toClaude(fromChat({ cache_control: hour, messages: [{ role: "user", content }] }))
    assert.lengthOf(marksOf(automatic), 3)
  })

  it("never live longer behind one that lives shorter", () => {
    const content = [brief, hour, brief].map((mark, index) => text(`${index}`, { cache_control: mark }))
    assert.deepStrictEqual(marksOf(toClaude(fromChat({ messages: [{ role: "user", content }] }))), [
      brief,
      brief,
      brief
    ])
  })

  it.each<{ asks: JsonObject; becomes: JsonObject | undefined }>([
    { asks: {}, becomes: undefined },
    { asks: { prompt_cache_key: "k" }, becomes: brief },
    { asks: { prompt_cache_retention: "in_memory" }, becomes: brief },
    { asks: { prompt_cache_key: "k", prompt_cache_retention: "24h" }, becomes: hour },
    { asks: { prompt_cache_options: { ttl: "12h" } }, becomes: hour },
    { asks: { prompt_cache_key: "k", prompt_cache_options: { mode: "explicit" } }, becomes: undefined },
    { asks: { cache_control: hour, prompt_cache_options: { mode: "explicit" } }, becomes: hour },
    {
      asks: {
        prompt_cache_key: "k",
        input: [{ role: "user", content: [{ type: "input_text", text: "Hi", prompt_cache_breakpoint: breakpoint }] }]
      },
      becomes: undefined
    }
  ])("are set for who asks for a cache otherwise: $asks", ({ asks, becomes }) => {
    assert.deepStrictEqual(toClaude({ input: "Hi", ...asks })["cache_control"], becomes)
  })
})

describe("what was read from the cache and written to it", () => {
  const usage = {
    input_tokens: 10,
    cache_read_input_tokens: 20,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 25, ephemeral_1h_input_tokens: 5 },
    output_tokens: 7
  }
  const context = { id: "seed", createdAt: 1, model: "m", request: {} }
  const hub = dialects.messages.translation?.bodyToResponses(
    { type: "message", content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn", usage },
    context
  ) ?? assert.fail()
  const counted = dialects.responses.served(hub).usage ?? assert.fail()

  it("is counted in the hub", () => {
    assert.deepInclude(counted, { input: 60, cachedInput: 20, cacheWriteInput: 30, longCacheWriteInput: 5 })
  })

  it.each(Object.values(dialects))("is told on every surface: $name", ({ served, translation }) => {
    const body = translation?.bodyFromResponses(hub, context) ?? hub
    assert.deepStrictEqual(served(body).usage, counted)
  })

  it("is told in Anthropic's own words on its surface", () => {
    const body = dialects.messages.translation?.bodyFromResponses(hub, context) ?? {}
    assert.deepInclude(body["usage"], usage)
  })
})
