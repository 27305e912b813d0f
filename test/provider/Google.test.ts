import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted } from "effect"
import { Interactions } from "../../src/dialect/interactions/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { Google } from "../../src/provider/Google.ts"
import * as Verdict from "../../src/provider/Verdict.ts"
import type { Endpoint, ErrorAnswer } from "../../src/Provider.ts"
import { absent, recording } from "../support/fixtures.ts"

const endpoint = (
  options: { readonly baseUrl?: string; readonly stream?: boolean; readonly deadline?: Duration.Input } = {}
): Endpoint =>
  Google.endpoint(
    {
      dialect: "interactions",
      stream: options.stream ?? false,
      deadline: Duration.fromInputUnsafe(options.deadline ?? "60 seconds")
    },
    {
      baseUrl: options.baseUrl ?? Google.baseUrl,
      apiKey: Redacted.make("AIza-secret"),
      headers: { "x-goog-api-key": "other", "x-extra": "1" }
    }
  )

/** Of a key that was not accepted nothing is quoted. */
const inOurWords = /^Google Gemini did not accept the key it was called with/

const answer = (status: number, error: JsonObject, headers: ErrorAnswer["headers"] = {}): ErrorAnswer => {
  const body: JsonObject = { error: { message: "Said so.", ...error } }
  return { status, headers, body, text: JSON.stringify(body), receivedAt: 0 }
}

