// Loads the modules that it is given, in which every promise of an example is a `check`, and tells which do not hold.
import { deepStrictEqual } from "node:assert"
import { writeSync } from "node:fs"
import { pathToFileURL } from "node:url"

const failures = {}
let file = ""
globalThis.check = (actual, expected) => {
  try {
    deepStrictEqual(actual, expected)
  } catch (error) {
    failures[file] = `${failures[file] ?? ""}${error.message}\n`
  }
}
process.on("unhandledRejection", (error) => (failures[`after ${file}`] = String(error)))
for (file of process.argv.slice(2)) {
  await import(pathToFileURL(file)).catch((error) => (failures[file] = String(error.stack)))
}
process.on("exit", () => writeSync(1, `\n${JSON.stringify(failures)}\n`))
