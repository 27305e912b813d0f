import { assert, describe, it } from "@effect/vitest"
import { Effect, identity, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import OpenAI, { APIError } from "openai"
import { Deferred } from "../../src/deferred/index.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as Router from "../../src/Router.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"

const router = Router.layer({
  openai: { apiKey: Redacted.make("sk-upstream-secret") },
  anthropic: { apiKey: Redacted.make("sk-upstream-secret") }
})

/** A gateway that defers, before simulated providers, and a client of each of its keys. */
const gateway = (script: Script.Script, options = { defers: true }) =>
  Effect.gen(function*() {
    const keys = ["key-of-one-team", "key-of-another"]
    const context = yield* Layer.build(
      Gateway.layer({ port: 0, keys: keys.map((key) => Redacted.make(key)) }).pipe(
        options.defers ? Layer.provide(Deferred.layerMemory({ pollInterval: "10 millis" })) : identity,
        Layer.provide(router),
        Layer.provide(Simulator.layer({ script }))
      )
    )
    const url = yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)
    return keys.map((apiKey) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }))
  }).pipe(Effect.map(([one = new OpenAI(), another = new OpenAI()]) => ({ one, another })))

/** What OpenAI's own types do not know. */
const within = { complete_within: "02h-00m-00s" }

const ask = (client: OpenAI, more: object = {}) =>
  Effect.promise(() => {
    const request = { model: "gpt-5.5", input: "Hello", background: true, complete_within: "02h-00m-00s", ...more }
    return client.responses.create(request)
  })

/** What the client is refused with. */
const refusal = (call: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({
    try: call,
    catch: (error) => {
      assert.instanceOf(error, APIError)
      return { status: error.status, code: error.code, param: error.param, message: error.message }
    }
  }))

describe("deferred requests over HTTP", () => {
  it.live("are accepted at once, and answered to the official client that asks for them", () =>
    Effect.gen(function*() {
      const { one } = yield* gateway(Script.always(Behavior.answer({ text: "Hello!" })))
      const queued = yield* ask(one)
      assert.strictEqual(queued.status, "queued")
      const done = yield* Effect.repeat(Effect.promise(() => one.responses.retrieve(queued.id)), {
        until: ({ status }) => status !== "queued" && status !== "in_progress"
      })
      assert.strictEqual(done.id, queued.id)
      assert.strictEqual(done.status, "completed")
      assert.strictEqual(done.output_text, "Hello!")
    }))

  it.live("are canceled and removed by the official client", () =>
    Effect.gen(function*() {
      const { one } = yield* gateway(Script.always(Behavior.stall()))
      const { id } = yield* ask(one)
      const canceled = yield* Effect.promise(() => one.responses.cancel(id))
      assert.strictEqual(canceled.status, "cancelled")
      yield* Effect.promise(() => one.responses.delete(id))
      const gone = yield* refusal(() => one.responses.retrieve(id))
      assert.deepInclude(gone, { status: 404, code: "response_not_found" })
    }))

  it.live("are one request to a client that sends them again under its idempotency key", () =>
    Effect.gen(function*() {
      const { one } = yield* gateway(Script.always(Behavior.stall()))
      const request = { model: "gpt-5.5", input: "Hello", background: true, complete_within: "02h-00m-00s" }
      const send = Effect.promise(() => one.responses.create(request, { headers: { "idempotency-key": "nightly" } }))
      assert.strictEqual((yield* send).id, (yield* send).id)
      assert.notStrictEqual((yield* ask(one)).id, (yield* send).id)
    }))

  it.live("are as unknown to another key as what was never there", () =>
    Effect.gen(function*() {
      const { another, one } = yield* gateway(Script.always(Behavior.stall()))
      const { id } = yield* ask(one)
      const made = id.replace(/.$/, (last) => last === "0" ? "1" : "0")
      for (const call of ["retrieve", "cancel", "delete"] as const) {
        const foreign = yield* refusal(() => another.responses[call](id))
        const unknown = yield* refusal(() => another.responses[call](made))
        assert.strictEqual(foreign.status, 404)
        assert.deepStrictEqual({ ...foreign, message: foreign.message.replace(id, made) }, unknown)
      }
    }))

  it.live("are refused with what is wrong, and with what to do where they are not offered", () =>
    Effect.gen(function*() {
      const { one } = yield* gateway(Script.always(Behavior.answer({ text: "Hello!" })))
      const table: ReadonlyArray<readonly [more: object, code: string, param: string]> = [
        [{ complete_within: "5m" }, "invalid_complete_within", "complete_within"],
        [{ background: false }, "invalid_background", "background"],
        [{ start_within: "00h-00m-30s" }, "invalid_start_within", "start_within"],
        [{ model: "nobody" }, "unroutable_model", "model"]
      ]
      for (const [more, code, param] of table) {
        const refused = yield* refusal(() =>
          one.responses.create({
            model: "gpt-5.5",
            input: "Hello",
            background: true,
            ...within,
            ...more
          })
        )
        assert.deepInclude(refused, { status: 400, code, param })
      }
      const chat = yield* refusal(() => one.chat.completions.create({ ...within, model: "gpt-5.5", messages: [] }))
      assert.deepInclude(chat, { status: 400, code: "invalid_complete_within" })
    }))

  it.live("are refused by a gateway that keeps none", () =>
    Effect.gen(function*() {
      const { one } = yield* gateway(Script.always(Behavior.answer({})), { defers: false })
      const refused = yield* refusal(() =>
        one.responses.create({
          ...within,
          model: "gpt-5.5",
          input: "Hello",
          background: true
        })
      )
      assert.deepInclude(refused, { status: 400, code: "deferred_not_offered" })
    }))
})
