import { assert, describe, it } from "@effect/vitest"
import * as Suggestion from "../../src/cli/Suggestion.ts"
import * as ModelCatalog from "../../src/ModelCatalog.ts"

describe("Suggestion", () => {
  it.each([
    ["gtp-5.5", "gpt-5.5"],
    ["gpt5.5", "gpt-5.5"],
    ["GPT-5.5", "gpt-5.5"],
    ["gemini-3.5-flsh", "gemini-3.5-flash"],
    ["claude-opus-4-9", "claude-opus-4-8"]
  ])("takes %s for %s", (typed, meant) => assert.include(Suggestion.models(typed, ModelCatalog.builtIn), meant))

  it.each(["", "none", "llama", "x".repeat(100_000)])(
    "takes %s for nothing that it knows",
    (typed) => assert.deepStrictEqual(Suggestion.models(typed, ModelCatalog.builtIn), [])
  )

  it("names the closest alone, later versions first, and few", () => {
    const names = ["gpt-5", "gpt-5.1", "gpt-5.2", "gpt-5.3", "gpt-5.10"]
    assert.deepStrictEqual(Suggestion.closest("gpt5.1", names), ["gpt-5.1"])
    assert.deepStrictEqual(Suggestion.closest("gpt-5.4", names), ["gpt-5.3", "gpt-5.2", "gpt-5.1"])
    assert.strictEqual(Suggestion.question(["a", "b"]), " Did you mean a or b?")
    assert.strictEqual(Suggestion.question([]), "")
  })
})
