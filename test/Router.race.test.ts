import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { BuiltInName as DialectName } from "../src/dialect/index.ts"
import { dialects } from "../src/dialect/index.ts"
import type { FlexInferenceError } from "../src/FlexInferenceError.ts"
import { Behavior, Script } from "../src/simulator/index.ts"
import { adapters, list, type Request, type Result, send } from "./support/race.ts"

const start = (seconds: number) => Behavior.answer({ startAfter: `${seconds} seconds`, text: "Hello from flex." })
const standard = Behavior.answer({ startAfter: "1 second", text: "Hello from standard." })

const request = { model: "gpt-5.5", input: "Say hello.", start_within: "00h-00m-10s", stream: true }

interface Row {
  readonly name: string
  readonly flex: Behavior.Behavior
  readonly standard?: Behavior.Behavior
  readonly request?: Partial<Request>
  /** The reason and the time of the commit, or the error and the time of the failure. */
  readonly reason?: string
  readonly error?: (error: FlexInferenceError) => void
  readonly at: number
  /** Tier, opened at, ended at, outcome. */
  readonly calls: ReadonlyArray<readonly [string, number, number, string]>
}

const text = ({ frames }: Result, surface: DialectName) =>
  frames.map(({ value }) => value === undefined ? "" : dialects[surface].textDelta(value) ?? "").join("")

