import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import type { FlexInferenceError } from "../../src/FlexInferenceError.ts"
import * as Router from "../../src/Router.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { layer, type Wire } from "../support/wire.ts"
import { models, type ProviderName, surfaces } from "./cells.ts"

/** What a provider says of a failure, and what every caller must be able to read of it. */
interface Told {
  readonly provider: ProviderName
  readonly wire: Wire
  readonly kept: JsonObject
}

const violations = [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field: "input" }] }]

const answers: ReadonlyArray<Told> = [
  {
    provider: "openai",
    wire: {
      status: 400,
      headers: { "x-request-id": "req_openai" },
      body: JSON.stringify({
        error: { message: "No.", type: "invalid_request_error", param: "input[0]", code: "invalid_value" }
      })
    },
    kept: { param: "input[0]", request_id: "req_openai" }
  },
  {
    provider: "anthropic",
    wire: {
      status: 429,
      headers: { "request-id": "req_anthropic" },
      body: JSON.stringify({
        type: "error",
        error: { type: "rate_limit_error", message: "No.", details: { error_code: "enforced_spend_limit_reached" } }
      })
    },
    kept: { request_id: "req_anthropic", details: { error_code: "enforced_spend_limit_reached" } }
  },
  {
    provider: "anthropic",
    wire: {
      status: 500,
      body: JSON.stringify({ type: "error", error: { type: "api_error", message: "No." }, request_id: "req_body" })
    },
    kept: { request_id: "req_body" }
  },
  {
    provider: "google",
    wire: {
      status: 400,
      body: JSON.stringify({ error: { code: 400, status: "INVALID_ARGUMENT", message: "No.", details: violations } })
    },
    kept: { details: violations }
  },
  {
    provider: "anthropic",
    wire: {
      headers: { "request-id": "req_stream" },
      body: `event: error\ndata: {"type":"error","error":{"type":"api_error","message":"No."}}\n\n`
    },
    kept: { request_id: "req_stream" }
  }
]

const cells = surfaces.flatMap((surface) =>
  answers.map((told, index) => ({ ...told, surface, name: `${told.provider} (${index}) to ${surface}` }))
)

const failing = (
  surface: (typeof surfaces)[number],
  model: string
): Effect.Effect<FlexInferenceError, unknown, Router.Router> =>
  Effect.flip(Effect.scoped(Effect.gen(function*() {
    const { open } = yield* Router.Router
    const messages = [{ role: "user", content: "Hi" }]
    const answer = yield* open(surface, { model, input: "Hi", messages, stream: true, start_within: "default" })
    if (answer._tag === "Stream") yield* Stream.runDrain(answer.frames)
  })))

const blockIn = (body: JsonObject): JsonObject =>
  Json.object(
    Json.object(body, "error") ?? Json.object(Json.object(body, "response") ?? {}, "error") ?? {},
    "flexinference"
  ) ??
    {}

describe("an error's body, and the frames of one", () => {
  it.effect.each(cells)(
    "keep the field, the provider's id of the request and its details: $name",
    (cell) =>
      Effect.gen(function*() {
        const dialect = dialects[cell.surface]
        const error = yield* failing(cell.surface, models[cell.provider])
        const frames = dialect.errorFrames(error, { first: undefined, last: undefined })
        for (const body of [dialect.errorBody(error), ...frames.map(({ value }) => value ?? {})]) {
          const { details, param, request_id } = blockIn(body)
          assert.deepStrictEqual(Json.compact({ details, param, request_id }), cell.kept)
        }
      }).pipe(Effect.provide(layer([cell.wire])))
  )

  it.effect("stand where the vendor's own clients look for them", () =>
    Effect.gen(function*() {
      const [, anthropic = assert.fail(), , google = assert.fail()] = answers
      const ofClaude = yield* failing("messages", models.anthropic).pipe(Effect.provide(layer([anthropic.wire])))
      const { error, request_id } = dialects.messages.errorBody(ofClaude)
      assert.strictEqual(request_id, "req_anthropic")
      assert.deepInclude(error, { details: { error_code: "enforced_spend_limit_reached" } })
      const ofGemini = yield* failing("interactions", models.google).pipe(Effect.provide(layer([google.wire])))
      assert.deepInclude(dialects.interactions.errorBody(ofGemini)["error"], { details: violations })
    }))

  it.effect.each(surfaces)(
    "name the field of a request that the router refuses: %s",
    (surface) =>
      Effect.gen(function*() {
        const error = yield* failing(surface, "")
        assert.strictEqual(blockIn(dialects[surface].errorBody(error))["param"], "model")
      }).pipe(Effect.provide(layer([])))
  )
})
