/**
 * The service that keeps translated answers, so that they can be continued: by `previous_response_id`, by
 * `item_reference` and by `previous_interaction_id`, on any model of any provider.
 *
 * Providers keep what they answered themselves; of an answer that was translated nobody has what its caller saw. The
 * gateway provides a store. A program without one keeps nothing; with one in its context, the answers to all its calls
 * are kept, unless a request says `store: false`.
 *
 * Whatever is kept belongs to the key that made it. Under another key it is as unknown as what was never kept.
 *
 * **Example** (a program that continues its answers)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { AnswerStore, FlexInference } from "effect-flexinference"
 *
 * export const talk = Effect.gen(function*() {
 *   const { responses } = yield* FlexInference.FlexInference
 *   const ask = { model: "claude-opus-4-8", start_within: "default" } as const
 *   const first = yield* responses.create({ ...ask, input: "Name a city." })
 *   return yield* responses.create({ ...ask, previous_response_id: first.id, input: "Why that one?" })
 * }).pipe(Effect.provide(AnswerStore.layer()))
 * ```
 *
 * @since 0.1.0
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DialectName } from "./Dialect.ts"
import * as Embedded from "./dialect/Embedded.ts"
import type { FlexInferenceError } from "./FlexInferenceError.ts"
import * as Json from "./wire/Json.ts"
import * as JsonSource from "./wire/JsonSource.ts"

/** A conversation up to and with an answer, in the words of the format that its caller speaks. */
export interface Kept {
  readonly surface: DialectName
  /** The answer's, as its caller was told. */
  readonly id: string
  /** What was asked and answered from the beginning, this answer last. */
  readonly conversation: ReadonlyArray<Json.Json>
}

/**
 * Keeps answers and finds them again; one that many gateways share implements the same two.
 *
 * **Example** (a store of one's own, which sees all that is kept)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { AnswerStore } from "effect-flexinference"
 *
 * const inner = AnswerStore.make({ maxAnswers: 100 })
 *
 * export const store = AnswerStore.AnswerStore.of({
 *   ...inner,
 *   keep: (owner, answer) => Effect.andThen(Effect.log(`${owner} has ${answer.id}`), inner.keep(owner, answer))
 * })
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class AnswerStore extends Context.Service<AnswerStore, {
  /** An answer that cannot be kept is none the worse for it, so this does not fail. */
  readonly keep: (owner: string, answer: Kept) => Effect.Effect<void>
  /** What its owner has of this format that is called, or in which something is called, by one of the ids; each once. */
  readonly find: (
    owner: string,
    surface: DialectName,
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Kept>, FlexInferenceError>
}>()("effect-flexinference/AnswerStore") {}

/**
 * Who owns what is kept where there are no keys.
 *
 * @internal
 */
export const loopback = "loopback"

/** How much is kept, and for how long. Where there is more, the oldest goes. */
export interface Options {
  /**
   * @default 10000
   */
  readonly maxAnswers?: number | undefined
  /**
   * All together. Each answer is held with its whole conversation, so one longer than this is not kept at all.
   * @default "64 MB"
   */
  readonly maxSize?: ByteSize.Input | undefined
  /**
   * @default "30 days"
   */
  readonly retain?: Duration.Input | undefined
}

interface Entry {
  readonly surface: DialectName
  readonly id: string
  readonly text: string
  /** By what it is found. */
  readonly names: ReadonlySet<string>
  readonly size: number
  /** Epoch milliseconds. */
  readonly until: number
}

/**
 * A store in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): AnswerStore["Service"] => {
  const maxAnswers = options?.maxAnswers ?? 10_000
  const maxSize = Number(
    options?.maxSize === undefined ? ByteSize.megabytes(64) : ByteSize.fromInputUnsafe(options.maxSize)
  )
  const retain = Duration.toMillis(options?.retain ?? Duration.days(30))
  /** The oldest first. */
  const entries = new Set<Entry>()
  const byName = new Map<string, Entry>()
  let size = 0

  const drop = (entry: Entry): void => {
    if (!entries.delete(entry)) return
    size -= entry.size
    for (const name of entry.names) {
      // What a later turn repeats is found there.
      if (byName.get(name) === entry) byName.delete(name)
    }
  }

  const makeRoom = (now: number): void => {
    for (const entry of entries) {
      if (entries.size <= maxAnswers && size <= maxSize && entry.until > now) return
      drop(entry)
    }
  }

  const add = (owner: string, { conversation, id, surface }: Kept, now: number): void => {
    const text = JsonSource.stringify({ conversation })
    const names = new Set([
      nameOf(owner, surface, "answer", id),
      ...conversation.flatMap((element) => {
        const part = Json.isObject(element) ? Json.string(element, "id") : undefined
        return part === undefined ? [] : [nameOf(owner, surface, "part", part)]
      })
    ])
    // A character takes two bytes of memory at most.
    const taken = 2 * Array.from(names).reduce((sum, name) => sum + name.length, text.length)
    const [own = ""] = names
    const before = byName.get(own)
    if (before?.id === id) drop(before)
    if (taken > maxSize) return
    const entry = { surface, id, text, names, size: taken, until: now + retain }
    entries.add(entry)
    size += taken
    for (const name of names) byName.set(name, entry)
    makeRoom(now)
  }

  return AnswerStore.of({
    keep: (owner, answer) => Effect.map(Clock.currentTimeMillis, (now) => add(owner, answer, now)),
    find: (owner, surface, ids) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        makeRoom(now)
        const found = ids.flatMap((id) => [
          byName.get(nameOf(owner, surface, "answer", id)),
          byName.get(nameOf(owner, surface, "part", id))
        ])
        return Array.from(new Set(found.filter((entry) => entry !== undefined)), read)
      })
  })
}

/**
 * A store of this kind for a program.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<AnswerStore> => Layer.sync(AnswerStore, () => make(options))

const nameOf = (...parts: ReadonlyArray<string>): string => JSON.stringify(parts)

const read = ({ id, surface, text }: Entry): Kept => {
  const value = Json.parseObject(text) ?? {}
  Embedded.remember(text, value)
  return { surface, id, conversation: Json.array(value, "conversation") ?? [] }
}
