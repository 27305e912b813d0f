import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ChatCompletions } from "../../../src/dialect/chat/index.ts"
import * as FromResponses from "../../../src/dialect/chat/FromResponses.ts"
import * as ToResponses from "../../../src/dialect/chat/ToResponses.ts"
import { Responses } from "../../../src/dialect/responses/index.ts"
import * as Hub from "../../../src/dialect/responses/Writer.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { collect, context, through } from "../chat/recorded.ts"

const usage = {
  input: 10,
  cachedInput: 4,
  cacheWriteInput: 2,
  longCacheWriteInput: 0,
  output: 7,
  reasoning: 3,
  webSearches: 1
}

const Step = Schema.Union([
  Schema.Struct({ on: Schema.Literal("message"), say: Schema.Literals(["text", "refusal"]), delta: Schema.String }),
  Schema.Struct({ on: Schema.Literal("message"), say: Schema.Literal("annotation"), delta: Schema.String }),
  Schema.Struct({ on: Schema.Literals(["message", "reasoning"]), say: Schema.Literal("endPart") }),
  Schema.Struct({
    on: Schema.Literal("reasoning"),
    say: Schema.Literals(["summary", "encrypted"]),
    delta: Schema.NonEmptyString
  }),
  Schema.Struct({
    on: Schema.Literal("call"),
    say: Schema.Literals(["arguments", "signature"]),
    delta: Schema.NonEmptyString
  }),
  Schema.Struct({ on: Schema.Literal("search"), say: Schema.Literal("search") }),
  Schema.Struct({ on: Schema.Literals(["message", "reasoning", "call"]), say: Schema.Literal("close") })
])
const Ending = Schema.Literals(["completed", "max_output_tokens", "content_filter"])

/** A provider's answer, written one item after another. */
const write = (steps: ReadonlyArray<typeof Step.Type>, ending: typeof Ending.Type, request: JsonObject = {}) => {
  const writer = Hub.make(context(request))
  writer.identify({ id: "resp_1", createdAt: 5, model: "served", serviceTier: "flex" })
  const open: {
    on?: string | undefined
    message?: Hub.MessageWriter
    reasoning?: Hub.ReasoningWriter
    call?: Hub.FunctionCallWriter
  } = {}
  const close = () => {
    if (open.on === "message") open.message?.close()
    if (open.on === "reasoning") open.reasoning?.close()
    if (open.on === "call") open.call?.close()
    open.on = undefined
  }
  for (const step of steps) {
    if (open.on !== step.on) {
      close()
      if (step.say === "close") continue
      if (step.on === "message") open.message = writer.message()
      if (step.on === "reasoning") open.reasoning = writer.reasoning()
      if (step.on === "call") open.call = writer.functionCall({ callId: "call_1", name: "f" })
      if (step.on === "search") writer.webSearchCall().close({ type: "search", query: "q" })
      else open.on = step.on
    }
    if (step.say === "close") close()
    else if (step.say === "text") open.message?.text(step.delta)
    else if (step.say === "refusal") open.message?.refusal(step.delta)
    else if (step.say === "annotation") {
      open.message?.annotation({ type: "url_citation", start_index: 0, end_index: 1, title: step.delta, url: "u" })
    } else if (step.say === "endPart") {
      if (step.on === "message") open.message?.endPart()
      else open.reasoning?.endPart()
    } else if (step.say === "summary") open.reasoning?.summary(step.delta)
    else if (step.say === "encrypted") open.reasoning?.encrypted(step.delta)
    else if (step.say === "arguments") open.call?.arguments(step.delta)
    else if (step.say === "signature") open.call?.signature(`flexinference:google::${step.delta}`)
  }
  const response = ending === "completed"
    ? writer.finish({ status: "completed", usage })
    : writer.finish({ status: "incomplete", incompleteReason: ending, usage })
  return { response, events: writer.take() }
}

/** Where a completion's message has what a step writes. */
const order = ["summary", "encrypted", "text", "annotation", "refusal", "arguments", "signature"]
const rank = (say: string): number => order.indexOf(say)

const asking = context({ stream_options: { include_usage: true } })

const typeOf = (event: JsonObject): string => Json.string(event, "type") ?? ""

