/** What `flexinference usage` does; loaded only when it is asked. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as AttemptFiles from "../../AttemptFiles.ts"
import * as DurationText from "../../wire/DurationText.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as Output from "../Output.ts"
import * as Style from "../Style.ts"
import * as Statement from "./Statement.ts"
import * as Sums from "./Sums.ts"

export interface Options {
  readonly records: Option.Option<string>
  readonly since: Option.Option<string>
  readonly json: boolean
}

/** Prints the sums; no record at all is a failure, because then the folder is another. */
export const sum = (
  options: Options
): Effect.Effect<void, CommandFailed.CommandFailed, FileSystem.FileSystem | Path.Path | Stdio.Stdio> =>
  Effect.gen(function*() {
    const variable = yield* Effect.mapError(
      Config.option(Config.String("FLEXINFERENCE_RECORDS")),
      (error) => CommandFailed.fromConfig(error)
    )
    const folder = Result.fromOption(
      Option.orElse(options.records, () => variable),
      () => "--records is missing: name the folder, or set FLEXINFERENCE_RECORDS; a gateway writes with the same"
    )
    const since = from(options.since, yield* Clock.currentTimeMillis)
    const problems = Arr.getFailures([folder, since])
    if (Arr.isReadonlyArrayNonEmpty(problems)) return yield* CommandFailed.usage(problems)
    const { add, sums } = Sums.make()
    const first = Result.getOrThrow(since)
    yield* AttemptFiles.read(Result.getOrThrow(folder)).pipe(
      Stream.runForEach((record) => Effect.sync(() => record.time >= first ? add(record) : undefined)),
      Effect.mapError((error) =>
        CommandFailed.make(`the records in ${Result.getOrThrow(folder)} cannot be read: ${Output.causeOf(error)}`)
      )
    )
    const found = sums()
    if (found.all.requests === 0) {
      return yield* CommandFailed.make(
        `there is no record in ${Result.getOrThrow(folder)}${Option.isSome(options.since) ? ` since ${first}` : ""}`
      )
    }
    const text = options.json
      ? JSON.stringify(Statement.toJson(found), null, 2)
      : Statement.lines(found, process.stdout.columns || 80, Style.of(process.stdout)).join("\n")
    yield* Output.print(Stream.succeed(`${text}\n`))
  })

const expected = "a day such as 2026-11-01, or a duration such as 7d or 12h"

/** The first instant that counts, as records write it. */
export const from = (text: Option.Option<string>, now: number): Result.Result<string, string> => {
  if (Option.isNone(text)) return Result.succeed("")
  if (/^\d{4}-\d\d-\d\d$/.test(text.value) && !Number.isNaN(Date.parse(text.value))) return Result.succeed(text.value)
  const duration = DurationText.parse(text.value)
  const since = duration === undefined ? Number.NaN : now - Duration.toMillis(duration)
  return since > 0
    ? Result.succeed(new Date(since).toISOString())
    : Result.fail(`--since: ${JSON.stringify(text.value)}. Expected: ${expected}`)
}
