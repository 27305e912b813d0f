import { assert, beforeAll, describe, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { examples } from "./support/examples.ts"
import { type Entry, type Export, type Kind, surface } from "./support/surface.ts"

/** What is public, on a page; `UPDATE_SURFACE=1 npm test -- test/surface.test.ts` writes it anew. */
const page = path.resolve(import.meta.dirname, "..", "src", "PUBLIC.md")

const kinds: ReadonlyArray<Kind> = ["class", "const", "function", "type"]

const width = 118

/** Words behind a heading, in lines. */
const listed = (kind: Kind, names: ReadonlyArray<string>): string => {
  const lines = [`- ${kind}:`]
  for (const [index, name] of names.entries()) {
    const word = index < names.length - 1 ? `${name},` : name
    const line = `${lines.at(-1)} ${word}`
    if (line.length > width) lines.push(`  ${word}`)
    else lines[lines.length - 1] = line
  }
  return lines.join("\n")
}

const written = (entries: ReadonlyArray<Entry>): string =>
  [
    "# What is public",
    "",
    "Every export of every subpath. Nothing else is: it may change in any version. A test holds this list; a change to it",
    "is a change to what users of the package can rely on.",
    ...entries.filter(({ exports }) => exports.length > 0).map(({ entry, exports }) => {
      const lists = kinds.flatMap((kind) => {
        const names = exports.filter((exported) => exported.kinds.includes(kind)).map(({ name }) => name)
        return names.length === 0 ? [] : [listed(kind, names)]
      })
      return `\n## ${path.posix.join("effect-flexinference", entry)}\n\n${lists.join("\n")}`
    }),
    ""
  ].join("\n")

/** Whether it is there when a program runs. */
const isValue = ({ kinds }: Export): boolean => kinds.some((kind) => kind !== "type")

const shown = examples.map(({ code }) => code).join("\n")

/** How an example calls it. */
const spelled = ({ entry, name }: Export): string =>
  `${entry === "./undici" ? "Undici" : path.posix.basename(entry)}.${name}`

describe("what is public", () => {
  let entries: ReadonlyArray<Entry> = []
  let values: ReadonlyArray<Export> = []
  beforeAll(() => {
    entries = surface()
    values = entries.flatMap(({ exports }) => exports.filter(isValue))
  }, 120_000)

  it("stands in the list", () => {
    const now = written(entries)
    if (process.env["UPDATE_SURFACE"] !== undefined) writeFileSync(page, now)
    assert.strictEqual(
      readFileSync(page, "utf8"),
      now,
      "UPDATE_SURFACE=1 npm test -- test/surface.test.ts writes it anew"
    )
  })

  it("is told in a sentence, types included", () => {
    const silent = entries.flatMap(({ exports }) => exports.filter(({ documentation }) => documentation === ""))
    assert.deepStrictEqual(silent.map(spelled), [])
  })

  it("says of every value since when it is there, and in which one category it is", () => {
    const untagged = values.filter(({ tags }) => tags.get("since")?.length !== 1 || tags.get("category")?.length !== 1)
    assert.deepStrictEqual(untagged.map(spelled), [])
  })

  it("has an example of every value", () => {
    const missing = values.filter((value) => !new RegExp(`\\b${spelled(value).replace(".", "\\.")}\\b`).test(shown))
    assert.deepStrictEqual(missing.map(spelled), [])
  })
})
