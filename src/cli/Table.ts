/** Columns of text for a terminal: as wide as their widest cell, two spaces apart. */
import * as CliOutput from "effect/cli/CliOutput"

export interface Column {
  readonly title: string
  /** Numbers are compared by their last digits. */
  readonly align?: "left" | "right" | undefined
}

const pad = (text: string, width: number, align: Column["align"]): string => {
  const space = " ".repeat(Math.max(0, width - CliOutput.displayWidth(text)))
  return align === "right" ? space + text : text + space
}

/** The lines: the titles first. A row has a cell for each column; no line ends in spaces. */
export const lines = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  heading: (text: string) => string = (text) => text
): ReadonlyArray<string> => {
  const widths = columns.map(({ title }, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? "")].map(CliOutput.displayWidth))
  )
  const line = (cells: ReadonlyArray<string>): string =>
    columns.map(({ align }, index) => pad(cells[index] ?? "", widths[index] ?? 0, align)).join("  ").trimEnd()
  return [heading(line(columns.map(({ title }) => title))), ...rows.map(line)]
}
