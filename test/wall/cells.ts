/** The fault wall: every fault, on every leg, of every surface, streamed and collected, and what has to come of each. */
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import { buildConnector } from "undici"
import * as AttemptLog from "../../src/AttemptLog.ts"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { found, keys } from "../support/canary.ts"
import { collect, eventsOf, framesOf } from "../support/streams.ts"
import { turns, within } from "../support/turns.ts"
import { type Good, good, text, whole } from "./answers.ts"
import * as Caller from "./caller.ts"
import type { Fault, Meaning } from "./faults.ts"
import * as Gateway from "./gateway.ts"
import * as Provider from "./provider.ts"

/** Which calls the fault meets: the flex leg's alone, both legs', or that of a request without a race. */
export const legs = ["flex leg", "both legs", "named tier"] as const
export type Leg = (typeof legs)[number]

export const surfaces = ["responses", "chat.completions", "interactions", "messages"] as const

export interface Cell {
  readonly surface: DialectName
  readonly model: keyof typeof spoken
  readonly leg: Leg
  readonly stream: boolean
}

/** The models of the wall, and the format in which each is asked on a surface that is not its own. */
const spoken = {
  "gpt-5.5": "responses",
  "gemini-3.5-flash": "interactions",
  "claude-sonnet-4-6": "messages"
} as const

export const upstreamOf = ({ model, surface }: Cell): DialectName =>
  model === "gpt-5.5" && surface === "chat.completions" ? surface : spoken[model]

/** Claude has no flex tier: the race of that surface is one of a translated model. */
const usual = (surface: DialectName, leg: Leg): Cell["model"] =>
  surface === "interactions" ? "gemini-3.5-flash" : surface === "messages" && leg === "named tier"
    ? "claude-sonnet-4-6"
    : "gpt-5.5"

const product = (models: (surface: DialectName, leg: Leg) => ReadonlyArray<Cell["model"]>): ReadonlyArray<Cell> =>
  surfaces.flatMap((surface) =>
    legs.flatMap((leg) =>
      models(surface, leg).flatMap((model) => [true, false].map((stream) => ({ surface, model, leg, stream })))
    )
  )

/** Every surface with the model that its clients ask for. */
export const cells = product((surface, leg) => [usual(surface, leg)])

/** Every surface with the models of all others. */
export const translated = product((surface, leg) =>
  (["gpt-5.5", "gemini-3.5-flash", "claude-sonnet-4-6"] as const).filter((model) =>
    model !== usual(surface, leg) && (leg === "named tier" || model !== "claude-sonnet-4-6")
  )
)

export const nameOf = ({ leg, model, stream, surface }: Cell): string =>
  `${leg}, ${model} on ${surface}, ${stream ? "streamed" : "collected"}`

export const requestOf = ({ leg, model, stream, surface }: Cell, connection?: string): string =>
  Caller.requestOf(surface, {
    model,
    ...(surface === "responses" || surface === "interactions"
      ? { input: "Hi" }
      : { messages: [{ role: "user", content: "Hi" }], max_tokens: 100 }),
    ...(stream ? { stream } : {}),
    start_within: leg === "named tier" ? "default" : "00h-00m-30s"
  }, connection)

/** What has to come of a cell. */
interface Expected {
  readonly answered: boolean
  /** Whether the caller gets a beginning and then an error. */
  readonly torn: boolean
  readonly status: number
  readonly calls: ReadonlyArray<"flex" | "standard">
  readonly reason: string | null
  readonly outcomes: ReadonlyArray<string>
}

const of = <A extends string | number>(pair: A | readonly [A, A], isStream: boolean): A =>
  typeof pair === "object" ? pair[isStream ? 0 : 1] : pair

