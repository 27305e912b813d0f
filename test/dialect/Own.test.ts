/**
 * A format of a program's own, and a provider that speaks it: one file, by what the package exports and nothing else.
 * Parley is invented. Its turns say who speaks, its events are called after what happens, and it counts in words.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Layer, Redacted, Result, Stream } from "effect"
import { HttpServer } from "effect/http"
import {
  Dialect,
  ModelCatalog,
  Provider,
  ResponsesReader,
  ResponsesWriter,
  Router,
  Transport,
  Usage
} from "../../src/index.ts"
import { Gateway } from "../../src/gateway/index.ts"
import { Simulator } from "../../src/simulator/index.ts"
import { advance } from "../support/race.ts"

// ---- The format -----------------------------------------------------------------------------------------------------

const own = (value: Dialect.JsonObject, key: string): Dialect.Json | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined

const text = (value: Dialect.JsonObject, key: string): string => {
  const found = own(value, key)
  return typeof found === "string" ? found : ""
}

const count = (value: Dialect.JsonObject, key: string): number => Number(own(value, key) ?? 0)

const isObject = (value: Dialect.Json | undefined): value is Dialect.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const object = (value: Dialect.JsonObject, key: string): Dialect.JsonObject => {
  const found = own(value, key)
  return isObject(found) ? found : {}
}

const objects = (value: Dialect.JsonObject, key: string): ReadonlyArray<Dialect.JsonObject> => {
  const found = own(value, key)
  return Array.isArray(found) ? found.filter(isObject) : []
}

const served = (body: Dialect.JsonObject): Dialect.Served => {
  const words = object(body, "usage")
  return {
    usage: { ...Usage.none, input: count(words, "heard"), output: count(words, "said") },
    tier: text(body, "lane") || undefined,
    model: text(body, "model") || undefined
  }
}

const frame = (event: Dialect.JsonObject): Dialect.Frame => Dialect.frame(text(event, "kind"), event)

const errorBody: Dialect.Dialect["errorBody"] = (error) => ({
  kind: "oops",
  error: { message: error.message, flexinference: Dialect.errorBlock(error) }
})

/** A whole answer is its last event, with all that was said. */
const collector = (): Dialect.Collector => {
  let said = ""
  let body: Dialect.JsonObject | undefined
  return {
    add: (event) => {
      if (text(event, "kind") === "said.word") said += text(event, "text")
      if (text(event, "kind") === "closed") body = { ...event, kind: "parley", said }
    },
    body: () => body
  }
}

const finish = (writer: ResponsesWriter.ResponsesWriter, closed: Dialect.JsonObject): Dialect.JsonObject => {
  const { model, tier, usage } = served(closed)
  writer.identify({ model, serviceTier: tier })
  return writer.finish({ status: "completed", usage })
}

const closing = ({ response, served }: ResponsesReader.End): Dialect.JsonObject => ({
  kind: "closed",
  model: text(response, "model"),
  lane: served.tier ?? null,
  usage: { heard: served.usage?.input ?? 0, said: served.usage?.output ?? 0 }
})

const stepWriter = (): ResponsesReader.StepWriter => {
  const events: Array<Dialect.JsonObject> = []
  return {
    write: (step) => {
      if (step._tag === "Begin") events.push({ kind: "opened" })
      if (step._tag === "Text") events.push({ kind: "said.word", text: step.text })
      if (step._tag === "End") events.push(closing(step))
    },
    take: () => events.splice(0)
  }
}

const failure = (said: Dialect.JsonObject): Dialect.InStreamFailure => {
  const error = object(said, "error")
  return { type: null, code: text(error, "code") || null, message: text(error, "message"), param: null }
}

