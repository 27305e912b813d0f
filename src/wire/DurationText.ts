/**
 * How a person writes a duration: in units, `30s`, `2m`, `1m30s`, `12h`, `30d`, or as the contract does, `00h-00m-30s`.
 * Flags, variables, configuration and headers are read by this; a JSON body's `start_within` has the contract's form only.
 */
import * as Duration from "effect/Duration"

/** What `parse` takes, in a few words. */
export const accepted = "30s, 2m, 1m30s or 00h-00m-30s"

// Nine digits of the largest unit are still exact in milliseconds.
const units = /^(?=.)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/
const contract = /^()(\d\d)h-(\d\d)m-(\d\d)s$/

/** The duration that is written; `undefined` where none is. */
export const parse = (text: string): Duration.Duration | undefined => {
  const match = units.exec(text) ?? contract.exec(text)
  if (match === null) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((digits) => Number(digits ?? 0))
  return Duration.seconds(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}
