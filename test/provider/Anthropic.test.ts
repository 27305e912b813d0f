import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted } from "effect"
import { Messages } from "../../src/dialect/messages/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { Anthropic } from "../../src/provider/Anthropic.ts"
import * as Verdict from "../../src/provider/Verdict.ts"
import type { Endpoint, ErrorAnswer } from "../../src/Provider.ts"
import { absent, recording } from "../support/fixtures.ts"
import { failureOf } from "../support/streams.ts"

const endpoint = (
  connection: { readonly baseUrl?: string; readonly headers?: { readonly [name: string]: string } } = {}
): Endpoint =>
  Anthropic.endpoint(
    { dialect: "messages", stream: true, deadline: Duration.seconds(60) },
    { baseUrl: Anthropic.baseUrl, apiKey: Redacted.make("sk-ant-secret"), ...connection }
  )

const answer = (
  status: number,
  type: string,
  options: { readonly headers?: ErrorAnswer["headers"]; readonly details?: JsonObject } = {}
): ErrorAnswer => {
  const body: JsonObject = {
    type: "error",
    error: { type, message: "Said so.", ...(options.details === undefined ? {} : { details: options.details }) },
    request_id: "req_1"
  }
  return { status, headers: options.headers ?? {}, body, text: JSON.stringify(body), receivedAt: 0 }
}

describe("a call to Anthropic", () => {
  it.each(["https://api.anthropic.com", "https://api.anthropic.com/", "https://api.anthropic.com/v1"])(
    "goes to the Messages endpoint below %s",
    (baseUrl) => {
      assert.strictEqual(endpoint({ baseUrl }).url, "https://api.anthropic.com/v1/messages")
    }
  )

  it("is signed with the key and the version that was recorded", () => {
    const { headers } = endpoint()
    assert.strictEqual(headers["x-api-key"], "sk-ant-secret")
    assert.strictEqual(headers["anthropic-version"], "2023-06-01")
    assert.strictEqual(headers["accept"], "text/event-stream")
  })

  it("takes another version from the connection, but no other key", () => {
    const { headers } = endpoint({ headers: { "anthropic-version": "2026-10-21", "x-api-key": "other" } })
    assert.strictEqual(headers["anthropic-version"], "2026-10-21")
    assert.strictEqual(headers["x-api-key"], "sk-ant-secret")
  })
})

describe("Anthropic's tiers", () => {
  it("have a word for all but flex", () => {
    assert.deepStrictEqual(
      (["flex", "standard", "priority", "auto"] as const).map((tier) => Anthropic.tierToWire(tier)),
      [undefined, "standard_only", "auto", "auto"]
    )
  })

  it("are read back from an answer, and an unknown word is no tier", () => {
    assert.deepStrictEqual(["standard", "standard_only", "priority", "batch", "x"].map(Anthropic.tierFromWire), [
      "standard",
      "standard",
      "priority",
      undefined,
      undefined
    ])
  })
})