const Parley: Dialect.Dialect = {
  name: "parley",
  paths: ["/v1/parley"],
  key: { header: "x-parley-key", searchParam: "parley_key" },
  collecting: {},
  operation: "chat",
  sign: Dialect.signs({
    names: { opened: "admitted", closed: "end", oops: "failed" },
    families: [["said.", "output"]],
    nameOf: (event) => text(event, "kind")
  }),
  whole: "end",
  failureOf: failure,
  reported: (body) => body.error === undefined ? undefined : failure(body),
  meter: () => {
    let seen = Dialect.unreported
    return {
      add: (frame, sign) => {
        if (sign === "end") seen = served(frame.value ?? {})
      },
      served: () => seen
    }
  },
  served,
  collector,
  usagePath: (event) => text(event, "kind") === "closed" ? ["usage"] : undefined,
  frame,
  closing: [],
  errorBody,
  errorFrames: (error) => [frame(errorBody(error))],
  text: (body) => text(body, "said"),
  textDelta: (event) => text(event, "text") || undefined,
  required: { field: "turns", kind: "array" },
  translation: {
    fieldOf: (field) => field === "input" ? "turns" : field,
    requestToResponses: (request) => {
      const { turns: _, ...others } = request
      const input = objects(request, "turns").map((turn) => ({
        role: text(turn, "by") === "me" ? "user" : "assistant",
        content: text(turn, "says")
      }))
      return Result.succeed({ ...others, input })
    },
    requestFromResponses: (request) =>
      own(request, "tools") === undefined
        ? Result.succeed({
          model: text(request, "model"),
          turns: typeof request["input"] === "string"
            ? [{ by: "me", says: request["input"] }]
            : objects(request, "input").map((item) => ({
              by: text(item, "role") === "user" ? "me" : "you",
              says: text(item, "content")
            }))
        })
        : Result.fail({ field: "tools", message: "`tools` has no counterpart: a parley is words." }),
    bodyToResponses: (body, context) => {
      const writer = ResponsesWriter.make(context)
      writer.message().text(text(body, "said"))
      return finish(writer, body)
    },
    bodyFromResponses: (response) => {
      const gathered = collector()
      ResponsesReader.events(response, stepWriter()).forEach(gathered.add)
      return gathered.body() ?? {}
    },
    eventsToResponses: (context) => {
      const writer = ResponsesWriter.make(context)
      let message: ResponsesWriter.MessageWriter | undefined
      return {
        push: (event) => {
          if (text(event, "kind") === "said.word") (message ??= writer.message()).text(text(event, "text"))
          if (text(event, "kind") === "closed") finish(writer, event)
          return writer.take()
        }
      }
    },
    eventsFromResponses: () => ResponsesReader.transducer(stepWriter())
  },
  continuation: undefined
}

// ---- A provider that speaks it --------------------------------------------------------------------------------------

const parleyHouse = Provider.make({
  name: "parley-house",
  title: "The Parley House",
  baseUrl: "https://parley.test",
  models: ["parley-"],
  dialects: ["parley"],
  tiers: { flex: "back-row", standard: "front-row" },
  url: (baseUrl, { stream }) => `${baseUrl}/talk${stream ? "?live=yes" : ""}`,
  keyHeader: (key) => ({ "x-parley-key": key })
})

const catalog = ModelCatalog.extend(ModelCatalog.builtIn, [{
  id: "parley-grand",
  provider: "parley-house",
  flex: true,
  tiers: ["standard"],
  prices: { standard: { base: { input: 2, output: 4 } }, flex: { base: { input: 1, output: 2 } } },
  asOf: "2026-11-25"
}])

/** How it answers a tier. */
type Manner = "talks" | "is full" | "is silent" | "breaks off"

const closed = (lane: string) => ({ kind: "closed", model: "parley-grand", lane, usage: { heard: 10, said: 5 } })

