/** What `flexinference ask` does; loaded only when it is asked. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import type { ResponseEvent, ResponseObject } from "../api/Responses.ts"
import * as FlexInference from "../FlexInference.ts"
import * as UndiciTransport from "../transport/UndiciTransport.ts"
import * as StartWithin from "../StartWithin.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as Countdown from "./Countdown.ts"
import * as Output from "./Output.ts"
import * as Providers from "./Providers.ts"
import * as Summary from "./Summary.ts"

export interface Options {
  readonly prompt: Option.Option<string>
  readonly model: string
  readonly startWithin: StartWithin.StartWithin
  readonly stream: boolean
  readonly hosted: boolean
}

/** Answers one prompt, or fails with what to tell. */
export const ask = (options: Options): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio> =>
  Effect.gen(function*() {
    const prompt = yield* promptOf(options.prompt)
    const service = yield* serviceOf(options)
    yield* Effect.provide(answer(options, prompt), service)
  }).pipe(
    Effect.catchTags({
      FlexInferenceError: (error) => Effect.fail(CommandFailed.fromRouter(error)),
      ConfigError: (error) => Effect.fail(CommandFailed.fromConfig(error)),
      // Who reads only the beginning of an answer has got what they wanted.
      PlatformError: (error) => Output.isBrokenPipe(error) ? Effect.void : Effect.fail(unwritable(error))
    })
  )

const unwritable = ({ message, reason }: PlatformError) =>
  CommandFailed.make(`the answer cannot be written: ${reason.cause instanceof Error ? reason.cause.message : message}`)

const promptOf = (argument: Option.Option<string>) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio.Stdio
    const given = Option.filter(argument, (text) => text !== "-")
    if (Option.isNone(argument) && (yield* stdio.stdinIsTerminal)) {
      return yield* CommandFailed.make("there is no prompt: give it as an argument, or on stdin")
    }
    const prompt = Option.isSome(given) ? given.value : yield* Stream.mkString(Stream.decodeText(stdio.stdin)).pipe(
      Effect.mapError((error) => CommandFailed.make(`stdin cannot be read: ${error.message}`))
    )
    return prompt.trim() === "" ? yield* CommandFailed.make("the prompt is empty") : prompt
  })

const serviceOf = ({ hosted }: Options) =>
  Effect.gen(function*() {
    if (hosted) {
      if (Option.isNone(yield* Config.option(Config.Redacted("FLEXINFERENCE_API_KEY")))) {
        return yield* CommandFailed.make("--hosted needs your key of the hosted router in FLEXINFERENCE_API_KEY")
      }
      return Layer.provide(FlexInference.layerHostedConfigTransport(), UndiciTransport.layer())
    }
    const { router, simulated } = yield* Providers.find()
    if (simulated) yield* Output.stderr("no provider key is set: the answer is simulated\n")
    return Layer.provide(FlexInference.layerRouter, router)
  })

const answer = (options: Options, prompt: string) =>
  Effect.gen(function*() {
    const { responses } = yield* FlexInference.FlexInference
    // Streamed whether or not the answer is printed as it comes: only a stream shows that it has started.
    const open = responses.open({
      model: options.model,
      input: prompt,
      start_within: options.startWithin,
      // The hosted router tells a stream's cost here alone.
      include_cost: true
    })
    const window = StartWithin.toDuration(options.startWithin)
    const stdio = yield* Stdio.Stdio
    const counted = window !== undefined && (yield* stdio.stderrIsTerminal)
    const { events, report } = yield* counted ? Countdown.during(window)(open) : open
    let whole: ResponseObject | undefined
    const text = events.pipe(
      Stream.tap((event) => Effect.sync(() => (whole = wholeOf(event)))),
      Stream.map(textOf)
    )
    const printed = yield* print(options.stream ? text : Stream.fromEffect(Stream.mkString(text)))
    const routing = yield* report
    const lines = [
      ...(printed ? [] : ["the answer holds no text"]),
      ...(whole?.incomplete_details?.reason === undefined
        ? []
        : [`the answer is incomplete (${whole.incomplete_details.reason})`]),
      Summary.line(routing)
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
