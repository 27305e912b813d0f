import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Logger } from "effect"
import { TestClock } from "effect/testing"
import { FlexInference } from "flexinference"
import { createServer, request as ask } from "node:http"
import OpenAI from "openai"
import { Behavior, Script } from "../../src/simulator/index.ts"
import { turns } from "../support/turns.ts"
import * as Running from "./running.ts"

/** Flex never starts; standard answers, or is broken. */
const answered = Script.byTier({ flex: Behavior.stall(), standard: Behavior.answer({ text: "Zebra" }) })
const refused = Script.byTier({
  flex: Behavior.stall(),
  standard: Behavior.refuse({ status: 500 })
})

const surfaces = [
  { path: "/v1/responses", model: "gpt-5.5", conversation: { input: "Hello" } },
  { path: "/v1/chat/completions", model: "gpt-5.5", conversation: { messages: [{ role: "user", content: "Hello" }] } },
  { path: "/v1/interactions", model: "gemini-2.5-flash", conversation: { input: "Hello" } },
  {
    path: "/v1/messages",
    model: "gpt-5.5",
    conversation: { max_tokens: 100, messages: [{ role: "user", content: "Hello" }] }
  }
]

const post = (url: string, body: object, headers: { readonly [name: string]: string } = {}) =>
  Effect.promise((signal) =>
    fetch(url, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
      signal
    })
  )

/** A gateway before simulated providers, asked once, and still waiting for flex. */
const waiting = (
  script: Script.Script,
  { conversation, headers, model, path, window }: typeof surfaces[number] & {
    readonly window: string
    readonly headers?: { readonly [name: string]: string }
  },
  stream: boolean,
  gateway = {}
) =>
  Effect.gen(function*() {
    const { simulator, url } = yield* Running.onSimulator({ script, gateway })
    const request = { model, start_within: window, stream, ...conversation }
    const response = yield* Effect.forkChild(post(`${url}${path}`, request, headers))
    yield* simulator.until((calls) => calls.some(({ headersAt }) => headersAt !== undefined))
    yield* turns(5)
    return { response, simulator, url }
  })

/** The text that is told piece by piece, in whatever format; a whole one as it is. */
const told = (text: string): string =>
  text + Array.from(text.matchAll(/"(?:delta|content|text)":"(\w+)"/g), ([, piece]) => piece).join("")

const [responses = surfaces[0]] = surfaces
if (responses === undefined) throw new Error("there is a surface")

describe("a stream that is waited for", () => {
  it.effect.each(surfaces)(
    "is begun after 45 seconds, and goes on with its answer: $path",
    (surface) =>
      Effect.gen(function*() {
        const { response } = yield* waiting(answered, { ...surface, window: "00h-02m-00s" }, true)
        yield* TestClock.adjust("46 seconds")
        const { body, headers, status } = yield* Fiber.join(response)
        assert.deepInclude(
          { status, early: headers.get("x-flexinference-early"), type: headers.get("content-type") },
          { status: 200, early: "true", type: "text/event-stream; charset=utf-8" }
        )
        assert.match(headers.get("x-flexinference-request-id") ?? "", /./)
        const text = yield* Effect.forkChild(Effect.promise(() => new Response(body).text()))
        yield* TestClock.adjust("3 minutes")
        const all = yield* Fiber.join(text)
        // One at once, and then one in 15 seconds.
        assert.isAtLeast(all.split(": keep-alive\n\n").length - 1, 5)
        assert.include(all, "Zebra")
        assert.notInclude(all, "\"flexinference\":{")
      })
  )

  it.effect.each(surfaces)(
    "ends with its surface's error where there is no answer: $path",
    (surface) =>
      Effect.gen(function*() {
        const { response } = yield* waiting(refused, { ...surface, window: "00h-01m-00s" }, true)
        yield* TestClock.adjust("46 seconds")
        const { body, status } = yield* Fiber.join(response)
        assert.strictEqual(status, 200)
        const text = yield* Effect.forkChild(Effect.promise(() => new Response(body).text()))
        yield* TestClock.adjust("3 minutes")
        const data = (yield* Fiber.join(text)).split("\n").findLast((line) => line.startsWith("data: {")) ?? ""
        assert.include(data, "\"flexinference\":{")
        assert.include(data, "error")
      })
  )

  it.effect("looks as ever where the answer comes before", () =>
    Effect.gen(function*() {
      const { response } = yield* waiting(answered, { ...responses, window: "00h-00m-30s" }, true)
      yield* TestClock.adjust("35 seconds")
      const { body, headers } = yield* Fiber.join(response)
      assert.isNull(headers.get("x-flexinference-early"))
      assert.strictEqual(headers.get("x-flexinference-routing-reason"), "flex_deadline")
      yield* Effect.promise(() => body?.cancel() ?? Promise.resolve())
    }))

  it.effect("is not begun early where that is turned off", () =>
    Effect.gen(function*() {
      const { response } = yield* waiting(answered, { ...responses, window: "00h-02m-00s" }, true, { earlyHeaders: 0 })
      yield* TestClock.adjust("1 minute")
      yield* turns(20)
      assert.isUndefined(response.pollUnsafe())
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Fiber.join(response)).headers.get("x-flexinference-routing-reason"), "flex_deadline")
    }))

  it.effect("costs nothing once its caller has left, early head or not", () =>
    Effect.gen(function*() {
      const { response, simulator } = yield* waiting(answered, { ...responses, window: "00h-10m-00s" }, true)
      yield* TestClock.adjust("46 seconds")
      const { body } = yield* Fiber.join(response)
      yield* Effect.promise(() => body?.cancel() ?? Promise.resolve())
      const calls = yield* simulator.until((calls) => calls.every(({ outcome }) => outcome !== "open"))
      assert.deepStrictEqual(calls.map(({ outcome }) => outcome), ["aborted"])
    }))
})

