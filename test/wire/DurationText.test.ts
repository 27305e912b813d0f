import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as DurationText from "../../src/wire/DurationText.ts"

const seconds = (text: string): number | undefined => {
  const duration = DurationText.parse(text)
  return duration === undefined ? undefined : Duration.toSeconds(duration)
}

describe("DurationText", () => {
  it.each<readonly [string, number]>([
    ["30s", 30],
    ["2m", 120],
    ["1m30s", 90],
    ["1m05s", 65],
    ["12h", 43_200],
    ["30d", 2_592_000],
    ["1d2h3m4s", 93_784],
    ["90s", 90],
    ["0s", 0],
    ["00h-00m-30s", 30],
    ["01h-02m-03s", 3_723]
  ])("reads %s as %d seconds", (text, expected) => assert.strictEqual(seconds(text), expected))

  it.each([
    "",
    "30",
    "30 s",
    " 30s",
    "30s\n",
    "1.5m",
    "-1s",
    "30S",
    "s",
    "30s1m",
    "1h1h",
    "0h-0m-30s",
    "9999999999s",
    "٣٠s"
  ])(
    "reads no duration in %o",
    (text) => assert.isUndefined(seconds(text))
  )
})
