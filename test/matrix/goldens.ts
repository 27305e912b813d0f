/**
 * Requests as they were sent, kept as files. `UPDATE_GOLDEN=1` writes them anew; each must then be read with the
 * translation tables of the providers at hand, because what is written is what will be believed.
 */
import { assert } from "@effect/vitest"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import type { JsonObject } from "../../src/wire/Json.ts"

const root = path.resolve(import.meta.dirname, "golden")
const isUpdate = process.env["UPDATE_GOLDEN"] === "1"

/** Fails unless `value` is what the file of that name holds. */
export const compare = (name: string, value: JsonObject): void => {
  const file = path.join(root, `${name}.json`)
  if (isUpdate) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`)
  }
  assert.isTrue(existsSync(file), `there is no ${name}.json yet; run with UPDATE_GOLDEN=1 and review it`)
  assert.deepStrictEqual(value, JSON.parse(readFileSync(file, "utf8")), `${name}.json`)
}

/** The names of all files there are. */
export const names = (): ReadonlyArray<string> =>
  readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length).replaceAll(path.sep, "/")).toSorted()
