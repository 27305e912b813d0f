import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import OpenAI from "openai"
import { Behavior, Script } from "../../src/simulator/index.ts"
import * as Running from "./running.ts"

const parameters = { type: "object", properties: {} }

const tools: ReadonlyArray<OpenAI.Responses.Tool> = [
  {
    type: "namespace",
    name: "mcp__files__",
    description: "Files.",
    tools: [{ type: "function", name: "read", parameters }]
  },
  { type: "custom", name: "apply_patch" },
  { type: "tool_search", execution: "client", description: "Finds tools.", parameters }
]

describe("Gateway", () => {
  it.live.each(
    ["claude-opus-4-8", "gemini-2.5-flash"].flatMap((model) =>
      ([
        ["mcp__files__read", "function_call", "read"],
        ["apply_patch", "custom_tool_call", "apply_patch"],
        ["tool_search", "tool_search_call", undefined]
      ] as const).map(([name, type, own]) => ({ model, name, type, own }))
    )
  )(
    "gives OpenAI's client a call of $name by $model as its own $type",
    ({ model, name, own, type }) =>
      Effect.gen(function*() {
        const { url } = yield* Running.onSimulator({
          script: Script.always(Behavior.answer({ calls: [{ name, arguments: { input: "x" } }] }))
        })
        const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 })
        const request = { model, input: "Go", tools: [...tools], start_within: "default" }
        const whole = yield* Effect.promise(() => client.responses.create(request))
        const streamed = yield* Effect.promise(() => client.responses.stream(request).finalResponse())
        for (const { output } of [whole, streamed]) {
          const call = output.find((item) => item.type === type)
          assert.isDefined(call, JSON.stringify(output))
          if (own !== undefined) assert.deepInclude(call, { name: own })
        }
      })
  )
})
