import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as ForeignSignature from "../../src/dialect/ForeignSignature.ts"
import type { FlexInferenceError } from "../../src/FlexInferenceError.ts"
import { Google } from "../../src/provider/Google.ts"
import * as Verdict from "../../src/provider/Verdict.ts"
import * as Router from "../../src/Router.ts"
import type { JsonObject } from "../../src/wire/Json.ts"

const surface = { name: "responses", required: { field: "input", kind: "present" } } as const

/** The error of a request, and how often its check read a member of what is counted. */
const checked = (field: string, value: object) => {
  const work = { reads: 0 }
  const counted = new Proxy(value, {
    get: (target, key) => {
      work.reads++
      return Reflect.get(target, key)
    }
  })
  const request = { model: "m", input: "x", start_within: "default", [field]: counted }
  const result = Router.validate(surface, request)
  const error: FlexInferenceError = Result.isFailure(result) ? result.failure : assert.fail("it passed")
  return { error, problems: error.reason._tag === "InvalidRequest" ? error.reason.problems : [], reads: work.reads }
}

const members = (count: number): object =>
  Object.fromEntries([["count", 1], ...Array.from({ length: count }, (_, at) => [`member ${at}`, at])])

const large: ReadonlyArray<readonly [what: string, field: string, of: (count: number) => object, told: RegExp]> = [
  ["unknown names", "provider", (count) => Array.from({ length: count }, (_, at) => `p${at}`), /lists 60000 names/],
  ["repeated names", "provider", (count) => Array.from({ length: count }, () => "openai"), /lists 60000 names/],
  ["no names at all", "provider", (count) => Array.from({ length: count }, () => null), /lists 60000 names/],
  ["unknown members", "retry", members, /has 59,990 more members that are not known/]
]

describe("the work of a check", () => {
  it.each(large)("does not grow with %s in %s, nor does what it says", (_, field, of, told) => {
    const [small, twice, huge] = [checked(field, of(1000)), checked(field, of(2000)), checked(field, of(60_000))]
    assert.match(huge.error.message, told)
    assert.deepStrictEqual(twice.reads, small.reads)
    assert.strictEqual(twice.problems.length, small.problems.length)
    assert.isBelow(huge.problems.length, 20)
    assert.isBelow(huge.error.message.length, 10_000)
  })

  it("tells all of a few", () => {
    assert.lengthOf(checked("retry", members(10)).problems, 10)
    assert.notMatch(checked("retry", members(10)).error.message, /more/)
    assert.match(checked("retry", members(11)).error.message, /has 1 more members/)
  })

  it("does not quote a name of any length", () => {
    assert.isBelow(checked("retry", { count: 1, ["x".repeat(1_000_000)]: 1 }).error.message.length, 1000)
  })
})

describe("the work of a look for another provider's values", () => {
  const reads = (depth: number): number => {
    let count = 0
    let value: JsonObject = Object.defineProperty({}, "innermost", {
      enumerable: true,
      get: () => {
        count++
        return "x"
      }
    })
    for (let level = 0; level < depth; level++) value = { extra_content: value }
    assert.strictEqual(ForeignSignature.dropForeign(value), value)
    return count
  }

  it("does not grow with how deep additions are nested in each other", () => {
    assert.strictEqual(reads(200), reads(100))
  })
})

describe("the work of a verdict", () => {
  // Work that grew with the square of these would run into the limit of the tests.
  const long = "flex ".repeat(200_000)

  it.each([
    [long, "ProviderFailed"],
    [`${long} is not available`, "TierUnsupported"],
    ["Priority is\nnot supported.", "TierUnsupported"],
    ["This is not supported by flex.", "ProviderFailed"]
  ])("grows with a message and not with its square", (message, tag) => {
    const body = { error: { code: 400, status: "INVALID_ARGUMENT", message } }
    const error = Verdict.errorOf(Google, { status: 400, headers: {}, body, text: "", receivedAt: 0 })
    assert.strictEqual(error.reason._tag, tag)
  })
})
