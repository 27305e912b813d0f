import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import * as ai from "../src/ai/index.ts"
import * as deferred from "../src/deferred/index.ts"
import * as gateway from "../src/gateway/index.ts"
import * as library from "../src/index.ts"
import * as testing from "../src/simulator/index.ts"
import * as Providers from "./support/providers.ts"
import { computes, examples, isTest, isWhole, toModule } from "./support/examples.ts"
import { surface } from "./support/surface.ts"

const root = path.resolve(import.meta.dirname, "..")
const manifest: { readonly exports: { readonly [subpath: string]: unknown } } = JSON.parse(
  readFileSync(path.join(root, "package.json"), "utf8")
)

const entries = {
  "effect-flexinference": library,
  "effect-flexinference/ai": ai,
  "effect-flexinference/deferred": deferred,
  "effect-flexinference/gateway": gateway,
  "effect-flexinference/testing": testing
}

/** What is public of a module: what stands in its declarations. */
const publicNames = new Map(
  surface().map(({ entry, exports }) => [
    path.posix.basename(entry),
    new Set(exports.filter(({ kinds }) => kinds.some((kind) => kind !== "type")).map(({ name }) => name))
  ])
)

/** Exports every value of an entry under a type that is inferred, so that its declaration names all it refers to. */
const everyValue = (entry: string, namespaces: { readonly [name: string]: object }): string =>
  [
    `import { ${Object.keys(namespaces).join(", ")} } from "${entry}"`,
    ...Object.entries(namespaces).flatMap(([name, module]) =>
      Object.keys(module).filter((value) => publicNames.get(name)?.has(value)).map((value) =>
        `export const ${name}_${value} = ${name}.${value}`
      )
    )
  ].join("\n")

/** What is compiled, by file. */
const programs: Readonly<Record<string, string>> = {
  ...Object.fromEntries(examples.map((example) => [`${example.name}.ts`, toModule(example)])),
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
  mkdirSync(path.join(modules, "@electric-sql"), { recursive: true })
  const peers = ["@effect/platform-node", "@effect/sql-pg", "@electric-sql/pglite", "undici"]
  for (const name of ["effect", "@effect/vitest", "vitest", ...peers]) {
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name))
  }
  const own = path.join(modules, "effect-flexinference")
  cpSync(path.join(root, "dist"), path.join(own, "dist"), { recursive: true })
  cpSync(path.join(root, "package.json"), path.join(own, "package.json"))
  return folder
}

/** Loads modules one after the other, and tells of each that fails why. */
const runner = path.join(import.meta.dirname, "project", "runner.js")

/** Runs compiled programs as a user would who has keys, except that simulated providers answer. */
const execute = async (url: string, ...programs: ReadonlyArray<string>): Promise<string> => {
  const key = "sk-simulated"
  const env = {
    PATH: process.env["PATH"],
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: `${url}/v1`,
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: url,
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: url
  }
  const { stdout } = await run(process.execPath, [...programs], { env, timeout: 100_000 })
  return stdout.trimEnd()
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
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("finds the examples, and compiles nothing else that is wrong", () => {
    assert.isAbove(examples.length, 10)
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
      ...["ai", "deferred", "gateway", "testing", "undici"].map((entry) => `./${entry}`),
      ...Object.keys(ai).map((name) => `./ai/${name}`),
      ...Object.keys(deferred).map((name) => `./deferred/${name}`),
      // By itself, because it needs Node and what else it keeps requests by.
      "./deferred/Embedded",
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

  describe("as the examples say", () => {
    const compiled = (name: string) => path.join(folder, "typescript", "out", `${name}.js`)

    it.effect("every one that is whole runs, and computes what it says", () =>
      Effect.gen(function*() {
        const url = yield* Providers.listening
        const silent = examples.filter((example) =>
          isWhole(example) && !isTest(example) && example.prints === undefined
        )
        assert.isAbove(silent.reduce((sum, example) => sum + computes(example), 0), 60)
        const failures = yield* Effect.promise(() => execute(url, runner, ...silent.map(({ name }) => compiled(name))))
        assert.deepStrictEqual(JSON.parse(failures.split("\n").at(-1) ?? ""), {})
      }), 120_000)

    it.effect("every one that prints, prints what its page says", () =>
      Effect.gen(function*() {
        const url = yield* Providers.listening
        const printing = examples.filter(({ prints }) => prints !== undefined)
        assert.isNotEmpty(printing)
        for (const { name, prints } of printing) {
          assert.strictEqual(yield* Effect.promise(() => execute(url, compiled(name))), prints?.trimEnd(), name)
        }
      }), 120_000)

    it("every test passes", async () => {
      const tests = examples.filter(isTest)
      assert.isNotEmpty(tests)
      const vitest = path.join(folder, "node_modules", "vitest", "vitest.mjs")
      const root = path.join(folder, "typescript")
      const include = tests.map(({ name }) => `out/${name}.js`)
      writeFileSync(
        path.join(root, "vitest.config.js"),
        `export default { test: { include: ${JSON.stringify(include)} } }`
      )
      const outputFile = path.join(root, "report.json")
      await run(process.execPath, [vitest, "run", "--reporter", "json", "--outputFile", outputFile], { cwd: root })
      const report: { readonly numPassedTests: number; readonly numTotalTests: number } = JSON.parse(
        readFileSync(outputFile, "utf8")
      )
      assert.isAtLeast(report.numPassedTests, tests.length)
      assert.strictEqual(report.numPassedTests, report.numTotalTests)
    }, 120_000)
  })
})
