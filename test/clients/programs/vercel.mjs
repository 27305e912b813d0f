/** The AI SDK, with each of the interfaces it has for a base URL. */
import { createAnthropic } from "@ai-sdk/anthropic"
import { createOpenAI } from "@ai-sdk/openai"
import { createGoogleGenerativeAI } from "@ai-sdk/google"
import { generateText, Output, stepCountIs, streamText, tool } from "ai"
import assert from "node:assert/strict"
import { z } from "zod"

const openai = (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: "any" })
const surfaces = {
  "openai responses": ({ model, url }) => openai(url).responses(model),
  "openai chat": ({ model, url }) => openai(url).chat(model),
  "anthropic": ({ model, url }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: "any" })(model),
  "google interactions": ({ model, url }) =>
    createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: "any" }).interactions(model)
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
const weather = (seen) => ({
  get_weather: tool({
    description: "The weather of a city.",
    inputSchema: z.object({ city: z.string(), unit: z.enum(["c", "f"]).optional() }),
    execute: async ({ city }) => {
      seen.push(city)
      return { city, degrees: 12 }
    }
  })
})
const call = (city) => ({ text: undefined, calls: [{ name: "get_weather", arguments: { city } }] })
const three = [call("Bern"), call("Basel"), call("Genf"), { text: "12 degrees everywhere." }]

const casesOf = (make) => ({
  "answers with text and usage": {
    answers: [{ text: "Hello from afar." }],
    run: async (at) => {
      const { finishReason, text, usage } = await generateText({ model: make(at), maxRetries: 0, prompt: "Hello" })
      assert.equal(text, "Hello from afar.")
      assert.equal(finishReason, "stop")
      assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0)
    }
  },
  "streams text": {
    answers: [{ text: "Hello from afar." }],
    run: async (at) => {
      const errors = []
      const result = streamText({
        model: make(at),
        maxRetries: 0,
        prompt: "Hello",
        onError: ({ error }) => void errors.push(error)
      })
      let text = ""
      for await (const piece of result.textStream) text += piece
      assert.deepEqual(errors, [])
      assert.equal(text, "Hello from afar.")
      assert.equal(await result.finishReason, "stop")
    }
  },
  "calls a tool in three steps": {
    answers: three,
    run: async (at) => {
      const seen = []
      const { steps, text } = await generateText({
        model: make(at),
        maxRetries: 0,
        prompt: "Weather?",
        tools: weather(seen),
        stopWhen: stepCountIs(5)
      })
      assert.equal(text, "12 degrees everywhere.")
      assert.deepEqual(seen, ["Bern", "Basel", "Genf"])
      assert.equal(steps.length, 4)
    }
  },
  "streams a tool in three steps with reasoning between": {
    answers: three.map((answer) => Object.assign({ reasoning: { summary: "Thinking of it." } }, answer)),
    run: async (at) => {
      const seen = []
      const errors = []
      const result = streamText({
        model: make(at),
        maxRetries: 0,
        prompt: "Weather?",
        tools: weather(seen),
        stopWhen: stepCountIs(5),
        onError: ({ error }) => void errors.push(error)
      })
      await result.consumeStream()
      assert.deepEqual(errors, [])
      assert.equal(await result.text, "12 degrees everywhere.")
      assert.deepEqual(seen, ["Bern", "Basel", "Genf"])
    }
  },
  "gets an object that fits its schema": {
    // The model answers by the schema, in text or by the tool that the SDK forces where it knows no better.
    answers: [{}],
    run: async (at) => {
      const { output } = await generateText({
        model: make(at),
        maxRetries: 0,
        prompt: "Who?",
        output: Output.object({ schema: z.object({ name: z.string(), born: z.number() }) })
      })
      assert.deepEqual(output, { name: "simulated", born: 0.5 })
    }
  },
  "sends an image": {
    answers: [{ text: "A pixel." }],
    run: async (at) => {
      const { text } = await generateText({
        model: make(at),
        maxRetries: 0,
        messages: [{
          role: "user",
          content: [{ type: "text", text: "What is it?" }, { type: "image", image: pixel, mediaType: "image/png" }]
        }]
      })
      assert.equal(text, "A pixel.")
      assert.ok((await at.calls()).at(-1).bodyText.includes(pixel))
    }
  },
  "takes a second turn after what it was answered": {
    answers: [{ text: "First.", reasoning: { summary: "Thinking of it." } }, { text: "Second." }],
    run: async (at) => {
      const model = make(at)
      const question = { role: "user", content: "One?" }
      const first = await generateText({ model, maxRetries: 0, messages: [question] })
      const second = await generateText({
        model,
        maxRetries: 0,
        messages: [question, ...first.response.messages, { role: "user", content: "Two?" }]
      })
      assert.equal(second.text, "Second.")
    }
  }
})

const stateless = {
  "takes a second turn that refers to nothing that is stored": {
    answers: [{ text: "First.", reasoning: { summary: "Thinking of it." } }, { text: "Second." }],
    run: async (at) => {
      const options = {
        model: surfaces["openai responses"](at),
        maxRetries: 0,
        providerOptions: { openai: { store: false, include: ["reasoning.encrypted_content"] } }
      }
      const question = { role: "user", content: "One?" }
      const first = await generateText({ ...options, messages: [question] })
      const messages = [question, ...first.response.messages, { role: "user", content: "Two?" }]
      assert.equal((await generateText({ ...options, messages })).text, "Second.")
    }
  }
}

export const cases = Object.fromEntries(
  Object.entries(surfaces).flatMap(([surface, make]) =>
    Object.entries({ ...casesOf(make), ...(surface === "openai responses" ? stateless : {}) }).map(([name, one]) => [`${surface}: ${name}`, one])
  )
)
