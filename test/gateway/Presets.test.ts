import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted } from "effect"
import * as Presets from "../../src/gateway/presets/index.ts"
import * as Provider from "../../src/Provider.ts"

const entry = (name: string, more: Partial<Presets.Entry> = {}): Presets.Entry => ({
  name,
  baseUrls: [],
  keys: [],
  keyVariables: [],
  ...more
})

const tiers = ["flex", "standard", "priority", "auto"] as const

const called = (provider: Provider.Provider, baseUrl = provider.baseUrl) => {
  const { connection } = Provider.connect(provider, { apiKey: Redacted.make("sk-own"), baseUrl })
  const call = { dialect: provider.dialects[0], stream: false, deadline: Duration.minutes(1) }
  const { headers, url } = provider.endpoint(call, connection)
  return { url, authorization: headers["authorization"] }
}

describe("a preset", () => {
  it.each<readonly [string, string, string, ReadonlyArray<string | undefined>]>([
    [
      "azure-openai",
      "https://unit.openai.azure.com/openai/v1",
      "https://unit.openai.azure.com/openai/v1/responses",
      ["flex", "default", "priority", "auto"]
    ],
    [
      "bedrock",
      "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1",
      "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1/responses",
      ["flex", "default", "priority", undefined]
    ],
    ["openrouter", "", "https://openrouter.ai/api/v1/chat/completions", ["flex", undefined, "priority", undefined]],
    [
      "groq",
      "",
      "https://api.groq.com/openai/v1/chat/completions",
      ["flex", "on_demand", "performance", "auto"]
    ],
    [
      "openai-compatible",
      "http://127.0.0.1:8000/v1",
      "http://127.0.0.1:8000/v1/chat/completions",
      [undefined, undefined, undefined, undefined]
    ]
  ])("of %s knows where it is and its words for the tiers", (preset, baseUrl, url, words) => {
    const provider = Presets.make(entry("own", { preset, baseUrls: baseUrl === "" ? [] : [baseUrl] }))
    assert.strictEqual(provider.name, "own")
    assert.deepStrictEqual(called(provider), { url, authorization: "Bearer sk-own" })
    assert.deepStrictEqual(tiers.map(provider.tierToWire), words)
    for (const [index, tier] of tiers.entries()) {
      if (words[index] !== undefined) assert.strictEqual(provider.tierFromWire(words[index]), tier)
    }
  })

  it("takes Groq's 498 for want of capacity, so that standard is asked", () => {
    const failure = Presets.make(entry("groq")).failureOf({
      status: 498,
      headers: {},
      body: { error: { message: "No flex capacity.", code: "capacity_exceeded" } },
      text: "",
      receivedAt: 0
    })
    assert.strictEqual(Presets.make(entry("groq")).verdict(failure), "capacity")
  })

  it("of a built-in provider stays itself under its name, and serves what its entry says under another", () => {
    const own = Presets.make(entry("openai"))
    assert.isTrue(own.claims("gpt-5.5"))
    const other = Presets.make(entry("openai-eu", { preset: "openai", models: ["eu-*"] }))
    assert.strictEqual(other.name, "openai-eu")
    assert.deepStrictEqual(["gpt-5.5", "eu-large"].map(other.claims), [false, true])
  })

  it("is read together with its entry's words and formats", () => {
    const provider = Presets.make(entry("acme", {
      baseUrls: ["https://acme.example/v1"],
      formats: ["responses"],
      tiers: { flex: "economy" }
    }))
    assert.deepStrictEqual(provider.dialects, ["responses"])
    assert.strictEqual(provider.unsupported("flex", "m"), undefined)
    assert.strictEqual(provider.unsupported("priority", "m")?.code, "priority_unsupported_for_acme")
  })
})
