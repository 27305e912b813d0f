import { assert, describe, it } from "@effect/vitest"
import * as Quote from "../../../src/cli/run/Quote.ts"
import * as Rung from "../../../src/deferred/Rung.ts"
import * as ModelCatalog from "../../../src/ModelCatalog.ts"

const standard: Rung.Rung = { name: "standard", price: 1, promise: undefined, estimate: [[60_000, 1]] }
const batch: Rung.Rung = { name: "batch", price: 0.5, promise: undefined, estimate: [[60_000, 1]] }
const now = Date.UTC(2026, 10, 25)
const when = { catalog: ModelCatalog.builtIn, now, deadline: now + 3_600_000 }
const asked = {
  model: "gpt-5.5",
  provider: "openai",
  body: { max_output_tokens: 1_000 },
  bytes: 4_001,
  rungs: [batch, standard]
} as const

describe("a quote", () => {
  it("is the most that each rung and the ladder can cost, by estimated input and allowed output", () => {
    const quote = Quote.add(Quote.add(new Map(), asked, when), asked, when)
    const prices = ModelCatalog.lookup(ModelCatalog.builtIn, "gpt-5.5")?.prices.standard?.base
    const each = Math.round(1_001 * (prices?.input ?? 0) + 1_000 * (prices?.output ?? 0))
    assert.isAbove(each, 0)
    const row = quote.get("gpt-5.5")
    assert.deepStrictEqual([row?.requests, row?.inputTokens, row?.outputTokens], [2, 2_002, 2_000])
    assert.strictEqual(row?.standard, 2 * each)
    // A batch that is sure to be done in time.
    assert.strictEqual(row?.expected, 0.5)
    assert.deepInclude(Quote.toJson(quote), { bytes_per_token: 4 })
    const [, line = ""] = Quote.lines(quote)
    assert.match(line, /^gpt-5\.5 +2 +2002 +2000 +\$\d\.\d{6} \(50%\) +\$\d\.\d{6} \(100%\) +\$\d\.\d{6} \(50%\)$/)
  })

  it("does not know what a request costs that sets no limit, nor one of a model without a price", () => {
    for (const one of [{ ...asked, body: {} }, { ...asked, model: "a-model-of-nobody" }]) {
      const quote = Quote.add(Quote.add(new Map(), one, when), { ...one, body: {} }, when)
      assert.isUndefined(quote.get(one.model)?.standard)
      assert.include(Quote.lines(quote).join("\n"), "at most unknown")
    }
  })
})
