/** What a question is made of on the command line, whenever it is answered. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Choice from "./Choice.ts"

export const question = {
  prompt: Argument.String("prompt").pipe(
    Argument.withDescription("What to ask; what is piped in follows it, and stands alone without it or with -"),
    Argument.optional
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
  )
}
