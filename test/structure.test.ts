import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"

const src = path.resolve(import.meta.dirname, "..", "src")

/** The storeys of the house, from the ground up: a file imports from its own storey and from those below. */
const storeys: ReadonlyArray<ReadonlyArray<string>> = [
  ["wire/"],
  ["FlexInferenceError.ts", "StartWithin.ts", "CompleteWithin.ts"],
  ["Deadline.ts"],
  ["catalog/"],
  ["ModelCatalog.ts", "Usage.ts"],
  ["RequestFields.ts", "Cost.ts"],
  ["api/"],
  ["Provider.ts", "Dialect.ts", "Transport.ts", "Batches.ts"],
  ["dialect/"],
  ["provider/", "transport/"],
  ["policy/"],
  ["FlexPolicy.ts"],
  ["Routing.ts"],
  [
    "FlexRace.ts",
    "AnswerStore.ts",
    "AttemptFiles.ts",
    "AttemptLog.ts",
    "AttemptMetrics.ts",
    "Draining.ts",
    "FlexMemory.ts"
  ],
  ["router/"],
  ["Router.ts"],
  ["FlexInference.ts"],
  ["deferred/", "ai/", "simulator/"],
  ["gateway/"],
  ["cli/", "index.ts"]
]

const storeyOf = (file: string): number =>
  storeys.findIndex((rooms) => rooms.some((room) => room.endsWith("/") ? file.startsWith(room) : file === room))

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll(path.sep, "/"))
  .filter((file) => file.endsWith(".ts"))

const textOf = (file: string): string => readFileSync(path.join(src, file), "utf8")

/** A file's text without its comments. */
const codeOf = (file: string): string => textOf(file).replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*/g, "")

const importsOf = (file: string): ReadonlyArray<string> =>
  Array.from(
    textOf(file).matchAll(/^(?:import|export) [^"]*?(?:from )?"(\.[^"]+)"/gm),
    ([, specifier = ""]) => path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
  )

describe("the house", () => {
  it("gives every file a storey", () => {
    assert.deepStrictEqual(files.filter((file) => storeyOf(file) === -1), [])
  })

  it("lets imports point downward only, types included", () => {
    const upward = files.flatMap((file) =>
      importsOf(file).filter((other) => storeyOf(other) > storeyOf(file)).map((other) => `${file} -> ${other}`)
    )
    assert.deepStrictEqual(upward, [])
  })

  it("has no clock but Effect's: no timer of the runtime's, and none of undici's left on", () => {
    const clocks =
      /\b(?:setTimeout|setInterval|setImmediate|performance\.\w+|timers|Date\.now|AbortSignal\.timeout)\b|\bnew Date\(\)/
    // What runs in a browser has the browser's.
    const page = "gateway/dashboard/PageText.ts"
    assert.deepStrictEqual(files.filter((file) => file !== page && clocks.test(codeOf(file))), [])
    const direct = files.filter((file) => /from "undici"/.test(codeOf(file)))
    assert.deepStrictEqual(direct, ["transport/Connections.ts", "transport/UndiciTransport.ts"])
    for (const clock of ["headersTimeout", "bodyTimeout", "connectTimeout"]) {
      assert.include(codeOf("transport/UndiciTransport.ts"), `${clock}: 0`)
    }
  })

  it("knows Effect's own language model in one room", () => {
    const knowing = files.filter((file) => /from "effect\/ai/.test(codeOf(file)))
    assert.deepStrictEqual(knowing.filter((file) => !file.startsWith("ai/")), [])
  })

  it("names a vendor only where vendors are described", () => {
    const rooms = ["provider/", "dialect/", "catalog/", "api/", "simulator/", "ai/", "gateway/presets/"]
    // The one thing it prints that a newcomer can paste: a call by the client that most have installed.
    const shown = "cli/ReadyNotice.ts: OpenAI openai OpenAI"
    const vendors = /openai|anthropic|google|gemini|claude|vertex|bedrock|cloudflare|foundry|azure/gi
    // A model's id in an example is no knowledge of who serves it.
    const ids = /\b(?:claude|gemini)-[\w.-]+/g
    const named = files
      .filter((file) => !rooms.some((room) => file.startsWith(room)))
      .map((file) => [file, codeOf(file).replaceAll(ids, "").match(vendors) ?? []] as const)
      .filter(([, words]) => words.length > 0)
    assert.deepStrictEqual(named.map(([file, words]) => `${file}: ${words.join(" ")}`), [shown])
  })

  it("gives reasons themselves, and no number of a document that a stranger cannot look up", () => {
    assert.deepStrictEqual(files.filter((file) => /\bD\d+\b|§|\bcontract \(/.test(textOf(file))), [])
  })
})