const expectedOf = (fault: Fault, cell: Cell): Expected => {
  const { leg, stream } = cell
  const { escalates = "flex_not_started", means, outcome = fault.slow ? "timed_out" : "failed" } = fault
  const statusOf = (isStream: boolean) => of(fault.status ?? (fault.slow ? 504 : 502), isStream)
  const isNative = upstreamOf(cell) === cell.surface
  const meaningOf = (isStream: boolean): Meaning => {
    const meaning = of(means, isStream)
    if (isNative) return stream ? fault.relayed ?? meaning : meaning
    return meaning === "reported" ? "no" : meaning
  }
  const no = (calls: Expected["calls"], outcomes: ReadonlyArray<string>, isStream: boolean): Expected => ({
    answered: false,
    torn: false,
    status: statusOf(isStream),
    calls,
    reason: null,
    outcomes
  })
  /** Of a call that has begun to answer. */
  const begun = (tier: "flex" | "standard", meaning: Meaning): Expected => ({
    answered: meaning === "harmless",
    torn: meaning === "torn",
    status: 200,
    calls: [tier],
    reason: tier === "flex" ? "flex_won" : "tier_direct",
    outcomes: [meaning === "harmless" ? "completed" : meaning === "torn" ? "broken" : "failed"]
  })
  if (leg === "named tier") {
    const meaning = meaningOf(stream)
    return meaning === "no" ? no(["standard"], [of(outcome, stream)], stream) : begun("standard", meaning)
  }
  const meaning = meaningOf(true)
  if (meaning === "harmless" || (meaning === "torn" && stream)) return begun("flex", meaning)
  // A collected answer that is torn is asked for anew, this time as a body.
  const isTorn = meaning === "torn"
  const first = isTorn ? "broken" : fault.slow && leg === "flex leg" ? "beaten" : of(outcome, true)
  const calls: Expected["calls"] = ["flex", "standard"]
  if (leg === "both legs") {
    return { ...no(calls, [first, of(outcome, !isTorn)], !isTorn), reason: isTorn ? "flex_won" : null }
  }
  return {
    answered: true,
    torn: false,
    status: 200,
    calls,
    reason: isTorn ? "flex_recovered" : fault.slow ? "flex_deadline" : escalates,
    outcomes: [first, "completed"]
  }
}

const factsOf = (
  status: number,
  reason: string | null,
  calls: ReadonlyArray<string>,
  outcomes: ReadonlyArray<string>
): string => `${status} ${reason}: ${calls.map((tier, index) => `${tier} ${outcomes[index]}`).join(", ")}`

const json = (text: string): JsonObject =>
  Json.parseObject(text) ?? assert.fail(`no JSON object: ${text.slice(0, 200)}`)

/** The tier that a call asked for. */
const tierOf = ({ body }: Provider.Call): "flex" | "standard" =>
  Json.string(json(body), "service_tier") === "flex" ? "flex" : "standard"

/** What the provider should answer to a call. */
export const goodFor = (call: Provider.Call): Good =>
  good(dialectAt(call.path), tierOf(call) === "flex" ? "flex" : "default", json(call.body)["stream"] === true)

const dialectAt = (path: string): DialectName =>
  surfaces.find((surface) => path.includes(surface === "chat.completions" ? "/chat/completions" : `/${surface}`)) ??
    assert.fail(path)

/** Lets virtual time pass, as long as it takes. */
const passing = Effect.forever(Effect.andThen(turns(10), TestClock.adjust("2 seconds")))

/** Runs cells against a fault, one after the other, on one gateway. */
export const run = (fault: Fault, cells: ReadonlyArray<Cell>): Effect.Effect<void> =>
  Effect.gen(function*() {
    let cell: Cell | undefined
    const isMet = (tier: "flex" | "standard") => cell?.leg !== "flex leg" || tier === "flex"
    const provider = yield* Provider.make((call) => {
      const tier = tierOf(call)
      const answer = goodFor(call)
      if (fault.connecting !== undefined) {
        return [whole({ ...answer, head: answer.head.replace("\r\n", "\r\nconnection: close\r\n") }), "fin"]
      }
      return isMet(tier) ? fault.steps(answer) : [whole(answer)]
    })
    let connections = 0
    const connector = buildConnector({ timeout: 0 })
    const connecting: buildConnector.connector = (options, callback) => {
      const isFirst = connections++ === 0
      if (fault.connecting === undefined || !isMet(isFirst ? "flex" : "standard")) return connector(options, callback)
      const failed = Object.assign(new Error(`connect ${fault.connecting}`), { code: fault.connecting })
      const socket = fault.connecting === "ECONNREFUSED"
        ? connect({ host: "127.0.0.1", port: 1 })
        : connect({ host: options.hostname, port: 1, lookup: (_, __, found) => found(failed, "", 4) })
      socket.on("error", (error) => callback(error, null))
      return socket
    }
    yield* Effect.scoped(Effect.gen(function*() {
      const { records, url } = yield* Gateway.before(provider.url, { connect: connecting })
      const failures: Array<string> = []
      for (const asked of cells) {
        cell = asked
        connections = 0
        provider.calls.length = 0
        records.length = 0
        const asking = Caller.exchange(url, requestOf(asked))
        const bytes = yield* fault.slow
          ? Effect.raceFirst(asking, passing)
          : asking
        yield* judge(fault, cell, bytes, provider, records).pipe(
          Effect.catchDefect((defect) => Effect.sync(() => failures.push(`${nameOf(asked)}: ${defect}`)))
        )
      }
      assert.deepStrictEqual(failures, [])
    }))
    yield* within("the gateway closes its connections", () => provider.sockets() === 0)
  }).pipe(Effect.scoped, Effect.orDie)

