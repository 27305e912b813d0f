/** `flexinference defer`: one prompt, answered by a deadline. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Choice from "./ask/Choice.ts"
import * as CompleteWithinFlag from "./CompleteWithinFlag.ts"
import * as KeyVariables from "./KeyVariables.ts"

export const Defer = Command.make(
  "defer",
  {
    prompt: Argument.String("prompt").pipe(
      Argument.withDescription("What to ask; what is piped in follows it, and stands alone without it or with -"),
      Argument.optional
    ),
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
    model: Flag.String("model").pipe(
      Flag.withAlias("m"),
      Flag.withDescription(`The model to ask; ${Choice.modelVariable} without it ("flexinference models" lists them)`),
      Flag.optional
    ),
    system: Flag.String("system").pipe(
      Flag.withMetavar("text"),
      Flag.withDescription("The system prompt: what holds for the whole conversation"),
      Flag.optional
    ),
    file: Flag.String("file").pipe(
      Flag.withAlias("f"),
      Flag.withMetavar("path"),
      Flag.withDescription(
        "A file to ask about: a text, a picture (PNG, JPEG, GIF, WebP) or a PDF; may be given again"
      ),
      Flag.atLeast(0)
    ),
    schema: Flag.String("schema").pipe(
      Flag.withMetavar("path"),
      Flag.withDescription("A JSON Schema, in a file, that the answer shall keep: the answer is then JSON"),
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
