/** Providers that answer with what is nearly an answer. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Json from "../../src/wire/Json.ts"
import { type Seeded, seeded } from "../support/seeded.ts"
import { requestOf } from "../wall/caller.ts"
import { surfaces } from "../wall/cells.ts"
import * as Fuzz from "./gateway.ts"
import * as Mutate from "./mutate.ts"

const event = (random: Seeded) => (text: string): string => {
  const [, before = "", data = ""] = /^((?:event: .*\n)?data: )(.*)\n\n$/.exec(text) ?? []
  const value = Json.parseObject(data)
  if (value === undefined || random.once(10)) {
    return Buffer.from(Mutate.bytes(random, Buffer.from(text))).toString("latin1")
  }
  return `${before}${JSON.stringify(Mutate.value(random, value))}\n\n`
}

const changed = (random: Seeded, { body, events }: Fuzz.Sample, isStream: boolean): Uint8Array => {
  if (!isStream) {
    return random.once(3)
      ? Mutate.bytes(random, Buffer.from(body))
      : Buffer.from(JSON.stringify(Mutate.value(random, Json.parseObject(body) ?? {})))
  }
  return random.once(4)
    ? Mutate.bytes(random, Buffer.from(events.join("")))
    : Buffer.from(Mutate.list(random, events, event(random)).join(""))
}

const pieces = (random: Seeded, bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const size = random.pick([bytes.length + 1, 1_000, 100, 7])
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.subarray(index * size, (index + 1) * size)
  )
}

/** So many of them, each from a seed of its own. */
export const run = (count: number, seed: number): Effect.Effect<void> =>
  Effect.scoped(Effect.gen(function*() {
    const samples = yield* Fuzz.samples
    const { answering, records, url } = yield* Fuzz.running
    const failures: Array<string> = []
    let answered = 0
    for (let index = seed; index < seed + count; index++) {
      const random = seeded(index)
      const surface = random.pick(surfaces)
      const provider = random.pick(["openai", "google", "anthropic"] as const)
      const isRaced = provider !== "anthropic" && random.once(2)
      records.length = 0
      // The same to every call of one request: nothing may depend on how often it is asked.
      const state = random.below(2 ** 31)
      answering((call) => {
        const random = seeded(state)
        const list = samples[Fuzz.dialectOf(call)]
        const sample = list[random.below(list.length)] ?? assert.fail("no sample")
        return pieces(random, changed(random, sample, Fuzz.isStreamed(call)))
      })
      const request = requestOf(surface, {
        model: Fuzz.models[provider],
        ...(surface === "responses" || surface === "interactions"
          ? { input: "Hi" }
          : { messages: [{ role: "user", content: "Hi" }], max_tokens: 100 }),
        stream: random.once(2),
        start_within: isRaced ? "00h-00m-30s" : "default"
      })
      const bytes = yield* Fuzz.exchange(url, request)
      if (bytes.toString("latin1", 9, 12) === "200") answered++
      yield* Effect.catchDefect(
        Fuzz.check(surface, bytes, records),
        (defect) => Effect.sync(() => failures.push(`seed ${index}, ${provider} to ${surface}: ${defect}`))
      )
      if (failures.length > 20) break
    }
    assert.deepStrictEqual(failures, [])
    assert.isAbove(answered, count / 4, "some of them are answers still")
  }))
