import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Clock, Effect, Exit, Fiber, Random, Schema, Scope, Stream } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as Transport from "../../src/Transport.ts"
import * as Json from "../../src/wire/Json.ts"
import { Behavior, type Ledger, Script, Simulator } from "../../src/simulator/index.ts"
import { turns } from "../support/turns.ts"

const url = {
  responses: "https://api.openai.com/v1/responses",
  "chat.completions": "https://api.openai.com/v1/chat/completions",
  interactions: "https://generativelanguage.googleapis.com/v1beta/interactions",
  messages: "https://api.anthropic.com/v1/messages"
}

const request: { readonly [dialect in keyof typeof url]: { readonly [member: string]: unknown } } = {
  responses: { model: "gpt-5.5", input: "Hello" },
  "chat.completions": { model: "gpt-5.5", messages: [{ role: "user", content: "Hello" }] },
  interactions: { model: "gemini-2.5-flash", input: "Hello" },
  messages: { model: "claude-haiku-4-5", max_tokens: 100, messages: [{ role: "user", content: "Hello" }] }
}

const dialects = ["responses", "chat.completions", "interactions", "messages"] as const

const post = (
  members: { readonly [member: string]: unknown } = { stream: true },
  dialect: keyof typeof url = "responses"
) =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (client) =>
      client.execute(
        HttpClientRequest.post(url[dialect], {
          headers: { authorization: "Bearer sk-secret", "anthropic-version": "2023-06-01" }
        }).pipe(
          HttpClientRequest.bodyJsonUnsafe({ ...request[dialect], ...members })
        )
      )
  )

const ledger = Effect.flatMap(Simulator.Simulator, (simulator) => simulator.ledger)

/** The one call that was made. */
const entry = Effect.map(ledger, ([entry]): Ledger.LedgerEntry => {
  if (entry === undefined) throw new Error("no call was made")
  return entry
})

const on = (behavior: Behavior.Behavior) => Effect.provide(Simulator.layer({ script: Script.always(behavior) }))

/** Moves virtual time in small steps, and lets every fiber reach its next wait before each. */
const elapse = (millis: number, step = 10) =>
  Effect.gen(function*() {
    const settle = turns(20)
    for (let moved = 0; moved < millis; moved += step) {
      yield* settle
      yield* TestClock.adjust(step)
    }
    yield* settle
  })

/** Runs an effect while virtual time passes, and gives its exit. */
const during = <A, E, R>(millis: number, effect: Effect.Effect<A, E, R>, step?: number) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    yield* elapse(millis, step)
    return yield* Fiber.await(fiber)
  })

/** Everything a body says, each piece with the time at which it came. */
const timed = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.gen(function*() {
    const seen: Array<readonly [number, string]> = []
    const exit = yield* response.stream.pipe(
      Stream.decodeText(),
      Stream.runForEach((text) => Effect.map(Clock.currentTimeMillis, (now) => seen.push([now, text]))),
      Effect.exit
    )
    return { seen, exit }
  })

const text = (response: HttpClientResponse.HttpClientResponse) => Stream.mkString(Stream.decodeText(response.stream))

const eventsOf = (sse: string) =>
  sse.split("\n\n").filter((block) => block !== "").map((block) => /^event: (.*)$/m.exec(block)?.[1] ?? "")

const deltas = (sse: string) => sse.split("response.output_text.delta\ndata").length - 1