const detail = (name: string, members: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/google.rpc.${name}`,
  ...members
})

describe("a call to Google", () => {
  it.each([
    "https://generativelanguage.googleapis.com",
    "https://generativelanguage.googleapis.com/",
    "https://generativelanguage.googleapis.com/v1beta",
    "https://generativelanguage.googleapis.com/v1beta/"
  ])("goes to Interactions below %s", (baseUrl) => {
    assert.strictEqual(
      endpoint({ baseUrl }).url,
      "https://generativelanguage.googleapis.com/v1beta/interactions"
    )
  })

  it("is signed with the key of the connection and no other", () => {
    const { headers } = endpoint()
    assert.strictEqual(headers["x-goog-api-key"], "AIza-secret")
    assert.strictEqual(headers["x-extra"], "1")
    assert.strictEqual(headers["content-type"], "application/json")
  })

  it("asks for events where it streams and for JSON where it does not", () => {
    assert.strictEqual(new URL(endpoint({ stream: true }).url).search, "?alt=sse")
    assert.strictEqual(endpoint({ stream: true }).headers["accept"], "text/event-stream")
    assert.strictEqual(new URL(endpoint().url).search, "")
    assert.strictEqual(endpoint().headers["accept"], "application/json")
  })

  it.each<[Duration.Input, string | undefined]>([
    ["60 seconds", "60"],
    ["1500 millis", "2"],
    ["1 millis", "1"],
    [Duration.infinity, undefined]
  ])("tells the server how long it waits: %s", (deadline, seconds) => {
    assert.strictEqual(endpoint({ deadline }).headers["x-server-timeout"], seconds)
  })
})

describe("Google's tiers", () => {
  it("have a word each, but for auto", () => {
    assert.deepStrictEqual(
      (["flex", "standard", "priority", "auto"] as const).map(Google.tierToWire),
      ["flex", "standard", "priority", undefined]
    )
  })

  it("are read back from an answer, and an unknown word is no tier", () => {
    assert.deepStrictEqual(["flex", "standard", "priority", "deferred", "auto"].map(Google.tierFromWire), [
      "flex",
      "standard",
      "priority",
      undefined,
      undefined
    ])
  })
})

describe("an error answer of Google's (synthetic, but for the recorded ones)", () => {
  it.each<{
    name: string
    answer: ErrorAnswer
    tag: string
    class: string
    retryable: boolean
    code: string | null
    status?: number
  }>([
    {
      name: "no capacity",
      answer: answer(503, { code: "service_unavailable" }),
      tag: "CapacityRefused",
      class: "quota",
      retryable: true,
      code: "service_unavailable"
    },
    {
      name: "no capacity, in the gateway's form",
      answer: answer(503, { code: 503, status: "UNAVAILABLE" }),
      tag: "CapacityRefused",
      class: "quota",
      retryable: true,
      code: "UNAVAILABLE"
    },
    {
      name: "no capacity, in no form at all",
      answer: { ...answer(503, {}), body: undefined, text: "upstream" },
      tag: "CapacityRefused",
      class: "quota",
      retryable: true,
      code: null
    },
    {
      name: "a rate limit",
      answer: answer(429, { code: "rate_limit_exceeded" }),
      tag: "CapacityRefused",
      class: "quota",
      retryable: true,
      code: "rate_limit_exceeded"
    },
    {
      name: "a day's quota",
      answer: answer(429, { code: "quota_exceeded" }),
      tag: "ProviderFailed",
      class: "quota",
      retryable: false,
      code: "quota_exceeded"
    },
    {
      name: "a day's quota, in the gateway's form",
      answer: answer(429, {
        code: 429,
        status: "RESOURCE_EXHAUSTED",
        details: [detail("QuotaFailure", { violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }] })]
      }),
      tag: "ProviderFailed",
      class: "quota",
      retryable: false,
      code: "RESOURCE_EXHAUSTED"
    },
    {
      name: "no money",
      answer: answer(402, { code: "payment_required" }),
      tag: "ProviderFailed",
      class: "billing",
      retryable: false,
      code: "payment_required"
    },
    {
      name: "a bad key",
      answer: answer(401, { code: "authentication" }),
      tag: "ProviderFailed",
      class: "permission",
      retryable: false,
      code: "upstream_auth_failed",
      status: 403
    },
    {
      name: "a key without the right",
      answer: answer(403, { code: "permission_denied" }),
      tag: "ProviderFailed",
      class: "permission",
      retryable: false,
      code: "upstream_auth_failed",
      status: 403
    },
    {
      name: "a wrong parameter",
      answer: answer(400, { code: "parameter_unknown" }),
      tag: "ProviderFailed",
      class: "validation",
      retryable: false,
      code: "parameter_unknown"
    },
    {
      name: "a tier the model lacks",
      answer: answer(400, { code: "invalid_request", message: "service_tier flex is not supported for this model." }),
      tag: "TierUnsupported",
      class: "capability",
      retryable: false,
      code: "invalid_request"
    },
    {
      name: "an unknown model",
      answer: answer(404, { code: "model_not_found" }),
      tag: "ProviderFailed",
      class: "validation",
      retryable: false,
      code: "model_not_found"
    },
    {
      name: "recitation",
      answer: answer(400, { code: "recitation" }),
      tag: "ProviderFailed",
      class: "validation",
      retryable: false,
      code: "recitation"
    },
    {
      name: "a timeout",
      answer: answer(408, {}),
      tag: "ProviderFailed",
      class: "upstream",
      retryable: true,
      code: null
    },
    {
      name: "a conflict that passes",
      answer: answer(409, { code: "aborted" }),
      tag: "ProviderFailed",
      class: "upstream",
      retryable: true,
      code: "aborted"
    },
    {
      name: "a conflict that stays",
      answer: answer(409, { code: "already_exists" }),
      tag: "ProviderFailed",
      class: "validation",
      retryable: false,
      code: "already_exists"
    },
    {
      name: "a fault",
      answer: answer(500, { code: "api_error" }),
      tag: "ProviderFailed",
      class: "upstream",
      retryable: true,
      code: "api_error"
    },
    {
      name: "something not built",
      answer: answer(501, { code: "unimplemented" }),
      tag: "ProviderFailed",
      class: "upstream",
      retryable: false,
      code: "unimplemented"
    },
    {
      name: "a deadline",
      answer: answer(504, { code: "deadline_exceeded" }),
      tag: "ProviderFailed",
      class: "upstream",
      retryable: true,
      code: "deadline_exceeded"
    }
  ])("says $name as $tag", ({ answer, code, retryable, status = answer.status, tag, ...expected }) => {
    const error = Verdict.errorOf(Google, answer)
    assert.strictEqual(error.reason._tag, tag)
    assert.strictEqual(error.class, expected.class)
    assert.strictEqual(error.retryable, retryable)
    assert.strictEqual(error.code, code)
    assert.strictEqual(error.status, status)
    assert.strictEqual(error.provider, "google")
    assert.strictEqual(error.origin, "provider")
    if (code === "upstream_auth_failed") assert.match(error.message, inOurWords)
    else if (answer.body !== undefined) {
      assert.strictEqual(error.message, Json.string(Json.object(answer.body, "error") ?? {}, "message"))
    }
    assert.isAbove(error.message.length, 0)
    if (error.reason._tag === "ProviderFailed") assert.strictEqual(error.reason.providerStatus, answer.status)
  })

  it("asks to wait as long as a header says, or else as long as its details say", () => {
    const details = [detail("RetryInfo", { retryDelay: "34.4s" })]
    assert.deepStrictEqual(Verdict.errorOf(Google, answer(429, { details })).retryAfter, Duration.millis(34_400))
    assert.deepStrictEqual(
      Verdict.errorOf(Google, answer(429, { details }, { "retry-after": "7" })).retryAfter,
      Duration.seconds(7)
    )
    assert.isUndefined(Verdict.errorOf(Google, answer(429, {})).retryAfter)
  })

  it.skipIf(absent)("knows a refused key by its reason though the status is 400 (recorded)", () => {
    const { body, headers, status } = recording(
      "gemini-interactions",
      "error-400-api-key-generatecontent.exchange.json"
    )
    const error = Verdict.errorOf(Google, {
      status,
      headers,
      body: Json.isObject(body) ? body : undefined,
      text: JSON.stringify(body),
      receivedAt: 0
    })
    assert.deepStrictEqual(
      [error.status, error.code, error.class, error.providerCode],
      [403, "upstream_auth_failed", "permission", "API_KEY_INVALID"]
    )
    assert.strictEqual(error.reason._tag === "ProviderFailed" ? error.reason.providerStatus : 0, 400)
  })

  it.skipIf(absent)("takes a minute's quota as a rate limit (recorded)", () => {
    const { body } = recording("gemini-interactions", "error-429-retryinfo-generatecontent.json")
    const error = Verdict.errorOf(Google, {
      status: 429,
      headers: {},
      body: Json.isObject(body) ? body : undefined,
      text: JSON.stringify(body),
      receivedAt: 0
    })
    assert.strictEqual(error.reason._tag, "CapacityRefused")
    assert.strictEqual(error.providerCode, "RESOURCE_EXHAUSTED")
    assert.deepStrictEqual(error.retryAfter, Duration.millis(34_400))
  })
})

describe("a failure inside a stream of Google's (synthetic)", () => {
  const failing = (error: JsonObject, started: boolean) => {
    const event: JsonObject = { event_type: "error", error: { message: "Said so.", ...error } }
    return Verdict.streamErrorOf(Google, Interactions.failureOf(event) ?? assert.fail("no failure"), event, started)
  }

  it.each<{ error: JsonObject; tag: string; status: number }>([
    { error: { code: "rate_limit_exceeded" }, tag: "CapacityRefused", status: 429 },
    { error: { code: "service_unavailable" }, tag: "CapacityRefused", status: 503 },
    { error: { code: 503, status: "UNAVAILABLE" }, tag: "CapacityRefused", status: 503 },
    { error: { code: 429 }, tag: "CapacityRefused", status: 429 },
    { error: { code: "quota_exceeded" }, tag: "ProviderFailed", status: 429 },
    { error: { code: "authentication" }, tag: "ProviderFailed", status: 403 },
    { error: { code: "invalid_request" }, tag: "ProviderFailed", status: 400 },
    { error: { code: "safety" }, tag: "ProviderFailed", status: 400 },
    { error: { code: "api_error" }, tag: "StreamFailed", status: 500 },
    { error: { code: "gateway_timeout" }, tag: "StreamFailed", status: 504 },
    { error: { code: "malformed_function_call" }, tag: "StreamFailed", status: 502 },
    { error: {}, tag: "StreamFailed", status: 502 }
  ])("is $tag for $error before the start, and a broken stream after it", ({ error, status, tag }) => {
    const before = failing(error, false)
    assert.strictEqual(before.reason._tag, tag)
    assert.strictEqual(before.status, status)
    const isOurs = before.code === "upstream_auth_failed"
    assert.match(before.message, isOurs ? inOurWords : /^Said so\.$/)
    const after = failing(error, true).reason
    assert.isTrue(after._tag === "StreamFailed" && after.started)
    assert.strictEqual(
      after._tag === "StreamFailed" && after.event !== undefined ? Json.string(after.event, "event_type") : undefined,
      isOurs ? undefined : "error"
    )
  })
})
