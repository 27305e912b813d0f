/** The file of results: what stands in it already, and new lines at its end. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import type { Scope } from "effect/Scope"
import * as ResultLine from "./ResultLine.ts"
import * as Totals from "./Totals.ts"

export interface Standing {
  readonly customIds: ReadonlySet<string>
  readonly totals: Totals.Totals
}

const newline = 0x0a

/** Reads what stands in a file; a last line that a crash has torn is taken away. */
export const recover = (path: string): Effect.Effect<Standing, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const customIds = new Set<string>()
    let totals = Totals.none
    if (!(yield* fs.exists(path))) return { customIds, totals }
    let size = 0
    let whole = 0
    yield* fs.stream(path).pipe(
      Stream.tap((chunk) =>
        Effect.sync(() => {
          const last = chunk.lastIndexOf(newline)
          if (last !== -1) whole = size + last + 1
          size += chunk.length
        })
      ),
      Stream.runDrain
    )
    if (whole < size) yield* fs.truncate(path, whole)
    yield* fs.stream(path).pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runForEach((line) =>
        Effect.sync(() => {
          const outcome = ResultLine.read(line)
          if (outcome === undefined || customIds.has(outcome.customId)) return
          customIds.add(outcome.customId)
          totals = Totals.add(totals, outcome)
        })
      )
    )
    return { customIds, totals }
  })

/** Adds text at the end of a file. */
export const appending = (
  path: string
): Effect.Effect<(text: string) => Effect.Effect<void, PlatformError>, PlatformError, FileSystem.FileSystem | Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(path, { flag: "a" })
    return (text) => file.writeAll(new TextEncoder().encode(text))
  })
