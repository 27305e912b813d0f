import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import * as Retention from "../../src/cli/Retention.ts"

describe("Retention", () => {
  it.each([
    ["30d", 30 * 24 * 3_600_000],
    ["12h", 12 * 3_600_000],
    ["45m", 45 * 60_000]
  ])(
    "reads %s",
    (text, millis) => assert.strictEqual(Duration.toMillis(Result.getOrThrow(Retention.parse(text))), millis)
  )

  it.each(["", "30", "d", "0d", "-1d", "1.5h", "30 days", "1w", "9999999d", " 1d"])(
    "says of %o what it takes",
    (text) => assert.deepStrictEqual(Retention.parse(text), Result.fail(Retention.accepted))
  )
})
