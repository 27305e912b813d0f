/**
 * The service that keeps what each key of a gateway has spent today (UTC). What a request may cost at most is reserved
 * before it is sent, in one step with the look at what is left, so requests at the same time cannot spend more than
 * there is; at its end the reservation becomes what it did cost.
 *
 * `layerFile` keeps it in a file, a line for every change, written before the request is sent: a process that is killed
 * takes up what it had reserved as spent, since it may have been billed. Lines are handed to the operating system and
 * not forced onto the disk, so that after a power cut the last moments may be missing; the whole, which is written when
 * the file is opened and when it has grown long, is forced. One gateway writes to a file.
 *
 * **Example** (budgets that survive a restart)
 *
 * ```ts
 * import { NodeFileSystem } from "@effect/platform-node"
 * import { Layer, Redacted } from "effect"
 * import { Gateway, SpendLedger } from "effect-flexinference/gateway"
 *
 * export const gateway = Gateway.layer({
 *   keys: [{ name: "team-a", key: Redacted.make("…"), dailyBudgetMicroUsd: 20_000_000 }]
 * }).pipe(
 *   Layer.provide(SpendLedger.layerFile("/var/lib/flexinference/spend.jsonl")),
 *   Layer.provide(NodeFileSystem.layer)
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { dirname } from "node:path"
import * as Json from "../wire/Json.ts"

/** Money set aside for a request. */
export interface Reservation {
  /** What is left of the budget beside it, in micro-USD. */
  readonly remaining: number
  /** Puts what the request did cost in its place, or what may have been billed for it. The first time counts. */
  readonly settle: (microUsd: number) => Effect.Effect<void>
}

/**
 * What could not be written down must not be spent.
 *
 * A ledger of one's own fails with it where it cannot write, and the request is refused.
 *
 * **Example** (a ledger that cannot be reached)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { SpendLedger } from "effect-flexinference/gateway"
 *
 * const unreachable = Effect.fail(new SpendLedger.SpendUnrecorded("The database does not answer."))
 *
 * export const layer = Layer.succeed(SpendLedger.SpendLedger, {
 *   reserve: () => unreachable,
 *   spent: () => unreachable
 * })
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class SpendUnrecorded {
  readonly _tag = "SpendUnrecorded"
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

/**
 * Keeps what each key has spent today, under the name of the key; where many gateways share budgets, one of your own does.
 *
 * **Example** (a ledger of one's own, with a limit for all keys together)
 *
 * ```ts
 * import { Effect, Layer, Option } from "effect"
 * import { SpendLedger } from "effect-flexinference/gateway"
 *
 * const everyone = "everyone"
 *
 * export const layer = Layer.sync(SpendLedger.SpendLedger, () => {
 *   const ledger = SpendLedger.make()
 *   return SpendLedger.SpendLedger.of({
 *     spent: ledger.spent,
 *     reserve: (key, microUsd, budget) =>
 *       Effect.flatMap(ledger.reserve(everyone, microUsd, 500_000_000), (all) =>
 *         Option.isNone(all)
 *           ? Effect.succeedNone
 *           : Effect.flatMap(ledger.reserve(key, microUsd, budget), (own) =>
 *             Option.isNone(own)
 *               ? Effect.as(all.value.settle(0), own)
 *               : Effect.succeedSome({
 *                 remaining: Math.min(own.value.remaining, all.value.remaining),
 *                 settle: (cost) => Effect.andThen(all.value.settle(cost), own.value.settle(cost))
 *               })))
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class SpendLedger extends Context.Service<SpendLedger, {
  /** Sets money of a key's budget for today aside; none where there is not as much left. */
  readonly reserve: (
    key: string,
    microUsd: number,
    budget: number
  ) => Effect.Effect<Option.Option<Reservation>, SpendUnrecorded>
  /** What a key has spent and reserved today. */
  readonly spent: (key: string) => Effect.Effect<number, SpendUnrecorded>
}>()("effect-flexinference/gateway/SpendLedger") {}

/** A change of what a key has spent on a day. */
interface Entry {
  readonly day: string
  readonly key: string
  readonly microUsd: number
}

interface Day {
  readonly day: string
  readonly microUsd: number
}

/** Where the changes are written down, and what was written before. */
interface Journal {
  readonly before: ReadonlyArray<Entry>
  readonly append: (entry: Entry) => Effect.Effect<void, SpendUnrecorded>
}

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10)

/**
 * How long it is, in milliseconds, until budgets begin anew.
 *
 * @internal
 */
export const untilTomorrow = (now: number): number => 86_400_000 - now % 86_400_000

/** Adds a change to the sums; of a key, only the latest day is kept. */
const add = (sums: Map<string, Day>, { day, key, microUsd }: Entry): void => {
  const own = sums.get(key)
  if (own === undefined || own.day < day) sums.set(key, { day, microUsd })
  else if (own.day === day) sums.set(key, { day, microUsd: own.microUsd + microUsd })
}

