import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { AiError } from "effect/ai"
import * as Failure from "../../src/ai/Failure.ts"
import * as Errors from "../../src/FlexInferenceError.ts"

const problem = {
  field: "model",
  code: "missing_model",
  message: "model is missing.",
  rule: "It is a name.",
  example: "gpt-5.5"
}

const of = (reason: Errors.Reason, more: { readonly flex?: Errors.Reason } = {}) =>
  new Errors.FlexInferenceError({ reason, ...more })

const provider = { origin: "provider", provider: "openai", message: "It said so." } as const

const failed = (
  status: number,
  about: Partial<ConstructorParameters<typeof Errors.ProviderFailed>[0]>
) => of(new Errors.ProviderFailed({ ...provider, status, providerStatus: status, ...about }))

/** The router's error, the reason that it becomes, and what that says. */
const rows: ReadonlyArray<readonly [string, Errors.FlexInferenceError, AiError.AiErrorReason["_tag"], object]> = [
  ["a wrong request", Errors.invalidRequest([problem]), "InvalidRequestError", { parameter: "model" }],
  [
    "what a model cannot do",
    Errors.unsupported({ code: "flex_model_not_capable", param: "start_within", message: "It has no flex." }),
    "InvalidRequestError",
    { parameter: "start_within" }
  ],
  [
    "a tier that the provider does not have",
    of(new Errors.TierUnsupported({ ...provider, param: "service_tier" })),
    "InvalidRequestError",
    { parameter: "service_tier" }
  ],
  [
    "a missing key",
    Errors.unauthenticated({ code: "no_byok_key", message: "No key.", provider: "openai" }),
    "AuthenticationError",
    { kind: "MissingKey" }
  ],
  [
    "a wrong key of the router's",
    Errors.unauthenticated({ code: "invalid_api_key", message: "Wrong key." }),
    "AuthenticationError",
    { kind: "InvalidKey" }
  ],
  [
    "a key that the provider did not accept",
    failed(403, { class: "permission", code: "upstream_auth_failed", retryable: false }),
    "AuthenticationError",
    { kind: "InvalidKey" }
  ],
  [
    "what the key may not do",
    failed(403, { class: "permission", retryable: false }),
    "AuthenticationError",
    { kind: "InsufficientPermissions" }
  ],
  [
    "a refusal for want of capacity",
    of(new Errors.CapacityRefused({ ...provider, retryAfter: Duration.seconds(7) })),
    "RateLimitError",
    { retryAfter: Duration.seconds(7) }
  ],
  ["a quota that is used up", failed(429, { class: "quota", retryable: false }), "QuotaExhaustedError", {}],
  ["a bill that is not paid", failed(402, { class: "billing", retryable: false }), "QuotaExhaustedError", {}],
  [
    "a request that the provider finds wrong",
    failed(400, { class: "validation", retryable: false, param: "temperature" }),
    "InvalidRequestError",
    { parameter: "temperature" }
  ],
  [
    "content that the provider does not answer",
    failed(400, { class: "validation", retryable: false, code: "content_policy_violation" }),
    "ContentPolicyError",
    {}
  ],
  [
    "an answer to go on from that is not known",
    failed(404, { class: "validation", retryable: false, code: "previous_response_not_found" }),
    "InvalidRequestError",
    {}
  ],
  ["a fault of the provider's", failed(500, {}), "InternalProviderError", {}],
  ["a fault that stays", failed(501, { retryable: false }), "UnknownError", {}],
  [
    "a connection that broke",
    Errors.transportFailed({ provider: "openai", message: "Reset." }),
    "NetworkError",
    { reason: "TransportError" }
  ],
  [
    "an address that is wrong",
    Errors.transportFailed({ provider: "openai", message: "Bad URL.", retryable: false }),
    "NetworkError",
    { reason: "InvalidUrlError" }
  ],
  [
    "a stall",
    Errors.timedOut({ provider: "openai", clock: "firstByte", after: Duration.seconds(60), message: "Nothing came." }),
    "NetworkError",
    { reason: "TransportError" }
  ],
  [
    "a stream that was cut",
    Errors.streamFailed({ provider: "openai", message: "Cut.", started: true }),
    "NetworkError",
    { reason: "TransportError" }
  ],
  [
    "a stream that the provider ended with a failure",
    Errors.streamFailed({ provider: "openai", message: "Failed.", started: true, event: { type: "error" } }),
    "InternalProviderError",
    {}
  ],
  [
    "a stream that ran into a limit",
    of(new Errors.StreamFailed({ ...provider, class: "quota", started: true, event: { type: "error" } })),
    "RateLimitError",
    {}
  ],
  ["a caller that went away", of(new Errors.Canceled({ message: "Gone." })), "UnknownError", {}],
  ["a fault of the router's", Errors.internal(new Error("oops")), "InternalProviderError", {}]
]

const ask = Failure.fromFlexInferenceError("generateText")

describe("the router's errors in effect/ai", () => {
  it.each(rows)("%s becomes the reason that says what to do", (_name, error, tag, says) => {
    const { reason } = ask(error)
    assert.strictEqual(reason._tag, tag)
    assert.deepInclude(reason, says)
  })

  it.each(rows)("%s can be tried again, or not, as it says", (_name, error) => {
    assert.strictEqual(ask(error).isRetryable, error.retryable)
  })

  it.each(rows)("%s loses nothing of what it said", (_name, error) => {
    const { reason } = ask(error)
    if (reason._tag === "NetworkError") {
      assert.strictEqual(reason.cause, error)
      assert.include(reason.message, error.message)
      return
    }
    const { flexinference } = "metadata" in reason ? reason.metadata : {}
    assert.deepInclude(flexinference, {
      reason: error.reason._tag,
      message: error.reason.message,
      status: error.status,
      type: error.type,
      code: error.code,
      param: error.param,
      class: error.class,
      origin: error.origin,
      provider: error.provider,
      providerCode: error.providerCode,
      retryable: error.retryable,
      docUrl: error.docUrl
    })
  })

  it("have the provider's headers, its details, and what the flex leg met", () => {
    const reason = new Errors.ProviderFailed({
      ...provider,
      providerStatus: 500,
      requestId: "req_1",
      details: [{ reason: "x" }]
    })
    const flex = new Errors.CapacityRefused({ ...provider, message: "Full." })
    const error = Errors.withHeaders(of(reason, { flex }), { "x-request-id": "req_1" })
    const mapped = ask(error).reason
    assert.deepInclude(mapped, { _tag: "InternalProviderError" })
    assert.deepInclude("metadata" in mapped ? mapped.metadata.flexinference : {}, {
      requestId: "req_1",
      details: [{ reason: "x" }],
      flex: "CapacityRefused: Full."
    })
    assert.deepStrictEqual("http" in mapped ? mapped.http?.response?.headers : undefined, { "x-request-id": "req_1" })
  })

  it("name the method in which they were met", () => {
    const error = Failure.fromFlexInferenceError("streamText")(Errors.internal(new Error("oops")))
    assert.deepInclude(error, { module: "FlexLanguageModel", method: "streamText" })
  })
})
