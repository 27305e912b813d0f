/** `flexinference defer`: one prompt, answered by a deadline. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CompleteWithinFlag from "./CompleteWithinFlag.ts"
import * as Flags from "./ask/Flags.ts"
import * as KeyVariables from "./KeyVariables.ts"

export const Defer = Command.make(
  "defer",
  {
    ...Flags.question,
    completeWithin: Flag.String("complete-within").pipe(
      Flag.withMetavar("time"),
      Flag.withDescription(`By when the answer is there: ${CompleteWithinFlag.accepted}`),
      Flag.optional
    ),
    resume: Flag.String("resume").pipe(
      Flag.withMetavar("id"),
      Flag.withDescription("Go on with a request that was deferred before, in place of a prompt"),
      Flag.optional
    ),
    store: Flag.String("store").pipe(
      Flag.withMetavar("folder|url"),
      Flag.withDescription(
        "Where the request is kept: a folder, or a postgres:// URL; FLEXINFERENCE_STORE without it, and else a folder " +
          "among what a gateway keeps"
      ),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON object: the answer, what was tried, and its cost"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./defer/Deferring.ts")), ({ defer }) => defer(options))
).pipe(
  Command.withDescription(
    "Ask one question whose answer may take longer than ten minutes, as cheaply as that allows, and wait for it. " +
      "Stopped while it waits, the question is kept, and --resume goes on with it. Keys come from " +
      `${KeyVariables.listed("and")}; without any, the answer is simulated.`
  ),
  Command.withShortDescription("Ask one question, to be answered by a deadline"),
  Command.withExamples([
    { command: "flexinference defer \"Summarize this\" --file report.pdf --model gpt-5.5 --complete-within 2h" },
    { command: "flexinference defer --resume resp_flexinference_0123456789abcdef0123456789abcdef" }
  ])
)
