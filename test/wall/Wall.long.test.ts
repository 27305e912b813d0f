import { describe, it } from "@effect/vitest"
import { cells, run, translated } from "./cells.ts"
import { faults } from "./faults.ts"

describe("a provider's fault does no more than one answer can show", () => {
  it.effect.each(faults)("on any leg and any surface: $name", (fault) => run(fault, cells))

  it.effect.each(
    faults.filter(({ heavy }) => heavy !== true)
  )("where every answer is translated: $name", (fault) => run(fault, translated))
})
