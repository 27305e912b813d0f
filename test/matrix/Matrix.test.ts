import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { DialectName } from "../../src/dialect/Dialect.ts"
import { dialects } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/internal/Json.ts"
import * as Cells from "./cells.ts"
import * as Goldens from "./goldens.ts"
import { read } from "./reading.ts"
import { answers, type Feature, requests } from "./requests.ts"

const features = Object.keys(answers).filter((name): name is Feature => Object.hasOwn(answers, name))

interface Cell {
  readonly surface: DialectName
  readonly provider: Cells.ProviderName
  readonly feature: Feature
}

const cells: ReadonlyArray<Cell> = Cells.surfaces.flatMap((surface) =>
  Cells.providerNames.flatMap((provider) => features.map((feature) => ({ surface, provider, feature })))
)

const nameOf = ({ feature, provider, surface }: Cell): string => `${surface}/${provider}/${feature}`

const requestOf = ({ feature, provider, surface }: Cell, members: JsonObject = {}): JsonObject => ({
  model: Cells.models[provider],
  ...requests[surface][feature],
  start_within: "default",
  ...members
})

/** A client of Chat Completions gets no usage from a stream unless it asks. */
const streaming = (surface: DialectName): JsonObject => ({
  stream: true,
  ...(surface === "chat.completions" ? { stream_options: { include_usage: true } } : {})
})

describe("every surface reaches every provider", () => {
  it.effect.each(cells.map((cell) => ({ ...cell, name: nameOf(cell) })))("$name", (cell) =>
    Effect.gen(function*() {
      const { feature, name, provider, surface } = cell
      const upstream = Cells.upstreamOf(surface, provider)
      const whole = yield* Cells.ask(surface, requestOf(cell), answers[feature])
      const streamed = yield* Cells.ask(surface, requestOf(cell, streaming(surface)), answers[feature])

      const [sent = {}] = whole.sent
      assert.lengthOf(whole.sent, 1)
      Goldens.compare(name, sent)
      assert.deepStrictEqual(streamed.sent, [{ ...sent, ...streaming(upstream) }])

      const reading = read(surface, whole.body)
      assert.deepStrictEqual(Cells.bare(reading), Cells.expected(surface, upstream, sent, answers[feature]))
      const ids = reading.calls.map(({ id }) => id)
      assert.isTrue(ids.every((id) => id !== "") && new Set(ids).size === ids.length, "ids of calls")

      assert.deepStrictEqual(dialects[surface].served(whole.body).usage, Cells.said(upstream, sent, answers[feature]).usage)
      assert.deepStrictEqual(streamed.body, whole.body)
    }))
})
