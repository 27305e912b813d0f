import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient, type HttpClientError, type HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import * as FlexInference from "../../src/FlexInference.ts"
import * as ClientResponse from "../../src/transport/ClientResponse.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Running from "../gateway/running.ts"

const apiKey = Redacted.make("flex_live_1")
const request = { model: "gpt-5.5", input: "Hello", start_within: "00h-00m-05s" } as const

/** The service over a running gateway, which speaks the hosted router's contract. */
const overGateway = <A, E>(
  script: Script.Script,
  program: Effect.Effect<A, E, FlexInference.FlexInference>,
  keys: ReadonlyArray<Redacted.Redacted<string>> = [apiKey]
) =>
  Effect.gen(function*() {
    const { url } = yield* Running.onSimulator({ script, gateway: { keys } })
    return yield* program.pipe(
      Effect.provide(
        FlexInference.layerHosted({ apiKey, baseUrl: `${url}/v1/` }).pipe(Layer.provide(FetchHttpClient.layer))
      )
    )
  })

/** The service over a wire of our own making. */
const over = (
  status: number,
  headers: { readonly [name: string]: string },
  body: string,
  seen: Array<HttpClientRequest.HttpClientRequest> = []
) =>
  FlexInference.layerHosted({ apiKey, baseUrl: "https://router.test/v1" }).pipe(
    Layer.provide(Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
        Effect.flatMap((request) => {
          seen.push(request)
          return ClientResponse.make({
            request,
            url: request.url,
            status,
            headers,
            stream: Stream.make(new TextEncoder().encode(body))
          })
        }),
        Effect.succeed
      )
    ))
  )

