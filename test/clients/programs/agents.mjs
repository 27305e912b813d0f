/** OpenAI's agents SDK, by both of OpenAI's interfaces. */
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents"
import assert from "node:assert/strict"
import { z } from "zod"

const runner = (useResponses) => ({ url }) =>
  new Runner({
    modelProvider: new OpenAIProvider({ apiKey: "any", baseURL: `${url}/v1`, useResponses }),
    tracingDisabled: true
  })
const surfaces = { responses: runner(true), chat: runner(false) }

const call = (name, args) => ({ text: undefined, calls: [{ name, arguments: args }], reasoning: { summary: "Hm." } })
const weather = (seen) =>
  tool({
    name: "get_weather",
    description: "The weather of a city.",
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      seen.push(city)
      return `12 degrees in ${city}`
    }
  })

const casesOf = (make) => ({
  "calls a tool": {
    answers: [call("get_weather", { city: "Bern" }), { text: "12 degrees." }],
    run: async (at) => {
      const seen = []
      const agent = new Agent({ name: "Helper", instructions: "Help.", model: at.model, tools: [weather(seen)] })
      const { finalOutput } = await make(at).run(agent, "Weather?")
      assert.equal(finalOutput, "12 degrees.")
      assert.deepEqual(seen, ["Bern"])
    }
  },
  "hands over to another agent, streamed": {
    answers: [call("transfer_to_Forecaster", {}), call("get_weather", { city: "Bern" }), { text: "12 degrees." }],
    run: async (at) => {
      const seen = []
      const forecaster = new Agent({ name: "Forecaster", instructions: "Tell.", model: at.model, tools: [weather(seen)] })
      const triage = Agent.create({
        name: "Triage",
        instructions: "Hand over.",
        model: at.model,
        handoffs: [forecaster]
      })
      const result = await make(at).run(triage, "Weather?", { stream: true })
      let text = ""
      for await (const piece of result.toTextStream()) text += piece
      await result.completed
      assert.equal(text, "12 degrees.")
      assert.equal(result.lastAgent.name, "Forecaster")
      assert.deepEqual(seen, ["Bern"])
    }
  },
  "gets an object that fits its schema": {
    answers: [{}],
    run: async (at) => {
      const agent = new Agent({
        name: "Helper",
        instructions: "Help.",
        model: at.model,
        outputType: z.object({ name: z.string(), born: z.number() })
      })
      const { finalOutput } = await make(at).run(agent, "Who?")
      assert.deepEqual(finalOutput, { name: "simulated", born: 0.5 })
    }
  }
})

export const cases = Object.fromEntries(
  Object.entries(surfaces).flatMap(([surface, make]) =>
    Object.entries(casesOf(make)).map(([name, one]) => [`${surface}: ${name}`, one])
  )
)
