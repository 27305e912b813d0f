/** What `ask` is asked: its options, the variables and standard input, as a request; or everything that is wrong. */
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { basename } from "node:path"
import type { ResponsesRequest } from "../../api/Responses.ts"
import * as ModelCatalog from "../../ModelCatalog.ts"
import * as Bytes from "../../wire/Bytes.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as Output from "../Output.ts"
import * as AnswerSchema from "./AnswerSchema.ts"
import * as Attachment from "./Attachment.ts"
import * as Choice from "./Choice.ts"
import * as Prompt from "./Prompt.ts"

export interface Options {
  readonly prompt: Option.Option<string>
  readonly model: Option.Option<string>
  readonly startWithin: Option.Option<string>
  readonly system: Option.Option<string>
  readonly file: ReadonlyArray<string>
  readonly schema: Option.Option<string>
  readonly json: boolean
  readonly stream: Option.Option<boolean>
}

/** The most that is read from standard input and from each file, as the gateway takes it by default. */
const maxBytes = 32_000_000

/** The bytes of a source; or why there are none. */
const read = <E extends { readonly message: string }>(
  name: string,
  source: Stream.Stream<Uint8Array, E>,
  why: (error: E) => string
): Effect.Effect<Result.Result<Uint8Array, string>> => {
  let size = 0
  return source.pipe(
    Stream.takeUntil((chunk) => (size += chunk.length) > maxBytes),
    Stream.runCollect,
    Effect.map((chunks) =>
      size > maxBytes ? Result.fail(`${name} is larger than 32 MB`) : Result.succeed(Bytes.join(chunks))
    ),
    Effect.catch((error) => Effect.succeed(Result.fail(`${name} cannot be read: ${why(error)}`)))
  )
}

const readFile = (flag: string, path: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (files) => read(`${flag} ${path}`, files.stream(path), Output.causeOf)
  )

/** Whoever left standard input open without meaning to is told what is being waited for. */
const patience = Duration.seconds(3)

const piped = (argument: Option.Option<string>) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio.Stdio
    const dash = Option.contains(argument, "-")
    if (!dash && (yield* stdio.stdinIsTerminal)) return Result.succeed("")
    const hint = Effect.delay(
      Output.stderr("reading standard input to its end: Ctrl-D ends it, < /dev/null leaves it out\n"),
      patience
    )
    const reading = read("standard input", stdio.stdin, Output.causeOf)
    const bytes = yield* dash || Option.isNone(argument)
      ? reading
      : Effect.scoped(Effect.andThen(Effect.forkScoped(hint), reading))
    return Result.flatMap(bytes, (bytes) => {
      const text = Attachment.textOf(bytes)
      return text === undefined
        ? Result.fail("standard input is no text in UTF-8; --file takes pictures and PDFs")
        : Result.succeed(text)
    })
  })

const variable = (name: string) => Config.option(Config.String(name))

/** What the options ask for; or everything that is wrong with them. */
export const request = (options: Options) =>
  Effect.gen(function*() {
    const model = Choice.model({ flag: options.model, variable: yield* variable(Choice.modelVariable) })
    const wanted = Choice.wanted({ flag: options.startWithin, variable: yield* variable(Choice.windowVariable) })
    const parts = yield* Effect.forEach(options.file, (path) =>
      Effect.map(
        readFile("--file", path),
        Result.flatMap((bytes) =>
          Result.mapError(Attachment.part(basename(path), bytes), (problem) => `--file: ${problem}`)
        )
      ))
    const formats = yield* Effect.forEach(Option.toArray(options.schema), (path) =>
      Effect.map(
        readFile("--schema", path),
        Result.flatMap((bytes) =>
          Result.mapError(
            AnswerSchema.format(new TextDecoder().decode(bytes)),
            (problem) => `--schema ${path}: ${problem}`
          )
        )
      ))
    const clash = options.json && Option.contains(options.stream, true)
      ? Result.fail("--stream and --json: one object cannot be printed as it is generated; leave one out")
      : Result.void
    const standing = Arr.getFailures([model, wanted, ...parts, ...formats, clash])
    // Who called wrongly is not kept waiting for what they pipe in.
    if (Arr.isReadonlyArrayNonEmpty(standing)) {
      return yield* CommandFailed.usage(standing)
    }
    const text = Result.map(yield* piped(options.prompt), (text) =>
      Prompt.join(
        Option.getOrUndefined(Option.filter(options.prompt, (argument) => argument !== "-")),
        text
      ))
    if (Result.isFailure(text)) {
      return yield* CommandFailed.usage([text.failure])
    }
    if (text.success.trim() === "" && parts.length === 0) return yield* CommandFailed.usage([emptiness(options.prompt)])
    const chosen = Result.getOrThrow(model)
    return {
      model: chosen,
      input: Prompt.input(text.success, Arr.getSuccesses(parts)),
      instructions: Option.getOrUndefined(options.system),
      start_within: Choice.startWithin(chosen, Result.getOrThrow(wanted), ModelCatalog.builtIn),
      ...Arr.getSuccesses(formats).map((format) => ({ text: { format } }))[0],
      // The hosted router tells a stream's cost here alone.
      include_cost: true
    } satisfies ResponsesRequest
  })

const emptiness = (argument: Option.Option<string>): string =>
  Option.isNone(argument) ? "there is no prompt: give it as an argument, or pipe it in" : "the prompt is empty"
