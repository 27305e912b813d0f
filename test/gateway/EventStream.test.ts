import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Frame } from "../../src/wire/Sse.ts"
import * as Sse from "../../src/wire/Sse.ts"
import { Responses } from "../../src/dialect/responses/index.ts"
import { type FlexInferenceError, streamFailed } from "../../src/FlexInferenceError.ts"
import * as EventStream from "../../src/gateway/EventStream.ts"
import { turns } from "../support/turns.ts"

const created: Frame = Responses.frame({ type: "response.created", sequence_number: 0, response: { id: "resp_1" } })
const delta: Frame = Responses.frame({ type: "response.output_text.delta", sequence_number: 7, delta: "Hä" })
const done: Frame = { event: undefined, data: "[DONE]", value: undefined }

const chunks = (frames: Stream.Stream<Frame, FlexInferenceError>) => Stream.map(frames, (frame) => Sse.chunk([frame]))

const text = (frames: Stream.Stream<Frame, FlexInferenceError>) =>
  Stream.mkString(Stream.decodeText(EventStream.encode(chunks(frames), Responses)))

const broken = streamFailed({ provider: "openai", message: "The connection broke.", started: true })

describe("EventStream", () => {
  it.effect("sends every frame with its name and its data as they are", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* text(Stream.make(created, delta, done)),
        `event: response.created\ndata: ${created.data}\n\n` +
          `event: response.output_text.delta\ndata: ${delta.data}\n\ndata: [DONE]\n\n`
      )
    }))

  it.effect("ends a stream that fails in the dialect's own failure, which knows what went before", () =>
    Effect.gen(function*() {
      const sent = yield* text(Stream.concat(Stream.make(created, delta), Stream.fail(broken)))
      const [error = "", last = ""] = sent.split("\n\n").slice(-3)
      assert.match(error, /^event: error\ndata: /)
      assert.match(last, /^event: response\.failed\ndata: /)
      const event = JSON.parse(last.slice(last.indexOf("data: ") + 6))
      assert.strictEqual(event.sequence_number, 9)
      assert.strictEqual(event.response.id, "resp_1")
      assert.strictEqual(event.response.error.code, "upstream_stream_failed")
      assert.isTrue(sent.endsWith("\n\n"))
    }))

  it.effect("says of a fault no more than that it is one", () =>
    Effect.gen(function*() {
      const sent = yield* text(Stream.concat(Stream.make(created), Stream.die(new Error("sk-secret"))))
      assert.match(sent, /internal_error/)
      assert.notMatch(sent, /sk-secret/)
    }))

  it.effect("sends a comment after every fifteen seconds of silence, and none before", () =>
    Effect.gen(function*() {
      const frames = yield* Queue.unbounded<Frame>()
      const sent: Array<string> = []
      const arrived = Latch.makeUnsafe()
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(
          Stream.decodeText(EventStream.encode(chunks(Stream.fromQueue(frames)), Responses)),
          (chunk) => Effect.andThen(Effect.sync(() => sent.push(chunk)), arrived.open)
        )
      )
      const settle = turns(20)
      const after = (duration: "14 seconds" | "1 second" | "15 seconds") =>
        Effect.andThen(settle, Effect.andThen(TestClock.adjust(duration), settle))
      yield* Queue.offer(frames, created)
      yield* arrived.await
      yield* after("14 seconds")
      assert.lengthOf(sent, 1)
      yield* Queue.offer(frames, delta)
      yield* after("14 seconds")
      assert.lengthOf(sent, 2)
      yield* after("1 second")
      yield* after("15 seconds")
      assert.deepStrictEqual(sent.slice(2), [": keep-alive\n\n", ": keep-alive\n\n"])
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("closes the frames when its reader goes away", () =>
    Effect.gen(function*() {
      const closed = Latch.makeUnsafe()
      const frames = Stream.concat(Stream.make(created), Stream.never).pipe(Stream.ensuring(closed.open))
      yield* Stream.runDrain(Stream.take(EventStream.encode(chunks(frames), Responses), 1))
      yield* closed.await
    }))
})
