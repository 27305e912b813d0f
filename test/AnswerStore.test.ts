import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as AnswerStore from "../src/AnswerStore.ts"
import * as Embedded from "../src/dialect/Embedded.ts"
import type { JsonObject } from "../src/wire/Json.ts"
import * as JsonSource from "../src/wire/JsonSource.ts"

const answer = (id: string, ...parts: ReadonlyArray<string>): AnswerStore.Kept => ({
  surface: "responses",
  id,
  conversation: [{ role: "user", content: "Hello" }, ...parts.map((id) => ({ type: "message", id, content: id }))]
})

const idsOf = (kept: ReadonlyArray<AnswerStore.Kept>) => kept.map(({ id }) => id)

const name = Schema.Literals(["", "a", "b", "ab", "\"", "a\",\"b", "__proto__", "answer", "part"])

describe("AnswerStore", () => {
  it.effect.prop(
    "finds for an owner and a format exactly what was kept for them, by the answer's id or one in it",
    [Schema.Array(Schema.Struct({ owner: name, surface: name, id: name, part: name })), name, name, name],
    ([all, owner, surface, asked]) =>
      Effect.gen(function*() {
        const store = AnswerStore.make()
        for (const { id, owner, part, surface } of all) yield* store.keep(owner, { ...answer(id, part), surface })
        const found = yield* store.find(owner, surface, [asked])
        const own = all.filter((entry) => entry.owner === owner && entry.surface === surface)
        // Of two of one name the later counts, and the earlier is gone.
        const held = own.filter(({ id }, index) => !own.slice(index + 1).some((later) => later.id === id))
        const called = held.filter(({ id }) => id === asked)
        const holding = held.filter(({ part }) => part === asked).slice(-1)
        assert.deepStrictEqual(idsOf(found), Array.from(new Set([...called, ...holding].map(({ id }) => id))))
        for (const { conversation } of found) {
          assert.include(
            own.map(({ part }) => JSON.stringify(answer("", part).conversation)),
            JSON.stringify(conversation)
          )
        }
      })
  )

  it.effect("lets the oldest go where there are too many, and with it what only it holds", () =>
    Effect.gen(function*() {
      const store = AnswerStore.make({ maxAnswers: 2 })
      yield* store.keep("me", answer("one", "shared", "alone"))
      yield* store.keep("me", answer("two", "shared"))
      yield* store.keep("me", answer("three"))
      const find = (id: string) => Effect.map(store.find("me", "responses", [id]), idsOf)
      assert.deepStrictEqual(yield* find("one"), [])
      assert.deepStrictEqual(yield* find("alone"), [])
      assert.deepStrictEqual(yield* find("shared"), ["two"])
      assert.deepStrictEqual(yield* find("three"), ["three"])
    }))

  it.effect("is bounded in bytes: the oldest go, and what is larger than all together is not kept", () =>
    Effect.gen(function*() {
      const store = AnswerStore.make({ maxSize: 3000 })
      const long = (id: string, length: number) => ({ ...answer(id), conversation: ["x".repeat(length)] })
      const held = Effect.map(store.find("me", "responses", ["one", "two", "three", "four"]), idsOf)
      yield* store.keep("me", long("one", 600))
      yield* store.keep("me", long("two", 600))
      assert.deepStrictEqual(yield* held, ["one", "two"])
      yield* store.keep("me", long("three", 600))
      assert.deepStrictEqual(yield* held, ["two", "three"])
      yield* store.keep("me", long("four", 1500))
      assert.deepStrictEqual(yield* held, ["two", "three"])
    }))

  it.effect("keeps an answer for as long as it is told", () =>
    Effect.gen(function*() {
      const store = AnswerStore.make({ retain: "1 hour" })
      yield* store.keep("me", answer("one"))
      yield* TestClock.adjust("59 minutes")
      assert.deepStrictEqual(idsOf(yield* store.find("me", "responses", ["one"])), ["one"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* store.find("me", "responses", ["one"]), [])
    }))

  it.effect("leaves the numbers of a call as they are spelled", () =>
    Effect.gen(function*() {
      const text =
        "{\"conversation\":[{\"type\":\"function_call\",\"id\":\"1\",\"arguments\":{\"n\":12345678901234567890,\"m\":1.0}}]}"
      const value: JsonObject & { readonly conversation: ReadonlyArray<JsonObject> } = JSON.parse(text)
      Embedded.remember(text, value)
      const store = AnswerStore.make()
      yield* store.keep("me", { surface: "interactions", id: "one", conversation: value.conversation })
      const [kept] = yield* store.find("me", "interactions", ["one"])
      assert.strictEqual(JsonSource.stringify({ conversation: kept?.conversation ?? [] }), text)
    }))
})
