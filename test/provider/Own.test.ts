import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted, Result, Stream } from "effect"
import { HttpClient, type HttpClientError, type HttpClientRequest, HttpServer } from "effect/http"
import { dialects, registry as knownDialects } from "../../src/dialect/index.ts"
import * as FlexInference from "../../src/FlexInference.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as ModelCatalog from "../../src/ModelCatalog.ts"
import * as Provider from "../../src/Provider.ts"
import { registry } from "../../src/provider/index.ts"
import * as Decode from "../../src/router/Decode.ts"
import * as Router from "../../src/Router.ts"
import * as Routing from "../../src/Routing.ts"
import * as ClientResponse from "../../src/transport/ClientResponse.ts"

// All that there is to say of it.
const acme = Provider.make({
  name: "acme",
  title: "Acme",
  baseUrl: "https://api.acme.test/v1",
  models: ["acme-"],
  tiers: { flex: "economy", standard: "regular" },
  // Its word for "no economy today", in place of a 429.
  verdict: (failure) => failure.status === 498 ? "capacity" : Provider.verdict(failure)
})

const apiKey = Redacted.make("sk-acme")
const connected = Provider.connect(acme, { apiKey })

const catalog = ModelCatalog.extend(ModelCatalog.builtIn, [{
  id: "acme-large",
  provider: "acme",
  flex: true,
  tiers: ["standard"],
  prices: { standard: { base: { input: 2, output: 4 } }, flex: { base: { input: 1, output: 2 } } },
  asOf: "2026-11-25"
}])

const chunk = `data: ${
  JSON.stringify({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "acme-large",
    service_tier: "regular",
    choices: [{ index: 0, delta: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  })
}\n\ndata: [DONE]\n\n`

/** What serves Acme alone, whose flex tier is full. */
const serving = <A>(
  layer: (options: Router.Options) => Layer.Layer<A, never, HttpClient.HttpClient>,
  seen: Array<HttpClientRequest.HttpClientRequest>
) =>
  layer({ providers: [connected] }).pipe(
    Layer.provideMerge(Layer.succeed(ModelCatalog.Current, catalog)),
    Layer.provide(Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
        Effect.flatMap((request) => {
          seen.push(request)
          const isFlex = textOf(request).includes("economy")
          return ClientResponse.make({
            request,
            url: request.url,
            status: isFlex ? 498 : 200,
            headers: {},
            stream: Stream.make(new TextEncoder().encode(isFlex ? `{"error":{"message":"Full."}}` : chunk))
          })
        }),
        Effect.succeed
      )
    ))
  )

const textOf = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

const plan = (
  body: object,
  options: Parameters<typeof registry>[0] = { providers: [connected], openai: { apiKey } }
) => {
  const providers = registry(options)
  const surface = dialects.responses
  return Result.flatMap(
    Decode.validate(surface, { input: "Hi", start_within: "default", ...body }, { providers }),
    (fields) => Routing.plan(fields, { surface, catalog, providers, dialects: knownDialects() })
  )
}

const planned = (...options: Parameters<typeof plan>) =>
  Result.getOrThrow(plan(...options)).routes.map(({ dialect, provider }) => [provider.name, dialect.name])
const refused = (...options: Parameters<typeof plan>) => Result.getOrThrow(Result.flip(plan(...options)))

