/** What `flexinference defer` does; loaded only when it is asked. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import { type Deferral, Deferred } from "../../deferred/Deferred.ts"
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import * as Question from "../ask/Question.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as CompleteWithinFlag from "../CompleteWithinFlag.ts"
import * as DeferredStore from "../DeferredStore.ts"
import * as Output from "../Output.ts"
import * as Providers from "../Providers.ts"
import * as StatusLine from "../StatusLine.ts"
import * as Style from "../Style.ts"
import * as Report from "./Report.ts"

export interface Options extends Omit<Question.Options, "startWithin" | "stream"> {
  readonly completeWithin: Option.Option<string>
  readonly resume: Option.Option<string>
  readonly store: Option.Option<string>
}

/** Asks and waits, or fails with what to tell. */
export const defer = (
  options: Options
): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const begin = yield* beginning(options)
    const { router, simulated } = yield* Providers.find()
    const place = yield* DeferredStore.chosen(options.store, simulated)
    if (simulated) yield* Output.stderr("no provider key is set: the answer is simulated\n")
    yield* Effect.gen(function*() {
      const deferral = yield* awaiting(yield* begin, place, options.store)
      if (options.json) {
        yield* Output.print(Stream.succeed(`${JSON.stringify(Report.toJson(deferral), null, 2)}\n`))
      } else if (deferral.status === "completed") {
        yield* Output.print(Stream.succeed(`${Report.textOf(deferral)}\n`))
        yield* Output.stderr(`${Style.of(process.stderr).dim(Report.summary(deferral))}\n`)
      }
      if (deferral.status !== "completed") {
        return yield* CommandFailed.make(
          deferral.failure === null
            ? `the request is ${deferral.status}`
            : `${deferral.failure.message} (code ${deferral.failure.code})`
        )
      }
    }).pipe(Effect.provide(DeferredStore.layerNow(place)), Effect.provide(router))
  }).pipe(
    Effect.catchTags({
      ConfigError: (error) => Effect.fail(CommandFailed.fromConfig(error)),
      FlexInferenceError: (error) => Effect.fail(CommandFailed.fromRouter(error))
    })
  )

/** How the request is had: it is asked anew, or it was asked before. */
const beginning = (options: Options) =>
  Effect.gen(function*() {
    const { completeWithin, resume } = options
    if (Option.isSome(resume)) {
      if (Option.isSome(options.prompt) || Option.isSome(completeWithin)) {
        return yield* CommandFailed.usage([
          "--resume goes on with what was asked: it stands alone, without a prompt and --complete-within"
        ])
      }
      return Effect.flatMap(Deferred, ({ poll }) => poll(resume.value))
    }
    if (Option.isNone(completeWithin)) {
      return yield* CommandFailed.usage([`--complete-within is missing. Expected: ${CompleteWithinFlag.accepted}`])
    }
    const deadline = CompleteWithinFlag.parse(completeWithin.value, yield* Clock.currentTimeMillis)
    if (Result.isFailure(deadline)) {
      return yield* CommandFailed.usage([
        `--complete-within: ${JSON.stringify(completeWithin.value)}. Expected: ${deadline.failure}`
      ])
    }
    const { include_cost: _, start_within: __, ...question } = yield* Question.request({
      ...options,
      startWithin: Option.none(),
      stream: Option.none()
    })
    return Effect.gen(function*() {
      const deferred = yield* Deferred
      const complete_within = CompleteWithinFlag.wire(deadline.success, yield* Clock.currentTimeMillis)
      return yield* deferred.submit({ ...question, complete_within })
    })
  })

/** Waits until it is over, and shows where it stands; whoever stops that is told how to go on. */
const awaiting = (
  first: Deferral,
  place: DeferredStore.Place,
  store: Option.Option<string>
): Effect.Effect<Deferral, FlexInferenceError, Deferred | Stdio.Stdio> =>
  Effect.gen(function*() {
    const deferred = yield* Deferred
    const { stderrIsTerminal } = yield* Stdio.Stdio
    let current = first
    const over = deferred.changes(first.id).pipe(
      Stream.runForEach((deferral) => Effect.sync(() => (current = deferral))),
      Effect.map(() => current)
    )
    const flag = Option.match(store, { onNone: () => "", onSome: (place) => ` --store ${JSON.stringify(place)}` })
    const isShown = (yield* stderrIsTerminal) && process.env["TERM"] !== "dumb"
    if (!isShown) yield* Output.stderr(`deferred as ${first.id}\n`)
    const left = first.deadline - (yield* Clock.currentTimeMillis)
    const shown = isShown
      ? StatusLine.during(
        Report.frames(() => current, left),
        Effect.sync(() => process.stderr.columns || Number.POSITIVE_INFINITY)
      )(over)
      : over
    return yield* Effect.onInterrupt(shown, () =>
      Output.stderr(
        place._tag === "Memory"
          ? "Stopped: a simulated request is kept by a folder alone (--store).\n"
          : `Stopped. The request is kept: flexinference defer --resume ${first.id}${flag}\n`
      ))
  })
