/** The text of a configuration file, in TOML or JSON: its value, and in which line something of it stands. */
import * as Toml from "effect/encoding/Toml"
import * as Result from "effect/Result"
import * as Json from "../../wire/Json.ts"

export type Format = "toml" | "json"

/** By the end of its name; what is not called JSON is TOML. */
export const formatOf = (path: string): Format => /\.json$/i.test(path) ? "json" : "toml"

/** What a text says, or why it says nothing. */
export const parse = (text: string, format: Format): Result.Result<unknown, string> => {
  if (format === "toml") {
    // What is quoted in the message may be a key.
    return Result.mapError(
      Toml.parse(text),
      ({ message }) => `is no TOML: ${message.replaceAll(/ '[^\n]*'(?= at line)/g, "")}`
    )
  }
  const value = Json.parse(text)
  return value === undefined ? Result.fail("is no JSON") : Result.succeed(value)
}

const header = /^\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?$/

/**
 * The line of a TOML text in which what is at this path is written, counted from 1, as far as it can be told by looking
 * at headers and names at the beginnings of lines; of what is missing, that of its table.
 */
export const lineOf = (text: string, path: ReadonlyArray<PropertyKey>): number | undefined => {
  const [section, index, field] = path
  const isInTable = typeof index === "number"
  const name = isInTable ? field : section
  let seen = -1
  let isOpen = !isInTable
  let found: number | undefined
  for (const [position, line] of text.split("\n").entries()) {
    const [, brackets, table] = header.exec(line) ?? []
    if (table !== undefined) {
      // A table below the element belongs to it.
      if (isOpen && isInTable && table.startsWith(`${String(section)}.`)) {
        if (table.split(".")[1] === name) return position + 1
        continue
      }
      if (!isInTable && (table === name || table.startsWith(`${String(name)}.`))) return position + 1
      if (brackets === "[[" && table === section) seen++
      isOpen = isInTable && table === section && seen === index
      if (isOpen) found = position + 1
    } else if (isOpen && typeof name === "string") {
      const [, own] = /^\s*"?([\w-]+)"?\s*[=.]/.exec(line) ?? []
      if (own === name) return position + 1
    }
  }
  return found ?? (isInTable ? lineOf(text, [section ?? ""]) : undefined)
}