describe("time", () => {
  it.effect("sends the headers, the first output and each delta when the behavior says", () =>
    Effect.gen(function*() {
      const exit = yield* during(1000, Effect.flatMap(post(), timed))
      if (Exit.isFailure(exit)) return assert.fail("the call failed")
      const { seen } = exit.value
      assert.deepStrictEqual(seen.map(([at, sse]) => [at, eventsOf(sse)]), [
        [100, ["response.created", "response.in_progress"]],
        [500, ["response.output_item.added", "response.content_part.added", "response.output_text.delta"]],
        [550, ["response.output_text.delta"]],
        [600, [
          "response.output_text.delta",
          "response.output_text.done",
          "response.content_part.done",
          "response.output_item.done",
          "response.completed"
        ]]
      ])
      const { endedAt, headersAt, openedAt, outcome, startedAt } = yield* entry
      assert.deepStrictEqual({ openedAt, headersAt, startedAt, endedAt, outcome }, {
        openedAt: 0,
        headersAt: 100,
        startedAt: 500,
        endedAt: 600,
        outcome: "completed"
      })
    }).pipe(on(
      Behavior.answer({ admitAfter: "100 millis", startAfter: "500 millis", pace: "50 millis", text: "one two three" })
    )))

  it.effect("sends a body that is not streamed when all of it has been generated", () =>
    Effect.gen(function*() {
      const exit = yield* during(
        1000,
        Effect.andThen(post({}), Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.succeed(now)))
      )
      assert.deepStrictEqual(exit, Exit.succeed(600))
    }).pipe(on(Behavior.answer({ startAfter: "500 millis", pace: "50 millis", text: "one two three" }))))

  it.effect("gives a reader who comes late all that is due at once", () =>
    Effect.gen(function*() {
      const response = yield* post()
      yield* TestClock.adjust("10 seconds")
      const { seen } = yield* timed(response)
      assert.strictEqual(seen.length, 1)
      assert.strictEqual(deltas(seen[0]?.[1] ?? ""), 3)
    }).pipe(on(Behavior.answer({ startAfter: "500 millis", pace: "50 millis", text: "one two three" }))))

  it.effect("keeps a waiting stream awake with comments that are no events", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(
        Effect.flatMap(
          post(),
          (response) => response.stream.pipe(Stream.decodeText(), Stream.take(4), Stream.runCollect)
        )
      )
      yield* elapse(50_000, 1000)
      const [admission = "", ...beats] = yield* Fiber.join(fiber)
      assert.deepStrictEqual(eventsOf(admission), ["response.created", "response.in_progress"])
      assert.deepStrictEqual(beats, Array.from({ length: 3 }, () => ": keep-alive\n\n"))
    }).pipe(on(Behavior.stall({ keepAlive: "15 seconds" }))))

  it.effect("drips byte by byte, and the bytes are those of the same answer in one piece", () =>
    Effect.gen(function*() {
      const behavior = { text: "Größe — 30 °C 🌍" }
      const whole = yield* Effect.provide(
        Effect.flatMap(post(), text),
        Simulator.layer({ seed: 1, script: Script.always(Behavior.answer(behavior)) })
      )
      const exit = yield* during(
        200_000,
        Effect.flatMap(post(), (response) => Stream.runCollect(response.stream)),
        500
      ).pipe(
        Effect.provide(
          Simulator.layer({ seed: 1, script: Script.always(Behavior.answer({ ...behavior, drip: "10 millis" })) })
        )
      )
      if (Exit.isFailure(exit)) return assert.fail("the call failed")
      assert.isTrue(exit.value.every((chunk) => chunk.length === 1))
      assert.strictEqual(Buffer.concat(exit.value).toString("utf8"), whole)
    }))
})

interface Ending {
  readonly name: string
  readonly behavior: Behavior.Behavior
  readonly stream: boolean
  readonly outcome: Ledger.Outcome
  /** The reader's exit: everything was read, or reading failed. */
  readonly reads: "all" | "failure"
  readonly status?: number
}

const slow = { startAfter: "100 millis", pace: "10 millis", text: "one two three" } as const

const endings: ReadonlyArray<Ending> = [
  { name: "an answer", behavior: Behavior.answer(slow), stream: true, outcome: "completed", reads: "all" },
  { name: "an answer", behavior: Behavior.answer(slow), stream: false, outcome: "completed", reads: "all" },
  { name: "a refusal", behavior: Behavior.refuse(), stream: true, outcome: "refused", reads: "all", status: 429 },
  { name: "a refusal", behavior: Behavior.refuse(), stream: false, outcome: "refused", reads: "all", status: 429 },
  {
    name: "a refusal in the stream",
    behavior: Behavior.refuseInStream(),
    stream: true,
    outcome: "refused",
    reads: "all"
  },
  {
    name: "a refusal in the stream",
    behavior: Behavior.refuseInStream(),
    stream: false,
    outcome: "refused",
    reads: "all",
    status: 429
  },
  { name: "a failure after a delta", behavior: Behavior.fail(1), stream: true, outcome: "failed", reads: "all" },
  {
    name: "a tier it lacks",
    behavior: Behavior.refuseTier(),
    stream: true,
    outcome: "refused",
    reads: "all",
    status: 400
  },
  { name: "no connection", behavior: Behavior.unreachable(), stream: true, outcome: "failed", reads: "failure" },
  {
    name: "a cut before the start",
    behavior: Behavior.cut("admission", slow),
    stream: true,
    outcome: "failed",
    reads: "failure"
  },
  { name: "a cut after a delta", behavior: Behavior.cut(1, slow), stream: true, outcome: "failed", reads: "failure" },
  { name: "a cut", behavior: Behavior.cut(1, slow), stream: false, outcome: "failed", reads: "failure" },
  {
    name: "an early end",
    behavior: Behavior.cut(1, { ...slow, how: "end" }),
    stream: true,
    outcome: "failed",
    reads: "all"
  },
  {
    name: "an event that is no JSON",
    behavior: Behavior.garble(1, slow),
    stream: true,
    outcome: "completed",
    reads: "all"
  }
]

