import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Alarm from "../../src/router/Alarm.ts"

const Step = Schema.Struct({
  who: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 11 })),
  /** When it is to be called, in milliseconds from now; -1 takes it back. */
  after: Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: 40 })),
  /** Time that passes then. */
  pass: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))
})

describe("an alarm", () => {
  it.effect.prop(
    "calls everyone at the time that was set last, whoever else comes and goes",
    { steps: Schema.Array(Step) },
    ({ steps }) =>
      Effect.gen(function*() {
        const clock = yield* Clock.Clock
        const alarm = Alarm.of(clock)
        const rung: Array<string> = []
        const expected: Array<string> = []
        const due = new Map<number, number>()
        const waiters = Array.from({ length: 12 }, (_, who) =>
          Alarm.waiter(() => {
            rung.push(`${who} at ${clock.currentTimeMillisUnsafe()}`)
            return undefined
          }))
        const passed = (now: number) => {
          const over = [...due].filter(([, at]) => at <= now)
          for (const [who, at] of over) {
            due.delete(who)
            expected.push(`${who} at ${at}`)
          }
        }
        for (const { after, pass, who } of steps) {
          const waiter = waiters[who] ?? assert.fail("nobody of that number")
          const now = clock.currentTimeMillisUnsafe()
          if (after === -1) {
            alarm.unset(waiter)
            due.delete(who)
          } else {
            due.set(who, now + after)
            yield* alarm.set(waiter, now + after)
          }
          for (let ms = 0; ms < pass; ms++) yield* TestClock.adjust(1)
          passed(clock.currentTimeMillisUnsafe())
        }
        for (let ms = 0; ms < 50; ms++) yield* TestClock.adjust(1)
        passed(clock.currentTimeMillisUnsafe())
        assert.deepStrictEqual(rung.toSorted(), expected.toSorted())
        assert.isTrue(waiters.every(({ place }) => place === -1))
      }),
    { arbitrary: { runs: 60 } }
  )

  it.effect("calls again whoever says so, and lets nobody miss a call by coming while another is called", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const alarm = Alarm.of(clock)
      const rung: Array<string> = []
      const late = Alarm.waiter(() => {
        rung.push("late")
        return undefined
      })
      let times = 0
      const begun = clock.currentTimeMillisUnsafe()
      const early = Alarm.waiter(() => {
        rung.push("early")
        if (times++ > 0) return undefined
        Effect.runSync(alarm.set(late, begun + 15))
        return begun + 20
      })
      yield* alarm.set(early, begun + 10)
      yield* TestClock.adjust(10)
      yield* TestClock.adjust(5)
      yield* TestClock.adjust(5)
      assert.deepStrictEqual(rung, ["early", "late", "early"])
    }))
})
