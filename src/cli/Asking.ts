/** What `flexinference ask` does; loaded only when it is asked. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import type { ResponseEvent, ResponseObject } from "../api/Responses.ts"
import * as FlexInference from "../FlexInference.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import * as StartWithin from "../StartWithin.ts"
import * as UndiciTransport from "../transport/UndiciTransport.ts"
import * as Question from "./ask/Question.ts"
import * as Report from "./ask/Report.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as Countdown from "./Countdown.ts"
import * as Output from "./Output.ts"
import * as Providers from "./Providers.ts"
import * as Spinner from "./Spinner.ts"
import * as StatusLine from "./StatusLine.ts"
import * as Style from "./Style.ts"
import * as Suggestion from "./Suggestion.ts"
import * as Summary from "./Summary.ts"

export interface Options extends Question.Options {
  readonly json: boolean
  readonly stream: Option.Option<boolean>
  readonly hosted: boolean
}

/** Answers one prompt, or fails with what to tell. */
export const ask = (
  options: Options
): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const request = yield* Question.request(options)
    const service = yield* serviceOf(options)
    yield* Effect.provide(answer(options, request), service).pipe(
      Effect.catchTag("FlexInferenceError", (error) => Effect.fail(failureOf(request.model, error)))
    )
  }).pipe(
    Effect.catchTags({
      ConfigError: (error) => Effect.fail(CommandFailed.fromConfig(error)),
      // Who reads only the beginning of an answer has got what they wanted.
      PlatformError: (error) => Output.isBrokenPipe(error) ? Effect.void : Effect.fail(unwritable(error))
    })
  )

const unwritable = (error: PlatformError) =>
  CommandFailed.make(`the answer cannot be written: ${Output.causeOf(error)}`)

/** The command has no field to name a provider by, and knows the models by name. */
const failureOf = (model: string, error: FlexInferenceError): CommandFailed.CommandFailed => {
  const asked = Suggestion.question(Suggestion.models(model, ModelCatalog.builtIn))
  if (error.code === "unroutable_model") {
    return CommandFailed.usage([
      `--model: no provider is known for ${
        JSON.stringify(model)
      }.${asked} "flexinference models" lists the known ones ` +
      `(code ${error.code})`
    ])
  }
  return CommandFailed.fromRouter(error, error.code === "model_not_found" ? asked : "")
}

const serviceOf = ({ hosted }: Options) =>
  Effect.gen(function*() {
    if (hosted) {
      if (Option.isNone(yield* Config.option(Config.Redacted("FLEXINFERENCE_API_KEY")))) {
        return yield* CommandFailed.usage(["--hosted needs your key of the hosted router in FLEXINFERENCE_API_KEY"])
      }
      return Layer.provide(FlexInference.layerHostedConfigTransport(), UndiciTransport.layer())
    }
    const { router, simulated } = yield* Providers.find()
    if (simulated) yield* Output.stderr("no provider key is set: the answer is simulated\n")
    return Layer.provide(FlexInference.layerRouter, router)
  })

type Asked = Effect.Success<ReturnType<typeof Question.request>>

/** What is shown while nothing has started: nothing where nobody looks. */
const waiting = ({ model, start_within }: Asked) =>
  Effect.map(Effect.flatMap(Stdio.Stdio, (stdio) => stdio.stderrIsTerminal), (isTerminal) => {
    if (!isTerminal || process.env["TERM"] === "dumb") return undefined
    const window = StartWithin.toDuration(start_within)
    return StatusLine.during(
      window === undefined ? Spinner.frames(`${model} at ${start_within}`) : Countdown.frames(window),
      Effect.sync(() => process.stderr.columns || Number.POSITIVE_INFINITY)
    )
  })

const answer = (options: Options, request: Asked) =>
  Effect.gen(function*() {
    const { responses } = yield* FlexInference.FlexInference
    // Streamed whether or not the answer is printed as it comes: only a stream shows that it has started.
    const open = responses.open(request)
    const shown = yield* waiting(request)
    const { events, report } = yield* shown === undefined ? open : shown(open)
    let whole: ResponseObject | undefined
    const text = events.pipe(
      Stream.tap((event) => Effect.sync(() => (whole = wholeOf(event)))),
      Stream.map(textOf)
    )
    const structured = Option.isSome(options.schema)
    if (options.json) {
      const said = yield* Stream.mkString(text)
      const printed = Report.make({ text: said, structured, whole, routing: yield* report })
      return yield* Output.stdout(Stream.succeed(`${JSON.stringify(printed, null, 2)}\n`))
    }
    const streams = Option.getOrElse(options.stream, () => process.stdout.isTTY)
    const printed = yield* print(streams ? text : Stream.fromEffect(Stream.mkString(text)))
    const style = Style.of(process.stderr)
    const lines = [
      ...(printed ? [] : ["the answer holds no text"]),
      ...(whole?.incomplete_details?.reason === undefined
        ? []
        : [style.yellow(`the answer is incomplete (${whole.incomplete_details.reason})`)]),
      style.dim(Summary.line(yield* report))
    ]
    yield* Output.stderr(lines.map((line) => `${line}\n`).join(""))
  }).pipe(Effect.scoped)

/** Writes the text, ends its last line however it ended, and says whether there was any. */
const print = <E, R>(text: Stream.Stream<string, E, R>) =>
  Effect.suspend(() => {
    let last = ""
    const written = Output.stdout(text.pipe(
      Stream.filter((piece) => piece !== ""),
      Stream.tap((piece) => Effect.sync(() => (last = piece)))
    ))
    const endLine = Effect.suspend(() =>
      last === "" || last.endsWith("\n") ? Effect.void : Effect.ignore(Output.stdout(Stream.succeed("\n")))
    )
    return Effect.ensuring(written, endLine).pipe(Effect.map(() => last !== ""))
  })

/** What the model says: a refusal is an answer too. */
const textOf = (event: ResponseEvent): string =>
  event.type === "response.output_text.delta" || event.type === "response.refusal.delta" ? event.delta : ""

/** The answer as a whole, which the event that ends it carries. */
const wholeOf = (event: ResponseEvent): ResponseObject | undefined =>
  event.type === "response.completed" || event.type === "response.incomplete" ? event.response : undefined
