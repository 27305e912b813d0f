import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { AttemptRecord } from "../../src/AttemptLog.ts"
import * as Statement from "../../src/cli/usage/Statement.ts"
import { from } from "../../src/cli/usage/Summing.ts"
import * as Sums from "../../src/cli/usage/Sums.ts"
import * as Command from "./command.ts"

const record: AttemptRecord = {
  v: 1,
  time: "2026-11-24T08:00:00.000Z",
  level: "info",
  event: "request",
  requestId: "1",
  key: "team",
  surface: "responses",
  model: "gpt-5.5",
  provider: "openai",
  tier: "flex",
  reason: "flex_won",
  status: 200,
  startWithin: "00h-00m-30s",
  startedAfterMs: 2000,
  durationMs: 4000,
  usage: null,
  costMicroUsd: 1_000_000,
  listMicroUsd: 2_000_000,
  savingMicroUsd: 1_000_000,
  retries: 0,
  fallbackAttempts: 0,
  rung: null,
  legs: []
}

const records: ReadonlyArray<AttemptRecord> = [
  record,
  { ...record, time: "2026-11-25T23:59:59.999Z", tier: "standard", costMicroUsd: 2_000_000, savingMicroUsd: 0 },
  {
    ...record,
    time: "2026-11-25T10:00:00.000Z",
    key: null,
    model: "unknown",
    costMicroUsd: null,
    savingMicroUsd: null
  },
  { ...record, time: "2026-11-25T11:00:00.000Z", tier: null, status: 503, costMicroUsd: null, savingMicroUsd: null }
]

const sums = () => {
  const { add, sums } = Sums.make()
  for (const each of records) add(each)
  return sums()
}

/** A folder with these records, until the test is over. */
const folder = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-usage-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => {
    const text = records.map((each) => `${JSON.stringify(each)}\n`).join("")
    writeFileSync(path.join(folder, "2026-11-24.0000.jsonl"), text)
    return folder
  }
)

describe("Sums", () => {
  it("adds up what was spent and saved, and counts what failed and what has no price", () => {
    const { all, days, keys, models } = sums()
    assert.deepStrictEqual(all, { requests: 4, failed: 1, flex: 2, spent: 3_000_000, saved: 1_000_000, unpriced: 1 })
    assert.deepStrictEqual(Array.from(days, ([day, { requests }]) => [day, requests]), [["2026-11-24", 1], [
      "2026-11-25",
      3
    ]])
    assert.deepStrictEqual(Array.from(models, ([model, { requests }]) => [model, requests]), [["gpt-5.5", 3], [
      "unknown",
      1
    ]])
    assert.deepStrictEqual(Array.from(keys, ([key, { requests }]) => [key, requests]), [["team", 3], ["–", 1]])
  })
})

describe("Statement", () => {
  it("draws the days as bars that fit the terminal, the longest over its whole width", () => {
    const lines = Statement.lines(sums(), 46)
    const bars = lines.filter((line) => /^\d{4}-/.test(line))
    assert.deepStrictEqual(bars, [
      "2026-11-24 █████░░░░░ $1.0000 (saved $1.0000)",
      "2026-11-25 ██████████ $2.0000 (saved $0.0000)"
    ])
    for (const bar of bars) assert.isAtMost(bar.length, 46)
  })

  it("says of how many answers the price is not known", () => {
    assert.include(Statement.lines(sums(), 80).join("\n"), "answers whose price is not known: 1")
  })
})

describe("from", () => {
  const now = Date.parse("2026-11-25T12:00:00Z")
  it.each([
    ["2026-11-01", "2026-11-01"],
    ["12h", "2026-11-25T00:00:00.000Z"],
    ["7d", "2026-11-18T12:00:00.000Z"],
    ["00h-30m-00s", "2026-11-25T11:30:00.000Z"]
  ])("reads %s as %s", (text, instant) => assert.deepStrictEqual(from(Option.some(text), now), Result.succeed(instant)))

  it.each(["", "yesterday", "2026-13-01", "999999d"])(
    "says of %o what it takes",
    (text) => assert.isTrue(Result.isFailure(from(Option.some(text), now)))
  )
})

describe.concurrent("flexinference usage", () => {
  it.live("sums the records of a folder, whose name a flag or a variable gives", () =>
    Effect.gen(function*() {
      const records = yield* folder
      const printed = yield* Command.run(["usage", "--records", records])
      assert.match(
        printed.stdout,
        /^ALL +REQUESTS +FAILED +FLEX +SPENT +SAVED\n2 days +4 +1 +50% +\$3\.0000 +\$1\.0000\n/
      )
      assert.match(printed.stdout, /\ngpt-5\.5 +3 +1 +33% +\$3\.0000 +\$1\.0000\n/)
      assert.deepStrictEqual({ code: printed.code, stderr: printed.stderr }, { code: 0, stderr: "" })
      const { stdout } = yield* Command.run(["usage", "--json", "--since", "2026-11-25"], {
        env: { FLEXINFERENCE_RECORDS: records }
      })
      assert.deepStrictEqual(JSON.parse(stdout).all, {
        requests: 3,
        failed: 1,
        flex: 1,
        spent_micro_usd: 2_000_000,
        saved_micro_usd: 0,
        unpriced: 1
      })
    }))

  it.live("says what to do where there is no folder, no record, or no day", () =>
    Effect.gen(function*() {
      const missing = yield* Command.run(["usage", "--since", "then"])
      assert.match(missing.stderr, /^error: 2 things are wrong\n {2}- --records is missing: .*\n {2}- --since: .*\n$/)
      assert.strictEqual(missing.code, 2)
      const wrong = yield* Command.run(["usage", "--records", "/none"])
      assert.match(wrong.stderr, /^error: the records in \/none cannot be read: ENOENT.*\n$/)
      const empty = yield* Command.run(["usage", "--records", yield* folder, "--since", "2027-01-01"])
      assert.match(empty.stderr, /^error: there is no record in .* since 2027-01-01\n$/)
      assert.strictEqual(empty.code, 1)
    }))
})
