/** Reads a file of requests to its end before anything is sent: what is wrong with it is told at once, and what it costs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Accept from "../../deferred/Accept.ts"
import * as Carry from "../../deferred/Carry.ts"
import * as ModelCatalog from "../../ModelCatalog.ts"
import { Router } from "../../Router.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as CompleteWithinFlag from "../CompleteWithinFlag.ts"
import * as BatchFile from "./BatchFile.ts"
import * as Quote from "./Quote.ts"

/** The requests of a file, or what is wrong with a line; lines that are empty are none. */
export const entries = (
  path: string
): Stream.Stream<Result.Result<BatchFile.Entry, string>, PlatformError, FileSystem.FileSystem> =>
  Stream.unwrap(Effect.map(FileSystem.FileSystem, (fs) => {
    let number = 0
    return fs.stream(path).pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.map((line) => {
        number++
        return line.trim() === "" ? undefined : BatchFile.entry(line, number)
      }),
      Stream.filter((entry) => entry !== undefined)
    )
  }))

/** The text that a request is submitted with. */
export const submission = ({ body }: BatchFile.Entry, deadline: number, now: number): string =>
  JsonSource.stringify({ ...body, complete_within: CompleteWithinFlag.wire(deadline, now) })

export interface Checked {
  readonly count: number
  readonly quote: Quote.Quote
}

/** So many of the things that are wrong are told. */
const told = 20

/** The number of requests and what they would cost; or what is wrong with them. */
export const check = (
  path: string,
  deadline: number
): Effect.Effect<Checked, CommandFailed.CommandFailed | PlatformError, FileSystem.FileSystem | Router> =>
  Effect.gen(function*() {
    const router = yield* Router
    const now = yield* Clock.currentTimeMillis
    const catalog = yield* ModelCatalog.Current
    const lines = new Map<string, number>()
    const problems: Array<string> = []
    let quote: Quote.Quote = new Map()
    const look = (entry: BatchFile.Entry): string | undefined => {
      const { body, customId, number } = entry
      const before = lines.get(customId)
      if (before !== undefined) return `line ${number}: custom_id ${JSON.stringify(customId)} is that of line ${before}`
      lines.set(customId, number)
      const asked = Result.flatMap(
        Accept.accept(router, submission(entry, deadline, now), now),
        ({ attempts, request }) =>
          Result.map(Carry.rungsOf(router, { attempts, request }, catalog, now), (ways) => ({ ...ways, request }))
      )
      if (Result.isFailure(asked)) return `line ${number}: ${asked.failure.message}`
      const { plan: { model, routes: [{ provider }] }, request, rungs } = asked.success
      const bytes = new TextEncoder().encode(request).length
      quote = Quote.add(quote, { model, provider: provider.name, body, bytes, rungs }, { catalog, now, deadline })
      return undefined
    }
    let wrong = 0
    yield* Stream.runForEach(entries(path), (entry) =>
      Effect.sync(() => {
        const problem = Result.isFailure(entry) ? entry.failure : look(entry.success)
        if (problem === undefined) return
        wrong++
        if (problems.length < told) problems.push(problem)
      }))
    if (wrong > 0) {
      return yield* new CommandFailed.CommandFailed({
        message: `${path} is wrong in ${wrong} line${wrong === 1 ? "" : "s"}; nothing was sent`,
        details: wrong > told ? [...problems, `and ${wrong - told} more`] : problems,
        exitCode: CommandFailed.exitCode.usage
      })
    }
    if (lines.size === 0) return yield* CommandFailed.usage([`${path} holds no request`])
    return { count: lines.size, quote }
  })