const wire = (...events: ReadonlyArray<Dialect.JsonObject>): string =>
  events.map((event) => `id: 7\r\nevent: ${text(event, "kind")}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join("")

const words = (lane: string): ReadonlyArray<Dialect.JsonObject> =>
  ["Hello ", "from the ", `${lane}.`].map((text) => ({ kind: "said.word", text }))

const whole = (lane: string): string => `: welcome\r\n\r\n${wire({ kind: "opened" }, ...words(lane), closed(lane))}`

interface Asked {
  readonly url: string
  readonly key: string | undefined
  readonly body: Dialect.JsonObject
}

/** The providers of this file's programs: the house under its address, simulated ones elsewhere. */
const upstream = (
  simulator: Simulator.Simulator["Service"],
  asked: Array<Asked>,
  manners: { readonly [lane: string]: Manner }
) =>
  Transport.make((request) => {
    if (!request.url.startsWith("https://parley.test/")) {
      return Effect.flatMap(simulator.transport.call(request), ({ response }) => response)
    }
    const body: Dialect.JsonObject = JSON.parse(request.body)
    asked.push({ url: request.url, key: request.headers["x-parley-key"], body })
    const lane = text(body, "service_tier")
    const manner = manners[lane] ?? "talks"
    if (manner === "is silent") return Effect.never
    const [status, sent] = manner === "is full"
      ? [429, JSON.stringify({ error: { message: "Every seat is taken.", code: "full" } })] as const
      : body["stream"] !== true
      ? [200, JSON.stringify({ ...closed(lane), kind: "parley", said: `Hello from the ${lane}.` })] as const
      : [200, manner === "breaks off" ? wire({ kind: "opened" }, ...words(lane)) : whole(lane)] as const
    let pulled = false
    return Effect.succeed({
      status,
      headers: {},
      pull: Effect.suspend(() => {
        if (pulled) return Cause.done()
        pulled = true
        return Effect.succeed(new TextEncoder().encode(sent))
      })
    })
  })

const key = { apiKey: Redacted.make("sk-test") }

const world = (
  manners: { readonly [lane: string]: Manner } = {},
  asked: Array<Asked> = []
) => {
  const simulated = Layer.effect(Simulator.Simulator, Simulator.make({ seed: 1 }))
  const transport = Layer.effect(
    Transport.Transport,
    Effect.map(Simulator.Simulator, (simulator) => upstream(simulator, asked, manners))
  )
  return Router.layerTransport({
    openai: key,
    anthropic: key,
    providers: [Provider.connect(parleyHouse, key)],
    dialects: [Parley]
  }).pipe(
    Layer.provideMerge(Layer.provideMerge(transport, simulated)),
    Layer.provideMerge(Layer.succeed(ModelCatalog.Current, catalog))
  )
}

const turns = [{ by: "me", says: "Hi" }]

/** What a caller gets: all that was said, and the record after the end. */
const ask = (surface: Dialect.DialectName, dialect: Pick<Dialect.Dialect, "text" | "textDelta">, body: object) =>
  Effect.scoped(Effect.gen(function*() {
    const { open } = yield* Router.Router
    const answer = yield* open(surface, JSON.stringify({ start_within: "default", ...body }))
    if (answer._tag === "Body") return { said: dialect.text(answer.value), report: answer.routing, bytes: answer.text }
    const chunks = yield* Stream.runCollect(answer.chunks)
    const bytes = Buffer.concat(chunks.map(({ bytes }) => bytes)).toString()
    const said = chunks.flatMap(({ frames }) => frames).map(({ value }) =>
      value === undefined ? "" : dialect.textDelta(value) ?? ""
    ).join("")
    return { said, report: yield* answer.report, bytes }
  }))

const responses = {
  text: (body: Dialect.JsonObject) => text(objects(objects(body, "output")[0] ?? {}, "content")[0] ?? {}, "text"),
  textDelta: (event: Dialect.JsonObject) => text(event, "type").endsWith(".delta") ? text(event, "delta") : undefined
}

describe("a dialect of one's own", () => {
  it.effect("is spoken natively, byte for byte, to a provider of one's own", () => {
    const asked: Array<Asked> = []
    return Effect.gen(function*() {
      const { bytes, report, said } = yield* ask("parley", Parley, { model: "parley-grand", turns, stream: true })
      assert.strictEqual(said, "Hello from the front-row.")
      assert.strictEqual(bytes, whole("front-row"))
      assert.deepInclude(report, {
        provider: "parley-house",
        tier: "front-row",
        tierInferred: false,
        reason: "tier_direct",
        costMicroUsd: 40
      })
      assert.deepStrictEqual(asked, [{
        url: "https://parley.test/talk?live=yes",
        key: "sk-test",
        body: { model: "parley-grand", turns, stream: true, service_tier: "front-row" }
      }])
    }).pipe(Effect.provide(world({}, asked)))
  })

  it.effect("says in its usage what was decided and what it cost, in a body and where a stream is asked to", () =>
    Effect.gen(function*() {
      const body = yield* ask("parley", Parley, { model: "parley-grand", turns })
      assert.strictEqual(body.said, "Hello from the front-row.")
      const { usage } = JSON.parse(body.bytes)
      assert.deepInclude(usage, { heard: 10, said: 5, cost: { total_micro_usd: 40, currency: "USD" } })
      assert.strictEqual(usage.routing.reason, "tier_direct")
      const told = yield* ask("parley", Parley, { model: "parley-grand", turns, stream: true, include_cost: true })
      assert.include(told.bytes, JSON.stringify(usage))
    }).pipe(Effect.provide(world())))

  describe("is raced", () => {
    const raced = { model: "parley-grand", turns, start_within: "00h-00m-10s" }

    it.effect.each([true, false])(
      "and flex serves that starts in time (stream: %s)",
      (stream) =>
        Effect.gen(function*() {
          const { report, said } = yield* ask("parley", Parley, { ...raced, stream })
          assert.strictEqual(said, "Hello from the back-row.")
          assert.deepInclude(report, { reason: "flex_won", tier: "back-row", costMicroUsd: 20, savingMicroUsd: 20 })
        }).pipe(Effect.provide(world()))
    )

    it.effect("and standard serves when flex has no seat", () =>
      Effect.gen(function*() {
        const { report, said } = yield* ask("parley", Parley, { ...raced, stream: true })
        assert.strictEqual(said, "Hello from the front-row.")
        assert.strictEqual(report.reason, "flex_capacity")
      }).pipe(Effect.provide(world({ "back-row": "is full" }))))

    it.effect("and standard serves when flex has not started at the deadline", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(ask("parley", Parley, { ...raced, stream: true }))
        yield* advance(10_500)
        const { report, said } = yield* Fiber.join(fiber)
        assert.strictEqual(said, "Hello from the front-row.")
        assert.strictEqual(report.reason, "flex_deadline")
      }).pipe(Effect.provide(world({ "back-row": "is silent" }))))

    it.effect("and a body is recovered on standard from a flex stream that broke off", () =>
      Effect.gen(function*() {
        const { report, said } = yield* ask("parley", Parley, raced)
        assert.strictEqual(said, "Hello from the front-row.")
        assert.strictEqual(report.reason, "flex_recovered")
      }).pipe(Effect.provide(world({ "back-row": "breaks off" }))))
  })

  it.effect.each(
    [["gpt-5.5", true], ["gpt-5.5", false], ["claude-haiku-4-5", true], ["claude-haiku-4-5", false]] as const
  )("is translated for %s (stream: %s), and is answered in its own words", ([model, stream]) =>
    Effect.gen(function*() {
      const { bytes, said } = yield* ask("parley", Parley, { model, turns, stream, max_output_tokens: 100 })
      assert.isNotEmpty(said)
      if (stream) assert.match(bytes, /^event: opened\ndata: [^]*event: said\.word\n[^]*event: closed\ndata: .*\n\n$/)
      const simulator = yield* Simulator.Simulator
      const [call] = yield* simulator.ledger
      assert.include(call?.bodyText, `"Hi"`)
      assert.notInclude(call?.bodyText, "turns")
    }).pipe(Effect.provide(world())))

  it.effect.each([true, false])(
    "is what callers of other formats are translated to (stream: %s)",
    (stream) =>
      Effect.gen(function*() {
        const { report, said } = yield* ask("responses", responses, { model: "parley-grand", input: "Hi", stream })
        assert.strictEqual(said, "Hello from the front-row.")
        assert.deepInclude(report, { provider: "parley-house", costMicroUsd: 40 })
        const chat = yield* ask("chat.completions", Parley, {
          model: "parley-grand",
          messages: [{ role: "user", content: "Hi" }],
          stream
        })
        assert.include(chat.bytes, "front-row.")
      }).pipe(Effect.provide(world()))
  )

  it.effect("refuses what it cannot say, by the name that the caller gave it", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        ask("responses", responses, { model: "parley-grand", input: "Hi", tools: [{ type: "function", name: "f" }] })
      )
      assert.deepInclude(error.reason, { _tag: "Unsupported", param: "tools", code: "untranslatable_field" })
    }).pipe(Effect.provide(world())))

  it.effect.each(
    [
      [{}, "missing_turns", "turns"],
      [{ turns: "Hi" }, "invalid_turns", "turns"],
      [{ turns, model: "" }, "missing_model", "model"]
    ] as const
  )("is checked like any other: %j", ([body, code, param]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ask("parley", Parley, { model: "parley-grand", ...body }))
      assert.deepInclude({ code: error.code, param: error.param, status: error.status }, { code, param, status: 400 })
      assert.notInclude(error.message, "Hi")
    }).pipe(Effect.provide(world())))
})

describe("a dialect of one's own, at the gateway", () => {
  const gateway = (manners: { readonly [lane: string]: Manner } = {}, asked: Array<Asked> = []) =>
    Effect.gen(function*() {
      const context = yield* Layer.build(
        Gateway.layer({ port: 0, dialects: [Parley], keys: [Redacted.make("door")] }).pipe(
          Layer.provide(world(manners, asked))
        )
      )
      const url = yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)
      return (body: object, headers: { readonly [name: string]: string } = { "x-parley-key": "door" }, query = "") =>
        Effect.promise(async () => {
          const response = await fetch(`${url}/v1/parley${query}`, {
            method: "POST",
            headers: { "content-type": "application/json", ...headers },
            body: JSON.stringify({ model: "parley-grand", start_within: "00h-00m-30s", turns, ...body })
          })
          return { status: response.status, headers: response.headers, text: await response.text() }
        })
    }).pipe(Effect.orDie)

  it.live("has its path and is raced there, byte for byte", () => {
    const asked: Array<Asked> = []
    return Effect.gen(function*() {
      const post = yield* gateway({ "back-row": "is full" }, asked)
      const { headers, status, text } = yield* post({ stream: true })
      assert.strictEqual(status, 200)
      assert.strictEqual(text, whole("front-row"))
      assert.strictEqual(headers.get("x-flexinference-served-provider"), "parley-house")
      assert.strictEqual(headers.get("x-flexinference-routing-reason"), "flex_capacity")
      assert.deepStrictEqual(asked.map(({ body }) => body["service_tier"]), ["back-row", "front-row"])
      assert.deepStrictEqual(asked.map(({ key }) => key), ["sk-test", "sk-test"])
    })
  })

  it.live("is translated for a provider that does not speak it", () =>
    Effect.gen(function*() {
      const post = yield* gateway()
      const { status, text } = yield* post({ model: "gpt-5.5", stream: true })
      assert.strictEqual(status, 200)
      assert.match(text, /^event: opened\n/)
      assert.match(text, /event: closed\ndata: .*\n\n$/)
    }))

  it.live("takes its key where its clients put it, and no other format's", () =>
    Effect.gen(function*() {
      const post = yield* gateway()
      assert.strictEqual((yield* post({}, {}, "?parley_key=door")).status, 200)
      assert.strictEqual((yield* post({}, { "x-api-key": "door" })).status, 401)
    }))

  it.live("says errors in its own envelope, before the start and after it", () =>
    Effect.gen(function*() {
      const post = yield* gateway({ "front-row": "breaks off", "back-row": "is full" })
      const refused = yield* post({ turns: 1 })
      assert.strictEqual(refused.status, 400)
      const { error, kind } = JSON.parse(refused.text)
      assert.deepStrictEqual([kind, error.flexinference.code], ["oops", "invalid_turns"])
      const broken = yield* post({ stream: true })
      assert.match(broken.text, /event: oops\ndata: .*"upstream_stream_failed".*\n\n$/)
    }))
})
