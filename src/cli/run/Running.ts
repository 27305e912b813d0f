/** What `flexinference run` does; loaded only when it is asked. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import { type Deferral, Deferred } from "../../deferred/Deferred.ts"
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as CompleteWithinFlag from "../CompleteWithinFlag.ts"
import * as DeferredStore from "../DeferredStore.ts"
import * as Output from "../Output.ts"
import * as Providers from "../Providers.ts"
import * as StatusLine from "../StatusLine.ts"
import * as Style from "../Style.ts"
import type * as BatchFile from "./BatchFile.ts"
import * as Checking from "./Checking.ts"
import * as Progress from "./Progress.ts"
import * as Quote from "./Quote.ts"
import * as ResultFile from "./ResultFile.ts"
import * as ResultLine from "./ResultLine.ts"
import * as Totals from "./Totals.ts"

export interface Options {
  readonly file: string
  readonly completeWithin: string
  readonly out: Option.Option<string>
  readonly quote: boolean
  readonly store: Option.Option<string>
  readonly concurrency: number
  readonly json: boolean
}

/** So many requests are awaited at once, as many as a batch takes; so many are stored at once. */
const mostAwaited = 10_000
const mostSubmitted = 16

/** Answers a file, or fails with what to tell. */
export const run = (
  options: Options
): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const deadline = Result.mapError(
      CompleteWithinFlag.parse(options.completeWithin, now),
      (expected) => `--complete-within: ${JSON.stringify(options.completeWithin)}. Expected: ${expected}`
    )
    const out = options.quote
      ? Result.succeed("")
      : Result.fromOption(options.out, () => "--out is missing: name the file that the results go to")
    const problems = Arr.getFailures([deadline, out])
    if (Arr.isReadonlyArrayNonEmpty(problems)) return yield* CommandFailed.usage(problems)
    const by = Result.getOrThrow(deadline)
    const { router, simulated } = yield* Providers.find()
    const checkedAndRun = Effect.gen(function*() {
      const checked = yield* Effect.catchTag(
        Checking.check(options.file, by),
        "PlatformError",
        unreadable(options.file)
      )
      if (options.quote) {
        return yield* print(options, Quote.toJson(checked.quote), Quote.lines(checked.quote, Style.of(process.stdout)))
      }
      const place = yield* DeferredStore.chosen(options.store, simulated)
      if (simulated) yield* Output.stderr("no provider key is set: the answers are simulated\n")
      const work: Work = { ...options, out: Result.getOrThrow(out), deadline: by, now, count: checked.count, place }
      yield* Effect.provide(answerAll(work), DeferredStore.layerNow(place, { concurrency: options.concurrency }))
    })
    yield* Effect.provide(checkedAndRun, router)
  }).pipe(Effect.catchTag("ConfigError", (error) => Effect.fail(CommandFailed.fromConfig(error))))

const unreadable = (path: string) => (error: PlatformError) =>
  Effect.fail(CommandFailed.make(`${path} cannot be read: ${Output.causeOf(error)}`))

interface Work extends Omit<Options, "out"> {
  readonly out: string
  readonly deadline: number
  readonly now: number
  readonly count: number
  readonly place: DeferredStore.Place
}

const print = ({ json }: Options, data: object, lines: ReadonlyArray<string>) =>
  Output.print(Stream.succeed(json ? `${JSON.stringify(data, null, 2)}\n` : lines.map((line) => `${line}\n`).join("")))

/** What goes on, and how, when this process does not. */
const goesOn = ({ place }: Work): string =>
  place._tag === "Memory"
    ? "The same command goes on with those that have no result yet; name a folder with --store to keep what is under way."
    : "The same command goes on where this one stopped, and what was asked for is kept."

