import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Result, Schema } from "effect"
import * as StartWithin from "../src/StartWithin.ts"

const two = (value: number): string => String(value).padStart(2, "0")
const text = (hours: number, minutes: number, seconds: number): string =>
  `${two(hours)}h-${two(minutes)}m-${two(seconds)}s`

const flawOf = (value: unknown): StartWithin.Flaw | undefined =>
  Result.getOrUndefined(Result.flip(StartWithin.parse(value)))

const secondsOf = (value: unknown): number | undefined => {
  const parsed = Result.getOrUndefined(StartWithin.parse(value))
  return parsed !== undefined && Duration.isDuration(parsed) ? Duration.toSeconds(parsed) : undefined
}

describe("StartWithin", () => {
  describe("parse", () => {
    it.each(["default", "priority", "auto"] as const)("takes %o for the tier of that name", (tier) => {
      assert.strictEqual(Result.getOrThrow(StartWithin.parse(tier)), tier)
    })

    it.each([
      ["00h-00m-05s", 5],
      ["00h-00m-30s", 30],
      ["00h-00m-99s", 99],
      ["00h-01m-00s", 60],
      ["00h-01m-90s", 150],
      ["00h-08m-99s", 579],
      ["00h-09m-59s", 599],
      ["00h-09m-60s", 600],
      ["00h-10m-00s", 600]
    ])("takes %o for a window of %d seconds", (window, seconds) => {
      assert.strictEqual(secondsOf(window), seconds)
    })

    it.each([
      ["00h-00m-00s", "range"],
      ["00h-00m-04s", "range"],
      ["00h-09m-61s", "range"],
      ["00h-10m-01s", "range"],
      ["01h-00m-00s", "range"],
      ["99h-99m-99s", "range"],
      ["", "malformed"],
      ["standard", "malformed"],
      ["flex", "malformed"],
      ["Default", "malformed"],
      ["AUTO", "malformed"],
      [" default", "malformed"],
      ["default\n", "malformed"],
      ["00H-00M-30S", "malformed"],
      ["00h-00m-30s\n", "malformed"],
      ["\n00h-00m-30s", "malformed"],
      [" 00h-00m-30s", "malformed"],
      ["00h-00m-30s 00h-00m-30s", "malformed"],
      ["0h-0m-30s", "malformed"],
      ["000h-00m-30s", "malformed"],
      ["00h-00m-30", "malformed"],
      ["00h 00m 30s", "malformed"],
      ["-00h-00m-30s", "malformed"],
      ["00h-00m-3.s", "malformed"],
      ["00h-00m-\u0663\u0660s", "malformed"],
      ["00h-00m-\uff13\uff10s", "malformed"],
      ["30s", "malformed"],
      ["30 seconds", "malformed"],
      ["PT30S", "malformed"],
      [undefined, "type"],
      [null, "type"],
      [30, "type"],
      [true, "type"],
      [["default"], "type"],
      [{ start_within: "default" }, "type"]
    ])("refuses %o as %s", (value, flaw) => {
      assert.strictEqual(flawOf(value), flaw)
      assert.isFalse(StartWithin.is(value))
    })

    it("takes a spelling exactly if its seconds are 5 to 600, and so does the schema", () => {
      for (const hours of [0, 1, 99]) {
        for (let minutes = 0; minutes < 100; minutes++) {
          for (let seconds = 0; seconds < 100; seconds++) {
            const spelling = text(hours, minutes, seconds)
            const total = hours * 3600 + minutes * 60 + seconds
            const valid = total >= 5 && total <= 600
            assert.strictEqual(secondsOf(spelling), valid ? total : undefined, spelling)
            assert.strictEqual(StartWithin.is(spelling), valid, spelling)
          }
        }
      }
    })
  })

  describe("fromDuration", () => {
    const Seconds = Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 600 }))

    it.prop("and toDuration are inverse for every whole second from 5 to 600", [Seconds], ([seconds]) => {
      const window = StartWithin.fromDuration(Duration.seconds(seconds))
      assert.match(window, /^00h-(0[0-9]|10)m-[0-5][0-9]s$/)
      assert.deepStrictEqual(StartWithin.toDuration(window), Duration.seconds(seconds))
    }, { arbitrary: { runs: 1000 } })

    it("takes a duration as a program writes it", () => {
      assert.strictEqual(StartWithin.fromDuration("90 seconds"), "00h-01m-30s")
      assert.strictEqual(StartWithin.fromDuration("10 minutes"), "00h-10m-00s")
      assert.strictEqual(StartWithin.fromDuration(Duration.millis(7_000)), "00h-00m-07s")
      assert.strictEqual(StartWithin.fromDuration({ minutes: 2, seconds: 5 }), "00h-02m-05s")
    })

    it.each([Duration.millis(7_999), Duration.nanos(7_000_000_001n), { seconds: 7.5 }])(
      "rounds nothing: %o is refused",
      (duration) => {
        assert.deepStrictEqual(StartWithin.fromDurationResult(duration), Result.fail("fraction"))
        assert.throws(() => StartWithin.fromDuration(duration), RangeError, "in whole seconds")
      }
    )

    it("takes no bare number, whatever got past the compiler", () => {
      for (const number of [30, 30_000, 30n, "30"]) {
        // @ts-expect-error: a number of what?
        assert.throws(() => StartWithin.fromDuration(number), RangeError)
        assert.strictEqual(StartWithin.toWire(number), number)
      }
    })

    it.each([
      Duration.zero,
      Duration.seconds(4),
      Duration.seconds(601),
      Duration.hours(1),
      Duration.hours(100),
      Duration.seconds(-30),
      Duration.infinity
    ])("refuses %s, because it is outside the limits", (duration) => {
      assert.deepStrictEqual(StartWithin.fromDurationResult(duration), Result.fail("range"))
      assert.throws(() => StartWithin.fromDuration(duration), RangeError, "from 5 seconds to 10 minutes")
    })
  })

  describe("toDuration", () => {
    it.each(["default", "priority", "auto"] as const)("has no window for %o", (tier) => {
      assert.isUndefined(StartWithin.toDuration(tier))
    })
  })

  describe("schema", () => {
    it("keeps a valid value as it is written", () => {
      for (const value of ["default", "auto", "00h-00m-05s", "00h-00m-99s"]) {
        assert.strictEqual(Schema.decodeUnknownSync(StartWithin.StartWithin)(value), value)
      }
    })

    it("says what a window looks like when it refuses one", () => {
      const refused = Schema.decodeUnknownResult(StartWithin.Window)("00h-00m-04s")
      assert.include(
        Result.isFailure(refused) ? refused.failure.message : "",
        "a duration \"HHh-MMm-SSs\" from 5 seconds to 10 minutes"
      )
    })

    it.prop(
      "generates only values that parse",
      [Arbitrary.schema(StartWithin.StartWithin)],
      ([value]) => assert.isTrue(Result.isSuccess(StartWithin.parse(value)), value),
      { arbitrary: { runs: 300 } }
    )

    it("writes the limits into the JSON Schema", () => {
      const { schema } = Schema.toJsonSchemaDocument(StartWithin.Window)
      const pattern = new RegExp(String(schema["pattern"]), "u")
      assert.isTrue(pattern.test("00h-10m-00s"))
      assert.isFalse(pattern.test("00h-10m-01s"))
      assert.isFalse(pattern.test("00h-00m-04s"))
    })
  })
})
