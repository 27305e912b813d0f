/**
 * A gateway's configuration file: read, checked as a whole, and watched for what can change while the gateway runs.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { basename, dirname } from "node:path"
import * as Configuration from "./Configuration.ts"
import * as Document from "./Document.ts"

/** A file that cannot be read, or says something wrong; a line for everything that is wrong, with its place. */
export class ConfigurationInvalid extends Data.TaggedError("ConfigurationInvalid")<{
  readonly path: string
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return `${this.path} ${this.problems.join("; ")}`
  }
}

/** `keys[1].models`, with the name of what is meant and its line, where they are known. */
const placeOf = (path: ReadonlyArray<PropertyKey>, line: number | undefined): string => {
  const place = path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("").slice(1)
  return line === undefined ? place : `${place} (line ${line})`
}

/** What a text says, or everything that is wrong with it. */
export const parse = (path: string, text: string): Result.Result<Configuration.Configuration, ConfigurationInvalid> => {
  const format = Document.formatOf(path)
  const value = Document.parse(text, format)
  if (Result.isFailure(value)) return Result.fail(new ConfigurationInvalid({ path, problems: [value.failure] }))
  return Result.mapError(Configuration.decode(value.success), (problems) =>
    new ConfigurationInvalid({
      path,
      problems: problems
        .map((problem) => ({ ...problem, line: format === "toml" ? Document.lineOf(text, problem.path) : undefined }))
        .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
        .map(({ line, message, path }) => path.length === 0 ? message : `${placeOf(path, line)} ${message}`)
    }))
}

/** Reads a file. */
export const read = (
  path: string
): Effect.Effect<Configuration.Configuration, ConfigurationInvalid, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.readFileString(path)),
    Effect.mapError(({ reason }) =>
      new ConfigurationInvalid({
        path,
        problems: [reason._tag === "NotFound" ? "is not there" : `cannot be read: ${reason.message}`]
      })
    ),
    Effect.flatMap((text) => Effect.fromResult(parse(path, text)))
  )

/** So long nothing more has to be written to a file before it is read again. */
const quiet = "100 millis"

/**
 * What a file says whenever it has changed, or what is wrong with it then. Its folder is watched, because editors and
 * orchestrators put another file in its place.
 */
export const changes = (
  path: string
): Stream.Stream<Result.Result<Configuration.Configuration, ConfigurationInvalid>, never, FileSystem.FileSystem> =>
  Stream.unwrap(Effect.map(FileSystem.FileSystem, (fs) =>
    fs.watch(dirname(path)).pipe(
      // A file that is mounted is a link to one in a folder that is exchanged as a whole.
      Stream.filter((event) => basename(event.path) === basename(path) || basename(event.path).startsWith("..")),
      Stream.retry(Schedule.spaced("10 seconds")),
      Stream.orDie
    ))).pipe(
      Stream.debounce(quiet),
      Stream.mapEffect(() => Effect.result(read(path)))
    )
