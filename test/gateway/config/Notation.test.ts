import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import * as Notation from "../../../src/gateway/config/Notation.ts"

const { retention, time } = Notation

describe("a retention", () => {
  it.each([
    ["30d", 30 * 24 * 3_600_000],
    ["12h", 12 * 3_600_000],
    ["45m", 45 * 60_000]
  ])(
    "reads %s",
    (text, millis) => assert.strictEqual(Duration.toMillis(Result.getOrThrow(retention.parse(text))), millis)
  )

  it.each(["", "30", "d", "0d", "-1d", "1.5h", "30 days", "1w", "9999999d", " 1d"])(
    "says of %o what it takes",
    (text) => assert.deepStrictEqual(retention.parse(text), Result.fail(retention.accepted))
  )
})

describe("a time", () => {
  it("may be seconds as well", () =>
    assert.strictEqual(Duration.toMillis(Result.getOrThrow(time.parse("90s"))), 90_000))
})
