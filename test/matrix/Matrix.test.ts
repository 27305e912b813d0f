import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { providers } from "../../src/provider/index.ts"
import * as Router from "../../src/Router.ts"
import { type Answer, Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import { layer } from "../support/race.ts"
import * as Cells from "./cells.ts"
import * as Goldens from "./goldens.ts"
import { followUp, type Next, read } from "./reading.ts"
import { answers, type Feature, requests } from "./requests.ts"
import { builtIn } from "../support/dialects.ts"

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
      const deltas = streamed.frames.map(({ value }) => value === undefined ? "" : dialects[surface].textDelta(value))
      assert.strictEqual(deltas.join(""), reading.text)
      assert.strictEqual(streamed.frames.at(-1)?.data === "[DONE]", dialects[surface].closing.length > 0)
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
})

const page = { title: "A page", url: "https://example.com/a" }

/** An answer, in whatever form a model may give one. */
const Said = Schema.Struct({
  reasoning: Schema.Union([Schema.Undefined, Schema.Literals(["", "Thinking.", "**Zählen**\n\n1, 2 …"])]),
  before: Schema.Union([Schema.Undefined, Schema.String]),
  after: Schema.Literals(["", " — 👋 ", "\n\"quoted\" \u0000"]),
  search: Schema.Boolean,
  calls: Schema.Array(Schema.Struct({
    name: Schema.Literals(["get_weather", "get_time"]),
    arguments: Schema.Record(
      Schema.String,
      Schema.Union([Schema.String, Schema.Boolean, Schema.Literals([0, -2.5, 1e21])])
    )
  })).check(Schema.isMaxLength(3)),
  stop: Schema.Literals(["end", "length"]),
  usage: Schema.Boolean
})

const overridesOf = ({ after, before, calls, reasoning, search, stop, usage }: typeof Said.Type): Answer.Overrides => ({
  reasoning: reasoning === undefined ? undefined : { summary: reasoning },
  text: before === undefined ? undefined : search ? `${before}${page.url}${after}` : before,
  search: search ? { query: "what, ever", page } : undefined,
  calls,
  stop,
  usage
})

const pairs = Cells.surfaces.flatMap((surface) =>
  Cells.providerNames.filter((provider) => Cells.upstreamOf(surface, provider) !== surface)
    .map((provider) => ({ surface, provider }))
)

describe("whatever a provider says, a streaming and a collecting caller are told the same", () => {
  for (const { provider, surface } of pairs) {
    it.effect.prop(`${surface}/${provider}`, { said: Said }, ({ said }) =>
      Effect.gen(function*() {
        const request = requestOf({ surface, provider, feature: "reasoning" })
        const upstream = Cells.upstreamOf(surface, provider)
        const overrides = overridesOf(said)
        const whole = yield* Cells.ask(surface, request, overrides)
        const streamed = yield* Cells.ask(surface, { ...request, ...streaming(surface) }, overrides)
        assert.deepStrictEqual(
          Cells.alike(streamed.body, surface, upstream),
          Cells.alike(whole.body, surface, upstream)
        )
        const reading = read(surface, whole.body)
        assert.strictEqual(reading.text, overrides.text ?? "")
        assert.deepStrictEqual(Cells.bare(reading).calls, said.calls)
      }), { arbitrary: { runs: 25 } })
  }
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

describe("a streaming caller who asks for the cost finds it", () => {
  const priced = cells.filter(({ feature }) => feature === "text")
  it.effect.each(named(priced, nameOf))("$name", (cell) =>
    Effect.gen(function*() {
      const { provider, surface } = cell
      const request = requestOf(cell, { ...streaming(surface), include_cost: true })
      const { frames, routing, usage } = yield* Cells.ask(surface, request, answers.text)
      assert.isAbove(routing?.costMicroUsd ?? 0, 0)
      assert.deepStrictEqual(usage["cost"], { total_micro_usd: routing?.costMicroUsd ?? null, currency: "USD" })
      assert.deepInclude(usage["routing"], { provider, reason: "tier_direct" })
      assert.lengthOf(frames.filter(({ data }) => data.includes("total_micro_usd")), 1)
    }))
})

describe("a native caller's own text", () => {
  it.effect("travels as it is, even if it speaks of what would be taken out", () =>
    Effect.gen(function*() {
      const conversation =
        `[{"role": "user",  "content": "flexinference:google:0:x is \\u0022thought_signature\\u0022", "n": 1.0}]`
      const text = `{"model":"gpt-5.5", "start_within":"default", "input": ${conversation}}`
      const router = yield* Router.Router
      yield* Effect.scoped(router.open("responses", text))
      const [call] = yield* (yield* Simulator.Simulator).ledger
      assert.include(call?.bodyText, conversation)
    }).pipe(Effect.provide(layer(Script.always(Behavior.answer())))))
})

const isCipher = /^gAAAAAB[\w-]+$/

/** The opaque value of a provider's own answer to a request, wherever it stands in it. */
const opaqueOf = (provider: Cells.ProviderName, answer: Answer.Overrides) =>
  Effect.gen(function*() {
    const surface = builtIn(providers[provider].dialects[0])
    const { body } = yield* Cells.ask(surface, requestOf({ surface, provider, feature: "reasoning" }), answer)
    const found = /"(?:encrypted_content|signature)":"([^"]{100,})"/.exec(JSON.stringify(body))
    return found?.[1] ?? assert.fail(`${provider} gave nothing opaque`)
  })

