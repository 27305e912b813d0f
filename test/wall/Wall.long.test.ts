import { describe, it } from "@effect/vitest"
import { cells, run, translated } from "./cells.ts"
import { faults } from "./faults.ts"

describe("a provider's fault, where it takes long to show", () => {
  it.effect.each(faults.filter(({ heavy }) => heavy === true))("does no more: $name", (fault) => run(fault, cells))
})

describe("a provider's fault, where every answer is translated", () => {
  it.effect.each(faults.filter(({ heavy }) => heavy !== true))("does no more: $name", (fault) => run(fault, translated))
})