describe("layerHosted", () => {
  it.live("serves the same program as layer does, body and record", () =>
    overGateway(
      Script.always(Behavior.answer({ text: "Hello from afar" })),
      Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        const response = yield* flex.responses.create(request)
        assert.strictEqual(FlexInference.outputText(response), "Hello from afar")
        assert.strictEqual(response.usage?.routing?.reason, "flex_won")
      })
    ))

  it.live("streams, and reports what the router's headers say", () =>
    overGateway(
      Script.byTier({ flex: Behavior.refuse(), standard: Behavior.answer({ text: "Hello from afar" }) }),
      Effect.scoped(Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        const { events, report, routing } = yield* flex.responses.open(request)
        assert.deepInclude(routing, { provider: "openai", reason: "flex_capacity", mode: "byok", simulated: true })
        const text = yield* Stream.runFold(events, () =>
          "", (text, event) =>
          event.type === "response.output_text.delta" ? text + event.delta : text)
        assert.strictEqual(text, "Hello from afar")
        assert.deepInclude(yield* report, { tier: "default", tierInferred: false, costMicroUsd: undefined })
      }))
    ))

  it.live("reports the cost of a stream that was asked for it", () =>
    overGateway(
      Script.always(Behavior.answer({ text: "Hello from afar" })),
      Effect.scoped(Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        const { events, report } = yield* flex.responses.open({ ...request, include_cost: true })
        yield* Stream.runDrain(events)
        assert.isAbove((yield* report).costMicroUsd ?? 0, 0)
      }))
    ))

  it.live("turns the router's errors into the same typed errors", () =>
    Effect.gen(function*() {
      const unknown = yield* Effect.flip(overGateway(
        Script.always(Behavior.answer()),
        Effect.flatMap(FlexInference.FlexInference, (flex) => flex.responses.create(request)),
        [Redacted.make("another")]
      ))
      assert.deepInclude(unknown.reason, { _tag: "Unauthenticated", status: 401, code: "invalid_api_key" })
      const capability = yield* Effect.flip(overGateway(
        Script.always(Behavior.answer()),
        Effect.flatMap(FlexInference.FlexInference, (flex) => flex.responses.create({ ...request, model: "gpt-4o" }))
      ))
      assert.deepInclude(capability.reason, {
        _tag: "Unsupported",
        status: 400,
        code: "flex_model_not_capable",
        param: "start_within"
      })
    }))

  it.live("raises a stream that failed after it started, with the status it would have had", () =>
    overGateway(
      Script.always(Behavior.fail(2)),
      Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        const error = yield* Effect.flip(Stream.runDrain(flex.responses.stream(request)))
        assert.deepInclude(error.reason, { _tag: "StreamFailed", status: 502, started: true })
      })
    ))

  it.effect("checks a request before anything is sent", () => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    return Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const error = yield* Effect.flip(flex.responses.create({ ...request, model: "" }))
      assert.strictEqual(error.code, "missing_model")
      assert.deepStrictEqual(seen, [])
    }).pipe(Effect.provide(over(200, {}, "{}", seen)))
  })

  it.effect("sends the caller's key as a bearer, to the path of the surface, and the request as it is", () => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    return Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      yield* flex.messages.create({ model: "claude-opus-4-8", max_tokens: 10, messages: [], start_within: "default" })
      const [sent] = seen
      assert.strictEqual(sent?.url, "https://router.test/v1/messages")
      assert.strictEqual(sent?.headers["authorization"], "Bearer flex_live_1")
      assert.strictEqual(sent?.body._tag, "Uint8Array")
    }).pipe(Effect.provide(over(200, {}, "{}", seen)))
  })

  it.effect("knows a cost and a managed serve by the headers", () =>
    Effect.scoped(Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const { routing } = yield* flex.responses.open(request)
      assert.deepInclude(routing, {
        provider: "foundry",
        mode: "managed",
        reason: "a_word_of_next_year",
        costMicroUsd: 12
      })
    })).pipe(Effect.provide(over(
      200,
      {
        "x-flexinference-served-provider": "foundry",
        "x-flexinference-pricing": "managed",
        "x-flexinference-routing-reason": "a_word_of_next_year",
        "x-flexinference-cost": "12"
      },
      `event: response.completed\ndata: {"type":"response.completed","response":{"output":[]}}\n\n`
    ))))

  it.effect.each(["", "free", "-1", "1.5"])(
    "knows no cost and no retries by a header that says %j",
    (value) =>
      Effect.scoped(Effect.gen(function*() {
        const flex = yield* FlexInference.FlexInference
        const { routing } = yield* flex.responses.open(request)
        assert.deepInclude(routing, { costMicroUsd: undefined, retries: 0 })
      })).pipe(Effect.provide(over(
        200,
        { "x-flexinference-cost": value, "x-flexinference-retries": value },
        `data: {"type":"response.completed","response":{"output":[]}}\n\n`
      )))
  )

  it.effect.each([0, 200, 402.5, 1000])("takes no %d from the block for a status", (status) =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const error = yield* Effect.flip(flex.responses.create(request))
      assert.strictEqual(error.status, 503)
    }).pipe(Effect.provide(over(503, {}, JSON.stringify({ error: { message: "No.", flexinference: { status } } })))))

  it.effect.each(
    [
      ["the window and 30 s, where all calls have less", { firstByte: "1 second" }, undefined, 35_000],
      ["what all calls have, where that is more", { firstByte: "2 minutes" }, undefined, 120_000],
      ["what the call itself has", { firstByte: "2 minutes" }, { firstByte: "1 second" }, 1000],
      [
        "what all calls have, where the call leaves it open",
        { firstByte: "2 minutes" },
        { firstByte: undefined },
        120_000
      ]
    ] as const
  )("waits for the first byte for %s", ([, options, call, millis]) =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const fiber = yield* Effect.forkChild(Effect.flip(Effect.scoped(flex.responses.open(request, call))), {
        startImmediately: true
      })
      yield* TestClock.adjust(millis - 1)
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      yield* TestClock.adjust(1)
      assert.deepInclude((yield* Fiber.join(fiber)).reason, { _tag: "TimedOut", clock: "firstByte" })
    }).pipe(Effect.provide(
      FlexInference.layerHosted({ apiKey, ...options }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.never)))
      )
    )))

  it.effect.each(
    [
      [402, "billing", "insufficient_balance", "ProviderFailed"],
      [499, "canceled", "request_canceled", "Canceled"],
      [403, "permission", "moderation_blocked", "ProviderFailed"],
      [429, "quota", "rate_limit_exceeded", "CapacityRefused"],
      [400, "validation", "missing_model", "InvalidRequest"]
    ] as const
  )("reads a %i of class %s from the block", ([status, errorClass, code, tag]) =>
    Effect.gen(function*() {
      const flex = yield* FlexInference.FlexInference
      const error = yield* Effect.flip(flex.responses.create(request))
      assert.deepInclude(error.reason, { _tag: tag, status, class: errorClass, code, retryable: false })
      assert.strictEqual(error.docUrl, `https://router.test/errors#${code}`)
    }).pipe(Effect.provide(over(
      status,
      {},
      JSON.stringify({
        error: {
          message: "No.",
          type: "x",
          flexinference: {
            code,
            class: errorClass,
            origin: "flexinference",
            status,
            retryable: false,
            doc_url: `https://router.test/errors#${code}`
          }
        }
      })
    ))))
})