const rows: ReadonlyArray<Row> = [
  {
    name: "flex that starts in time serves alone",
    flex: start(3),
    reason: "flex_won",
    at: 3000,
    calls: [["flex", 0, 3000, "completed"]]
  },
  {
    name: "a start at the very deadline is in time, and costs no second call",
    flex: start(10),
    reason: "flex_won",
    at: 10_000,
    calls: [["flex", 0, 10_000, "completed"]]
  },
  {
    name: "after the deadline standard is asked too, and wins if it starts first",
    flex: Behavior.stall(),
    reason: "flex_deadline",
    at: 11_000,
    calls: [["flex", 0, 11_000, "aborted"], ["standard", 10_000, 11_000, "completed"]]
  },
  {
    name: "after the deadline flex stays in the race and wins if it starts first",
    flex: start(10.5),
    reason: "flex_won",
    at: 10_500,
    calls: [["flex", 0, 10_500, "completed"], ["standard", 10_000, 10_500, "aborted"]]
  },
  {
    name: "what both legs would add to a stored conversation is asked of standard alone",
    flex: start(3),
    request: { body: { ...request, conversation: "conv_1" } },
    reason: "stateful",
    at: 1000,
    calls: [["standard", 0, 1000, "completed"]]
  },
  {
    name: "with replace, flex is aborted at the deadline before standard is asked",
    flex: start(10.5),
    request: { options: { onDeadline: "replace" } },
    reason: "flex_deadline",
    at: 11_000,
    calls: [["flex", 0, 10_000, "aborted"], ["standard", 10_000, 11_000, "completed"]]
  },
  {
    name: "a 429 for want of flex capacity opens standard at once",
    flex: Behavior.refuse(),
    reason: "flex_capacity",
    at: 1000,
    calls: [["flex", 0, 0, "refused"], ["standard", 0, 1000, "completed"]]
  },
  {
    name: "a refusal inside a 200 stream, after created and in_progress, opens standard at once",
    flex: Behavior.refuseInStream({}, { startAfter: "2 seconds" }),
    reason: "flex_capacity",
    at: 3000,
    calls: [["flex", 0, 2000, "refused"], ["standard", 2000, 3000, "completed"]]
  },
  {
    name: "a 500 opens standard at once",
    flex: Behavior.refuse({ status: 500 }),
    reason: "flex_upstream_error",
    at: 1000,
    calls: [["flex", 0, 0, "refused"], ["standard", 0, 1000, "completed"]]
  },
  {
    name: "a 408 opens standard at once",
    flex: Behavior.refuse({ status: 408 }),
    reason: "flex_upstream_error",
    at: 1000,
    calls: [["flex", 0, 0, "refused"], ["standard", 0, 1000, "completed"]]
  },
  {
    name: "a refused connection opens standard at once",
    flex: Behavior.unreachable(),
    reason: "flex_not_started",
    at: 1000,
    calls: [["flex", 0, 0, "failed"], ["standard", 0, 1000, "completed"]]
  },
  {
    name: "a stream that closes before the start opens standard at once",
    flex: Behavior.cut("admission", { how: "end", startAfter: "2 seconds" }),
    reason: "flex_not_started",
    at: 3000,
    calls: [["flex", 0, 2000, "failed"], ["standard", 2000, 3000, "completed"]]
  },
  {
    name: "a connection that breaks before the start opens standard at once",
    flex: Behavior.cut("admission", { how: "reset", startAfter: "2 seconds" }),
    reason: "flex_not_started",
    at: 3000,
    calls: [["flex", 0, 2000, "failed"], ["standard", 2000, 3000, "completed"]]
  },
  {
    name: "a 400 is an answer: it fails the request and nothing else is called",
    flex: Behavior.refuse({ status: 400, code: "unsupported_parameter", param: "foo", message: "No foo." }),
    error: (error) => {
      assert.strictEqual(error.reason._tag, "ProviderFailed")
      assert.deepInclude(
        { status: error.status, code: error.code, param: error.param, providerCode: error.providerCode },
        { status: 400, code: "unsupported_parameter", param: "foo", providerCode: "unsupported_parameter" }
      )
    },
    at: 0,
    calls: [["flex", 0, 0, "refused"]]
  },
  {
    name: "a 400 that says the model has no flex tier opens standard at once",
    flex: Behavior.refuseTier(),
    reason: "flex_unsupported",
    at: 1000,
    calls: [["flex", 0, 0, "refused"], ["standard", 0, 1000, "completed"]]
  },
  {
    name: "a 401 is an answer: it fails as upstream_auth_failed and nothing else is called",
    flex: Behavior.refuse({ status: 401, code: "invalid_api_key" }),
    error: (error) =>
      assert.deepInclude(
        { status: error.status, code: error.code, providerCode: error.providerCode, origin: error.origin },
        { status: 403, code: "upstream_auth_failed", providerCode: "invalid_api_key", origin: "provider" }
      ),
    at: 0,
    calls: [["flex", 0, 0, "refused"]]
  },
  {
    name: "an exhausted balance is an answer: standard would be refused as well",
    flex: Behavior.refuse({ status: 429, code: "insufficient_quota", type: "insufficient_quota" }),
    error: (error) =>
      assert.deepInclude({ code: error.code, class: error.class }, { code: "insufficient_quota", class: "billing" }),
    at: 0,
    calls: [["flex", 0, 0, "refused"]]
  },
  {
    name: "when standard fails as well, the error is standard's with flex's attached",
    flex: Behavior.refuse(),
    standard: Behavior.refuse({ status: 500, message: "Standard is down." }),
    error: (error) => {
      assert.strictEqual(error.status, 500)
      assert.include(error.message, "Standard is down.")
      assert.strictEqual(error.flex?._tag, "CapacityRefused")
    },
    at: 0,
    calls: [["flex", 0, 0, "refused"], ["standard", 0, 0, "refused"]]
  },
  {
    name: "when standard fails, flex that starts late is better than never",
    flex: start(20),
    standard: Behavior.refuse({ status: 500 }),
    reason: "flex_won",
    at: 20_000,
    calls: [["flex", 0, 20_000, "completed"], ["standard", 10_000, 10_000, "refused"]]
  },
  {
    name: "when standard fails, flex is waited for no longer than its own clock",
    flex: Behavior.stall(),
    standard: Behavior.refuse({ status: 500 }),
    error: (error) => {
      assert.strictEqual(error.status, 500)
      assert.strictEqual(error.flex?._tag, "TimedOut")
    },
    at: 60_000,
    calls: [["flex", 0, 60_000, "aborted"], ["standard", 10_000, 10_000, "refused"]]
  },
  {
    name: "created, in_progress and keep-alive comments are no start",
    flex: Behavior.stall({ keepAlive: "1 second" }),
    reason: "flex_deadline",
    at: 11_000,
    calls: [["flex", 0, 11_000, "aborted"], ["standard", 10_000, 11_000, "completed"]]
  },
  {
    name: "a chat delta that holds only the role is no start",
    flex: Behavior.stall(),
    request: {
      surface: "chat.completions",
      body: { model: "gpt-5.5", messages: [{ role: "user", content: "Hi" }], start_within: "00h-00m-10s", stream: true }
    },
    reason: "flex_deadline",
    at: 11_000,
    calls: [["flex", 0, 11_000, "aborted"], ["standard", 10_000, 11_000, "completed"]]
  },
  {
    name: "with startSignal accepted, the first event is the start",
    flex: Behavior.answer({ admitAfter: "2 seconds", startAfter: "30 seconds" }),
    request: { options: { startSignal: "accepted" } },
    reason: "flex_won",
    at: 2000,
    calls: [["flex", 0, 30_000, "completed"]]
  }
]

