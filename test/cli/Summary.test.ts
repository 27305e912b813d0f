import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as Summary from "../../src/cli/Summary.ts"
import type { Routing } from "../../src/Routing.ts"

const routing: Routing = {
  model: "gpt-5.5",
  provider: "openai",
  requestedProvider: "openai",
  tier: "flex",
  tierInferred: false,
  reason: "flex_won",
  fallbackAttempts: 0,
  retries: 0,
  dropped: [],
  mode: "byok",
  window: Duration.seconds(30),
  startedAfter: Duration.millis(3210),
  legs: [],
  usage: undefined,
  costMicroUsd: 123,
  savingMicroUsd: 123,
  simulated: false
}

describe("Summary", () => {
  it.each<readonly [string, Partial<Routing>, string]>([
    ["a flex answer with its saving", {}, "flex · flex_won · started after 3.2 s · $0.000123 · saved $0.000123"],
    [
      "a standard answer, which saves nothing",
      { tier: "default", reason: "flex_deadline", savingMicroUsd: 0 },
      "default · flex_deadline · started after 3.2 s · $0.000123"
    ],
    [
      "a dearer tier by what it costs more",
      { tier: "priority", reason: "tier_direct", costMicroUsd: 2_500_000, savingMicroUsd: -1_250_000 },
      "priority · tier_direct · started after 3.2 s · $2.500000 · $1.250000 above standard"
    ],
    [
      "a price that is not known, which is not nothing",
      { costMicroUsd: undefined, savingMicroUsd: undefined },
      "flex · flex_won · started after 3.2 s · price unknown"
    ],
    [
      "a tier the provider did not report",
      { tierInferred: true },
      "flex (inferred) · flex_won · started after 3.2 s · $0.000123 · saved $0.000123"
    ],
    [
      "a simulated answer as one",
      { simulated: true },
      "flex · flex_won · started after 3.2 s · $0.000123 · saved $0.000123 · simulated"
    ],
    [
      "an answer that started at once",
      { startedAfter: Duration.zero },
      "flex · flex_won · started after 0.0 s · $0.000123 · saved $0.000123"
    ]
  ])("tells %s", (_, difference, expected) => {
    assert.strictEqual(Summary.line({ ...routing, ...difference }), expected)
  })
})
