import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as ForeignSignature from "../../src/dialect/ForeignSignature.ts"

const Provider = Schema.Union([
  Schema.Literals(["openai", "google", "anthropic", "acme", "a:c%3Ame", ""]),
  Schema.String
])

describe("a foreign signature", () => {
  it.prop(
    "comes back as it was, whatever it holds and whoever carried it",
    [Provider, Schema.String, Schema.String, Schema.UndefinedOr(Provider)],
    ([provider, id, value, home]) => {
      const carried = ForeignSignature.encode({ provider, id, value }, home)
      if (provider === home) assert.strictEqual(carried, value)
      else assert.deepStrictEqual(ForeignSignature.decode(carried, home), { provider, id, value })
    }
  )

  it("belongs to whoever's format carries it bare, and to nobody where there is no such one", () => {
    assert.deepStrictEqual(ForeignSignature.decode("x", "google"), { provider: "google", id: "", value: "x" })
    assert.strictEqual(ForeignSignature.decode("x", undefined), undefined)
  })

  it.prop("never throws on what a caller made up", [Schema.String], ([text]) => {
    assert.doesNotThrow(() => ForeignSignature.decode(`flexinference:openai:${text}`, "openai"))
  })
})
