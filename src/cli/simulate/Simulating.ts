/** What `flexinference simulate` does; loaded only when it is asked. */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as AttemptFiles from "../../AttemptFiles.ts"
import * as ModelCatalog from "../../ModelCatalog.ts"
import * as StartWithin from "../../StartWithin.ts"
import * as DurationText from "../../wire/DurationText.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as Output from "../Output.ts"
import * as Style from "../Style.ts"
import * as Suggestion from "../Suggestion.ts"
import type * as Bet from "./Bet.ts"
import * as Chart from "./Chart.ts"
import * as Learning from "./Learning.ts"
import * as Presentation from "./Presentation.ts"
import * as Running from "./Running.ts"
import * as Verdict from "./Verdict.ts"
import * as World from "./World.ts"

export interface Options {
  readonly windows: string
  readonly requests: number
  readonly seed: number
  readonly median: string
  readonly spread: number
  readonly refused: number
  readonly stalled: number
  readonly secondPrice: number
  readonly overlap: number
  readonly model: string
  readonly records: Option.Option<string>
  readonly svg: Option.Option<string>
  readonly json: boolean
}

type Services = FileSystem.FileSystem | Path.Path | Stdio.Stdio

/** When standard starts; what flex is compared with is mostly far longer. */
const standardMs = 500

/** Prints what each window brings, and what was possible. */
export const simulate = (options: Options): Effect.Effect<void, CommandFailed.CommandFailed, Services> =>
  Effect.gen(function*() {
    const { contenders, flexPrice, world } = yield* settings(options)
    const draws = yield* drawsOf(options, world)
    const stakes: Bet.Stakes = { flexPrice, overlap: options.overlap, secondPrice: options.secondPrice, standardMs }
    const results = yield* run([...contenders, learning(contenders, options)], draws, options.model)
    const verdict = Verdict.make(results, draws, stakes, Duration.toMillis(StartWithin.maximum))
    const said = { verdict, stakes, requests: draws.length, seed: options.seed }
    yield* Effect.forEach(Option.toArray(options.svg), (path) => writeSvg(path, verdict))
    const text = options.json
      ? JSON.stringify(Presentation.toJson(said), null, 2)
      : Presentation.lines(said, process.stdout.columns || 80, Style.of(process.stdout)).join("\n")
    yield* Output.print(Stream.succeed(`${text}\n`))
  })

/** What the options say; or everything that is wrong with them. */
const settings = (options: Options) => {
  const contenders = windowsOf(options.windows)
  const median = DurationText.parse(options.median)
  const medianMs = median === undefined || Duration.isZero(median)
    ? Result.fail(`--median: ${JSON.stringify(options.median)}. Expected: a duration such as ${DurationText.accepted}`)
    : Result.succeed(Duration.toMillis(median))
  const flexPrice = priceOf(options.model)
  const shares = options.refused + options.stalled > 1
    ? Result.fail("--refused and --stalled are more than all requests together")
    : Result.void
  const svg = Option.isSome(options.svg) ? Chart.pathOf(options.svg.value) : Result.void
  const problems = Arr.getFailures([contenders, medianMs, flexPrice, shares, svg])
  return Arr.isReadonlyArrayNonEmpty(problems) ? Effect.fail(CommandFailed.usage(problems)) : Effect.succeed({
    contenders: Result.getOrThrow(contenders),
    flexPrice: Result.getOrThrow(flexPrice),
    world: {
      refused: options.refused,
      stalled: options.stalled,
      medianMs: Result.getOrThrow(medianMs),
      spread: options.spread
    }
  })
}

/** Every window is its own contender, and keeps itself to the letter. */
const windowsOf = (text: string): Result.Result<Arr.NonEmptyReadonlyArray<Running.Contender>, string> => {
  const parts = Arr.dedupe(text.split(",").map((part) => part.trim()).filter((part) => part !== ""))
  const contenders = parts.map((name): Running.Contender | string => {
    const startWithin = Result.getOrUndefined(StartWithin.read(name))
    return startWithin === undefined || StartWithin.toDuration(startWithin) === undefined ? name : { name, startWithin }
  })
  const wrong = contenders.filter((contender) => typeof contender === "string")
  const right = contenders.filter((contender) => typeof contender !== "string")
  if (wrong.length > 0 || !Arr.isReadonlyArrayNonEmpty(right)) {
    return Result.fail(
      `--windows: ${JSON.stringify(wrong.join(",") || text)}. Expected: windows from 5s to 10m, such as 10s,30s,1m`
    )
  }
  return Result.succeed(right)
}

