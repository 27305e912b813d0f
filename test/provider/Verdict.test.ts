import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { type FlexInferenceError, isFlexInferenceError } from "../../src/FlexInferenceError.ts"
import * as Provider from "../../src/Provider.ts"
import { Hosted } from "../../src/provider/Hosted.ts"
import { providers } from "../../src/provider/index.ts"
import * as Verdict from "../../src/provider/Verdict.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { builtIn } from "../support/dialects.ts"
import { failureOf } from "../support/streams.ts"

const { anthropic, google, openai } = providers
const plain = Provider.make({ name: "plain", baseUrl: "https://plain.test/v1" })

const answered = (provider: Provider.Provider, status: number, error: JsonObject): FlexInferenceError =>
  Verdict.errorOf(provider, { status, headers: {}, body: { error }, text: "", receivedAt: 0 })

/** The events in which a dialect's providers say an error inside a stream. */
const events: { readonly [name in DialectName]: (error: JsonObject) => ReadonlyArray<JsonObject> } = {
  responses: (error) => [{ type: "error", error }, { type: "response.failed", response: { error } }],
  "chat.completions": (error) => [{ error }],
  interactions: (error) => [{ event_type: "error", error }],
  messages: (error) => [{ type: "error", error }]
}

const streamed = (
  provider: Provider.Provider,
  error: JsonObject,
  started: boolean
): ReadonlyArray<FlexInferenceError> =>
  provider.dialects.map(builtIn).flatMap((dialect) =>
    events[dialect](error).flatMap((event) => {
      const said = failureOf(dialects[dialect], event)
      return said === undefined ? [] : [Verdict.streamErrorOf(provider, said, event, started)]
    })
  )

const meaningOf = ({ class: errorClass, retryable }: FlexInferenceError) => ({ class: errorClass, retryable })

const meanings = {
  authentication: { tag: "ProviderFailed", class: "permission", retryable: false },
  billing: { tag: "ProviderFailed", class: "billing", retryable: false },
  quota: { tag: "ProviderFailed", class: "quota", retryable: false },
  capacity: { tag: "CapacityRefused", class: "quota", retryable: true },
  tierUnsupported: { tag: "TierUnsupported", class: "capability", retryable: false },
  callerFault: { tag: "ProviderFailed", class: "validation", retryable: false },
  blocked: { tag: "ProviderFailed", class: "validation", retryable: false },
  upstream: { tag: "ProviderFailed", class: "upstream", retryable: true },
  unimplemented: { tag: "ProviderFailed", class: "upstream", retryable: false }
} as const

interface Row {
  readonly provider: Provider.Provider
  readonly verdict: keyof typeof meanings
  readonly status: number
  readonly error: JsonObject
}

const rows = (
  provider: Provider.Provider,
  list: ReadonlyArray<readonly [verdict: keyof typeof meanings, status: number, error: JsonObject]>
): ReadonlyArray<Row> => list.map(([verdict, status, error]) => ({ provider, verdict, status, error }))

const detail = (name: string, members: JsonObject) => ({
  "@type": `type.googleapis.com/google.rpc.${name}`,
  ...members
})

