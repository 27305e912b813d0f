import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import * as Router from "../../src/Router.ts"
import { models, providerNames, surfaces, upstreamOf } from "../matrix/cells.ts"
import { layer } from "../support/wire.ts"

const depth = 30_000
const deep = "[".repeat(depth) + "]".repeat(depth)

const data = (text: string): string => {
  const { event_type, type } = JSON.parse(text.replaceAll(deep, "0"))
  return `event: ${type ?? event_type}\ndata: ${text}\n\n`
}

const usage = `{"input_tokens":1,"output_tokens":1,"x":${deep}}`

/** Streams and bodies whose last event is nested deeper than any stack. */
const wires = {
  responses: {
    events: [
      `{"type":"response.output_item.added","output_index":0,"item":{"id":"m","type":"message","content":[]}}`,
      `{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}`,
      `{"type":"response.completed","response":{"id":"r","status":"completed","metadata":${deep},"usage":${usage}}}`
    ],
    failure:
      `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"No.","x":${deep}}}}`,
    body: `{"id":"r","object":"response","status":"completed","output":[],"metadata":${deep},"usage":${usage}}`
  },
  "chat.completions": {
    events: [
      `{"choices":[{"index":0,"delta":{"content":"Hi"}}]}`,
      `{"choices":[{"index":0,"delta":{"x":${deep}},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"x":${deep}}}`
    ],
    failure: `{"error":{"message":"No.","x":${deep}}}`,
    body:
      `{"id":"c","choices":[{"index":0,"message":{"content":"Hi","x":${deep}},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"x":${deep}}}`
  },
  interactions: {
    events: [
      `{"event_type":"step.start","index":0,"step":{"type":"model_output"}}`,
      `{"event_type":"step.delta","index":0,"delta":{"type":"text","text":"Hi"}}`,
      `{"event_type":"interaction.completed","interaction":{"id":"i","status":"completed","x":${deep},"usage":{"x":${deep}}}}`
    ],
    failure: `{"event_type":"error","error":{"message":"No.","x":${deep}}}`,
    body: `{"id":"i","status":"completed","steps":[],"x":${deep},"usage":{"x":${deep}}}`
  },
  messages: {
    events: [
      `{"type":"message_start","message":{"id":"m","x":${deep},"usage":{"x":${deep}}}}`,
      `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi","x":${deep}}}`,
      `{"type":"content_block_stop","index":0}`,
      `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1,"x":${deep}}}`,
      `{"type":"message_stop","x":${deep}}`
    ],
    failure: `{"type":"error","error":{"message":"No.","type":"api_error","x":${deep}}}`,
    body: `{"id":"m","type":"message","content":[{"type":"text","text":"Hi"}],"x":${deep},"usage":{"x":${deep}}}`
  }
}

const cells = surfaces.flatMap((surface) =>
  providerNames.flatMap((provider) => [true, false].map((stream) => ({ surface, provider, stream })))
)

describe("an answer that is nested deeper than a stack", () => {
  it.effect.each(cells)(
    "is no fault of the router: $provider to $surface, stream $stream",
    ({ provider, stream, surface }) =>
      Effect.gen(function*() {
        const { body, events, failure } = wires[upstreamOf(surface, provider)]
        const said = [
          { body: events.map(data).join("") },
          { body: events.slice(0, -1).concat([failure]).map(data).join("") },
          { body: data(failure) },
          { body },
          { body: failure },
          { status: 400, body: failure }
        ]
        for (const [index, wire] of said.entries()) {
          for (const startWithin of ["default", ...(provider === "anthropic" ? [] : ["00h-00m-30s"])]) {
            const exit = yield* Effect.exit(
              Effect.scoped(Effect.gen(function*() {
                const { open } = yield* Router.Router
                const request = {
                  input: "Hi",
                  messages: [{ role: "user", content: "Hi" }],
                  max_tokens: 9,
                  include_cost: true
                }
                const answer = yield* open(surface, {
                  ...request,
                  model: models[provider],
                  start_within: startWithin,
                  stream
                })
                if (answer._tag === "Stream") yield* Stream.runDrain(answer.frames)
              })).pipe(Effect.provide(layer([wire])))
            )
            const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
            assert.notInstanceOf(error, RangeError, `${index} ${startWithin}`)
            const found = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : undefined
            if (found?._tag === "Some") {
              assert.notStrictEqual(found.value.reason._tag, "Internal")
              for (const dialect of Object.values(dialects)) {
                JSON.stringify(dialect.errorBody(found.value))
                dialect.errorFrames(found.value, { first: undefined, last: undefined })
              }
            }
          }
        }
      })
  )
})
