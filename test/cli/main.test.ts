import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import path from "node:path"
import { version } from "../../src/cli/Version.ts"
import * as Command from "./command.ts"

const packageJson: { readonly version: string } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "..", "..", "package.json"), "utf8")
)

describe("flexinference", () => {
  it.live("reports the package's version", () =>
    Effect.gen(function*() {
      assert.strictEqual(version, packageJson.version)
      assert.deepStrictEqual(yield* Command.run(["--version"]), {
        code: 0,
        stdout: `flexinference v${packageJson.version}\n`,
        stderr: ""
      })
    }))

  it.live.each<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["itself", ["--help"], ["serve", "ask"]],
    ["itself when nothing is asked of it", [], ["serve", "ask"]],
    ["serve", ["serve", "--help"], ["--host", "--port", "--default-start-within", "FLEXINFERENCE_GATEWAY_KEYS"]],
    ["ask", ["ask", "--help"], ["--model", "--start-within", "--stream", "--hosted", "stdin"]]
  ])("explains %s", ([, args, words]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* Command.run(args)
      for (const word of words) assert.include(stdout, word)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }))

  it.live("refuses a command it does not know on stderr, with 1", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Command.run(["race"]), {
        code: 1,
        stdout: "",
        stderr: "error: Unknown subcommand \"race\" for \"flexinference\"\nSee flexinference --help.\n"
      })
    }))
})
