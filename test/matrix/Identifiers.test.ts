import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import * as Router from "../../src/Router.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { layer } from "../support/race.ts"
import { collect, eventsOf } from "../support/streams.ts"
import { models, providerNames, surfaces, upstreamOf } from "./cells.ts"
import { followUp, read } from "./reading.ts"

const names = ["mcp.server:read.file", `mcp__${"long".repeat(40)}__one`, `mcp__${"long".repeat(40)}__two`, "読む"]

const parameters = { type: "object", properties: { path: { type: "string" } }, required: ["path"] }

/** A request that makes the model call one of the tools. */
const asking = (surface: DialectName, name: string): JsonObject => {
  switch (surface) {
    case "responses":
      return {
        input: [{ role: "user", content: "Read it." }],
        tools: names.map((name) => ({ type: "function", name, parameters, strict: false })),
        tool_choice: { type: "function", name }
      }
    case "chat.completions":
      return {
        messages: [{ role: "user", content: "Read it." }],
        tools: names.map((name) => ({ type: "function", function: { name, parameters } })),
        tool_choice: { type: "function", function: { name } }
      }
    case "interactions":
      return {
        input: [{ type: "user_input", content: [{ type: "text", text: "Read it." }] }],
        tools: names.map((name) => ({ type: "function", name, parameters })),
        generation_config: { tool_choice: { allowed_tools: { mode: "any", tools: [name] } } }
      }
    case "messages":
      return {
        max_tokens: 1000,
        messages: [{ role: "user", content: "Read it." }],
        tools: names.map((name) => ({ name, input_schema: parameters })),
        tool_choice: { type: "tool", name }
      }
  }
}

const cells = surfaces.flatMap((surface) =>
  providerNames.flatMap((provider) =>
    upstreamOf(surface, provider) === surface
      ? []
      : [false, true].flatMap((stream) => names.map((name) => ({ surface, provider, stream, name })))
  )
)

const textsUnder = (value: Json.Json, members: ReadonlyArray<string>): ReadonlyArray<string> =>
  Json.isArray(value)
    ? value.flatMap((element) => textsUnder(element, members))
    : Json.isObject(value)
    ? Object.entries(value).flatMap(([name, member]) =>
      typeof member === "string" ? members.includes(name) ? [member] : [] : textsUnder(member, members)
    )
    : []

const ask = (surface: DialectName, request: JsonObject) =>
  Effect.scoped(Effect.gen(function*() {
    const { open } = yield* Router.Router
    const answer = yield* open(surface, JSON.stringify(request))
    return answer._tag === "Body"
      ? answer.value
      : collect(dialects[surface], eventsOf(yield* Stream.runCollect(answer.frames))) ?? assert.fail()
  }))

/** The same conversation with ids of the caller's own. */
const withIds = (value: JsonObject, from: string, to: string): JsonObject =>
  JSON.parse(JSON.stringify(value).replaceAll(from, () => to))

describe("a tool whose name the provider does not take", () => {
  it.effect.each(cells)(
    "is called by the caller's own name, and goes on under it: $surface to $provider, streamed $stream, $name",
    ({ name, provider, stream, surface }) =>
      Effect.gen(function*() {
        const simulator = yield* Simulator.Simulator
        const { identifiers = assert.fail() } = dialects[upstreamOf(surface, provider)]
        const request = { model: models[provider], start_within: "default", stream, ...asking(surface, name) }
        const body = yield* ask(surface, request)
        const { calls } = read(surface, body)
        assert.deepStrictEqual(calls.map((call) => call.name), [name])
        const id = calls[0]?.id ?? assert.fail()
        const next = followUp(surface, request, withIds(body, id, "functions.read:0|é".padEnd(90, "x")), {
          outputs: ["It."]
        })
        yield* ask(surface, next)
        const [first, second] = (yield* simulator.ledger).map(({ body }) => body)
        for (const sent of [first ?? assert.fail(), second ?? assert.fail()]) {
          const { conversation, ids, tools } = namesIn(sent)
          for (const tool of tools) assert.match(tool, identifiers.names.pattern)
          for (const tool of tools) assert.isAtMost(tool.length, identifiers.names.length)
          assert.strictEqual(new Set(tools).size, names.length)
          for (const called of conversation) assert.include(tools, called)
          if (identifiers.ids === undefined) continue
          for (const id of ids) assert.match(id, identifiers.ids.pattern)
          for (const id of ids) assert.isAtMost(id.length, identifiers.ids.length)
          assert.isAtMost(new Set(ids).size, 1)
        }
        assert.deepStrictEqual(namesIn(first ?? {}).tools, namesIn(second ?? {}).tools)
        assert.isNotEmpty(namesIn(second ?? {}).conversation)
      }).pipe(Effect.provide(layer(Script.always(Behavior.answer()))))
  )
})

/** The names of tools and the ids of calls in a request as it was sent, by where they stand. */
const namesIn = (sent: JsonObject) => {
  const { input, messages, tools } = sent
  const conversation = input ?? messages ?? []
  return {
    tools: textsUnder(
      Json.objects({ tools: tools ?? [] }, "tools").map((tool) => Json.compact({ name: tool["name"] })),
      ["name"]
    ),
    conversation: textsUnder(conversation, ["name"]),
    ids: textsUnder(conversation, ["call_id", "tool_use_id"])
  }
}
