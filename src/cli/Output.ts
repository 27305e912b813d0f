/** Writing to stdout and stderr as they are, without a line end of one's own. */
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as CommandFailed from "./CommandFailed.ts"

/** Writes the answer as it comes. */
export const stdout = <E, R>(
  text: Stream.Stream<string, E, R>
): Effect.Effect<void, E | PlatformError, R | Stdio.Stdio> =>
  Effect.flatMap(Stdio.Stdio, (stdio) => Stream.run(text, stdio.stdout()))

/** Writes to the person; where nobody listens any more there is nobody to tell. */
export const stderr = (text: string): Effect.Effect<void, never, Stdio.Stdio> =>
  Effect.flatMap(Stdio.Stdio, (stdio) => Stream.run(Stream.succeed(text), stdio.stderr())).pipe(Effect.ignore)

/** Whether the reader of a pipe has gone away. */
export const isBrokenPipe = ({ reason }: PlatformError): boolean =>
  Predicate.hasProperty(reason.cause, "code") && reason.cause.code === "EPIPE"

/** Writes a result to stdout; a reader that has seen enough is no failure, and a full disk is one that is told. */
export const print = <R>(
  text: Stream.Stream<string, never, R>
): Effect.Effect<void, CommandFailed.CommandFailed, R | Stdio.Stdio> =>
  Effect.catch(stdout(text), (error) =>
    isBrokenPipe(error)
      ? Effect.void
      : Effect.fail(CommandFailed.make(`the output cannot be written: ${causeOf(error)}`)))

/** What went wrong, in the words of the system. */
export const causeOf = ({ message, reason }: PlatformError): string =>
  reason.cause instanceof Error ? reason.cause.message : message
