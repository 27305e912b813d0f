/**
 * What the matrix asks, in the words of each surface: the same nine requests, as a client of that format writes them.
 * They hold neither model nor `start_within`.
 */
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import type { Answer } from "../../src/simulator/index.ts"

const page = { title: "Wetter", url: "https://example.com/wetter" }

/** What the provider answers to each request; what is left out follows from the request. */
export const answers = {
  text: { text: "Mit „Grüezi“ 👋, in Bern." },
  tool: { calls: [{ name: "get_weather", arguments: { city: "Zürich", days: 2 } }] },
  parallel: {
    text: "Einen Moment.",
    calls: [{ name: "get_weather", arguments: { city: "Zürich" } }, { name: "get_time", arguments: {} }]
  },
  toolResult: { text: "12 °C at half past nine." },
  structured: { text: "{\"city\":\"Zürich\",\"population\":443037}" },
  image: { text: "Two pixels: red, blue." },
  search: { search: { query: "Wetter Zürich", page }, text: `Schön 👋, laut ${page.url} auch morgen.` },
  reasoning: { reasoning: { summary: "**Adding**\n\nTwenty and twenty-two." }, text: "42." },
  length: { text: "one two three four five six seven eight nine ten and so on and on and on and on" }
} satisfies { readonly [feature: string]: Answer.Overrides }

export type Feature = keyof typeof answers

const weather = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
  additionalProperties: false
}
const nothing = { type: "object", properties: {}, required: [], additionalProperties: false }
const city = {
  type: "object",
  properties: { city: { type: "string" }, population: { type: "integer" } },
  required: ["city", "population"],
  additionalProperties: false
}
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
const jpeg = "https://example.com/pixels.jpg"

const functions = (tool: (name: string, description: string, schema: JsonObject) => JsonObject) => [
  tool("get_weather", "The weather of a city.", weather),
  tool("get_time", "The time where the user is.", nothing)
]

const responsesTools = functions((name, description, parameters) => ({
  type: "function",
  name,
  description,
  parameters,
  strict: name === "get_time"
}))

const chatTools = functions((name, description, parameters) => ({
  type: "function",
  function: { name, description, parameters, ...(name === "get_time" ? { strict: true } : {}) }
}))

const interactionsTools = functions((name, description, parameters) => ({
  type: "function",
  name,
  description,
  parameters
}))

const messagesTools = functions((name, description, input_schema) => ({
  name,
  description,
  input_schema,
  ...(name === "get_time" ? { strict: true } : {})
}))

