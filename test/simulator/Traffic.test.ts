/**
 * Holds the simulated traffic against recorded traffic: for the same kind of answer the same order of events, the same
 * keys in every event and body, and the same framing. What a recording lacks because it is older than the newest one
 * of its kind is listed with the reason, and nothing else may differ.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import * as Fixtures from "../support/fixtures.ts"

const addresses = {
  "openai-responses": "https://api.openai.com/v1/responses",
  "openai-chat": "https://api.openai.com/v1/chat/completions",
  "gemini-interactions": "https://generativelanguage.googleapis.com/v1beta/interactions",
  "anthropic-messages": "https://api.anthropic.com/v1/messages"
}

const simulate = (folder: Fixtures.Folder, request: JsonObject, behavior: Behavior.Behavior) =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.execute(
      HttpClientRequest.bodyJsonUnsafe(
        HttpClientRequest.post(addresses[folder], { headers: { "anthropic-version": "2023-06-01" } }),
        request
      )
    )
    return { headers: response.headers, status: response.status, text: yield* response.text }
  }).pipe(Effect.provide(Simulator.layer({ seed: "traffic", script: Script.always(behavior) })))

interface Case {
  readonly folder: Fixtures.Folder
  readonly name: string
  /** The request, where the recording does not hold it. */
  readonly request?: JsonObject
  /** What the recorded answer holds that the request alone does not ask for. */
  readonly answer?: Behavior.Options
  readonly behavior?: Behavior.Behavior
  /** Keys that only the simulated answer has, with the reason. */
  readonly added?: ReadonlyArray<Difference>
  /** Keys that only the recorded answer has, with the reason. */
  readonly missing?: ReadonlyArray<Difference>
}

interface Difference {
  readonly keys: RegExp
  readonly reason: string
}

const none: ReadonlyArray<Difference> = []

/** Members OpenAI added to the response object until August 2026, which older recordings lack. */
const sinceAugust2026: ReadonlyArray<Difference> = [{
  keys:
    /(?:^|\.)(?:completed_at|frequency_penalty|presence_penalty|prompt_cache_retention|moderation|tool_usage.*|context|mode|cache_write_tokens)$/,
  reason: "member of the response object added after this recording"
}, {
  keys: /\{reasoning\}\.content$|^item\.content$/,
  reason: "reasoning items got an empty `content` after this recording"
}, {
  keys: /\{web_search\}\.(?:return_token_budget|search_content_types)$/,
  reason: "echoed search options added after this recording"
}]

/** Members Anthropic added until August 2026. */
const anthropicSinceAugust2026: ReadonlyArray<Difference> = [{
  keys: /(?:stop_details|inference_geo|caller|caller\.type|output_tokens_details.*)$/,
  reason: "member added after this recording"
}]

const gemini = { model: "gemini-2.5-flash", input: "How are you?" }

const weather = {
  ...gemini,
  input: "What is the weather in San Francisco? Use getWeather.",
  tools: [{
    type: "function",
    name: "getWeather",
    parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] }
  }]
}

const googleSearch = { ...gemini, input: "What happened?", tools: [{ type: "google_search" }] }

const claude = {
  model: "claude-sonnet-4-5-20250929",
  max_tokens: 1024,
  messages: [{ role: "user", content: "What happened?" }]
}

const summaryRequest: JsonObject = {
  model: "gpt-5.4-mini",
  input: "Why is the sky blue?",
  instructions: "Answer in one sentence.",
  include: ["reasoning.encrypted_content"],
  reasoning: { effort: "low", summary: "detailed" },
  store: false
}

