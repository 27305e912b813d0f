import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Listing from "../../src/cli/models/Listing.ts"
import * as ModelCatalog from "../../src/ModelCatalog.ts"
import * as Command from "./command.ts"

const catalog = ModelCatalog.make([
  {
    id: "one-large",
    provider: "one",
    flex: true,
    tiers: ["standard", "priority"],
    prices: { standard: { base: { input: 2, output: 8 } }, flex: { base: { input: 1, output: 4 } } },
    priceChanges: [{ from: "2026-12-01", prices: { standard: { base: { input: 3, output: 9 } } } }],
    retires: "2026-12-24T08:00:00Z",
    asOf: "2026-11-10"
  },
  { id: "two-small", provider: "two", flex: false, tiers: ["standard"], prices: {}, asOf: "2026-11-09" }
])

const select = (filter: string | undefined, flex = false) =>
  Listing.select(catalog, { filter: Option.fromUndefinedOr(filter), flex })
const table = (day: string) => Listing.table(select(undefined), Date.parse(day))

describe("Listing", () => {
  it("has for each model who serves it, its tiers, its prices with their day, and when it retires", () => {
    assert.deepStrictEqual(table("2026-11-25"), [
      "MODEL      PROVIDER  FLEX  TIERS              STANDARD  FLEX PRICE  AS OF       RETIRES",
      "one-large  one       yes   default, priority       2/8         1/4  2026-11-10  2026-12-24",
      "two-small  two       no    default                   –           –  2026-11-09"
    ])
  })

  it("has the prices of the day, and says what is gone", () => {
    assert.match(table("2026-12-01")[1] ?? "", / 3\/9 +– /)
    assert.match(table("2026-12-25")[1] ?? "", / 2026-12-24 \(gone\)$/)
  })

  it.each<[string | undefined, boolean, ReadonlyArray<string>]>([
    [undefined, false, ["one-large", "two-small"]],
    ["SMALL", false, ["two-small"]],
    ["two", false, ["two-small"]],
    [undefined, true, ["one-large"]],
    ["two", true, []]
  ])("selects by the text %o and flex %o", (filter, flex, ids) => {
    assert.deepStrictEqual(select(filter, flex).map(({ id }) => id), ids)
  })
})

describe.concurrent("flexinference models", () => {
  it.live("prints a table, without colour where nobody looks", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* Command.run(["models", "--flex"])
      assert.match(stdout, /^MODEL .*\n(?:\S+ .*\byes\b.*\n)+$/)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }))

  it.live("prints every model of the catalogue as data with --json", () =>
    Effect.gen(function*() {
      const { stdout } = yield* Command.run(["models", "--json"])
      const ids = JSON.parse(stdout).map((model: { readonly id: string }) => model.id)
      assert.deepStrictEqual(ids, [...ModelCatalog.builtIn.models.keys()])
    }))

  it.live("fails where nothing matches, and says what was probably meant", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Command.run(["models", "gtp-5.5"]), {
        code: 1,
        stdout: "",
        stderr: "error: no model matches \"gtp-5.5\". Did you mean gpt-5.5?\n"
      })
    }))
})