describe("ResponsesHub", () => {
  it("writes the documented sequence of a text answer", () => {
    const writer = Hub.make(context())
    const message = writer.message()
    message.text("Hel")
    message.text("lo")
    message.annotation({ type: "url_citation", start_index: 0, end_index: 5, title: "T", url: "u" })
    message.close()
    writer.finish({ status: "completed", usage })
    assert.deepStrictEqual(writer.take().map(typeOf), [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.annotation.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed"
    ])
    assert.deepStrictEqual(writer.take(), [])
  })

  it("writes the documented sequences of reasoning, searches and calls", () => {
    const writer = Hub.make(context())
    const reasoning = writer.reasoning()
    reasoning.summary("Hm")
    reasoning.close()
    writer.webSearchCall().close({ type: "search", query: "q" })
    const call = writer.functionCall({ callId: "c", name: "f" })
    call.arguments("{}")
    call.close()
    writer.finish({ status: "completed" })
    assert.deepStrictEqual(writer.take().map(typeOf).slice(2, -1), [
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.web_search_call.in_progress",
      "response.web_search_call.searching",
      "response.web_search_call.completed",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done"
    ])
  })

  it("echoes the request, reckons the usage, and reports no tier that was not reported", () => {
    const request = {
      instructions: "Be brief.",
      temperature: 0.5,
      tools: [{ type: "function", name: "f" }],
      text: { verbosity: "low" },
      service_tier: "flex",
      metadata: { a: "b" }
    }
    const writer = Hub.make(context(request))
    const response = writer.finish({ status: "completed", usage })
    assert.strictEqual(Json.object(writer.take()[0] ?? {}, "response")?.service_tier, "flex")
    assert.deepStrictEqual(response, {
      id: "resp_seed",
      object: "response",
      created_at: 1_700_000_000,
      status: "completed",
      background: false,
      error: null,
      incomplete_details: null,
      instructions: "Be brief.",
      max_output_tokens: null,
      max_tool_calls: null,
      previous_response_id: null,
      prompt_cache_key: null,
      safety_identifier: null,
      temperature: 0.5,
      top_p: null,
      user: null,
      model: "asked-model",
      output: [],
      parallel_tool_calls: true,
      reasoning: { effort: null, summary: null },
      service_tier: null,
      store: false,
      text: { format: { type: "text" }, verbosity: "low" },
      tool_choice: "auto",
      tools: [{ type: "function", name: "f" }],
      top_logprobs: 0,
      truncation: "disabled",
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 17
      },
      tool_usage: { web_search: { num_requests: 1 } },
      metadata: { a: "b" }
    })
    assert.deepStrictEqual(Responses.served(response).usage, usage)
  })

  it("closes what is open, in order, when the answer ends, and writes nothing after", () => {
    const writer = Hub.make(context())
    const call = writer.functionCall({ callId: "c", name: "f" })
    const message = writer.message()
    message.text("cut")
    const response = writer.finish({ status: "incomplete", incompleteReason: "max_output_tokens" })
    writer.take()
    call.arguments("{}")
    message.text(" more")
    writer.message().text("late")
    assert.deepStrictEqual(writer.take(), [])
    assert.deepStrictEqual(writer.finish({ status: "completed" }), response)
    assert.deepStrictEqual(Json.objects(response, "output").map(({ status, type }) => [type, status]), [
      ["function_call", "incomplete"],
      ["message", "incomplete"]
    ])
  })

  it.prop(
    "ends in a response that equals what its events said one by one",
    { steps: Schema.Array(Step), ending: Ending },
    ({ ending, steps }) => {
      const { events, response } = write(steps, ending)
      assert.deepStrictEqual(collect(Responses.collector(), events), response)
      assert.deepStrictEqual(events.map((event) => event.sequence_number), events.map((_, index) => index))
      const items = (type: string) => events.filter((event) => typeOf(event) === `response.output_item.${type}`)
      assert.deepStrictEqual<unknown>(items("done").map(({ item }) => item), response.output)
      assert.deepStrictEqual(items("added").map((event) => event.output_index), items("added").map((_, index) => index))
      assert.strictEqual(events.map((event) => Responses.textDelta(event) ?? "").join(""), Responses.text(response))
    }
  )

  it.prop(
    "makes the same completion streamed as whole",
    { steps: Schema.Array(Step), ending: Ending },
    ({ ending, steps }) => {
      const { events, response } = write(steps, ending)
      const completion = collect(ChatCompletions.collector(), through(FromResponses.events(asking), events))
      assert.deepStrictEqual(completion, FromResponses.body(response, asking))
      assert.strictEqual(ChatCompletions.text(completion ?? {}), Responses.text(response))
    }
  )

  it.prop(
    "is made of a completion's chunks as of its body, where they come in the order a body has",
    { steps: Schema.Array(Step), ending: Ending },
    ({ ending, steps }) => {
      const { events } = write(steps.toSorted((a, b) => rank(a.say) - rank(b.say)), ending)
      const chunks = through(FromResponses.events(asking), events)
      assert.deepStrictEqual(
        collect(Responses.collector(), through(ToResponses.events(asking), chunks)),
        ToResponses.body(collect(ChatCompletions.collector(), chunks) ?? {}, asking)
      )
    }
  )
})
