import { assert, describe, it } from "@effect/vitest"
import type { Deferral } from "../../../src/deferred/Deferred.ts"
import * as Progress from "../../../src/cli/run/Progress.ts"
import * as ResultLine from "../../../src/cli/run/ResultLine.ts"
import * as Totals from "../../../src/cli/run/Totals.ts"

const attempt = (rung: string, outcome: Deferral["attempts"][number]["outcome"]) => ({
  rung,
  outcome,
  startedAt: 0,
  endedAt: 1,
  error: null
})

const answered: Deferral = {
  id: "resp_flexinference_1",
  status: "completed",
  createdAt: 0,
  deadline: 1,
  attempts: [attempt("flex", "failed"), attempt("batch", "unknown"), attempt("standard", "answered")],
  response: { object: "response", output: [] },
  failure: null,
  costMicroUsd: 1_234_567,
  savingMicroUsd: 7
}

const failed: Deferral = {
  ...answered,
  status: "failed",
  attempts: [attempt("standard", "failed")],
  failure: { code: "context_length_exceeded", message: "The input is too long." },
  costMicroUsd: null,
  savingMicroUsd: null
}

const unpriced: Deferral = {
  ...answered,
  attempts: [attempt("flex", "answered")],
  costMicroUsd: null,
  savingMicroUsd: null
}

const written = [answered, failed, unpriced].map((deferral, index) => ResultLine.write(String(index), deferral))

describe("the file of results", () => {
  it("has an answer as a batch's file of output has it", () => {
    const { flexinference: _, ...line } = JSON.parse(written[0] ?? "")
    assert.deepStrictEqual(line, {
      id: "resp_flexinference_1",
      custom_id: "0",
      response: { status_code: 200, request_id: "resp_flexinference_1", body: answered.response },
      error: null
    })
  })

  it("has a failure with its code", () => {
    const { error, response } = JSON.parse(written[1] ?? "")
    assert.isNull(response)
    assert.deepStrictEqual(error, failed.failure)
    const canceled = JSON.parse(ResultLine.write("a", { ...failed, status: "cancelled", failure: null }))
    assert.strictEqual(canceled.error.code, "cancelled")
  })

  it("tells whoever reads it again what was known when it was written", () => {
    const deferrals = [answered, failed, unpriced]
    assert.deepStrictEqual(
      written.map(ResultLine.read),
      deferrals.map((deferral, index) => ResultLine.outcome(String(index), deferral))
    )
  })

  it("is nothing where a line was torn", () => {
    const whole = written[0] ?? ""
    for (const length of [0, 1, 20, whole.length - 2]) assert.isUndefined(ResultLine.read(whole.slice(0, length)))
  })
})

describe("the totals of a run", () => {
  const totals = [answered, failed, unpriced, answered].reduce(
    (sum, deferral) => Totals.add(sum, ResultLine.outcome("", deferral)),
    Totals.none
  )

  it("are exact sums, beside which stands what is not known", () => {
    assert.deepStrictEqual(Totals.toJson(totals), {
      answered: 3,
      failed: 1,
      rungs: { standard: 2, flex: 1 },
      cost_micro_usd: 2_469_134,
      saving_micro_usd: 14,
      unpriced: 1,
      uncompared: 1,
      unknown_tries: 2
    })
  })

  it("are told in a line each", () => {
    assert.deepStrictEqual(Totals.lines(totals), [
      "answered 3 (flex 1, standard 2), failed 1",
      "cost     $2.469134 and that of 1 whose price is not known",
      "saved    $0.000014 and that of 1 whose price is not known, against the standard tier",
      "2 tries ended with their process; whether they were paid for is not known"
    ])
  })

  it("are shown with what is left while it runs", () => {
    assert.strictEqual(
      Progress.line(totals, 8, 5_400_000),
      "████████████░░░░░░░░░░░░ 4/8 · 1 failed · $2.469134, saved $0.000014 · 1h 30m left"
    )
    assert.include(Progress.line(totals, 4, -1), "the deadline has passed")
    assert.deepStrictEqual([59_000, 60_000, 3_600_000, 90_000_000].map(Progress.remaining), [
      "1m",
      "1m",
      "1h 0m",
      "1d 1h"
    ])
  })
})
