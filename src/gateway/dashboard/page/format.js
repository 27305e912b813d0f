/** Numbers as a person reads them. What is not known is a dash. */

const unknown = "–"

/** Micro-USD, with as many digits as tell something. */
export const dollars = (microUsd) => {
  if (microUsd === null) return unknown
  const amount = Math.abs(microUsd) / 1e6
  const digits = amount === 0 || amount >= 0.995 ? 2 : amount >= 0.00995 ? 3 : 5
  const text = amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${microUsd < 0 ? "−" : ""}$${text}`
}

export const seconds = (millis) => {
  if (millis === null) return unknown
  if (millis < 995) return `${Math.round(millis)} ms`
  return millis < 59_950 ? `${(millis / 1000).toFixed(1)} s` : `${(millis / 60_000).toFixed(1)} min`
}

export const percent = (share) => share === null || Number.isNaN(share) ? unknown : `${Math.round(share * 100)}%`

export const whole = (count) => count.toLocaleString("en-US")

export const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`

/** The time of a day, in the zone of whoever looks. */
export const clock = (instant) =>
  new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

export const since = (instant) =>
  new Date(instant).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })

/** `00h-00m-30s` as `30 s`; a named tier as it is. */
export const startWithin = (text) => {
  const [, ...parts] = /^(\d+)h-(\d+)m-(\d+)s$/.exec(text ?? "") ?? []
  if (parts.length === 0) return text ?? unknown
  const [hours = 0, minutes = 0, rest = 0] = parts.map(Number)
  const all = hours * 3600 + minutes * 60 + rest
  return all % 60 === 0 ? `${all / 60} min` : `${all} s`
}
