/** `flexinference help`: what `--help` says, for those who ask for it in words. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import type * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Option from "effect/Option"
import * as CommandFailed from "./CommandFailed.ts"
import * as Suggestion from "./Suggestion.ts"

/** A run of the whole command. */
export type Run = Effect.Effect<void, CommandFailed.CommandFailed | CliError.CliError, Command.Environment>

/** The subcommand, given the names of the others and how the whole command is run. */
export const of = (names: ReadonlyArray<string>, run: (args: ReadonlyArray<string>) => Run) =>
  Command.make(
    "help",
    {
      command: Argument.String("command").pipe(
        Argument.withDescription("The command to explain; without it, all of them"),
        Argument.optional
      )
    },
    ({ command }): Run => {
      const [name] = Option.toArray(command)
      if (name === undefined) return run(["--help"])
      return names.includes(name) ? run([name, "--help"]) : Effect.fail(CommandFailed.usage([
        `there is no command ${JSON.stringify(name)}.${
          Suggestion.question(Suggestion.closest(name, names)) ||
          ` There are ${names.join(", ")}.`
        }`
      ]))
    }
  ).pipe(Command.withDescription("Explain a command"))
