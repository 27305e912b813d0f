/** What was measured, and on what. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { cpus } from "node:os"
import { root } from "./paths.ts"

const require = createRequire(import.meta.url)

/** The version of an installed package; its own `package.json` need not be exported. */
export const versionOf = (name: string): string | undefined => {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version
    } catch {
      // Further up, then.
    }
  }
  return undefined
}

export const versions = () => ({
  node: process.version,
  "effect-flexinference": JSON.parse(readFileSync(`${root}package.json`, "utf8")).version,
  effect: versionOf("effect"),
  undici: versionOf("undici"),
  openai: versionOf("openai"),
  flexinference: versionOf("flexinference"),
  "eventsource-parser": versionOf("eventsource-parser"),
  cpu: cpus()[0]?.model,
  cores: cpus().length
})