const departures: ReadonlyArray<
  { readonly name: string; readonly behavior: Behavior.Behavior; readonly stream: boolean }
> = [
  { name: "waits for headers that never come", behavior: Behavior.silent, stream: true },
  { name: "waits for headers of a stalled body", behavior: Behavior.stall(), stream: false },
  { name: "waits for the headers", behavior: Behavior.answer({ admitAfter: "1 hour" }), stream: true },
  { name: "reads a stalled stream", behavior: Behavior.stall(), stream: true },
  { name: "reads a stream that stalls after a delta", behavior: Behavior.stall({ at: 1 }), stream: true },
  { name: "reads a slow stream", behavior: Behavior.answer({ pace: "1 hour" }), stream: true }
]

describe("the ledger", () => {
  it.effect.each(endings)(
    "tells how $name ended (stream: $stream)",
    ({ behavior, outcome, reads, status, stream }) =>
      Effect.gen(function*() {
        const exit = yield* during(
          1000,
          Effect.flatMap(post({ stream }), (response) => Effect.map(text(response), () => response.status))
        )
        assert.strictEqual(Exit.isSuccess(exit) ? "all" : "failure", reads)
        if (Exit.isSuccess(exit)) assert.strictEqual(exit.value, status ?? 200)
        assert.strictEqual((yield* entry).outcome, outcome)
      }).pipe(on(behavior))
  )

  it.effect.each(departures)(
    "tells when a caller went away who $name",
    ({ behavior, stream }) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Effect.flatMap(post({ stream }), text))
        yield* elapse(700)
        assert.strictEqual((yield* entry).outcome, "open")
        yield* Fiber.interrupt(fiber)
        const { endedAt, outcome } = yield* entry
        assert.deepStrictEqual({ endedAt, outcome }, { endedAt: 700, outcome: "aborted" })
      }).pipe(on(behavior))
  )

  it.effect("tells that a stream was left after its first piece", () =>
    Effect.gen(function*() {
      const response = yield* post()
      yield* Stream.runDrain(Stream.take(response.stream, 1))
      assert.strictEqual((yield* entry).outcome, "aborted")
    }).pipe(on(Behavior.answer({ startAfter: "1 second" }))))

  it.effect("tells that a stream was opened in a scope and never read when the scope closes", () =>
    Effect.gen(function*() {
      const response = yield* post()
      const scope = yield* Scope.make()
      yield* Scope.provide(Stream.toPull(response.stream), scope)
      yield* TestClock.adjust("3 seconds")
      yield* Scope.close(scope, Exit.void)
      const { endedAt, outcome } = yield* entry
      assert.deepStrictEqual({ endedAt, outcome }, { endedAt: 3000, outcome: "aborted" })
    }).pipe(on(Behavior.answer())))

  it.effect("counts an answer as whole for a reader who stops after its last event", () =>
    Effect.gen(function*() {
      const response = yield* post()
      yield* response.stream.pipe(
        Stream.decodeText(),
        Stream.takeUntil((sse) => sse.includes("response.completed")),
        Stream.runDrain
      )
      assert.strictEqual((yield* entry).outcome, "completed")
    }).pipe(on(Behavior.answer())))

  it.effect("holds the request as it was sent, without its credentials", () =>
    Effect.gen(function*() {
      yield* post({ service_tier: "flex", stream: true })
      const { body, bodyText, dialect, headers, model, provider, tier, url: address } = yield* entry
      assert.deepStrictEqual({ provider, dialect, tier, model, address }, {
        provider: "openai",
        dialect: "responses",
        tier: "flex",
        model: "gpt-5.5",
        address: url.responses
      })
      assert.deepStrictEqual(JSON.parse(bodyText), body)
      assert.strictEqual(headers["authorization"], "<redacted>")
      assert.notInclude(JSON.stringify(yield* ledger), "sk-secret")
    }).pipe(on(Behavior.answer())))

  it.effect("forgets the oldest calls beyond the number it is to remember", () =>
    Effect.gen(function*() {
      yield* Effect.repeat(post(), { times: 4 })
      assert.deepStrictEqual((yield* ledger).map(({ index }) => index), [3, 4])
    }).pipe(Effect.provide(Simulator.layer({ remember: 2 }))))

  it.effect("wakes whoever waits for a call to be made", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const waiting = yield* Effect.forkChild(simulator.until((calls) => calls.length === 2))
      yield* elapse(10)
      yield* post()
      yield* elapse(10)
      assert.isUndefined(waiting.pollUnsafe())
      yield* post()
      assert.strictEqual((yield* Fiber.join(waiting)).length, 2)
    }).pipe(on(Behavior.answer())))
})

