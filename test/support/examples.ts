/** The programs in the README, in the pages beside the code and in doc comments, as a user would copy them out. */
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"

const root = path.resolve(import.meta.dirname, "..", "..")

export interface Example {
  /** The text it stands in, from the root. */
  readonly source: string
  /** A name for it as a file, without an extension. */
  readonly name: string
  readonly code: string
  /** What the text says that it prints. */
  readonly prints: string | undefined
}

/** What is told of the values of the library: the README, and everything in `src`. */
const documented: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") || file.endsWith(".md"))
    .map((file) => path.posix.join("src", file.replaceAll(path.sep, "/")))
]

/** Every fenced `ts` block of a text, without the margin of a doc comment, and the `text` block behind it, if any. */
const fenced = (text: string): ReadonlyArray<readonly [code: string, prints: string | undefined]> =>
  Array.from(
    text.matchAll(/^([ \t]*\*?[ \t]*)```ts\n([^]*?)^[ \t]*\*?[ \t]*```\n(?:\s*```text\n([^]*?)^```)?/gm),
    ([, margin = "", code = "", prints]) => [
      code.split("\n").map((line) =>
        line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^[ \t]*\*[ \t]?/, "")
      ).join("\n"),
      prints
    ]
  )

export const examples: ReadonlyArray<Example> = documented.flatMap((source) =>
  fenced(readFileSync(path.join(root, source), "utf8")).map(([code, prints], index) => ({
    source,
    name: `example-${source.replaceAll(/[/\\.]/g, "-")}-${index}`,
    code,
    prints
  }))
)

/** Whether it is a test, for a test runner. */
export const isTest = ({ code }: Example): boolean => code.includes("from \"@effect/vitest\"")

/** Whether it can run: what is only declared in it has no value. */
export const isWhole = ({ code }: Example): boolean => !/^declare /m.test(code)

/** A line of it that computes says with `// =>` what. */
const computed = /^(.+?) \/\/ => (.+)$/gm

/** How many lines of it say what they compute. */
export const computes = ({ code }: Example): number => Array.from(code.matchAll(computed)).length

/** The example as a module in which every `value // => expected` is compared, by a global `check`. */
export const toModule = (example: Example): string => {
  const said = computes(example) === 0 ? "" : "declare const check: (actual: unknown, expected: unknown) => void\n"
  return `${example.code.replaceAll(computed, "check($1, $2)")}\nexport {}\n${said}`
}
