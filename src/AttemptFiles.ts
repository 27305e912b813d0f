/**
 * Attempt records in files: a folder of JSON lines, a file for every UTC day and more where one grows large, the oldest
 * removed where there are too many. A file is called after the day on which it was begun: `2026-11-25.0000.jsonl`.
 *
 * Requests do not wait for the disk. Records wait in a bounded queue and are written together, some at a time; what is
 * killed loses those of the last moment. What could not be written, because the disk is full or too slow, is counted
 * and told as a warning; the writer goes on.
 *
 * **Example** (keeping records, and reading what earlier runs have kept)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { AttemptFiles } from "effect-flexinference"
 *
 * export const layer = AttemptFiles.layer({ folder: "records", maxAge: "7 days" })
 *
 * export const spent = AttemptFiles.read("records").pipe(
 *   Stream.runFold(() => 0, (sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as ByteSize from "effect/ByteSize"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Latch from "effect/Latch"
import type * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as AttemptLog from "./AttemptLog.ts"
import type { AttemptRecord } from "./AttemptLog.ts"

/** Where records are kept, and how many. */
export interface Options {
  /** It is made where there is none. Several writers may share it. */
  readonly folder: string
  /**
   * Files of earlier days are removed.
   * @default "30 days"
   */
  readonly maxAge?: Duration.Input | undefined
  /**
   * Of all files together; the oldest are removed. A file has an eighth of it at most.
   * @default "1 GB"
   */
  readonly maxSize?: ByteSize.Input | undefined
  /**
   * How many records may wait for the disk; more are lost, and told.
   * @default 10000
   */
  readonly maxWaiting?: number | undefined
}

/** What is waited for between two writes, so that many records are written at once. */
const pause = Duration.millis(100)

/** How often it is said that records are lost. */
const quiet = Duration.minutes(1)

/** How long the last records may take to be written when the scope closes. */
const patience = Duration.seconds(5)

const pattern = /^(\d{4}-\d\d-\d\d)\.(\d{4,})\.jsonl$/

interface File {
  readonly name: string
  readonly day: string
  readonly index: number
}

/** The files of a folder that hold records, the oldest first. */
const list = (fs: FileSystem.FileSystem, folder: string): Effect.Effect<ReadonlyArray<File>, PlatformError> =>
  Effect.map(fs.readDirectory(folder), (names) =>
    names.flatMap((name): ReadonlyArray<File> => {
      const [, day, index] = pattern.exec(name) ?? []
      return day === undefined ? [] : [{ name, day, index: Number(index) }]
    }).toSorted((one, other) => one.day === other.day ? one.index - other.index : one.day < other.day ? -1 : 1))

const nameOf = (day: string, index: number): string => `${day}.${String(index).padStart(4, "0")}.jsonl`

const dayOf = (millis: number): string => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(millis))

const encoder = new TextEncoder()

/** Writes lines into files, each begun by this writer alone: what another left unfinished is never written on. */
const writer = (options: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { folder, maxAge = Duration.days(30) } = options
    const bound = Number(
      options.maxSize === undefined ? ByteSize.gigabytes(1) : ByteSize.fromInputUnsafe(options.maxSize)
    )
    const fileBound = bound / 8
    let file: { readonly name: string; readonly day: string; size: number } | undefined
    /** The last write has failed, and may have left the beginning of a line. */
    let torn = false

    const makeRoom = (now: number, own: string): Effect.Effect<void, PlatformError> =>
      Effect.gen(function*() {
        const oldest = dayOf(now - Duration.toMillis(maxAge))
        let left = bound - fileBound
        for (const { day, name } of (yield* list(fs, folder)).toReversed()) {
          if (name === own) continue
          const at = path.join(folder, name)
          left -= Number((yield* fs.stat(at)).size)
          if (day < oldest || left < 0) yield* fs.remove(at)
        }
      })

    const begin = (now: number): Effect.Effect<void, PlatformError> =>
      Effect.gen(function*() {
        const day = dayOf(now)
        yield* fs.makeDirectory(folder, { recursive: true })
        const last = (yield* list(fs, folder)).findLast((other) => other.day === day)
        const name = nameOf(day, last === undefined ? 0 : last.index + 1)
        // Another writer may have taken the name meanwhile; then this fails, and the next write finds the next one.
        yield* fs.writeFile(path.join(folder, name), new Uint8Array(), { flag: "wx" })
        file = { name, day, size: 0 }
        torn = false
        yield* Effect.catch(
          makeRoom(now, name),
          (error) => Effect.logWarning(`Old attempt records could not be removed: ${error.message}`)
        )
      })

    const append = (lines: Arr.NonEmptyReadonlyArray<string>): Effect.Effect<void, PlatformError> =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const bytes = encoder.encode(`${torn ? "\n" : ""}${lines.join("\n")}\n`)
        if (file === undefined || file.day !== dayOf(now) || (file.size > 0 && file.size + bytes.length > fileBound)) {
          yield* begin(now)
        }
        const own = file
        if (own === undefined) return
        own.size += bytes.length
        yield* fs.writeFile(path.join(folder, own.name), bytes, { flag: "a" })
        torn = false
      }).pipe(Effect.onError(() =>
        Effect.sync(() => {
          torn = file !== undefined
        })
      ))

    /** As many lines at a time as a file has room for. */
    return {
      prepare: fs.makeDirectory(folder, { recursive: true }),
      write: (records: ReadonlyArray<AttemptRecord>, onLost: (count: number, error: PlatformError) => void) =>
        Effect.forEach(
          slices(records.map((record) => JSON.stringify(record)), fileBound),
          (lines) => Effect.catch(append(lines), (error) => Effect.sync(() => onLost(lines.length, error))),
          { discard: true }
        )
    }
  })

