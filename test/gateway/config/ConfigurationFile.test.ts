import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Redacted, Result, Stream } from "effect"
import { readFileSync } from "node:fs"
import path from "node:path"
import { ModelCatalog } from "../../../src/index.ts"
import * as Configuration from "../../../src/gateway/config/Configuration.ts"
import * as ConfigurationFile from "../../../src/gateway/config/ConfigurationFile.ts"

const whole = `
default_start_within = "30s"
max_body = "64mb"
cors = ["https://app.example.com", "http://localhost:5173"]
port = 9000

[[keys]]
name = "team-a"
sha256 = "${"0a".repeat(32)}"
default_start_within = "2m"
models = ["gpt-*", "fast"]
requests_per_minute = 600
race_slots = 50
daily_budget_microusd = 20_000_000

[[aliases]]
name = "fast"
model = "gemini-3.5-flash"
start_within = "20s"
provider = ["google"]

[[providers]]
name = "azure"
preset = "azure-openai"
base_url = "https://unit.openai.azure.com/openai/v1"
key_env = ["AZURE_OPENAI_API_KEY"]
models = ["gpt-5.5-eu"]

[[models]]
id = "gpt-5.5-eu"
provider = "azure"
flex = true
prices = { standard = { input = 1.25, output = 10 }, flex = { input = 0.625, output = 5 } }

[[models]]
id = "gpt-5.5"
prices = { flex = { input = 1, cached_input = 0.1, output = 2 } }
`

const parsed = (text: string, path = "gateway.toml") => Result.getOrThrow(ConfigurationFile.parse(path, text))

const problems = (text: string, path = "gateway.toml"): ReadonlyArray<string> => {
  const result = ConfigurationFile.parse(path, text)
  return Result.isFailure(result) ? result.failure.problems : []
}

