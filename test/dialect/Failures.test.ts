import { assert, describe, it } from "@effect/vitest"
import type { AnswerContext } from "../../src/Dialect.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Failure from "../../src/dialect/responses/Failure.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"

const context: AnswerContext = { id: "seed", createdAt: 1_700_000_000, model: "m", request: {} }

const toHub = (name: DialectName, body: JsonObject): JsonObject =>
  dialects[name].translation?.bodyToResponses(body, context) ?? body

describe("a body that reports a failure", () => {
  const error = { code: "flex_unavailable", message: "busy", type: "server_error", param: null }
  it.each<{ name: string; dialect: DialectName; body: JsonObject; code: string | null; message: string }>([
    {
      name: "failed",
      dialect: "responses",
      body: { status: "failed", error, output: [] },
      code: "flex_unavailable",
      message: "busy"
    },
    {
      name: "canceled",
      dialect: "responses",
      body: { status: "cancelled", error: null, output: [] },
      code: null,
      message: "The provider reported the answer as cancelled."
    },
    { name: "an error", dialect: "chat.completions", body: { error }, code: "flex_unavailable", message: "busy" },
    {
      name: "an error with a number for its code",
      dialect: "chat.completions",
      body: { error: { code: 503, message: "busy" } },
      code: "503",
      message: "busy"
    },
    {
      name: "failed",
      dialect: "interactions",
      body: { status: "failed", errors: [{ code: "unavailable", message: "busy" }], steps: [] },
      code: "unavailable",
      message: "busy"
    },
    {
      name: "canceled",
      dialect: "interactions",
      body: { status: "cancelled" },
      code: "server_error",
      message: "The interaction was cancelled."
    },
    {
      name: "an error",
      dialect: "messages",
      body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      code: "overloaded_error",
      message: "Overloaded"
    }
  ])("stays one in the hub, with its words: $name of $dialect", ({ body, code, dialect, message }) => {
    const failure = Failure.reported(toHub(dialect, body))
    assert.strictEqual(failure?.code, code)
    assert.strictEqual(failure?.message, message)
  })

  it("keeps the type and the parameter of its error", () => {
    const failure = Failure.reported(toHub("chat.completions", { error: { ...error, param: "input" } }))
    assert.deepStrictEqual(failure, { ...error, param: "input" })
  })

  it("never looks like an empty answer on any surface", () => {
    const failed = { status: "failed", error, output: [] }
    const body = (name: DialectName) => dialects[name].translation?.bodyFromResponses(failed, context) ?? {}
    assert.strictEqual(Json.object(body("chat.completions"), "error")?.["code"], "flex_unavailable")
    assert.strictEqual(body("interactions")["status"], "failed")
    assert.strictEqual(body("messages")["type"], "error")
  })

  it("is none where an answer is complete or was cut", () => {
    for (const status of ["completed", "incomplete"]) assert.isUndefined(Failure.reported({ status, output: [] }))
  })
})

describe("a refusal", () => {
  const refused = toHub("messages", {
    type: "message",
    content: [],
    stop_reason: "refusal",
    stop_details: { type: "refusal", category: null, explanation: "Not this." }
  })
  const on = (name: DialectName): JsonObject => dialects[name].translation?.bodyFromResponses(refused, context) ?? {}

  it("of Claude's ends Chat as filtered content, with its words as a refusal", () => {
    const [choice = {}] = Json.objects(on("chat.completions"), "choices")
    assert.strictEqual(choice["finish_reason"], "content_filter")
    assert.strictEqual(Json.object(choice, "message")?.["refusal"], "Not this.")
  })

  it("of Claude's ends Interactions as blocked content, with its words", () => {
    const body = on("interactions")
    assert.strictEqual(body["status"], "incomplete")
    assert.deepStrictEqual(body["errors"], [{ code: "content_blocked", message: "Not this." }])
  })
})
