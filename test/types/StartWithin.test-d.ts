/** Compile-time promises of `start_within`; `tsc -p test` checks them, nothing runs. */
import * as Duration from "effect/Duration"
import type { StartWithin, Window } from "../../src/StartWithin.ts"
import * as Module from "../../src/StartWithin.ts"

export const good: ReadonlyArray<StartWithin> = [
  "default",
  "priority",
  "auto",
  "00h-00m-05s",
  "00h-00m-59s",
  "00h-01m-00s",
  "00h-09m-59s",
  "00h-10m-00s"
]

export const bad: ReadonlyArray<StartWithin> = [
  // @ts-expect-error: below five seconds
  "00h-00m-04s",
  // @ts-expect-error: above ten minutes
  "00h-10m-01s",
  // @ts-expect-error: one digit for the minutes
  "00h-5m-00s",
  // @ts-expect-error: more seconds than a minute has
  "00h-00m-60s",
  // @ts-expect-error: a tier under its provider's name
  "flex",
  // @ts-expect-error: the retired name of the default tier
  "standard",
  // @ts-expect-error: tiers are lower case
  "Auto",
  // @ts-expect-error: not a string
  30,
  // @ts-expect-error: any string
  String("auto")
]

// A program may write a duration, in whole seconds, and of a bare number nobody can tell what it counts.
export const durations: ReadonlyArray<Module.Input> = [
  "30 seconds",
  "1 minute",
  Duration.minutes(2),
  { minutes: 1, seconds: 30 },
  { seconds: 30 },
  // @ts-expect-error: thirty of what?
  30,
  // @ts-expect-error: thirty of what?
  30n,
  // @ts-expect-error: the wire has whole seconds
  "5.5 seconds",
  // @ts-expect-error: the wire has whole seconds
  "5500 millis",
  // @ts-expect-error: above ten minutes whatever the number
  "1 hour",
  // @ts-expect-error: no duration at all
  {}
]

// A window is no tier, and a duration becomes a window.
export const window: Window = Module.fromDuration("90 seconds")
// @ts-expect-error: a tier has no window
export const tier: Window = "default"
export const checked = (value: unknown): StartWithin | undefined => Module.is(value) ? value : undefined
