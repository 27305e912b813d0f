/**
 * `npm run catalog:check`: where the built-in catalogue differs from other people's price lists, and how old each side
 * is.
 *
 *     npm run catalog:check -- [--pi-ai FOLDER] [--litellm FILE [--litellm-date DAY]] [--at DAY]
 *
 * pi-ai is taken from npm into a temporary folder where no unpacked one is named. LiteLLM's list is in no npm package:
 * it is `model_prices_and_context_window.json` of its repository; without a date the file's own time stands in.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { parseArgs } from "node:util"
import * as ModelCatalog from "../../src/ModelCatalog.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { differences, line, liteLlm, type Oracle, piAi } from "./Oracles.ts"

const { values } = parseArgs({
  options: {
    "pi-ai": { type: "string" },
    litellm: { type: "string" },
    "litellm-date": { type: "string" },
    at: { type: "string" }
  }
})
const at = values.at === undefined ? Date.now() : Date.parse(values.at)
const piAiPackage = "@earendil-works/pi-ai"

const read = (file: string): JsonObject => {
  const value = Json.parse(readFileSync(file, "utf8"))
  if (!Json.isObject(value)) throw new Error(`${file} holds no JSON object`)
  return value
}

const npm = (folder: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("npm", [...args], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()

const unpackPiAi = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "catalog-check-"))
  // By number: left to itself, npm takes the last version that this Node runs, which is an old list.
  const version = npm(folder, "view", piAiPackage, "dist-tags.latest")
  execFileSync("tar", ["xzf", npm(folder, "pack", "--silent", `${piAiPackage}@${version}`)], { cwd: folder })
  return path.join(folder, "package")
}

const piAiOf = (folder: string): Oracle => {
  const version = Json.string(read(path.join(folder, "package.json")), "version") ?? ""
  const published = Json.parse(npm(folder, "view", piAiPackage, "time", "--json"))
  const time = Json.isObject(published) ? Json.string(published, version) : undefined
  const files = ["openai", "google", "anthropic"].map((name) =>
    read(path.join(folder, "dist", "providers", "data", `${name}.json`))
  )
  return { ...piAi(files, time === undefined ? undefined : Date.parse(time)), name: `pi-ai ${version}` }
}

const liteLlmOf = (file: string): Oracle => {
  const date = values["litellm-date"]
  return liteLlm(read(file), date === undefined ? statSync(file).mtimeMs : Date.parse(date))
}

const oracles = [
  piAiOf(values["pi-ai"] ?? unpackPiAi()),
  ...(values.litellm === undefined ? [] : [liteLlmOf(values.litellm)])
]
for (const oracle of oracles) {
  const found = differences(ModelCatalog.builtIn, oracle, at)
  const lines = found.map((difference) => line(oracle, difference))
  process.stdout.write(`\n${oracle.name}: ${found.length} differences\n${lines.join("\n")}\n`)
}
if (values.litellm === undefined) {
  process.stdout.write(
    "\nLiteLLM's list was not named (--litellm FILE), so tiers other than standard were not compared.\n"
  )
}
