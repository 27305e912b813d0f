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
    ["ask", ["ask", "--help"], ["--model", "--start-within", "--stream", "--hosted", "FLEXINFERENCE_MODEL"]],
    ["a command that help is asked for", ["help", "ask"], ["--model", "--start-within"]],
    ["itself when help is asked for", ["help"], ["serve", "ask", "models"]]
  ])("explains %s", ([, args, words]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* Command.run(args)
      for (const word of words) assert.include(stdout, word)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }))

  it.live("refuses a command it does not know on stderr, with 2", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Command.run(["race"]), {
        code: 2,
        stdout: "",
        stderr: "error: Unknown subcommand \"race\" for \"flexinference\"\nSee flexinference --help.\n"
      })
    }))

  it.live.each<readonly [ReadonlyArray<string>, RegExp]>([
    [["aks"], /^error: Unknown subcommand "aks"[^]*Did you mean[^]*ask/],
    [["help", "modles"], /^error: there is no command "modles"\. Did you mean models\?\n$/],
    [["help", "x"], /^error: there is no command "x"\. There are serve, .*\n$/]
  ])("says of %j which command was probably meant", ([args, expected]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* Command.run(args)
      assert.match(stderr, expected)
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    }))

  it.live.each(["bash", "zsh", "fish"])("completes its commands and flags in %s", (shell) =>
    Effect.gen(function*() {
      const { code, stdout } = yield* Command.run(["--completions", shell])
      for (const word of ["models", "start-within", "completions"]) assert.include(stdout, word)
      assert.strictEqual(code, 0)
    }))
})
