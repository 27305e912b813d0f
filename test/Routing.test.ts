import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted, Result } from "effect"
import { dialects, registry as knownDialects } from "../src/dialect/index.ts"
import type { BuiltInName as DialectName } from "../src/dialect/index.ts"
import * as FlexInferenceError from "../src/FlexInferenceError.ts"
import * as FlexPolicy from "../src/FlexPolicy.ts"
import * as ModelCatalog from "../src/ModelCatalog.ts"
import * as Provider from "../src/Provider.ts"
import { registry } from "../src/provider/index.ts"
import * as Decode from "../src/router/Decode.ts"
import * as Routing from "../src/Routing.ts"

const apiKey = Redacted.make("sk-test")

const plan = (
  body: { readonly [key: string]: unknown },
  { keys = ["openai", "google", "anthropic"], surface = "responses" }: {
    readonly keys?: ReadonlyArray<string>
    readonly surface?: DialectName
  } = {}
) =>
  Result.flatMap(
    Decode.validate(dialects[surface], { input: "Hi", messages: [], start_within: "default", ...body }),
    (fields) =>
      Routing.plan(fields, {
        surface: dialects[surface],
        request: JSON.parse(JSON.stringify(body)),
        catalog: ModelCatalog.builtIn,
        dialects: knownDialects(),
        providers: registry(Object.fromEntries(keys.map((name) => [name, { apiKey }])))
      })
  )

const planned = (...options: Parameters<typeof plan>) => Result.getOrThrow(plan(...options))

