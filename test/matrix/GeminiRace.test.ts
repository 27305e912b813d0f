import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { dialects } from "../../src/dialect/index.ts"
import type { FlexInferenceError } from "../../src/FlexInferenceError.ts"
import * as Json from "../../src/wire/Json.ts"
import { Behavior, Script } from "../../src/simulator/index.ts"
import { adapters, list, type Request, type Result, send } from "../support/race.ts"

/** Gemini is raced in its own format and behind a translation; neither may make a difference. */
const surfaces = ["interactions", "responses"] as const

type Surface = typeof surfaces[number]

const start = (seconds: number) => Behavior.answer({ startAfter: `${seconds} seconds`, text: "Hello from flex." })
const standard = Behavior.answer({ startAfter: "1 second", text: "Hello from standard." })
const request = { model: "gemini-2.5-flash", input: "Say hello.", start_within: "00h-00m-10s", stream: true }

type Row =
  & {
    readonly name: string
    readonly flex: Behavior.Behavior
    readonly standard?: Behavior.Behavior
    readonly options?: Request["options"]
    /** Tier, opened at, ended at, outcome. */
    readonly calls: ReadonlyArray<readonly [string, number, number, string]>
  }
  & (
    | { readonly reason: string; readonly at: number }
    | { readonly error: { readonly [member: string]: unknown }; readonly at: number }
  )

/** Flex says no at once and standard serves. */
const escalated = (name: string, flex: Behavior.Behavior, reason: string, outcome = "refused", at = 0): Row => ({
  name: `${name} opens standard at once`,
  flex,
  reason,
  at: at + 1000,
  calls: [["flex", 0, at, outcome], ["standard", at, at + 1000, "completed"]]
})

/** Flex gives an answer that standard would give as well. */
const definite = (name: string, flex: Behavior.Behavior, error: { readonly [member: string]: unknown }): Row => ({
  name: `${name} is an answer: nothing else is called`,
  flex,
  error: { origin: "provider", provider: "google", ...error },
  at: 0,
  calls: [["flex", 0, 0, "refused"]]
})

const later = { startAfter: "2 seconds" } as const

const badKey = {
  error: {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "API key not valid.",
    details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }]
  }
}

const daily = {
  error: {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: "You exceeded your current quota.",
    details: [{
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }]
    }]
  }
}

const rows: ReadonlyArray<Row> = [
  {
    name: "flex that starts in time serves alone",
    flex: start(3),
    reason: "flex_won",
    at: 3000,
    calls: [["flex", 0, 3000, "completed"]]
  },
  {
    name: "created and status_update are no start: after the deadline standard is asked too",
    flex: Behavior.stall({ keepAlive: "1 second" }),
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
    name: "with replace, flex is aborted at the deadline before standard is asked",
    flex: start(10.5),
    options: { onDeadline: "replace" },
    reason: "flex_deadline",
    at: 11_000,
    calls: [["flex", 0, 10_000, "aborted"], ["standard", 10_000, 11_000, "completed"]]
  },
  {
    name: "with startSignal accepted, the first event is the start",
    flex: Behavior.answer({ admitAfter: "2 seconds", startAfter: "30 seconds" }),
    options: { startSignal: "accepted" },
    reason: "flex_won",
    at: 2000,
    calls: [["flex", 0, 30_000, "completed"]]
  },
  escalated("a 503 for want of flex capacity", Behavior.refuse(), "flex_capacity"),
  escalated("a 429 that names no quota", Behavior.refuse({ status: 429 }), "flex_capacity"),
  escalated(
    "service_unavailable as an error event in a 200 stream",
    Behavior.refuseInStream({}, later),
    "flex_capacity",
    "refused",
    2000
  ),
  escalated(
    "rate_limit_exceeded as an error event in a 200 stream",
    Behavior.refuseInStream({ status: 429 }, later),
    "flex_capacity",
    "refused",
    2000
  ),
  escalated(
    "api_error as an error event in a 200 stream",
    Behavior.refuseInStream({ status: 500 }, later),
    "flex_upstream_error",
    "refused",
    2000
  ),
  escalated("a 500", Behavior.refuse({ status: 500 }), "flex_upstream_error"),
  escalated("a 504", Behavior.refuse({ status: 504 }), "flex_upstream_error"),
  escalated("a refused connection", Behavior.unreachable(), "flex_not_started", "failed"),
  escalated(
    "a stream that closes before the start",
    Behavior.cut("admission", { how: "end", ...later }),
    "flex_not_started",
    "failed",
    2000
  ),
  escalated(
    "a connection that breaks before the start",
    Behavior.cut("admission", { how: "reset", ...later }),
    "flex_not_started",
    "failed",
    2000
  ),
  escalated("a 400 that says the model has no flex tier", Behavior.refuseTier(), "flex_unsupported"),
  definite("a 400", Behavior.refuse({ status: 400, message: "No such field." }), {
    status: 400,
    providerCode: "invalid_request"
  }),
  definite("a 400 of Google's gateway for a bad key", Behavior.refuse({ status: 400, body: badKey }), {
    status: 403,
    code: "upstream_auth_failed",
    providerCode: "API_KEY_INVALID"
  }),
  definite("a 401", Behavior.refuse({ status: 401 }), { status: 403, code: "upstream_auth_failed" }),
  definite("a quota of the day", Behavior.refuse({ status: 429, body: daily }), { status: 429, class: "quota" }),
  definite("a quota by its own code", Behavior.refuse({ status: 429, code: "quota_exceeded" }), { class: "quota" }),
  definite("blocked content", Behavior.refuse({ status: 400, code: "prohibited_content" }), {
    class: "validation",
    retryable: false
  }),
  definite("blocked content as an error event in a 200 stream", Behavior.refuseInStream({ code: "safety" }), {
    class: "validation",
    retryable: false
  }),
  {
    name: "when standard fails as well, the error is standard's with flex's attached",
    flex: Behavior.refuse(),
    standard: Behavior.refuse({ status: 500, message: "Standard is down." }),
    error: { status: 500, flex: "CapacityRefused" },
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
    error: { status: 500, flex: "TimedOut" },
    at: 60_000,
    calls: [["flex", 0, 60_000, "aborted"], ["standard", 10_000, 10_000, "refused"]]
  }
]

