/** `flexinference jobs`: the deferred requests of a store. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

export const Jobs = Command.make(
  "jobs",
  {
    store: Flag.String("store").pipe(
      Flag.withMetavar("folder|url"),
      Flag.withDescription(
        "Where deferred requests are kept: a folder that no gateway has open, or a postgres:// URL; FLEXINFERENCE_STORE " +
          "without it, and else a folder among what a gateway keeps"
      ),
      Flag.optional
    ),
    limit: Flag.Int("limit").pipe(
      Flag.filter((count) => count >= 1 && count <= 10_000, (count) => `from 1 to 10000, not ${count}`),
      Flag.withAlias("n"),
      Flag.withDescription("How many to list, the newest first"),
      Flag.withDefault(50)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print a JSON array, with everything that was tried"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./jobs/Listing.ts")), ({ list }) => list(options))
).pipe(
  Command.withDescription(
    "List deferred requests: where each stands, by when it is to be answered, which rung it is on, and what it cost. " +
      "Nothing is carried out by it."
  ),
  Command.withShortDescription("List deferred requests"),
  Command.withExamples([
    { command: "flexinference jobs" },
    { command: "flexinference jobs --store postgres://localhost/flexinference --json" }
  ])
)
