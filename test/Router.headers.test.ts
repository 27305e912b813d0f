import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { type BuiltInName, dialects } from "../src/dialect/index.ts"
import { type BuiltInName as ProviderName, providers } from "../src/provider/index.ts"
import * as FlexInference from "../src/FlexInference.ts"
import * as Router from "../src/Router.ts"
import { Behavior, Script, Simulator } from "../src/simulator/index.ts"
import type * as Transport from "../src/Transport.ts"
import { advance, layer } from "./support/race.ts"
import * as OneAnswer from "./support/transport.ts"
import { builtIn } from "./support/dialects.ts"

const apiKey = Redacted.make("sk-upstream-secret")

/** An answer without a word in it, in every format at once. */
const empty = JSON.stringify({ status: "completed", output: [], choices: [{}], steps: [], content: [] })

/** A router on a transport that answers every call alike. */
const router = (seen: Array<Transport.Request>, wire: OneAnswer.Wire = {}, options: Partial<Router.Options> = {}) =>
  Router.layerTransport({
    openai: { apiKey },
    google: { apiKey },
    anthropic: { apiKey, headers: { "anthropic-version": "2023-01-01", "anthropic-beta": "configured" } },
    ...options
  }).pipe(Layer.provide(OneAnswer.layer(seen, wire, empty)))

const models: { readonly [provider in ProviderName]: string } = {
  openai: "gpt-5.5",
  google: "gemini-2.5-flash",
  anthropic: "claude-opus-4-8"
}

const requestOf = (surface: BuiltInName, model: string) => ({
  model,
  start_within: "default",
  max_tokens: 10,
  ...(dialects[surface].required.field === "input" ? { input: "Hi" } : { messages: [{ role: "user", content: "Hi" }] })
})

const open = (surface: BuiltInName, body: object, caller?: Router.Caller) =>
  Effect.flatMap(
    Router.Router,
    (router) => Effect.scoped(router.open(surface, JSON.stringify(body), undefined, caller))
  )

const caller: Router.Caller = {
  headers: {
    "anthropic-version": "2026-10-21",
    "anthropic-beta": "context-management",
    "openai-beta": "responses=v1",
    "openai-organization": "org_1",
    "x-goog-api-client": "genai",
    "x-goog-api-key": "flex_live_1",
    "x-api-key": "flex_live_1",
    authorization: "Bearer flex_live_1",
    cookie: "a=b",
    host: "gateway.test",
    "idempotency-key": "once",
    "x-client-request-id": "client-1"
  },
  query: { beta: "true", key: "flex_live_1" }
}

const everySurface = Object.keys(dialects).map(builtIn)
const everyProvider: ReadonlyArray<ProviderName> = ["openai", "google", "anthropic"]
const cells = everySurface.flatMap((surface) => everyProvider.map((provider) => ({ surface, provider })))

const own: { readonly [surface in BuiltInName]: { readonly [name: string]: string } } = {
  responses: { "openai-beta": "responses=v1" },
  "chat.completions": { "openai-beta": "responses=v1" },
  interactions: { "x-goog-api-client": "genai" },
  messages: { "anthropic-version": "2026-10-21", "anthropic-beta": "context-management" }
}

const said = {
  "x-request-id": "req_upstream",
  "request-id": "req_upstream",
  "x-ratelimit-remaining-requests": "1",
  "retry-after": "7",
  "set-cookie": "a=b"
}

