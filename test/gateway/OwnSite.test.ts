import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Headers } from "effect/http"
import { dialects } from "../../src/dialect/index.ts"
import * as Auth from "../../src/gateway/Auth.ts"
import * as Keys from "../../src/gateway/Keys.ts"

const pass = (keys: ReadonlyArray<string> | undefined, headers: { readonly [name: string]: string }) =>
  Effect.match(
    Auth.make(keys?.flatMap((key) => Keys.entry(Redacted.make(key)) ?? []))([], {
      headers: Headers.fromInput(headers),
      searchParams: {}
    }),
    { onSuccess: () => "passed", onFailure: ({ code, status }) => `${status} ${code}` }
  )

const own = [
  {},
  { host: "localhost" },
  { host: "LOCALHOST:8787" },
  { host: "api.localhost:8787" },
  { host: "127.0.0.1:8787" },
  { host: "127.1.2.3" },
  { host: "[::1]:8787" },
  { host: "localhost:8787", origin: "http://localhost:5173", "sec-fetch-site": "same-site" },
  { host: "localhost:8787", origin: "http://127.0.0.1:8787", "sec-fetch-site": "same-origin" },
  { host: "localhost:8787", "sec-fetch-site": "none" }
]

const foreign = [
  { host: "" },
  { host: "rebound.example:8787" },
  { host: "localhost.example" },
  { host: "127.0.0.1.example" },
  { host: "127.0.0.1@rebound.example" },
  { host: "192.168.1.7:8787" },
  { host: "0.0.0.0:8787" },
  { host: "localhost:8787", origin: "https://example.com" },
  { host: "localhost:8787", origin: "http://localhost.example" },
  { host: "localhost:8787", origin: "null" },
  { host: "localhost:8787", origin: "file://" },
  { host: "localhost:8787", origin: "chrome-extension://localhost" },
  { host: "localhost:8787", origin: "http://localhost@example.com" },
  { host: "localhost:8787", "sec-fetch-site": "cross-site" }
]

describe("a gateway without keys", () => {
  it.effect.each(own)("takes a request of its own machine: %j", (headers) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* pass(undefined, headers), "passed")
    }))

  it.effect.each(foreign)("refuses one that a page of another site can make: %j", (headers) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* pass(undefined, headers), "403 foreign_site")
      assert.strictEqual(yield* pass(["a-key"], { ...headers, authorization: "Bearer a-key" }), "passed")
    }))

  it.effect("says so as any other error", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Auth.make(undefined)([], { headers: Headers.fromInput({ host: "rebound.example" }), searchParams: {} })
      )
      assert.deepInclude(dialects.responses.errorBody(error)["error"], {
        type: "permission_error",
        code: "foreign_site",
        message:
          "This gateway has no keys, so it answers its own machine alone, and no page of another site: Host names " +
          "another. Call it as localhost or 127.0.0.1, or give it keys."
      })
    }))
})
