import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import path from "node:path"
import * as PageText from "../../../src/gateway/dashboard/PageText.ts"

const root = path.resolve(import.meta.dirname, "..", "..", "..")

const inside = (tag: string): ReadonlyArray<string> =>
  Array.from(PageText.html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, "g")), ([, text = ""]) => text)

const hash = (text: string) => `sha256-${createHash("sha256").update(text).digest("base64")}`

describe("the dashboard's page", () => {
  it("is made of its sources", async () => {
    const { make, target }: { readonly make: () => Promise<string>; readonly target: string } = await import(
      path.join(root, ".ci", "page.js")
    )
    assert.strictEqual(await make(), readFileSync(target, "utf8"), "node .ci/page.js writes it anew")
  })

  it("has one script and one style, which are those that its policy allows", () => {
    assert.deepStrictEqual(inside("script").map(hash), [PageText.scriptHash])
    assert.deepStrictEqual(inside("style").map(hash), [PageText.styleHash])
  })

  it("has no handler or style in its markup, which its policy would not allow", () => {
    const markup = PageText.html.replaceAll(/<(script|style)>[^]*?<\/\1>/g, "")
    assert.notMatch(markup, /\son\w+=|\sstyle=/)
  })

  it("loads nothing from anywhere", () => {
    assert.notMatch(PageText.html, /\bsrc=|@import|url\(|<link (?!rel="icon" href="data:,")/)
    assert.deepStrictEqual(
      PageText.html.match(/https?:\/\/[^\s"'`)]+/g)?.filter((url) => !url.includes("w3.org")) ?? [],
      []
    )
  })

  it("writes what it is told as text, never as markup", () => {
    assert.notMatch(PageText.html, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/)
  })

  it("carries the licence of the charts", () => {
    assert.include(PageText.html, readFileSync(path.join(root, "node_modules", "uplot", "LICENSE"), "utf8").trim())
  })
})
