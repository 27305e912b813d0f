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
          "gpt-5-nano o3 gemini-3.5-flash gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-3-flash-preview " +
          "gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-6-astra " +
          "gpt-6-sol gpt-6-luna gpt-6.1-sol gpt-6.1-terra gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash " +
          "gemini-3.8-flash gemini-4-argon gemini-4-carbon gemini-4-hydrogen gemini-4-neon"
        ).split(" ")
      )
    })

    for (const model of builtIn.models.values()) {
      it(`holds a consistent ${model.id}`, () => {
        assert.strictEqual(ModelCatalog.lookup(builtIn, model.id), model)
        assert.isDefined(model.prices.standard)
        for (const instant of [model.asOf, ...(model.retires === undefined ? [] : [model.retires])]) {
          assert.isFalse(Number.isNaN(Date.parse(instant)), instant)
        }
        assert.strictEqual(model.prices.flex === undefined, !model.flex || model.id === "gpt-5.2-pro")
        const lists = [model.prices, ...(model.priceChanges ?? []).map(({ prices }) => prices)]
        for (const price of lists.flatMap((prices) => Object.values(prices))) {
          if (price === undefined) continue
          const { base, steps = [] } = price
          const longs = steps.flatMap(({ rates = [] }) => rates)
          for (const { cacheWriteInput, cachedInput, input, longCacheWriteInput, output } of [base, ...longs]) {
            assert.isAbove(input, 0)
            assert.isAbove(output, input)
            assert.isBelow(cachedInput ?? 0, input)
            assert.isAtLeast(cacheWriteInput ?? input, input)
            assert.isAbove(longCacheWriteInput ?? Infinity, cacheWriteInput ?? input)
          }
          for (const long of longs) {
            assert.isAbove(long.input, base.input)
            assert.isAbove(long.output, base.output)
          }
          assert.deepStrictEqual(
            steps.map(({ above }) => above),
            model.prices.standard?.steps?.map(({ above }) => above) ?? []
          )
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
      ["claude-sonnet-4-20250514", undefined],
      ["gpt-5.6", "gpt-5.6-sol"],
      ["gpt-5.6-2026-07-09", "gpt-5.6-sol"],
      ["gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"],
      ["gemini-2.5-pro-preview-05-06", "gemini-2.5-pro"],
      ["gemini-3.1-pro-preview-06-17", "gemini-3.1-pro-preview"],
      ["gemini-2.5-flash-preview", undefined],
      ["gemini-2.5-flash-preview-tts", undefined],
      ["gemini-2.5-flash-09-2025", undefined],
      ["gpt-5.5-2026-04-23-special", undefined],
      ["gpt-5.5-0423", undefined],
      ["gpt-5.3-codex-spark", undefined],
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

  it("races undated names only, never dated snapshots", () => {
    for (const id of ["gpt-5.5", "gpt-5.6", "gpt-6.1-sol"]) {
      assert.isTrue(ModelCatalog.isFlexCapable(builtIn, id), id)
    }
    for (
      const id of [
        "gpt-5.5-2026-04-23",
        "gemini-2.5-flash-preview-09-2025",
        "gpt-5-pro",
        "gpt-6.2-sol",
        "claude-opus-5",
        "other"
      ]
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

  describe("aliases", () => {
    const sol = { ...model, id: "gpt-8-sol", aliases: ["gpt-8"] }

    it("lead to the model, and an id of the same spelling goes first", () => {
      assert.strictEqual(ModelCatalog.get(ModelCatalog.make([sol]), "gpt-8"), sol)
      const own = { ...model, id: "gpt-8" }
      assert.strictEqual(ModelCatalog.get(ModelCatalog.make([own, sol]), "gpt-8"), own)
    })

    it("belong to whoever claimed them last, and go with a model that is replaced", () => {
      const next = { ...sol, id: "gpt-8.1-sol" }
      const catalog = ModelCatalog.make([sol, next])
      assert.strictEqual(ModelCatalog.get(catalog, "gpt-8"), next)
      const { aliases: _, ...bare } = next
      assert.strictEqual(ModelCatalog.get(ModelCatalog.extend(catalog, [bare]), "gpt-8"), sol)
    })

    it("take no member of an object's prototype for a name", () => {
      assert.isUndefined(ModelCatalog.get(builtIn, "constructor"))
      assert.isUndefined(ModelCatalog.get(ModelCatalog.make([{ ...model, id: "" }]), "gpt-8"))
    })
  })

  describe("retires", () => {
    const cases: ReadonlyArray<readonly [id: string, retires: string | undefined]> = [
      ["gpt-5", "2026-12-11"],
      ["gpt-5-2025-08-07", "2026-12-11"],
      ["o3-pro", "2026-12-11"],
      ["gemini-2.5-pro", "2026-12-01"],
      ["claude-opus-4-5-20251101", "2027-01-22"],
      ["gpt-6.1-sol", undefined],
      ["gpt-7", undefined]
    ]
    for (const [id, retires] of cases) {
      it(retires === undefined ? `knows no end of ${id}` : `ends ${id} on ${retires}`, () => {
        assert.strictEqual(ModelCatalog.retires(builtIn, id), retires)
      })
    }
  })

  describe("retiring", () => {
    const day = 86_400_000
    const ids = (at: number, within?: Parameters<typeof ModelCatalog.retiring>[2]) =>
      ModelCatalog.retiring(builtIn, at, within).map(({ id }) => id)

    it("names what goes within thirty days, the first to go first", () => {
      assert.deepStrictEqual(
        ids(Date.UTC(2026, 10, 25)),
        "gemini-2.5-pro gemini-2.5-flash o3 o3-pro gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro".split(" ")
      )
    })

    it("names a model from the whole time before its end until its very instant", () => {
      const catalog = ModelCatalog.make([{ ...model, retires: "2027-03-01T08:00:00Z" }])
      const end = Date.UTC(2027, 2, 1, 8)
      const isNamed = (at: number) => ModelCatalog.retiring(catalog, at, "10 days").length === 1
      assert.deepStrictEqual(
        [end - 10 * day - 1000, end - 10 * day, end - 1000, end, end + day].map(isNamed),
        [false, true, true, false, false]
      )
    })

    it("takes another time ahead", () => {
      assert.deepStrictEqual(ids(Date.UTC(2026, 10, 25), "1 hour"), [])
      assert.includeMembers(ids(Date.UTC(2026, 10, 25), "365 days"), ["claude-opus-4-5", "gpt-5.4-nano"])
    })
  })

  describe("flexAlternative", () => {
    const cases: ReadonlyArray<readonly [asked: string, alternative: string]> = [
      ["gpt-6.2-sol", "gpt-6.1-sol"],
      ["gpt-6.2-astra", "gpt-6-astra"],
      ["gpt-5-pro", "gpt-5.2-pro"],
      ["gpt-5.3-codex", "gpt-5.2"],
      // Unknown to the catalogue: by the words of its name.
      ["gpt-9-luna", "gpt-6-luna"],
      ["gpt-9", "gpt-6.1-terra"],
      ["gemini-9-flash-lite", "gemini-3.5-flash-lite"],
      // Without one of its own provider: the nearest in price.
      ["claude-opus-5-5", "gpt-5.6-sol"],
      ["claude-haiku-5-5", "gpt-6-luna"],
      // A dated snapshot cannot be raced, its model can.
      ["gpt-5.5-2026-04-23", "gpt-5.5"],
      ["o3-2025-04-16", "o3"]
    ]
    for (const [asked, alternative] of cases) {
      it(`names ${alternative} to whoever asks for ${asked}`, () => {
        assert.strictEqual(ModelCatalog.flexAlternative(builtIn, asked)?.id, alternative)
      })
    }

    it("always has flex, and ends before another only where all of its provider end", () => {
      for (const { id, provider } of builtIn.models.values()) {
        const alternative = ModelCatalog.flexAlternative(builtIn, id)
        assert.isTrue(alternative?.flex, id)
        if (provider !== "anthropic") assert.strictEqual(alternative?.provider, provider)
        if (alternative?.id !== id) assert.isUndefined(alternative?.retires)
      }
    })

    it("is none in a catalogue without flex", () => {
      assert.isUndefined(ModelCatalog.flexAlternative(ModelCatalog.make([{ ...model, flex: false }]), "gpt-7"))
    })
  })

  it.effect("is the built-in one unless another is provided", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* ModelCatalog.Current, builtIn)
      const own = ModelCatalog.make([model])
      assert.strictEqual(yield* Effect.provideService(ModelCatalog.Current, ModelCatalog.Current, own), own)
    }))
})
