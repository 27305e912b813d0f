import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ModelCatalog from "../src/ModelCatalog.ts"

const { builtIn } = ModelCatalog

const model: ModelCatalog.Model = {
  id: "gpt-7",
  provider: "openai",
  flex: true,
  tiers: ["standard"],
  prices: { standard: { base: { input: 4, output: 20 } } },
  asOf: "2027-01-15"
}

describe("ModelCatalog", () => {
  describe("builtIn", () => {
    it("races the models the contract lists and the newer ones that have a flex price, and no others", () => {
      assert.sameMembers(
        [...builtIn.models.values()].filter(({ flex }) => flex).map(({ id }) => id),
        (
          "gpt-5.5 gpt-5.5-pro gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.4-pro gpt-5.2 gpt-5.2-pro gpt-5.1 gpt-5 gpt-5-mini " +
          "gpt-5-nano o3 o4-mini gemini-3.5-flash gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-3-flash-preview " +
          "gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-6.1-terra " +
          "gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash"
        ).split(" ")
      )
    })

    for (const model of builtIn.models.values()) {
      it(`holds a consistent ${model.id}`, () => {
        assert.strictEqual(ModelCatalog.lookup(builtIn, model.id), model)
        assert.isDefined(model.prices.standard)
        assert.isFalse(Number.isNaN(Date.parse(model.asOf)))
        const lists = [model.prices, ...(model.priceChanges ?? []).map(({ prices }) => prices)]
        for (const price of lists.flatMap((prices) => Object.values(prices))) {
          if (price === undefined) continue
          const { base, long } = price
          for (const { cacheWriteInput, cachedInput, input, output } of long === undefined ? [base] : [base, long]) {
            assert.isAbove(input, 0)
            assert.isAbove(output, input)
            assert.isBelow(cachedInput ?? 0, input)
            assert.isAtLeast(cacheWriteInput ?? input, input)
          }
          if (long !== undefined) {
            assert.isDefined(model.longContextAbove)
            assert.isAbove(long.input, base.input)
            assert.isAbove(long.output, base.output)
          }
        }
      })
    }
  })

  describe("lookup", () => {
    const cases: ReadonlyArray<readonly [id: string, alias: string | undefined]> = [
      ["gpt-5.5", "gpt-5.5"],
      ["gpt-5.5-2026-04-23", "gpt-5.5"],
      ["gpt-5-2025-08-07", "gpt-5"],
      ["gpt-5.4-mini-2026-03-17", "gpt-5.4-mini"],
      ["o3-2025-04-16", "o3"],
      ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
      ["claude-sonnet-4-20250514", "claude-sonnet-4-0"],
      ["gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"],
      ["gemini-2.5-pro-preview-05-06", "gemini-2.5-pro"],
      ["gemini-3.1-pro-preview-06-17", "gemini-3.1-pro-preview"],
      ["gemini-2.5-flash-preview", undefined],
      ["gemini-2.5-flash-preview-tts", undefined],
      ["gemini-2.5-flash-09-2025", undefined],
      ["gpt-5.5-2026-04-23-special", undefined],
      ["gpt-5.5-0423", undefined],
      ["gpt-5.3-codex", undefined],
      ["gpt-5.50", undefined],
      ["2026-04-23", undefined],
      ["__proto__", undefined],
      ["", undefined]
    ]
    for (const [id, alias] of cases) {
      it(alias === undefined ? `does not know ${JSON.stringify(id)}` : `takes ${id} for ${alias}`, () => {
        assert.strictEqual(ModelCatalog.lookup(builtIn, id)?.id, alias)
      })
    }

    it("prefers a snapshot that the catalogue lists itself", () => {
      const dated = { ...model, id: "gpt-5.5-2026-04-23" }
      assert.strictEqual(ModelCatalog.lookup(ModelCatalog.extend(builtIn, [dated]), dated.id), dated)
    })
  })

  it("races aliases only, never dated snapshots", () => {
    assert.isTrue(ModelCatalog.isFlexCapable(builtIn, "gpt-5.5"))
    for (
      const id of ["gpt-5.5-2026-04-23", "gemini-2.5-flash-preview-09-2025", "gpt-5-pro", "claude-opus-5", "other"]
    ) {
      assert.isFalse(ModelCatalog.isFlexCapable(builtIn, id), id)
    }
  })

  it("lists the tiers in the words of start_within, without auto for Gemini", () => {
    for (const model of builtIn.models.values()) {
      assert.deepStrictEqual(
        ModelCatalog.tiers(model),
        model.provider === "google" ? ["default", "priority"] : ["default", "priority", "auto"]
      )
    }
  })

  it("dates a catalogue by its latest model, in epoch seconds", () => {
    const catalog = ModelCatalog.make([model, { ...model, id: "gpt-8", asOf: "2026-08-21" }])
    assert.strictEqual(catalog.asOf, "2027-01-15")
    assert.strictEqual(ModelCatalog.created(catalog), Date.UTC(2027, 0, 15) / 1000)
    assert.isTrue(Number.isInteger(ModelCatalog.created(builtIn)))
    assert.strictEqual(ModelCatalog.created(ModelCatalog.make([])), 0)
  })

  it("takes the latest price list that is in effect, in whatever order the changes are listed", () => {
    const prices = (input: number): ModelCatalog.Prices => ({ standard: { base: { input, output: 9 } } })
    const changing: ModelCatalog.Model = {
      ...model,
      prices: prices(1),
      priceChanges: [{ from: "2027-03-01", prices: prices(3) }, { from: "2027-02-01", prices: prices(2) }]
    }
    const inputAt = (at: number) => ModelCatalog.pricesAt(changing, at).standard?.base.input
    assert.strictEqual(inputAt(0), 1)
    assert.strictEqual(inputAt(Date.UTC(2027, 1, 1) - 1), 1)
    assert.strictEqual(inputAt(Date.UTC(2027, 1, 1)), 2)
    assert.strictEqual(inputAt(Date.UTC(2027, 2, 1)), 3)
    assert.strictEqual(inputAt(Date.UTC(2030, 0, 1)), 3)
  })

  it("extends a catalogue by adding and replacing, and leaves the original as it was", () => {
    const replaced = { ...model, id: "gpt-5.5", flex: false }
    const extended = ModelCatalog.extend(builtIn, [model, replaced])
    assert.strictEqual(extended.models.size, builtIn.models.size + 1)
    assert.isTrue(ModelCatalog.isFlexCapable(extended, "gpt-7"))
    assert.isFalse(ModelCatalog.isFlexCapable(extended, "gpt-5.5"))
    assert.isTrue(ModelCatalog.isFlexCapable(builtIn, "gpt-5.5"))
    assert.isUndefined(ModelCatalog.get(builtIn, "gpt-7"))
  })

  it.effect("is the built-in one unless another is provided", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* ModelCatalog.Current, builtIn)
      const own = ModelCatalog.make([model])
      assert.strictEqual(yield* Effect.provideService(ModelCatalog.Current, ModelCatalog.Current, own), own)
    }))
})
