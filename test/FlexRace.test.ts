import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as FlexRace from "../src/FlexRace.ts"

/** What one leg does: after so many milliseconds it starts, refuses, is rejected or dies; `undefined` never ends. */
interface Script {
  readonly after: number | undefined
  readonly ends: "start" | "refuse" | "reject" | "die"
}

const start = (after: number): Script => ({ after, ends: "start" })
const refuse = (after: number): Script => ({ after, ends: "refuse" })
const reject = (after: number): Script => ({ after, ends: "reject" })
const stall: Script = { after: undefined, ends: "start" }

interface Entry {
  readonly leg: "flex" | "standard"
  readonly openedAt: number
  closedAt: number | undefined
}

/** A leg that notes when it opens and when its scope closes. */
const leg = (name: Entry["leg"], script: Script, entries: Array<Entry>) =>
  Effect.gen(function*() {
    const entry: Entry = { leg: name, openedAt: yield* Clock.currentTimeMillis, closedAt: undefined }
    entries.push(entry)
    yield* Effect.addFinalizer(() =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        entry.closedAt = now
      })
    )
    if (script.after === undefined) return yield* Effect.never
    yield* Effect.sleep(script.after)
    switch (script.ends) {
      case "start":
        return `${name} answer`
      case "die":
        return yield* Effect.die(`${name} broke`)
      default:
        return yield* Effect.fail(`${name} ${script.ends}`)
    }
  })

interface Run {
  readonly exit: Exit.Exit<FlexRace.Outcome<string, string, string>, FlexRace.RaceError<string, string>>
  readonly settledAt: number
  readonly entries: ReadonlyArray<Entry>
}

/** Runs a race with a window of 10 s on virtual time, a second at a time, in a scope that stays open. */
const run = (flex: Script, standard: Script, onDeadline: FlexRace.OnDeadline = "race") =>
  Effect.gen(function*() {
    const entries: Array<Entry> = []
    const scope = yield* Effect.scope
    const fiber = yield* FlexRace.make({
      startWithin: "10 seconds",
      onDeadline,
      isDefinite: (error) => error.endsWith("reject"),
      flex: leg("flex", flex, entries),
      standard: () => leg("standard", standard, entries)
    }).pipe(
      Effect.exit,
      Effect.zip(Clock.currentTimeMillis),
      Effect.provideService(Scope.Scope, scope),
      Effect.forkChild({ startImmediately: true })
    )
    yield* TestClock.adjust("200 seconds")
    const [exit, settledAt] = yield* Fiber.join(fiber)
    return { exit, settledAt, entries } satisfies Run
  })

const outcome = (exit: Run["exit"]) =>
  Exit.isSuccess(exit)
    ? exit.value._tag
    : Cause.findErrorOption(exit.cause).pipe((error) => error._tag === "Some" ? error.value._tag : "Defect")

