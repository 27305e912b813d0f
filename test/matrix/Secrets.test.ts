import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Stream } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import { type FlexInferenceError, isFlexInferenceError } from "../../src/FlexInferenceError.ts"
import * as Router from "../../src/Router.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { layer, type Wire } from "../support/wire.ts"
import { models, providerNames, surfaces, upstreamOf } from "./cells.ts"

const keys = {
  openai: "sk-canary-openai-1",
  google: "AIza+canary/google=2",
  anthropic: "sk-ant-canary-3",
  header: "canary-proxy-token-4",
  gateway: "canary-gateway-5"
}
const secrets = Object.values(keys)
const quoted = [...secrets, ...secrets.map(encodeURIComponent), ...secrets.map((key) => key.toUpperCase())]
const canary = `Bearer ${quoted.join(" ")} was not accepted`

const connection = (apiKey: string) => ({
  apiKey: Redacted.make(apiKey),
  headers: { "x-proxy-token": `Bearer ${keys.header}` }
})

const options: Partial<Router.Options> = {
  openai: connection(keys.openai),
  google: connection(keys.google),
  anthropic: connection(keys.anthropic),
  secrets: [Redacted.make(keys.gateway)]
}

/** What is quoted in every place that an error of any provider has. */
const error: JsonObject = {
  message: canary,
  type: canary,
  code: canary,
  status: canary,
  param: canary,
  details: [{ "@type": "x.ErrorInfo", reason: canary, [canary]: canary, nested: [[{ deep: canary }]] }],
  [canary]: canary
}
const object: JsonObject = { ...error, details: { error_code: canary, [canary]: [canary] } }

const headers = {
  "content-type": `text/plain; ${canary}`,
  "x-request-id": canary,
  "request-id": canary,
  "retry-after": canary,
  "x-ratelimit-limit-requests": canary,
  "openai-version": canary,
  "anthropic-version": canary,
  "x-gemini-service-tier": canary
}

const statuses = [400, 401, 403, 404, 429, 500, 503]

const event = (value: JsonObject, name = "error"): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`

const failed = (error: JsonObject): ReadonlyArray<JsonObject> => [
  { type: "error", event_type: "error", error, request_id: canary, [canary]: canary },
  { type: "response.failed", response: { id: canary, status: "failed", error, output: [] } },
  { event_type: "interaction.completed", interaction: { id: canary, status: "failed", errors: [error] } },
  { object: "chat.completion", status: "failed", error, errors: [error], choices: [], request_id: canary }
]

/** How a stream of a format begins, so that a failure comes in the middle of it. */
const beginnings = {
  responses: event({ type: "response.output_item.added", output_index: 0, item: { type: "message", content: [] } }),
  "chat.completions": `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Hi" } }] })}\n\n`,
  interactions: event({ event_type: "step.start", index: 0, step: { type: "model_output" } }, "step.start"),
  messages: event(
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    "content_block_start"
  )
}

const wires = (beginning: string): ReadonlyArray<Wire> =>
  [error, object].flatMap((error): ReadonlyArray<Wire> => {
    const failures = failed(error)
    const bodies = statuses.map((status): Wire => ({
      status,
      headers,
      body: JSON.stringify({ error, request_id: canary })
    }))
    const streams = ["", beginning].flatMap((before) =>
      failures.map((value) => ({
        headers: { ...headers, "content-type": `text/event-stream; ${canary}` },
        body: before + event(value, String(value["type"] ?? value["event_type"]))
      }))
    )
    return bodies.concat(streams, failures.map((value) => ({ status: 200, headers, body: JSON.stringify(value) })))
  }).concat([
    { status: 401, headers, body: canary },
    { status: 302, headers: { ...headers, location: canary }, body: canary },
    { headers, body: canary }
  ])

/** All that a caller gets of an error. */
const told = (error: FlexInferenceError): string =>
  [
    String(error),
    JSON.stringify(error),
    ...surfaces.flatMap((surface) => [
      JSON.stringify(dialects[surface].errorBody(error)),
      ...dialects[surface].errorFrames(error, { first: undefined, last: undefined }).map(({ data }) => data)
    ])
  ].join("\n")

const cells = surfaces.flatMap((surface) =>
  providerNames.flatMap((provider) =>
    [true, false].flatMap((stream) =>
      ["default", "00h-00m-30s"].flatMap((startWithin) => {
        if (provider === "anthropic" && startWithin !== "default") return []
        return [{ surface, provider, stream, startWithin }]
      })
    )
  )
)

const leaked = (text: string): ReadonlyArray<string> =>
  quoted.filter((secret) => text.toLowerCase().includes(secret.toLowerCase()))

describe("a provider that quotes keys in its failures", () => {
  it.effect.each(cells)(
    "is not passed on: $provider to $surface, stream $stream, $startWithin",
    ({ provider, startWithin, stream, surface }) =>
      Effect.gen(function*() {
        const all = wires(beginnings[upstreamOf(surface, provider)])
        let failures = 0
        for (const [index, wire] of all.entries()) {
          const said = yield* Effect.exit(
            Effect.scoped(Effect.gen(function*() {
              const { open } = yield* Router.Router
              const messages = [{ role: "user", content: "Hi" }]
              const request = { input: "Hi", messages, max_tokens: 9, stream, start_within: startWithin }
              const answer = yield* open(surface, { ...request, model: models[provider] })
              if (answer._tag === "Body") return JSON.stringify([answer.text, answer.headers, answer.routing])
              const begun = JSON.stringify([answer.headers, answer.routing])
              return yield* Effect.match(Stream.runDrain(answer.frames), {
                onSuccess: () => begun,
                onFailure: (error) => begun + told(error)
              })
            })).pipe(Effect.provide(layer([wire], [], options)))
          )
          if (Exit.isFailure(said)) failures++
          const text = Exit.match(said, {
            onSuccess: (text) => text,
            onFailure: ({ reasons }) =>
              reasons.map((reason) =>
                reason._tag === "Fail" && isFlexInferenceError(reason.error) ? told(reason.error) : "a defect"
              ).join("\n")
          })
          assert.notInclude(text, "a defect")
          assert.deepStrictEqual(leaked(text), [], `wire ${index}: ${text}`)
        }
        assert.isAbove(failures, all.length / 2)
      })
  )

  it.effect("is told by the router in its own words where it did not accept the key", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Effect.gen(function*() {
        const { open } = yield* Router.Router
        return yield* open("responses", { model: "gpt-5.5", input: "Hi", start_within: "default" })
      })))
      assert.notInclude(told(error), "****")
      assert.deepInclude(error.reason, {
        status: 403,
        code: "upstream_auth_failed",
        providerCode: "invalid_api_key",
        requestId: "req_1",
        message: "OpenAI did not accept the key it was called with (401 invalid_api_key). Check the key that is " +
          "configured for it, and what that key may do."
      })
    }).pipe(Effect.provide(layer([{
      status: 401,
      headers: { "x-request-id": "req_1" },
      body: JSON.stringify({
        error: { code: "invalid_api_key", message: "Incorrect API key: sk-c****l-1", details: ["sk-c****l-1"] }
      })
    }]))))
})
