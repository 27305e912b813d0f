import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import * as Notation from "../../src/cli/StartWithinFlag.ts"
import * as StartWithin from "../../src/StartWithin.ts"

const read = (text: string) => Result.getOrUndefined(Notation.parse(text))

const wholeSeconds = Array.from({ length: 596 }, (_, index) => index + 5)

const notations: ReadonlyArray<readonly [string, (seconds: number) => string | undefined]> = [
  ["seconds", (seconds) => `${seconds}s`],
  ["minutes and seconds", (seconds) => `${Math.floor(seconds / 60)}m${seconds % 60}s`],
  [
    "minutes and two-digit seconds",
    (seconds) => `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`
  ],
  ["whole minutes", (seconds) => seconds % 60 === 0 ? `${seconds / 60}m` : undefined],
  ["the wire form", (seconds) => StartWithin.fromDuration(Duration.seconds(seconds))]
]

describe("Notation", () => {
  it.each(notations)("reads every whole second from 5 to 600 in %s", (_, write) => {
    let seen = 0
    for (const seconds of wholeSeconds) {
      const text = write(seconds)
      if (text === undefined) continue
      seen++
      assert.strictEqual(read(text), StartWithin.fromDuration(Duration.seconds(seconds)), text)
    }
    assert.isAbove(seen, 0)
  })

  it.each(["default", "priority", "auto"])("reads the tier %s as it is", (tier) => {
    assert.strictEqual(read(tier), tier)
  })

  it.each([
    "",
    " ",
    "30",
    "30 s",
    "-30s",
    "+30s",
    "1.5m",
    "5S",
    "s",
    "m",
    "30s1m",
    "1h",
    "0h-0m-30s",
    "flex",
    "standard",
    "Default",
    "30s\n",
    "٣٠s",
    "0s",
    "4s",
    "601s",
    "10m1s",
    "11m",
    "00h-00m-04s",
    "00h-10m-01s",
    `${"9".repeat(400)}s`
  ])("refuses %j and says what it takes", (text) => {
    assert.deepStrictEqual(Notation.parse(text), Result.fail(Notation.accepted))
  })

  it("names only notations that it takes", () => {
    const named = Notation.accepted.match(/\b(\d+[ms]\d*s?|\d\dh-\d\dm-\d\ds|default|priority|auto)\b/g) ?? []
    assert.deepStrictEqual(named, [
      "5s",
      "10m",
      "30s",
      "1m30s",
      "5m",
      "00h-00m-30s",
      "default",
      "priority",
      "auto"
    ])
    for (const text of named) assert.isTrue(StartWithin.is(read(text)), text)
  })
})
