/** The window of a race, counted down while nothing has started. */
import * as Duration from "effect/Duration"
import type { Frames } from "./StatusLine.ts"

/** The line for so many milliseconds that are left of the window. */
export const line = (left: number): string =>
  left > 0 ? `waiting for flex … ${Math.ceil(left / 1000)} s` : "flex has not started: standard is asked too"

/** A frame whenever the number of seconds changes; after the deadline there is nothing more to say. */
export const frames = (window: Duration.Duration): Frames => (elapsed) => {
  const left = Duration.toMillis(window) - elapsed
  return { text: line(left), millis: left > 0 ? left % 1000 || 1000 : undefined }
}
