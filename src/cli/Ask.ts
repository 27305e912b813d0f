/** `flexinference ask`: one prompt, raced in this process, answered on stdout. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as KeyVariables from "./KeyVariables.ts"
import * as Notation from "./StartWithinFlag.ts"

export const Ask = Command.make(
  "ask",
  {
    prompt: Argument.String("prompt").pipe(
      Argument.withDescription("What to ask; - or nothing reads it from stdin"),
      Argument.optional
    ),
    model: Flag.String("model").pipe(
      Flag.withAlias("m"),
      Flag.withDescription("The model to ask, by the name that its provider gives it")
    ),
    startWithin: Notation.flag("start-within").pipe(
      Flag.withAlias("s"),
      Flag.withDescription(`How long flex may take to start before standard is asked too: ${Notation.accepted}`)
    ),
    stream: Flag.Boolean("stream").pipe(
      Flag.withDescription("Print the answer as it is generated instead of when it is whole"),
      Flag.withDefault(false)
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
    { command: "flexinference ask \"Why is the sky blue?\" --model gpt-5.5 --start-within 30s --stream" },
    { command: "flexinference ask --model gemini-3.5-flash --start-within default < prompt.txt" }
  ])
)
