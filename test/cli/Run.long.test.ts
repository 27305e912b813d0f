import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Command from "./command.ts"

const count = 40

const request = (index: number) =>
  JSON.stringify({
    custom_id: `request-${index}`,
    method: "POST",
    url: "/v1/responses",
    body: { model: "gemini-3.5-flash", input: `Question ${index}`, max_output_tokens: 2_000 }
  })

const scratch = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const written = (file: string): ReadonlyArray<string> =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []

interface Line {
  readonly custom_id: string
  readonly error: unknown
  readonly response: { readonly body: { readonly status: string } }
  readonly flexinference: { readonly cost_micro_usd: number; readonly saving_micro_usd: number }
}

describe("flexinference run", () => {
  it.live(
    "goes on after it was killed, and after Ctrl-C, and has every answer once at the end",
    () =>
      Effect.gen(function*() {
        const folder = yield* scratch
        const [requests, results] = [path.join(folder, "requests.jsonl"), path.join(folder, "results.jsonl")]
        writeFileSync(requests, Array.from({ length: count }, (_, index) => `${request(index)}\n`).join(""))
        const args = [
          "run",
          requests,
          "--complete-within",
          "11m",
          "--out",
          results,
          "--store",
          path.join(folder, "store")
        ]
        const until = (lines: number) =>
          Effect.repeat(Effect.sync(() => written(results).length), {
            until: (found) => found >= lines,
            schedule: Schedule.spaced("20 millis")
          })
        const first = yield* Command.start(args)
        yield* until(3)
        yield* first.kill("SIGKILL")
        yield* first.ended
        const second = yield* Command.start(args)
        yield* until(15)
        yield* second.kill("SIGINT")
        const stopped = yield* second.ended
        assert.strictEqual(stopped.code, 130)
        assert.match(stopped.stderr, /Stopped: \d+ of 40 requests .* The same command goes on where this one stopped/)
        const { code, stdout } = yield* Command.run([...args, "--json"])
        assert.strictEqual(code, 0)
        const lines = written(results).map((line): Line => JSON.parse(line))
        assert.deepStrictEqual(
          lines.map(({ custom_id }) => custom_id).toSorted(),
          Array.from({ length: count }, (_, index) => `request-${index}`).toSorted()
        )
        assert.isTrue(lines.every(({ error, response }) => error === null && response.body.status === "completed"))
        const totals = JSON.parse(stdout)
        const sum = (of: (line: Line) => number) => lines.reduce((sum, line) => sum + of(line), 0)
        assert.strictEqual(totals.answered, count)
        assert.strictEqual(totals.cost_micro_usd, sum(({ flexinference }) => flexinference.cost_micro_usd))
        assert.strictEqual(totals.saving_micro_usd, sum(({ flexinference }) => flexinference.saving_micro_usd))
        const again = yield* Command.run([...args, "--json"])
        assert.deepStrictEqual(JSON.parse(again.stdout), totals)
        const jobs = yield* Command.run(["jobs", "--store", path.join(folder, "store"), "--json"])
        const held: ReadonlyArray<{ readonly status: string }> = JSON.parse(jobs.stdout)
        assert.deepStrictEqual(held.map(({ status }) => status), Array.from({ length: count }, () => "completed"))
      }),
    240_000
  )

  it.live("says everything that is wrong with a file, and what it would cost, before anything is sent", () =>
    Effect.gen(function*() {
      const folder = yield* scratch
      const requests = path.join(folder, "requests.jsonl")
      writeFileSync(requests, `${request(0)}\n{"custom_id": \n${request(0)}\n`)
      const wrong = yield* Command.run(["run", requests, "--complete-within", "6h", "--quote"])
      assert.strictEqual(wrong.code, 2)
      assert.match(
        wrong.stderr,
        /wrong in 2 lines; nothing was sent\n {2}- line 2: [^\n]+\n {2}- line 3: [^\n]+line 1\n/
      )
      writeFileSync(requests, `${request(0)}\n\n${request(1)}\n`)
      const quoted = yield* Command.run(["run", requests, "--complete-within", "6h", "--quote", "--json"])
      assert.strictEqual(quoted.code, 0)
      const { models: { "gemini-3.5-flash": row } } = JSON.parse(quoted.stdout)
      assert.strictEqual(row.requests, 2)
      assert.strictEqual(row.output_tokens_at_most, 4_000)
      assert.isBelow(row.expected_micro_usd_at_most, row.standard_micro_usd_at_most)
    }))
})