/** Lines in as few pieces as are no longer than a bound, in characters. */
const slices = (lines: ReadonlyArray<string>, bound: number): ReadonlyArray<Arr.NonEmptyReadonlyArray<string>> => {
  const all: Array<[string, ...Array<string>]> = []
  let size = Number.POSITIVE_INFINITY
  for (const line of lines) {
    size += line.length + 1
    const last = all.at(-1)
    if (last !== undefined && size <= bound) last.push(line)
    else {
      all.push([line])
      size = line.length + 1
    }
  }
  return all
}

/**
 * A log that writes into a folder. It fails where the folder cannot be made.
 *
 * @internal
 */
export const make = (
  options: Options
): Effect.Effect<
  AttemptLog.AttemptLog["Service"],
  PlatformError,
  FileSystem.FileSystem | Path.Path | Scope.Scope
> =>
  Effect.gen(function*() {
    const { prepare, write } = yield* writer(options)
    yield* prepare
    const queue = yield* Queue.dropping<AttemptRecord, Cause.Done>(options.maxWaiting ?? 10_000)
    const closing = yield* Latch.make()
    let lost = 0
    let why = ""
    let toldAt = Number.NEGATIVE_INFINITY

    const tell = (isLast: boolean): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (lost === 0 || (!isLast && now - toldAt < Duration.toMillis(quiet))) return Effect.void
        const message = `${lost} attempt record${lost === 1 ? " was" : "s were"} lost: ${why}`
        lost = 0
        toldAt = now
        return Effect.logWarning(message)
      })

    const onLost = (count: number, reason: string): void => {
      lost += count
      why = reason
    }

    const loop: Effect.Effect<void> = Queue.takeAll(queue).pipe(
      Effect.flatMap((records) => write(records, (count, { message }) => onLost(count, message))),
      Effect.andThen(tell(false)),
      Effect.andThen(Effect.raceFirst(Effect.sleep(pause), closing.await)),
      Effect.matchEffect({ onFailure: () => tell(true), onSuccess: () => loop })
    )
    const fiber = yield* Effect.forkScoped(loop)
    yield* Effect.addFinalizer(() =>
      Effect.all([closing.open, Queue.end(queue), Effect.timeoutOption(Fiber.await(fiber), patience)], {
        discard: true
      })
    )

    return AttemptLog.AttemptLog.of({
      record: (record) =>
        Effect.sync(() => {
          if (!Queue.offerUnsafe(queue, record)) onLost(1, "they came faster than the disk could take them")
        })
    })
  })

/**
 * Writes records into a folder, beside the log that is in the context, if there is one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<AttemptLog.AttemptLog, PlatformError, FileSystem.FileSystem | Path.Path> =>
  AttemptLog.layerEffect(make(options))

const decode = Schema.decodeResult(AttemptLog.AttemptRecordLine)

/**
 * All records of a folder, the oldest first. A line that is none, such as one that was being written when its writer was
 * killed, is left out; a warning says how many there were.
 *
 * @since 0.1.0
 * @category queries
 */
export const read = (folder: string): Stream.Stream<AttemptRecord, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Stream.unwrap(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return Stream.flatMap(Stream.fromIterable(yield* list(fs, folder)), ({ name }) =>
      Stream.suspend(() => {
        let strange = 0
        const records = fs.stream(path.join(folder, name)).pipe(
          Stream.decodeText,
          Stream.splitLines,
          Stream.filter((line) => line !== ""),
          Stream.map((line) => decode(line)),
          Stream.filterMap((decoded) => {
            if (Result.isFailure(decoded)) strange++
            return decoded
          })
        )
        const told = Effect.suspend(() =>
          strange === 0
            ? Effect.void
            : Effect.logWarning(`${name} has ${strange} line${strange === 1 ? " that is" : "s that are"} no record.`)
        )
        return Stream.concat(records, Stream.fromEffectDrain(told))
      }))
  }))
