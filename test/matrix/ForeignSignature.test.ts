import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ForeignSignature from "../../src/dialect/ForeignSignature.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { models, surfaces } from "./cells.ts"
import { followUp } from "./reading.ts"
import { requests } from "./requests.ts"
import { ask, scripted } from "./scripted.ts"

// The simulated providers sign no call and redact no thought; both are documented, and the second is recorded.

const call: JsonObject = {
  type: "function_call",
  id: "call1234",
  name: "get_weather",
  arguments: { city: "Zürich" },
  signature: "signed-by-google"
}

const redacted: JsonObject = { type: "redacted_thinking", data: "redacted-by-anthropic" }

const google = {
  provider: "google",
  what: "the signature of a call",
  first: {
    object: "interaction",
    model: models.google,
    status: "requires_action",
    steps: [{ type: "thought", signature: "thought-by-google" }, call],
    usage: { total_input_tokens: 10, total_output_tokens: 5, total_tokens: 15 },
    service_tier: "standard"
  },
  field: "input",
  expected: [{ type: "thought", signature: "thought-by-google" }, call]
} as const

const anthropic = {
  provider: "anthropic",
  what: "a redacted thought",
  first: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: models.anthropic,
    content: [redacted, { type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Zürich" } }],
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 }
  },
  field: "messages",
  expected: [redacted]
} as const

const cells = [google, anthropic].flatMap(({ expected, field, first, provider, what }) =>
  surfaces.flatMap((surface) =>
    ["as a body", "streamed"].map((how) => ({ expected, field, first, provider, what, surface, how }))
  )
)

/** Every step, and every block of every turn. */
const parts = (request: JsonObject, field: string): ReadonlyArray<JsonObject> =>
  Json.objects(request, field).flatMap((part) => [part].concat(Json.objects(part, "content")))

describe("what only its maker can read", () => {
  it.effect.each(cells)(
    "comes back through $surface, $how: $what",
    ({ expected, field, first, how, provider, surface }) =>
      Effect.gen(function*() {
        const request = {
          ...requests[surface].toolResult,
          ...requests[surface].reasoning,
          model: models[provider],
          start_within: "default"
        }
        const members = how === "streamed" ? { stream: true } : {}
        const { body } = yield* ask(surface, scripted(provider, [first]), { ...request, ...members }).answered
        const home = scripted(provider, [first])
        yield* ask(surface, home, followUp(surface, request, body, { outputs: ["12 °C"] })).answered
        const sent = parts(home.sent[0] ?? {}, field)
        for (const part of expected) assert.deepInclude(sent, part)

        const stranger = provider === "google" ? "anthropic" : "google"
        const other = scripted(stranger, [stranger === "google" ? google.first : anthropic.first])
        const moved = { ...followUp(surface, request, body, { outputs: ["12 °C"] }), model: models[stranger] }
        yield* ask(surface, other, moved).answered
        const text = JSON.stringify(other.sent[0])
        assert.include(text, "12 °C")
        assert.notInclude(text, `-by-${provider}`)
        assert.notInclude(text, "flexinference:")
      })
  )
})

describe("a conversation that changes to a provider of its own format", () => {
  const tag = ForeignSignature.encode({ provider: "google", id: "", value: "sig" }, "openai")
  const user = { role: "user", content: "Hi" }
  const rows: ReadonlyArray<{ readonly what: string; readonly before: Json.Json; readonly after: Json.Json }> = [
    {
      what: "a reasoning item of Responses, and the signature of a call",
      before: [
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: tag },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}", signature: tag }
      ],
      after: [{ type: "function_call", call_id: "c", name: "f", arguments: "{}" }]
    },
    {
      what: "a thought of Interactions",
      before: [{ type: "thought", signature: tag }, { type: "model_output", content: [] }],
      after: [{ type: "model_output", content: [] }]
    },
    {
      what: "a thinking block of Messages, and a turn that was nothing else",
      before: [
        { role: "assistant", content: [{ type: "thinking", thinking: "", signature: tag }] },
        {
          role: "assistant",
          content: [{ type: "thinking", thinking: "", signature: tag }, { type: "text", text: "A" }]
        },
        user
      ],
      after: [{ role: "assistant", content: [{ type: "text", text: "A" }] }, user]
    },
    {
      what: "what Chat Completions have no place for",
      before: [{
        role: "assistant",
        content: null,
        reasoning_details: [
          { type: "reasoning.summary", summary: "Hm", index: 0 },
          { type: "reasoning.encrypted", data: tag, index: 1 }
        ],
        tool_calls: [{ id: "c", extra_content: { google: { thought_signature: "sig" } } }]
      }],
      after: [{ role: "assistant", content: null, tool_calls: [{ id: "c" }] }]
    },
    {
      what: "nothing of its own, and no text that looks like it",
      before: [
        { type: "reasoning", summary: [], encrypted_content: "gAAAAA" },
        { type: "reasoning.encrypted", data: "of another router", index: 0 },
        { role: "user", content: tag }
      ],
      after: [
        { type: "reasoning", summary: [], encrypted_content: "gAAAAA" },
        { type: "reasoning.encrypted", data: "of another router", index: 0 },
        { role: "user", content: tag }
      ]
    }
  ]

  it.each(rows)("loses $what", ({ after, before }) => {
    assert.isTrue(ForeignSignature.isMentioned(JSON.stringify(before)))
    assert.deepStrictEqual(ForeignSignature.dropForeign(before), after)
  })
})
