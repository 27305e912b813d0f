import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type BuiltInName, dialects } from "../../src/dialect/index.ts"
import { builtIn } from "../support/dialects.ts"
import * as Passage from "../../src/router/Passage.ts"

const surfaces = Object.keys(dialects).map(builtIn)

const sentBy = (surface: BuiltInName, headers: Passage.Caller["headers"], query?: Passage.Caller["query"]) =>
  Passage.request(dialects[surface].protocol, { headers, query }, false)

const passes = (surface: BuiltInName, name: string): boolean => sentBy(surface, { [name]: "x" }) !== undefined

const toldBy = (surface: BuiltInName, name: string, withAccount = false): boolean =>
  Passage.answer(dialects[surface].protocol, { [name]: "x" }, withAccount) !== undefined

const openAI: ReadonlyArray<BuiltInName> = ["responses", "chat.completions"]
const anthropic: ReadonlyArray<BuiltInName> = ["messages"]
const google: ReadonlyArray<BuiltInName> = ["interactions"]

describe("Passage", () => {
  it.each<readonly [name: string, surfaces: ReadonlyArray<BuiltInName>]>([
    ["anthropic-version", anthropic],
    ["anthropic-beta", anthropic],
    ["anthropic-dangerous-direct-browser-access", anthropic],
    ["openai-beta", openAI],
    ["x-goog-api-client", google],
    ["api-revision", google],
    ["idempotency-key", surfaces],
    ["x-client-request-id", surfaces],
    // Credentials, whatever a vendor calls them.
    ["authorization", []],
    ["proxy-authorization", []],
    ["cookie", []],
    ["x-api-key", []],
    ["api-key", []],
    ["x-goog-api-key", []],
    ["x-goog-iam-authorization-token", []],
    ["x-goog-iap-jwt-assertion", []],
    ["x-goog-authenticated-user-email", []],
    ["anthropic-admin-key", []],
    ["openai-ephemeral-token", []],
    // Whose account it is.
    ["openai-organization", []],
    ["openai-project", []],
    ["x-goog-user-project", []],
    ["anthropic-organization-id", []],
    // What belongs to one connection, or to the router.
    ["host", []],
    ["connection", []],
    ["keep-alive", []],
    ["te", []],
    ["transfer-encoding", []],
    ["upgrade", []],
    ["content-length", []],
    ["content-type", []],
    ["accept", []],
    ["accept-encoding", []],
    ["expect", []],
    ["forwarded", []],
    ["x-forwarded-for", []],
    ["user-agent", []],
    ["x-stainless-lang", []],
    ["x-request-id", []],
    ["x-server-timeout", []],
    ["x-flexinference-start-within", []],
    ["anthropic", []],
    ["constructor", []],
    ["__proto__", []]
  ])("carries %s upstream on %o alone", (name, expected) => {
    assert.deepStrictEqual(surfaces.filter((surface) => passes(surface, name)), expected)
  })

  it.each<readonly [name: string, surfaces: ReadonlyArray<BuiltInName>]>([
    ["x-request-id", surfaces],
    ["request-id", surfaces],
    ["retry-after", surfaces],
    ["retry-after-ms", surfaces],
    ["x-ratelimit-remaining-tokens", surfaces],
    ["openai-processing-ms", openAI],
    ["openai-version", openAI],
    ["openai-model", openAI],
    ["anthropic-ratelimit-input-tokens-remaining", anthropic],
    ["anthropic-priority-input-tokens-limit", anthropic],
    ["x-gemini-service-tier", google],
    ["openai-organization", []],
    ["openai-project", []],
    ["anthropic-organization-id", []],
    ["set-cookie", []],
    ["server", []],
    ["date", []],
    ["via", []],
    ["alt-svc", []],
    ["content-length", []],
    ["content-encoding", []],
    ["transfer-encoding", []],
    ["connection", []],
    ["www-authenticate", []],
    ["access-control-allow-origin", []],
    ["x-should-retry", []],
    ["x-flexinference-cost", []],
    ["__proto__", []]
  ])("brings %s back on %o alone", (name, expected) => {
    assert.deepStrictEqual(surfaces.filter((surface) => toldBy(surface, name)), expected)
  })

  it("says on whose account a request counts where that is allowed", () => {
    const headers = { "openai-organization": "org_1", "openai-project": "proj_1" }
    assert.deepStrictEqual(Passage.request(dialects.responses.protocol, { headers }, true)?.headers, headers)
    assert.isTrue(toldBy("responses", "openai-organization", true))
    assert.isTrue(toldBy("messages", "anthropic-organization-id", true))
    assert.isFalse(toldBy("responses", "set-cookie", true))
  })

  it("makes nothing where there is nothing to pass", () => {
    assert.isUndefined(sentBy("responses", { host: "x", "content-type": "application/json" }, { beta: "true" }))
    assert.isUndefined(Passage.answer(dialects.responses.protocol, { date: "x" }, false))
  })

  it.each<readonly [surface: BuiltInName, query: NonNullable<Passage.Caller["query"]>, sent: string | undefined]>([
    ["messages", { beta: "true" }, "beta=true"],
    ["messages", { beta: ["false", "true"] }, "beta=true"],
    ["messages", { beta: "true", key: "flex_live_1", alt: "sse" }, "beta=true"],
    ["messages", { beta: "true&key=x" }, undefined],
    ["messages", { beta: "true#" }, undefined],
    ["messages", { beta: "../x" }, undefined],
    ["messages", { beta: "" }, undefined],
    ["messages", { beta: "x".repeat(257) }, undefined],
    ["messages", {}, undefined],
    ["responses", { beta: "true" }, undefined],
    ["chat.completions", { beta: "true" }, undefined],
    ["interactions", { beta: "true", key: "flex_live_1", alt: "sse" }, undefined]
  ])("takes of the query on %s %o no more than what belongs to it", (surface, query, sent) => {
    assert.strictEqual(sentBy(surface, {}, query)?.query, sent)
  })

  it("leaves behind what would begin another header, and what no header may hold", () => {
    for (const value of ["a\r\nx-api-key: b", "a\nb", "a\u0000b", "\u0100", "a\u007f"]) {
      assert.isUndefined(sentBy("messages", { "anthropic-beta": value }), JSON.stringify(value))
      assert.isUndefined(Passage.answer(dialects.messages.protocol, { "request-id": value }, false))
    }
    assert.deepStrictEqual(sentBy("messages", { "anthropic-beta": "a, b\tä" })?.headers, {
      "anthropic-beta": "a, b\tä"
    })
  })

  it("carries no more than a request's own headers may hold", () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`openai-${index}`, "x".repeat(100)]))
    const size = Object.entries(sentBy("responses", many)?.headers ?? {}).join("").length
    assert.isAbove(size, 10_000)
    assert.isAtMost(size, 20_000)
  })

  it("gives each leg an idempotency key of its own, the same each time, and changes nothing else", () => {
    const sent = { headers: { "idempotency-key": "k", "openai-beta": "b" }, query: "" }
    assert.deepStrictEqual(Passage.ofLeg(sent, "flex").headers, { "idempotency-key": "k-flex", "openai-beta": "b" })
    assert.deepStrictEqual(Passage.ofLeg(sent, "flex"), Passage.ofLeg(sent, "flex"))
    const none = { headers: { "openai-beta": "b" }, query: "" }
    assert.strictEqual(Passage.ofLeg(none, "flex"), none)
  })

  it.effect.prop(
    "makes of any headers none that was not there",
    [Schema.Record(Schema.String, Schema.String)],
    ([headers]) =>
      Effect.sync(() => {
        for (const surface of surfaces) {
          const sent = sentBy(surface, headers)?.headers ?? {}
          for (const [name, value] of Object.entries(sent)) assert.strictEqual(headers[name], value)
        }
      })
  )
})
