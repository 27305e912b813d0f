/** The two charts. Their colors are the style's, so a change of theme makes them anew. */
import uPlot from "uplot"
import { seconds } from "./format.js"

const colorOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

const clock = uPlot.fmtDate("{HH}:{mm}")

const axes = (values) => {
  const own = {
    stroke: colorOf("quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colorOf("line"), width: 1 },
    ticks: { show: false }
  }
  return [
    {
      ...own,
      size: 28,
      grid: { show: false },
      space: 70,
      incrs: [60, 120, 300, 600],
      values: (_, ticks) => ticks.map((tick) => clock(new Date(tick * 1000)))
    },
    { ...own, size: 56, values: (_, ticks) => ticks.map(values) }
  ]
}

const base = (host) => ({
  width: Math.max(200, host.clientWidth),
  height: host.clientHeight,
  legend: { show: false },
  cursor: { show: false },
  padding: [10, 6, 0, 0]
})

/** Keeps a chart in its place: as wide as that is, and with the theme's colors. */
const chart = (host, build) => {
  let plot
  let last
  const make = () => {
    plot?.destroy()
    plot = new uPlot(build(host), last, host)
  }
  new ResizeObserver(() => plot?.setSize({ width: Math.max(200, host.clientWidth), height: host.clientHeight }))
    .observe(host)
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => last === undefined || make())
  return (data) => {
    last = data
    if (plot === undefined) make()
    else plot.setData(data)
  }
}

/** Lines of times: seconds upward, from 0. */
export const lines = (host, names) =>
  chart(host, () => ({
    ...base(host),
    scales: { y: { range: (_, least, most) => [0, most === null || least === null ? 1000 : Math.max(most * 1.15, 100)] } },
    axes: axes((millis) => millis === 0 ? "0" : seconds(millis)),
    series: [{}, ...names.map((name) => ({
      stroke: colorOf(name),
      width: 2,
      spanGaps: false,
      points: { show: (plot, series) => plot.data[series].filter((value) => value !== null).length < 3, size: 6 }
    }))]
  }))

/** Bars that stand on one another; the first is at the bottom. */
export const bars = (host, names) => {
  const draw = chart(host, () => ({
    ...base(host),
    scales: { y: { range: (_, _least, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.1))] } },
    axes: axes((count) => Number.isInteger(count) ? String(count) : ""),
    // The tallest is drawn first, and the others over it.
    series: [{}, ...names.toReversed().map((name) => ({
      fill: colorOf(name),
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars({ size: [0.8, 14], align: 1, gap: 1 })
    }))]
  }))
  return (times, counts) => {
    const sums = times.map(() => 0)
    const stacked = counts.map((series) => series.map((count, index) => (sums[index] += count)))
    draw([times, ...stacked.toReversed()])
  }
}
