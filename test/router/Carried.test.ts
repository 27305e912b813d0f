import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Routing from "../../src/Routing.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import * as Json from "../../src/wire/Json.ts"
import { layer, send } from "../support/race.ts"

const script = Script.always(Behavior.answer({ startAfter: "1 second" }))
const messages = [{ role: "user", content: "Hi" }]

const sent = Effect.map(
  Effect.flatMap(Simulator.Simulator, ({ ledger }) => ledger),
  (entries) => entries.map(({ body, dialect }) => ({ body, dialect }))
)

describe("a request", () => {
  it.effect.each([true, false])(
    "is answered in its own format by a provider that is asked in another, streamed: %s",
    (stream) =>
      Effect.gen(function*() {
        const body = {
          model: "gpt-5.5",
          max_tokens: 99,
          messages,
          stop_sequences: ["END"],
          start_within: "00h-00m-30s",
          stream
        }
        const { error, frames, report, routing, body: answer } = yield* send({ surface: "messages", body })
        assert.strictEqual(error, undefined)
        const [call] = yield* sent
        assert.strictEqual(call?.dialect, "chat.completions")
        assert.deepStrictEqual(call?.body["stop"], ["END"])
        if (stream) assert.strictEqual(frames.at(-1)?.event, "message_stop")
        else assert.strictEqual(answer?.value["type"], "message")
        assert.isAbove((report ?? routing)?.usage?.output ?? 0, 0)
      }).pipe(Effect.provide(layer(script)))
  )

  it.effect("is sent with the name that the provider knows the model by, and otherwise as it came", () =>
    Effect.gen(function*() {
      const router = yield* Simulator.Simulator
      const { error, routing } = yield* send({
        surface: "chat.completions",
        body: { model: "openai/gpt-5.5", messages, seed: 7, start_within: "default" }
      })
      assert.strictEqual(error, undefined)
      assert.strictEqual(routing?.provider, "openai")
      const [call] = yield* router.ledger
      assert.deepStrictEqual(call?.body, { model: "gpt-5.5", messages, seed: 7, service_tier: "default" })
    }).pipe(Effect.provide(layer(script))))

  const seeded = { model: "claude-sonnet-4-6", messages, seed: 7, start_within: "default" }

  it.effect("is refused for what nobody there has a word for, unless the call or the layer would rather drop it", () =>
    Effect.gen(function*() {
      const { error } = yield* send({ surface: "chat.completions", body: seeded })
      assert.strictEqual(error?.param, "seed")
      const { body, routing } = yield* send({
        surface: "chat.completions",
        body: seeded,
        options: { dropUnsupported: true }
      })
      assert.deepStrictEqual(routing?.dropped, ["seed"])
      assert.deepInclude(Routing.headers(routing ?? assert.fail()), { "x-flexinference-dropped": "seed" })
      const usage = Json.object(body?.value ?? {}, "usage") ?? {}
      assert.deepStrictEqual(Json.object(usage, "routing")?.["dropped"], ["seed"])
    }).pipe(Effect.provide(layer(script))))

  it.effect("is told of nothing dropped where all could be said", () =>
    Effect.gen(function*() {
      const { seed: _, ...body } = seeded
      const { routing } = yield* send({ surface: "chat.completions", body })
      assert.deepStrictEqual(routing?.dropped, [])
      assert.notProperty(Routing.headers(routing ?? assert.fail()), "x-flexinference-dropped")
    }).pipe(Effect.provide(layer(script, { dropUnsupported: true }))))
})