describe("a provider of one's own", () => {
  it.effect.each(["chat.completions", "messages"] as const)(
    "is raced on %s at its own word for flex, and its refusal opens its own standard tier",
    (surface) => {
      const seen: Array<HttpClientRequest.HttpClientRequest> = []
      return Effect.scoped(Effect.gen(function*() {
        const { open } = yield* Router.Router
        const answer = yield* open(
          surface,
          JSON.stringify({
            model: "acme-large",
            max_tokens: 100,
            messages: [{ role: "user", content: "Hi" }],
            start_within: "00h-00m-30s",
            stream: true
          })
        )
        assert(answer._tag === "Stream")
        const frames = yield* Stream.runCollect(answer.frames)
        assert.include(frames.map(({ data }) => data).join("\n"), "Hello")
        assert.deepStrictEqual(
          seen.map((request) => JSON.parse(textOf(request)).service_tier),
          ["economy", "regular"]
        )
        for (const { headers, url } of seen) {
          assert.strictEqual(url, "https://api.acme.test/v1/chat/completions")
          assert.strictEqual(headers["authorization"], "Bearer sk-acme")
        }
        const { costMicroUsd, legs, provider, reason, tier } = yield* answer.report
        assert.deepStrictEqual([provider, reason, tier], ["acme", "flex_capacity", "regular"])
        assert.deepStrictEqual(legs[0]?.error?.reason._tag, "CapacityRefused")
        assert.strictEqual(costMicroUsd, 40)
      })).pipe(Effect.provide(serving(Router.layer, seen)))
    }
  )

  it.effect("is raced in the library", () => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    return Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const completion = yield* flex.chat.completions.create({
        model: "acme-large",
        messages: [{ role: "user", content: "Hi" }],
        start_within: "00h-00m-30s"
      })
      assert.strictEqual(completion.choices[0]?.message.content, "Hello")
      assert.strictEqual(completion.usage?.routing?.reason, "flex_capacity")
      assert.lengthOf(seen, 2)
    }).pipe(Effect.provide(serving(FlexInference.layer, seen)))
  })

  it.live("is raced at the gateway, natively and for clients of other formats", () => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    return Effect.gen(function*() {
      const context = yield* Layer.build(
        Gateway.layer({ port: 0 }).pipe(Layer.provideMerge(serving(Router.layer, seen)))
      )
      const url = yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)
      for (const path of ["/v1/chat/completions", "/v1/messages"]) {
        const response = yield* Effect.promise(() =>
          fetch(url + path, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              model: "acme-large",
              max_tokens: 100,
              messages: [{ role: "user", content: "Hi" }],
              start_within: "00h-00m-30s",
              stream: true
            })
          })
        )
        const text = yield* Effect.promise(() => response.text())
        assert.strictEqual(response.headers.get("x-flexinference-served-provider"), "acme")
        assert.strictEqual(response.headers.get("x-flexinference-routing-reason"), "flex_capacity")
        assert.include(text, "Hello")
        if (path === "/v1/chat/completions") assert.strictEqual(text, chunk)
      }
      const { data } = yield* Effect.promise(async () => (await fetch(`${url}/v1/models`)).json())
      assert.deepInclude(data.find(({ id }: { readonly id: string }) => id === "acme-large"), { owned_by: "acme" })
    })
  })

  it("serves the models it claims and those the catalogue gives it, and can be named in a chain", () => {
    assert.deepStrictEqual(planned({ model: "acme-large" }), [["acme", "chat.completions"]])
    assert.deepStrictEqual(planned({ model: "acme-unheard-of" }), [["acme", "chat.completions"]])
    assert.deepStrictEqual(planned({ model: "llama-5", provider: ["acme", "openai"] }), [
      ["acme", "chat.completions"],
      ["openai", "responses"]
    ])
  })

  it("serves another's models where it claims them too, before a provider that has no key", () => {
    const mirror = Provider.connect(
      Provider.make({ name: "mirror", baseUrl: "https://mirror.test", models: ["gpt-"], dialects: ["responses"] }),
      { apiKey }
    )
    const model = "gpt-5.5"
    assert.deepStrictEqual(planned({ model }, { providers: [mirror] }), [["mirror", "responses"]])
    assert.deepStrictEqual(planned({ model }, { providers: [mirror], openai: { apiKey } }), [["openai", "responses"]])
    assert.deepStrictEqual(
      planned({ model, provider: ["openai", "mirror"] }, {
        providers: [mirror],
        openai: { apiKey }
      }),
      [["openai", "responses"], ["mirror", "responses"]]
    )
  })

  it("takes the place of a built-in one of the same name", () => {
    const proxy = Provider.make({ name: "openai", baseUrl: "https://proxy.test", models: ["gpt-"] })
    const { routes } = Result.getOrThrow(
      plan({ model: "gpt-5.5" }, { providers: [Provider.connect(proxy, { apiKey })] })
    )
    assert.strictEqual(routes[0].connection.baseUrl, "https://proxy.test")
  })

  it.each([
    ["a tier it does not have", { start_within: "priority" }, "priority_unsupported_for_acme"],
    ["another's model", { model: "gpt-5.5", provider: ["acme"] }, "provider_model_mismatch"],
    ["a chain that names nobody", { provider: ["acme", "emca"] }, "invalid_provider_chain"],
    ["a race of a model that is not known to have flex", {
      model: "acme-unheard-of",
      start_within: "00h-00m-30s"
    }, "flex_model_not_capable"]
  ])("is refused %s", (_, body, code) => {
    assert.strictEqual(refused({ model: "acme-large", ...body }).code, code)
  })

  it("explains what it lacks on pages of its own, if it has any", () => {
    const ask = { model: "acme-large", start_within: "priority" }
    assert.isNull(refused(ask).docUrl)
    const page = "https://acme.test/docs/tiers"
    const explained = Provider.make({
      name: "acme",
      baseUrl: "https://api.acme.test/v1",
      docUrls: { priority_unsupported_for_acme: page }
    })
    assert.strictEqual(refused(ask, { providers: [Provider.connect(explained, { apiKey })] }).docUrl, page)
  })

  it("is named among those a chain may name", () => {
    assert.include(refused({ model: "acme-large", provider: ["emca"] }).message, "acme")
    assert.include(refused({ model: "acme-large", start_within: "priority" }).message, "Acme")
  })

  it.effect("reads its key and its address from variables that bear its name", () =>
    Effect.gen(function*() {
      const { connection } = yield* Provider.config(acme)
      assert.strictEqual(Redacted.value(connection.apiKey), "sk-1")
      assert.strictEqual(connection.baseUrl, "http://localhost:1/v1")
    }).pipe(Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env: { ACME_API_KEY: "sk-1", ACME_BASE_URL: "http://localhost:1/v1/" } })
    )))

  it.effect.each([
    { key: "sk-1\n", url: " http://localhost:1/v1\n", told: undefined },
    { key: "sk 1", url: undefined, told: /^ACME_API_KEY holds no key: / },
    { key: "sk-1\nsk-2", url: undefined, told: /^ACME_API_KEY holds no key: / },
    { key: "sk-ключ", url: undefined, told: /^ACME_API_KEY holds no key: / },
    { key: "sk-1", url: "nonsense", told: /^ACME_BASE_URL holds no address: write it as https:/ },
    { key: "sk-1", url: "ftp://acme.test", told: /^ACME_BASE_URL holds no address: / },
    { key: "sk-1", url: "acme.test/v1", told: /^ACME_BASE_URL holds no address: / }
  ])("says what is wrong with its variables, and never the key: %j", ({ key, told, url }) =>
    Effect.gen(function*() {
      const env = { ACME_API_KEY: key, ...(url === undefined ? {} : { ACME_BASE_URL: url }) }
      const read = yield* Provider.config(acme).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
        Effect.result
      )
      if (Result.isSuccess(read)) {
        assert.isUndefined(told)
        assert.strictEqual(Redacted.value(read.success.connection.apiKey), "sk-1")
        assert.strictEqual(read.success.connection.baseUrl, "http://localhost:1/v1")
      } else {
        const { cause } = read.failure
        assert.match(cause.message, told ?? /^$/)
        assert.notInclude(cause.message, key)
      }
    }))

  it("without tiers is asked for none", () => {
    const bare = Provider.make({ name: "bare", baseUrl: "https://bare.test/v1" })
    assert.isUndefined(bare.tierToWire("standard"))
    assert.isUndefined(bare.unsupported("standard", "m"))
    assert.strictEqual(bare.unsupported("flex", "m")?.code, "flex_unsupported_for_bare")
  })
})
