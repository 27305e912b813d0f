import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import * as ai from "../src/ai/index.ts"
import * as gateway from "../src/gateway/index.ts"
import * as library from "../src/index.ts"
import * as testing from "../src/simulator/index.ts"

const root = path.resolve(import.meta.dirname, "..")
const manifest: { readonly exports: { readonly [subpath: string]: unknown } } = JSON.parse(
  readFileSync(path.join(root, "package.json"), "utf8")
)

const entries = {
  "effect-flexinference": library,
  "effect-flexinference/ai": ai,
  "effect-flexinference/gateway": gateway,
  "effect-flexinference/testing": testing
}

/** Every fenced `ts` block of a text, without the margin of a doc comment. */
const examples = (text: string): ReadonlyArray<string> =>
  Array.from(
    text.matchAll(/^([ \t]*\*?[ \t]*)```ts\n([^]*?)^[ \t]*\*?[ \t]*```/gm),
    ([, margin = "", code = ""]) =>
      code.split("\n").map((line) =>
        line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^[ \t]*\*[ \t]?/, "")
      ).join("\n")
  )

const documented = [
  "README.md",
  ...readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join("src", file))
]

/** Exports every value of an entry under a type that is inferred, so that its declaration names all it refers to. */
const everyValue = (entry: string, namespaces: { readonly [name: string]: object }): string =>
  [
    `import { ${Object.keys(namespaces).join(", ")} } from "${entry}"`,
    ...Object.entries(namespaces).flatMap(([name, module]) =>
      Object.keys(module).map((value) => `export const ${name}_${value} = ${name}.${value}`)
    )
  ].join("\n")

/** What is compiled, by file. */
const programs: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    documented.flatMap((file) =>
      examples(readFileSync(path.join(root, file), "utf8")).map((code, index) => [
        `example-${file.replaceAll(/[/\\.]/g, "-")}-${index}.ts`,
        `${code}\nexport {}\n`
      ])
    )
  ),
  ...Object.fromEntries(
    Object.entries(entries).map(([entry, namespaces], index) => [`inferred-${index}.ts`, everyValue(entry, namespaces)])
  ),
  "inferred.ts": readFileSync(path.join(import.meta.dirname, "project", "inferred.ts"), "utf8"),
  "wrong.ts": readFileSync(path.join(import.meta.dirname, "project", "wrong.ts"), "utf8")
}

/** An empty folder that has this package installed as it is built, and nothing of the checkout. */
const install = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "effect-flexinference-"))
  const modules = path.join(folder, "node_modules")
  mkdirSync(path.join(modules, "@effect"), { recursive: true })
  for (const name of ["effect", "@effect/platform-node", "@effect/vitest", "undici", "vitest"]) {
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name))
  }
  const own = path.join(modules, "effect-flexinference")
  cpSync(path.join(root, "dist"), path.join(own, "dist"), { recursive: true })
  cpSync(path.join(root, "package.json"), path.join(own, "package.json"))
  return folder
}

const compilers = ["typescript", "typescript-5.9"]

const run = promisify(execFile)

/** What a compiler says of the programs, by the options that its own `--init` writes. */
const compile = async (installed: string, compiler: string): Promise<ReadonlyArray<string>> => {
  const cwd = path.join(installed, compiler)
  const tsc = (...options: ReadonlyArray<string>) =>
    run(process.execPath, [path.join(root, "node_modules", compiler, "bin", "tsc"), ...options], { cwd })
  mkdirSync(cwd)
  writeFileSync(path.join(cwd, "package.json"), JSON.stringify({ type: "module" }))
  await tsc("--init")
  for (const [file, text] of Object.entries(programs)) writeFileSync(path.join(cwd, file), text)
  // Errors are what it ends with: some of the programs are wrong.
  const { stdout } = await tsc("--outDir", "out").catch((error: { readonly stdout: string }) => error)
  return stdout.trimEnd().split(/\n(?! )/)
}

describe("the package", () => {
  const errors = new Map<string, ReadonlyArray<string>>()
  let folder = ""

  beforeAll(async () => {
    folder = install()
    await Promise.all(compilers.map(async (compiler) => errors.set(compiler, await compile(folder, compiler))))
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("finds the examples, and compiles nothing else that is wrong", () => {
    assert.isAbove(Object.keys(programs).filter((file) => file.startsWith("example")).length, 10)
    for (const compiler of compilers) {
      assert.deepStrictEqual(
        (errors.get(compiler) ?? ["not run"]).filter((error) => !/^(?:example|inferred|wrong)/.test(error)),
        []
      )
    }
  })

  it("gives every public module a subpath", () => {
    const api = new Set(["ChatCompletions", "Interactions", "Messages", "Responses"])
    assert.sameMembers(Object.keys(manifest.exports), [
      "./package.json",
      ".",
      ...Object.keys(library).map((name) => api.has(name) ? `./api/${name}` : `./${name}`),
      ...["ai", "gateway", "testing", "undici"].map((entry) => `./${entry}`),
      ...Object.keys(ai).map((name) => `./ai/${name}`),
      ...Object.keys(gateway).map((name) => `./gateway/${name}`),
      ...Object.keys(testing).map((name) => `./testing/${name}`)
    ])
  })

  describe.each(compilers)("in a fresh project, with %s", (compiler) => {
    const of = (kind: string) => (errors.get(compiler) ?? []).filter((error) => error.startsWith(kind))

    it("has examples, and every one of them compiles", () => {
      assert.deepStrictEqual(of("example"), [])
    })

    it("runs the program with a policy of its own", async () => {
      const main = `
        import { Effect } from "effect"
        import { program } from "./out/example-src-FlexPolicy-ts-0.js"
        Effect.runPromise(program).then((found) => console.log(JSON.stringify(found)))
      `
      const cwd = path.join(folder, compiler)
      const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", main], { cwd })
      assert.deepInclude(JSON.parse(stdout), {
        reasons: ["flex_capacity", "flex_too_busy", "flex_capacity"],
        refusalRate: 1,
        median: { _id: "Option", _tag: "None" }
      })
    })

    it("has a name for every type that a program leaves to inference", () => {
      assert.deepStrictEqual(of("inferred"), [])
    })

    it("says what to write in place of a wrong start_within, service_tier or field", () => {
      const said = of("wrong")
      assert.lengthOf(said, 4)
      for (const [index, value] of [`'"30s"'`, "'number'"].entries()) {
        assert.include(
          said[index],
          `Type ${value} is not assignable to type 'Write<"default, priority, auto, or 5 seconds to 10 minutes, such as 30`
        )
      }
      assert.include(said[2], "leave out service_tier: start_within sets the tier")
      assert.include(said[3], "Did you mean to write 'temperature'?")
    })
  })
})
