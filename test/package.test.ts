import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll } from "vitest"

const root = path.resolve(import.meta.dirname, "..")
const folder = mkdtempSync(path.join(tmpdir(), "flexinference-package-"))
afterAll(() => rmSync(folder, { recursive: true }))

const manifest: {
  readonly version: string
  readonly bin: { readonly flexinference: string }
  readonly exports: { readonly [subpath: string]: unknown }
  readonly dependencies?: object
} = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8" })
  assert.deepStrictEqual({ error, status, stderr }, { error: undefined, status: 0, stderr: "" })
  return stdout
}

let tarball = ""
let packed: ReadonlyArray<string> = []
beforeAll(() => {
  const json = run(root, "npm", "pack", "--silent", "--ignore-scripts", "--json", "--pack-destination", folder)
  const [{ filename, files }]: readonly [
    { readonly filename: string; readonly files: ReadonlyArray<{ readonly path: string }> }
  ] = JSON.parse(json)
  tarball = path.join(folder, filename)
  packed = files.map(({ path }) => path)
})

/** A project with the package as npm packs it, and those of its peers that are asked for. */
const project = (name: string, peers: ReadonlyArray<string>): string => {
  const modules = path.join(folder, name, "node_modules")
  const home = path.join(modules, "effect-flexinference")
  mkdirSync(home, { recursive: true })
  run(home, "tar", "-xzf", tarball, "--strip-components=1")
  for (const peer of peers) {
    mkdirSync(path.dirname(path.join(modules, peer)), { recursive: true })
    symlinkSync(path.join(root, "node_modules", peer), path.join(modules, peer))
  }
  return path.dirname(modules)
}

/** Why each entry cannot be loaded in a project, of those that cannot. */
const unloadable = (cwd: string): unknown => {
  const entries = Object.keys(manifest.exports)
    .filter((entry) => !entry.includes("*") && !entry.endsWith(".json"))
    .map((entry) => path.posix.join("effect-flexinference", entry))
  const script = `const missing = {}
for (const entry of ${JSON.stringify(entries)}) {
  await import(entry).catch((error) => (missing[entry] = /find package '([^']+)'/.exec(error.message)?.[1] ?? error.message))
}
console.log(JSON.stringify(missing))`
  return JSON.parse(run(cwd, process.execPath, "--input-type=module", "--eval", script))
}

const peers = ["effect", "@effect/platform-node", "@effect/sql-pg", "@electric-sql/pglite", "undici"]

describe("the package", () => {
  it("needs nothing but effect, which is the user's own, except where it serves", () => {
    assert.deepStrictEqual(Object.keys(manifest.dependencies ?? {}), [])
    assert.deepStrictEqual(unloadable(project("library", ["effect"])), {
      "effect-flexinference/deferred/Embedded": "@effect/sql-pg",
      "effect-flexinference/gateway": "@effect/platform-node",
      "effect-flexinference/gateway/Gateway": "@effect/platform-node",
      "effect-flexinference/gateway/SurfaceApi": "@effect/platform-node",
      "effect-flexinference/undici": "undici"
    })
  })

  it("has every entry where its optional peers are there", () => {
    assert.deepStrictEqual(unloadable(project("server", peers)), {})
  })
})

describe("the package as it is packed", () => {
  it("has no two files of one name on a disk that does not tell capitals", () => {
    const seen = new Map(packed.map((file) => [file.toLowerCase(), file]))
    assert.deepStrictEqual(packed.filter((file) => seen.get(file.toLowerCase()) !== file), [])
    assert.include(packed, path.posix.normalize(manifest.bin.flexinference))
  })
})

describe("the bundled command", () => {
  const bundle = path.join(root, manifest.bin.flexinference)

  it("needs no other file", () => {
    copyFileSync(bundle, path.join(folder, "flexinference.mjs"))
    assert.strictEqual(
      run(folder, process.execPath, "flexinference.mjs", "--version"),
      `flexinference v${manifest.version}\n`
    )
  })

  it("carries the licence of every package inside it", () => {
    const text = readFileSync(bundle, "utf8")
    // esbuild says before each file where it comes from.
    const packages = new Set(
      Array.from(text.matchAll(/^(?: {2})?\/\/ (node_modules\/(?:@[^/\n]+\/)?[^/\n]+)\//gm), ([, name = ""]) => name)
    )
    assert.includeMembers(Array.from(packages), ["node_modules/effect", "node_modules/undici", "node_modules/ws"])
    for (const name of packages) {
      const licence = path.join(root, name, "LICENSE")
      assert.isTrue(existsSync(licence), licence)
      assert.include(text, readFileSync(licence, "utf8").trim(), name)
      assert.include(text, `\n${name.replace("node_modules/", "")} `)
    }
  })
})
