import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as CompleteWithin from "../../src/CompleteWithin.ts"
import * as CompleteWithinFlag from "../../src/cli/CompleteWithinFlag.ts"

const now = Date.parse("2027-01-15T08:00:00Z")
const at = (text: string) => Result.succeed(Date.parse(text))

describe("--complete-within", () => {
  it("is a duration as a person writes it, the contract's form, or an instant", () => {
    assert.deepStrictEqual(CompleteWithinFlag.parse("2h", now), at("2027-01-15T10:00:00Z"))
    assert.deepStrictEqual(CompleteWithinFlag.parse("1d12h", now), at("2027-01-16T20:00:00Z"))
    assert.deepStrictEqual(CompleteWithinFlag.parse("02h-30m-00s", now), at("2027-01-15T10:30:00Z"))
    assert.deepStrictEqual(CompleteWithinFlag.parse("2027-01-15T18:00:00+01:00", now), at("2027-01-15T17:00:00Z"))
  })

  it("says what was expected of a time that is none, too near or too far", () => {
    for (const text of ["", "soon", "10m", "7d1s", "2027-01-15T08:05:00Z", "2027-01-15"]) {
      assert.deepStrictEqual(CompleteWithinFlag.parse(text, now), Result.fail(CompleteWithinFlag.accepted))
    }
  })

  it("is sent as an instant that is still far enough ahead when no more than ten minutes are left", () => {
    const deadline = now + 3_600_000
    for (const submitted of [now, deadline - 600_000, deadline, deadline + 86_400_000]) {
      const sent = CompleteWithin.deadline(CompleteWithinFlag.wire(deadline, submitted), submitted)
      assert.deepStrictEqual(sent, Result.succeed(Math.max(deadline, submitted + 601_000)))
    }
  })
})
