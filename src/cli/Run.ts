/** `flexinference run`: a file of requests, answered by a deadline, into a file of results. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CompleteWithinFlag from "./CompleteWithinFlag.ts"
import * as KeyVariables from "./KeyVariables.ts"

export const Run = Command.make(
  "run",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription(
        "The requests, one JSON object a line: custom_id, method, url (/v1/responses) and body, as batch files have them"
      )
    ),
    completeWithin: Flag.String("complete-within").pipe(
      Flag.withMetavar("time"),
      Flag.withDescription(`By when all of them are answered: ${CompleteWithinFlag.accepted}`)
    ),
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("file"),
      Flag.withDescription(
        "Where the results go, one JSON object a line, as they come; requests whose result is there already are left out"
      ),
      Flag.optional
    ),
    quote: Flag.Boolean("quote").pipe(
      Flag.withDescription("Say what it would cost on each rung, and send nothing"),
      Flag.withDefault(false)
    ),
    store: Flag.String("store").pipe(
      Flag.withMetavar("folder|url"),
      Flag.withDescription(
        "Where requests under way are kept: a folder, or a postgres:// URL; FLEXINFERENCE_STORE without it, and else a " +
          "folder among what a gateway keeps"
      ),
      Flag.optional
    ),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.filter((count) => count >= 1 && count <= 1_000, (count) => `from 1 to 1000, not ${count}`),
      Flag.withDescription("How many requests are with a provider at once, beside those in batches"),
      Flag.withDefault(64)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the totals, or the quote, as one JSON object"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./run/Running.ts")), ({ run }) => run(options))
).pipe(
  Command.withDescription(
    "Have a file of requests answered by a deadline, as cheaply as it allows. It may be stopped at any time, and crash: " +
      "the same command goes on where it stopped, and asks for nothing twice that is answered. Keys come from " +
      `${KeyVariables.listed("and")}; without any, the answers are simulated.`
  ),
  Command.withShortDescription("Have a file of requests answered by a deadline"),
  Command.withExamples([
    { command: "flexinference run requests.jsonl --complete-within 6h --quote" },
    { command: "flexinference run requests.jsonl --complete-within 6h --out results.jsonl" }
  ])
)
