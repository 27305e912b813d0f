/** Instructor over the official client: structured answers in each of its modes but the one of the retired `functions`. */
import Instructor from "@instructor-ai/instructor"
import assert from "node:assert/strict"
import OpenAI from "openai"
import { z } from "zod"

const schema = z.object({ name: z.string(), born: z.number() })

export const cases = Object.fromEntries(
  ["TOOLS", "JSON_SCHEMA", "JSON", "MD_JSON"].map((mode) => [`gets an object by ${mode}`, {
    answers: [mode === "TOOLS" ? {} : { text: "{\"name\":\"simulated\",\"born\":0.5}" }],
    run: async ({ model, url }) => {
      const client = Instructor({ client: new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 }), mode })
      const { _meta, ...person } = await client.chat.completions.create({
        model,
        messages: [{ role: "user", content: "Who?" }],
        response_model: { schema, name: "Person" },
        max_retries: 0
      })
      assert.deepEqual(person, { name: "simulated", born: 0.5 })
    }
  }])
)