describe("faults", () => {
  it.effect.prop(
    "cuts after exactly as many deltas as asked for",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))],
    ([at]) =>
      Effect.gen(function*() {
        const response = yield* post()
        const { exit, seen } = yield* timed(response)
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(deltas(seen.map(([, sse]) => sse).join("")), Math.min(at, 4))
      }).pipe(on(Behavior.cut(at, { text: "one two three four" })))
  )

  it.effect.each(dialects)(
    "puts one event that is no JSON into the stream and goes on (%s)",
    (dialect) =>
      Effect.gen(function*() {
        const sse = yield* Effect.flatMap(post({ stream: true }, dialect), text)
        const broken = sse.split("\n").filter((line) =>
          line.startsWith("data: {") && Json.parse(line.slice(6)) === undefined
        )
        assert.strictEqual(broken.length, 1)
        assert.strictEqual((yield* entry).outcome, "completed")
      }).pipe(on(Behavior.garble(1)))
  )

  it.effect("refuses flex inside the stream as reported: an error event, then response.failed, no usage", () =>
    Effect.gen(function*() {
      const sse = yield* Effect.flatMap(post({ service_tier: "flex", stream: true }), text)
      assert.deepStrictEqual(eventsOf(sse), ["response.created", "response.in_progress", "error", "response.failed"])
      assert.include(sse, "\"error\":{\"type\":\"resource_unavailable\",\"code\":\"flex_unavailable\"")
      assert.include(sse, "\"usage\":null")
    }).pipe(on(Behavior.refuseInStream())))

  it.effect("says how long to wait in whole seconds", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* post()
      assert.deepStrictEqual([status, headers["retry-after"]], [503, "2"])
    }).pipe(on(Behavior.refuse({ status: 503, retryAfter: "1500 millis" }))))

  it.effect.each(
    [
      ["responses", 429],
      ["chat.completions", 429],
      ["interactions", 503],
      ["messages", 529]
    ] as const
  )(
    "refuses for want of capacity with the provider's own status (%s, %s)",
    ([dialect, status]) =>
      Effect.gen(function*() {
        const response = yield* post(dialect === "messages" ? {} : { service_tier: "flex" }, dialect)
        assert.strictEqual(response.status, status)
      }).pipe(on(Behavior.refuse()))
  )

  it.effect.each(dialects)("leaves the usage out on demand (%s)", (dialect) =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(post({}, dialect), (response) => response.text)
      assert.notMatch(body, /"usage":\{/)
    }).pipe(on(Behavior.answer({ usage: false }))))

  it.effect.each(
    [
      ["responses", "standard"],
      ["chat.completions", "standard"],
      ["interactions", "default"],
      ["messages", "flex"]
    ] as const
  )("refuses a tier word the provider does not know (%s, %s)", ([dialect, service_tier]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* post({ service_tier }, dialect)).status, 400)
    }).pipe(on(Behavior.answer())))

  it.effect("answers an address that is no provider's with 404, and says that it is simulated", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const { headers, status } = yield* client.get("https://api.openai.com/v1/models")
      assert.deepStrictEqual([status, headers["x-flexinference-simulated"]], [404, "true"])
      assert.deepStrictEqual(yield* ledger, [])
    }).pipe(on(Behavior.answer())))

  it.effect("refuses a body without a model", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* post({ model: undefined })).status, 400)
    }).pipe(on(Behavior.answer())))

  it.effect("fails an unreachable call with a transport error", () =>
    Effect.gen(function*() {
      const error: HttpClientError.HttpClientError = yield* Effect.flip(post())
      assert.strictEqual(error.reason._tag, "TransportError")
    }).pipe(on(Behavior.unreachable())))
})