const judge = (
  fault: Fault,
  cell: Cell,
  bytes: Buffer,
  provider: Provider.Provider,
  records: ReadonlyArray<AttemptLog.AttemptRecord>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const expected = expectedOf(fault, cell)
    const dialect = dialects[cell.surface]
    const seen = Caller.read(bytes)

    yield* within("a record is made", () => records.length > 0)
    const [record = assert.fail("no record"), ...others] = records
    const tiers = record.legs.map(({ tier }) => tier)
    const outcomes = record.legs.map(({ outcome }) => outcome)
    const calls = fault.connecting === undefined ? provider.calls.map(tierOf) : tiers
    assert.strictEqual(
      factsOf(seen.status, record.reason, calls, outcomes),
      factsOf(expected.status, expected.reason, expected.calls, expected.outcomes)
    )
    assert.deepStrictEqual(tiers, calls)
    assert.deepStrictEqual(others, [])
    const line = yield* Schema.encodeEffect(AttemptLog.AttemptRecordLine)(record)
    assert.strictEqual(record.surface, cell.surface)
    const failed = expected.answered ? 200 : fault.slow ? 504 : 502
    assert.strictEqual(record.status, expected.status === 200 ? failed : expected.status)

    // What the caller saw.
    assert.match(seen.headers.get("x-flexinference-request-id") ?? "", /^req_/)
    if (expected.status === 200 && cell.stream) {
      assert.include(seen.headers.get("content-type"), "text/event-stream")
      const frames = yield* framesOf(seen.body)
      const signs = frames.map((frame) => dialect.sign(frame, true))
      const at = signs.indexOf("failed")
      if (expected.torn) {
        assert.isAbove(at, 0, "an error stands behind what came of the answer")
        assert.deepStrictEqual(signs.slice(at).filter((sign) => sign !== "failed" && sign !== "end"), [])
      } else assert.strictEqual(dialect.text(collect(dialect, eventsOf(frames)) ?? {}), text)
      if (upstreamOf(cell) === cell.surface) {
        // What a provider says in its caller's own format is handed on as it came, byte for byte.
        const isFallback = expected.calls.length === 2
        const { admission, pieces } = good(
          cell.surface,
          isFallback || cell.leg === "named tier" ? "default" : "flex",
          true
        )
        if (isFallback) assert.strictEqual(seen.body, pieces.join(""))
        else if (expected.torn) assert.strictEqual(seen.body.indexOf(pieces.slice(0, admission + 3).join("")), 0)
      }
    } else {
      const body = json(seen.body)
      if (expected.answered) assert.strictEqual(dialect.text(body), text)
      else {
        assert.isDefined(Json.object(body, "error"))
        const [name, value] = fault.header ?? []
        if (name !== undefined) assert.strictEqual(seen.headers.get(name), value)
      }
    }

    // What the provider saw: its own key, and nobody else's.
    for (const { body, head } of provider.calls) {
      const [own] = Object.entries(keys).find(([name]) => cell.model.startsWith(prefixes[name] ?? "-")) ?? []
      assert.deepStrictEqual(found(head), own === undefined ? [] : [keys[isKey(own) ? own : "gateway"]])
      assert.deepStrictEqual(found(body), [])
    }
    assert.deepStrictEqual(found(seen.raw + seen.body + line), [])

    yield* within("no call is left open", () => provider.open() === 0)
  }).pipe(Effect.orDie)

const prefixes: { readonly [name: string]: string } = { openai: "gpt", google: "gemini", anthropic: "claude" }
const isKey = (name: string): name is keyof typeof keys => Object.hasOwn(keys, name)