describe("Router", () => {
  describe("headers", () => {
    it.effect.each(cells)("of a caller of $surface reach $provider where it speaks that format", (cell) => {
      const { provider, surface } = cell
      const native = providers[provider].dialects.includes(surface)
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        yield* open(surface, requestOf(surface, models[provider]), caller)
        const with_ = seen[0]
        yield* open(surface, requestOf(surface, models[provider]))
        const without = seen[1]
        const shared = { "idempotency-key": "once", "x-client-request-id": "client-1" }
        assert.deepStrictEqual(with_?.headers, {
          ...without?.headers,
          ...(native ? { ...shared, ...own[surface] } : {})
        })
        assert.strictEqual(with_?.url, `${without?.url}${native && surface === "messages" ? "?beta=true" : ""}`)
        assert.notInclude(JSON.stringify(with_), "flex_live_1")
      }).pipe(Effect.provide(router(seen)))
    })

    it.effect.each(cells)("of $provider come back to a caller of $surface where it speaks that format", (cell) => {
      const { provider, surface } = cell
      const native = providers[provider].dialects.includes(surface)
      return Effect.gen(function*() {
        const answer = yield* open(surface, requestOf(surface, models[provider]))
        const { "set-cookie": _, ...passed } = said
        assert.deepStrictEqual(answer.headers, native ? passed : undefined)
      }).pipe(Effect.provide(router([], { headers: said })))
    })

    it.effect.each(cells)("of an error of $provider come back to a caller of $surface the same way", (cell) => {
      const { provider, surface } = cell
      const native = providers[provider].dialects.includes(surface)
      return Effect.gen(function*() {
        const error = yield* Effect.flip(open(surface, requestOf(surface, models[provider])))
        assert.strictEqual(error.status, 429)
        const { "set-cookie": _, ...passed } = said
        assert.deepStrictEqual(error.headers, native ? passed : undefined)
      }).pipe(Effect.provide(router([], { status: 429, headers: said })))
    })

    it.effect("of an account pass where the router is told so", () => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const answer = yield* open("responses", requestOf("responses", "gpt-5.5"), caller)
        assert.strictEqual(seen[0]?.headers["openai-organization"], "org_1")
        assert.deepStrictEqual(answer.headers, { "openai-organization": "org_1" })
      }).pipe(
        Effect.provide(router(seen, { headers: { "openai-organization": "org_1" } }, { accountHeaders: true }))
      )
    })

    it.effect("are given by a program in any case, with the query that belongs to them", () => {
      const seen: Array<Transport.Request> = []
      return Effect.gen(function*() {
        const { messages } = yield* FlexInference.FlexInference
        yield* messages.create(
          { model: "claude-opus-4-8", start_within: "default", max_tokens: 9, messages: [] },
          { headers: { "Anthropic-Beta": "mine", "X-Api-Key": "no" }, query: { beta: "true" } }
        )
        assert.strictEqual(seen[0]?.headers["anthropic-beta"], "mine")
        assert.strictEqual(seen[0]?.headers["x-api-key"], "sk-upstream-secret")
        assert.isTrue(seen[0]?.url.endsWith("/v1/messages?beta=true"))
      }).pipe(Effect.provide(FlexInference.layerRouter.pipe(Layer.provide(router(seen)))))
    })

    it.effect("that name a window stand for a field left out, and for that alone", () => {
      const seen: Array<Transport.Request> = []
      const tierOf = (body: object, startWithin: string) =>
        Effect.map(
          open("responses", { model: "gpt-5.5", input: "Hi", ...body }, {
            headers: { "x-flexinference-start-within": startWithin }
          }),
          () => JSON.parse(seen.at(-1)?.body ?? "{}")
        )
      return Effect.gen(function*() {
        assert.deepStrictEqual(yield* tierOf({}, "priority"), {
          model: "gpt-5.5",
          input: "Hi",
          service_tier: "priority"
        })
        assert.strictEqual((yield* tierOf({ start_within: "auto" }, "priority")).service_tier, "auto")
        const wrong = yield* Effect.flip(tierOf({}, "5x"))
        assert.strictEqual(wrong.code, "invalid_start_within")
        // A word of the caller's own is refused where it cannot be kept, unlike a default.
        const unable = yield* Effect.flip(tierOf({ model: "claude-opus-4-8" }, "00h-00m-30s"))
        assert.strictEqual(unable.code, "flex_unsupported_for_anthropic")
      }).pipe(Effect.provide(router(seen)))
    })
  })

  describe("an idempotency key", () => {
    const keysOf = (script: Script.Script, body: object) =>
      Effect.gen(function*() {
        const router = yield* Router.Router
        const simulator = yield* Simulator.Simulator
        const asked = yield* Effect.forkChild(Effect.scoped(
          Effect.flatMap(
            router.open("responses", JSON.stringify(body), undefined, { headers: { "idempotency-key": "once" } }),
            (answer) => answer._tag === "Stream" ? Stream.runDrain(answer.frames) : Effect.void
          )
        ))
        yield* advance(5000)
        yield* Fiber.join(asked)
        return (yield* simulator.ledger).map(({ headers, tier }) => [tier, headers["idempotency-key"]])
      }).pipe(Effect.provide(layer(script)))

    const raced = { model: "gpt-5.5", input: "Hi", start_within: "00h-00m-30s" }

    it.effect("is one leg's own in a race", () =>
      Effect.gen(function*() {
        const keys = yield* keysOf(Script.byTier({ flex: Behavior.refuse() }), { ...raced, stream: true })
        assert.deepStrictEqual(keys, [["flex", "once-flex"], ["standard", "once-standard"]])
      }))

    it.effect("is sent again by that leg's retries", () =>
      Effect.gen(function*() {
        const script: Script.Script = ({ turn }) => turn === 0 ? Behavior.refuse({ status: 500 }) : Behavior.answer()
        const keys = yield* keysOf(script, { ...raced, retry: { count: 1 }, stream: true })
        assert.deepStrictEqual(keys, [["flex", "once-flex"], ["standard", "once-standard"], [
          "standard",
          "once-standard"
        ]])
      }))

    it.effect("is another where a body is asked for in place of a stream that broke", () =>
      Effect.gen(function*() {
        const keys = yield* keysOf(Script.byTier({ flex: Behavior.cut(2) }), raced)
        assert.deepStrictEqual(keys, [["flex", "once-flex"], ["standard", "once-recovered"]])
      }))

    it.effect("is the caller's where there is no race", () =>
      Effect.gen(function*() {
        const keys = yield* keysOf(Script.always(Behavior.answer()), { ...raced, start_within: "default" })
        assert.deepStrictEqual(keys, [["standard", "once"]])
      }))
  })
})
