import { assert, describe, it } from "@effect/vitest"
import type { Deferral } from "../../src/deferred/Deferred.ts"
import type { DeferredRequest } from "../../src/deferred/Request.ts"
import * as Report from "../../src/cli/defer/Report.ts"
import * as Listing from "../../src/cli/jobs/Listing.ts"

const attempts = [
  { rung: "flex", startedAt: 0, endedAt: null, outcome: "unknown", error: null },
  { rung: "standard", startedAt: 1, endedAt: 2, outcome: "answered", error: null }
] as const

const request: DeferredRequest = {
  id: "resp_flexinference_1",
  owner: "team-a",
  key: null,
  request: JSON.stringify({ model: "gpt-5.5", input: "A secret." }),
  createdAt: 0,
  deadline: 3_600_000,
  status: "completed",
  attempts,
  notBefore: {},
  answer: JSON.stringify({ output: [] }),
  failure: null,
  endedAt: 2,
  costMicroUsd: 12,
  savingMicroUsd: 0,
  step: 1,
  version: 3
}

const waiting: DeferredRequest = {
  ...request,
  status: "queued",
  attempts: [],
  costMicroUsd: null,
  savingMicroUsd: null
}

describe("flexinference jobs", () => {
  it("has a row for each request, in which what is not known is no 0", () => {
    assert.deepStrictEqual(Listing.table([request, waiting]), [
      "ID                    MODEL    STATUS     DEADLINE (UTC)       RUNG      TRIES       COST      SAVED",
      "resp_flexinference_1  gpt-5.5  completed  1970-01-01 01:00:00  standard      2  $0.000012  $0.000000",
      "resp_flexinference_1  gpt-5.5  queued     1970-01-01 01:00:00  –             0          –          –"
    ])
  })

  it("shows no text of a request, nor of its answer", () => {
    assert.notInclude(JSON.stringify(Listing.toJson(request)), "secret")
    assert.notProperty(Listing.toJson(request), "answer")
  })
})

describe("flexinference defer", () => {
  const deferral: Deferral = {
    id: request.id,
    status: "completed",
    createdAt: 0,
    deadline: 3_600_000,
    attempts,
    response: {
      output: [
        { type: "reasoning", content: [{ type: "reasoning_text", text: "Hm." }] },
        { type: "message", content: [{ type: "output_text", text: "One " }, { type: "output_text", text: "two." }] }
      ]
    },
    failure: null,
    costMicroUsd: 12,
    savingMicroUsd: 12
  }

  it("prints the text of the answer and nothing of what was thought", () => {
    assert.strictEqual(Report.textOf(deferral), "One two.")
  })

  it("says in one line what it took, and what a crash may have cost", () => {
    assert.strictEqual(
      Report.summary(deferral),
      "standard · 2 tries · $0.000012 · saved $0.000012 · 1 cut off by a crash, perhaps paid for"
    )
  })

  it("shows where the request stands while it waits", () => {
    const at = (given: Partial<Deferral>) => Report.frames(() => ({ ...deferral, ...given }), 3_600_000)(0).text
    assert.strictEqual(at({ status: "queued", attempts: [] }), "queued · 1h 0m left")
    const running = { rung: "batch", startedAt: 0, endedAt: null, outcome: "running", error: null } as const
    assert.strictEqual(at({ status: "in_progress", attempts: [running] }), "on batch · 1h 0m left")
  })
})
