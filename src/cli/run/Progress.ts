/** How far a run is, in one line. */
import * as Duration from "effect/Duration"
import * as Money from "../Money.ts"
import type { Frames } from "../StatusLine.ts"
import * as Totals from "./Totals.ts"

const width = 24

const bar = (part: number): string => {
  const full = Math.floor(part * width)
  return `${"█".repeat(full)}${"░".repeat(width - full)}`
}

/** A time that is left, by its two largest units. */
export const remaining = (millis: number): string => {
  const minutes = Math.ceil(millis / Duration.toMillis("1 minute"))
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (days > 0) return `${days}d ${hours % 24}h`
  return hours > 0 ? `${hours}h ${minutes % 60}m` : `${Math.max(0, minutes)}m`
}

/** The line for so many milliseconds until the deadline. */
export const line = (totals: Totals.Totals, all: number, left: number): string => {
  const over = Totals.over(totals)
  return [
    `${bar(all === 0 ? 1 : Math.min(1, over / all))} ${over}/${all}`,
    ...(totals.failed === 0 ? [] : [`${totals.failed} failed`]),
    `${Money.dollars(totals.costMicroUsd)}, saved ${Money.dollars(totals.savingMicroUsd)}`,
    left > 0 ? `${remaining(left)} left` : "the deadline has passed"
  ].join(" · ")
}

/** Drawn four times a second from what is known then. */
export const frames = (totals: () => Totals.Totals, all: number, left: number): Frames => (elapsed) => ({
  text: line(totals(), all, left - elapsed),
  millis: 250
})
