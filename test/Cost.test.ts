import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { calculate, type Cost, type CostInput, saving, type UnpricedReason } from "../src/Cost.ts"
import type { Usage } from "../src/Usage.ts"
import * as ModelCatalog from "../src/ModelCatalog.ts"

const none: Usage = {
  input: 0,
  cachedInput: 0,
  cacheWriteInput: 0,
  longCacheWriteInput: 0,
  output: 0,
  reasoning: 0,
  webSearches: 0
}
const at = Date.UTC(2026, 10, 22)

const costInput = (
  model: string,
  tier: ModelCatalog.Tier | undefined,
  usage: Partial<Usage>,
  more: Partial<CostInput> = {}
): CostInput => ({
  catalog: ModelCatalog.builtIn,
  provider: ModelCatalog.lookup(ModelCatalog.builtIn, model)?.provider ?? "openai",
  model,
  tier,
  usage: { ...none, ...usage },
  at,
  ...more
})

const microUsd = (cost: Cost): number | UnpricedReason => cost._tag === "Priced" ? cost.microUsd : cost.reason

const models = [...ModelCatalog.builtIn.models.values()]
const Model = Arbitrary.map(Arbitrary.schema(Schema.Literals(models.map(({ id }) => id))), (id) => {
  const model = ModelCatalog.get(ModelCatalog.builtIn, id)
  if (model === undefined) throw new Error(id)
  return model
})
const Tier = Schema.Literals(["flex", "standard", "priority", "fast", "ultrafast", "scale"])
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 150_000 }))
const At = Schema.Literals([at, Date.UTC(2026, 11, 1), Date.UTC(2027, 5, 1)])

/** Counts of what is charged apart; as a usage, everything that went in is input. */
const Parts = Schema.Struct({
  fresh: Count,
  cached: Count,
  written: Count,
  writtenForLong: Schema.Literals([0, 0, 0, 40_000]),
  output: Count,
  searches: Schema.Literals([0, 0, 1, 30])
})
const usageOf = ({ cached, fresh, output, searches, written, writtenForLong }: typeof Parts.Type): Usage => ({
  input: fresh + cached + written + writtenForLong,
  cachedInput: cached,
  cacheWriteInput: written + writtenForLong,
  longCacheWriteInput: writtenForLong,
  output,
  reasoning: Math.floor(output / 2),
  webSearches: searches
})

/** A decimal as a whole number of millionths. */
const millionths = (decimal: number): bigint => {
  const [whole = "0", fraction = ""] = decimal.toFixed(6).split(".")
  return BigInt(whole + fraction)
}

