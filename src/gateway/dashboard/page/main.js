/** Listens to what the gateway says of itself, and writes it where it belongs. */
import * as charts from "./charts.js"
import { clock, dollars, percent, plural, seconds, since, startWithin, whole } from "./format.js"
import { fill, head, legend, number, word } from "./table.js"

const at = (id) => document.getElementById(id)

const write = (id, text) => {
  const place = at(id)
  if (place.textContent !== text) place.textContent = text
}

const outcomes = {
  flex: "won by flex",
  escalated: "escalated",
  unraced: "not raced",
  direct: "named tier",
  failed: "failed",
  left: "caller left"
}
const tiers = { flex: "flex", standard: "standard", priority: "priority", other: "other" }

const windowed = ({ escalated, flex, unraced }) => flex + escalated + unraced
const hitRate = (totals) => windowed(totals) === 0 ? null : totals.flex / windowed(totals)

const signOf = (microUsd) => microUsd === null || microUsd === 0 ? "" : microUsd > 0 ? "gain" : "loss"
const saving = (microUsd) => number(dollars(microUsd), signOf(microUsd))

const savedNote = ({ listMicroUsd, savingMicroUsd }) =>
  listMicroUsd === 0
    ? "nothing priced yet"
    : `${percent(Math.abs(savingMicroUsd) / listMicroUsd)} ${savingMicroUsd < 0 ? "above" : "below"} the standard price`

const rateNote = ({ escalated, flex, unraced }) =>
  `${whole(flex)} won by flex, ${whole(escalated)} escalated${unraced === 0 ? "" : `, ${whole(unraced)} not raced`}`

const showNumbers = ({ inFlight, simulated, today, waiting }) => {
  at("simulated").hidden = !simulated
  write("saved", dollars(today.savingMicroUsd))
  at("saved").className = signOf(today.savingMicroUsd)
  write("saved-note", savedNote(today))
  write("rate", percent(hitRate(today)))
  write("rate-note", rateNote(today))
  write("waiting", whole(waiting))
  write("waiting-note", `${whole(inFlight)} under way`)
  write("spent", dollars(today.costMicroUsd))
  write("spent-note", `${plural(today.requests, "request")}, ${whole(today.failed)} failed`)
  document.title = waiting === 0 ? "flexinference" : `(${whole(waiting)}) flexinference`
}

const drawStarts = charts.lines(at("starts"), Object.keys(tiers))
const drawOutcomes = charts.bars(at("outcomes"), Object.keys(outcomes))

const sum = (counts) => counts.reduce((sum, count) => sum + count, 0)

/** A gateway that has just begun is shown three minutes, and more as it has more to show. */
const leastSteps = 18

const showCharts = ({ course, since: begun, starts }) => {
  const old = course.times.filter((time) => (time + course.stepSeconds) * 1000 < begun).length
  const first = Math.max(0, Math.min(old, course.times.length - leastSteps))
  const times = course.times.slice(first)
  drawStarts([times, ...Object.keys(tiers).map((tier) => course.starts[tier].slice(first))])
  const served = Object.entries(tiers).filter(([tier]) => starts[tier].count > 0)
  legend(at("starts-legend"), served.map(([tier, label]) => ({
    className: tier,
    label,
    value: `${seconds(starts[tier].median)}, 9 of 10 in ${seconds(starts[tier].slow)}`
  })))
  at("starts").ariaLabel = served.length === 0
    ? "No answer has started in the last 15 minutes."
    : `Median time to start in the last 15 minutes: ${
      served.map(([tier, label]) => `${label} ${seconds(starts[tier].median)}`).join(", ")
    }.`

  drawOutcomes(times, Object.keys(outcomes).map((outcome) => course.outcomes[outcome].slice(first)))
  const counted = Object.entries(outcomes)
    .map(([outcome, label]) => ({ className: outcome, label, value: whole(sum(course.outcomes[outcome])) }))
    .filter(({ value }) => value !== "0")
  legend(at("outcomes-legend"), counted)
  at("outcomes").ariaLabel = counted.length === 0
    ? "No request has ended in the last 15 minutes."
    : `Requests of the last 15 minutes: ${counted.map(({ label, value }) => `${value} ${label}`).join(", ")}.`
}

const totals = (name, all) => [
  name,
  number(whole(all.requests)),
  number(percent(hitRate(all))),
  number(dollars(all.costMicroUsd)),
  saving(all.savingMicroUsd)
]

/** What became of each of its calls. */
const calls = ({ legs }) => legs.map(({ outcome, tier }) => `${tier} ${outcome}`).join(", ") || "nobody was asked"

const showTables = ({ keys, models, recent, retiring, since: begun, total }) => {
  fill(
    at("models"),
    models.map(({ chance, legs, median, model, provider, refusalRate, slow, stallRate }) => [
      head(model, provider),
      number(percent(chance)),
      number(percent(refusalRate)),
      number(percent(stallRate)),
      number(seconds(median)),
      number(seconds(slow)),
      number(whole(legs))
    ]),
    "No model was asked at flex yet."
  )
  write("since", `Since this gateway began, ${since(begun)}`)
  fill(
    at("keys"),
    keys.map(({ key, ...all }) => totals(head(key ?? "(no key)"), all)),
    "No request yet.",
    keys.length > 1 ? [totals(head("All"), total)] : []
  )
  fill(
    at("retiring"),
    retiring.map(({ day, model, provider }) => [head(model, provider), number(day)]),
    "Nothing does."
  )
  fill(
    at("recent"),
    recent.map((request) => [
      word(clock(request.endedAt)),
      word(outcomes[request.outcome], { className: `outcome ${request.outcome}`, title: calls(request) }),
      word(request.status >= 400 && request.status !== 499
        ? `${request.status} ${request.reason ?? ""}`.trim()
        : request.reason),
      word(request.model),
      word(request.key),
      number(startWithin(request.startWithin)),
      number(seconds(request.startedAfterMs)),
      number(seconds(request.durationMs)),
      number(dollars(request.costMicroUsd)),
      saving(request.savingMicroUsd)
    ]),
    "No request yet."
  )
}

const connection = (className, text) => {
  at("connection").className = `connection ${className}`
  write("connection", text)
}

let source
let again

const listen = () => {
  source?.close()
  clearTimeout(again)
  source = new EventSource("dashboard/events")
  source.addEventListener("snapshot", ({ data }) => {
    const snapshot = JSON.parse(data)
    connection("live", "Live")
    showNumbers(snapshot)
    showCharts(snapshot)
    showTables(snapshot)
  })
  source.addEventListener("error", () => {
    connection("lost", "Connection lost, trying again…")
    // What was refused is not tried again by the browser itself.
    if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, 5000)
  })
}

// Nobody looks at a page that is hidden.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return listen()
  source.close()
  clearTimeout(again)
  connection("", "Paused")
})

listen()
