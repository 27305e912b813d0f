/** What it costs before the first request: the command, the import of the library, and the bytes a browser would load. */
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import * as Child from "../child.ts"
import { serving } from "../gateway.ts"
import { command, program, root } from "../paths.ts"
import { median } from "../rounds.ts"
import type { World } from "../world.ts"

export interface Measured {
  readonly name: string
  readonly unit: "ms" | "kB"
  readonly value: number
  readonly values: ReadonlyArray<number>
}

export interface Row {
  readonly name: string
  readonly unit: Measured["unit"]
  /** A size is the same every time. */
  readonly once: boolean
  readonly measure: () => Promise<number>
}

const nobody = "http://127.0.0.1:1"

const listening = (script: string, options: Child.Options) => async () => {
  const begun = performance.now()
  const child = await Child.start(script, { ...options, unobserved: true })
  const millis = performance.now() - begun
  await child.stop()
  return millis
}

/** How long `import` takes in a process that has loaded nothing yet, as that process tells. */
const importing = (what: string) => async () => {
  const program = `const begun = performance.now(); await import(${
    JSON.stringify(what)
  }); process.stdout.write(String(performance.now() - begun))`
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: root
  })
  return Number(stdout)
}

// As an application bundles it: all of it minified, `effect` too.
const user = `
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { FlexInference } from "effect-flexinference"

const program = Effect.gen(function*() {
  const flex = yield* FlexInference.FlexInference
  return FlexInference.outputText(
    yield* flex.responses.create({ model: "gpt-5.5", input: "Hi", start_within: "00h-00m-30s" })
  )
})

Effect.runPromise(program.pipe(
  Effect.provide(FlexInference.layer({ openai: { apiKey: Redacted.make("sk-") } })),
  Effect.provide(FetchHttpClient.layer)
)).then(console.log)
`

const bundled = async (): Promise<Uint8Array> => {
  const { outputFiles } = await build({
    stdin: { contents: user, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error"
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

export const rows: ReadonlyArray<Row> = [
  {
    name: "a bare proxy, until it listens",
    unit: "ms",
    once: false,
    measure: listening(program("bare"), { env: { UPSTREAM: nobody } })
  },
  {
    name: "flexinference serve, until the listening line",
    unit: "ms",
    once: false,
    measure: listening(command, serving(nobody))
  },
  { name: "import \"effect\"", unit: "ms", once: false, measure: importing("effect") },
  { name: "import \"effect-flexinference\"", unit: "ms", once: false, measure: importing("effect-flexinference") },
  {
    name: "a minimal user of the library, bundled and minified",
    unit: "kB",
    once: true,
    measure: async () => (await bundled()).length / 1000
  },
  {
    name: "the same, compressed",
    unit: "kB",
    once: true,
    measure: async () => gzipSync(await bundled(), { level: 9 }).length / 1000
  }
]

export const run = async (
  rows: ReadonlyArray<Row>,
  rounds: number,
  { look, say }: World
): Promise<ReadonlyArray<Measured>> => {
  const values = new Map<Row, Array<number>>(rows.map((row) => [row, []]))
  for (let round = 0; round < rounds && rows.length > 0; round++) {
    await look()
    say(`round ${round + 1} of ${rounds}: start`)
    for (const row of rows) {
      if (round === 0 || !row.once) values.get(row)?.push(await row.measure())
    }
  }
  return rows.map((row) => {
    const own = values.get(row) ?? []
    return { name: row.name, unit: row.unit, value: median(own), values: own }
  })
}
