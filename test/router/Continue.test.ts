import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import { type BuiltInName, providers } from "../../src/provider/index.ts"
import * as Continue from "../../src/router/Continue.ts"
import * as Encode from "../../src/router/Encode.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { askedIn } from "../support/dialects.ts"

const kept = {
  surface: "responses",
  id: "resp_1",
  conversation: [
    { role: "user", content: "One" },
    { id: "msg_1", type: "message", role: "assistant", content: [{ type: "output_text", text: "Two" }] }
  ]
}

const incomingOf = (text: string): Encode.Incoming => ({
  surface: dialects.responses,
  text,
  value: JSON.parse(text)
})

const resolved = (incoming: Encode.Incoming): Encode.Incoming =>
  Continue.resolve(incoming, Continue.referencesOf(incoming.surface, incoming.value), [kept])

const encoded = (incoming: Encode.Incoming, provider: BuiltInName) =>
  Encode.encode(incoming, {
    provider: providers[provider],
    dialect: dialects[askedIn(providers[provider].dialects, "responses")]
  })

const paramOf = (request: JsonObject) => {
  const refused = encoded(resolved(incomingOf(JSON.stringify({ model: "m", ...request }))), "anthropic")
  return Result.isFailure(refused) ? [refused.failure.status, refused.failure.param] : assert.fail("not refused")
}

const image = { role: "user", content: [{ type: "input_image", file_id: "file_1" }] }

describe("a request that is continued", () => {
  it("keeps every byte of its text but the reference and the conversation", () => {
    const text = "{ \"temperature\": 1.0, \"previous_response_id\": \"resp_1\", \"input\": \"Three\", \"n\": 1e999 }"
    assert.strictEqual(
      resolved(incomingOf(text)).text,
      `{ "temperature": 1.0, "input": ${
        JSON.stringify([...kept.conversation, { type: "message", role: "user", content: "Three" }])
      }, "n": 1e999 }`
    )
  })

  it.each([
    ["{\"input\":\"Hello\"}"],
    ["{\"input\":[{\"role\":\"user\",\"content\":\"Hello\"},{\"id\":\"m\",\"role\":\"assistant\",\"content\":\"Hi\"}]}"],
    ["{\"input\":\"Hello\",\"previous_response_id\":null}"]
  ])("refers to nothing in %s", (text) => {
    assert.deepStrictEqual(Continue.referencesOf(dialects.responses, JSON.parse(text)), [])
  })

  it.each(
    [
      [{ previous_response_id: "resp_0", input: "Three" }, [404, "previous_response_id"]],
      [{ previous_response_id: "msg_1", input: "Three" }, [404, "previous_response_id"]],
      [{ input: [{ type: "item_reference", id: "msg_1" }, { type: "item_reference", id: "msg_0" }] }, [
        404,
        "input[1]"
      ]],
      [{ input: [{ id: "resp_1" }] }, [404, "input[0]"]],
      [{ previous_response_id: "resp_1", input: [{ id: "msg_0" }] }, [404, "input[0]"]]
    ] as const
  )("is refused where something is missing: %o", (request, refusal) => {
    assert.deepStrictEqual(paramOf(request), [...refusal])
  })

  it("is refused for a field of its own by the caller's own name for it", () => {
    assert.deepStrictEqual(
      paramOf({ previous_response_id: "resp_1", input: [{ role: "user", content: "x" }, image] }),
      [
        400,
        "input[1].content[0].file_id"
      ]
    )
    assert.deepStrictEqual(paramOf({ previous_response_id: "resp_1", input: [5] }), [400, "input[0]"])
  })

  it("travels as it came towards a provider that may know what is missing here", () => {
    const text =
      "{\"model\":\"m\",\"previous_response_id\":\"resp_0\",\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]}"
    const sent = Result.getOrThrow(encoded(resolved(incomingOf(text)), "openai"))
    assert.strictEqual(
      sent.body({ tier: "standard", mode: "body" }),
      text.replace("}]}", "}],\"service_tier\":\"default\"}")
    )
  })
})
