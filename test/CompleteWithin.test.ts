import { assert, describe, it } from "@effect/vitest"
import { Duration, Result, Schema } from "effect"
import { CompleteWithin } from "../src/index.ts"

const now = Date.parse("2027-01-15T08:00:00Z")
const hour = 3_600_000

describe("CompleteWithin", () => {
  it.each([
    ["00h-10m-01s", now + 601_000],
    ["02h-30m-00s", now + 2.5 * hour],
    ["024h-00m-00s", now + 24 * hour],
    ["168h-00m-00s", now + 168 * hour],
    ["2027-01-15T09:00:00Z", now + hour],
    ["2027-01-15T18:00:00.250+01:00", now + 9 * hour + 250],
    ["2027-01-15t09:00:00z", now + hour]
  ])("reads %s as the instant it means", (value, at) => {
    assert.deepStrictEqual(CompleteWithin.deadline(value, now), Result.succeed(at))
  })

  it.each<[value: unknown, flaw: CompleteWithin.Flaw]>([
    [7200, "type"],
    [null, "type"],
    ["2h", "malformed"],
    ["2h-00m-00s", "malformed"],
    ["0002h-00m-00s", "malformed"],
    ["2027-01-15", "malformed"],
    ["2027-01-15T18:00:00", "malformed"],
    ["2027-13-15T18:00:00Z", "malformed"],
    ["٠٢h-00m-00s", "malformed"],
    ["00h-10m-00s", "range"],
    ["168h-00m-01s", "range"],
    ["2027-01-15T08:10:00Z", "range"],
    ["2027-01-14T09:00:00Z", "range"],
    ["2027-01-22T08:00:00.001Z", "range"]
  ])("refuses %s", (value, flaw) => {
    assert.deepStrictEqual(CompleteWithin.deadline(value, now), Result.fail(flaw))
  })

  it.prop(
    "writes every whole second beyond 10 minutes up to 7 days so that it is read as the same",
    [Schema.Int.check(Schema.isBetween({ minimum: 601, maximum: 604_800 }))],
    ([seconds]) => {
      const written = CompleteWithin.fromDuration(Duration.seconds(seconds))
      const read = Result.flatMap<string, "range", number, CompleteWithin.Flaw>(
        written,
        (text) => CompleteWithin.deadline(text, now)
      )
      assert.deepStrictEqual(read, Result.succeed(now + seconds * 1000))
    }
  )

  it("writes no duration that it would have to round", () => {
    assert.deepStrictEqual(CompleteWithin.fromDuration(Duration.millis(3_600_500)), Result.fail("range"))
  })
})
