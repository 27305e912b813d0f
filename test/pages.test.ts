import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import * as FlexInferenceError from "../src/FlexInferenceError.ts"

const root = path.resolve(import.meta.dirname, "..")

const pages = [
  "README.md",
  "test/README.md",
  ...readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => path.posix.join("src", file.replaceAll(path.sep, "/")))
]

const textOf = (page: string): string => readFileSync(path.join(root, page), "utf8")

/** The headings of a page as a link names them. */
const anchors = (page: string): ReadonlySet<string> =>
  new Set(
    Array.from(
      textOf(page).replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#+ (.+)$/gm),
      ([, heading = ""]) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
    )
  )

const leadsSomewhere = (page: string, target: string): boolean => {
  const [file = "", anchor] = target.split("#")
  const other = file === "" ? page : path.posix.join(path.posix.dirname(page), file)
  return existsSync(path.join(root, other)) && (anchor === undefined || anchors(other).has(anchor))
}

describe("the pages", () => {
  it.each(pages)("%s leads to files and headings that are there", (page) => {
    const targets = Array.from(textOf(page).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
    assert.deepStrictEqual(
      targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target)),
      []
    )
  })

  it("are all reached from the README", () => {
    const reached = new Set(["README.md"])
    for (const page of reached) {
      for (const [, target = ""] of textOf(page).matchAll(/\]\(([^)\s#:]+\.md)(?:#[^)]*)?\)/g)) {
        reached.add(path.posix.join(path.posix.dirname(page), target))
      }
    }
    assert.deepStrictEqual(pages.filter((page) => !reached.has(page)), [])
  })

  it("tell of every reason of a failure", () => {
    const told = Array.from(textOf("src/ERRORS.md").matchAll(/^\| `(\w+)` \|/gm), ([, reason = ""]) => reason)
    assert.sameMembers(told, FlexInferenceError.Reason.members.map(({ identifier }) => identifier))
  })
})
