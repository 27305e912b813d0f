import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Scope } from "effect"
import { Headers as HttpHeaders } from "effect/http"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import * as Keys from "../../src/gateway/Keys.ts"
import * as Tenancy from "../../src/gateway/Tenancy.ts"
import type * as Gateway from "../../src/gateway/Gateway.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Running from "./running.ts"

const secret = (text: string) => Redacted.make(text)
const named = (name: string, more: Omit<Keys.Key, "name"> = {}): Keys.Key => ({
  name,
  key: secret(`key-of-${name}`),
  ...more
})

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: ReturnType<typeof JSON.parse>
}

const send = (url: string, key: string | undefined, init: RequestInit): Effect.Effect<Reply> =>
  Effect.promise(async (signal) => {
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` }
    const headers = { "content-type": "application/json", ...authorization, ...init.headers }
    const response = await fetch(url, { signal, ...init, headers })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : text }
  })

const get = (url: string, key?: string) => send(url, key, {})

const ask = (url: string, key: string | undefined, body: JsonObject, headers: Record<string, string> = {}) =>
  send(`${url}/v1/responses`, key, { method: "POST", headers, body: JSON.stringify({ input: "Hi", ...body }) })

const serving = (gateway: Gateway.Options, script: Script.Script = Script.always(Behavior.answer({ text: "Hello" }))) =>
  Running.onSimulator({ gateway, script })

const tierOf = ({ body }: Reply): string => body.usage.routing.tier

describe("keys", () => {
  it.live("may be written down as their digests", () =>
    Effect.gen(function*() {
      const sha256 = createHash("sha256").update("a-key").digest("hex")
      const { url } = yield* serving({ keys: [{ name: "team", sha256 }] })
      assert.strictEqual((yield* ask(url, "a-key", { model: "gpt-5.5", start_within: "default" })).status, 200)
      assert.strictEqual((yield* ask(url, sha256, { model: "gpt-5.5", start_within: "default" })).status, 401)
    }))

  it.live("have names of their own", () =>
    Effect.gen(function*() {
      for (const keys of [[named("a"), named("a", { key: secret("other") })], [named("loopback")]]) {
        const begun = yield* Effect.exit(Effect.scoped(Tenancy.make({ keys })))
        assert.strictEqual(begun._tag, "Failure")
      }
    }))

  it("match models by patterns, in which a star is anything and a point a point", () => {
    const mayAsk = Keys.matches(["gpt-5.*", "fast"])
    assert.deepStrictEqual(
      ["gpt-5.5", "gpt-5.", "gpt-5x5", "fast", "faster", "a gpt-5.5"].filter(mayAsk),
      ["gpt-5.5", "gpt-5.", "fast"]
    )
  })

  it.live("see and ask for their own models only: any other is to them as if there were none", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({
        keys: [named("a", { models: ["gpt-5.5", "fast"] }), named("b")],
        aliases: [{ name: "fast", model: "gemini-3.5-flash" }, { name: "hidden", model: "gpt-5.5" }]
      })
      const listed = (yield* get(`${url}/v1/models`, "key-of-a")).body.data.map(({ id }: { id: string }) => id)
      assert.deepStrictEqual(listed, ["fast", "gpt-5.5"])
      for (const model of ["gpt-5.4", "hidden", "no-such-model"]) {
        const shown = yield* get(`${url}/v1/models/${model}`, "key-of-a")
        const refused = yield* ask(url, "key-of-a", { model, start_within: "default" })
        assert.deepStrictEqual([shown.status, refused.status], [404, 404])
        assert.strictEqual(refused.body.error.code, "model_not_found")
      }
      assert.strictEqual((yield* ask(url, "key-of-b", { model: "hidden", start_within: "default" })).status, 200)
      const counted = (key: string) =>
        send(`${url}/v1/responses/input_tokens`, key, {
          method: "POST",
          body: JSON.stringify({ model: "gpt-5.4", input: "Hi" })
        })
      assert.strictEqual((yield* counted("key-of-a")).status, 404)
      assert.strictEqual((yield* counted("key-of-b")).status, 200)
    }))

  it.live("may begin so many requests in a minute, and are told when they may again", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({ keys: [named("a", { requestsPerMinute: 2 }), named("b")] })
      const statuses = yield* Effect.forEach([1, 2, 3], () =>
        ask(url, "key-of-a", { model: "gpt-5.5", start_within: "default" }))
      assert.deepStrictEqual(
        statuses.map(({ status }) =>
          status
        ),
        [200, 200, 429]
      )
      const last = statuses[2]
      assert.match(last?.headers.get("retry-after") ?? "", /^(?:[1-9]|[12]\d|30)$/)
      assert.strictEqual(last?.body.error.code, "rate_limit_exceeded")
      assert.strictEqual((yield* ask(url, "key-of-b", { model: "gpt-5.5", start_within: "default" })).status, 200)
    }))

  it.live("are served at standard where all of their places in a race are taken", () =>
    Effect.gen(function*() {
      const script = Script.byTier({ flex: Behavior.stall({ at: "admission" }) })
      const { simulator, url } = yield* serving({ keys: [named("a", { raceSlots: 1 }), named("b")] }, script)
      const race = { model: "gpt-5.5", start_within: "00h-00m-30s" }
      yield* Effect.forkScoped(ask(url, "key-of-a", race))
      yield* simulator.until((calls) => calls.length === 1)
      const second = yield* ask(url, "key-of-a", race)
      assert.strictEqual(second.headers.get("x-flexinference-routing-reason"), "flex_slots_full")
      assert.strictEqual(tierOf(second), "default")
      const limits = yield* get(`${url}/v1/limits`, "key-of-a")
      assert.deepStrictEqual(limits.body.race_slots, { limit: 1, used: 1 })
      yield* Effect.forkScoped(ask(url, "key-of-b", race))
      yield* simulator.until((calls) => calls.filter(({ tier }) => tier === "flex").length === 2)
    }))

  it.live("leave their place in a race when it is over", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({ keys: [named("a", { raceSlots: 1 })] })
      for (const _ of [1, 2, 3]) {
        const reply = yield* ask(url, "key-of-a", { model: "gpt-5.5", start_within: "00h-00m-30s" })
        assert.strictEqual(reply.headers.get("x-flexinference-routing-reason"), "flex_won")
      }
      assert.strictEqual((yield* get(`${url}/v1/limits`, "key-of-a")).body.race_slots.used, 0)
    }))
})

describe("start_within", () => {
  const default30 = "00h-00m-30s" as const
  it.live.each<
    readonly [
      string,
      JsonObject,
      Record<string, string>,
      Gateway.Options["aliases"],
      Keys.Key["defaultStartWithin"],
      string
    ]
  >([
    [
      "the body's",
      { start_within: "priority" },
      { "x-flexinference-start-within": "default" },
      [
        { name: "m", model: "gpt-5.5", startWithin: "auto" }
      ],
      "default",
      "priority"
    ],
    [
      "the header's",
      {},
      { "x-flexinference-start-within": "priority" },
      [
        { name: "m", model: "gpt-5.5", startWithin: "default" }
      ],
      "default",
      "priority"
    ],
    ["the alias's", {}, {}, [{ name: "m", model: "gpt-5.5", startWithin: "priority" }], "default", "priority"],
    ["the key's", {}, {}, [{ name: "m", model: "gpt-5.5" }], "priority", "priority"],
    ["the gateway's", {}, {}, [{ name: "m", model: "gpt-5.5" }], undefined, "flex"],
    [
      "none that the model cannot fulfil",
      {},
      {},
      [
        { name: "m", model: "claude-opus-4-8", startWithin: default30 }
      ],
      default30,
      "standard"
    ]
  ])("that counts is %s", ([, body, headers, aliases, defaultStartWithin, tier]) =>
    Effect.gen(function*() {
      const { url } = yield* Running.onSimulator({
        script: Script.always(Behavior.answer({ text: "Hello" })),
        gateway: { keys: [named("a", { defaultStartWithin })], aliases },
        router: { defaultStartWithin: default30 }
      })
      const reply = yield* ask(url, "key-of-a", { model: "m", ...body }, headers)
      assert.strictEqual(reply.status, 200, JSON.stringify(reply.body))
      assert.strictEqual(tierOf(reply), tier)
    }))
})

describe("aliases", () => {
  it.live("stand for a model in every format, and in the listing", () =>
    Effect.gen(function*() {
      const { simulator, url } = yield* serving({
        aliases: [{ name: "fast", model: "gemini-3.5-flash", startWithin: "00h-00m-20s", provider: ["google"] }]
      })
      const message = { messages: [{ role: "user", content: "Hi" }] }
      const requests: ReadonlyArray<readonly [string, JsonObject]> = [
        ["/v1/responses", { input: "Hi" }],
        ["/v1/chat/completions", message],
        ["/v1/interactions", { input: "Hi" }],
        ["/v1/messages", { ...message, max_tokens: 100 }]
      ]
      for (const [path, body] of requests) {
        const reply = yield* send(url + path, undefined, {
          method: "POST",
          body: JSON.stringify({ model: "fast", ...body })
        })
        assert.strictEqual(reply.status, 200, JSON.stringify(reply.body))
        assert.strictEqual(reply.headers.get("x-flexinference-routing-reason"), "flex_won")
      }
      const calls = yield* simulator.ledger
      assert.deepStrictEqual(
        calls.map(({ model, tier }) => ({ model, tier })),
        requests.map(() => ({
          model: "gemini-3.5-flash",
          tier: "flex"
        }))
      )
      const { body } = yield* get(`${url}/v1/models/fast`)
      assert.deepInclude(body.flexinference, { alias_of: "gemini-3.5-flash", flex_race: true })
    }))

  it.live("leave the request's own provider and every other byte as they are", () =>
    Effect.gen(function*() {
      const { simulator, url } = yield* serving({ aliases: [{ name: "m", model: "gpt-5.5", provider: ["openai"] }] })
      yield* send(`${url}/v1/responses`, undefined, {
        method: "POST",
        body: `{"model":"m","input":"Hi","temperature":1.0,"start_within":"default"}`
      })
      const [call] = yield* simulator.ledger
      assert.strictEqual(call?.model, "gpt-5.5")
      const wrong = yield* ask(url, undefined, { model: "m", start_within: "default", provider: ["google"] })
      assert.strictEqual(wrong.body.error.code, "provider_model_mismatch")
    }))
})

describe("an address that sends keys that are none", () => {
  it.live("is told to wait, with whatever key it comes then", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({ keys: [named("a")], maxFailedAuthentications: 3 })
      const statuses = yield* Effect.forEach(["x", "y", "z", "key-of-a"], (key) => get(`${url}/v1/models`, key))
      assert.deepStrictEqual(statuses.map(({ status }) => status), [401, 401, 401, 429])
      assert.match(statuses[3]?.headers.get("retry-after") ?? "", /^\d+$/)
      assert.strictEqual((yield* get(`${url}/v1/limits`, "key-of-a")).status, 429)
      assert.strictEqual((yield* get(`${url}/healthz`)).status, 200)
    }))

  it.effect("is heard again when the minute is over, and never waits for another's", () =>
    Effect.gen(function*() {
      const { authorize } = yield* Tenancy.make({ keys: [named("a")], maxFailedAuthentications: 1 })
      const outcome = (address: string, key: string) =>
        Effect.match(authorize([], { headers: headersOf(key), searchParams: {} }, address), {
          onSuccess: ({ owner }) => owner,
          onFailure: ({ status }) => status
        })
      assert.strictEqual(yield* outcome("2001:db8:1:2::1", "wrong"), 401)
      assert.strictEqual(yield* outcome("2001:db8:1:2:3:4:5:6", "key-of-a"), 429)
      assert.strictEqual(yield* outcome("2001:db8:1:3::1", "key-of-a"), "a")
      assert.strictEqual(yield* outcome("192.0.2.1", "wrong"), 401)
      assert.strictEqual(yield* outcome("::ffff:192.0.2.1", "key-of-a"), 429)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* outcome("192.0.2.1", "key-of-a"), 429)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* outcome("192.0.2.1", "key-of-a"), "a")
    }).pipe(Effect.scoped))
})

const headersOf = (key: string) => HttpHeaders.fromInput({ authorization: `Bearer ${key}` })

describe("a budget", () => {
  const body = { model: "gpt-5.5", start_within: "default", max_output_tokens: 1000 }
  /** As many tokens of text. */
  const words = (count: number): string => Array.from({ length: count }, () => "word").join(" ")
  const script = Script.always(Behavior.answer({ text: words(100) }))

  const spentOf = (url: string) =>
    Effect.map(get(`${url}/v1/limits`, "key-of-a"), ({ body }) => body.daily_budget.spent_micro_usd as number)

  it.live("is told with every answer, and what it did cost is what is spent", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({ keys: [named("a", { dailyBudgetMicroUsd: 1_000_000 })] }, script)
      for (const stream of [false, true]) {
        const before = yield* spentOf(url)
        const reply = yield* ask(url, "key-of-a", { ...body, stream })
        const remaining = Number(reply.headers.get("x-flexinference-spend-remaining"))
        // 30 USD a million tokens of output; of the input, less than a cent.
        assert.isTrue(
          remaining <= 1_000_000 - before - 30_000 && remaining > 1_000_000 - before - 31_000,
          `${remaining}`
        )
        // A stream has been read whole a moment before the gateway knows it.
        const cost = (yield* Effect.repeat(spentOf(url), { until: (spent) => spent - before < 30_000 })) - before
        assert.isTrue(cost >= 3_000 && cost < 3_200, `${cost}`)
        if (!stream) assert.strictEqual(cost, reply.body.usage.cost.total_micro_usd)
      }
    }))

  it.live("that is used up is a 402 in every format, which nobody sends again", () =>
    Effect.gen(function*() {
      const { simulator, url } = yield* serving({ keys: [named("a", { dailyBudgetMicroUsd: 20_000 })] }, script)
      const message = { messages: [{ role: "user", content: "Hi" }] }
      const requests: ReadonlyArray<readonly [string, JsonObject]> = [
        ["/v1/responses", { input: "Hi" }],
        ["/v1/chat/completions", { ...message, max_completion_tokens: 1000 }],
        ["/v1/interactions", { input: "Hi", generation_config: { max_output_tokens: 1000 } }],
        ["/v1/messages", { ...message, max_tokens: 1000 }]
      ]
      for (const [path, more] of requests) {
        const request = {
          ...(path === "/v1/responses" ? body : { model: "gpt-5.5", start_within: "default" }),
          ...more
        }
        const reply = yield* send(url + path, "key-of-a", { method: "POST", body: JSON.stringify(request) })
        assert.strictEqual(reply.status, 402, JSON.stringify(reply.body))
        assert.strictEqual(reply.body.error.flexinference.code, "budget_exhausted")
        assert.strictEqual(reply.headers.get("x-should-retry"), "false")
        assert.isAbove(Number(reply.headers.get("retry-after")), 0)
      }
      assert.deepStrictEqual(yield* simulator.ledger, [])
      assert.strictEqual((yield* ask(url, "key-of-a", { ...body, max_output_tokens: 100 })).status, 200)
    }))

  it.live.each([1, 2, 5])(
    "for %i requests is not overspent by forty at the same time",
    (affordable) =>
      Effect.gen(function*() {
        const dailyBudgetMicroUsd = 30_700 * affordable
        const { simulator, url } = yield* serving(
          { keys: [named("a", { dailyBudgetMicroUsd })] },
          // Every answer takes all that its request allows.
          Script.always(
            Behavior.answer({ text: words(1000) })
          )
        )
        const replies = yield* Effect.forEach(
          Array.from({ length: 40 }),
          () => ask(url, "key-of-a", body),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(replies.filter(({ status }) => status === 200), affordable)
        assert.lengthOf(replies.filter(({ status }) => status === 402), 40 - affordable)
        assert.lengthOf(yield* simulator.ledger, affordable)
        assert.isAtMost(yield* spentOf(url), dailyBudgetMicroUsd)
      })
  )

  it.live("is not spent by what is refused", () =>
    Effect.gen(function*() {
      const { url } = yield* serving(
        { keys: [named("a", { dailyBudgetMicroUsd: 1_000_000 })] },
        Script.always(Behavior.refuse())
      )
      assert.strictEqual((yield* ask(url, "key-of-a", body)).status, 429)
      assert.strictEqual((yield* ask(url, "key-of-a", { ...body, retry: { count: 9 } })).status, 400)
      assert.strictEqual(yield* spentOf(url), 0)
    }))

  it.live("keeps the whole of an answer that was given up, and the input of one that never began", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { simulator, url } = yield* serving(
        { keys: [named("a", { dailyBudgetMicroUsd: 1_000_000 })] },
        Script.inTurn(Behavior.stall({ at: 1 }), Behavior.stall())
      )
      const begun = yield* Effect.promise((signal) =>
        fetch(`${url}/v1/responses`, {
          signal,
          method: "POST",
          headers: { "content-type": "application/json", authorization: "Bearer key-of-a" },
          body: JSON.stringify({ ...body, input: "Hi", stream: true })
        })
      )
      yield* Effect.promise(async () => {
        const reader = begun.body?.getReader()
        await reader?.read()
        await reader?.cancel()
      })
      yield* simulator.until((calls) => calls[0]?.outcome === "aborted")
      const first = yield* spentOf(url)
      assert.isAtLeast(first, 30_000)
      const waiting = yield* Effect.forkIn(ask(url, "key-of-a", body), scope)
      yield* simulator.until((calls) => calls.length === 2)
      waiting.interruptUnsafe()
      yield* simulator.until((calls) => calls[1]?.outcome === "aborted")
      const second = (yield* Effect.repeat(spentOf(url), { until: (spent) => spent - first < 30_000 })) - first
      assert.isTrue(second > 0 && second < 1_000, `${second}`)
    }))

  it.live("asks for models that have a price", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({ keys: [named("a", { dailyBudgetMicroUsd: 1_000_000 })] })
      const reply = yield* ask(url, "key-of-a", { ...body, model: "gpt-unheard-of" })
      assert.strictEqual(reply.status, 400)
      assert.strictEqual(reply.body.error.code, "model_not_priced")
    }))
})

describe("limits", () => {
  it.live("show a key its own, and the operator all", () =>
    Effect.gen(function*() {
      const { url } = yield* serving({
        keys: [named("a", { requestsPerMinute: 60, models: ["gpt-*"] }), named("b", { dailyBudgetMicroUsd: 5 })],
        operatorKey: secret("the-operator")
      })
      const own = yield* get(`${url}/v1/limits`, "key-of-a")
      assert.deepStrictEqual(own.body, {
        object: "limits",
        name: "a",
        models: ["gpt-*"],
        default_start_within: null,
        requests_per_minute: 60,
        race_slots: null,
        daily_budget: null
      })
      const all = yield* get(`${url}/v1/limits`, "the-operator")
      assert.deepStrictEqual(all.body.data.map(({ name }: { name: string }) => name), ["a", "b"])
      assert.deepInclude(all.body.data[1].daily_budget, { limit_micro_usd: 5, spent_micro_usd: 0 })
      assert.match(all.body.data[1].daily_budget.resets_at, /T00:00:00\.000Z$/)
      assert.strictEqual((yield* get(`${url}/v1/limits`)).status, 401)
      assert.strictEqual((yield* get(`${url}/v1/models`, "the-operator")).status, 401)
    }))
})

describe("others in their place", () => {
  it.live("count from the next request on, and what was counted stays", () =>
    Effect.gen(function*() {
      const tenancy = yield* Tenancy.make({ keys: [named("a", { requestsPerMinute: 1 }), named("b")] })
      const { url } = yield* Effect.provide(serving({}), Layer.succeed(Tenancy.Tenancy, tenancy))
      const request = { model: "m", start_within: "default" }
      assert.strictEqual((yield* ask(url, "key-of-a", { ...request, model: "gpt-5.5" })).status, 200)
      yield* tenancy.replace({
        keys: [named("a", { requestsPerMinute: 1 }), named("c")],
        aliases: [{ name: "m", model: "gpt-5.5" }]
      })
      assert.strictEqual((yield* ask(url, "key-of-b", request)).status, 401)
      assert.strictEqual((yield* ask(url, "key-of-c", request)).status, 200)
      assert.strictEqual((yield* ask(url, "key-of-a", request)).status, 429)
      assert.strictEqual((yield* Effect.exit(tenancy.replace({ keys: [] })))._tag, "Failure")
      assert.strictEqual((yield* ask(url, "key-of-c", request)).status, 200)
    }))
})
