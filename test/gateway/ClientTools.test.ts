import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI } from "@google/genai"
import { Effect } from "effect"
import { FlexInference } from "flexinference"
import OpenAI from "openai"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Running from "./running.ts"

const models = ["gpt-5.5", "gemini-2.5-flash", "claude-opus-4-8"]
const input = { city: "Zürich" }
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false
}
const described = { name: "get_weather", description: "The weather of a city." }

/** The model calls the tool first, and answers once it has its result. */
const script: Script.Script = (call) =>
  call.prompt.afterTool
    ? Behavior.answer({ text: "It is 12 degrees." })
    : Behavior.answer({ text: undefined, calls: [{ name: "get_weather", arguments: input }] })

/** What a caller sends back of an answer that called a tool. */
const echoed = (item: OpenAI.Responses.ResponseOutputItem) => item.type === "function_call" || item.type === "reasoning"

/** The client's generated types have names of schemas where the wire has types and roles. */
const onTheWire = (body: object) => JSON.parse(JSON.stringify(body))

const serving = Effect.map(Running.onSimulator({ script }), ({ url }) => url)

describe.each(models)("a tool of %s", (model) => {
  it.live("is called and answered through the openai client's responses", () =>
    Effect.gen(function*() {
      const client = new OpenAI({ baseURL: `${yield* serving}/v1`, apiKey: "any", maxRetries: 0 })
      const tool: OpenAI.Responses.FunctionTool = { type: "function", ...described, parameters, strict: true }
      const request = { model, start_within: "default", tools: [tool] }
      const question = { role: "user", content: "Weather?" } as const
      const first = yield* Effect.promise(() => client.responses.create({ ...request, input: [question] }))
      const call = first.output.find((item) => item.type === "function_call")
      assert.deepStrictEqual(JSON.parse(call?.arguments ?? "null"), input)
      const streamed = yield* Effect.promise(() =>
        client.responses.stream({
          ...request,
          input: [question, ...first.output.filter(echoed), {
            type: "function_call_output",
            call_id: call?.call_id ?? "",
            output: "12"
          }]
        }).finalResponse()
      )
      assert.strictEqual(streamed.output_text, "It is 12 degrees.")
    }))

  it.live("is called and answered through the openai client's chat completions", () =>
    Effect.gen(function*() {
      const client = new OpenAI({ baseURL: `${yield* serving}/v1`, apiKey: "any", maxRetries: 0 })
      const tool: OpenAI.Chat.ChatCompletionTool = { type: "function", function: { ...described, parameters } }
      const request = { model, start_within: "default", tools: [tool] }
      const question = { role: "user", content: "Weather?" } as const
      const first = yield* Effect.promise(() =>
        client.chat.completions.stream({ ...request, messages: [question] }).finalChatCompletion()
      )
      const [choice] = first.choices
      const call = choice?.message.tool_calls?.find((call) => call.type === "function")
      assert.strictEqual(choice?.finish_reason, "tool_calls")
      assert.deepStrictEqual(JSON.parse(call?.function.arguments ?? "null"), input)
      const second = yield* Effect.promise(() =>
        client.chat.completions.create({
          ...request,
          messages: [
            question,
            { role: "assistant", tool_calls: choice?.message.tool_calls ?? [] },
            { role: "tool", tool_call_id: call?.id ?? "", content: "12" }
          ]
        })
      )
      assert.strictEqual(second.choices[0]?.message.content, "It is 12 degrees.")
    }))

  it.live("is called and answered through the Anthropic client", () =>
    Effect.gen(function*() {
      const client = new Anthropic({ baseURL: yield* serving, apiKey: "any", maxRetries: 0 })
      const request = {
        model,
        start_within: "default",
        max_tokens: 500,
        tools: [{ ...described, input_schema: { ...parameters, type: "object" as const } }]
      }
      const question = { role: "user", content: "Weather?" } as const
      const first = yield* Effect.promise(() =>
        client.messages.stream({ ...request, messages: [question] }).finalMessage()
      )
      const call = first.content.find((block) => block.type === "tool_use")
      assert.strictEqual(first.stop_reason, "tool_use")
      assert.deepStrictEqual(call?.input, input)
      const second = yield* Effect.promise(() =>
        client.messages.create({
          ...request,
          messages: [
            question,
            { role: "assistant", content: first.content },
            { role: "user", content: [{ type: "tool_result", tool_use_id: call?.id ?? "", content: "12" }] }
          ]
        })
      )
      assert.strictEqual(
        second.content.map((block) => block.type === "text" ? block.text : "").join(""),
        "It is 12 degrees."
      )
    }))

  it.live("is called and answered through the Google client", () =>
    Effect.gen(function*() {
      const client = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: yield* serving } })
      const request = {
        model,
        start_within: "default",
        store: false,
        tools: [{ type: "function" as const, ...described, parameters }]
      }
      const question = { type: "user_input" as const, content: [{ type: "text" as const, text: "Weather?" }] }
      const first = yield* Effect.promise(() => client.interactions.create({ ...request, input: [question] }))
      const steps = first.steps ?? []
      const call = steps.find((step) => step.type === "function_call")
      assert.strictEqual(first.status, "requires_action")
      assert.deepStrictEqual(call?.arguments, input)
      const events = yield* Effect.promise(async () => {
        const all = []
        const stream = await client.interactions.create({
          ...request,
          stream: true,
          input: [question, ...steps, {
            type: "function_result",
            call_id: call?.id ?? "",
            name: "get_weather",
            result: "12"
          }]
        })
        for await (const event of stream) all.push(event)
        return all
      })
      const text = events.map((event) =>
        event.event_type === "step.delta" && event.delta.type === "text" ? event.delta.text : ""
      ).join("")
      assert.strictEqual(text, "It is 12 degrees.")
    }))

  it.live("is called through the flexinference client on every surface", () =>
    Effect.gen(function*() {
      const client = new FlexInference({ baseURL: `${yield* serving}/v1`, apiKey: "any" })
      const bodies = yield* Effect.promise(() => {
        const request = { model, start_within: "default" } as const
        const tool = { type: "function", ...described, parameters } as const
        const messages = [{ role: "user" as const, content: "Weather?" }]
        return Promise.all([
          client.responses.create(onTheWire({ ...request, input: "Weather?", tools: [{ ...tool, strict: true }] })),
          client.chat.completions.create(
            onTheWire({ ...request, messages, tools: [{ type: "function", function: { ...described, parameters } }] })
          ),
          client.interactions.create({ ...request, input: "Weather?", tools: [tool] }),
          client.messages.create({
            ...request,
            max_tokens: 100,
            messages,
            tools: [{ ...described, input_schema: parameters }]
          })
        ])
      })
      for (const body of bodies) assert.match(JSON.stringify(body), /get_weather.*Zürich|Zürich.*get_weather/)
    }))
})

describe.each(models)("text of %s", (model) => {
  it.live("reaches the openai client on both surfaces, whole and streamed", () =>
    Effect.gen(function*() {
      const { url } = yield* Running.onSimulator({
        script: Script.always(Behavior.answer({ text: "Hello from afar" }))
      })
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 })
      const messages = [{ role: "user" as const, content: "Hello" }]
      const request = { model, start_within: "default" }
      const response = yield* Effect.promise(() => client.responses.create({ ...request, input: "Hello" }))
      const streamed = yield* Effect.promise(() =>
        client.responses.stream({ ...request, input: "Hello" }).finalResponse()
      )
      const completion = yield* Effect.promise(() => client.chat.completions.create({ ...request, messages }))
      const chunks = yield* Effect.promise(() =>
        client.chat.completions.stream({ ...request, messages }).finalContent()
      )
      assert.deepStrictEqual(
        [response.output_text, streamed.output_text, completion.choices[0]?.message.content, chunks],
        Array.from({ length: 4 }, () => "Hello from afar")
      )
    }))
})
