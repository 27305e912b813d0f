/** How a log is asked for, on the command line and in the environment. */
import * as Flag from "effect/cli/Flag"

export const formats = ["json", "pretty"] as const
export type Format = typeof formats[number]

export const levels = ["debug", "info", "warn", "error", "none"] as const
export type Level = typeof levels[number]

export const format = Flag.Literals("log-format", formats).pipe(
  Flag.withDescription(
    "How the log on stderr reads; FLEXINFERENCE_LOG_FORMAT without it, and else pretty on a terminal and json elsewhere"
  ),
  Flag.optional
)

export const level = Flag.Literals("log-level", levels).pipe(
  Flag.withDescription(
    "What is logged: requests at info, failures of providers at warn; FLEXINFERENCE_LOG_LEVEL without it, and else info"
  ),
  Flag.optional
)
