/** LangChain: its chat models by OpenAI's two interfaces and Anthropic's. */
import { ChatAnthropic } from "@langchain/anthropic"
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages"
import { tool } from "@langchain/core/tools"
import { ChatOpenAI } from "@langchain/openai"
import assert from "node:assert/strict"
import { z } from "zod"

const openai = (useResponsesApi) => ({ model, url }) =>
  new ChatOpenAI({ model, apiKey: "any", maxRetries: 0, useResponsesApi, configuration: { baseURL: `${url}/v1` } })
const surfaces = {
  "openai responses": openai(true),
  "openai chat": openai(false),
  "anthropic": ({ model, url }) => new ChatAnthropic({ model, apiKey: "any", maxRetries: 0, anthropicApiUrl: url })
}

const weather = tool(({ city }) => `12 degrees in ${city}`, {
  name: "get_weather",
  description: "The weather of a city.",
  schema: z.object({ city: z.string() })
})

const casesOf = (surface, make, counts = ({ model }) => surface !== "anthropic" || model.startsWith("claude")) => ({
  "answers with text and usage": {
    answers: [{ text: "Hello from afar." }],
    run: async (at) => {
      const answer = await make(at).invoke("Hello")
      assert.equal(answer.text, "Hello from afar.")
      assert.ok(answer.usage_metadata.input_tokens > 0 && answer.usage_metadata.output_tokens > 0)
    }
  },
  "streams text and usage": {
    answers: [{ text: "Hello from afar." }],
    run: async (at) => {
      let whole
      for await (const chunk of await make(at).stream("Hello")) whole = whole === undefined ? chunk : whole.concat(chunk)
      assert.equal(whole.text, "Hello from afar.")
      assert.ok(whole.usage_metadata.output_tokens > 0)
      // By Anthropic's interface it reads the input only at the start, where other providers have not counted it yet.
      if (counts(at)) assert.ok(whole.usage_metadata.input_tokens > 0)
    }
  },
  "calls a tool and answers with its result": {
    answers: [
      { text: undefined, calls: [{ name: "get_weather", arguments: { city: "Bern" } }], reasoning: { summary: "Hm." } },
      { text: "12 degrees." }
    ],
    run: async (at) => {
      const model = make(at).bindTools([weather])
      const question = new HumanMessage("Weather?")
      const first = await model.invoke([question])
      assert.deepEqual(first.tool_calls.map(({ args, name }) => ({ args, name })), [
        { name: "get_weather", args: { city: "Bern" } }
      ])
      const result = await weather.invoke(first.tool_calls[0])
      assert.ok(first instanceof AIMessage && result instanceof ToolMessage)
      const second = await model.invoke([question, first, result])
      assert.equal(second.text, "12 degrees.")
    }
  },
  "gets an object that fits its schema": {
    answers: [{}],
    run: async (at) => {
      const model = make(at).withStructuredOutput(z.object({ name: z.string(), born: z.number() }), { name: "person" })
      assert.deepEqual(await model.invoke("Who?"), { name: "simulated", born: 0.5 })
    }
  },
  "raises where a stream is cut": {
    answers: [{ text: "Hello from afar, and from nowhere else than there." }],
    cut: 3,
    run: async (at) => {
      await assert.rejects(async () => {
        for await (const _ of await make(at).stream("Hello"));
      })
    }
  }
})

export const cases = Object.fromEntries(
  Object.entries(surfaces).flatMap(([surface, make]) =>
    Object.entries(casesOf(surface, make)).map(([name, one]) => [`${surface}: ${name}`, one])
  )
)
