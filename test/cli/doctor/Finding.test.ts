import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import * as Finding from "../../../src/cli/doctor/Finding.ts"
import * as Variables from "../../../src/cli/doctor/Variables.ts"

const src = path.resolve(import.meta.dirname, "..", "..", "..", "src")
const now = Date.parse("2026-11-25")

const provider = {
  name: "one",
  baseUrl: "https://one.example/v1",
  baseUrlVariable: "ONE_BASE_URL",
  keyVariable: "ONE_API_KEY"
}

const patience = (window: number | undefined, timeout: number | undefined, retries = 0): Finding.Patience => ({
  window: window === undefined ? undefined : Duration.seconds(window),
  timeout: timeout === undefined ? undefined : { duration: Duration.seconds(timeout), source: "--timeout" },
  retries
})

describe("Finding", () => {
  it.each<[string, Finding.Finding["level"]]>([
    ["18.20.0", "problem"],
    ["20.19.9", "problem"],
    ["20.20.2", "warning"],
    ["22.19.0", "ok"],
    ["24.1.0", "ok"]
  ])("finds of Node %s: %s", (version, level) => assert.strictEqual(Finding.node(version).level, level))

  it.each<[string, Finding.Reach, Finding.Finding["level"], RegExp]>([
    ["takes the key", { _tag: "Answered", status: 200, refused: false, gateway: false }, "ok", /takes the key$/],
    [
      "refuses the key",
      { _tag: "Answered", status: 400, refused: true, gateway: false },
      "problem",
      /does not take the key in ONE_API_KEY/
    ],
    ["is a gateway", { _tag: "Answered", status: 200, refused: false, gateway: true }, "problem", /ask itself/],
    ["is out of order", { _tag: "Answered", status: 503, refused: false, gateway: false }, "warning", /status 503/],
    ["has no list", { _tag: "Answered", status: 404, refused: false, gateway: false }, "warning", /not known/],
    ["is not there", { _tag: "Unreachable", cause: "ENOTFOUND" }, "problem", /\(ENOTFOUND\).*ONE_BASE_URL$/]
  ])("finds of a provider that %s what to do", (_, reach, level, message) => {
    const found = Finding.provider(provider, reach)
    assert.strictEqual(found.level, level)
    assert.match(found.message, message)
  })

  it.each<[number | undefined, number | undefined, Finding.Finding["level"]]>([
    [undefined, 1, "ok"],
    [30, undefined, "ok"],
    [120, undefined, "warning"],
    [120, 60, "problem"],
    [120, 120, "problem"],
    [120, 121, "warning"],
    [120, 149, "warning"],
    [120, 150, "ok"]
  ])("finds of a window of %o s behind a timeout of %o s: %s", (window, timeout, level) => {
    assert.strictEqual(Finding.outerTimeout(patience(window, timeout)).level, level)
  })

  it.each<[number | undefined, number | undefined, number, Finding.Finding["level"], RegExp]>([
    [30, undefined, 0, "ok", /does not try again/],
    [30, undefined, 2, "warning", /can become 6 calls/],
    [undefined, undefined, 2, "warning", /can become 3 calls/],
    [120, 60, 2, "problem", /a new race after its timeout.*6 calls/]
  ])("finds of a window of %o s, a timeout of %o s and %d retries: %s", (window, timeout, retries, level, message) => {
    const found = Finding.retries(patience(window, timeout, retries))
    assert.strictEqual(found.level, level)
    assert.match(found.message, message)
  })

  it("finds variables that nobody reads, and what was probably meant", () => {
    const names = ["PATH", "FLEXINFERENCE_RETAIN", "FLEXINFERENCE_MODLE"]
    assert.deepStrictEqual(Finding.variables(names, Variables.known), [
      Finding.warning("FLEXINFERENCE_MODLE", "nobody reads this variable. Did you mean FLEXINFERENCE_MODEL?")
    ])
  })

  it("knows every variable of ours that the source reads", () => {
    const read = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => readFileSync(path.join(src, file), "utf8").match(/\bFLEXINFERENCE_[A-Z_]+\b/g) ?? [])
    assert.deepStrictEqual(read.filter((name) => !Variables.known.includes(name)), [])
  })

  it.each<[string, Finding.Finding["level"], RegExp]>([
    ["gpt-5.5", "ok", /^gpt-5\.5$/],
    ["gpt-5", "warning", /retires on 2026-12-11/],
    ["claude-opus-4-8", "warning", /has no flex tier/],
    ["gtp-5.5", "warning", /not in the catalogue\. Did you mean gpt-5\.5\?/]
  ])("finds of the model %s: %s", (id, level, message) => {
    const found = Finding.model(id, Duration.seconds(30), now)
    assert.strictEqual(found.level, level)
    assert.match(found.message, message)
  })

  it("knows a client's timeout and what is set for other programs", () => {
    assert.deepStrictEqual(Variables.timeout({ API_TIMEOUT_MS: "60000" }), {
      duration: Duration.millis(60_000),
      source: "API_TIMEOUT_MS"
    })
    assert.isUndefined(Variables.timeout({ API_TIMEOUT_MS: "soon" }))
    assert.deepStrictEqual(
      Variables.surroundings({ all_proxy: "http://proxy", NODE_TLS_REJECT_UNAUTHORIZED: "0" }).map((it) => it.subject),
      ["all_proxy", "NODE_TLS_REJECT_UNAUTHORIZED"]
    )
  })
})