describe("a client whose own timeout is shorter than what it asks for", () => {
  it.effect.each<readonly [string, string, number]>([["10", "00h-01m-00s", 1], ["30", "00h-01m-00s", 0]])(
    "is told of in the log, once, when it has left: %s s and a window of %s",
    ([timeout, window, count]) => {
      const logged: Array<string> = []
      const told = Logger.make<unknown, void>(({ message }) => void logged.push(String(message)))
      return Effect.gen(function*() {
        const surface = { ...responses, window, headers: { "x-stainless-timeout": timeout } }
        const { response, simulator, url } = yield* waiting(answered, surface, true)
        const again = yield* Effect.forkChild(
          post(`${url}/v1/responses`, { ...question, stream: true }, surface.headers)
        )
        yield* simulator.until((calls) => calls.filter(({ headersAt }) => headersAt !== undefined).length === 2)
        yield* turns(5)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.interruptAll([response, again])
        yield* simulator.until((calls) => calls.every(({ outcome }) => outcome !== "open"))
        yield* turns(20)
        const warnings = logged.filter((line) => line.includes("its own timeout of 10 s"))
        assert.deepStrictEqual([warnings.length, logged.length], [count, count])
      }).pipe(Effect.provide(Logger.layer([told])))
    }
  )
})

describe("a body that is waited for", () => {
  it.effect.each(surfaces)(
    "is begun after 240 seconds with spaces, and goes on with its answer: $path",
    (surface) =>
      Effect.gen(function*() {
        const { response } = yield* waiting(answered, { ...surface, window: "00h-05m-00s" }, false)
        yield* TestClock.adjust("239 seconds")
        yield* turns(20)
        assert.isUndefined(response.pollUnsafe())
        yield* TestClock.adjust("3 seconds")
        const { body, headers, status } = yield* Fiber.join(response)
        assert.deepInclude(
          { status, early: headers.get("x-flexinference-early"), type: headers.get("content-type") },
          { status: 200, early: "true", type: "application/json" }
        )
        const text = yield* Effect.forkChild(Effect.promise(() => new Response(body).text()))
        yield* TestClock.adjust("3 minutes")
        const all = yield* Fiber.join(text)
        assert.match(all, /^ {3,}\{/)
        assert.include(JSON.stringify(JSON.parse(all)), "Zebra")
      })
  )

  it.effect.each(surfaces)(
    "never looks like an answer where there is none: $path",
    (surface) =>
      Effect.gen(function*() {
        const { response } = yield* waiting(
          refused,
          { ...surface, window: "00h-01m-00s", headers: { "x-flexinference-early-body": "30s" } },
          false
        )
        yield* TestClock.adjust("32 seconds")
        const { body, headers, status } = yield* Fiber.join(response)
        assert.deepStrictEqual([status, headers.get("x-flexinference-early")], [200, "true"])
        const text = yield* Effect.forkChild(
          Effect.promise(() => new Response(body).text().then((text) => text, () => undefined))
        )
        yield* TestClock.adjust("3 minutes")
        const all = yield* Fiber.join(text)
        if (surface.path !== "/v1/responses") return assert.isUndefined(all)
        const { error, object, output, status: said } = JSON.parse(all ?? "")
        assert.deepStrictEqual({ object, output, said }, { object: "response", output: [], said: "failed" })
        assert.strictEqual(error.flexinference.origin, "provider")
      })
  )

  it.effect("is not begun early where that is turned off", () =>
    Effect.gen(function*() {
      const { response } = yield* waiting(answered, { ...responses, window: "00h-10m-00s" }, false, { earlyBody: 0 })
      yield* TestClock.adjust("9 minutes")
      yield* turns(20)
      assert.isUndefined(response.pollUnsafe())
      yield* TestClock.adjust("3 minutes")
      assert.isNull((yield* Fiber.join(response)).headers.get("x-flexinference-early"))
    }))
})

/** A proxy that gives up on a response that shows no byte for a minute, by the clock of the test. */
const proxy = (target: string) =>
  Effect.gen(function*() {
    const run = yield* Effect.context<never>()
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createServer((request, response) => {
          const first = Deferred.makeUnsafe<void>()
          const upstream = ask(
            target + (request.url ?? ""),
            { method: request.method, headers: request.headers },
            (answer) => {
              answer.once("data", () => Deferred.doneUnsafe(first, Effect.void))
              answer.on("error", () => response.destroy())
              response.writeHead(answer.statusCode ?? 502, answer.headers)
              answer.pipe(response)
            }
          )
          request.pipe(upstream)
          upstream.on("error", () => response.destroy())
          response.on("close", () => upstream.destroy())
          Effect.runForkWith(run)(
            Effect.timeoutOrElse(Deferred.await(first), {
              duration: "60 seconds",
              orElse: () =>
                Effect.sync(() => {
                  upstream.destroy()
                  if (!response.headersSent) response.writeHead(504).end()
                })
            })
          )
        })
      ),
      (server) =>
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
    yield* Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    })
    const address = server.address()
    return address !== null && typeof address === "object"
      ? `http://127.0.0.1:${address.port}`
      : assert.fail("no address")
  })

