/** Changes to bytes and to JSON, from a seed. */
import * as Json from "../../src/wire/Json.ts"
import type { Seeded } from "../support/seeded.ts"

/** Arrays in each other, which overflow whatever recurses. */
const nested = (depth: number): Json.Json => {
  let value: Json.Json = []
  for (let index = 0; index < depth; index++) value = index % 2 === 0 ? [value] : { nested: value }
  return value
}

const odd = (seeded: Seeded): Json.Json =>
  seeded.pick<() => Json.Json>([
    () => null,
    () => true,
    () => -1,
    () => 0,
    () => 1.5,
    () => 1e308,
    () => 2 ** 53,
    () => seeded.below(2 ** 31),
    () => "",
    () => "\u0000\uD800\r\n\n",
    () => "data: [DONE]\n\n",
    () => "x".repeat(seeded.below(5_000)),
    () => [],
    () => ({}),
    () => [[null]],
    () => ({ type: "text", text: {} }),
    () => nested(seeded.below(seeded.once(50) ? 3_000 : 40))
  ])()

const names: readonly [string, ...ReadonlyArray<string>] = [
  "type",
  "index",
  "output_index",
  "content",
  "delta",
  "__proto__",
  "constructor",
  "toString",
  "",
  "error",
  "status",
  "usage",
  "id"
]

/** The value with one place in it changed: replaced, left out, doubled, renamed or added to. */
export const value = (seeded: Seeded, given: Json.Json, depth = 0): Json.Json => {
  if (depth > 20 || seeded.once(8)) return odd(seeded)
  if (Json.isArray(given)) {
    const at = seeded.below(given.length)
    const { [at]: element } = given
    if (element === undefined || seeded.once(6)) return [...given, odd(seeded)]
    if (seeded.once(5)) return given.toSpliced(at, 1)
    if (seeded.once(5)) return given.toSpliced(at, 0, element)
    return given.with(at, value(seeded, element, depth + 1))
  }
  if (!Json.isObject(given)) {
    return typeof given === "number" && !seeded.once(4) ? seeded.pick([given + 1, given - 1, -given, 1e6]) : odd(seeded)
  }
  const entries = Object.entries(given)
  const at = seeded.below(entries.length)
  const [name, member] = entries[at] ?? []
  if (name === undefined || member === undefined || seeded.once(8)) {
    return Object.fromEntries([...entries, [seeded.pick(names), odd(seeded)]])
  }
  if (seeded.once(6)) return Object.fromEntries(entries.toSpliced(at, 1))
  if (seeded.once(8)) return Object.fromEntries(entries.with(at, [seeded.pick(names), member]))
  return Object.fromEntries(entries.with(at, [name, value(seeded, member, depth + 1)]))
}

/** The bytes with a few places changed: flipped, left out, doubled, cut off or filled with noise. */
export const bytes = (seeded: Seeded, given: Uint8Array): Uint8Array => {
  let all = Buffer.from(given)
  for (let count = 1 + seeded.below(4); count > 0; count--) {
    const at = seeded.below(all.length + 1)
    const to = Math.min(all.length, at + 1 + seeded.below(seeded.once(3) ? 200 : 4))
    const [before, between, after] = [all.subarray(0, at), all.subarray(at, to), all.subarray(to)]
    all = Buffer.concat(
      seeded.pick<() => ReadonlyArray<Uint8Array>>([
        () => [before, between.map((byte) => byte ^ (1 << seeded.below(8))), after],
        () => [before, after],
        () => [before, between, between, after],
        () => [before],
        () => [before, Uint8Array.from(seeded.some(20, () => seeded.below(256))), between, after],
        () => [before, Buffer.from(seeded.pick(["\n", "\r", "\n\n", "\r\n\r\n", "\u2028", "\"", "{", "data: "])), after]
      ])()
    )
  }
  return all
}

/** A list with some of its elements left out, doubled, swapped or changed. */
export const list = <A>(seeded: Seeded, given: ReadonlyArray<A>, change: (element: A) => A): ReadonlyArray<A> => {
  let all = [...given]
  for (let count = 1 + seeded.below(3); count > 0; count--) {
    const at = seeded.below(all.length)
    const { [at]: element } = all
    if (element === undefined) return all
    all = seeded.pick<() => Array<A>>([
      () => all.with(at, change(element)),
      () => all.with(at, change(element)),
      () => all.with(at, change(element)),
      () => all.toSpliced(at, 1),
      () => all.toSpliced(at, 0, element),
      () => all.toSpliced(at, 1).toSpliced(seeded.below(all.length), 0, element),
      () => all.slice(0, at)
    ])()
  }
  return all
}
