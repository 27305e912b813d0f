import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Result, Schema } from "effect"
import { FlexInference } from "flexinference"
import { ChatRequest } from "../src/api/ChatCompletions.ts"
import type { Dialect } from "../src/Dialect.ts"
import { InteractionRequest } from "../src/api/Interactions.ts"
import { MessageRequest } from "../src/api/Messages.ts"
import { ResponsesRequest } from "../src/api/Responses.ts"
import type { JsonObject } from "../src/wire/Json.ts"
import type { Problem } from "../src/FlexInferenceError.ts"
import * as RequestFields from "../src/RequestFields.ts"
import * as Decode from "../src/router/Decode.ts"

type Surface = Pick<Dialect, "name" | "required">

const responses: Surface = { name: "responses", required: { field: "input", kind: "present" } }
const chat: Surface = { name: "chat.completions", required: { field: "messages", kind: "array" } }
const interactions: Surface = { name: "interactions", required: { field: "input", kind: "present" } }
const messages: Surface = { name: "messages", required: { field: "messages", kind: "array" } }

const problemsOf = (surface: Surface, body: unknown): ReadonlyArray<Problem> => {
  const validated = Decode.validate(surface, body)
  if (Result.isSuccess(validated)) return []
  const { reason } = validated.failure
  if (reason._tag !== "InvalidRequest") throw new Error(`a bad request became ${reason._tag}`)
  return reason.problems
}

const fieldsOf = (surface: Surface, body: unknown): ReadonlyArray<string> =>
  problemsOf(surface, body).map(({ field }) => field)

const only = ([problem, ...more]: ReadonlyArray<Problem>): Problem => {
  assert.deepStrictEqual(more, [])
  if (problem === undefined) throw new Error("nothing was found wrong")
  return problem
}

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
    Schema.Literals(["00", "00", "00", "00", "00", "01", "99"]),
    Schema.String.check(Schema.isPattern(/^(0[0-9]|1[01])$/)),
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
  oneOf<unknown>(
    among({ count: 0 }, { count: 6 }, { count: 1.5 }, { count: "2" }, { count: 1, delay: 1 }, { backoff: "linear" }),
    object({
      count: mostly(among(1, 5), among(0, 6, 1.5, "2", null, undefined)),
      backoff: mostly(among("linear"), among("Linear", "none", null)),
      jitter: mostly(among(true), among("true", 0, null)),
      delay: anything,
      ["__proto__"]: anything
    })
  )
)

const route = among("google", "openai", "anthropic", "vertex", "bedrock", "cloudflare", "foundry")
const provider = mostly(
  among(["openai"], ["google", "vertex"], ["anthropic", "bedrock", "openai"]),
  Arbitrary.array(mostly(route, among("gemini", "OpenAI", "", null, undefined)), { maxLength: 5 })
)

const conversation = (right: Arbitrary.Arbitrary<unknown>) => mostly(right, among(null, "", "Hello", [], {}))

const likely = Arbitrary.map(
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
  ([model, start_within, input, messages, rest]): unknown => ({ model, start_within, input, messages, ...Object(rest) })
)

const Body = oneOf<unknown>(
  likely,
  likely,
  likely,
  likely,
  object({ model: among("gpt-5.5"), start_within: startWithin, input: anything, messages: anything, retry, provider }),
  anything
)

