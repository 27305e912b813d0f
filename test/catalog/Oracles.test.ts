import { assert, describe, it } from "@effect/vitest"
import * as ModelCatalog from "../../src/ModelCatalog.ts"
import { type Difference, differences, factsOf, line, liteLlm, type Oracle, piAi } from "./Oracles.ts"

const at = Date.UTC(2027, 0, 31)
const asOf = Date.UTC(2027, 0, 21)

const catalog = ModelCatalog.make([{
  id: "gpt-8",
  provider: "openai",
  flex: true,
  tiers: ["standard"],
  prices: {
    standard: {
      base: { input: 4, cachedInput: 0.4, output: 20 },
      steps: [{ above: 272_000, rates: { input: 8, output: 30 } }]
    },
    flex: { base: { input: 2, output: 10 } }
  },
  retires: "2028-01-01",
  asOf: "2027-01-15"
}])

const piAiCost = {
  input: 4,
  cacheRead: 0.4,
  cacheWrite: 0,
  output: 20,
  tiers: [{ inputTokensAbove: 272_000, input: 8, cacheRead: 0, cacheWrite: 0, output: 30 }]
}

const liteLlmEntry = {
  litellm_provider: "openai",
  deprecation_date: "2028-01-01",
  max_input_tokens: 1,
  input_cost_per_token: 4e-6,
  input_cost_per_token_above_272k_tokens: 8e-6,
  input_cost_per_token_flex: 2e-6,
  cache_read_input_token_cost: 4e-7,
  output_cost_per_token: 2e-5,
  output_cost_per_token_above_272k_tokens: 3e-5,
  output_cost_per_token_flex: 1e-5
}

const piAiOf = (cost: typeof piAiCost, more = {}): Oracle =>
  piAi([{ "openai-responses": { "chat:gpt-8": { id: "gpt-8", type: "chat", cost }, ...more } }], asOf)

const facts = (oracle: Oracle): ReadonlyArray<Pick<Difference, "model" | "fact" | "ours" | "theirs">> =>
  differences(catalog, oracle, at).map(({ fact, model, ours, theirs }) => ({ model, fact, ours, theirs }))

describe("differences", () => {
  it("are none from a list that says the same", () => {
    assert.deepStrictEqual(facts(piAiOf(piAiCost)), [])
    assert.deepStrictEqual(facts(liteLlm({ "gpt-8": liteLlmEntry }, asOf)), [])
  })

  it("name what is told otherwise, what only they tell, and what they lack though they speak of it", () => {
    const { input_cost_per_token_flex: _, ...rest } = liteLlmEntry
    const entry = { ...rest, output_cost_per_token: 3e-5, cache_creation_input_token_cost_above_1hr: 8e-6 }
    assert.sameDeepMembers([...facts(liteLlm({ "gpt-8": entry }, asOf))], [
      { model: "gpt-8", fact: "standard output", ours: 20, theirs: 30 },
      { model: "gpt-8", fact: "standard longCacheWriteInput", ours: undefined, theirs: 8 },
      { model: "gpt-8", fact: "flex input", ours: 2, theirs: undefined }
    ])
    assert.deepStrictEqual(facts(piAiOf({ ...piAiCost, cacheRead: 0 })), [
      { model: "gpt-8", fact: "standard cachedInput", ours: 0.4, theirs: undefined }
    ])
  })

  it("name the models that one side lacks, dated snapshots, other kinds and other hosts excepted", () => {
    const chat = (id: string) => ({ id, type: "chat", cost: piAiCost })
    const more = {
      a: chat("gpt-9"),
      b: chat("gpt-8-2027-01-01"),
      c: chat("whisper-9"),
      d: { ...chat("gpt-9-x"), type: "image" }
    }
    assert.deepStrictEqual(facts(piAiOf(piAiCost, more)), [
      { model: "gpt-9", fact: "model", ours: undefined, theirs: "listed" }
    ])
    assert.deepStrictEqual(
      facts(liteLlm({ "gemini/gemini-9": { litellm_provider: "gemini" }, "azure/gpt-8": liteLlmEntry }, asOf)),
      [
        { model: "gpt-8", fact: "model", ours: "listed", theirs: undefined },
        { model: "gemini-9", fact: "model", ours: undefined, theirs: "listed" }
      ]
    )
  })

  it("carry both ages, and say where theirs is the newer", () => {
    const oracle = piAiOf({ ...piAiCost, input: 5 })
    const [found] = differences(catalog, oracle, at)
    assert.deepInclude(found, { ourAge: 16, theirAge: 10 })
    assert.match(
      found === undefined ? "" : line(oracle, found),
      /^gpt-8 +standard input +here 4 \(16 d old\) +pi-ai 5 \(10 d old\)  <- theirs is newer$/
    )
    const [undated] = differences(catalog, { ...oracle, asOf: undefined }, at)
    assert.match(undated === undefined ? "" : line(oracle, undated), /pi-ai 5 \(of unknown age\)$/)
  })
})

it("tells what the built-in catalogue says at a time", () => {
  const model = ModelCatalog.get(ModelCatalog.builtIn, "gemini-4-carbon")
  if (model === undefined) throw new Error("no model")
  const input = (at: number) => factsOf(model, at).get("flex input")
  assert.deepStrictEqual([input(Date.UTC(2026, 10, 30)), input(Date.UTC(2026, 11, 1))], [1, 2])
})
