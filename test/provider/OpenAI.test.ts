import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted } from "effect"
import * as Json from "../../src/wire/Json.ts"
import { OpenAI } from "../../src/provider/OpenAI.ts"
import * as Verdict from "../../src/provider/Verdict.ts"
import { absent, recordings } from "../support/fixtures.ts"

const answer = (status: number, error: Json.JsonObject | string, headers: { readonly [name: string]: string } = {}) =>
  Verdict.errorOf(OpenAI, {
    status,
    headers,
    text: typeof error === "string" ? error : JSON.stringify({ error }),
    body: typeof error === "string" ? undefined : { error },
    receivedAt: Date.UTC(2026, 0, 1)
  })

const call = {
  dialect: "chat.completions",
  stream: true,
  deadline: Duration.seconds(1)
} as const

describe("OpenAI", () => {
  it("is asked at its base URL with a bearer key", () => {
    const endpoint = OpenAI.endpoint(call, {
      baseUrl: "https://proxy.test/openai/v1/",
      apiKey: Redacted.make("sk-1"),
      headers: { "openai-project": "p", authorization: "another" }
    })
    assert.strictEqual(endpoint.url, "https://proxy.test/openai/v1/chat/completions")
    assert.deepInclude(endpoint.headers, {
      authorization: "Bearer sk-1",
      accept: "text/event-stream",
      "openai-project": "p"
    })
  })

  it.each(
    [
      ["flex", "flex"],
      ["standard", "default"],
      ["priority", "priority"],
      ["fast", "fast"],
      ["ultrafast", "ultrafast"],
      ["scale", "scale"],
      ["auto", "auto"]
    ] as const
  )("calls the %s tier %s, and back", (tier, word) => {
    assert.strictEqual(OpenAI.tierToWire(tier), word)
    assert.strictEqual(OpenAI.tierFromWire(word), tier)
  })

  it.each(
    [
      {
        status: 429,
        error: { code: "resource_unavailable", message: "m" },
        tag: "CapacityRefused",
        class: "quota",
        retryable: true
      },
      {
        status: 429,
        error: { type: "resource_unavailable", code: "flex_unavailable", message: "m" },
        tag: "CapacityRefused",
        class: "quota",
        retryable: true
      },
      {
        status: 429,
        error: { code: "rate_limit_exceeded", message: "m" },
        tag: "CapacityRefused",
        class: "quota",
        retryable: true
      },
      {
        status: 503,
        error: { code: "server_is_overloaded", message: "m" },
        tag: "CapacityRefused",
        class: "quota",
        retryable: true
      },
      {
        status: 429,
        error: { code: "insufficient_quota", message: "m" },
        tag: "ProviderFailed",
        class: "billing",
        retryable: false
      },
      {
        status: 429,
        error: { type: "insufficient_quota", code: null, message: "m" },
        tag: "ProviderFailed",
        class: "billing",
        retryable: false
      },
      {
        status: 400,
        error: { code: null, message: "Invalid service_tier argument" },
        tag: "TierUnsupported",
        class: "capability",
        retryable: false
      },
      {
        status: 400,
        error: { param: "service_tier", message: "Unsupported." },
        tag: "TierUnsupported",
        class: "capability",
        retryable: false
      },
      {
        status: 400,
        error: { code: "context_length_exceeded", message: "m" },
        tag: "ProviderFailed",
        class: "validation",
        retryable: false
      },
      {
        status: 404,
        error: { code: "model_not_found", message: "m" },
        tag: "ProviderFailed",
        class: "validation",
        retryable: false
      },
      { status: 408, error: { message: "m" }, tag: "ProviderFailed", class: "upstream", retryable: true },
      { status: 409, error: { message: "m" }, tag: "ProviderFailed", class: "upstream", retryable: true },
      {
        status: 500,
        error: { code: "server_error", message: "m" },
        tag: "ProviderFailed",
        class: "upstream",
        retryable: true
      }
    ] as const
  )("reads $status $error.code as $tag of class $class", ({ class: errorClass, error, retryable, status, tag }) => {
    const read = answer(status, error)
    assert.deepInclude(read.reason, {
      _tag: tag,
      status,
      class: errorClass,
      retryable,
      origin: "provider",
      provider: "openai"
    })
    assert.strictEqual(read.message, error.message)
  })

  it.each([401, 403])("reports a %i as upstream_auth_failed, for the caller's own key was fine", (status) => {
    const read = answer(status, { code: "invalid_api_key", message: "m" })
    assert.deepInclude(read.reason, {
      status: 403,
      code: "upstream_auth_failed",
      providerCode: "invalid_api_key",
      providerStatus: status
    })
  })

  it("takes a 400 that only mentions the tier for what it is", () => {
    const read = answer(400, {
      code: "missing_start_within",
      message: "start_within is missing; service_tier is set from it."
    })
    assert.strictEqual(read.reason._tag, "ProviderFailed")
  })

  it("says something readable of an answer that is no JSON", () => {
    const read = answer(502, "<html>Bad gateway</html>")
    assert.deepInclude(read.reason, { _tag: "ProviderFailed", status: 502, code: null })
    assert.include(read.message, "502")
  })

  it.each([
    ["retry-after-ms", "1500", 1500],
    ["retry-after", "7", 7000],
    ["retry-after", "Thu, 01 Jan 2026 00:00:30 GMT", 30_000]
  ])("reads %s: %s", (name, value, millis) => {
    const { retryAfter } = answer(429, { message: "m" }, { [name]: value })
    assert.strictEqual(retryAfter === undefined ? undefined : Duration.toMillis(retryAfter), millis)
  })

  it.each([
    { code: "flex_unavailable", started: false, tag: "CapacityRefused" },
    { code: "server_is_overloaded", started: false, tag: "CapacityRefused" },
    { code: "flex_unavailable", started: true, tag: "StreamFailed" },
    { code: "server_error", started: false, tag: "StreamFailed" },
    { code: "insufficient_quota", started: false, tag: "ProviderFailed" },
    { code: "invalid_prompt", started: false, tag: "ProviderFailed" }
  ])("reads $code inside a stream (started: $started) as $tag", ({ code, started, tag }) => {
    const failure = { type: null, code, message: "m", param: null }
    assert.strictEqual(Verdict.streamErrorOf(OpenAI, failure, { type: "error" }, started).reason._tag, tag)
  })

  describe.skipIf(absent)("on recorded traffic", () => {
    const errors = [...recordings("openai-responses"), ...recordings("openai-chat")].filter(({ status }) =>
      status >= 400
    )

    it.each(errors)("keeps what $name says", ({ body, headers, status }) => {
      if (!Json.isObject(body)) throw new Error("no object")
      const error = Json.object(body, "error") ?? {}
      const read = Verdict.errorOf(OpenAI, { status, headers, body, text: JSON.stringify(body), receivedAt: 0 })
      assert.strictEqual(
        read.message,
        status === 401
          ? "OpenAI did not accept the key it was called with (401 invalid_api_key). Check the key that is configured " +
            "for it, and what that key may do."
          : Json.string(error, "message")
      )
      assert.strictEqual(read.providerCode, Json.string(error, "code") ?? null)
      assert.strictEqual(read.param, Json.string(error, "param") ?? null)
    })
  })
})
