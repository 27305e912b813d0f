/** `npm run bench`: what a request costs here, beside what it costs elsewhere, in one run. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Child from "./child.ts"
import * as Options from "./options.ts"
import { workspace } from "./paths.ts"
import * as Quiet from "./quiet.ts"
import { type Result, sections } from "./sections.ts"
import { versions } from "./versions.ts"

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const print = (text: string): void => void process.stdout.write(text)

/** Written after every section, so that one which fails takes nothing along. */
const write = (file: string, result: object): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
}

const main = async (options: Options.Options): Promise<void> => {
  const date = new Date().toISOString()
  const out = resolve(options.out ?? `${workspace}${date.slice(0, 19).replaceAll(":", "")}.json`)
  const looks: Array<Quiet.Quiet> = []
  const look = async () => void looks.push(await Quiet.wait(options.patience, say))
  const measured: { [section: string]: Result["rows"] } = {}
  const missing: Array<string> = []
  for (const { name, run } of sections) {
    const result = await run(options, { look, say: (text) => say(`${name}: ${text}`) })
    await Child.stopAll()
    if (result.missing !== undefined) {
      print(`\n${result.missing}\n`)
      missing.push(result.missing)
    }
    if (result.rows.length === 0) continue
    print(result.table)
    measured[name] = result.rows
    write(out, {
      date,
      versions: versions(),
      options: { ...options, only: options.only.source },
      busy: Quiet.complaint(looks) ?? null,
      looks,
      missing,
      sections: measured
    })
  }
  if (Object.keys(measured).length === 0) throw new Error(`--only ${options.only.source} left nothing to measure`)
  const busy = Quiet.complaint(looks)
  if (busy !== undefined) print(`\n${busy}\n`)
  say(`\nwritten to ${out}`)
}

const leave = async (code: number): Promise<never> => {
  await Child.stopAll()
  process.exit(code)
}

process.on("SIGINT", () => void leave(130))
process.on("SIGTERM", () => void leave(143))

try {
  const options = Options.parse(process.argv.slice(2))
  if (options === undefined) print(Options.usage)
  else await main(options)
  await leave(0)
} catch (error) {
  say(error instanceof Error ? error.stack ?? error.message : String(error))
  await leave(1)
}