/** A conversation that goes on with a question, and one in which the model thinks, speaks and calls functions. */
const turns: ReadonlyArray<{ readonly golden: string; readonly answer: Answer.Overrides; readonly next: Next }> = [
  { golden: "again", answer: answers.reasoning, next: { question: "And doubled?" } },
  {
    golden: "loop",
    answer: { ...answers.reasoning, ...answers.parallel },
    next: { outputs: ["{\"celsius\":12}", "half past nine"] }
  }
]

const conversations = turns.flatMap(({ answer, golden, next }) =>
  Cells.surfaces.flatMap((surface) =>
    Cells.providerNames.flatMap((provider) =>
      Cells.providerNames.map((second) => ({ answer, golden, next, surface, provider, second }))
    )
  )
)

describe("reasoning comes back to who thought, and to nobody else", () => {
  it.effect.each(conversations)(
    "$surface: $provider, then $second ($golden)",
    (conversation) =>
      Effect.gen(function*() {
        const { answer, golden, next, provider, second, surface } = conversation
        const opaque = yield* opaqueOf(provider, answer)
        const request = { ...requests[surface].toolResult, ...requests[surface].reasoning, start_within: "default" }
        const said = [answer.text ?? "", ..."question" in next ? [next.question] : ["celsius", "half past nine"]]
        // OpenAI's own Chat Completions keep their reasoning to themselves.
        const isKept = provider === second && Cells.upstreamOf(surface, provider) !== "chat.completions"
        for (const members of [{}, streaming(surface)]) {
          const first = { ...request, model: Cells.models[provider] }
          const answered = yield* Cells.ask(surface, { ...first, ...members }, answer)
          const followed = followUp(surface, first, answered.body, next)
          const { sent } = yield* Cells.ask(surface, { ...followed, model: Cells.models[second] }, { text: "84." })
          const text = JSON.stringify(sent[0])
          for (const words of said) assert.include(text, words)
          // A tag is for the caller to keep; no provider could read it.
          assert.notInclude(text, "flexinference:")
          // OpenAI encrypts a reasoning item anew each time it mentions it: of a stream only the beginning is the same.
          const kept = Object.hasOwn(members, "stream") && isCipher.test(opaque) ? "gAAAAAB" : opaque
          if (isKept) assert.include(text, kept)
          else assert.notInclude(text, kept)
          if (provider === second && !Object.hasOwn(members, "stream")) {
            Goldens.compare(`${surface}/${provider}/${golden}`, sent[0] ?? {})
          }
        }
      })
  )
})

describe("a golden file", () => {
  it("belongs to a cell, and every cell has one", () => {
    const later = Cells.surfaces.flatMap((surface) =>
      Cells.providerNames.flatMap((name) => turns.map(({ golden }) => `${surface}/${name}/${golden}`))
    )
    assert.deepStrictEqual(Goldens.names(), [...cells.map(nameOf), ...later].toSorted())
  })
})
