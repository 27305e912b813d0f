import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll } from "vitest"
import { examples } from "./support/examples.ts"

const root = path.resolve(import.meta.dirname, "..")
const folder = mkdtempSync(path.join(tmpdir(), "flexinference-install-"))
afterAll(() => rmSync(folder, { recursive: true }))

const hasRegistry = spawnSync("npm", ["view", "effect@~4.1", "name"]).status === 0

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8" })
  assert.deepStrictEqual({ error, status }, { error: undefined, status: 0 }, stderr)
  return stdout + stderr
}

/** A checkout as it stands, before anything was installed or built in it, with a commit. */
const checkout = (name: string): string => {
  const home = path.join(folder, name)
  const made = new Set(["node_modules", "dist", ".git"].map((entry) => path.join(root, entry)))
  cpSync(root, home, { recursive: true, filter: (source) => !made.has(source) })
  const git = (...args: ReadonlyArray<string>) =>
    run(home, "git", "-c", "user.name=test", "-c", "user.email=test@localhost", ...args)
  git("init", "--quiet")
  git("add", "--all")
  git("commit", "--quiet", "--message", "as it stands")
  return home
}

/** What a user's `tsc` compiles and node then runs, of what needs nothing but Effect. */
const programs = examples.filter(({ code, prints }) => prints !== undefined && !code.includes("platform-node"))

const compilers = ["typescript", "typescript-5.9"]

/** Compiles the programs by the options that a compiler's own `--init` writes, and runs them. */
const compiledAndRun = (project: string, compiler: string): ReadonlyArray<string> => {
  const cwd = path.join(project, compiler)
  const tsc = path.join(root, "node_modules", compiler, "bin", "tsc")
  mkdirSync(cwd)
  writeFileSync(path.join(cwd, "package.json"), JSON.stringify({ type: "module" }))
  run(cwd, process.execPath, tsc, "--init")
  for (const { code, name } of programs) writeFileSync(path.join(cwd, `${name}.ts`), code)
  run(cwd, process.execPath, tsc, "--outDir", "out", "--declaration")
  return programs.map(({ name }) => run(cwd, process.execPath, path.join("out", `${name}.js`)))
}

describe.skipIf(!hasRegistry)("a checkout that was never built", () => {
  it.each([
    ["folder", (home: string) => home],
    ["git address", (home: string) => `git+file://${home}`],
    ["tarball", (home: string) => path.join(home, run(home, "npm", "pack", "--silent").trim().split("\n").at(-1) ?? "")]
  ])(
    "installs from its %s, builds itself, warns of no engine, and compiles and runs what the pages say",
    (name, address) => {
      assert.isAbove(programs.length, 3)
      const home = checkout(name.replaceAll(" ", "-"))
      const project = path.join(folder, `${path.basename(home)}-user`)
      mkdirSync(project)
      writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
      const said = run(project, "npm", "install", "--no-audit", "--no-fund", address(home), "effect@~4.1")
      assert.notInclude(said, "EBADENGINE")
      assert.include(run(project, "npx", "flexinference", "--version"), "flexinference v")
      for (const compiler of compilers) {
        assert.deepStrictEqual(compiledAndRun(project, compiler), programs.map(({ prints = "" }) => prints))
      }
    }
  )
})
