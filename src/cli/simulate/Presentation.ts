/** A simulation as a table and a plot for a terminal, and as data. */
import * as Style from "../Style.ts"
import * as Table from "../Table.ts"
import type * as Bet from "./Bet.ts"
import * as Chart from "./Chart.ts"
import type { Row, Verdict } from "./Verdict.ts"

export interface Simulation {
  readonly verdict: Verdict
  readonly stakes: Bet.Stakes
  readonly requests: number
  readonly seed: number
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`
const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`

const columns: ReadonlyArray<Table.Column> = [
  { title: "" },
  { title: "WINDOW" },
  { title: "FLEX", align: "right" },
  { title: "SAVING", align: "right" },
  { title: "ADDED WAIT", align: "right" },
  { title: "P95", align: "right" },
  { title: "COST", align: "right" },
  { title: "CAPTURED", align: "right" },
  { title: "REGRET", align: "right" }
]

const cells = (row: Row, index: number): ReadonlyArray<string> => [
  Chart.letter(index),
  row.name,
  percent(row.flexShare),
  percent(row.saving),
  seconds(row.addedMeanMs),
  seconds(row.addedP95Ms),
  row.cost.toFixed(4),
  row.captured === undefined ? "–" : percent(row.captured),
  row.regret.toFixed(4)
]

const reference = (name: string, cost: number, standard: number, clairvoyant: number): ReadonlyArray<string> => [
  "",
  name,
  "",
  "",
  "",
  "",
  cost.toFixed(4),
  standard - clairvoyant > 1e-12 ? percent((standard - cost) / (standard - clairvoyant)) : "–"
]

const above = (cost: number, best: number): string => percent(Math.max(0, cost - best))

/** The sentences below the table: what not knowing costs, and what each way of not knowing does. */
const conclusions = ({ verdict: { references, rows } }: Simulation): ReadonlyArray<string> => {
  const { bestFixed, bestKnown, clairvoyant, standard } = references
  const learning = rows.find(({ fixed }) => !fixed)
  return [
    standard - clairvoyant > 1e-12
      ? `Of a standard answer's price, ${percent(standard - clairvoyant)} could be saved, waiting included.`
      : "Nothing could be saved here: flex is never worth its wait.",
    `Not knowing the future costs ${percent(bestKnown.cost - clairvoyant)} of it; ` +
    (bestKnown.waitMs === 0
      ? "whoever knew the distribution would not ask flex."
      : `whoever knew the distribution would wait ${seconds(bestKnown.waitMs)}.`),
    ...(bestFixed === undefined
      ? []
      : [
        `Choosing ${bestFixed.name}, the best of these windows, costs ${above(bestFixed.cost, bestKnown.cost)} more.`
      ]),
    ...(learning === undefined
      ? []
      : [`Learning the distribution on the way costs ${above(learning.cost, bestKnown.cost)} more.`])
  ]
}

/** What is printed; `width` is that of the terminal. */
export const lines = (said: Simulation, width: number, style: Style.Style = Style.none): ReadonlyArray<string> => {
  const { requests, seed, stakes, verdict: { references, rows } } = said
  const { bestFixed, bestKnown, clairvoyant, standard } = references
  return [
    style.dim(
      `${requests} requests each, seed ${seed}; costs in prices of one standard answer, a second of waiting ` +
        `${stakes.secondPrice}`
    ),
    ...Table.lines(columns, [
      ...rows.map(cells),
      reference("standard alone", standard, standard, clairvoyant),
      reference(
        bestKnown.waitMs === 0 ? "distribution known" : `distribution known, ${seconds(bestKnown.waitMs)}`,
        bestKnown.cost,
        standard,
        clairvoyant
      ),
      reference("clairvoyant", clairvoyant, standard, clairvoyant)
    ], style.bold),
    "",
    ...conclusions(said),
    ...(bestFixed === undefined ? [] : [style.green(`Choose ${bestFixed.name}.`)]),
    "",
    ...Chart.plot(rows, width)
  ]
}

const rowToJson = (row: Row): object => ({
  name: row.name,
  flex_share: row.flexShare,
  saving: row.saving,
  added_wait_mean_ms: row.addedMeanMs,
  added_wait_p95_ms: row.addedP95Ms,
  cost: row.cost,
  captured: row.captured ?? null,
  regret: row.regret
})

export const toJson = ({ requests, seed, stakes, verdict: { references, rows } }: Simulation): object => ({
  requests,
  seed,
  flex_price: stakes.flexPrice,
  second_price: stakes.secondPrice,
  overlap: stakes.overlap,
  windows: rows.filter(({ fixed }) => fixed).map(rowToJson),
  policies: rows.filter(({ fixed }) => !fixed).map(rowToJson),
  standard: references.standard,
  best_fixed: references.bestFixed ?? null,
  distribution_known: { wait_ms: references.bestKnown.waitMs, cost: references.bestKnown.cost },
  clairvoyant: references.clairvoyant
})

/** How much is done, as a bar of the terminal's width. */
export const bar = (share: number, width: number): string => {
  const room = Math.max(1, Math.min(40, width - 20))
  const full = Math.round(room * share)
  return `simulating ${"█".repeat(full)}${"░".repeat(room - full)} ${String(Math.floor(share * 100)).padStart(3)}%`
}