/** What learns, with the longest of the windows; what a second costs it depends on what a standard answer does. */
const learning = (
  contenders: Arr.NonEmptyReadonlyArray<Running.Contender>,
  { model, overlap, secondPrice }: Options
): Running.Contender => {
  const standard = Running.make({ name: "standard", startWithin: "default" }, { model, standardMs })
  const { listMicroUsd } = standard({ refused: false, startMs: 0 })
  const window = contenders.toSorted((one, other) => windowMs(other) - windowMs(one))[0] ?? contenders[0]
  return Learning.contender({ window, overlap, secondMicroUsd: secondPrice * listMicroUsd })
}

const windowMs = ({ startWithin }: Running.Contender): number =>
  Duration.toMillis(StartWithin.toDuration(startWithin) ?? Duration.zero)

/** What flex costs where standard costs 1. */
const priceOf = (model: string): Result.Result<number, string> => {
  const catalog = ModelCatalog.builtIn
  const { flex, standard } = ModelCatalog.get(catalog, model)?.prices ?? {}
  return ModelCatalog.isFlexCapable(catalog, model) && flex !== undefined && standard !== undefined
    ? Result.succeed(flex.base.output / standard.base.output)
    : Result.fail(
      `--model: ${JSON.stringify(model)} has no flex tier with a price.${
        Suggestion.question(Suggestion.models(model, catalog).filter((id) => id !== model))
      } "flexinference models --flex" lists those that have`
    )
}

const drawsOf = (
  { records, requests, seed }: Options,
  world: World.World
): Effect.Effect<ReadonlyArray<World.Draw>, CommandFailed.CommandFailed, Services> =>
  Option.match(records, {
    onNone: () => World.draws(world, requests, seed),
    onSome: (folder) =>
      AttemptFiles.read(folder).pipe(
        Stream.map(World.observed),
        Stream.filter((observed) => observed !== undefined),
        Stream.take(requests),
        Stream.runCollect,
        Effect.mapError((error) =>
          CommandFailed.make(`the records in ${folder} cannot be read: ${Output.causeOf(error)}`)
        ),
        Effect.flatMap((observed) =>
          observed.length === 0
            ? Effect.fail(CommandFailed.make(`no record in ${folder} has a flex leg`))
            : World.replay(observed, seed)
        )
      )
  })

/** Requests between two looks at the clock, so that the bar moves and Ctrl-C is heard. */
const batch = 50

/** Tries every contender on every draw; the bar is for whoever looks. */
const run = (
  contenders: ReadonlyArray<Running.Contender>,
  draws: ReadonlyArray<World.Draw>,
  model: string
): Effect.Effect<ReadonlyArray<Verdict.Result>, never, Stdio.Stdio> =>
  Effect.gen(function*() {
    const isSeen = (yield* (yield* Stdio.Stdio).stderrIsTerminal) && process.env["TERM"] !== "dumb"
    const all = contenders.length * draws.length
    let done = 0
    const progress = Effect.suspend(() =>
      isSeen ? Output.stderr(`\r\x1b[2K${Presentation.bar(done / all, process.stderr.columns || 80)}`) : Effect.void
    )
    const results = yield* Effect.forEach(contenders, (contender) =>
      Effect.gen(function*() {
        const ask = Running.make(contender, { model, standardMs })
        const measured: Array<Running.Measured> = []
        for (const some of Arr.chunksOf(draws, batch)) {
          yield* progress
          for (const draw of some) measured.push(ask(draw))
          done += some.length
          // Whoever else runs in this process has a turn: signals, and what is drawn.
          yield* Effect.sleep(0)
        }
        return { name: contender.name, fixed: contender.policy === undefined, measured }
      }))
    if (isSeen) yield* Output.stderr("\r\x1b[2K")
    return results
  })

const writeSvg = (path: string, { rows }: Verdict.Verdict) =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.mapError(
      files.writeFileString(path, Chart.svg(rows, "Saving against added wait")),
      (error) => CommandFailed.make(`--svg ${path} cannot be written: ${Output.causeOf(error)}`)
    ))