const window = "00h-02m-00s"
const body = { "x-flexinference-early-body": "40s" }
const question = { model: "gpt-5.5", input: "Hello", start_within: window } as const
const messages = [{ role: "user" as const, content: "Hello" }]
const chat = { model: "gpt-5.5", messages, start_within: window } as const

const read = async (events: AsyncIterable<unknown>): Promise<string> => {
  let all = ""
  for await (const event of events) all += JSON.stringify(event)
  return all
}

const clients = (url: string) => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 })
  const flex = new FlexInference({ baseURL: `${url}/v1`, apiKey: "flex_live_1" })
  return {
    "openai, a streamed response": async () => read(await openai.responses.create({ ...question, stream: true })),
    "openai, a response": async () => {
      const response = await openai.responses.create(question, { headers: body })
      if (response.status === "failed") throw new Error(response.error?.message)
      return response.output_text
    },
    "openai, a streamed chat": async () => read(await openai.chat.completions.create({ ...chat, stream: true })),
    "openai, a chat": async () =>
      (await openai.chat.completions.create(chat, { headers: body })).choices[0]?.message.content ?? "",
    "anthropic, a streamed message": async () =>
      read(await anthropic.messages.create({ ...chat, max_tokens: 100, stream: true })),
    "anthropic, a message": async () =>
      JSON.stringify(await anthropic.messages.create({ ...chat, max_tokens: 100 }, { headers: body })),
    "flexinference, a streamed response": async () => read(await flex.responses.create({ ...question, stream: true }))
  }
}

const names = Object.keys(clients("http://127.0.0.1:1")) as ReadonlyArray<keyof ReturnType<typeof clients>>

describe("the official clients, behind a proxy that gives up after a minute", () => {
  const through = (name: keyof ReturnType<typeof clients>, script: Script.Script, gateway = {}) =>
    Effect.gen(function*() {
      const { simulator, url } = yield* Running.onSimulator({ script, gateway })
      const call = clients(yield* proxy(url))[name]
      const result = yield* Effect.forkChild(
        Effect.promise(() => call().then((text) => ({ text }), (error: unknown) => ({ error })))
      )
      yield* simulator.until((calls) => calls.some(({ headersAt }) => headersAt !== undefined))
      yield* turns(5)
      for (let minute = 0; minute < 8; minute++) {
        yield* TestClock.adjust("30 seconds")
        yield* turns(50)
      }
      return yield* Fiber.join(result)
    })

  it.effect.each(names)("get an answer that took two minutes to start: %s", (name) =>
    Effect.gen(function*() {
      const result = yield* through(name, answered)
      assert.include("text" in result ? told(result.text) : String(result.error), "Zebra")
    }))

  it.effect.each(names)("get an error where there is no answer: %s", (name) =>
    Effect.gen(function*() {
      assert.property(yield* through(name, refused), "error")
    }))

  it.effect("get nothing where the response is not begun early", () =>
    Effect.gen(function*() {
      assert.property(yield* through("openai, a streamed response", answered, { earlyHeaders: 0 }), "error")
    }))
})