const text = ({ frames }: Result, surface: Surface) =>
  frames.map(({ value }) => value === undefined ? "" : dialects[surface].textDelta(value) ?? "").join("")

const facts = (error: FlexInferenceError) => ({
  status: error.status,
  class: error.class,
  code: error.code,
  providerCode: error.providerCode,
  origin: error.origin,
  provider: error.provider,
  retryable: error.retryable,
  flex: error.flex?._tag
})

const broken = Behavior.cut(3, { startAfter: "2 seconds", pace: "500 millis", text: "word ".repeat(100) })

const ways = surfaces.flatMap((surface) => adapters.map(({ adapter, layer }) => ({ surface, adapter, layer })))

describe.each(ways)("the race on Gemini, asked in $surface over $adapter", ({ layer, surface }) => {
  for (const row of rows) {
    it.effect(row.name, () =>
      Effect.gen(function*() {
        const result = yield* send({ surface, body: request, options: row.options ?? {} })
        assert.deepStrictEqual(list(result.calls), row.calls.map((call) => [...call]))
        if ("error" in row) {
          assert.strictEqual(result.endedAt, row.at)
          assert.deepInclude(result.error === undefined ? {} : facts(result.error), row.error)
          return
        }
        assert.strictEqual(result.error, undefined)
        assert.deepInclude(result.routing, { reason: row.reason, provider: "google" })
        assert.strictEqual(result.committedAt, row.at)
        const isFlex = row.reason === "flex_won"
        assert.deepInclude(result.report, { tier: isFlex ? "flex" : "standard", tierInferred: false })
        // A stream in Responses reports the tier in OpenAI's words.
        const last = result.frames.findLast(({ value }) => value !== undefined)?.value ?? {}
        const body = Json.object(last, surface === "responses" ? "response" : "interaction") ?? {}
        const word = isFlex ? "flex" : surface === "responses" ? "default" : "standard"
        assert.strictEqual(body["service_tier"], word)
        const said = text(result, surface)
        if (isFlex) assert.notInclude(said, "standard")
        else assert.strictEqual(said, "Hello from standard.")
      }).pipe(Effect.provide(layer(Script.byTier({ flex: row.flex, standard: row.standard ?? standard })))))
  }

  it.effect("a caller that goes away after the deadline aborts both calls", () =>
    Effect.gen(function*() {
      const result = yield* send({ surface, body: request, interruptAt: 12_000 })
      assert.deepStrictEqual(list(result.calls), [["flex", 0, 12_000, "aborted"], [
        "standard",
        10_000,
        12_000,
        "aborted"
      ]])
    }).pipe(
      Effect.provide(layer(Script.byTier({ flex: Behavior.stall(), standard: Behavior.stall() })))
    ))

  it.effect.each([
    { name: "breaks", flex: broken },
    { name: "says error", flex: Behavior.fail(3, {}, { startAfter: "2 seconds", text: "word ".repeat(100) }) }
  ])(
    "a flex stream that $name after the commit ends in an error, never in silence",
    ({ flex }) =>
      Effect.gen(function*() {
        const result = yield* send({ surface, body: request })
        assert.strictEqual(result.routing?.reason, "flex_won")
        assert.isNotEmpty(text(result, surface))
        assert.strictEqual(result.error?.reason._tag, "StreamFailed")
        assert.deepStrictEqual(result.calls.map(({ tier }) => tier), ["flex"])
      }).pipe(Effect.provide(layer(Script.byTier({ flex, standard }))))
  )

  it.effect("a buffered caller whose flex answer breaks off gets a whole one from standard", () =>
    Effect.gen(function*() {
      const { body, calls, error, routing } = yield* send({ surface, body: { ...request, stream: false } })
      assert.strictEqual(error, undefined)
      assert.strictEqual(routing?.reason, "flex_recovered")
      assert.strictEqual(dialects[surface].text(body?.value ?? {}), "Hello from standard.")
      assert.deepStrictEqual(calls.map(({ outcome, tier }) => [tier, outcome]), [["flex", "failed"], [
        "standard",
        "completed"
      ]])
    }).pipe(Effect.provide(layer(Script.byTier({ flex: broken, standard })))))
})
