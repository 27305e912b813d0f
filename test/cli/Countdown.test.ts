import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Sink, Stdio } from "effect"
import { TestClock } from "effect/testing"
import * as Countdown from "../../src/cli/Countdown.ts"
import { turns } from "../support/turns.ts"

/** What a terminal's line shows after so much has been written to it. */
const shown = (written: string): string => written.split("\r\x1b[2K").at(-1) ?? ""

const terminal = () => {
  let written = ""
  const stderr = () => Sink.forEach((text: string | Uint8Array) => Effect.sync(() => (written += String(text))))
  return { layer: Stdio.layerTest({ stderr }), line: () => shown(written), written: () => written }
}

const settle = turns(20)
const pass = (duration: Duration.Input) =>
  settle.pipe(Effect.andThen(TestClock.adjust(duration)), Effect.andThen(settle))

describe("Countdown", () => {
  it.effect("counts the window down by the second and says at the deadline that standard is asked too", () => {
    const { layer, line } = terminal()
    return Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(Countdown.during(Duration.seconds(7))(Effect.never))
      yield* settle
      const seen = [line()]
      for (let second = 0; second < 9; second++) {
        yield* pass("1 second")
        seen.push(line())
      }
      assert.deepStrictEqual(seen, [
        ...[7, 6, 5, 4, 3, 2, 1].map((left) => `waiting for flex … ${left} s`),
        ...Array.from({ length: 3 }, () => "flex has not started: standard is asked too")
      ])
      yield* Fiber.interrupt(waiting)
    }).pipe(Effect.provide(layer))
  })

  it.effect("hands on the value and leaves the line empty, and it stays so", () => {
    const { layer, line } = terminal()
    return Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(
        Countdown.during(Duration.seconds(30))(Effect.as(Effect.sleep("3500 millis"), "answer"))
      )
      yield* pass("3 seconds")
      assert.strictEqual(line(), "waiting for flex … 27 s")
      yield* pass("500 millis")
      assert.strictEqual(yield* Fiber.join(waiting), "answer")
      assert.strictEqual(line(), "")
      yield* pass("1 minute")
      assert.strictEqual(line(), "")
    }).pipe(Effect.provide(layer))
  })

  it.effect("leaves the line empty when the wait is interrupted or fails", () => {
    const { layer, line, written } = terminal()
    return Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(Countdown.during(Duration.seconds(30))(Effect.never))
      yield* pass("1 second")
      yield* Fiber.interrupt(waiting)
      assert.include(written(), "29 s")
      assert.strictEqual(line(), "")
      const failed = Countdown.during(Duration.seconds(30))(Effect.andThen(settle, Effect.fail("refused")))
      assert.strictEqual(yield* Effect.flip(failed), "refused")
      assert.include(written(), "30 s")
      assert.strictEqual(line(), "")
    }).pipe(Effect.provide(layer))
  })
})
