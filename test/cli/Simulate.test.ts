import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Command from "./command.ts"

const simulate = ["simulate", "-n", "40", "--windows", "5s,00h-00m-30s"]

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-simulate-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

describe.concurrent("flexinference simulate", () => {
  it.live("prints the same table twice for one seed, and another for another", () =>
    Effect.gen(function*() {
      const [one, again, other] = yield* Effect.all(
        ["3", "3", "4"].map((seed) => Command.run([...simulate, "--seed", seed])),
        { concurrency: "unbounded" }
      )
      assert.match(
        one?.stdout ?? "",
        /\na +5s +\d[^]*\nb +00h-00m-30s [^]*\n +clairvoyant +[^]*\nChoose [^]*\nsaving\n/
      )
      assert.deepStrictEqual({ code: one?.code, stderr: one?.stderr }, { code: 0, stderr: "" })
      assert.strictEqual(again?.stdout, one?.stdout)
      assert.notStrictEqual(other?.stdout, one?.stdout)
    }))

  it.live("prints it as data, and writes a picture", () =>
    Effect.gen(function*() {
      const svg = path.join(yield* folder, "windows.svg")
      const { stdout } = yield* Command.run([...simulate, "--json", "--svg", svg])
      const { clairvoyant, distribution_known, windows } = JSON.parse(stdout)
      assert.deepStrictEqual(windows.map(({ name }: { name: string }) => name), ["5s", "00h-00m-30s"])
      assert.isAtMost(clairvoyant, distribution_known.cost)
      assert.match(readFileSync(svg, "utf8"), /^<svg /)
    }))

  it.live("replays the flex legs of records", () =>
    Effect.gen(function*() {
      const records = yield* folder
      const leg = {
        provider: "openai",
        tier: "flex",
        openedAtMs: 0,
        startedAtMs: 7000,
        endedAtMs: 9000,
        outcome: "completed",
        usage: null,
        costMicroUsd: null,
        listMicroUsd: null
      }
      const record = {
        v: 1,
        time: "2026-11-24T08:00:00.000Z",
        level: "info",
        event: "request",
        requestId: null,
        key: null,
        surface: "responses",
        model: "gpt-5.5",
        provider: "openai",
        tier: "flex",
        reason: "flex_won",
        status: 200,
        startWithin: "00h-00m-30s",
        startedAfterMs: 7000,
        durationMs: 9000,
        usage: null,
        costMicroUsd: null,
        listMicroUsd: null,
        savingMicroUsd: null,
        retries: 0,
        fallbackAttempts: 0,
        rung: null,
        legs: [leg]
      }
      writeFileSync(path.join(records, "2026-11-24.0000.jsonl"), `${JSON.stringify(record)}\n`.repeat(5))
      const { stdout } = yield* Command.run([...simulate, "--json", "--records", records])
      const { requests, windows } = JSON.parse(stdout)
      assert.strictEqual(requests, 5)
      assert.deepStrictEqual(windows.map((row: { flex_share: number }) => row.flex_share), [0, 1])
    }))

  it.live("tells everything that is wrong with its flags at once, with 2", () =>
    Effect.gen(function*() {
      const args = ["simulate", "--windows", "5s,soon", "--median", "0s", "--model", "gpt-5.55", "--svg", "a.png"]
      const { code, stderr } = yield* Command.run(args)
      assert.match(
        stderr,
        /^error: 4 things are wrong\n {2}- --windows: "soon".*\n {2}- --median: .*\n {2}- --model: .*Did you mean gpt-5\.5\?.*\n {2}- --svg: .*\n$/
      )
      assert.strictEqual(code, 2)
    }))
})
