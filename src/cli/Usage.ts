/** `flexinference usage`: what was spent and saved, from the records that a gateway keeps. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

export const Usage = Command.make(
  "usage",
  {
    records: Flag.String("records").pipe(
      Flag.withMetavar("folder"),
      Flag.withDescription("Where the records are; FLEXINFERENCE_RECORDS without it"),
      Flag.optional
    ),
    since: Flag.String("since").pipe(
      Flag.withMetavar("day|duration"),
      Flag.withDescription(
        "Only requests since then: a day in UTC such as 2026-11-01, or a duration such as 7d or 12h"
      ),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON object: the sums of everything, per day, per model and per key"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./usage/Summing.ts")), ({ sum }) => sum(options))
).pipe(
  Command.withDescription(
    "Sum the records of requests: what was spent by the price list, and what was saved against the standard tier, per " +
      "day, per model and per key."
  ),
  Command.withShortDescription("Say what was spent and saved"),
  Command.withExamples([
    { command: "flexinference usage --records records --since 7d" },
    { command: "flexinference usage --json" }
  ])
)