describe("plan", () => {
  it.each(
    [
      { model: "gpt-5.5", surface: "responses", provider: "openai", dialect: "responses" },
      { model: "gpt-5.5", surface: "chat.completions", provider: "openai", dialect: "chat.completions" },
      { model: "gpt-5.5", surface: "interactions", provider: "openai", dialect: "responses" },
      { model: "gpt-5.5", surface: "messages", provider: "openai", dialect: "responses" },
      { model: "o4-mini", surface: "responses", provider: "openai", dialect: "responses" },
      { model: "chatgpt-4o-latest", surface: "responses", provider: "openai", dialect: "responses" },
      { model: "codex-mini-latest", surface: "responses", provider: "openai", dialect: "responses" },
      { model: "gemini-2.5-flash", surface: "responses", provider: "google", dialect: "interactions" },
      { model: "gemini-2.5-flash", surface: "interactions", provider: "google", dialect: "interactions" },
      { model: "claude-opus-4-8", surface: "chat.completions", provider: "anthropic", dialect: "messages" },
      { model: "claude-opus-4-8", surface: "messages", provider: "anthropic", dialect: "messages" }
    ] as const
  )(
    "asks $provider for $model in $dialect when the caller speaks $surface",
    ({ dialect, model, provider, surface }) => {
      const { routes } = planned({ model }, { surface })
      assert.deepStrictEqual(routes.map((route) => [route.provider.name, route.dialect.name]), [[provider, dialect]])
    }
  )

  it.each([
    ["default", "standard", undefined],
    ["priority", "priority", undefined],
    ["auto", "auto", undefined],
    ["00h-00m-30s", "standard", 30]
  ])("start_within %s settles on the %s tier", (start_within, tier, window) => {
    const result = planned({ model: "gpt-5.5", start_within })
    assert.strictEqual(result.tier, tier)
    assert.deepStrictEqual(result.window, window === undefined ? undefined : Duration.seconds(window))
  })

  it.each([
    {
      why: "a window on a model without flex",
      body: { model: "gpt-4o", start_within: "00h-00m-30s" },
      code: "flex_model_not_capable",
      param: "start_within"
    },
    {
      why: "a window on a dated snapshot",
      body: { model: "gpt-5.5-2026-04-23", start_within: "00h-00m-30s" },
      code: "flex_model_not_capable",
      param: "start_within"
    },
    {
      why: "a window on Claude",
      body: { model: "claude-opus-4-8", start_within: "00h-00m-30s" },
      code: "flex_unsupported_for_anthropic",
      param: "start_within"
    },
    {
      why: "a window on a cloud route",
      body: { model: "gpt-5.5", start_within: "00h-00m-30s", provider: ["foundry"] },
      code: "flex_unsupported_on_cloud",
      param: "start_within"
    },
    {
      why: "auto on Gemini",
      body: { model: "gemini-2.5-flash", start_within: "auto" },
      code: "auto_unsupported_for_gemini",
      param: "start_within"
    },
    {
      why: "a route that does not serve the model",
      body: { model: "gpt-5.5", provider: ["google"] },
      code: "provider_model_mismatch",
      param: "provider"
    },
    {
      why: "a route this router does not call",
      body: { model: "claude-opus-4-8", provider: ["bedrock"] },
      code: "provider_model_mismatch",
      param: "provider"
    },
    {
      why: "a window on an answer in the background",
      body: { model: "gpt-5.5", start_within: "00h-00m-30s", background: true },
      code: "background_not_raced",
      param: "background"
    },
    { why: "a model of nobody's", body: { model: "llama-5" }, code: "unroutable_model", param: "model" }
  ])("refuses $why with $code", ({ body, code, param }) => {
    const error = Result.getOrThrow(Result.flip(plan(body)))
    assert.deepInclude({ code: error.code, param: error.param, status: error.status, class: error.class }, {
      code,
      param,
      status: 400,
      class: "capability"
    })
  })

  it.each(
    [
      ["claude-opus-4-8", "00h-00m-30s"],
      ["gpt-4o", "00h-00m-30s"],
      ["gemini-2.5-flash", "auto"]
    ] as const
  )(
    "serves %s at its standard tier where it cannot fulfil a default of %s that the caller did not ask for",
    (model, defaultStartWithin) => {
      const fields = Result.getOrThrow(
        Decode.validate(dialects.responses, { model, input: "Hi" }, { defaultStartWithin })
      )
      const { tier, window } = Result.getOrThrow(Routing.plan(fields, {
        surface: dialects.responses,
        catalog: ModelCatalog.builtIn,
        dialects: knownDialects(),
        providers: registry({ openai: { apiKey }, google: { apiKey }, anthropic: { apiKey } })
      }))
      assert.deepStrictEqual({ tier, window }, { tier: "standard", window: undefined })
    }
  )

  it.each(
    [
      { surface: "responses", extra: { conversation: "conv_1" }, raced: false, unraced: "stateful" },
      { surface: "responses", extra: { conversation: { id: "conv_1" } }, raced: false, unraced: "stateful" },
      { surface: "responses", extra: { conversation: null, store: true, background: false }, raced: true },
      { surface: "responses", extra: { previous_response_id: "resp_1" }, raced: true },
      {
        surface: "interactions",
        extra: { store: true, previous_interaction_id: "v1_1", background: false },
        raced: true
      },
      { surface: "chat.completions", extra: { store: true, conversation: "none of its own" }, raced: true }
    ] as const
  )("races no request whose two answers would both stay: $surface $extra", (row) => {
    const { raced, tier, unraced, window } = planned(
      { model: "gpt-5.5", start_within: "00h-00m-30s", ...row.extra },
      { surface: row.surface }
    )
    assert.deepStrictEqual({ raced, unraced, tier, window }, {
      raced: row.raced,
      unraced: row.raced ? "tier_direct" : row.unraced,
      tier: "standard",
      window: Duration.seconds(30)
    })
  })

  it.each(
    [
      { surface: "responses", model: "gpt-5.5" },
      { surface: "interactions", model: "gemini-2.5-flash" }
    ] as const
  )("lets $surface ask for an answer in the background at a named tier, or by a default that it cannot have", (row) => {
    const body = { model: row.model, background: true }
    assert.isFalse(planned(body, { surface: row.surface }).raced)
    const refused = plan({ ...body, start_within: "00h-00m-30s" }, { surface: row.surface })
    assert.strictEqual(Result.getOrThrow(Result.flip(refused)).code, "background_not_raced")
    const fields = Result.getOrThrow(
      Decode.validate(dialects[row.surface], { ...body, input: "Hi" }, { defaultStartWithin: "00h-00m-30s" })
    )
    const { raced, tier } = Result.getOrThrow(Routing.plan(fields, {
      surface: dialects[row.surface],
      request: body,
      catalog: ModelCatalog.builtIn,
      dialects: knownDialects(),
      providers: registry({ openai: { apiKey }, google: { apiKey } })
    }))
    assert.deepStrictEqual({ raced, tier }, { raced: false, tier: "standard" })
  })

  it("names the way out for a model of nobody's, and the way works", () => {
    const error = Result.getOrThrow(Result.flip(plan({ model: "llama-5" })))
    assert.include(error.message, "\"provider\": [\"openai\"]")
    assert.strictEqual(planned({ model: "llama-5", provider: ["openai"] }).routes[0].provider.name, "openai")
  })

  it.each([
    ["openai/gpt-5.5", "openai", "gpt-5.5"],
    ["anthropic/claude-opus-4-8", "anthropic", "claude-opus-4-8"],
    ["google/gemini-2.5-flash", "google", "gemini-2.5-flash"],
    ["models/gemini-2.5-flash", "google", "gemini-2.5-flash"]
  ])("takes %s for a model of %s's, which knows it as %s", (model, provider, own) => {
    const found = planned({ model })
    assert.deepStrictEqual([found.routes[0].provider.name, found.model], [provider, own])
    assert.strictEqual(planned({ model, provider: [provider] }).model, own)
  })

  it("can race a model by its name with its provider's before it", () => {
    assert.isTrue(planned({ model: "openai/gpt-5.5", start_within: "00h-00m-30s" }).raced)
  })

  it.each([
    ["no provider is called so", { model: "mistral/gpt-5.5" }],
    ["the model is another provider's", { model: "openai/claude-opus-4-8" }],
    ["what is left is nobody's", { model: "openai/llama-5" }],
    ["it is the name of a path alone", { model: "openai/" }]
  ])("leaves a name with a slash whole where %s", (_, body) => {
    assert.strictEqual(Result.getOrThrow(Result.flip(plan(body))).code, "unroutable_model")
  })

  it("leaves a name whole that a provider claims, or for which the caller names who serves it", () => {
    const many = Provider.make({ name: "many", baseUrl: "https://many.test", models: [/^\w+\//] })
    const context = {
      surface: dialects.responses,
      catalog: ModelCatalog.builtIn,
      dialects: knownDialects(),
      providers: registry({ openai: { apiKey }, providers: [Provider.connect(many, { apiKey })] })
    }
    const fields = { startWithin: "default" as const, includeCost: false, stream: false, model: "openai/gpt-5.5" }
    const claimed = Result.getOrThrow(Routing.plan(fields, context))
    assert.deepStrictEqual([claimed.routes[0].provider.name, claimed.model], ["many", "openai/gpt-5.5"])
    const named = planned({ model: "google/my-model", provider: ["anthropic"] })
    assert.deepStrictEqual([named.routes[0].provider.name, named.model], ["anthropic", "google/my-model"])
  })

  it.each([
    ["gpt-5.5", "no_byok_key"],
    ["gemini-2.5-flash", "no_gemini_key"],
    ["claude-opus-4-8", "no_anthropic_key"]
  ])("refuses %s without a key with %s", (model, code) => {
    const error = Result.getOrThrow(Result.flip(plan({ model }, { keys: [] })))
    assert.deepInclude({ code: error.code, status: error.status }, { code, status: 400 })
  })

  it("keeps the order of a chain for a model whose provider is open", () => {
    const { routes } = planned({ model: "my-model", provider: ["anthropic", "openai"] })
    assert.deepStrictEqual(routes.map((route) => route.provider.name), ["anthropic", "openai"])
  })
})

describe("escalation", () => {
  const wire = { provider: "openai", message: "…", started: false }
  it.each([
    ["an end before the start", FlexInferenceError.streamFailed(wire), "flex_not_started"],
    [
      "a failure event before the start",
      FlexInferenceError.streamFailed({ ...wire, event: {} }),
      "flex_upstream_error"
    ],
    ["a broken connection", FlexInferenceError.transportFailed(wire), "flex_not_started"],
    [
      "a time-out",
      FlexInferenceError.timedOut({ ...wire, clock: "firstByte", after: Duration.seconds(1) }),
      "flex_upstream_error"
    ],
    [
      "a request that cannot be carried",
      FlexInferenceError.unsupported({ code: "x", param: null, message: "…" }),
      undefined
    ]
  ])("after %s is %s", (_, error, reason) => {
    assert.strictEqual(Routing.escalation(error), reason)
  })
})

describe("decided", () => {
  const raced = planned({ model: "gpt-5.5", start_within: "00h-00m-30s" })

  it.each([0, 1, 29_999, 30_000, 30_001, 1e12, Number.POSITIVE_INFINITY])(
    "never lets flex wait beyond its window, where a policy would wait %d ms",
    (millis) => {
      const { raced: isRaced, wait } = Routing.decided(raced, FlexPolicy.race(Duration.millis(millis)))
      assert.isTrue(isRaced)
      assert.strictEqual(Duration.toMillis(wait ?? Duration.zero), Math.min(millis, 30_000))
    }
  )

  it("asks standard at once where a policy skips the race, and keeps the window in the record", () => {
    const plan = Routing.decided(raced, FlexPolicy.skip("flex_cooling"))
    assert.deepInclude(plan, { raced: false, tier: "standard", unraced: "flex_cooling", window: raced.window })
  })

  it("has no say in a named tier", () => {
    const plan = planned({ model: "gpt-5.5", start_within: "priority" })
    assert.strictEqual(Routing.decided(plan, FlexPolicy.skip("flex_cooling")), plan)
  })
})