const streams: ReadonlyArray<Case> = [
  {
    folder: "openai-responses",
    name: "stream-text.exchange.json",
    answer: { reasoning: { summary: "" } }
  },
  {
    folder: "openai-responses",
    name: "stream-text-gpt55.exchange.json",
    answer: { reasoning: undefined },
    added: sinceAugust2026
  },
  {
    folder: "openai-responses",
    name: "tool-stream-gpt55.exchange.json#0",
    answer: { reasoning: undefined },
    added: sinceAugust2026,
    missing: [{
      keys: /\{function\}\.parameters\.additionalProperties$/,
      reason: "OpenAI closes the schema of a strict tool when it echoes it"
    }]
  },
  {
    folder: "openai-responses",
    name: "tool-stream-gpt55.exchange.json#1",
    answer: { reasoning: undefined },
    added: sinceAugust2026,
    missing: [{
      keys: /\{function\}\.parameters\.additionalProperties$/,
      reason: "OpenAI closes the schema of a strict tool when it echoes it"
    }]
  },
  {
    folder: "openai-responses",
    name: "flex-stream-tool-reasoning.exchange.json",
    added: sinceAugust2026
  },
  {
    folder: "openai-responses",
    name: "reasoning-summary-stream.sse.txt",
    request: summaryRequest,
    answer: { reasoning: { summary: "" } },
    added: sinceAugust2026
  },
  {
    folder: "openai-responses",
    name: "reasoning-encrypted.chunks.txt",
    request: {
      ...summaryRequest,
      model: "gpt-5.1-codex-max",
      input: "Use the calculator.",
      tools: [{
        type: "function",
        name: "calculator",
        parameters: {
          type: "object",
          properties: { a: { type: "number" }, b: { type: "number" }, op: { enum: ["add"] } },
          required: ["a", "b", "op"],
          additionalProperties: false
        }
      }]
    },
    answer: { reasoning: { summary: "Adding." } },
    added: sinceAugust2026,
    missing: [{
      keys: /\{function\}\.parameters\./,
      reason: "this recording's own tool schema has more keywords"
    }]
  },
  {
    folder: "openai-responses",
    name: "annotations-stream.exchange.json#1",
    answer: { reasoning: undefined },
    added: sinceAugust2026,
    missing: [{ keys: /\{web_search\}\.filters$/, reason: "no longer echoed in August 2026" }]
  },
  {
    folder: "openai-responses",
    name: "error-in-stream-quota.chunks.txt",
    request: { model: "gpt-5-nano", input: "Hello" },
    behavior: Behavior.refuseInStream({ type: "insufficient_quota", code: "insufficient_quota" }),
    added: sinceAugust2026
  },
  { folder: "openai-chat", name: "stream-text.exchange.json" },
  {
    folder: "openai-chat",
    name: "stream-length-usage.exchange.json",
    answer: { text: "", stop: "length" }
  },
  { folder: "openai-chat", name: "stream-tool.exchange.json#0", answer: { calls: [call("get_capital")] } },
  { folder: "openai-chat", name: "stream-tool.exchange.json#1" },
  { folder: "gemini-interactions", name: "basic.chunks.txt", request: gemini },
  { folder: "gemini-interactions", name: "tool-call-step1.chunks.txt", request: weather },
  { folder: "gemini-interactions", name: "google-search.chunks.txt", request: googleSearch },
  {
    folder: "gemini-interactions",
    name: "multi-turn-stateless-turn1.chunks.txt",
    request: { ...gemini, store: false }
  },
  { folder: "anthropic-messages", name: "stream-text.exchange.json" },
  {
    folder: "anthropic-messages",
    name: "thinking-stream.exchange.json",
    added: anthropicSinceAugust2026
  },
  {
    folder: "anthropic-messages",
    name: "tool-no-args.chunks.txt",
    request: claude,
    answer: { text: "I will.", calls: [{ name: "updateIssueList", arguments: {} }] },
    added: anthropicSinceAugust2026
  },
  {
    folder: "anthropic-messages",
    name: "web-search.chunks.txt",
    request: { ...claude, tools: [{ type: "web_search_20250305", name: "web_search" }] },
    added: anthropicSinceAugust2026
  }
]