interface Endpoint {
  create(body: unknown): Promise<unknown>
}

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
    const creates: { readonly [name: string]: Endpoint | undefined } = {
      responses: client.responses,
      "chat.completions": client.chat.completions,
      interactions: client.interactions,
      messages: client.messages
    }
    const message = await (creates[surface.name]?.create(body) ?? assert.fail(surface.name)).then(() => "", String)
    return { called, field: called ? undefined : /`(\w+)/.exec(message)?.[1] }
  })

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

describe("RequestFields", () => {
  describe("validate", () => {
    describe.each([
      { surface: responses, schema: ResponsesRequest },
      { surface: chat, schema: ChatRequest },
      { surface: interactions, schema: InteractionRequest },
      { surface: messages, schema: MessageRequest }
    ])("on $surface.name", ({ schema, surface }) => {
      const verdicts = { good: 0, bad: 0 }

      it.effect.prop(
        "gives the official SDK's verdict on any body, and names first the field the SDK names",
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
        { arbitrary: { runs: 2000 } }
      )

      it("had both verdicts often enough to compare them", () => {
        assert.isAbove(verdicts.good, 200)
        assert.isAbove(verdicts.bad, 200)
      })

      it.prop(
        "refuses a service_tier whatever it is and whatever else is wrong, where the SDK leaves that to the router",
        [Body, anything],
        ([body, tier]) => {
          if (!isObject(body)) return
          const without = fieldsOf(surface, body)
          const fields = fieldsOf(surface, { ...Object(body), service_tier: tier })
          const { field } = surface.required
          const [before, after] = [without.filter((name) => name !== field), without.filter((name) => name === field)]
          assert.deepStrictEqual(fields, tier === undefined ? without : [...before, "service_tier", ...after])
        },
        { arbitrary: { runs: 300 } }
      )

      const decode = Schema.decodeUnknownResult(schema)
      it.prop("agrees with the surface's public schema", [Body], ([body]) => {
        assert.strictEqual(Result.isSuccess(decode(body)), Result.isSuccess(Decode.validate(surface, body)))
      }, { arbitrary: { runs: 1000 } })
    })

    it("lists everything that is wrong, in the SDK's order, and takes code and param from the first", () => {
      const validated = Decode.validate(chat, {
        messages: "Hello",
        service_tier: "flex",
        include_cost: "yes",
        provider: ["openai", "azure", "openai", 3],
        retry: { jitter: 1, count: 0, backoff: "slow", delay: 5 },
        start_within: "30s",
        model: ""
      })
      if (Result.isSuccess(validated)) throw new Error("everything is wrong with this")
      const error = validated.failure
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.deepStrictEqual(
        error.reason._tag === "InvalidRequest" && error.reason.problems.map(({ field }) => field),
        [
          "model",
          "start_within",
          "retry.count",
          "retry.backoff",
          "retry.jitter",
          "retry.delay",
          "provider[1]",
          "provider[3]",
          "include_cost",
          "service_tier",
          "messages"
        ]
      )
      assert.deepInclude({ ...error.reason }, {
        code: "missing_model",
        param: "model",
        status: 400,
        type: "invalid_request_error",
        class: "validation",
        origin: "flexinference",
        retryable: false
      })
      assert.strictEqual(error.docUrl, "https://flexinference.mintlify.app/errors#missing_model")
    })

    it.each<[unknown, string, string, string]>([
      [{ model: undefined }, "model", "missing_model", "`model` is missing."],
      [{ model: "" }, "model", "missing_model", "`model` is empty."],
      [{ model: 5 }, "model", "missing_model", "`model` is 5."],
      [{ start_within: undefined }, "start_within", "missing_start_within", "`start_within` is missing."],
      [{ start_within: null }, "start_within", "invalid_start_within", "`start_within` is null."],
      [{ start_within: "slow" }, "start_within", "invalid_start_within", "is neither a tier nor a duration."],
      [{ start_within: "standard" }, "start_within", "invalid_start_within", "; \"default\" was probably meant."],
      [{ start_within: "30s" }, "start_within", "invalid_start_within", "; \"00h-00m-30s\" was probably meant."],
      [{ start_within: "1m 30S" }, "start_within", "invalid_start_within", "; \"00h-01m-30s\" was probably meant."],
      [{ start_within: "1h" }, "start_within", "invalid_start_within", "is neither a tier nor a duration."],
      [{ start_within: "00h-00m-04s" }, "start_within", "invalid_start_within", "is outside the limits."],
      [{ start_within: "x".repeat(99) }, "start_within", "invalid_start_within", `"${"x".repeat(40)}…"`],
      [{ retry: undefined }, "retry", "invalid_retry", "`retry` is undefined."],
      [{ retry: null }, "retry", "invalid_retry", "`retry` is null."],
      [{ retry: [1] }, "retry", "invalid_retry", "`retry` is an array."],
      [{ retry: {} }, "retry.count", "invalid_retry", "`retry.count` is missing."],
      [{ retry: { count: 6 } }, "retry.count", "invalid_retry", "`retry.count` is 6."],
      [{ retry: { count: Number.NaN } }, "retry.count", "invalid_retry", "`retry.count` is NaN."],
      [{ retry: { count: 1, backoff: null } }, "retry.backoff", "invalid_retry", "`retry.backoff` is null."],
      [{ retry: { count: 1, jitter: "no" } }, "retry.jitter", "invalid_retry", "`retry.jitter` is \"no\"."],
      [{ retry: { count: 1, delay: 1 } }, "retry.delay", "invalid_retry", "`retry.delay` is not known."],
      [
        JSON.parse("{\"retry\":{\"count\":1,\"__proto__\":{}}}"),
        "retry.__proto__",
        "invalid_retry",
        "`retry.__proto__` is not known."
      ],
      [{ provider: "openai" }, "provider", "invalid_provider_chain", "`provider` is \"openai\"."],
      [{ provider: undefined }, "provider", "invalid_provider_chain", "`provider` is undefined."],
      [{ provider: [] }, "provider", "invalid_provider_chain", "`provider` is an empty array."],
      [{ provider: ["gemini"] }, "provider[0]", "invalid_provider_chain", "`provider[0]` is \"gemini\"."],
      [
        { provider: ["openai", "openai"] },
        "provider[1]",
        "invalid_provider_chain",
        "`provider[1]` repeats \"openai\"."
      ],
      [
        { provider: ["openai", "google", "vertex", "foundry"] },
        "provider",
        "invalid_provider_chain",
        "`provider` lists 4 names."
      ],
      [{ include_cost: null }, "include_cost", "invalid_include_cost", "`include_cost` is null."],
      [{ service_tier: null }, "service_tier", "service_tier_not_allowed", "`service_tier` is not allowed."],
      [{ input: undefined }, "input", "missing_input", "`input` is missing."]
    ])("on %o gives %s the code %s and says: %s", (change, field, code, said) => {
      const problem = only(problemsOf(responses, { ...good, ...Object(change) }))
      assert.strictEqual(problem.field, field)
      assert.strictEqual(problem.code, code)
      assert.include(problem.message, said)
      assert.include(problem.message, problem.rule)
      assert.include(problem.message, `For example: ${problem.example}.`)
    })

    it.each<[unknown, string, string]>([
      [{}, "missing_messages", "`messages` is missing."],
      [{ messages: null }, "invalid_messages", "`messages` is null."],
      [{ messages: "My secret" }, "invalid_messages", "`messages` is a string."],
      [{ messages: { role: "user" } }, "invalid_messages", "`messages` is an object."]
    ])("on %o gives messages the code %s and says: %s", (members, code, said) => {
      for (const surface of [chat, messages]) {
        const problem = only(problemsOf(surface, { model: "m", start_within: "auto", ...Object(members) }))
        assert.strictEqual(problem.field, "messages")
        assert.strictEqual(problem.code, code)
        assert.include(problem.message, said)
        assert.notInclude(problem.message, "secret")
      }
    })

    it.each<[unknown, string]>([
      [undefined, "not JSON"],
      [null, "null"],
      ["My secret", "a string"],
      [3, "3"],
      [[good], "an array"]
    ])("refuses %o, which is no request at all, with one problem and no param", (body, said) => {
      const problem = only(problemsOf(responses, body))
      assert.strictEqual(problem.code, "invalid_body")
      assert.include(problem.message, `The request's body is ${said}.`)
      assert.notInclude(problem.message, "secret")
      const validated = Decode.validate(responses, body)
      assert.isNull(Result.isFailure(validated) ? validated.failure.param : undefined)
    })

    it.each([
      ["flex", "\"start_within\": \"00h-00m-30s\""],
      ["priority", "\"start_within\": \"priority\""],
      ["auto", "\"start_within\": \"auto\""],
      ["default", "\"start_within\": \"default\""],
      ["scale", "\"start_within\": \"default\""]
    ])("tells a caller who sent the service_tier %o to write %s", (tier, example) => {
      assert.strictEqual(only(problemsOf(responses, { ...good, service_tier: tier })).example, example)
    })

    it("gives examples that keep the rules they illustrate", () => {
      const wrong = {
        ...good,
        model: "",
        start_within: 1,
        retry: 1,
        provider: 1,
        include_cost: 1,
        service_tier: "flex"
      }
      for (const surface of [responses, chat]) {
        const { [surface.required.field]: _, ...body }: JsonObject = { ...good, ...wrong, messages: [] }
        const examples = problemsOf(surface, body).map(({ example }) => `{${example}}`)
        assert.lengthOf(examples, 7)
        const members = examples.map((example) => JSON.parse(example))
        assert.deepStrictEqual(problemsOf(surface, Object.assign({}, ...members)), [])
      }
      assert.deepStrictEqual(problemsOf(responses, JSON.parse(only(problemsOf(responses, 3)).example)), [])
    })

    it("reads the router's fields and fills in their defaults", () => {
      assert.deepStrictEqual(Result.getOrThrow(Decode.validate(responses, good)), {
        model: "gpt-5.5",
        startWithin: Duration.seconds(30),
        includeCost: false,
        stream: false
      })
      assert.deepStrictEqual(
        Result.getOrThrow(Decode.validate(messages, {
          model: "claude-opus-4-8",
          start_within: "priority",
          messages: [],
          retry: { count: 3 },
          provider: ["anthropic", "bedrock"],
          include_cost: true,
          stream: true
        })),
        {
          model: "claude-opus-4-8",
          startWithin: "priority",
          retry: { count: 3, backoff: "exponential", jitter: true },
          provider: ["anthropic", "bedrock"],
          includeCost: true,
          stream: true
        }
      )
      assert.deepStrictEqual(
        Result.getOrThrow(
          Decode.validate(responses, { ...good, retry: { count: 1, backoff: "linear", jitter: false } })
        ).retry,
        { count: 1, backoff: "linear", jitter: false }
      )
    })

    it.each([
      [undefined, false],
      [null, false],
      [false, false],
      [0, false],
      ["", false],
      [true, true],
      [1, true],
      ["true", true]
    ])("takes stream: %o for %o, as the official SDK does", (stream, streams) => {
      assert.strictEqual(Result.getOrThrow(Decode.validate(responses, { ...good, stream })).stream, streams)
    })

    it("fills in the default start_within where there is none, and only there", () => {
      const startWithin = (body: unknown) =>
        Result.map(
          Decode.validate(responses, body, { defaultStartWithin: "00h-01m-00s" }),
          (fields) => fields.startWithin
        )
      const { start_within: _, ...without } = good
      assert.deepStrictEqual(Result.getOrThrow(startWithin(without)), Duration.minutes(1))
      assert.deepStrictEqual(
        Result.getOrThrow(startWithin({ ...without, start_within: undefined })),
        Duration.minutes(1)
      )
      assert.deepStrictEqual(Result.getOrThrow(startWithin({ ...without, start_within: "auto" })), "auto")
      assert.isTrue(Result.isFailure(startWithin({ ...without, start_within: null })))
      assert.isTrue(Result.isFailure(startWithin({ ...without, start_within: "" })))
    })

    it("does not take what an object inherits for a member of the request", () => {
      assert.deepStrictEqual(fieldsOf(responses, JSON.parse("{\"__proto__\":{\"model\":\"m\",\"stream\":true}}")), [
        "model",
        "start_within",
        "input"
      ])
    })
  })

  describe("request schemas", () => {
    it("keep what they do not know and what is the provider's to judge, by reference", () => {
      const tools = [{ type: "crystal_ball" }]
      const unknown = { nested: [1, { deep: null }] }
      const request = { ...good, temperature: "hot", tools, a_field_of_tomorrow: unknown, user: null }
      const decoded = Schema.decodeUnknownSync(ResponsesRequest)(request)
      assert.deepStrictEqual({ ...decoded }, { ...request })
      assert.strictEqual(Reflect.get(decoded, "a_field_of_tomorrow"), unknown)
      assert.strictEqual<unknown>(decoded.tools, tools)
    })
  })

  it("names the members that are taken out before a call", () => {
    assert.sameMembers([...RequestFields.owned], [
      "start_within",
      "provider",
      "retry",
      "include_cost",
      "cache",
      "pii_mask",
      "moderate",
      "trace_storage"
    ])
  })
})
