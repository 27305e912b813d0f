import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import path from "node:path"

const program = path.join(import.meta.dirname, "run.mjs")

describe("the soak", () => {
  it.live("finds that nothing grows under a mixed load of half a minute", () =>
    Effect.gen(function*() {
      const [code, printed] = yield* Effect.callback<readonly [number, string]>((resume) => {
        const child = execFile(process.execPath, [program, "--minutes", "0.5"], (error, stdout, stderr) => {
          resume(Effect.succeed([error === null ? 0 : 1, stdout + stderr]))
        })
        return Effect.sync(() => child.kill())
      })
      assert.strictEqual(code, 0, printed)
      assert.match(printed, /10\/10: \d+ requests/)
    }))
})