const bodies: ReadonlyArray<Case> = [
  {
    folder: "openai-responses",
    name: "text-gpt55.exchange.json",
    answer: { reasoning: undefined },
    added: sinceAugust2026
  },
  {
    folder: "openai-responses",
    name: "structured-schema.exchange.json",
    answer: { reasoning: { summary: "" } }
  },
  { folder: "openai-responses", name: "web-search-gpt52.exchange.json#0" },
  { folder: "openai-responses", name: "error-400-param.exchange.json", behavior: Behavior.refuse({ status: 400 }) },
  { folder: "openai-responses", name: "error-401.exchange.json", behavior: Behavior.refuse({ status: 401 }) },
  { folder: "openai-chat", name: "text.exchange.json" },
  { folder: "openai-chat", name: "tool.exchange.json", answer: { calls: [call("get_current_weather")] } },
  { folder: "openai-chat", name: "text-vercel.json", request: { model: "gpt-4.1-nano", messages: [] } },
  { folder: "openai-chat", name: "error-404-model.exchange.json", behavior: Behavior.refuse({ status: 404 }) },
  { folder: "gemini-interactions", name: "basic.json", request: gemini },
  { folder: "gemini-interactions", name: "tool-call-step1.json", request: weather },
  { folder: "gemini-interactions", name: "google-search.json", request: googleSearch },
  {
    folder: "gemini-interactions",
    name: "multi-turn-stateless-turn1.json",
    request: { ...gemini, store: false }
  },
  { folder: "anthropic-messages", name: "text.exchange.json" },
  { folder: "anthropic-messages", name: "tool-choice-specific.exchange.json#0" },
  {
    folder: "anthropic-messages",
    name: "opus-5.exchange.json"
  },
  { folder: "anthropic-messages", name: "web-search-haiku.exchange.json" },
  { folder: "anthropic-messages", name: "error-401.exchange.json", behavior: Behavior.refuse({ status: 401 }) }
]

function call(name: string) {
  return { name, arguments: { place: "here" } }
}

const behaviorOf = ({ answer, behavior }: Case) => behavior ?? Behavior.answer(answer)

interface Block {
  readonly named: boolean
  readonly event: JsonObject | undefined
  readonly kind: string
}

/** The events of a stream, each with what makes it one of its kind. */
const blocksOf = (sse: string): ReadonlyArray<Block> =>
  sse.split("\n\n").filter((block) => block.trim() !== "").map((block) => {
    assert.match(block, /^(?:event: [^\n]+\n)?data: [^\n]+$/)
    const named = block.startsWith("event: ")
    const data = block.slice(block.indexOf("data: ") + 6)
    const event = Json.parseObject(data)
    return { named, event, kind: event === undefined ? data : kindOf(event) }
  })

const kindOf = (event: JsonObject): string => {
  const type = Json.string(event, "type") ?? Json.string(event, "event_type")
  const part = Json.object(event, "item") ?? Json.object(event, "step") ?? Json.object(event, "content_block") ??
    Json.object(event, "delta")
  if (type !== undefined) return [type, part === undefined ? undefined : Json.string(part, "type")].join(" ")
  const choice = Json.objects(event, "choices")[0]
  return choice === undefined
    ? "no choices"
    : `${Object.keys(Json.object(choice, "delta") ?? {}).toSorted().join("+")} ${Json.string(choice, "finish_reason")}`
}

/** Runs of one kind count once; pings may come anywhere and do not count. */
const sequenceOf = (blocks: ReadonlyArray<Block>): ReadonlyArray<string> =>
  blocks.map(({ kind }) => kind).filter((kind) => !kind.startsWith("ping"))
    .filter((kind, index, all) => kind !== all[index - 1])

const keysOf = (value: unknown, path = ""): Array<string> => {
  if (Array.isArray(value)) {
    return value.flatMap((element) =>
      keysOf(element, `${path}${Json.isObject(element) ? `{${Json.string(element, "type") ?? ""}}` : "[]"}`)
    )
  }
  if (!Json.isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const at = path === "" ? key : `${path}.${key}`
    return [at].concat(keysOf(member, at))
  })
}

