/** `flexinference models`: what can be asked, at which tiers, for how much, and until when. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

export const Models = Command.make(
  "models",
  {
    filter: Argument.String("text").pipe(
      Argument.withDescription("Only the models whose name or provider holds this text"),
      Argument.optional
    ),
    flex: Flag.Boolean("flex").pipe(
      Flag.withDescription("Only the models that can be raced"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print a JSON array of the models, with every price that is known"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./models/Listing.ts")), ({ list }) => list(options))
).pipe(
  Command.withDescription(
    "List the models of the catalogue: who serves them, whether a window can race them, their tiers, their list prices " +
      "in USD per million tokens (input/output) on the day they were read, and when they retire."
  ),
  Command.withShortDescription("List the models"),
  Command.withExamples([
    { command: "flexinference models --flex" },
    { command: "flexinference models gemini-3.5-flash --json" }
  ])
)
