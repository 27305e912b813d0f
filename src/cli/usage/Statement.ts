/** Sums as tables and bars for a terminal, and as data. */
import * as Style from "../Style.ts"
import * as Table from "../Table.ts"
import type { Sum, Sums } from "./Sums.ts"

const dollars = (microUsd: number): string => {
  const text = (Math.abs(microUsd) / 1_000_000).toFixed(Math.abs(microUsd) >= 100_000_000 ? 2 : 4)
  return `${microUsd < 0 ? "-" : ""}$${text}`
}

const columns = (title: string): ReadonlyArray<Table.Column> => [
  { title },
  { title: "REQUESTS", align: "right" },
  { title: "FAILED", align: "right" },
  { title: "FLEX", align: "right" },
  { title: "SPENT", align: "right" },
  { title: "SAVED", align: "right" }
]

const row = (name: string, sum: Sum): ReadonlyArray<string> => [
  name,
  String(sum.requests),
  String(sum.failed),
  `${sum.requests === 0 ? 0 : Math.round(100 * sum.flex / sum.requests)}%`,
  dollars(sum.spent),
  dollars(sum.saved)
]

/** More rows than these are no overview; `--json` has them all. */
const maxRows = 20

const table = (title: string, groups: ReadonlyMap<string, Sum>, style: Style.Style): ReadonlyArray<string> => {
  const rows = Array.from(groups).toSorted(([, one], [, other]) => other.spent - one.spent)
  return [
    ...Table.lines(columns(title), rows.slice(0, maxRows).map(([name, sum]) => row(name, sum)), style.bold),
    ...(rows.length > maxRows ? [style.dim(`and ${rows.length - maxRows} more, with --json`)] : [])
  ]
}

/** A bar for each day: what was spent, and behind it what was saved. */
const bars = (
  days: ReadonlyArray<readonly [string, Sum]>,
  width: number,
  style: Style.Style
): ReadonlyArray<string> => {
  const room = Math.max(10, width - 36)
  const most = Math.max(1, ...days.map(([, { saved, spent }]) => spent + Math.max(0, saved)))
  return days.map(([day, { saved, spent }]) => {
    const full = Math.round(room * spent / most)
    const both = Math.round(room * (spent + Math.max(0, saved)) / most)
    const label = `${dollars(spent)} (saved ${dollars(saved)})`
    return `${day} ${"█".repeat(full)}${style.green("░".repeat(Math.max(0, both - full)))} ${label}`
  })
}

/** The statement; `width` is that of the terminal. */
export const lines = (sums: Sums, width: number, style: Style.Style = Style.none): ReadonlyArray<string> => {
  const days = Array.from(sums.days).toSorted(([one], [other]) => one < other ? -1 : 1)
  return [
    ...Table.lines(columns("ALL"), [row(`${days.length} day${days.length === 1 ? "" : "s"}`, sums.all)], style.bold),
    ...(sums.all.unpriced === 0 ? [] : [style.yellow(`answers whose price is not known: ${sums.all.unpriced}`)]),
    "",
    style.bold("PER DAY (UTC): spent █, saved ░"),
    ...bars(days.slice(-31), width, style),
    "",
    ...table("MODEL", sums.models, style),
    "",
    ...table("KEY", sums.keys, style)
  ]
}

const data = (sum: Sum): object => ({
  requests: sum.requests,
  failed: sum.failed,
  flex: sum.flex,
  spent_micro_usd: sum.spent,
  saved_micro_usd: sum.saved,
  unpriced: sum.unpriced
})

const group = (groups: ReadonlyMap<string, Sum>): object =>
  Object.fromEntries(Array.from(groups, ([name, sum]) => [name, data(sum)]))

export const toJson = (sums: Sums): object => ({
  all: data(sums.all),
  days: group(sums.days),
  models: group(sums.models),
  keys: group(sums.keys)
})
