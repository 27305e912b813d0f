import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import * as ResultFile from "../../../src/cli/run/ResultFile.ts"

const line = (customId: string) => `${JSON.stringify({ custom_id: customId, response: {}, error: null })}\n`

const inFile = (text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/results.jsonl`
    yield* fs.writeFileString(path, text)
    return path
  })

describe("a file of results that a run goes on with", () => {
  it.effect("holds nothing where it is not there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const { customIds } = yield* ResultFile.recover(`${folder}/none.jsonl`)
      assert.strictEqual(customIds.size, 0)
      assert.isFalse(yield* fs.exists(`${folder}/none.jsonl`))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("loses the line that a crash has torn, and no other", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const whole = line("ä") + line("b")
      for (const torn of ["", "{", line("c").slice(0, -1)]) {
        const path = yield* inFile(whole + torn)
        const { customIds, totals } = yield* ResultFile.recover(path)
        assert.deepStrictEqual(Array.from(customIds), ["ä", "b"])
        assert.strictEqual(totals.answered, 2)
        yield* Effect.scoped(Effect.flatMap(ResultFile.appending(path), (append) => append(line("c"))))
        assert.strictEqual(yield* fs.readFileString(path), whole + line("c"))
      }
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("counts a request once", () =>
    Effect.gen(function*() {
      const { totals } = yield* ResultFile.recover(yield* inFile(line("a") + line("a")))
      assert.strictEqual(totals.answered, 1)
    }).pipe(Effect.provide(NodeServices.layer)))
})
