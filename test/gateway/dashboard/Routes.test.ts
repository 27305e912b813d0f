import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import { Behavior, Script } from "../../../src/simulator/index.ts"
import type * as Gateway from "../../../src/gateway/Gateway.ts"
import { onSimulator } from "../running.ts"

const operatorKey = "canary-operator-key"
const gatewayKey = "canary-gateway-key"
const secret = "canary-prompt"

const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }
const operator = { authorization: `Bearer ${operatorKey}` }

const get = (url: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const ask = (url: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "gpt-5.5", input: secret, start_within: "00h-00m-30s", stream: true })
    })
    await response.text()
  })

/** The first event of a feed. */
const first = (url: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/dashboard/events`, { headers })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    while (!text.includes("\n\n")) text += (await reader?.read())?.value ?? "\n\n"
    await reader?.cancel()
    return { status: response.status, headers: response.headers, text }
  })

const snapshotIn = (text: string) => JSON.parse(/^event: snapshot\ndata: (.*)\n\n/.exec(text)?.[1] ?? "null")

const gateway = (options: Gateway.Options = {}) =>
  Effect.map(
    onSimulator({ gateway: options, script: Script.always(Behavior.answer({ text: "canary-answer" })) }),
    ({ url }) => url
  )

const guarded: Gateway.Options = { operatorKey: Redacted.make(operatorKey), keys: [Redacted.make(gatewayKey)] }

describe("GET /", () => {
  it.live("is the page for a browser, and what it was for every other client", () =>
    Effect.gen(function*() {
      const url = yield* gateway()
      const page = yield* get(url, html)
      assert.strictEqual(page.status, 200)
      assert.strictEqual(page.headers.get("content-type"), "text/html; charset=utf-8")
      assert.match(page.text, /^<!doctype html>/)
      for (const accept of ["*/*", "application/json"]) {
        const facts = yield* get(url, { accept })
        assert.strictEqual(facts.text, `{"status":"ok"}`)
        assert.strictEqual(facts.headers.get("vary"), "accept")
      }
    }))

  it.live("may load nothing, run nothing but its own script and be framed by nobody", () =>
    Effect.gen(function*() {
      const { headers } = yield* get(yield* gateway(), html)
      const policy = (headers.get("content-security-policy") ?? "").split("; ")
      assert.includeMembers(policy, [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'"
      ])
      assert.lengthOf(policy.filter((rule) => /^(?:script|style)-src 'sha256-[\w+/=]+'$/.test(rule)), 2)
      assert.notInclude(policy.join(), "unsafe")
      assert.strictEqual(headers.get("cache-control"), "no-store")
    }))

  it.live("is for clients what it was where there is no dashboard", () =>
    Effect.gen(function*() {
      const url = yield* gateway({ dashboard: false })
      assert.strictEqual((yield* get(url, html)).text, `{"status":"ok"}`)
      const events = yield* get(`${url}/dashboard/events`)
      assert.strictEqual(events.status, 404)
      assert.notInclude(events.text, "dashboard")
    }))
})

describe.each([["the page", "/"], ["the feed", "/dashboard/events"]])("%s of the dashboard", (_, path) => {
  it.live.each<readonly [string, Gateway.Options, Record<string, string>, number, string]>([
    ["without the operator's key", guarded, {}, 401, "invalid_operator_key"],
    ["to a key of the gateway's", guarded, { authorization: `Bearer ${gatewayKey}` }, 401, "invalid_operator_key"],
    ["to what a proxy hands on, where there is no key", {}, { "x-forwarded-for": "192.0.2.1" }, 403, "operator_only"],
    ["to another site's page, where there is no key", {}, { "sec-fetch-site": "cross-site" }, 403, "foreign_site"]
  ])("stays shut %s", ([, options, headers, status, code]) =>
    Effect.gen(function*() {
      const url = yield* gateway(options)
      const seen = yield* get(url + path, { ...html, ...headers })
      assert.strictEqual(seen.status, status)
      assert.include(seen.text, `"code":"${code}"`)
      assert.notMatch(seen.text, /<html|event: snapshot|canary/)
      if (status === 401) assert.match(seen.headers.get("www-authenticate") ?? "", /^Basic realm=/)
    }))

  it.live("opens to the operator's key, as a browser sends it", () =>
    Effect.gen(function*() {
      const url = yield* gateway(guarded)
      const authorization = `Basic ${Buffer.from(`me:${operatorKey}`).toString("base64")}`
      const seen = path === "/" ? yield* get(url, { ...html, authorization }) : yield* first(url, { authorization })
      assert.strictEqual(seen.status, 200)
    }))
})

describe("GET /dashboard/events", () => {
  it.live("tells of requests without a word of them, and of their keys by name", () =>
    Effect.gen(function*() {
      const url = yield* gateway({ ...guarded, simulated: true })
      yield* ask(url, { authorization: `Bearer ${gatewayKey}` })
      const { headers, text } = yield* first(url, operator)
      assert.strictEqual(headers.get("content-type"), "text/event-stream; charset=utf-8")
      const snapshot = snapshotIn(text)
      assert.deepInclude(snapshot, { simulated: true, waiting: 0, inFlight: 0 })
      assert.deepInclude(snapshot.total, { requests: 1, flex: 1 })
      assert.deepInclude(snapshot.recent[0], { model: "gpt-5.5", tier: "flex", reason: "flex_won", outcome: "flex" })
      assert.deepInclude(snapshot.models[0], { model: "gpt-5.5", legs: 1, refusalRate: 0 })
      assert.match(snapshot.keys[0].key, /^key-[\w-]{8}$/)
      assert.isAbove(snapshot.total.savingMicroUsd, 0)
      assert.notInclude(text, "canary")
    }))

  it.live("does not hold up a gateway that closes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const url = yield* Scope.provide(gateway({ drain: "1 hour" }), scope)
      const response = yield* Effect.promise(() => fetch(`${url}/dashboard/events`))
      yield* Effect.forkDetach(Scope.close(scope, Exit.void))
      const text = yield* Effect.promise(() => response.text())
      assert.match(text, /^event: snapshot\n/)
    }))
})