describe("a configuration file", () => {
  it("says everything that a gateway is told", () => {
    const { aliases, catalog, keys, port, providers, variables } = parsed(whole)
    assert.strictEqual(port, 9000)
    assert.deepStrictEqual(variables, {
      FLEXINFERENCE_DEFAULT_START_WITHIN: "30s",
      FLEXINFERENCE_MAX_BODY: "64mb",
      FLEXINFERENCE_CORS: "https://app.example.com,http://localhost:5173"
    })
    assert.deepStrictEqual(keys, [{
      name: "team-a",
      key: undefined,
      sha256: "0a".repeat(32),
      defaultStartWithin: "00h-02m-00s",
      models: ["gpt-*", "fast"],
      requestsPerMinute: 600,
      raceSlots: 50,
      dailyBudgetMicroUsd: 20_000_000
    }])
    assert.deepStrictEqual(aliases, [
      { name: "fast", model: "gemini-3.5-flash", startWithin: "00h-00m-20s", provider: ["google"] }
    ])
    assert.deepInclude(providers[0], { name: "azure", keyVariables: ["AZURE_OPENAI_API_KEY"], keys: [] })
    assert.isTrue(ModelCatalog.isFlexCapable(catalog, "gpt-5.5-eu"))
  })

  it("adds to the catalogue, and corrects in it what it names and nothing else", () => {
    const { catalog } = parsed(whole)
    const own = ModelCatalog.builtIn.models.get("gpt-5.5")
    const corrected = catalog.models.get("gpt-5.5")
    assert.strictEqual(corrected?.prices.flex?.base.cachedInput, 0.1)
    assert.deepStrictEqual(corrected?.prices.standard, own?.prices.standard)
    assert.deepStrictEqual(corrected?.tiers, own?.tiers)
    assert.strictEqual(catalog.models.size, ModelCatalog.builtIn.models.size + 1)
  })

  it.each(["README.md", "src/gateway/config/CONFIGURATION.md"])("is what %s shows", (file) => {
    const text = readFileSync(path.resolve(import.meta.dirname, "../../..", file), "utf8")
    const shown = Array.from(text.matchAll(/^```toml\n(.*?)^```$/gms), ([, example = ""]) => example)
    assert.isAbove(shown.length, 0)
    assert.deepStrictEqual(shown.flatMap((example) => problems(example)), [])
  })

  it("is described field by field", () => {
    const description = readFileSync(
      path.resolve(import.meta.dirname, "../../../src/gateway/config/CONFIGURATION.md"),
      "utf8"
    )
    const named = (line: string) => /; known are (.+)$/.exec(line)?.[1]?.split(", ") ?? []
    const fields = [
      ...problems("x = 1").flatMap(named),
      ...["keys", "aliases", "providers", "models"].flatMap((section) =>
        problems(`[[${section}]]\nx = 1`).flatMap(named)
      )
    ]
    assert.isAbove(fields.length, 40)
    assert.deepStrictEqual(
      fields.filter((field) => !description.includes(`\`${field}\``) && !description.includes(`[[${field}]]`)),
      []
    )
  })

  it("may be JSON", () => {
    const { keys } = parsed(`{ "keys": [{ "name": "a", "key": "secret-key" }] }`, "gateway.json")
    assert.strictEqual(keys[0]?.key && Redacted.value(keys[0].key), "secret-key")
    assert.notInclude(JSON.stringify(keys), "secret-key")
  })

  it("may be empty", () => {
    assert.deepStrictEqual(parsed("").keys, [])
    assert.deepStrictEqual(parsed("{}", "gateway.json").keys, [])
  })

  it("that is wrong is told everything at once, each with its place, in the order of its lines", () => {
    const wrong = `port = 70000
speed = "fast"
[[keys]]
name = "team a"
key = "k"
sha256 = "${"0".repeat(64)}"

[[keys]]
name = "b"
key = "k2"
daily_budget_microusd = 0.5
models = "gpt-*"

[[aliases]]
name = "fast"
model = "gpt-5.5"
start_within = "2h"
provider = ["gogle"]

[[providers]]
name = "azure"
preset = "azure-openai"

[[models]]
id = "own"
prices = { flex = { input = 1 } }

[[models]]
id = "other"
`
    assert.deepStrictEqual(
      problems(wrong).map((problem) => problem.slice(0, 70)),
      [
        "port (line 1) must be a port from 0 to 65535",
        "speed (line 2) is not known; known are default_start_within, adaptive,",
        "keys[0].name (line 4) must be a name of at most 64 letters, digits, po",
        "keys[1].daily_budget_microusd (line 11) must be a whole number of micr",
        "keys[1].models (line 12) must be a list of models, in which * stands f",
        "aliases[0].start_within (line 17) must be a window from 5s to 10m, suc",
        "providers[0] (line 20) needs a base_url: it has none that is everybody",
        "models[0].prices.flex.output (line 26) is missing",
        "models[1] (line 28) needs a provider: the model is not in the catalogu"
      ].map((problem) => problem.slice(0, 70))
    )
  })

  const keyed = `[[keys]]\nname = "a"\nkey = "k"\n`
  it.each<readonly [string, string, RegExp]>([
    [
      "two keys of one name",
      `${keyed}[[keys]]\nname = "a"\nkey = "l"\n`,
      /^keys\[1\]\.name \(line 5\) is what keys\[0\] has/
    ],
    [
      "two names of one key",
      `${keyed}[[keys]]\nname = "b"\nkey = "k"\n`,
      /^keys\[1\]\.key \(line 6\) is what keys\[0\] has/
    ],
    ["a key without one", `[[keys]]\nname = "a"\n`, /^keys\[0\] \(line 1\) needs either key or sha256/],
    ["a list of no keys", `keys = []`, /^keys \(line 1\) holds no key/],
    [
      "an alias of an alias",
      `[[aliases]]\nname = "a"\nmodel = "b"\n[[aliases]]\nname = "b"\nmodel = "c"`,
      /is an alias itself/
    ],
    [
      "a provider that is not there",
      `[[models]]\nid = "m"\nprovider = "acme"`,
      /^models\[0\]\.provider \(line 3\) is no provider/
    ],
    ["an origin with a path", `cors = ["https://a.example/"]`, /^cors\[0\] \(line 1\) must be an origin/],
    ["an own server without an address", `[[providers]]\nname = "vllm"\nkey = "none"`, /needs a base_url/],
    [
      "an own server without a key",
      `[[providers]]\nname = "vllm"\nbase_url = "http://127.0.0.1:8000/v1"`,
      /needs a key/
    ],
    ["an array", `x = [`, /^is no TOML: .+ at line 1, column \d+$/]
  ])("does not take %s", (_, text, expected) => {
    const told = problems(text)
    assert.lengthOf(told, 1, told.join("\n"))
    assert.match(told[0] ?? "", expected)
  })

  it("never quotes a key that it cannot read", () => {
    for (
      const text of [
        `key = sk-secret-value`,
        `[[keys]]\nname = "a"\nkey = "sk secret value"`,
        `[[keys]]\nname = 'sk-secret-value' x`
      ]
    ) {
      const told = problems(text).join("\n")
      assert.notStrictEqual(told, "")
      assert.notMatch(told, /secret.value/)
    }
    assert.notMatch(problems(`{ "key": sk-secret-value }`, "gateway.json").join(), /secret/)
  })

  it.live("is read again when it has changed, also when another was put in its place", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const path = `${folder}/gateway.toml`
      const keyNamed = (name: string) => `[[keys]]\nname = "${name}"\nkey = "k"\n`
      yield* fs.writeFileString(path, keyNamed("a"))
      const seen: Array<string> = []
      const named = (expected: string) =>
        ConfigurationFile.changes(path).pipe(
          Stream.map(Result.match({
            onSuccess: ({ keys }: Configuration.Configuration) => keys[0]?.name ?? "",
            onFailure: ({ problems }) => problems[0] ?? ""
          })),
          Stream.tap((name) => Effect.sync(() => seen.push(name))),
          Stream.takeUntil((name) => name.startsWith(expected)),
          Stream.runDrain
        )
      // The watcher says nothing of when it has begun, so what is awaited is written until it is seen.
      const until = (expected: string, write: Effect.Effect<void, unknown>) =>
        Effect.raceFirst(named(expected), Effect.forever(Effect.andThen(write, Effect.sleep("300 millis"))))
      yield* until("b", fs.writeFileString(path, keyNamed("b")))
      const other = `${folder}/other`
      yield* until("c", Effect.andThen(fs.writeFileString(other, keyNamed("c")), fs.rename(other, path)))
      yield* until("keys[0].name", fs.writeFileString(path, `[[keys]]\nname = "no name"\nkey = "k"\n`))
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))
})
