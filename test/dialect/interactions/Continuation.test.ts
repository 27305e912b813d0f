import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Interactions } from "../../../src/dialect/interactions/index.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { collect } from "../../support/streams.ts"
import { Body, streamOf } from "./streams.ts"

const continuation = Interactions.continuation ?? assert.fail("Interactions must be able to go on")

const stopped: JsonObject = { status: "requires_continuation", continuation_token: "ct" }

describe("an interaction that stops in the middle (synthetic)", () => {
  const request: JsonObject = { model: "m", input: "Write.", store: false, generation_config: { seed: 1 } }

  it("is continued by the same request with its token, where nothing is stored", () => {
    assert.deepStrictEqual(continuation.next(request, { ...stopped, id: "v1_a" }), {
      ...request,
      continuation_token: "ct"
    })
    const { store: _, ...storing } = request
    assert.deepStrictEqual(continuation.next(storing, stopped), { ...storing, continuation_token: "ct" })
  })

  it("is continued by its id, without the input, where it is stored", () => {
    const { input: _, ...rest } = request
    assert.deepStrictEqual(continuation.next({ ...request, store: true }, { ...stopped, id: "v1_a" }), {
      ...rest,
      store: true,
      previous_interaction_id: "v1_a",
      continuation_token: "ct"
    })
  })

  it("is whole with any other status, and cannot go on without a token", () => {
    assert.isUndefined(continuation.next(request, { ...stopped, status: "incomplete" }))
    assert.isUndefined(continuation.next(request, { ...stopped, continuation_token: "" }))
    assert.isUndefined(continuation.next(request, { status: "requires_continuation" }))
  })

  it("adds every count up, list by list, and keeps the first input apart", () => {
    const usage = (tokens: number): JsonObject => ({
      total_input_tokens: tokens,
      initial_input_tokens: tokens,
      input_tokens_by_modality: [{ modality: "text", tokens }, { modality: `only-${tokens}`, tokens: 1 }]
    })
    assert.deepStrictEqual(
      continuation.join({ usage: usage(1) }, { usage: { ...usage(5), total_thought_tokens: 2 } }),
      {
        usage: {
          total_input_tokens: 6,
          initial_input_tokens: 1,
          input_tokens_by_modality: [
            { modality: "text", tokens: 6 },
            { modality: "only-1", tokens: 1 },
            { modality: "only-5", tokens: 1 }
          ],
          total_thought_tokens: 2
        }
      }
    )
  })

  it.prop("reads as one stream and as one body, the same either way", {
    bodies: Schema.NonEmptyArray(Body)
  }, ({ bodies }) => {
    const [first, ...later] = bodies
    const splice = continuation.splice()
    const events: Array<JsonObject> = [...streamOf(first, 3)].flatMap((event) => splice.push(event))
    for (const body of later) {
      splice.next()
      events.push(...streamOf(body, 3).flatMap((event) => splice.push(event)))
    }
    events.push(...splice.end())
    const whole = later.reduce<JsonObject>(continuation.join, first)
    assert.deepStrictEqual(collect(Interactions, events), whole)
    assert.strictEqual(Interactions.text(whole), bodies.map(Interactions.text).join(""))
    assert.strictEqual(Interactions.served(whole).usage?.input, 7 * bodies.length)
    assert.strictEqual(whole["status"], bodies.at(-1)?.status)
    const types = events.map(({ event_type }) => event_type)
    for (const type of ["interaction.created", "interaction.status_update", "interaction.completed"]) {
      assert.strictEqual(types.filter((other) => other === type).length, 1)
    }
  })
})
