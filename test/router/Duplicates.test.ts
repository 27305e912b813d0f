import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { HttpClientRequest } from "effect/http"
import * as Provider from "../../src/Provider.ts"
import { Hosted } from "../../src/provider/Hosted.ts"
import * as Router from "../../src/Router.ts"
import { layer } from "../support/wire.ts"

const body = JSON.stringify({ id: "resp_1", object: "response", output: [], status: "completed", input_tokens: 1 })

/** The body that reaches a provider for this text of a request. */
const sent = (text: string, options?: Partial<Router.Options>, ask: "open" | "count" = "open") => {
  const seen: Array<HttpClientRequest.HttpClientRequest> = []
  return Effect.gen(function*() {
    const router = yield* Router.Router
    if (ask === "open") yield* Effect.scoped(router.open("responses", text))
    else yield* router.count("responses", text)
    const body = seen[0]?.body
    return body?._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : assert.fail("nothing was sent")
  }).pipe(Effect.provide(layer([{ body }], seen, options)))
}

const twice =
  `{"model":"o1-pro", "stream":true,"start_within":"priority","mo\\u0064el":"gpt-5.5","x": 1.0,"stream":false,` +
  `"input":"Hi","service_tier_":1,"start_within":"default","retry":{"count":9},"retry":{"count":1} }`

describe("a request that has a member twice", () => {
  it.effect("is sent with what was checked", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* sent(twice),
        `{"mo\\u0064el":"gpt-5.5","x": 1.0,"stream":false,"input":"Hi","service_tier_":1,"service_tier":"default" }`
      )
    }))

  it.effect("is counted so", () =>
    Effect.gen(function*() {
      const text = yield* sent(twice, {}, "count")
      assert.notInclude(text, "o1-pro")
      assert.include(text, "gpt-5.5")
    }))

  it.effect("is so at the hosted router, byte for byte but for that", () =>
    Effect.gen(function*() {
      const hosted = {
        openai: undefined,
        google: undefined,
        anthropic: undefined,
        providers: [Provider.connect(Hosted, { apiKey: Redacted.make("flex_live_1234") })]
      }
      assert.strictEqual(
        yield* sent(twice, hosted),
        `{"mo\\u0064el":"gpt-5.5","x": 1.0,"stream":false,"input":"Hi","service_tier_":1,"start_within":"default",` +
          `"retry":{"count":1} }`
      )
      const once = `{ "model":"gpt-5.5" ,"start_within":"default",\n"input":"Hi" , "x": 1.0 }`
      assert.strictEqual(yield* sent(once, hosted), once)
    }))
})
