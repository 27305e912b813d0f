import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import * as DelayFlag from "../../src/cli/DelayFlag.ts"

describe("DelayFlag", () => {
  it.each([["45s", 45_000], ["4m", 240_000], ["240s", 240_000], ["0", 0]])(
    "reads %s",
    (text, millis) => assert.strictEqual(Duration.toMillis(Result.getOrThrow(DelayFlag.parse(text))), millis)
  )

  it.each(["", "45", "s", "0s", "-1s", "1.5m", "45 s", "1h", "999999s", " 1s"])(
    "says of %o what it takes",
    (text) => assert.deepStrictEqual(DelayFlag.parse(text), Result.fail(DelayFlag.accepted))
  )
})