describe("Cost", () => {
  describe("calculate", () => {
    const cases: ReadonlyArray<
      readonly [promise: string, model: string, tier: ModelCatalog.Tier, usage: Partial<Usage>, microUsd: number]
    > = [
      // 800 x 2.5 + 200 x 0.25 + 500 x 15
      ["charges the tier that served", "gpt-5.5", "flex", { input: 1000, cachedInput: 200, output: 500 }, 9550],
      // 800 x 5 + 200 x 0.5 + 500 x 30
      ["charges standard in full", "gpt-5.5", "standard", { input: 1000, cachedInput: 200, output: 500 }, 19_100],
      // 800 x 12.5 + 200 x 1.25 + 500 x 75
      ["charges priority", "gpt-5.5", "priority", { input: 1000, cachedInput: 200, output: 500 }, 47_750],
      // 10 x 30
      ["has reasoning in the output already", "gpt-5.5", "standard", { output: 10, reasoning: 9 }, 300],
      // 100 x 20 + 1 x 80
      ["charges cached input in full without a cached price", "o3-pro", "standard", {
        input: 100,
        cachedInput: 40,
        output: 1
      }, 2080],
      // 300 x 4 + 300 x 0.4 + 400 x 5 + 10 x 20
      ["charges cache writes at a quarter more from gpt-5.6 on", "gpt-5.6-sol", "standard", {
        input: 1000,
        cachedInput: 300,
        cacheWriteInput: 400,
        output: 10
      }, 3520],
      // 600 x 2 + 400 x 2.5
      ["charges cache writes by the tier", "gpt-5.6-sol", "flex", { input: 1000, cacheWriteInput: 400 }, 2200],
      ["charges an alias as its model", "gpt-5.6", "flex", { input: 1000, cacheWriteInput: 400 }, 2200],
      // 100 x 4 + 300 x 5 + 600 x 8
      ["charges an hour's cache write apart from a five minutes' one", "claude-opus-5-5", "standard", {
        input: 1000,
        cacheWriteInput: 900,
        longCacheWriteInput: 600
      }, 6700],
      // 100001 x 1
      ["charges an hour's cache write by the step", "claude-haiku-5-5", "standard", {
        input: 100_001,
        cacheWriteInput: 100_001,
        longCacheWriteInput: 100_001
      }, 100_001],
      // 500 x 1 + 500 x 2
      ["charges OpenAI's twelve hours", "gpt-6.1-terra", "standard", {
        input: 1000,
        cacheWriteInput: 500,
        longCacheWriteInput: 500
      }, 1500],
      // 1000 x 1.75
      [
        "charges cache writes as input before gpt-5.6",
        "gpt-5.2",
        "standard",
        { input: 1000, cacheWriteInput: 400 },
        1750
      ],
      // 272000 x 2.5 + 100 x 15
      [
        "keeps the base price up to the long-context step",
        "gpt-5.4",
        "standard",
        { input: 272_000, output: 100 },
        681_500
      ],
      // 272001 x 5 + 100 x 22.5
      ["charges the whole request above the long-context step", "gpt-5.4", "standard", {
        input: 272_001,
        output: 100
      }, 1_362_255],
      // 200000 x 2.5 + 100000 x 0.25 + 10 x 11.25 = 525112.5
      ["counts cached input towards the step", "gpt-5.4", "flex", {
        input: 300_000,
        cachedInput: 100_000,
        output: 10
      }, 525_113],
      // 300000 x 20 + 10 x 75
      ["doubles gpt-6 input and adds half to its output above the step", "gpt-6-astra", "standard", {
        input: 300_000,
        output: 10
      }, 6_000_750],
      // 272001 x 2 + 10 x 7.5 = 544077
      ["halves what is above the step for flex", "gpt-6-sol", "flex", { input: 272_001, output: 10 }, 544_077],
      // 272001 x 24 + 10 x 90
      ["multiplies what is above the step for ultrafast", "gpt-6.1-sol", "ultrafast", {
        input: 272_001,
        output: 10
      }, 6_528_924],
      // 100 x 4 + 10 x 20
      ["charges fast mode at twice the price", "gpt-6.2-sol", "fast", { input: 100, output: 10 }, 600],
      ["charges fast mode alike under its older name", "gpt-6.2-sol", "priority", { input: 100, output: 10 }, 600],
      // 100000 x 0.1 + 10 x 0.5
      ["keeps Haiku's low price up to 100k", "claude-haiku-5-5", "standard", { input: 100_000, output: 10 }, 10_005],
      // 100001 x 0.5 + 10 x 2.5 = 50025.5
      ["raises Haiku's price above 100k", "claude-haiku-5-5", "standard", { input: 100_001, output: 10 }, 50_026],
      // 10 x 1 + 100 x 1.25 + 8 x 5
      ["prices a dated snapshot as its alias", "claude-haiku-4-5-20251001", "standard", {
        input: 110,
        cacheWriteInput: 100,
        output: 8
      }, 175],
      // 200001 x 1.25 + 4 x 7.5 = 250031.25
      [
        "halves Gemini's price for flex above the step too",
        "gemini-2.5-pro",
        "flex",
        { input: 200_001, output: 4 },
        250_031
      ],
      // 100 x 2.7 + 10 x 16.2
      ["charges Gemini's priority at 1.8 times", "gemini-3.5-flash", "priority", { input: 100, output: 10 }, 432],
      // 100 x 0.25 + 2 x 10000
      ["adds OpenAI's web searches", "gpt-5-mini", "standard", { input: 100, webSearches: 2 }, 20_025],
      ["does not halve web searches for flex", "gpt-5-mini", "flex", { webSearches: 2 }, 20_000],
      ["adds Gemini's searches", "gemini-3.5-flash", "flex", { webSearches: 1 }, 14_000],
      ["adds Anthropic's web searches", "claude-opus-5", "standard", { webSearches: 3 }, 30_000],
      // 20 x 0.025 = 0.5
      ["rounds half up", "gpt-5-nano", "flex", { input: 20 }, 1],
      // 19 x 0.025 = 0.475
      ["rounds down below a half", "gpt-5-nano", "flex", { input: 19 }, 0],
      // 10 x 0.025 + 1 x 0.2 + 0.05 (10 cached x 0.0025 + 1 x 0.025) = 0.5
      ["rounds the total, not its parts", "gpt-5-nano", "flex", { input: 21, cachedInput: 10, output: 1 }, 1],
      ["prices nothing used at nothing", "gpt-5.5", "standard", {}, 0]
    ]
    for (const [promise, model, tier, usage, expected] of cases) {
      it(`${promise}: ${model}, ${tier}`, () => {
        assert.strictEqual(microUsd(calculate(costInput(model, tier, usage))), expected)
      })
    }

    it("takes the highest step that the input exceeds, in whatever order they stand", () => {
      const at = (input: number) => ({ input, output: 9 })
      const catalog = ModelCatalog.make([{
        id: "gpt-x",
        provider: "openai",
        flex: false,
        tiers: ["standard"],
        prices: {
          standard: { base: at(1), steps: [{ above: 300, rates: at(4) }, { above: 100, rates: at(2) }, { above: 500 }] }
        },
        asOf: "2026-01-01"
      }])
      const charged = (input: number) => microUsd(calculate(costInput("gpt-x", "standard", { input }, { catalog })))
      assert.deepStrictEqual([100, 101, 300, 301, 500].map(charged), [100, 202, 600, 1204, 2000])
      assert.strictEqual(charged(501), "no_price_for_tier")
    })

    it("changes prices on the day the list says", () => {
      const usage = { input: 1000, output: 100 }
      const costAt = (tier: ModelCatalog.Tier, at: number) =>
        microUsd(calculate(costInput("gemini-3.8-flash", tier, usage, { at })))
      const change = Date.UTC(2027, 0, 1)
      // 1000 x 0.75 + 100 x 3.75, then 1000 x 1.5 + 100 x 7.5
      assert.strictEqual(costAt("standard", change - 1), 1125)
      assert.strictEqual(costAt("standard", change), 2250)
      assert.strictEqual(costAt("flex", change), 1125)
    })

    it("doubles gemini-4-argon's and gemini-4-carbon's price with December, to the second", () => {
      for (const model of ["gemini-4-argon", "gemini-4-carbon"]) {
        const costAt = (at: number) =>
          microUsd(calculate(costInput(model, "flex", { input: 1000, cachedInput: 500, output: 100 }, { at })))
        const change = Date.UTC(2026, 11, 1)
        // 500 x 1 + 500 x 0.05 + 100 x 5
        assert.strictEqual(costAt(change - 1000), 1025)
        assert.strictEqual(costAt(change), 2050)
      }
    })

    const unpriced: ReadonlyArray<readonly [promise: string, input: CostInput, reason: UnpricedReason]> = [
      ["a model it does not know", costInput("gpt-5.3-codex-spark", "standard", { input: 1 }), "unknown_model"],
      ["a model that is gone", costInput("o4-mini", "standard", { input: 1 }), "unknown_model"],
      ["flex where there is none", costInput("gpt-6.2-astra", "flex", { input: 1 }), "no_price_for_tier"],
      ["ultrafast where its price is not known", costInput("gpt-6.2-sol", "ultrafast", {}), "no_price_for_tier"],
      ["scale, which is bought ahead", costInput("gpt-5.5", "scale", { input: 1 }), "no_price_for_tier"],
      [
        "a long cache write without a price",
        costInput("gpt-6.1-terra", "flex", { input: 2, cacheWriteInput: 2, longCacheWriteInput: 1 }),
        "no_price_for_cache_write"
      ],
      [
        "a model another provider served",
        costInput("gpt-5.5", "standard", {}, { provider: "anthropic" }),
        "unknown_model"
      ],
      ["auto, before the served tier is known", costInput("gpt-5.5", "auto", { input: 1 }), "unknown_tier"],
      ["a tier word nobody knows", costInput("gpt-5.5", undefined, { input: 1 }), "unknown_tier"],
      ["a tier without a price", costInput("gpt-5.2-pro", "flex", { input: 1 }), "no_price_for_tier"],
      ["Anthropic's priority", costInput("claude-opus-5", "priority", { input: 1 }), "no_price_for_tier"],
      [
        "a tier without a price above the step",
        costInput("gpt-5.4", "priority", { input: 272_001 }),
        "no_price_for_tier"
      ],
      ["searches without a price", costInput("gemini-2.5-flash", "flex", { webSearches: 1 }), "no_price_for_web_search"]
    ]
    for (const [promise, input, reason] of unpriced) {
      it(`does not price ${promise}`, () => {
        assert.deepStrictEqual(calculate(input), { _tag: "Unpriced", reason })
      })
    }

    it("says which prices applied", () => {
      const cost = calculate(costInput("gpt-5.4", "flex", { input: 272_001 }))
      assert.deepStrictEqual(cost._tag === "Priced" ? cost.list : cost, {
        input: 2.5,
        cachedInput: 0.25,
        output: 11.25
      })
    })

    it("is not thrown off by decimals that binary cannot hold", () => {
      const catalog = ModelCatalog.make([{
        id: "gpt-x",
        provider: "openai",
        flex: false,
        tiers: ["standard"],
        prices: { standard: { base: { input: 0.29, output: 1.005 } } },
        asOf: "2026-01-01"
      }])
      // 50 x 0.29 = 14.5 and 100 x 1.005 = 100.5, which a plain product puts a little below.
      assert.strictEqual(microUsd(calculate(costInput("gpt-x", "standard", { input: 50 }, { catalog }))), 15)
      assert.strictEqual(microUsd(calculate(costInput("gpt-x", "standard", { output: 100 }, { catalog }))), 101)
    })

    it("takes counts that contradict each other without going below zero", () => {
      assert.strictEqual(microUsd(calculate(costInput("gpt-5.5", "standard", { input: 10, cachedInput: 20 }))), 10)
      assert.strictEqual(microUsd(calculate(costInput("gpt-5.5", "standard", { input: -10, output: -1 }))), 0)
    })

    it.prop(
      "equals the exact sum of its parts, rounded once, for every model and tier",
      { model: Model, tier: Tier, parts: Parts, at: At },
      ({ at, model, parts, tier }) => {
        const usage = usageOf(parts)
        const cost = calculate(costInput(model.id, tier, usage, { at }))
        if (cost._tag === "Unpriced") return
        const { list } = cost
        const total = BigInt(parts.fresh) * millionths(list.input) +
          BigInt(parts.cached) * millionths(list.cachedInput ?? list.input) +
          BigInt(parts.written) * millionths(list.cacheWriteInput ?? list.input) +
          (parts.writtenForLong === 0
            ? 0n
            : BigInt(parts.writtenForLong) * millionths(list.longCacheWriteInput ?? Number.NaN)) +
          BigInt(parts.output) * millionths(list.output) +
          BigInt(parts.searches) * millionths(model.webSearch ?? 0)
        assert.strictEqual(cost.microUsd, Number((total + 500_000n) / 1_000_000n))
        assert.isTrue(Number.isSafeInteger(cost.microUsd))
      },
      { arbitrary: { runs: 500 } }
    )

    it.prop(
      "never falls when more is used, and never rises when more of the input was cached",
      { model: Model, tier: Tier, parts: Parts, more: Count, at: At },
      ({ at, model, more, parts, tier }) => {
        const costOf = (parts: typeof Parts.Type) => calculate(costInput(model.id, tier, usageOf(parts), { at }))
        const cost = costOf(parts)
        const grown = [
          { ...parts, fresh: parts.fresh + more },
          { ...parts, cached: parts.cached + more },
          { ...parts, written: parts.written + more },
          { ...parts, output: parts.output + more }
        ].map(costOf)
        const searched = calculate(
          costInput(model.id, tier, { ...usageOf(parts), webSearches: parts.searches + more }, { at })
        )
        for (const greater of [...grown, searched]) {
          if (cost._tag === "Priced" && greater._tag === "Priced") assert.isAtLeast(greater.microUsd, cost.microUsd)
        }
        const cached = costOf({ ...parts, fresh: 0, cached: parts.cached + parts.fresh })
        if (cost._tag === "Priced" && cached._tag === "Priced") assert.isAtMost(cached.microUsd, cost.microUsd)
      },
      { arbitrary: { runs: 500 } }
    )
  })

  describe("saving", () => {
    it("is what standard would have cost more", () => {
      const usage = { input: 1000, cachedInput: 200, output: 500 }
      assert.strictEqual(saving(costInput("gpt-5.5", "flex", usage)), 9550)
      assert.strictEqual(saving(costInput("gpt-5.5", "standard", usage)), 0)
      assert.strictEqual(saving(costInput("gpt-5.5", "priority", usage)), 19_100 - 47_750)
    })

    it("is unknown where either price is", () => {
      assert.isUndefined(saving(costInput("gpt-5.2-pro", "flex", { input: 1 })))
      assert.isUndefined(saving(costInput("gpt-7", "flex", { input: 1 })))
      assert.isUndefined(saving(costInput("gpt-5.5", undefined, { input: 1 })))
    })

    it.prop(
      "is never negative for flex",
      { model: Model, parts: Parts, at: At },
      ({ at, model, parts }) => {
        assert.isAtLeast(saving(costInput(model.id, "flex", usageOf(parts), { at })) ?? 0, 0)
      },
      { arbitrary: { runs: 500 } }
    )
  })
})
