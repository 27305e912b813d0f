import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"

const root = path.resolve(import.meta.dirname, "..")
const out = path.join(root, "dist", "docs")

/** Every fenced `ts` block of a text, without the margin of a doc comment. */
const examples = (text: string): ReadonlyArray<string> =>
  Array.from(
    text.matchAll(/^([ \t]*\*?[ \t]*)```ts\n([^]*?)^[ \t]*\*?[ \t]*```/gm),
    ([, margin = "", code = ""]) =>
      code.split("\n").map((line) =>
        line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^[ \t]*\*[ \t]?/, "")
      ).join("\n")
  )

const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => path.join("src", file))

describe("the documentation", () => {
  it("has examples, and every one of them compiles against the public face of the package", () => {
    rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    let count = 0
    for (const file of ["README.md", ...sources]) {
      for (const [index, code] of examples(readFileSync(path.join(root, file), "utf8")).entries()) {
        count++
        writeFileSync(path.join(out, `${file.replaceAll(/[/\\.]/g, "-")}-${index}.ts`), `${code}\nexport {}\n`)
      }
    }
    const face = (entry: string) => [`../../src/${entry}`]
    writeFileSync(
      path.join(out, "tsconfig.json"),
      JSON.stringify({
        extends: "../../test/tsconfig.json",
        compilerOptions: {
          rootDir: "../..",
          noUnusedLocals: false,
          paths: {
            "effect-flexinference": face("index.ts"),
            "effect-flexinference/gateway": face("gateway/index.ts"),
            "effect-flexinference/testing": face("simulator/index.ts")
          }
        },
        include: ["*.ts"],
        exclude: []
      })
    )
    const { status, stdout } = spawnSync(process.execPath, [
      path.join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      out
    ], { encoding: "utf8" })
    assert.strictEqual(stdout, "")
    assert.strictEqual(status, 0)
    assert.isAbove(count, 10)
  })
})