const over = ({ append, before }: Journal): SpendLedger["Service"] => {
  const sums = new Map<string, Day>()
  for (const entry of before) add(sums, entry)

  /** What a key has spent today; a clock that was set back does not bring yesterday's budget again. */
  const today = (key: string, now: number): Day => {
    const day = dayOf(now)
    const own = sums.get(key)
    return own === undefined || own.day < day ? { day, microUsd: 0 } : own
  }

  const change = (entry: Entry): Effect.Effect<void, SpendUnrecorded> => {
    add(sums, entry)
    return Effect.uninterruptible(append(entry))
  }

  return SpendLedger.of({
    spent: (key) => Effect.map(Clock.currentTimeMillis, (now) => today(key, now).microUsd),
    reserve: (key, microUsd, budget) =>
      Clock.clockWith((clock) => {
        const { day, microUsd: spent } = today(key, clock.currentTimeMillisUnsafe())
        const remaining = budget - spent - microUsd
        if (remaining < 0) return Effect.succeedNone
        let settled = false
        const settle = (actual: number): Effect.Effect<void, SpendUnrecorded> =>
          Effect.suspend(() => {
            if (settled) return Effect.void
            settled = true
            return actual === microUsd ? Effect.void : change({ day, key, microUsd: actual - microUsd })
          })
        return change({ day, key, microUsd }).pipe(
          Effect.tapError(() => Effect.sync(() => add(sums, { day, key, microUsd: -microUsd }))),
          Effect.as(Option.some({
            remaining,
            // What it is too much by was reserved, and stays so: nobody spends what is not there.
            settle: (actual) => Effect.ignore(settle(actual))
          }))
        )
      })
  })
}

/**
 * A ledger in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (): SpendLedger["Service"] => over({ before: [], append: () => Effect.void })

/**
 * A ledger of this kind.
 *
 * **Example** (budgets that end with the process, for a gateway and what is built beside it)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Gateway, SpendLedger } from "effect-flexinference/gateway"
 *
 * export const gateway = Gateway.layer().pipe(Layer.provideMerge(SpendLedger.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<SpendLedger> = Layer.sync(SpendLedger, make)

/** After so many lines the file is written anew. */
const maxLines = 20_000

const encode = ({ day, key, microUsd }: Entry): string => `${JSON.stringify({ v: 1, day, key, microUsd })}\n`

/** A line that was cut off by the end of its process is none. */
const decode = (line: string): ReadonlyArray<Entry> => {
  const value = Json.parseObject(line)
  const day = value && Json.string(value, "day")
  const key = value && Json.string(value, "key")
  const microUsd = value && Json.number(value, "microUsd")
  return day === undefined || key === undefined || microUsd === undefined ? [] : [{ day, key, microUsd }]
}

const journal = (path: string): Effect.Effect<Journal, PlatformError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const scope = yield* Effect.scope
    const lock = yield* Semaphore.make(1)
    yield* fs.makeDirectory(dirname(path), { recursive: true, mode: 0o700 })
    const text = (yield* fs.exists(path)) ? yield* fs.readFileString(path) : ""
    const before = text.split("\n").flatMap(decode)
    /** What the file says, which is behind what is in memory by the lines that wait. */
    const written = new Map<string, Day>()
    for (const entry of before) add(written, entry)
    let lines = 0

    const rewrite = Effect.gen(function*() {
      const next = `${path}.new`
      const whole = Array.from(written, ([key, own]) => encode({ key, ...own })).join("")
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* fs.open(next, { flag: "w", mode: 0o600 })
        yield* file.writeAll(new TextEncoder().encode(whole))
        yield* file.sync
      }))
      yield* fs.rename(next, path)
      lines = written.size
      const own = yield* Scope.fork(scope)
      const file = yield* Scope.provide(fs.open(path, { flag: "a", mode: 0o600 }), own)
      return { file, close: Scope.close(own, Exit.void) }
    })
    let current = yield* rewrite

    const append = (entry: Entry): Effect.Effect<void, SpendUnrecorded> =>
      lock.withPermits(1)(Effect.uninterruptible(Effect.gen(function*() {
        yield* current.file.writeAll(new TextEncoder().encode(encode(entry)))
        add(written, entry)
        if (++lines <= maxLines + written.size) return
        const { close } = current
        current = yield* rewrite
        yield* close
      }))).pipe(Effect.mapError((cause) => new SpendUnrecorded(cause)))
    return { before, append }
  })

/**
 * A ledger in a file, which is read when the first budget is asked for.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFile = (path: string): Layer.Layer<SpendLedger, never, FileSystem.FileSystem> =>
  Layer.effect(
    SpendLedger,
    Effect.gen(function*() {
      const context = yield* Effect.context<FileSystem.FileSystem | Scope.Scope>()
      const opened = yield* Effect.cached(
        Effect.map(Effect.provideContext(journal(path), context), over).pipe(
          Effect.mapError((cause) => new SpendUnrecorded(cause))
        )
      )
      return SpendLedger.of({
        reserve: (key, microUsd, budget) => Effect.flatMap(opened, (ledger) => ledger.reserve(key, microUsd, budget)),
        spent: (key) => Effect.flatMap(opened, (ledger) => ledger.spent(key))
      })
    })
  )
