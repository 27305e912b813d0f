/** Saving against added wait: on the terminal, and as a picture. */
import * as Result from "effect/Result"
import type { Row } from "./Verdict.ts"

/** A letter for each row, as the table has it; rows beyond the alphabet have none. */
export const letter = (index: number): string => "abcdefghijklmnopqrstuvwxyz"[index] ?? ""

const percent = (share: number): string => `${Math.round(share * 100)}%`

interface Scale {
  readonly least: number
  readonly most: number
}

const scaleOf = (values: ReadonlyArray<number>): Scale => {
  const least = Math.min(0, ...values)
  const most = Math.max(...values, 0)
  return { least, most: most - least < 1e-9 ? least + 1 : most }
}

const place = ({ least, most }: Scale, value: number, room: number): number =>
  Math.round((value - least) / (most - least) * room)

/** The plot, as lines of at most `width` characters; two at one place are a `*`. */
export const plot = (rows: ReadonlyArray<Row>, width: number, height = 12): ReadonlyArray<string> => {
  const margin = 7
  const columns = Math.max(10, Math.min(100, width - margin - 1))
  const savings = scaleOf(rows.map(({ saving }) => saving))
  const waits = scaleOf(rows.map(({ addedMeanMs }) => addedMeanMs))
  const cells = Array.from({ length: height + 1 }, () => Array.from({ length: columns + 1 }, () => " "))
  for (const [index, { addedMeanMs, saving }] of rows.entries()) {
    const line = cells[height - place(savings, saving, height)]
    const at = place(waits, addedMeanMs, columns)
    if (line !== undefined) line[at] = line[at] === " " ? letter(index) : "*"
  }
  const label = (line: number): string => {
    if (line % 4 !== 0) return "".padStart(margin - 2)
    return percent(savings.most - (savings.most - savings.least) * line / height).padStart(margin - 2)
  }
  const end = `${(waits.most / 1000).toFixed(1)} s`
  return [
    "saving",
    ...cells.map((line, index) => `${label(index)} ┤${line.join("").trimEnd()}`),
    `${"".padStart(margin - 1)}└${"─".repeat(columns)}`,
    `${"".padStart(margin)}0${end.padStart(columns - 1)}  `.trimEnd(),
    `${"".padStart(margin)}added wait, mean`
  ]
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** The same as an SVG document. */
export const svg = (rows: ReadonlyArray<Row>, title: string): string => {
  const [width, height, margin] = [720, 420, 60] as const
  const savings = scaleOf(rows.map(({ saving }) => saving))
  const waits = scaleOf(rows.map(({ addedMeanMs }) => addedMeanMs))
  const x = (value: number): number => margin + place(waits, value, width - 2 * margin)
  const y = (value: number): number => height - margin - place(savings, value, height - 2 * margin)
  const text = (at: readonly [number, number], content: string, anchor = "start"): string =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${escaped(content)}</text>`
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => ({
    saving: savings.least + part * (savings.most - savings.least),
    wait: waits.least + part * (waits.most - waits.least)
  }))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text([width / 2, 24], title, "middle"),
    ...ticks.flatMap(({ saving, wait }) => [
      `<line x1="${margin}" x2="${width - margin}" y1="${y(saving)}" y2="${y(saving)}" stroke="#ddd"/>`,
      text([margin - 8, y(saving) + 4], percent(saving), "end"),
      text([x(wait), height - margin + 18], `${(wait / 1000).toFixed(1)} s`, "middle")
    ]),
    text([width / 2, height - 16], "added wait, mean", "middle"),
    text([16, margin - 16], "saving"),
    ...rows.flatMap(({ addedMeanMs, name, saving }) => [
      `<circle cx="${x(addedMeanMs)}" cy="${y(saving)}" r="5" fill="#0a7"/>`,
      text([x(addedMeanMs) + 8, y(saving) - 8], name)
    ]),
    "</svg>",
    ""
  ].join("\n")
}

/** Whether a path names a picture that can be written. */
export const pathOf = (path: string): Result.Result<string, string> =>
  /\.svg$/i.test(path) ? Result.succeed(path) : Result.fail(`--svg: ${JSON.stringify(path)}. Expected: a name in .svg`)