export const requests: { readonly [surface in DialectName]: { readonly [feature in Feature]: JsonObject } } = {
  responses: {
    text: {
      instructions: "Answer briefly.",
      input: [
        { role: "developer", content: "Answer in German." },
        { role: "user", content: "What is the capital of Switzerland?" },
        { role: "assistant", content: [{ type: "output_text", text: "Bern.", annotations: [] }] },
        { role: "user", content: [{ type: "input_text", text: "How do people greet there?" }] }
      ],
      max_output_tokens: 200,
      temperature: 0.5,
      metadata: { team: "blue" },
      safety_identifier: "user-1",
      text: { verbosity: "low" }
    },
    tool: {
      input: "What is the weather in Zürich?",
      tools: responsesTools,
      tool_choice: { type: "function", name: "get_weather" }
    },
    parallel: { input: "Weather and time?", tools: responsesTools, tool_choice: "required" },
    toolResult: {
      input: [
        { role: "user", content: "Weather and time?" },
        { type: "function_call", call_id: "call_1", name: "get_weather", arguments: "{\"city\":\"Zürich\"}" },
        { type: "function_call", call_id: "call_2", name: "get_time", arguments: "{}" },
        { type: "function_call_output", call_id: "call_1", output: "{\"celsius\":12}" },
        { type: "function_call_output", call_id: "call_2", output: "09:30" }
      ],
      tools: responsesTools,
      store: false
    },
    structured: {
      input: "Zürich, please.",
      text: { format: { type: "json_schema", name: "city", schema: city, strict: true } }
    },
    image: {
      input: [{
        role: "user",
        content: [
          { type: "input_text", text: "Compare." },
          { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "low" },
          { type: "input_image", image_url: jpeg, detail: "auto" }
        ]
      }]
    },
    search: { input: "Wetter Zürich?", tools: [{ type: "web_search" }] },
    reasoning: {
      input: [{ role: "user", content: "20 + 22?" }],
      reasoning: { effort: "medium", summary: "auto" },
      include: ["reasoning.encrypted_content"],
      store: false
    },
    length: { input: "Count.", max_output_tokens: 16 }
  },
  "chat.completions": {
    text: {
      messages: [
        { role: "system", content: "Answer briefly." },
        { role: "developer", content: "Answer in German." },
        { role: "user", content: "What is the capital of Switzerland?" },
        { role: "assistant", content: "Bern." },
        { role: "user", content: [{ type: "text", text: "How do people greet there?" }] }
      ],
      max_completion_tokens: 200,
      temperature: 0.5,
      metadata: { team: "blue" },
      safety_identifier: "user-1",
      verbosity: "low"
    },
    tool: {
      messages: [{ role: "user", content: "What is the weather in Zürich?" }],
      tools: chatTools,
      tool_choice: { type: "function", function: { name: "get_weather" } }
    },
    parallel: {
      messages: [{ role: "user", content: "Weather and time?" }],
      tools: chatTools,
      tool_choice: "required"
    },
    toolResult: {
      messages: [
        { role: "user", content: "Weather and time?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "get_weather", arguments: "{\"city\":\"Zürich\"}" } },
            { id: "call_2", type: "function", function: { name: "get_time", arguments: "{}" } }
          ]
        },
        { role: "tool", tool_call_id: "call_1", content: "{\"celsius\":12}" },
        { role: "tool", tool_call_id: "call_2", content: "09:30" }
      ],
      tools: chatTools
    },
    structured: {
      messages: [{ role: "user", content: "Zürich, please." }],
      response_format: { type: "json_schema", json_schema: { name: "city", schema: city, strict: true } }
    },
    image: {
      messages: [{
        role: "user",
        content: [
          { type: "text", text: "Compare." },
          { type: "image_url", image_url: { url: `data:image/png;base64,${png}`, detail: "low" } },
          { type: "image_url", image_url: { url: jpeg } }
        ]
      }]
    },
    search: { messages: [{ role: "user", content: "Wetter Zürich?" }], web_search_options: {} },
    reasoning: { messages: [{ role: "user", content: "20 + 22?" }], reasoning_effort: "medium" },
    length: { messages: [{ role: "user", content: "Count." }], max_completion_tokens: 16 }
  },
  interactions: {
    text: {
      system_instruction: "Answer briefly, in German.",
      input: [
        { type: "user_input", content: [{ type: "text", text: "What is the capital of Switzerland?" }] },
        { type: "model_output", content: [{ type: "text", text: "Bern." }] },
        { type: "user_input", content: [{ type: "text", text: "How do people greet there?" }] }
      ],
      generation_config: { max_output_tokens: 200, temperature: 0.5 },
      labels: { team: "blue" }
    },
    tool: {
      input: "What is the weather in Zürich?",
      tools: interactionsTools,
      generation_config: { tool_choice: { allowed_tools: { mode: "any", tools: ["get_weather"] } } }
    },
    parallel: {
      input: "Weather and time?",
      tools: interactionsTools,
      generation_config: { tool_choice: "any" }
    },
    toolResult: {
      input: [
        { type: "user_input", content: [{ type: "text", text: "Weather and time?" }] },
        { type: "function_call", id: "call_1", name: "get_weather", arguments: { city: "Zürich" } },
        { type: "function_call", id: "call_2", name: "get_time", arguments: {} },
        { type: "function_result", call_id: "call_1", name: "get_weather", result: { celsius: 12 } },
        { type: "function_result", call_id: "call_2", name: "get_time", result: "09:30" }
      ],
      tools: interactionsTools,
      store: false
    },
    structured: {
      input: "Zürich, please.",
      response_format: { type: "text", mime_type: "application/json", schema: city }
    },
    image: {
      input: [
        { type: "text", text: "Compare." },
        { type: "image", data: png, mime_type: "image/png", resolution: "low" },
        { type: "image", uri: jpeg, mime_type: "image/jpeg" }
      ]
    },
    search: { input: "Wetter Zürich?", tools: [{ type: "google_search" }] },
    reasoning: {
      input: [{ type: "user_input", content: [{ type: "text", text: "20 + 22?" }] }],
      generation_config: { thinking_level: "medium", thinking_summaries: "auto" },
      store: false
    },
    length: { input: "Count.", generation_config: { max_output_tokens: 16 } }
  },
  messages: {
    text: {
      system: [{ type: "text", text: "Answer briefly." }, { type: "text", text: "Answer in German." }],
      messages: [
        { role: "user", content: "What is the capital of Switzerland?" },
        { role: "assistant", content: "Bern." },
        { role: "user", content: [{ type: "text", text: "How do people greet there?" }] }
      ],
      max_tokens: 200,
      temperature: 0.5,
      metadata: { user_id: "user-1" }
    },
    tool: {
      messages: [{ role: "user", content: "What is the weather in Zürich?" }],
      max_tokens: 500,
      tools: messagesTools,
      tool_choice: { type: "tool", name: "get_weather" }
    },
    parallel: {
      messages: [{ role: "user", content: "Weather and time?" }],
      max_tokens: 500,
      tools: messagesTools,
      tool_choice: { type: "any" }
    },
    toolResult: {
      messages: [
        { role: "user", content: "Weather and time?" },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "call_1", name: "get_weather", input: { city: "Zürich" } },
            { type: "tool_use", id: "call_2", name: "get_time", input: {} }
          ]
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", content: "{\"celsius\":12}" },
            { type: "tool_result", tool_use_id: "call_2", content: [{ type: "text", text: "09:30" }] }
          ]
        }
      ],
      max_tokens: 500,
      tools: messagesTools
    },
    structured: {
      messages: [{ role: "user", content: "Zürich, please." }],
      max_tokens: 500,
      output_config: { format: { type: "json_schema", schema: city } }
    },
    image: {
      messages: [{
        role: "user",
        content: [
          { type: "text", text: "Compare." },
          { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
          { type: "image", source: { type: "url", url: jpeg } }
        ]
      }],
      max_tokens: 500
    },
    search: {
      messages: [{ role: "user", content: "Wetter Zürich?" }],
      max_tokens: 500,
      tools: [{ type: "web_search_20250305", name: "web_search" }]
    },
    reasoning: {
      messages: [{ role: "user", content: "20 + 22?" }],
      max_tokens: 5000,
      thinking: { type: "adaptive" },
      output_config: { effort: "medium" }
    },
    length: { messages: [{ role: "user", content: "Count." }], max_tokens: 16 }
  }
}