describe("an error answer of Anthropic's (synthetic, but for the recorded ones)", () => {
  const details = { error_code: "enforced_spend_limit_reached" }
  it.each<{
    answer: ErrorAnswer
    tag: string
    status?: number
    type: string
    class: string
    retryable: boolean
  }>([
    {
      answer: answer(400, "invalid_request_error"),
      tag: "ProviderFailed",
      type: "invalid_request_error",
      class: "validation",
      retryable: false
    },
    {
      answer: answer(402, "billing_error"),
      tag: "ProviderFailed",
      type: "billing_error",
      class: "billing",
      retryable: false
    },
    {
      answer: answer(404, "not_found_error"),
      tag: "ProviderFailed",
      type: "invalid_request_error",
      class: "validation",
      retryable: false
    },
    {
      answer: answer(413, "request_too_large"),
      tag: "ProviderFailed",
      type: "invalid_request_error",
      class: "validation",
      retryable: false
    },
    {
      answer: answer(429, "rate_limit_error"),
      tag: "CapacityRefused",
      type: "rate_limit_error",
      class: "quota",
      retryable: true
    },
    {
      answer: answer(429, "rate_limit_error", { details }),
      tag: "ProviderFailed",
      type: "rate_limit_error",
      class: "billing",
      retryable: false
    },
    {
      answer: answer(500, "api_error"),
      tag: "ProviderFailed",
      type: "server_error",
      class: "upstream",
      retryable: true
    },
    { answer: answer(503, "api_error"), tag: "CapacityRefused", type: "server_error", class: "quota", retryable: true },
    {
      answer: answer(504, "timeout_error"),
      tag: "ProviderFailed",
      type: "server_error",
      class: "upstream",
      retryable: true
    },
    {
      answer: answer(529, "overloaded_error"),
      tag: "CapacityRefused",
      type: "server_error",
      class: "quota",
      retryable: true
    }
  ])("$answer.status of class $class is $tag, and names Anthropic's own word", (expected) => {
    const error = Verdict.errorOf(Anthropic, expected.answer)
    assert.strictEqual(error.reason._tag, expected.tag)
    assert.strictEqual(error.status, expected.answer.status)
    assert.strictEqual(error.type, expected.type)
    assert.strictEqual(error.class, expected.class)
    assert.strictEqual(error.retryable, expected.retryable)
    assert.strictEqual(error.providerCode, Json.object(expected.answer.body ?? {}, "error")?.["type"])
    assert.strictEqual(error.message, "Said so.")
  })

  it.each([401, 403])("%d says that the configured key was not accepted, and keeps the real status", (status) => {
    const { reason } = Verdict.errorOf(Anthropic, answer(status, "authentication_error"))
    assert.strictEqual(reason._tag, "ProviderFailed")
    assert.strictEqual(reason.status, 403)
    assert.strictEqual(reason.code, "upstream_auth_failed")
    assert.strictEqual(reason.class, "permission")
    assert.strictEqual(reason._tag === "ProviderFailed" ? reason.providerStatus : undefined, status)
  })

  it("says how long to wait, where the answer does", () => {
    const waiting = Verdict.errorOf(Anthropic, answer(429, "rate_limit_error", { headers: { "retry-after": "7" } }))
    assert.deepStrictEqual(waiting.retryAfter, Duration.seconds(7))
    assert.isUndefined(Verdict.errorOf(Anthropic, answer(529, "overloaded_error")).retryAfter)
  })

  it("without a body still says something", () => {
    const error = Verdict.errorOf(Anthropic, {
      status: 502,
      headers: {},
      body: undefined,
      text: "<html>",
      receivedAt: 0
    })
    assert.include(error.message, "502")
    assert.isNull(error.code)
  })

  it.skipIf(absent)("is read from recorded traffic", () => {
    const of = (name: string) => {
      const { body, headers, status } = recording("anthropic-messages", name)
      return Verdict.errorOf(Anthropic, {
        status,
        headers,
        body: Json.isObject(body) ? body : undefined,
        text: JSON.stringify(body),
        receivedAt: 0
      })
    }
    assert.strictEqual(of("error-401.exchange.json").code, "upstream_auth_failed")
    assert.strictEqual(of("error-400-effort.exchange.json").providerCode, "invalid_request_error")
    assert.include(of("error-400-effort.exchange.json").message, "xhigh")
  })
})

describe("a failure inside a stream of Anthropic's (synthetic)", () => {
  const failure = (type: string, started: boolean, details?: JsonObject) => {
    const event: JsonObject = {
      type: "error",
      error: { type, message: "Broke.", ...(details === undefined ? {} : { details }) }
    }
    const said = failureOf(Messages, event)
    assert.isDefined(said)
    return Verdict.streamErrorOf(
      Anthropic,
      said ?? { type: null, code: null, message: "", param: null },
      event,
      started
    )
  }

  it.each(["overloaded_error", "rate_limit_error"])(
    "%s is a refusal before the start, and a break after it",
    (type) => {
      assert.strictEqual(failure(type, false).reason._tag, "CapacityRefused")
      assert.strictEqual(failure(type, true).reason._tag, "StreamFailed")
    }
  )

  it("that is none of those is a break at any time, and keeps Anthropic's event", () => {
    for (const started of [false, true]) {
      const { reason } = failure("api_error", started)
      assert.strictEqual(reason._tag, "StreamFailed")
      assert.strictEqual(reason.status, 500)
      assert.strictEqual(reason.providerCode, "api_error")
      if (reason._tag === "StreamFailed") {
        assert.strictEqual(reason.started, started)
        assert.strictEqual(reason.event?.["type"], "error")
      }
    }
  })

  it("that names a spend limit is about money, not about waiting", () => {
    const { reason } = failure("rate_limit_error", false, { error_code: "enforced_spend_limit_reached" })
    assert.strictEqual(reason._tag, "ProviderFailed")
    assert.strictEqual(reason.class, "billing")
    assert.isFalse(reason.retryable)
  })
})