describe("a verdict (synthetic)", () => {
  it.each([
    ...[openai, plain].flatMap((provider) =>
      rows(provider, [
        ["authentication", 401, { code: "invalid_api_key" }],
        ["authentication", 403, { type: "permission_error", code: null }],
        ["billing", 429, { code: "insufficient_quota" }],
        ["billing", 429, { type: "insufficient_quota", code: null }],
        ["capacity", 429, { code: "resource_unavailable" }],
        ["capacity", 429, { type: "resource_unavailable", code: "flex_unavailable" }],
        ["capacity", 429, { code: "rate_limit_exceeded" }],
        ["capacity", 503, { type: "service_unavailable_error", code: "server_is_overloaded" }],
        ["tierUnsupported", 400, { type: "invalid_request_error", message: "Unsupported service_tier: flex" }],
        ["tierUnsupported", 400, { type: "invalid_request_error", param: "service_tier" }],
        ["callerFault", 400, { code: "context_length_exceeded" }],
        ["callerFault", 400, { code: "invalid_prompt" }],
        ["callerFault", 400, { type: "invalid_request_error", code: null }],
        ["callerFault", 400, { code: "image_parse_error" }],
        ["callerFault", 404, { code: "model_not_found" }],
        ["upstream", 500, { code: "server_error" }],
        ["upstream", 502, { code: "a_word_of_next_year" }]
      ])
    ),
    ...rows(google, [
      ["authentication", 401, { code: "authentication" }],
      ["authentication", 403, { code: "permission_denied" }],
      ["authentication", 400, {
        code: 400,
        status: "INVALID_ARGUMENT",
        details: [detail("ErrorInfo", { reason: "API_KEY_INVALID" })]
      }],
      ["billing", 402, { code: "payment_required" }],
      ["quota", 429, { code: "quota_exceeded" }],
      ["quota", 429, {
        code: 429,
        status: "RESOURCE_EXHAUSTED",
        details: [detail("QuotaFailure", { violations: [{ quotaId: "RequestsPerDayPerProject" }] })]
      }],
      ["capacity", 429, { code: "rate_limit_exceeded" }],
      ["capacity", 503, { code: "service_unavailable" }],
      ["capacity", 503, { code: 503, status: "UNAVAILABLE" }],
      ["tierUnsupported", 400, { code: "invalid_request", message: "flex is not supported for this model" }],
      ["callerFault", 400, { code: "invalid_request" }],
      ["callerFault", 404, { code: "model_not_found" }],
      ["callerFault", 409, { code: "already_exists" }],
      ["blocked", 400, { code: "safety" }],
      ["upstream", 409, { code: "aborted" }],
      ["upstream", 499, { code: "cancelled" }],
      ["upstream", 500, { code: "api_error" }],
      ["upstream", 502, { code: "malformed_function_call" }],
      ["upstream", 504, { code: "deadline_exceeded" }],
      ["unimplemented", 501, { code: "unimplemented" }]
    ]),
    ...rows(anthropic, [
      ["authentication", 401, { type: "authentication_error" }],
      ["authentication", 403, { type: "permission_error" }],
      ["billing", 402, { type: "billing_error" }],
      ["billing", 429, { type: "rate_limit_error", details: { error_code: "enforced_spend_limit_reached" } }],
      ["capacity", 429, { type: "rate_limit_error" }],
      ["capacity", 529, { type: "overloaded_error" }],
      ["callerFault", 400, { type: "invalid_request_error" }],
      ["callerFault", 404, { type: "not_found_error" }],
      ["callerFault", 413, { type: "request_too_large" }],
      ["upstream", 409, { type: "conflict_error" }],
      ["upstream", 500, { type: "api_error" }],
      ["upstream", 504, { type: "timeout_error" }],
      ["upstream", 502, { type: "a_word_of_next_year" }]
    ])
  ])("of $provider.name on $status $error is $verdict, as an answer, in a stream and after its start", (row) => {
    const { error, provider, status } = row
    const { tag, ...meaning } = meanings[row.verdict]
    const answer = answered(provider, status, error)
    assert.strictEqual(answer.reason._tag, tag)
    assert.deepStrictEqual(meaningOf(answer), meaning)
    for (const started of [false, true]) {
      const errors = streamed(provider, error, started)
      assert.isAbove(errors.length, 0)
      for (const inStream of errors) {
        assert.deepStrictEqual(meaningOf(inStream), meaning)
        const broke = started || meaning.class === "upstream"
        assert.strictEqual(inStream.reason._tag, broke ? "StreamFailed" : tag)
        if (inStream.reason._tag === "StreamFailed") assert.strictEqual(inStream.reason.started, started)
      }
    }
  })

  it.each([openai, google, anthropic, plain, Hosted])(
    "of $name on a status beyond HTTP's is a bad gateway, and keeps what came",
    (provider) => {
      for (const status of [600, 999]) {
        const { reason } = answered(provider, status, {})
        assert.strictEqual(reason._tag, "ProviderFailed")
        assert.deepInclude(reason, { status: 502, class: "upstream", retryable: true, providerStatus: status })
      }
    }
  )

  it("of a failure that says itself what it means is what it says, in a stream as well", () => {
    const error = {
      message: "No.",
      flexinference: {
        code: "upstream_auth_failed",
        class: "permission",
        origin: "provider",
        status: 403,
        provider: "openai",
        provider_code: "invalid_api_key",
        retryable: false
      }
    }
    for (const started of [false, true]) {
      for (const inStream of streamed(Hosted, error, started)) {
        assert.deepInclude(inStream.reason, { status: 403, class: "permission", provider: "openai", retryable: false })
      }
    }
  })

  const among = <const A extends string>(...words: ReadonlyArray<A>) => Arbitrary.schema(Schema.Literals(words))
  const word = among(
    ..."invalid_request_error context_length_exceeded flex_unavailable server_error insufficient_quota rate_limit_error"
      .split(" "),
    ..."overloaded_error quota_exceeded UNAVAILABLE unimplemented cancelled safety billing_error __proto__ x".split(" ")
  )

  it.prop(
    "has the same class, status and retryable before the start and after it, whatever is said",
    [word, word, Arbitrary.schema(Schema.Literals([400, 401, 402, 404, 409, 429, 500, 503, 529, 600, 0, -1]))],
    ([code, type, number]) => {
      for (const provider of [openai, google, anthropic, plain, Hosted]) {
        for (
          const error of [{ code, type }, { code }, { type }, { code: number, status: code }, { code: number, type }]
        ) {
          const [before, after] = [streamed(provider, error, false), streamed(provider, error, true)]
          assert.strictEqual(before.length, after.length)
          for (const [index, failure] of before.entries()) {
            const later = after[index]
            assert.isTrue(isFlexInferenceError(later) && later.reason._tag === "StreamFailed")
            assert.deepStrictEqual([meaningOf(failure), failure.status], [
              later === undefined ? undefined : meaningOf(later),
              later?.status
            ])
            assert.isTrue(failure.status >= 400 && failure.status < 600)
          }
        }
      }
    }
  )
})
