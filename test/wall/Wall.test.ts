import { describe, it } from "@effect/vitest"
import { cells, run } from "./cells.ts"
import { faults } from "./faults.ts"

describe("a provider's fault does no more than one answer can show, on any leg and any surface", () => {
  it.effect.each(faults.filter(({ heavy }) => heavy !== true))("$name", (fault) => run(fault, cells))
})
