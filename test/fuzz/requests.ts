/** Callers who send what is nearly a request. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { type Feature, requests } from "../matrix/requests.ts"
import { keys } from "../support/canary.ts"
import { type Seeded, seeded } from "../support/seeded.ts"
import { surfaces } from "../wall/cells.ts"
import * as Fuzz from "./gateway.ts"
import * as Mutate from "./mutate.ts"

const features: readonly [Feature, ...ReadonlyArray<Feature>] = [
  "text",
  "tool",
  "parallel",
  "toolResult",
  "structured",
  "image",
  "search",
  "reasoning",
  "length"
]

const own = (random: Seeded): JsonObject => ({
  model: random.pick(["gpt-5.5", "gemini-2.5-flash", "claude-sonnet-4-6"]),
  start_within: random.pick(["default", "00h-00m-30s", "priority"]),
  stream: random.once(2),
  ...(random.once(4) ? { include_cost: true } : {}),
  ...(random.once(4) ? { retry: { attempts: 2, strategy: "linear" } } : {}),
  ...(random.once(4) ? { provider: { order: ["openai", "gemini"] } } : {})
})

const headersOf = (random: Seeded): ReadonlyArray<string> =>
  random.some(2, () =>
    random.pick([
      "x-request-id: \u00ff",
      `x-request-id: ${"x".repeat(500)}`,
      "x-flexinference-deadline: tomorrow",
      "x-flexinference-deadline: 2999-01-01T00:00:00Z",
      "openai-beta: x",
      "anthropic-version: 2023-06-01",
      "idempotency-key: 1",
      "expect: 100-continue",
      "content-encoding: gzip",
      "accept: nothing/at-all"
    ]))

/** A request whose head is whole, or is not. */
const http = (random: Seeded, path: string, body: Uint8Array): Uint8Array => {
  const isChunked = random.once(6) && body.length > 0
  const head = [
    `${random.once(30) ? random.pick(["GET", "PUT", "OPTIONS", "HEAD"]) : "POST"} ${path} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    `authorization: Bearer ${keys.gateway}`,
    "connection: close",
    ...headersOf(random),
    isChunked ? "transfer-encoding: chunked" : `content-length: ${body.length}`,
    "\r\n"
  ].join("\r\n")
  const sent = isChunked
    ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")])
    : body
  return Buffer.concat([Buffer.from(head, "latin1"), sent])
}

/** So many of them, each from a seed of its own. */
export const run = (count: number, seed: number): Effect.Effect<void> =>
  Effect.scoped(Effect.gen(function*() {
    const samples = yield* Fuzz.samples
    const { answering, records, url } = yield* Fuzz.running
    answering((call) => {
      const [sample = assert.fail("no sample")] = samples[Fuzz.dialectOf(call)]
      return [Buffer.from(Fuzz.isStreamed(call) ? sample.events.join("") : sample.body)]
    })
    const failures: Array<string> = []
    let answered = 0
    for (let index = seed; index < seed + count; index++) {
      const random = seeded(index)
      const surface = random.pick(surfaces)
      const given = { ...own(random), ...requests[surface][random.pick(features)] }
      const [path] = dialects[surface].paths
      const text = Buffer.from(JSON.stringify(Mutate.value(random, given)))
      const body = random.once(4) ? Mutate.bytes(random, text) : text
      const whole = http(random, path, body)
      const isRaw = random.once(4)
      records.length = 0
      // Whoever sends bytes at random sends no more: what is waited for in them never comes.
      const bytes = yield* isRaw
        ? Fuzz.exchange(url, Mutate.bytes(random, whole), true)
        : Fuzz.exchange(url, whole)
      if (bytes.toString("latin1", 9, 12) === "200") answered++
      if (/^(?:HEAD|OPTIONS) /.test(Buffer.from(whole).toString("latin1", 0, 8))) continue
      yield* Effect.catchDefect(
        isRaw ? Fuzz.checkRaw(bytes, records) : Fuzz.check(surface, bytes, records),
        (defect) => Effect.sync(() => failures.push(`seed ${index}, ${surface}: ${defect}`))
      )
      if (failures.length > 20) break
    }
    assert.deepStrictEqual(failures, [])
    assert.isAbove(answered, count / 10, "some of them are requests still")
  }))