const beyond = (
  have: ReadonlySet<string>,
  other: ReadonlySet<string>,
  allowed: ReadonlyArray<Difference>
): ReadonlyArray<string> =>
  [...have].filter((key) => !other.has(key) && !allowed.some(({ keys }) => keys.test(key))).toSorted()

const assertSameKeys = (
  what: string,
  recorded: ReadonlySet<string>,
  simulated: ReadonlySet<string>,
  { added = none, missing = none }: Case
) =>
  assert.deepStrictEqual(
    { what, missing: beyond(recorded, simulated, missing), added: beyond(simulated, recorded, added) },
    { what, missing: [], added: [] }
  )

/** A file that holds several streams one after another stands for its first. */
const firstStream = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const second = blocks.findIndex(({ kind }, index) => index > 0 && kind === blocks[0]?.kind)
  return second === -1 || blocks[0]?.event?.["type"] !== "response.created" ? blocks : blocks.slice(0, second)
}

/** Order of first appearance: a search may be repeated, and cited text alternates with plain text. */
const firsts = (sequence: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(sequence)]

describe.skipIf(Fixtures.absent)("simulated traffic", () => {
  it.effect.each(streams)("streams like the recording $folder/$name", (streamed) =>
    Effect.gen(function*() {
      const { folder, name } = streamed
      const recording = Fixtures.recording(folder, name)
      const request = { ...(recording.request ?? streamed.request), stream: true }
      const simulated = yield* simulate(folder, request, behaviorOf(streamed))
      const recordedBlocks = firstStream(blocksOf(recording.sse?.replace(/[ ]+\n/g, "\n") ?? ""))
      const simulatedBlocks = blocksOf(simulated.text)
      const order = name.includes("search") ? firsts : (sequence: ReadonlyArray<string>) => sequence
      assert.deepStrictEqual(order(sequenceOf(simulatedBlocks)), order(sequenceOf(recordedBlocks)))
      const union = (blocks: ReadonlyArray<Block>, wanted: string) =>
        new Set(blocks.filter(({ kind }) => kind === wanted).flatMap(({ event }) => keysOf(event)))
      for (const kind of new Set(recordedBlocks.map(({ kind }) => kind))) {
        assertSameKeys(kind, union(recordedBlocks, kind), union(simulatedBlocks, kind), streamed)
      }
      // The framing of Google's stream is not in the recordings, which hold the payloads alone.
      if (folder !== "gemini-interactions") {
        assert.deepStrictEqual(
          simulatedBlocks.map(({ named }) => named),
          simulatedBlocks.map(() => recordedBlocks[0]?.named === true)
        )
      }
    }))

  it.effect.each(bodies)("answers like the recording $folder/$name", (whole) =>
    Effect.gen(function*() {
      const { folder, name } = whole
      const recording = Fixtures.recording(folder, name)
      const request = { ...(recording.request ?? whole.request), stream: false }
      const simulated = yield* simulate(folder, request, behaviorOf(whole))
      assert.strictEqual(simulated.status, recording.status)
      assertSameKeys(
        "body",
        new Set(keysOf(recording.body)),
        new Set(keysOf(Json.parseObject(simulated.text))),
        whole
      )
    }))

  it.effect.each([...streams, ...bodies].filter(({ name }) => /-text\.exchange|^text\.|basic|401/.test(name)))(
    "sends at least the provider's own headers of the recording $folder/$name",
    (either) =>
      Effect.gen(function*() {
        const recording = Fixtures.recording(either.folder, either.name)
        const request = { ...(recording.request ?? either.request), stream: recording.sse !== undefined }
        const { headers } = yield* simulate(either.folder, request, behaviorOf(either))
        // Set by a proxy of whoever recorded.
        const foreign = new Set(["x-envoy-upstream-service-time"])
        const missing = Object.keys(recording.headers).filter((name) =>
          !foreign.has(name) && headers[name] === undefined
        )
        assert.deepStrictEqual(missing, [])
        const type = recording.headers["content-type"]
        if (type !== undefined) assert.strictEqual(headers["content-type"], type)
        assert.strictEqual(headers["x-flexinference-simulated"], "true")
      })
  )

  it.effect("repeats the requested tier in the first events and reports the served one in the last", () =>
    Effect.gen(function*() {
      const tiers = (sse: string) =>
        blocksOf(sse).flatMap(({ event = {} }) => {
          const response = Json.object(event, "response")
          return response === undefined ? [] : [Json.string(response, "service_tier")]
        })
      for (const name of ["stream-text.exchange.json", "flex-stream-tool-reasoning.exchange.json"]) {
        const recording = Fixtures.recording("openai-responses", name)
        const simulated = yield* simulate("openai-responses", recording.request ?? {}, Behavior.answer())
        assert.deepStrictEqual(tiers(simulated.text), tiers(recording.sse ?? ""))
      }
    }))

  it.effect("gives ids of the recorded shapes", () =>
    Effect.gen(function*() {
      const shapes: ReadonlyArray<readonly [Fixtures.Folder, string, RegExp]> = [
        ["openai-responses", "stream-text.exchange.json", /"id":"(?:resp|rs|msg)_[0-9a-f]{50}"/],
        ["openai-responses", "tool-stream-gpt55.exchange.json#0", /"call_id":"call_[A-Za-z0-9]{24}"/],
        ["openai-chat", "stream-text.exchange.json", /"id":"chatcmpl-[A-Za-z0-9]{29}"/],
        ["gemini-interactions", "basic.chunks.txt", /"id":"v1_Chd[A-Za-z0-9_-]{64}"/],
        ["anthropic-messages", "stream-text.exchange.json", /"id":"msg_01[1-9A-HJ-NP-Za-km-z]{22}"/]
      ]
      for (const [folder, name, shape] of shapes) {
        const recording = Fixtures.recording(folder, name)
        const request = { ...(recording.request ?? gemini), stream: true }
        const simulated = yield* simulate(folder, request, Behavior.answer())
        assert.match(recording.sse ?? "", shape, `recorded ${name}`)
        assert.match(simulated.text, shape, `simulated ${name}`)
      }
    }))

  it.effect("gives Google's citations in UTF-8 bytes and OpenAI's in characters of the text", () =>
    Effect.gen(function*() {
      const text = "Größer – siehe https://example.com/simulated."
      const google = yield* simulate("gemini-interactions", googleSearch, Behavior.answer({ text }))
      const openai = yield* simulate(
        "openai-responses",
        { model: "gpt-5.2", input: "x", tools: [{ type: "web_search" }] },
        Behavior.answer({ text })
      )
      const offset = (body: string) => Number(/"start_index":(\d+)/.exec(body)?.[1])
      assert.strictEqual(offset(google.text), Buffer.from(text).indexOf("https"))
      assert.strictEqual(offset(openai.text), text.indexOf("https"))
    }))
})

describe("a simulated stream", () => {
  it.effect("says the same as the body that the same request without a stream gets", () =>
    Effect.gen(function*() {
      const request: JsonObject = { model: "gpt-5.5", input: "Hello", reasoning: { effort: "high", summary: "auto" } }
      const streamed = yield* simulate("openai-responses", { ...request, stream: true }, Behavior.answer())
      const whole = yield* simulate("openai-responses", { ...request, stream: false }, Behavior.answer())
      const last = blocksOf(streamed.text).at(-1)?.event ?? {}
      const { billing: _, ...rest } = Json.parseObject(whole.text) ?? {}
      assert.deepStrictEqual(Json.object(last, "response"), rest)
    }))

  it.effect("leaves the padding out where the caller asks for that", () =>
    Effect.gen(function*() {
      const request = { model: "gpt-5.5", input: "Hello", stream: true, stream_options: { include_obfuscation: false } }
      const { text } = yield* simulate("openai-responses", request, Behavior.answer())
      assert.notInclude(text, "obfuscation")
    }))
})
