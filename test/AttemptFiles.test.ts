import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Logger, PlatformError, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as AttemptFiles from "../src/AttemptFiles.ts"
import type { AttemptRecord } from "../src/AttemptLog.ts"

const record = (requestId: string): AttemptRecord => ({
  v: 1,
  time: "2026-11-25T08:30:00.000Z",
  level: "info",
  event: "request",
  requestId,
  key: "team-a",
  surface: "responses",
  model: "gpt-5.5",
  provider: "openai",
  tier: "flex",
  reason: "flex_won",
  status: 200,
  startWithin: "00h-00m-30s",
  startedAfterMs: 1200,
  durationMs: 3400,
  usage: null,
  costMicroUsd: 93,
  listMicroUsd: 185,
  savingMicroUsd: 92,
  retries: 0,
  fallbackAttempts: 0,
  rung: null,
  legs: []
})

const ids = (folder: string) =>
  Effect.map(Stream.runCollect(AttemptFiles.read(folder)), (records) => records.map(({ requestId }) => requestId))

/** Writes records with a writer of their own, and closes it. */
const write = (options: AttemptFiles.Options, ...ids: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(AttemptFiles.make(options), (log) => Effect.forEach(ids, (id) => log.record(record(id))))
  )

const files = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.readDirectory(folder), (names) => names.toSorted()))

