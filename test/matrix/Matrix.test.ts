import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { DialectName } from "../../src/dialect/Dialect.ts"
import { dialects } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/internal/Json.ts"
import { providers } from "../../src/provider/index.ts"
import * as Cells from "./cells.ts"
import * as Goldens from "./goldens.ts"
import { followUp, read } from "./reading.ts"
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

const named = <A extends { readonly surface: DialectName; readonly provider: Cells.ProviderName }>(
  rows: ReadonlyArray<A>,
  name: (row: A) => string
) => rows.map((row) => ({ ...row, name: name(row) }))

describe("every surface reaches every provider", () => {
  it.effect.each(named(cells, nameOf))("$name", (cell) =>
    Effect.gen(function*() {
      const { feature, name, provider, surface } = cell
      const answer = answers[feature]
      const upstream = Cells.upstreamOf(surface, provider)
      const whole = yield* Cells.ask(surface, requestOf(cell), answer)
      const streamed = yield* Cells.ask(surface, requestOf(cell, streaming(surface)), answer)

      const [sent = {}] = whole.sent
      assert.lengthOf(whole.sent, 1)
      Goldens.compare(name, sent)
      assert.deepStrictEqual(streamed.sent, [{ ...sent, ...streaming(upstream) }])

      const reading = read(surface, whole.body)
      assert.deepStrictEqual(Cells.bare(reading), Cells.expected(surface, upstream, sent, answer))
      const ids = reading.calls.map(({ id }) => id)
      assert.isTrue(ids.every((id) => id !== "") && new Set(ids).size === ids.length, "ids of calls")
      for (const { cited, url } of reading.citations) {
        // Messages point with whole blocks.
        if (surface === "messages") assert.include(cited, url)
        else assert.strictEqual(cited, url)
      }
      assert.deepStrictEqual(
        dialects[surface].served(whole.body).usage,
        Cells.said(surface, upstream, sent, answer).usage
      )
      assert.deepStrictEqual(Cells.alike(streamed.body, surface, upstream), Cells.alike(whole.body, surface, upstream))
    }))

  it.effect("and a limit below OpenAI's smallest is raised to it, but never the caller's own", () =>
    Effect.gen(function*() {
      const limits = { input: "Hi", max_output_tokens: 1 }
      const own = yield* Cells.ask("responses", { model: "gpt-5.5", ...limits, start_within: "default" }, {})
      assert.strictEqual(own.sent[0]?.["max_output_tokens"], 1)
      const probe = { messages: [{ role: "user", content: "Hi" }], max_tokens: 1, start_within: "default" }
      const translated = yield* Cells.ask("messages", { model: "gpt-5.5", ...probe }, {})
      assert.strictEqual(translated.sent[0]?.["max_output_tokens"], 16)
    }))

  it("and every golden file belongs to one of them", () => {
    const again = Cells.surfaces.flatMap((surface) => Cells.providerNames.map((name) => `${surface}/${name}/again`))
    assert.deepStrictEqual(Goldens.names(), [...cells.map(nameOf), ...again].toSorted())
  })
})

const raced = cells.filter(({ feature, provider }) =>
  provider !== "anthropic" && (feature === "text" || feature === "tool" || feature === "search")
)

describe("a race asks flex for the same and gives the same answer", () => {
  it.effect.each(named(raced, nameOf))("$name", (cell) =>
    Effect.gen(function*() {
      const { feature, provider, surface } = cell
      const answer = answers[feature]
      const upstream = Cells.upstreamOf(surface, provider)
      const window = { start_within: "00h-00m-10s" }
      const plain = yield* Cells.ask(surface, requestOf(cell), answer)
      const whole = yield* Cells.ask(surface, requestOf(cell, window), answer)
      const streamed = yield* Cells.ask(surface, requestOf(cell, { ...window, ...streaming(surface) }), answer)
      const flex = { ...plain.sent[0], ...streaming(upstream), service_tier: "flex" }
      assert.deepStrictEqual(whole.sent, [flex])
      assert.deepStrictEqual(streamed.sent, [flex])
      assert.deepInclude(whole.routing, { reason: "flex_won", tier: "flex", provider })
      assert.deepInclude(streamed.routing, { reason: "flex_won", tier: "flex", provider })
      assert.deepStrictEqual(read(surface, whole.body), read(surface, plain.body))
      assert.deepStrictEqual(streamed.body, whole.body)
    }))
})

/** The opaque value of a provider's own answer to the reasoning cell, wherever it stands in it. */
const opaqueOf = (provider: Cells.ProviderName) =>
  Effect.gen(function*() {
    const surface = providers[provider].dialects[0]
    const { body } = yield* Cells.ask(
      surface,
      requestOf({ surface, provider, feature: "reasoning" }),
      answers.reasoning
    )
    const found = /"(?:encrypted_content|signature)":"([^"]{100,})"/.exec(JSON.stringify(body))
    return found?.[1] ?? assert.fail(`${provider} gave nothing opaque`)
  })

const conversations = Cells.surfaces.flatMap((surface) =>
  Cells.providerNames.flatMap((first) => Cells.providerNames.map((second) => ({ surface, provider: first, second })))
)

describe("reasoning comes back to who thought, and to nobody else", () => {
  it.effect.each(named(conversations, ({ provider, second, surface }) => `${surface}: ${provider}, then ${second}`))(
    "$name",
    ({ provider, second, surface }) =>
      Effect.gen(function*() {
        const opaque = yield* opaqueOf(provider)
        const cell = { surface, provider, feature: "reasoning" } as const
        const first = requestOf(cell)
        for (const members of [{}, streaming(surface)]) {
          const answered = yield* Cells.ask(surface, { ...first, ...members }, answers.reasoning)
          const next = followUp[surface](first, answered.body, "And doubled?")
          const { sent } = yield* Cells.ask(surface, { ...next, model: Cells.models[second] }, { text: "84." })
          const text = JSON.stringify(sent[0])
          assert.include(text, "42.")
          assert.include(text, "And doubled?")
          // A tag is for the caller to keep; no provider could read it.
          assert.notInclude(text, "flexinference:")
          // OpenAI's own Chat Completions keep their reasoning to themselves.
          const isKept = provider === second && Cells.upstreamOf(surface, provider) !== "chat.completions"
          const kept = Object.hasOwn(members, "stream") ? cipher(opaque) : opaque
          if (isKept) assert.include(text, kept)
          else assert.notInclude(text, kept)
          if (provider === second && !Object.hasOwn(members, "stream")) {
            Goldens.compare(`${surface}/${provider}/again`, sent[0] ?? {})
          }
        }
      })
  )
})

/** OpenAI encrypts a reasoning item anew each time it mentions it: only the beginning stays. */
const cipher = (opaque: string): string => opaque.startsWith("gAAAAAB") ? "gAAAAAB" : opaque