describe("the transport", () => {
  it.effect.each(dialects)("carries what the client carries: %s", (dialect) => {
    const asked = (send: Effect.Effect<string, unknown, HttpClient.HttpClient | Transport.Transport | Scope.Scope>) =>
      Effect.provide(Effect.scoped(send), Simulator.layer({ seed: 1 }))
    const overTransport = Effect.gen(function*() {
      const transport = yield* Transport.Transport
      const call = yield* transport.call({
        url: url[dialect],
        headers: { "anthropic-version": "2023-06-01" },
        body: JSON.stringify({ ...request[dialect], stream: true })
      })
      const { pull, status } = yield* call.response
      return `${status} ${yield* Stream.mkString(
        Stream.decodeText(Stream.fromPull(Effect.succeed(Effect.map(pull, Arr.of))))
      )}`
    })
    const overClient = Effect.flatMap(
      post({ stream: true }, dialect),
      (response) => Effect.map(text(response), (body) => `${response.status} ${body}`)
    )
    return Effect.gen(function*() {
      const said = yield* asked(overClient)
      assert.match(said, /^200 (?:event|data): /)
      assert.strictEqual(yield* asked(overTransport), said)
    })
  })
})

describe("scripts", () => {
  it.effect("choose by provider, by tier and by turn; the last turn stays", () =>
    Effect.gen(function*() {
      const flex = { service_tier: "flex" }
      const statuses = yield* Effect.forEach(
        [post(flex), post({}), post(flex), post(flex), post({}, "messages"), post(flex, "interactions")],
        Effect.map(({ status }) => status)
      )
      assert.deepStrictEqual(statuses, [429, 200, 503, 503, 529, 200])
    }).pipe(Effect.provide(Simulator.layer({
      script: Script.byProvider({
        openai: Script.byTier({ flex: [Behavior.refuse(), Behavior.refuse({ status: 503 })] }),
        anthropic: Script.inTurn(Behavior.answer(), Behavior.refuse())
      })
    }))))

  it.effect("can be replaced between two calls", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const before = yield* post()
      yield* simulator.script(Script.always(Behavior.refuse()))
      const after = yield* post()
      assert.deepStrictEqual([before.status, after.status], [200, 429])
    }).pipe(on(Behavior.answer())))

  it.effect("report the tier that serves where it is not the one that was asked for", () =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(post({ service_tier: "priority" }), (response) => response.text)
      assert.include(body, "\"service_tier\":\"default\"")
    }).pipe(on(Behavior.answer({ servedTier: "standard" }))))
})

describe("chance", () => {
  const answerOf = (seed: number) =>
    Effect.flatMap(post(), text).pipe(Effect.provide(Simulator.layer()), Random.withSeed(seed))

  it.effect("follows the caller's Random: the same seed gives the same bytes, another seed others", () =>
    Effect.gen(function*() {
      const first = yield* answerOf(1)
      assert.strictEqual(yield* answerOf(1), first)
      assert.notStrictEqual(yield* answerOf(2), first)
    }))

  it.effect("follows the simulator's own seed where it has one, and two calls still differ", () =>
    Effect.gen(function*() {
      const two = Effect.all([Effect.flatMap(post(), text), Effect.flatMap(post(), text)]).pipe(
        Effect.provide(Simulator.layer({ seed: "a" }))
      )
      const [first, second] = yield* two
      assert.notStrictEqual(first, second)
      assert.deepStrictEqual(yield* two, [first, second])
    }))
})

describe("the demonstration", () => {
  it.effect("starts flex after one to eight seconds, refuses and stalls some, and starts standard within a second", () =>
    Effect.gen(function*() {
      const calls = 300
      for (const service_tier of ["flex", "default"]) {
        const started = yield* Effect.forkChild(Effect.forEach(
          Array.from({ length: calls }),
          () => Effect.flatMap(post({ service_tier, stream: true }), (response) => Stream.runDrain(response.stream)),
          { concurrency: "unbounded", discard: true }
        ))
        yield* elapse(30_000, 100)
        yield* Fiber.interrupt(started)
      }
      const entries = yield* ledger
      const of = (tier: string) => entries.filter((entry) => entry.tier === tier)
      const waits = (tier: string) =>
        of(tier).flatMap(({ openedAt, startedAt }) => startedAt === undefined ? [] : [startedAt - openedAt])
      const count = (outcome: Ledger.Outcome) => of("flex").filter((entry) => entry.outcome === outcome).length
      assert.strictEqual(waits("standard").length, calls)
      assert.isTrue(waits("standard").every((wait) => wait >= 200 && wait <= 600))
      assert.isTrue(waits("flex").every((wait) => wait >= 1000 && wait <= 8000))
      assert.isAbove(count("completed"), calls / 2)
      assert.isAbove(count("refused"), calls / 20)
      assert.isAbove(count("aborted"), calls / 40)
      assert.strictEqual(count("completed") + count("refused") + count("aborted"), calls)
    }).pipe(Effect.provide(Simulator.layer({ ...Simulator.demo, seed: "demo" }))))
})
