/** `flexinference ask`: one prompt, raced in this process, answered on stdout. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Choice from "./ask/Choice.ts"
import * as Flags from "./ask/Flags.ts"
import * as KeyVariables from "./KeyVariables.ts"
import * as Notation from "./StartWithinFlag.ts"

// Values are read in `Asking`, so that everything that is wrong with them is told at once.
export const Ask = Command.make(
  "ask",
  {
    ...Flags.question,
    startWithin: Flag.String("start-within").pipe(
      Flag.withAlias("s"),
      Flag.withMetavar("window|tier"),
      Flag.withDescription(
        `How long flex may take to start before standard is asked too: ${Notation.accepted}; without it ` +
          `${Choice.windowVariable}, and else 30s, or default where the model has no flex tier`
      ),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON object: the answer, its usage, how it was served, and its cost"),
      Flag.withDefault(false)
    ),
    stream: Flag.Boolean("stream").pipe(
      Flag.withDescription("Print the answer as it is generated; that is what a terminal gets without it"),
      Flag.optional
    ),
    hosted: Flag.Boolean("hosted").pipe(
      Flag.withDescription("Leave the race to the hosted router, with FLEXINFERENCE_API_KEY"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./Asking.ts")), (asking) => asking.ask(options))
).pipe(
  Command.withDescription(
    "Ask one question. The answer goes to stdout; the countdown and how it was served go to stderr. Keys come from " +
      `${KeyVariables.listed("and")}; without any, the answer is simulated.`
  ),
  Command.withShortDescription("Ask one question"),
  Command.withExamples([
    { command: "flexinference ask \"Why is the sky blue?\" --model gpt-5.5 --start-within 30s" },
    { command: "git diff | flexinference ask \"Review this\" --model gemini-3.5-flash" },
    { command: "flexinference ask \"What does it cost?\" --file invoice.pdf --schema total.json --json" }
  ])
)
