import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Sink, Stdio } from "effect"
import { TestClock } from "effect/testing"
import * as Countdown from "../../src/cli/Countdown.ts"
import * as Spinner from "../../src/cli/Spinner.ts"
import * as StatusLine from "../../src/cli/StatusLine.ts"
import { turns } from "../support/turns.ts"

/** What a terminal's line shows after so much has been written to it. */
const shown = (written: string): string => written.split("\r\x1b[2K").at(-1) ?? ""

const terminal = () => {
  let written = ""
  const stderr = () => Sink.forEach((text: string | Uint8Array) => Effect.sync(() => (written += String(text))))
  return { layer: Stdio.layerTest({ stderr }), line: () => shown(written), written: () => written }
}

const countDown = (window: Duration.Duration) => StatusLine.during(Countdown.frames(window))

const settle = turns(20)
const pass = (duration: Duration.Input) =>
  settle.pipe(Effect.andThen(TestClock.adjust(duration)), Effect.andThen(settle))

describe("Countdown", () => {
  it.effect("counts the window down by the second and says at the deadline that standard is asked too", () => {
    const { layer, line } = terminal()
    return Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(countDown(Duration.seconds(7))(Effect.never))
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
        countDown(Duration.seconds(30))(Effect.as(Effect.sleep("3500 millis"), "answer"))
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
      const waiting = yield* Effect.forkChild(countDown(Duration.seconds(30))(Effect.never))
      yield* pass("1 second")
      yield* Fiber.interrupt(waiting)
      assert.include(written(), "29 s")
      assert.strictEqual(line(), "")
      const failed = countDown(Duration.seconds(30))(Effect.andThen(settle, Effect.fail("refused")))
      assert.strictEqual(yield* Effect.flip(failed), "refused")
      assert.include(written(), "30 s")
      assert.strictEqual(line(), "")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is cut to the width of the terminal, so that no part of it stays behind", () => {
    const { layer, line } = terminal()
    return Effect.gen(function*() {
      let columns = 12
      const frames = Countdown.frames(Duration.seconds(30))
      const waiting = yield* Effect.forkChild(StatusLine.during(frames, Effect.sync(() => columns))(Effect.never))
      yield* settle
      assert.strictEqual(line(), "waiting fo…")
      columns = 80
      yield* pass("1 second")
      assert.strictEqual(line(), "waiting for flex … 29 s")
      yield* Fiber.interrupt(waiting)
    }).pipe(Effect.provide(layer))
  })
})

describe("Spinner", () => {
  it.effect("turns ten times a second and counts the seconds up", () => {
    const { layer, line } = terminal()
    return Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(StatusLine.during(Spinner.frames("gpt-5.5 at priority"))(Effect.never))
      yield* settle
      const seen = [line()]
      for (let tenth = 0; tenth < 10; tenth++) {
        yield* pass("100 millis")
        seen.push(line())
      }
      assert.strictEqual(new Set(seen.slice(0, 10).map((text) => text[0])).size, 10)
      assert.match(seen[9] ?? "", /^\S waiting for gpt-5\.5 at priority … 0 s$/)
      assert.match(seen[10] ?? "", /^\S waiting for gpt-5\.5 at priority … 1 s$/)
      yield* Fiber.interrupt(waiting)
    }).pipe(Effect.provide(layer))
  })
})
