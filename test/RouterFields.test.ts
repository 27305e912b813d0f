import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Result, Schema } from "effect"
import { FlexInference } from "flexinference"
import { ChatRequest } from "../src/dialect/chat/ChatTypes.ts"
import type { Dialect } from "../src/dialect/Dialect.ts"
import { InteractionRequest } from "../src/dialect/interactions/InteractionsTypes.ts"
import { MessageRequest } from "../src/dialect/messages/MessagesTypes.ts"
import { ResponsesRequest } from "../src/dialect/responses/ResponsesTypes.ts"
import type { Problem } from "../src/FlexInferenceError.ts"
import * as RouterFields from "../src/RouterFields.ts"

type Surface = Pick<Dialect, "name" | "required">

const responses: Surface = { name: "responses", required: { field: "input", kind: "present" } }
const chat: Surface = { name: "chat.completions", required: { field: "messages", kind: "array" } }
const interactions: Surface = { name: "interactions", required: { field: "input", kind: "present" } }
const messages: Surface = { name: "messages", required: { field: "messages", kind: "array" } }

const problemsOf = (surface: Surface, body: unknown): ReadonlyArray<Problem> => {
  const validated = RouterFields.validate(surface, body)
  if (Result.isSuccess(validated)) return []
  const { reason } = validated.failure
  if (reason._tag !== "InvalidRequest") throw new Error(`a bad request became ${reason._tag}`)
  return reason.problems
}

const fieldsOf = (surface: Surface, body: unknown): ReadonlyArray<string> =>
  problemsOf(surface, body).map(({ field }) => field)

const good = { model: "gpt-5.5", start_within: "00h-00m-30s", input: "Hello" }

// What bodies are made of: mostly right, often nearly right, sometimes anything.

const oneOf = <A>(
  first: Arbitrary.Arbitrary<A>,
  ...rest: ReadonlyArray<Arbitrary.Arbitrary<A>>
): Arbitrary.Arbitrary<A> =>
  Arbitrary.flatMap(
    Arbitrary.schema(Schema.Literals([...rest.keys(), rest.length])),
    (index) => rest[index] ?? first
  )

const among = (...values: ReadonlyArray<unknown>): Arbitrary.Arbitrary<unknown> =>
  Arbitrary.map(Arbitrary.schema(Schema.Literals([...values.keys()])), (index) => values[index])

const anything = oneOf<unknown>(
  among(undefined, null, true, false, 0, 1, -1, 1.5, 5, 6, Number.NaN, Number.POSITIVE_INFINITY, "", "x", [], {}),
  among([null], [undefined], Array(2), [[]], { count: 1 }, { 0: "openai", length: 1 }, "default", "openai"),
  Arbitrary.schema(Schema.Json)
)

/** Six of eight are right, one is nearly right and one is anything. */
const mostly = (right: Arbitrary.Arbitrary<unknown>, nearly: Arbitrary.Arbitrary<unknown>) =>
  oneOf(right, right, right, right, right, right, nearly, anything)

const window = Arbitrary.map(
  Arbitrary.schema(Schema.Tuple([
    Schema.Literals(["00", "00", "00", "01"]),
    Schema.String.check(Schema.isPattern(/^(0[0-9]|1[01]|[0-9]{2})$/)),
    Schema.String.check(Schema.isPattern(/^[0-9]{2}$/))
  ])),
  ([hours, minutes, seconds]) => `${hours}h-${minutes}m-${seconds}s`
)

const startWithin = mostly(
  oneOf<unknown>(among("default", "priority", "auto", "00h-00m-05s", "00h-10m-00s", "00h-00m-99s"), window),
  oneOf<unknown>(
    among("00h-00m-04s", "00h-10m-01s", "00h-09m-61s", "standard", "flex", "Default", " auto", "default\n"),
    among("00h-00m-30s\n", "00h-00m-\u0663\u0660s", "0h-0m-30s", "00H-00M-30S", "00h-00m-30", "30s", ["auto"]),
    Arbitrary.schema(Schema.String.check(Schema.isPattern(/^[0-9]{1,3}h?-[0-9]{1,2}m?-[0-9]{1,3}[sS]?$/)))
  )
)

/** An object of some of these members: each one is left out half of the time. */
const object = (members: { readonly [name: string]: Arbitrary.Arbitrary<unknown> }) =>
  Arbitrary.map(
    Arbitrary.all(
      Object.entries(members).map(([name, value]) =>
        Arbitrary.map(
          Arbitrary.all([Arbitrary.schema(Schema.Boolean), value]),
          ([there, value]): ReadonlyArray<[string, unknown]> => there ? [[name, value]] : []
        )
      )
    ),
    (entries): unknown => Object.fromEntries(entries.flat())
  )

