import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll } from "vitest"

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

describe.skipIf(!hasRegistry)("a checkout that was never built", () => {
  it.each([
    ["folder", (home: string) => home],
    ["git address", (home: string) => `git+file://${home}`]
  ])("installs from its %s, builds itself, and warns of no engine", (name, address) => {
    const home = checkout(name.replaceAll(" ", "-"))
    const project = path.join(folder, `${path.basename(home)}-user`)
    mkdirSync(project)
    writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
    const said = run(project, "npm", "install", "--no-audit", "--no-fund", address(home), "effect@~4.1")
    assert.notInclude(said, "EBADENGINE")
    const script = `import { StartWithin } from "effect-flexinference"; if (StartWithin === undefined) process.exit(1)`
    run(project, process.execPath, "--input-type=module", "--eval", script)
    assert.include(run(project, "npx", "flexinference", "--version"), "flexinference v")
  })
})
