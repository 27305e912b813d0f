import { assert, describe, it } from "@effect/vitest"
import { Cause } from "effect"
import * as CommandFailed from "../../src/cli/CommandFailed.ts"
import * as Errors from "../../src/FlexInferenceError.ts"

const problem = (field: string, code: string): Errors.Problem => ({
  field,
  code,
  message: `${field} is wrong.`,
  rule: "A rule.",
  example: "An example."
})

const told = (error: Errors.FlexInferenceError) => CommandFailed.lines(Cause.fail(CommandFailed.fromRouter(error)))

describe("CommandFailed", () => {
  it("tells an error of the router in one line with its code, however many lines its message has", () => {
    const error = Errors.unsupported({ code: "unroutable_model", param: "model", message: "No such\n  model.\n" })
    assert.deepStrictEqual(told(error), ["error: No such model. (code unroutable_model)"])
  })

  it("tells the status of an error that has no code", () => {
    const error = new Errors.FlexInferenceError({
      reason: new Errors.ProviderFailed({
        message: "No.",
        status: 418,
        providerStatus: 418,
        type: "invalid_request_error",
        code: null,
        param: null,
        class: "upstream",
        origin: "provider",
        provider: "openai",
        providerCode: null,
        retryable: false
      })
    })
    assert.deepStrictEqual(told(error), ["error: No. (code 418)"])
  })

  it("lists every problem of a request that is wrong in several places", () => {
    const error = Errors.invalidRequest([problem("model", "missing_model"), problem("input", "missing_input")])
    assert.deepStrictEqual(told(error), [
      "error: the request is wrong in 2 places (code missing_model)",
      "  - model is wrong. (code missing_model)",
      "  - input is wrong. (code missing_input)"
    ])
  })

  it("tells a single problem in one line", () => {
    assert.deepStrictEqual(told(Errors.invalidRequest([problem("model", "missing_model")])), [
      "error: model is wrong. (code missing_model)"
    ])
  })

  it("says nothing of an interruption", () => {
    assert.deepStrictEqual(CommandFailed.lines(Cause.interrupt()), [])
  })

  it("tells a defect with its trace, because it is ours", () => {
    const [line, ...rest] = CommandFailed.lines(Cause.die(new Error("a defect")))
    assert.match(line ?? "", /^error: internal fault: Error: a defect\n\s+at /)
    assert.deepStrictEqual(rest, [])
  })
})