/** The lines that are logged, beside whoever else logs them. */
const logged = () => {
  const lines: Array<string> = []
  return {
    lines,
    layer: Logger.layer([Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${message}`))])
  }
}

/** A disk that is full while `isFull` says so. */
const disk = (isFull: () => boolean) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) =>
      FileSystem.FileSystem.of({
        ...fs,
        writeFile: (path, data, options) => {
          if (!isFull() || options?.flag === "wx") return fs.writeFile(path, data, options)
          const full = PlatformError.systemError({
            _tag: "Unknown",
            module: "FileSystem",
            method: "writeFile",
            description: "ENOSPC: no space left on device"
          })
          // A disk takes what it still can.
          return Effect.andThen(fs.writeFile(path, data.subarray(0, 40), options), Effect.fail(full))
        }
      }))
  )

describe("AttemptFiles", () => {
  layer(NodeServices.layer)((it) => {
    const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "records-" }))

    it.effect("reads back what was written, in order, also what earlier runs wrote", () =>
      Effect.gen(function*() {
        const root = yield* folder
        const options = { folder: `${root}/made/for/it` }
        yield* write(options, "a", "b")
        yield* write(options, "c")
        assert.deepStrictEqual(yield* ids(options.folder), ["a", "b", "c"])
        const [first] = yield* Stream.runCollect(AttemptFiles.read(options.folder))
        assert.deepStrictEqual(first, record("a"))
      }).pipe(Effect.scoped))

    it.effect("begins a file for every UTC day", () =>
      Effect.gen(function*() {
        const root = yield* folder
        const until = (count: number) =>
          Effect.repeat(Effect.tap(files(root), TestClock.adjust("100 millis")), {
            until: (names) => names.length === count
          })
        yield* TestClock.setTime(Date.parse("2026-11-25T12:00:00Z"))
        const log = yield* AttemptFiles.make({ folder: root })
        yield* log.record(record("today"))
        yield* until(1)
        yield* TestClock.setTime(Date.parse("2026-11-26T12:00:00Z"))
        yield* log.record(record("tomorrow"))
        yield* until(2)
        assert.deepStrictEqual(yield* files(root), ["2026-11-25.0000.jsonl", "2026-11-26.0000.jsonl"])
      }).pipe(Effect.scoped))

    it.effect("has no more than its bound of all files together, and keeps the latest", () =>
      Effect.gen(function*() {
        const root = yield* folder
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${root}/notes.txt`, "not ours")
        const line = JSON.stringify(record("000")).length + 1
        // Eight files of two records each.
        const options = { folder: root, maxSize: 8 * (2 * line + 10) }
        const all = Array.from({ length: 100 }, (_, index) => String(index).padStart(3, "0"))
        yield* write(options, ...all)
        const names = (yield* files(root)).filter((name) => name.endsWith(".jsonl"))
        const sizes = yield* Effect.forEach(names, (name) => fs.stat(`${root}/${name}`))
        assert.isAtMost(sizes.reduce((sum, { size }) => sum + Number(size), 0), options.maxSize)
        assert.deepStrictEqual(yield* ids(root), all.slice(-names.length * 2))
        assert.isAtLeast(names.length, 7)
        assert.isTrue(yield* fs.exists(`${root}/notes.txt`))
      }).pipe(Effect.scoped))

    it.effect("removes what is older than it keeps", () =>
      Effect.gen(function*() {
        const root = yield* folder
        yield* TestClock.setTime(Date.parse("2026-11-01T12:00:00Z"))
        yield* write({ folder: root }, "old")
        yield* TestClock.setTime(Date.parse("2026-11-20T12:00:00Z"))
        yield* write({ folder: root }, "recent")
        yield* TestClock.setTime(Date.parse("2026-11-25T12:00:00Z"))
        yield* write({ folder: root, maxAge: "7 days" }, "new")
        assert.deepStrictEqual(yield* ids(root), ["recent", "new"])
      }).pipe(Effect.scoped))

    it.effect("leaves out a line that a killed writer left torn, and says so", () => {
      const { layer, lines } = logged()
      return Effect.gen(function*() {
        const root = yield* folder
        const fs = yield* FileSystem.FileSystem
        yield* write({ folder: root }, "a", "b")
        const [name = ""] = yield* files(root)
        const text = yield* fs.readFileString(`${root}/${name}`)
        yield* fs.writeFileString(`${root}/${name}`, text.slice(0, -20))
        yield* write({ folder: root }, "c")
        assert.deepStrictEqual(yield* ids(root), ["a", "c"])
        assert.deepStrictEqual(lines, [`Warn ${name} has 1 line that is no record.`])
      }).pipe(Effect.provide(layer), Effect.scoped)
    })

    it.effect("goes on where the disk was full, with a count of what was lost", () => {
      const { layer, lines } = logged()
      let full = false
      return Effect.gen(function*() {
        const root = yield* folder
        yield* Effect.scoped(Effect.gen(function*() {
          const log = yield* AttemptFiles.make({ folder: root })
          const drained = (id: string) =>
            Effect.andThen(
              log.record(record(id)),
              Effect.repeat(
                Effect.tap(files(root), TestClock.adjust("100 millis")),
                { times: 50 }
              )
            )
          yield* drained("a")
          full = true
          yield* drained("lost")
          full = false
          yield* drained("b")
        }))
        assert.deepStrictEqual(yield* ids(root), ["a", "b"])
        assert.strictEqual(lines.length, 2)
        assert.match(lines[0] ?? "", /^Warn 1 attempt record was lost: .*no space left on device/s)
      }).pipe(Effect.provide(disk(() => full)), Effect.provide(layer), Effect.scoped)
    })

    it.effect("holds a bounded number of records for a slow disk, with a count of what was lost", () => {
      const { layer, lines } = logged()
      return Effect.gen(function*() {
        const root = yield* folder
        yield* Effect.scoped(Effect.gen(function*() {
          const log = yield* AttemptFiles.make({ folder: root, maxWaiting: 3 })
          for (const id of ["a", "b", "c", "d", "e"]) yield* log.record(record(id))
        }))
        assert.deepStrictEqual(yield* ids(root), ["a", "b", "c"])
        assert.deepStrictEqual(lines, [
          "Warn 2 attempt records were lost: they came faster than the disk could take them"
        ])
      }).pipe(Effect.provide(layer), Effect.scoped)
    })
  })

  it.effect("fails at once where its folder cannot be made", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(AttemptFiles.make({ folder: "/dev/null/records" })))
      assert.strictEqual(error._tag, "PlatformError")
    }).pipe(Effect.provide(NodeServices.layer)))
})