describe("FlexRace", () => {
  const rows: ReadonlyArray<{
    readonly name: string
    readonly flex: Script
    readonly standard: Script
    readonly onDeadline?: FlexRace.OnDeadline
    readonly outcome: "Flex" | "Standard" | "Fatal" | "NoneStarted" | "Defect"
    readonly at: number
    readonly standardOpenedAt: number | undefined
  }> = [
    {
      name: "flex that starts in time wins alone",
      flex: start(3000),
      standard: start(1000),
      outcome: "Flex",
      at: 3000,
      standardOpenedAt: undefined
    },
    {
      name: "a start at the very deadline still belongs to flex",
      flex: start(10_000),
      standard: start(1000),
      outcome: "Flex",
      at: 10_000,
      standardOpenedAt: undefined
    },
    {
      name: "standard opens at the deadline and wins if it starts first",
      flex: start(20_000),
      standard: start(1000),
      outcome: "Standard",
      at: 11_000,
      standardOpenedAt: 10_000
    },
    {
      name: "flex stays in the race after the deadline and may still win",
      flex: start(10_500),
      standard: start(1000),
      outcome: "Flex",
      at: 10_500,
      standardOpenedAt: 10_000
    },
    {
      name: "with replace, flex is cancelled at the deadline and cannot win any more",
      flex: start(10_500),
      standard: start(1000),
      onDeadline: "replace",
      outcome: "Standard",
      at: 11_000,
      standardOpenedAt: 10_000
    },
    {
      name: "a refusal opens standard at once",
      flex: refuse(2000),
      standard: start(1000),
      outcome: "Standard",
      at: 3000,
      standardOpenedAt: 2000
    },
    {
      name: "with replace, a refusal opens standard at once too",
      flex: refuse(2000),
      standard: start(1000),
      onDeadline: "replace",
      outcome: "Standard",
      at: 3000,
      standardOpenedAt: 2000
    },
    {
      name: "a definite answer fails the race at once and opens nothing",
      flex: reject(2000),
      standard: start(1000),
      outcome: "Fatal",
      at: 2000,
      standardOpenedAt: undefined
    },
    {
      name: "a definite answer after the deadline still ends the race",
      flex: reject(10_500),
      standard: start(1000),
      outcome: "Fatal",
      at: 10_500,
      standardOpenedAt: 10_000
    },
    {
      name: "when standard fails, a late flex is better than never",
      flex: start(30_000),
      standard: refuse(1000),
      outcome: "Flex",
      at: 30_000,
      standardOpenedAt: 10_000
    },
    {
      name: "when both fail, the race fails with both",
      flex: refuse(2000),
      standard: refuse(1000),
      outcome: "NoneStarted",
      at: 3000,
      standardOpenedAt: 2000
    },
    {
      name: "when standard fails first and flex later, the race fails with both",
      flex: refuse(15_000),
      standard: refuse(1000),
      outcome: "NoneStarted",
      at: 15_000,
      standardOpenedAt: 10_000
    },
    {
      name: "a defect of the flex leg is not hidden behind standard",
      flex: { after: 1000, ends: "die" },
      standard: start(1000),
      outcome: "Defect",
      at: 1000,
      standardOpenedAt: undefined
    },
    {
      name: "a defect of the standard leg is not hidden behind flex",
      flex: stall,
      standard: { after: 1000, ends: "die" },
      outcome: "Defect",
      at: 11_000,
      standardOpenedAt: 10_000
    }
  ]

  it.effect.each(rows)("$name", (row) =>
    Effect.gen(function*() {
      const { entries, exit, settledAt } = yield* run(row.flex, row.standard, row.onDeadline)
      assert.strictEqual(outcome(exit), row.outcome)
      assert.strictEqual(settledAt, row.at)
      assert.strictEqual(entries.find((entry) => entry.leg === "standard")?.openedAt, row.standardOpenedAt)
      const winner = row.outcome === "Flex" ? "flex" : row.outcome === "Standard" ? "standard" : undefined
      for (const entry of entries) {
        if (entry.leg === winner) assert.strictEqual(entry.closedAt, undefined, `${entry.leg} is handed over open`)
        else assert.isAtMost(entry.closedAt ?? Infinity, settledAt, `${entry.leg} is closed before the race settles`)
      }
    }))

  it.effect("with replace, the flex leg is closed before the standard leg opens", () =>
    Effect.gen(function*() {
      const { entries } = yield* run(stall, start(1000), "replace")
      assert.deepStrictEqual(entries.map(({ closedAt, leg }) => [leg, closedAt]), [["flex", 10_000], [
        "standard",
        undefined
      ]])
    }))

  it.effect.each(["race", "replace"] as const)(
    "opens the standard leg as soon as the window is cut short: %s",
    (onDeadline) =>
      Effect.gen(function*() {
        const entries: Array<Entry> = []
        const { value } = yield* Effect.flatMap(
          Effect.forkChild(
            FlexRace.make({
              startWithin: "10 seconds",
              cutShort: Effect.sleep("4 seconds"),
              onDeadline,
              flex: leg("flex", stall, entries),
              standard: ({ _tag }) => Effect.as(leg("standard", start(0), entries), _tag)
            })
          ),
          (fiber) => Effect.andThen(TestClock.adjust("1 minute"), Fiber.join(fiber))
        )
        assert.strictEqual(value, "CutShort")
        assert.deepStrictEqual(entries.map(({ closedAt, leg, openedAt }) => [leg, openedAt, closedAt]), [
          ["flex", 0, 4000],
          ["standard", 4000, undefined]
        ])
      })
  )

  it.effect("tells the standard leg why it was opened", () =>
    Effect.gen(function*() {
      const late = yield* run(stall, start(0))
      const refused = yield* run(refuse(1000), start(0))
      assert.deepStrictEqual(
        late.exit,
        Exit.succeed({ _tag: "Standard", value: "standard answer", trigger: { _tag: "Deadline" } })
      )
      assert.deepStrictEqual(
        refused.exit,
        Exit.succeed({
          _tag: "Standard",
          value: "standard answer",
          trigger: { _tag: "FlexFailed", error: "flex refuse" }
        })
      )
    }))

  it.effect("attaches the flex leg's error to the standard leg's", () =>
    Effect.gen(function*() {
      const { exit } = yield* run(refuse(2000), reject(1000))
      assert.deepStrictEqual(exit, Exit.fail({ _tag: "NoneStarted", standard: "standard reject", flex: "flex refuse" }))
    }))

  it.effect.each([5000, 12_000])(
    "closes both legs when the caller is interrupted after %i ms",
    (after) =>
      Effect.gen(function*() {
        const entries: Array<Entry> = []
        const fiber = yield* FlexRace.make({
          startWithin: "10 seconds",
          flex: leg("flex", stall, entries),
          standard: () => leg("standard", stall, entries)
        }).pipe(Effect.scoped, Effect.forkChild({ startImmediately: true }))
        yield* TestClock.adjust(after)
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("60 seconds")
        assert.deepStrictEqual(entries.map(({ leg, openedAt }) => [leg, openedAt]), [
          ["flex", 0],
          ...(after > 10_000 ? [["standard", 10_000]] : [])
        ])
        for (const entry of entries) assert.strictEqual(entry.closedAt, after)
      })
  )

  const script = Schema.Struct({
    after: Schema.Literals([0, 1, 2000, 9_999, 10_000, 10_001, 11_000, 12_000, 60_000]),
    ends: Schema.Literals(["start", "refuse", "reject"])
  })

  it.effect.prop(
    "chooses at most one leg and leaves no other scope open, whatever the schedule",
    [script, script, Schema.Literals(["race", "replace"])],
    ([flex, standard, onDeadline]) =>
      Effect.gen(function*() {
        const { entries, exit, settledAt } = yield* run(flex, standard, onDeadline)
        const open = entries.filter((entry) => entry.closedAt === undefined).map(({ leg }) => leg)
        assert.isAtMost(entries.length, 2)
        assert.deepStrictEqual(open, Exit.isSuccess(exit) ? [exit.value._tag === "Flex" ? "flex" : "standard"] : [])
        for (const { closedAt, openedAt } of entries) assert.isAtLeast(closedAt ?? settledAt, openedAt)
      }).pipe(Effect.scoped)
  )

  it.effect("counts the window by the clock of the fiber", () =>
    Effect.gen(function*() {
      const { settledAt } = yield* run(stall, start(0))
      assert.deepStrictEqual(Duration.millis(settledAt), Duration.seconds(10))
    }))
})
