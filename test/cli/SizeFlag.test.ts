import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as SizeFlag from "../../src/cli/SizeFlag.ts"

describe("SizeFlag", () => {
  it.each([
    ["32mb", 32_000_000n],
    ["32MB", 32_000_000n],
    ["1.5 gb", 1_500_000_000n],
    ["500kB", 500_000n],
    ["500KB", 500_000n],
    ["64MiB", 67_108_864n],
    ["1kib", 1024n],
    ["100b", 100n]
  ])("reads %s", (text, size) => assert.strictEqual(Result.getOrThrow(SizeFlag.parse(text)) + 0n, size))

  it.each(["", "32", "mb", "0mb", "-1mb", "32 megs", "1e3mb", "0.0001b", "32mbit", " 32mb", "∞"])(
    "says of %o what it takes",
    (text) => assert.deepStrictEqual(SizeFlag.parse(text), Result.fail(SizeFlag.accepted))
  )
})
