import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Behavior, Script } from "../../../src/simulator/index.ts"
import { onSimulator } from "../running.ts"
import * as Chromium from "./chromium.ts"

const operatorKey = "canary-operator-key"
const operator = { authorization: `Basic ${Buffer.from(`me:${operatorKey}`).toString("base64")}` }
/** What a caller may send as a name, and no browser may take for markup. */
const markup = "<img src=x onerror=document.title='owned'>"

const ask = (url: string, body: object = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "gpt-5.5",
        input: "canary-prompt",
        start_within: "00h-00m-30s",
        stream: true,
        ...body
      })
    })
    await response.text()
  })

const gateway = Effect.map(
  onSimulator({
    gateway: { operatorKey: Redacted.make(operatorKey), simulated: true },
    script: Script.always(Behavior.answer({ text: "canary-answer" }))
  }),
  ({ url }) => url
)

/** Waits in the page for what it shows to be so. */
const until = (page: Chromium.Page, condition: string) =>
  page.evaluate(`new Promise((resolve) => {
    const look = () => (${condition}) ? resolve(true) : requestAnimationFrame(look)
    look()
  })`)

const text = (id: string): string => `document.getElementById("${id}").textContent`

const looks: ReadonlyArray<Chromium.Look> = [1280, 390].flatMap((width) =>
  (["light", "dark"] as const).map((theme) => ({ width, height: 900, theme }))
)

describe.skipIf(Chromium.executable === undefined)("the dashboard in Chromium (skipped where there is none)", () => {
  const opened = Effect.gen(function*() {
    const url = yield* gateway
    const page = yield* Chromium.page(Chromium.executable ?? "")
    return { url, page }
  })

  it.live("shows numbers that change as requests end, without being loaded again", () =>
    Effect.gen(function*() {
      const { page, url } = yield* opened
      // The key answers the browser's own question for it, on the page and for its feed.
      yield* page.open(`${url.replace("//", `//me:${operatorKey}@`)}/`)
      yield* until(page, `${text("connection")} === "Live"`)
      assert.strictEqual(yield* page.evaluate(text("rate-note")), "0 won by flex, 0 escalated")
      assert.strictEqual(yield* page.evaluate(`document.getElementById("simulated").checkVisibility()`), true)
      yield* ask(url)
      yield* until(page, `${text("rate-note")} === "1 won by flex, 0 escalated"`)
      assert.strictEqual(yield* page.evaluate(text("rate")), "100%")
      yield* ask(url)
      yield* until(page, `${text("rate-note")} === "2 won by flex, 0 escalated"`)
      assert.match(String(yield* page.evaluate(text("saved"))), /^\$0\.\d*[1-9]\d*$/)
      assert.strictEqual(yield* page.evaluate(`document.querySelectorAll("#recent tbody tr").length`), 2)
      assert.deepStrictEqual(page.complaints(), [])
    }))

  it.live("shows a name that is markup as text, and no word of a prompt or an answer", () =>
    Effect.gen(function*() {
      const { page, url } = yield* opened
      yield* page.open(`${url}/`, operator)
      yield* ask(url, { model: markup })
      yield* ask(url)
      yield* until(page, `document.querySelectorAll("#recent tbody tr").length === 2`)
      const shown = String(yield* page.evaluate(text("recent")))
      assert.include(shown, markup)
      assert.notInclude(String(yield* page.evaluate("document.documentElement.outerHTML")), "canary")
      assert.strictEqual(yield* page.evaluate(`document.querySelectorAll("img").length`), 0)
      assert.strictEqual(yield* page.evaluate("document.title"), "flexinference")
      assert.deepStrictEqual(page.complaints(), [])
    }))

  it.live("shows nothing without the operator's key", () =>
    Effect.gen(function*() {
      const { page, url } = yield* opened
      yield* ask(url)
      yield* page.open(`${url}/`)
      assert.notMatch(String(yield* page.evaluate("document.documentElement.outerHTML")), /Saved|gpt-5\.5|flex_won/)
    }))

  it.live.each(looks)("fits $width points in a $theme theme, and can be read there", (look) =>
    Effect.gen(function*() {
      const { page, url } = yield* opened
      yield* page.look(look)
      yield* page.open(`${url}/`, operator)
      yield* ask(url)
      yield* until(page, `document.querySelectorAll("canvas").length === 2 && ${text("rate")} === "100%"`)
      assert.strictEqual(yield* page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true)
      assert.strictEqual(
        yield* page.evaluate("getComputedStyle(document.body).color"),
        look.theme === "dark"
          ? "rgb(236, 237, 232)"
          : "rgb(27, 28, 26)"
      )
      // What is small print has the contrast that WCAG's AA asks of it, on every ground it stands on.
      const contrasts = yield* page.evaluate(`(() => {
        const style = getComputedStyle(document.documentElement)
        const light = (name) => {
          const [r, g, b] = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/g).map((part) => {
            const value = parseInt(part, 16) / 255
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
          })
          return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        const ratio = (one, other) => {
          const [low, high] = [light(one), light(other)].sort((one, other) => one - other)
          return (high + 0.05) / (low + 0.05)
        }
        const texts = ["--text", "--quiet", "--flex", "--failed"]
        return [...texts.flatMap((name) => [ratio(name, "--card"), ratio(name, "--page")]), ratio("--badge-text", "--badge")]
      })()`)
      assert.isTrue(Array.isArray(contrasts) && contrasts.every((ratio) => ratio >= 4.5), JSON.stringify(contrasts))
      assert.deepStrictEqual(page.complaints(), [])
    }))
})
