import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import type { AnswerContext, Dialect, Transducer } from "../../src/Dialect.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import type { Usage } from "../../src/Usage.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { absent, type Folder, recordings } from "../support/fixtures.ts"
import { collect, eventsOf, failureOf, framesOf, isStart } from "../support/streams.ts"
import { surfaces } from "./cells.ts"
import { read } from "./reading.ts"
import { builtIn } from "../support/dialects.ts"

const folders: ReadonlyArray<readonly [Folder, DialectName]> = [
  ["openai-responses", "responses"],
  ["openai-chat", "chat.completions"],
  ["gemini-interactions", "interactions"],
  ["anthropic-messages", "messages"]
]

const recorded = folders.flatMap(([folder, dialect]) =>
  recordings(folder).map(({ body, name, request, sse, status }) => ({
    name: `${folder}/${name}`,
    dialect,
    request,
    status,
    body,
    sse
  }))
)

const context: AnswerContext = {
  id: "seed",
  createdAt: 1_700_000_000,
  model: "asked-model",
  request: { stream_options: { include_usage: true } }
}

const through = (step: Transducer | undefined, events: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  step === undefined ? events : events.flatMap((event) => step.push(event))

const translated = (from: Dialect, to: Dialect, body: JsonObject): JsonObject => {
  const hub = from.translation?.bodyToResponses(body, context) ?? body
  return to.translation?.bodyFromResponses(hub, context) ?? hub
}

const translatedEvents = (from: Dialect, to: Dialect, events: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  through(to.translation?.eventsFromResponses(context), through(from.translation?.eventsToResponses(context), events))

/** Tokens as both formats can tell them. */
const usageOf = (dialect: Dialect, body: JsonObject, other: Dialect): Usage | undefined => {
  const { usage } = dialect.served(body)
  const has = (name: DialectName) => dialect.name === name || other.name === name
  // Messages cannot leave the counts out.
  if (usage === undefined) return has("messages") ? unknown : undefined
  return {
    ...usage,
    ...(has("chat.completions") ? { webSearches: 0 } : {}),
    ...(has("interactions") ? { cacheWriteInput: 0 } : {})
  }
}

const unknown: Usage = {
  input: 0,
  cachedInput: 0,
  cacheWriteInput: 0,
  longCacheWriteInput: 0,
  output: 0,
  reasoning: 0,
  webSearches: 0
}

/** What a body says to its reader, whichever format it is in; the words for the end are the format's own. */
const told = (dialect: Dialect, body: JsonObject) => {
  const { calls, text } = read(builtIn(dialect.name), body)
  return { text, calls }
}

/** How an answer ended, in one word for all formats. */
const endOf = (dialect: Dialect, body: JsonObject): string => {
  const { calls, finish } = read(builtIn(dialect.name), body)
  if (/"refusal":"[^"]|"code":"content_blocked"/.test(JSON.stringify(body))) return "refusal"
  switch (finish) {
    case "incomplete: max_output_tokens":
    case "length":
    case "incomplete":
    case "max_tokens":
      return "length"
    case "incomplete: content_filter":
    case "content_filter":
    case "refusal":
      return "refusal"
    case "completed":
    case "stop":
    case "tool_calls":
    case "requires_action":
    case "end_turn":
    case "stop_sequence":
    case "tool_use":
      return calls.length > 0 ? "call" : "end"
    default:
      return finish
  }
}

/** What a body must say in another format: Interactions have no place for a refusal but the text. */
const expected = (from: Dialect, to: Dialect, body: JsonObject) => {
  const refusal = to.name === "interactions" ? Json.string(Json.object(body, "stop_details") ?? {}, "explanation") : ""
  const { calls, text } = told(from, body)
  return { text: text + (refusal ?? ""), calls }
}

const says = (from: Dialect, to: Dialect, body: JsonObject, whole: JsonObject): void => {
  assert.deepStrictEqual(told(to, whole), expected(from, to, body), to.name)
  assert.strictEqual(endOf(to, whole), endOf(from, body), to.name)
  assert.deepStrictEqual(usageOf(to, whole, from), usageOf(from, body, to), to.name)
}

/** OpenAI encrypts a reasoning item anew each time it mentions it. */
const alike = (body: JsonObject | undefined): unknown =>
  JSON.parse(JSON.stringify(body ?? null).replace(/gAAAAA[\w=-]+/g, "<cipher>"))

const beginnings: ReadonlySet<string> = new Set(["response.created", "interaction.created", "message_start"])

/** A recorded stream may hold several answers one after another. */
const answersOf = (events: ReadonlyArray<JsonObject>): ReadonlyArray<ReadonlyArray<JsonObject>> => {
  const starts = events.flatMap((event, index) =>
    beginnings.has(Json.string(event, "type") ?? Json.string(event, "event_type") ?? "") ? [index] : []
  )
  return starts.length < 2 ? [events] : starts.map((start, at) => events.slice(start, starts[at + 1]))
}

/** An answer in the background, which the router does not wait for. */
const isUnderWay = (body: JsonObject): boolean => body["status"] === "queued" || body["status"] === "in_progress"

const others = (name: DialectName) => surfaces.filter((other) => other !== name).map((other) => dialects[other])

describe.skipIf(absent)("recorded traffic in every other format", () => {
  it.effect.each(recorded.flatMap((row) => row.sse === undefined ? [] : [{ ...row, sse: row.sse }]))(
    "the stream $name says the same, whole and piece by piece",
    ({ dialect: name, sse }) =>
      Effect.gen(function*() {
        const from = dialects[name]
        for (const events of answersOf(eventsOf(yield* framesOf(sse)))) {
          const failure = events.find((event) => failureOf(from, event) !== undefined)
          assert.isTrue(failure !== undefined || events.some((event) => isStart(from, event)), "starts")
          const body = collect(from, events) ?? {}
          assert.isTrue(failure !== undefined || Object.keys(body).length > 0, "ends")
          for (const to of others(name)) {
            const streamed = translatedEvents(from, to, events)
            if (failure !== undefined) continue
            const whole = translated(from, to, body)
            assert.deepStrictEqual(alike(collect(to, streamed)), alike(whole), to.name)
            assert.strictEqual(streamed.map((event) => to.textDelta(event) ?? "").join(""), to.text(whole), to.name)
            says(from, to, body, whole)
          }
        }
      })
  )

  it.each(
    recorded.flatMap((row) =>
      row.status === 200 && Json.isObject(row.body) && !isUnderWay(row.body) ? [{ ...row, body: row.body }] : []
    )
  )("the body $name says the same", ({ body, dialect: name }) => {
    const from = dialects[name]
    for (const to of others(name)) {
      says(from, to, body, translated(from, to, body))
    }
  })

  it.each(recorded.flatMap((row) => row.request?.["model"] === undefined ? [] : [{ ...row, request: row.request }]))(
    "the request $name can be said, or the member that cannot is named",
    ({ dialect: name, request }) => {
      const from = dialects[name]
      for (const to of others(name)) {
        const said = Result.flatMap(
          from.translation?.requestToResponses(request) ?? Result.succeed(request),
          (hub) => to.translation?.requestFromResponses(hub) ?? Result.succeed(hub)
        )
        if (Result.isFailure(said)) assert.match(said.failure.field, /^[a-z_]+/, to.name)
        else assert.strictEqual(said.success["model"], request["model"], to.name)
      }
    }
  )
})