const answerAll = (work: Work) => {
  let totals = Totals.none
  const stopped = () => `${Totals.over(totals)} of ${work.count} requests have their result in ${work.out}.`
  return Effect.gen(function*() {
    const standing = yield* ResultFile.recover(work.out)
    totals = standing.totals
    const append = yield* ResultFile.appending(work.out)
    const ask = yield* asking(work)
    const all = Checking.entries(work.file).pipe(
      // The file was whole a moment ago.
      Stream.mapEffect((entry) => Effect.mapError(Effect.fromResult(entry), CommandFailed.make)),
      Stream.filter(({ customId }) => !standing.customIds.has(customId)),
      Stream.mapEffect((entry) => Effect.map(ask(entry), (deferral) => ({ entry, deferral })), {
        concurrency: mostAwaited,
        unordered: true
      }),
      Stream.runForEach(({ deferral, entry: { customId } }) =>
        Effect.map(append(ResultLine.write(customId, deferral)), () => {
          totals = Totals.add(totals, ResultLine.outcome(customId, deferral))
        })
      )
    )
    if (standing.customIds.size > 0) {
      yield* Output.stderr(`${work.out} holds ${standing.customIds.size} results: the other requests go on\n`)
    }
    yield* yield* shown(all, () => totals, work)
    yield* print(
      { ...work, out: Option.some(work.out) },
      Totals.toJson(totals),
      Totals.lines(totals, Style.of(process.stdout))
    )
    if (totals.failed > 0) {
      return yield* CommandFailed.make(
        `${totals.failed} of ${work.count} requests failed: ${work.out} says why. Take their lines out of it to have them ` +
          "tried again"
      )
    }
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => Output.stderr(`Stopped: ${stopped()} ${goesOn(work)}\n`)),
    Effect.catchTags({
      PlatformError: (error) =>
        Effect.fail(CommandFailed.make(`${work.out} cannot be written: ${Output.causeOf(error)}. ${goesOn(work)}`)),
      FlexInferenceError: ({ message }) => Effect.fail(CommandFailed.make(`${message} ${stopped()} ${goesOn(work)}`))
    })
  )
}

/** Shows how far it is, where somebody looks. */
const shown = <A, E, R>(all: Effect.Effect<A, E, R>, totals: () => Totals.Totals, work: Work) =>
  Effect.gen(function*() {
    const { stderrIsTerminal } = yield* Stdio.Stdio
    if (!(yield* stderrIsTerminal) || process.env["TERM"] === "dumb") return all
    const left = work.deadline - (yield* Clock.currentTimeMillis)
    return StatusLine.during(
      Progress.frames(totals, work.count, left),
      Effect.sync(() => process.stderr.columns || Number.POSITIVE_INFINITY)
    )(all)
  })

/** A store that cannot be reached may be back in a moment. */
const patience = { schedule: Schedule.exponential("1 second"), times: 5 }

/** Has a request answered: what a run before this one has had of it is found again. */
const asking = ({ deadline, now }: Work) =>
  Effect.gen(function*() {
    const deferred = yield* Deferred
    const few = yield* Semaphore.make(mostSubmitted)
    const reached = <A>(effect: Effect.Effect<A, FlexInferenceError>) =>
      Effect.retry(effect, { ...patience, while: ({ code }) => code === "deferred_store_unavailable" })
    const submit = (entry: BatchFile.Entry): Effect.Effect<Deferral, FlexInferenceError> =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (time) => deferred.submit(Checking.submission(entry, deadline, time), { key: entry.key })
      )
    const begin = (entry: BatchFile.Entry) =>
      Effect.gen(function*() {
        const found = yield* submit(entry)
        // What failed before this run began, and has no result, is tried again.
        if (found.createdAt >= now || (found.status !== "failed" && found.status !== "cancelled")) return found
        yield* deferred.remove(found.id)
        return yield* submit(entry)
      })
    return (entry: BatchFile.Entry) =>
      Effect.flatMap(few.withPermits(1)(reached(begin(entry))), ({ id }) => reached(deferred.await(id)))
  })
