import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { keyVariables } from "../../src/catalog/Routes.ts"
import * as ModelCatalog from "../../src/ModelCatalog.ts"
import { config, providers, registry } from "../../src/provider/index.ts"

const read = (env: { readonly [name: string]: string }) =>
  config.pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.map((providers) => {
      const known = registry({ providers })
      const connection = (name: string) => known.get(name)?.connection
      return { openai: connection("openai"), google: connection("google"), anthropic: connection("anthropic") }
    })
  )

describe("the configuration", () => {
  it.effect("has only the providers that have a key, at the vendors' own addresses", () =>
    Effect.gen(function*() {
      const { anthropic, google, openai } = yield* read({ OPENAI_API_KEY: "sk-1", GEMINI_API_KEY: "AIza" })
      assert.strictEqual(openai?.baseUrl, "https://api.openai.com/v1")
      assert.strictEqual(google?.baseUrl, "https://generativelanguage.googleapis.com")
      assert.strictEqual(anthropic, undefined)
      assert.strictEqual(openai === undefined ? "" : Redacted.value(openai.apiKey), "sk-1")
    }))

  it.effect("takes GOOGLE_API_KEY for Gemini, and other addresses without their last slash", () =>
    Effect.gen(function*() {
      const { anthropic, google } = yield* read({
        GOOGLE_API_KEY: "AIza",
        ANTHROPIC_API_KEY: "sk-ant",
        ANTHROPIC_BASE_URL: "http://localhost:1/"
      })
      assert.isDefined(google)
      assert.strictEqual(anthropic?.baseUrl, "http://localhost:1")
    }))

  it.effect("takes an empty key for none", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* read({ OPENAI_API_KEY: "" })).openai, undefined)
    }))

  it.effect("never shows a key", () =>
    Effect.gen(function*() {
      const { openai } = yield* read({ OPENAI_API_KEY: "sk-very-secret" })
      assert.notInclude(`${JSON.stringify(openai)} ${String(openai?.apiKey)}`, "secret")
    }))
})

describe("the built-in providers", () => {
  it("have their keys in the variables that the command names", () => {
    assert.deepStrictEqual(Object.values(providers).map(({ keyVariables: [first] }) => first), [...keyVariables])
  })

  const claimants = (id: string) => Object.values(providers).filter(({ claims }) => claims(id)).map(({ name }) => name)

  it.each<[ReadonlyArray<string>, string]>([
    [["openai"], "gpt-5.5 gpt-9-anything o1 o3-mini o4-mini o10 chatgpt-4o-latest codex-mini-latest"],
    [["google"], "gemini-2.5-pro gemini-flash-latest"],
    [["anthropic"], "claude-opus-4-8 claude-3-opus-20240229"],
    [[], " o opus omni-1 gpt GPT-5 my-gpt-5 models/gemini-2.5-pro llama-3 claude"]
  ])("%s claim %s", (names, ids) => {
    for (const id of ids.split(" ")) assert.deepStrictEqual(claimants(id), names, id)
  })

  it("claim every model that the catalogue says they serve", () => {
    for (const { id, provider } of ModelCatalog.builtIn.models.values()) {
      assert.deepStrictEqual(claimants(id), [provider])
    }
  })
})