const retry = mostly(
  Arbitrary.map(
    Arbitrary.all([
      among(1, 2, 5),
      object({ backoff: among("exponential", "linear", undefined), jitter: among(true, false, undefined) })
    ]),
    ([count, rest]): unknown => ({ count, ...Object(rest) })
  ),
  object({
    count: mostly(among(1, 5), among(0, 6, 1.5, "2", null, undefined)),
    backoff: mostly(among("linear"), among("Linear", "none", null)),
    jitter: mostly(among(true), among("true", 0, null)),
    delay: anything,
    ["__proto__"]: anything
  })
)

const route = among("google", "openai", "anthropic", "vertex", "bedrock", "cloudflare", "foundry")
const provider = mostly(
  Arbitrary.array(route, { minimum: 1, maximum: 3 }),
  Arbitrary.array(mostly(route, among("gemini", "OpenAI", "", null, undefined)), { maximum: 5 })
)

const conversation = (right: Arbitrary.Arbitrary<unknown>) => mostly(right, among(null, "", "Hello", [], {}))

const Body = oneOf<unknown>(
  ...[0, 1, 2, 3, 4, 5, 6].map(() =>
    Arbitrary.map(
      Arbitrary.all([
        mostly(among("gpt-5.5", "claude-opus-4-8", " "), among("", null, ["gpt-5.5"])),
        startWithin,
        conversation(among("Hello", [], [{ role: "user", content: "Hello" }])),
        conversation(among([], [{ role: "user", content: "Hello" }], [null])),
        object({
          retry,
          provider,
          include_cost: mostly(among(true, false, undefined), among("true", null, 0)),
          stream: anything,
          temperature: anything,
          a_field_of_tomorrow: anything,
          pii_mask: anything,
          constructor: anything
        })
      ]),
      ([model, start_within, input, messages, rest]): unknown => ({
        model,
        start_within,
        input,
        messages,
        ...Object(rest)
      })
    )
  ) as [Arbitrary.Arbitrary<unknown>],
  object({ model: among("gpt-5.5"), start_within: startWithin, input: anything, messages: anything, retry, provider }),
  anything
)

/** What the official SDK says: `undefined` if it would make the call, otherwise the field its message names. */
const official = (surface: Surface, body: unknown) =>
  Effect.promise(async (): Promise<{ readonly called: boolean; readonly field: string | undefined }> => {
    let called = false
    const client = new FlexInference({
      apiKey: "k",
      fetch: async () => {
        called = true
        return new Response("{}", { headers: { "content-type": "application/json" } })
      }
    })
    const creates: { readonly [name in Surface["name"]]: { create: (body: never) => Promise<unknown> } } = {
      responses: client.responses,
      "chat.completions": client.chat.completions,
      interactions: client.interactions,
      messages: client.messages
    }
    const message = await creates[surface.name].create(body as never).then(() => "", String)
    return { called, field: called ? undefined : /`(\w+)/.exec(message)?.[1] }
  })

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

describe("RouterFields", () => {
  describe("validate", () => {
    describe.each([
      { surface: responses, schema: ResponsesRequest },
      { surface: chat, schema: ChatRequest },
      { surface: interactions, schema: InteractionRequest },
      { surface: messages, schema: MessageRequest }
    ])("on $surface.name", ({ schema, surface }) => {
      const verdicts = { good: 0, bad: 0 }

      it.effect.prop(
        "gives the official SDK's verdict on any body, and names the field the SDK names first",
        [Body],
        Effect.fnUntraced(function*([body]) {
          const expected = yield* official(surface, body)
          const [first] = problemsOf(surface, body)
          assert.strictEqual(first === undefined, expected.called)
          verdicts[expected.called ? "good" : "bad"]++
          if (first !== undefined && isObject(body)) {
            assert.strictEqual(/^\w+/.exec(first.field)?.[0], expected.field)
          }
        }),
        { timeout: 60_000, arbitrary: { runs: 2000 } }
      )

      it("had both verdicts often enough to compare them", () => {
        assert.isAbove(verdicts.good, 300)
        assert.isAbove(verdicts.bad, 300)
      })

      const decode = Schema.decodeUnknownResult(schema)
      it.prop("agrees with the surface's public schema", [Body], ([body]) => {
        assert.strictEqual(Result.isSuccess(decode(body)), Result.isSuccess(RouterFields.validate(surface, body)))
      }, { arbitrary: { runs: 1000 } })
    })
  })
})
