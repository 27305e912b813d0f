/** Tables for a terminal, and for pasting into a document. */
import type * as Rounds from "./rounds.ts"
import type * as Start from "./rows/start.ts"
import type * as Waiting from "./rows/waiting.ts"

/** What the CPU time of a row is spent on. */
export type Unit = "request" | "call" | "event"

type Cells = ReadonlyArray<string>

/** The first `words` columns hold words and stand left, the others figures. */
const table = (title: string, words: number, rows: ReadonlyArray<Cells>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: Cells) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return column < words ? cell.padEnd(width) : cell.padStart(width)
    })
    return `| ${cells.join(" | ")} |`
  }
  const [head = [], ...body] = rows
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`
  return `\n${title}\n\n${[line(head), rule, ...body.map(line)].join("\n")}\n`
}

/** Three figures at least, and no more than mean something. */
const figure = (value: number): string => value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)

export const compared = (title: string, unit: Unit, rows: ReadonlyArray<Rounds.Measured>): string =>
  table(title, 2, [
    ["case", "who", `CPU µs per ${unit}`, "over", "lowest", "highest", `${unit}s per CPU s`, `${unit}s per s`],
    ...rows.flatMap(({ contestants, name }) =>
      contestants.map(({ cpu, name: who, ratio, ratios, throughput }, index) => [
        index === 0 ? name : "",
        who,
        figure(cpu),
        ratio.toFixed(2),
        Math.min(...ratios).toFixed(2),
        Math.max(...ratios).toFixed(2),
        figure(1e6 / cpu),
        figure(throughput)
      ])
    )
  ])

export const waiting = (title: string, rows: ReadonlyArray<Waiting.Measured>): string =>
  table(title, 2, [
    [
      "case",
      "who",
      "heap kB each",
      "resident kB each",
      "delay p50 ms",
      "delay p99 ms",
      "delay max ms",
      "all committed ms",
      "CPU µs each"
    ],
    ...rows.map(({ committed, cpu, heap, max, name, p50, p99, rss, who }) => [
      name,
      who,
      ...[heap / 1000, rss / 1000, p50, p99, max, committed, cpu].map(figure)
    ])
  ])

export const start = (title: string, rows: ReadonlyArray<Start.Measured>): string =>
  table(title, 1, [
    ["what", "median", "lowest", "highest"],
    ...rows.map(({ name, unit, value, values }) => [
      name,
      ...[value, Math.min(...values), Math.max(...values)].map((value) => `${figure(value)} ${unit}`)
    ])
  ])
