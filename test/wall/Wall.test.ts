import { describe, it } from "@effect/vitest"
import { cells, run } from "./cells.ts"
import { faults } from "./faults.ts"

/** A third of the cells, for each fault another: `npm run test:long` builds the whole wall. */
const third = (index: number) => cells.filter((_, at) => (at + index) % 3 === 0)

describe("a provider's fault does no more than one answer can show, on any leg and any surface", () => {
  it.effect.each(
    faults.map((fault, index) => ({ fault, index, name: fault.name })).filter(({ fault }) => fault.heavy !== true)
  )("$name", ({ fault, index }) => run(fault, third(index)))
})
