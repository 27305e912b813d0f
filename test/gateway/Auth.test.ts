import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Schema } from "effect"
import { Headers } from "effect/http"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import * as Auth from "../../src/gateway/Auth.ts"
import * as Keys from "../../src/gateway/Keys.ts"

const surfaces: ReadonlyArray<DialectName> = ["responses", "chat.completions", "interactions", "messages"]

const credentials = (
  headers: { readonly [name: string]: string },
  searchParams: Auth.Credentials["searchParams"] = {}
): Auth.Credentials => ({ headers: Headers.fromInput(headers), searchParams })

const placesOf = (surface: DialectName) => Auth.placesOf([dialects[surface]])

const keyed = (...keys: ReadonlyArray<string>) => Auth.make(keys.flatMap((key) => Keys.entry(Redacted.make(key)) ?? []))

const authorize = keyed("first-key", "second-key")

const codeOf = (surface: DialectName, given: Auth.Credentials) =>
  Effect.match(authorize(placesOf(surface), given), { onSuccess: () => "passed", onFailure: (error) => error.code })

describe("Auth", () => {
  it.effect.each(surfaces)("takes any of its keys as a bearer token on %s", (surface) =>
    Effect.gen(function*() {
      for (const authorization of ["Bearer first-key", "bearer second-key", "Bearer   first-key "]) {
        assert.strictEqual(yield* codeOf(surface, credentials({ authorization })), "passed")
      }
    }))

  it.effect.each(surfaces)("tells a missing key from an unknown one on %s", (surface) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* codeOf(surface, credentials({})), "missing_api_key")
      assert.strictEqual(
        yield* codeOf(surface, credentials({ authorization: "Basic Zmlyc3Q6a2V5" })),
        "missing_api_key"
      )
      assert.strictEqual(yield* codeOf(surface, credentials({ authorization: "Bearer " })), "missing_api_key")
      assert.strictEqual(yield* codeOf(surface, credentials({ authorization: "Bearer first" })), "invalid_api_key")
    }))

  it.effect("takes a vendor's own header on that vendor's surface alone", () =>
    Effect.gen(function*() {
      const anthropic = credentials({ "x-api-key": "first-key" })
      const google = credentials({ "x-goog-api-key": "first-key" })
      const query = credentials({}, { key: "first-key" })
      const outcomes: { [surface: string]: ReadonlyArray<string | null> } = {}
      for (const surface of surfaces) {
        outcomes[surface] = [
          yield* codeOf(surface, anthropic),
          yield* codeOf(surface, google),
          yield* codeOf(surface, query)
        ]
      }
      const none = "missing_api_key"
      assert.deepStrictEqual(outcomes, {
        "responses": [none, none, none],
        "chat.completions": [none, none, none],
        "interactions": [none, "passed", "passed"],
        "messages": ["passed", none, none]
      })
    }))

  it.effect("takes a request that carries a right key beside a wrong one", () =>
    Effect.map(
      codeOf("messages", credentials({ "authorization": "Bearer sk-ant-oat", "x-api-key": "second-key" })),
      (code) => assert.strictEqual(code, "passed")
    ))

  it.effect("lets everyone pass where it has no keys, as one owner", () =>
    Effect.map(Auth.make(undefined)([], credentials({})), (owner) => assert.strictEqual(owner, "loopback")))

  it.effect("knows whose key it is wherever it stands and whatever stands beside it, and does not tell the key", () =>
    Effect.gen(function*() {
      const ownerOf = (headers: { readonly [name: string]: string }) =>
        authorize(placesOf("messages"), credentials(headers))
      const first = yield* ownerOf({ authorization: "Bearer first-key" })
      assert.strictEqual(yield* ownerOf({ authorization: "Bearer other", "x-api-key": "first-key" }), first)
      assert.notStrictEqual(yield* ownerOf({ "x-api-key": "second-key" }), first)
      assert.notInclude(first, "first-key")
    }))

  it.effect.each([{ keys: [] }, { keys: [""] }, { keys: ["a-key", " "] }, { keys: ["two words"] }, {
    keys: ["line\nend"]
  }])(
    "refuses to begin with a list that would open it, or a key that no request can carry: %j",
    ({ keys }) =>
      Effect.gen(function*() {
        const begun = yield* Effect.exit(Auth.usable(keys.map((key) => Redacted.make(key))))
        assert.isTrue(Exit.hasDies(begun))
      })
  )

  it.effect("takes a key without the line end that it was read with", () =>
    Effect.gen(function*() {
      const keys = yield* Auth.usable([Redacted.make("a-key\n")])
      yield* Auth.make(keys)([], credentials({ authorization: "Bearer a-key" }))
    }))

  it.effect.prop(
    "accepts exactly its own keys",
    [Schema.String, Schema.String],
    (given) =>
      Effect.gen(function*() {
        const [key = "", candidate = ""] = given.map((text) => text.replaceAll(/\s/g, "_"))
        const authorize = keyed(`k${key}`)
        const outcome = yield* Effect.exit(
          authorize(placesOf("messages"), credentials({ "x-api-key": `k${candidate}` }))
        )
        assert.strictEqual(outcome._tag === "Success", key === candidate)
        const own = yield* Effect.exit(authorize(placesOf("messages"), credentials({ "x-api-key": `k${key}` })))
        assert.strictEqual(own._tag, "Success")
      })
  )
})