describe.each(adapters)("Router: the race over $adapter", ({ layer }) => {
  for (const row of rows) {
    it.effect(row.name, () =>
      Effect.gen(function*() {
        const result = yield* send({ body: request, ...row.request })
        assert.deepStrictEqual(list(result.calls), row.calls.map((call) => [...call]))
        if (row.reason === undefined) {
          assert.strictEqual(result.endedAt, row.at)
          assert.isDefined(result.error)
          if (result.error !== undefined) row.error?.(result.error)
        } else {
          assert.strictEqual(result.error, undefined)
          assert.strictEqual(result.routing?.reason, row.reason)
          assert.strictEqual(result.committedAt, row.at)
          assert.strictEqual(result.report?.tier, row.reason === "flex_won" ? "flex" : "default")
          const said = text(result, row.request?.surface ?? "responses")
          if (result.report?.tier === "default") assert.strictEqual(said, "Hello from standard.")
          else assert.notInclude(said, "standard")
        }
      }).pipe(Effect.provide(layer(Script.byTier({ flex: row.flex, standard: row.standard ?? standard })))))
  }

  const canceled = [
    { name: "before the deadline", flex: Behavior.stall(), standard, at: 5000, calls: [["flex", 0, 5000, "aborted"]] },
    {
      name: "between the deadline and the start",
      flex: Behavior.stall(),
      standard: Behavior.stall(),
      at: 12_000,
      calls: [["flex", 0, 12_000, "aborted"], ["standard", 10_000, 12_000, "aborted"]]
    },
    {
      name: "after the commit",
      flex: Behavior.answer({
        startAfter: "1 second",
        pace: "1 second",
        text: "one two three four five six seven eight nine ten"
      }),
      standard,
      at: 4000,
      calls: [["flex", 0, 4000, "aborted"]]
    }
  ]

  for (const row of canceled) {
    it.effect(`a caller that goes away ${row.name} aborts every call at once, and nothing else is tried`, () =>
      Effect.gen(function*() {
        const result = yield* send({ body: request, interruptAt: row.at })
        assert.deepStrictEqual(list(result.calls), row.calls)
      }).pipe(Effect.provide(layer(Script.byTier({ flex: row.flex, standard: row.standard })))))
  }

  const broken = Behavior.cut(3, { startAfter: "2 seconds", pace: "500 millis", text: "one two three four five six" })

  it.effect("a flex stream that breaks after the commit ends in an error, never in silence", () =>
    Effect.gen(function*() {
      const result = yield* send({ body: request })
      assert.strictEqual(result.routing?.reason, "flex_won")
      assert.strictEqual(result.error?.reason._tag, "StreamFailed")
      assert.deepStrictEqual(result.calls.map(({ tier }) => tier), ["flex"])
    }).pipe(Effect.provide(layer(Script.byTier({ flex: broken, standard })))))

  it.effect("a buffered caller whose flex answer breaks off gets a whole one from standard", () =>
    Effect.gen(function*() {
      const { body, calls, error, routing } = yield* send({ body: { ...request, stream: false } })
      assert.strictEqual(error, undefined)
      assert.strictEqual(routing?.reason, "flex_recovered")
      assert.strictEqual(body?.value["status"], "completed")
      assert.deepStrictEqual(calls.map(({ outcome, tier }) => [tier, outcome]), [["flex", "failed"], [
        "standard",
        "completed"
      ]])
    }).pipe(Effect.provide(layer(Script.byTier({ flex: broken, standard })))))

  it.effect("a buffered caller can choose the error over the second call", () =>
    Effect.gen(function*() {
      const result = yield* send({ body: { ...request, stream: false }, options: { recoverBuffered: false } })
      assert.strictEqual(result.error?.reason._tag, "StreamFailed")
      assert.deepStrictEqual(result.calls.map(({ tier }) => tier), ["flex"])
    }).pipe(Effect.provide(layer(Script.byTier({ flex: broken, standard })))))
})
